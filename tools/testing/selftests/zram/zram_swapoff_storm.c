// SPDX-License-Identifier: GPL-2.0
/*
 * zram_swapoff_storm - swapon and swapoff over and over, while somebody tries to
 * reset the device
 *
 * A process has its pages pushed out to it and reads them again: they come back
 * right.  As long as the device is in use it can't be reset; in between it can,
 * and is set up anew.  Before that, a swapoff on its own must keep what the page
 * table says of a page: which ones were written since the soft-dirty bits were
 * cleared.
 *
 * The process does not fault while swapoff runs: the two have a race of their own
 * in 5.10, in mm, which is not what is tested.
 */
#include "zram_test.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

/* Bytes: so many can be pushed out while swap is on, however large a page is. */
#define AREA	(8UL << 20)

/* With the child. */
static struct shared {
	int stop;
	/* Held by the child while it faults, and by us for swapoff. */
	pthread_mutex_t faults;
	unsigned long rounds, wrong;
	char text[200];
} *shared;

/* Odd while the device is in use. */
static int use;
static unsigned long seen_used;

/* --- the process that is swapped ----------------------------------------- */

static void *map(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
	return p;
}

static void check_page(const unsigned char *at, unsigned long page, uint32_t generation)
{
	if (!zt_check(at, page, generation))
		return;
	if (shared->wrong++ == 0)
		snprintf(shared->text, sizeof(shared->text), "%s", zt_wrong_text());
}

static void write_all(unsigned char *area, uint32_t generation)
{
	unsigned long page;

	pthread_mutex_lock(&shared->faults);
	for (page = 0; page < AREA / zt_page; page++)
		zt_fill(area + page * zt_page, page, generation);
	madvise(area, AREA, MADV_PAGEOUT);
	pthread_mutex_unlock(&shared->faults);
}

static void check_all(unsigned char *area, uint32_t generation)
{
	unsigned long page;

	pthread_mutex_lock(&shared->faults);
	for (page = 0; page < AREA / zt_page; page++)
		check_page(area + page * zt_page, page, generation);
	shared->rounds++;
	pthread_mutex_unlock(&shared->faults);
}

static void one_round(unsigned char *area)
{
	uint32_t generation = zt_generation();

	write_all(area, generation);
	zt_sleep(20);
	check_all(area, generation);
	zt_sleep(1);
}

static void share(void)
{
	pthread_mutexattr_t attr;

	shared = map(sizeof(*shared), MAP_SHARED);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->faults, &attr);
}

static pid_t start_child(void)
{
	unsigned char *area = map(AREA, MAP_PRIVATE);
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED))
		one_round(area);
	_exit(0);
}

static int end_child(pid_t pid)
{
	int status = -1;

	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
	waitpid(pid, &status, 0);
	if (status)
		return zt_fail("the process ended with status %#x", status);
	if (shared->wrong)
		return zt_fail("%lu pages, %s", shared->wrong, shared->text);
	return shared->rounds ? KSFT_PASS : zt_skip("there was no round, the machine is too slow");
}

/* --- the two that want the device ---------------------------------------- */

/* If it was in use before and after, it was all the time. */
static int step_reset(struct zt_worker *w)
{
	int before = __atomic_load_n(&use, __ATOMIC_SEQ_CST);
	int error = zt_put(w->id, "reset", "1");
	int after = __atomic_load_n(&use, __ATOMIC_SEQ_CST);

	if (!error && before == after && before % 2)
		return ZT_WRONG;
	/* Time for disksize and swapon, which a reset in between would undo. */
	if (!error)
		usleep(zt_random(w) % 400000);
	return error;
}

static int is_used(int id)
{
	char text[256];

	/* More than the header that it begins with. */
	return !zt_get(id, "mm_stat", text, sizeof(text)) &&
	       strtoull(text, NULL, 10) > 16ULL * zt_page;
}

static int swapoff_alone(int id)
{
	int error;

	pthread_mutex_lock(&shared->faults);
	/* Without memory for what is out there it stays. */
	while ((error = zt_swapoff(id)) == ENOMEM && !zt_stopping())
		zt_sleep(50);
	pthread_mutex_unlock(&shared->faults);
	return error;
}

static int step_swap(struct zt_worker *w)
{
	int used, error = zt_put(w->id, "disksize", "64M");
	unsigned int tries = 0;

	if (error && error != EBUSY)
		return error;
	error = zt_swapon(w->id);
	if (error)
		return error;
	__atomic_add_fetch(&use, 1, __ATOMIC_SEQ_CST);
	usleep(50000 + zt_random(w) % 200000);
	/* A busy machine may not have run the process that is swapped. */
	while (!(used = is_used(w->id)) && tries++ < 10 * zt_slow())
		zt_sleep(50);
	seen_used += used;
	__atomic_add_fetch(&use, 1, __ATOMIC_SEQ_CST);
	error = swapoff_alone(w->id);
	/* The other one has a chance. */
	usleep(zt_random(w) % 20000);
	/* If nothing came of it, that was no turn. */
	return error || used ? error : EAGAIN;
}

/* --- soft-dirty bits ----------------------------------------------------- */

#define SOFT_DIRTY	55	/* bits of an entry of pagemap */
#define SWAPPED		62

static int page_bit(const unsigned char *at, unsigned int bit)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (fd < 0 || pread(fd, &entry, sizeof(entry), (uintptr_t)at / zt_page * sizeof(entry)) < 0)
		ksft_print_msg("pagemap: %s\n", strerror(errno));
	close(fd);
	return entry >> bit & 1;
}

/* Of pages from @first on, every second one. */
static void dirty(unsigned char *area, unsigned long first)
{
	unsigned long page;

	for (page = first; page < AREA / zt_page; page += 2)
		area[page * zt_page]++;
}

/* Marks the pages that are swapped, and returns their number. */
static unsigned int count_swapped(const unsigned char *area, unsigned char *swapped)
{
	unsigned int n = 0;
	unsigned long page;

	for (page = 0; page < AREA / zt_page; page++) {
		swapped[page] = page_bit(area + page * zt_page, SWAPPED);
		n += swapped[page];
	}
	return n;
}

static unsigned int count_wrong(const unsigned char *area, const unsigned char *swapped)
{
	unsigned int wrong = 0;
	unsigned long page;

	for (page = 0; page < AREA / zt_page; page++)
		wrong += swapped[page] &&
			 page_bit(area + page * zt_page, SOFT_DIRTY) != (int)(page % 2);
	return wrong;
}

static int swapoff_keeps_soft_dirty(int id)
{
	unsigned char *area = map(AREA, MAP_PRIVATE), *swapped = map(AREA / zt_page, MAP_PRIVATE);
	unsigned int nr = 0, wrong = 0;
	int error = zt_put(id, "disksize", "64M") ?: zt_swapon(id);

	madvise(area, AREA, MADV_NOHUGEPAGE);
	dirty(area, 0);
	dirty(area, 1);
	error = error ?: zt_put_file("/proc/self/clear_refs", "4", 1);
	if (!error) {
		dirty(area, 1);
		madvise(area, AREA, MADV_PAGEOUT);
		nr = count_swapped(area, swapped);
		error = zt_swapoff(id);
		wrong = count_wrong(area, swapped);
	}
	munmap(swapped, AREA / zt_page);
	munmap(area, AREA);
	zt_swapoff(id);
	zt_reset(id);
	ksft_print_msg("%u pages swapped, %u of them have the wrong bit\n", nr, wrong);
	if (error)
		return zt_fail("%s", strerror(error));
	if (!nr)
		return zt_skip("no page was swapped");
	return wrong ? zt_fail("%u of %u pages", wrong, nr) : KSFT_PASS;
}

static int has_soft_dirty(void)
{
	unsigned char *area = map(zt_page, MAP_PRIVATE);
	int has;

	area[0] = 1;
	has = page_bit(area, SOFT_DIRTY);
	munmap(area, zt_page);
	return has;
}

/* --- the test ------------------------------------------------------------ */

static int pageout_works(void)
{
	unsigned char *area = map(zt_page, MAP_PRIVATE);

	area[0] = 1;
	return !madvise(area, zt_page, MADV_PAGEOUT);
}

static int was_used(void)
{
	ksft_print_msg("%lu rounds, %lu times seen in use\n", shared->rounds, seen_used);
	return seen_used ? KSFT_PASS : zt_fail("nothing was swapped to it");
}

int main(void)
{
	struct zt_worker workers[] = {
		{ .name = "swapon and swapoff", .step = step_swap },
		{ .name = "reset", .step = step_reset, .pause = 200 },
	};
	unsigned int i;
	pid_t child;
	int id;

	zt_begin();
	if (access("/proc/swaps", F_OK))
		ksft_exit_skip("no swap\n");
	if (!pageout_works())
		ksft_exit_skip("no MADV_PAGEOUT\n");
	ksft_set_plan(ARRAY_SIZE(workers) + 5);
	id = zt_add();
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		workers[i].id = id;
	zt_result(has_soft_dirty() ? swapoff_keeps_soft_dirty(id) :
		  zt_skip("no CONFIG_MEM_SOFT_DIRTY"), "swapoff keeps the soft-dirty bits");
	share();
	child = start_child();
	zt_storm(workers, ARRAY_SIZE(workers));
	zt_result(end_child(child), "all pages came back");
	/* If memory was short it is still on. */
	zt_swapoff(id);
	zt_judge(workers, ARRAY_SIZE(workers));
	zt_result(was_used(), "it was in use");
	zt_result(zt_works_and_goes(id), "it holds data and goes");
	return zt_end();
}
