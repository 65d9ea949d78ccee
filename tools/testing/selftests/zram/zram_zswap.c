// SPDX-License-Identifier: GPL-2.0
/*
 * zram_zswap - swap through zswap with an asynchronous compressor, onto zram
 *
 * The compressor is CONFIG_ZSWAP_TEST_COMP.  What it can't decompress, nobody
 * may see: not what the device has there, nor anything else.  And a storm: some
 * threads swap, each page is checked, while zswap is given other pools and other
 * compressors, memory is compacted and CPUs go and come.
 *
 * Besides zsmalloc, objects are in the zpools that zswap can write back, zbud and z3fold.
 *
 * Environment: ZRAM_KEEP_CPUS, to take no CPU offline.
 */
#include "zram_test.h"

#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define ZSWAP	"/sys/module/zswap/parameters/"
#define COMP	"/sys/module/zswap_test_comp/parameters/"
#define DEBUG	"/sys/kernel/debug/zswap/"

#define ASYNC	"test-async"

static int put(const char *path, const char *value)
{
	return zt_put_file(path, value, strlen(value));
}

static unsigned long long number(const char *path)
{
	char text[64];

	return zt_get_file(path, text, sizeof(text)) ? 0 : strtoull(text, NULL, 10);
}

/* --- what zswap is told -------------------------------------------------- */

static struct zt_param params[] = {
	{ .path = ZSWAP "compressor", .value = ASYNC },
	{ .path = ZSWAP "zpool", .value = "zsmalloc" },
	{ .path = ZSWAP "max_pool_percent", .value = "30" },
	{ .path = ZSWAP "enabled", .value = "1" },
	/* a work item, or at once; in softirq it takes until the next tick */
	{ .path = COMP "contexts", .value = "5" },
	{ .path = COMP "delay_us", .value = "50" },
	{ .path = COMP "fail_compress", .value = "0" },
	{ .path = COMP "fail_decompress", .value = "0" },
};

/* --- an area that is swapped --------------------------------------------- */

#define SWAP_PAGES	32768

struct area {
	unsigned char *at;
	unsigned int pages;
	uint32_t generation;
};

static void map_area(struct area *a, unsigned int pages)
{
	a->pages = pages;
	a->at = mmap(NULL, (size_t)pages * zt_page, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (a->at == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
	madvise(a->at, (size_t)pages * zt_page, MADV_NOHUGEPAGE);
}

static void unmap_area(struct area *a)
{
	munmap(a->at, (size_t)a->pages * zt_page);
}

static int push_out(struct area *a)
{
	return madvise(a->at, (size_t)a->pages * zt_page, MADV_PAGEOUT) ? errno : 0;
}

static int fill_area(struct area *a)
{
	unsigned int page;

	a->generation = zt_generation();
	for (page = 0; page < a->pages; page++)
		zt_fill(a->at + (size_t)page * zt_page, page, a->generation);
	return push_out(a);
}

/* How many pages are wrong */
static unsigned int check_area(struct area *a)
{
	unsigned int page, wrong = 0;

	for (page = 0; page < a->pages; page++)
		wrong += !!zt_check(a->at + (size_t)page * zt_page, page, a->generation);
	return wrong;
}

/* --- requests that fail -------------------------------------------------- */

/* How many pages can't be read; what of the others is wrong goes to *wrong. */
static unsigned int count_bus(struct area *a, unsigned int *wrong)
{
	unsigned int bus = 0, page;
	int error;

	for (*wrong = 0, page = 0; page < a->pages; page++) {
		error = zt_check_bus(a->at + (size_t)page * zt_page, page, a->generation);
		bus += error == EFAULT;
		*wrong += error == ZT_WRONG;
	}
	return bus;
}

/*
 * zswap has all pages but those of one word, and the device has older ones of the
 * same slots, from when zswap was off.
 */
static int make_stale(struct area *a)
{
	int error;

	put(ZSWAP "enabled", "0");
	error = fill_area(a);
	put(ZSWAP "enabled", "1");
	/* back in, so that the slots are used again */
	return error ? error : (int)check_area(a);
}

static int case_load_fails(int id)
{
	struct area a;
	unsigned int bus, wrong, left;
	unsigned long long failed;

	(void)id;
	map_area(&a, 256);
	if (make_stale(&a) || fill_area(&a))
		return zt_fail("can't swap");
	failed = number(COMP "failed");
	put(COMP "fail_decompress", "1");
	bus = count_bus(&a, &wrong);
	put(COMP "fail_decompress", "0");
	failed = number(COMP "failed") - failed;
	left = check_area(&a);
	unmap_area(&a);
	ksft_print_msg("%u of 256 pages ended in SIGBUS, %llu requests failed\n", bus, failed);
	if (wrong)
		return zt_fail("%u pages had other data", wrong);
	if (!bus || bus > failed)
		return zt_fail("%u pages ended in SIGBUS", bus);
	return left ? zt_fail("%u pages did not come back later, %s", left, zt_wrong_text()) :
		      KSFT_PASS;
}

static int case_some_fail(int id)
{
	struct area a;
	unsigned int bus, wrong, left;

	(void)id;
	map_area(&a, 256);
	if (make_stale(&a))
		return zt_fail("can't swap");
	put(COMP "fail_compress", "3");
	if (fill_area(&a))
		return zt_fail("can't swap");
	put(COMP "fail_compress", "0");
	put(COMP "fail_decompress", "3");
	bus = count_bus(&a, &wrong);
	put(COMP "fail_decompress", "0");
	left = check_area(&a);
	unmap_area(&a);
	ksft_print_msg("%u of 256 pages ended in SIGBUS\n", bus);
	if (wrong || left)
		return zt_fail("%u pages had other data, %u later, %s", wrong, left,
			       zt_wrong_text());
	return bus ? KSFT_PASS : zt_fail("no request failed");
}

/* The least that zswap can be told to keep in memory is a percent of it. */
static unsigned int pages_of(unsigned int percent)
{
	unsigned int pages = sysconf(_SC_PHYS_PAGES) / 100 * percent;
	unsigned int least = (8U << 20) / zt_page;

	return pages < least ? least : pages;
}

/* zswap gives back what there is too much of, and that may fail. */
static int case_writeback(const char *zpool)
{
	unsigned long long before = number(DEBUG "written_back_pages");
	unsigned long long fails = number(DEBUG "load_fail"), failed;
	struct area a;
	unsigned int wrong, tries = 0;
	int error;

	if (put(ZSWAP "zpool", zpool))
		return zt_skip("no %s", zpool);
	if (pages_of(4) > SWAP_PAGES / 2)
		return zt_skip("too much memory to fill a percent of it");
	put(ZSWAP "max_pool_percent", "1");
	put(COMP "fail_decompress", "2");
	map_area(&a, pages_of(4));
	do {
		error = fill_area(&a);
		zt_sleep(100);
		failed = number(DEBUG "load_fail") - fails;
		put(COMP "fail_decompress", "0");
		wrong = error ? 0 : check_area(&a);
		put(COMP "fail_decompress", "2");
	} while (!error && !wrong && tries++ < 20 * zt_slow() &&
		 (number(DEBUG "written_back_pages") == before || !failed));
	put(COMP "fail_decompress", "0");
	put(ZSWAP "max_pool_percent", "30");
	put(ZSWAP "zpool", "zsmalloc");
	unmap_area(&a);
	before = number(DEBUG "written_back_pages") - before;
	ksft_print_msg("%llu pages written back, %llu could not be\n", before, failed);
	if (error || wrong)
		return zt_fail("%u pages had other data, %s", wrong, zt_wrong_text());
	return before && failed ? KSFT_PASS : zt_fail("nothing was written back");
}

static int case_swapoff(int id)
{
	struct area a;
	unsigned int wrong, bus;
	int error;

	map_area(&a, 256);
	if (fill_area(&a))
		return zt_fail("can't swap");
	put(COMP "fail_decompress", "1");
	error = zt_swapoff(id);
	put(COMP "fail_decompress", "0");
	bus = count_bus(&a, &wrong);
	unmap_area(&a);
	ksft_print_msg("%u of 256 pages ended in SIGBUS after swapoff\n", bus);
	if (wrong)
		return zt_fail("%u pages had other data, %s", wrong, zt_wrong_text());
	if (error || !bus)
		return zt_fail("swapoff: %s, %u pages ended in SIGBUS", strerror(error), bus);
	error = zt_swapon(id);
	return error ? zt_fail("swapon: %s", strerror(error)) : KSFT_PASS;
}

/* --- the storm ----------------------------------------------------------- */

#define SWAPPERS	3

static struct area areas[SWAPPERS];

static int step_swap(struct zt_worker *w)
{
	struct area *a = &areas[w->id];
	int error = fill_area(a);

	if (error)
		return error;
	usleep(zt_random(w) % 20000);
	return check_area(a) ? ZT_WRONG : 0;
}

static int step_pools(struct zt_worker *w)
{
	static const char * const zpools[] = { "zsmalloc", "zsmalloc", "zbud", "z3fold" };
	int error = put(ZSWAP "zpool", zpools[zt_random(w) % ARRAY_SIZE(zpools)]);

	/* not all of them are in each kernel */
	return error == ENOENT ? 0 : error;
}

static int step_compressors(struct zt_worker *w)
{
	static const char * const comps[] = { ASYNC, ASYNC, ASYNC, "lzo" };

	return put(ZSWAP "compressor", comps[zt_random(w) % ARRAY_SIZE(comps)]);
}

static int step_memory(struct zt_worker *w)
{
	(void)w;
	return put("/proc/sys/vm/compact_memory", "1");
}

static int step_cpu(struct zt_worker *w)
{
	unsigned int cpu = sysconf(_SC_NPROCESSORS_CONF) - 1;
	int error = ENOENT;

	if (!cpu || getenv("ZRAM_KEEP_CPUS"))
		return error;
	error = zt_cpu(cpu, 0);
	usleep(zt_random(w) % 50000);
	return zt_cpu(cpu, 1) ?: error;
}

static int was_async(unsigned long long work, unsigned long long softirq)
{
	work = number(COMP "done_work") - work;
	softirq = number(COMP "done_softirq") - softirq;
	ksft_print_msg("requests done: %llu by a work item, %llu in softirq\n",
		       work, softirq);
	ksft_print_msg("%llu pages written back\n", number(DEBUG "written_back_pages"));
	return work && softirq ? KSFT_PASS : zt_fail("nothing was asynchronous");
}

static void storm(void)
{
	struct zt_worker workers[] = {
		{ .name = "swap 1", .step = step_swap, .id = 0 },
		{ .name = "swap 2", .step = step_swap, .id = 1 },
		{ .name = "swap 3", .step = step_swap, .id = 2 },
		{ .name = "pools", .step = step_pools, .pause = 200000 },
		{ .name = "compressors", .step = step_compressors, .pause = 200000 },
		{ .name = "memory", .step = step_memory, .pause = 20000, .optional = 1 },
		{ .name = "CPUs", .step = step_cpu, .pause = 300000, .optional = 1 },
	};
	unsigned long long work = number(COMP "done_work");
	unsigned long long softirq = number(COMP "done_softirq");
	unsigned int i;

	put(ZSWAP "max_pool_percent", "1");
	put(COMP "contexts", "7");
	for (i = 0; i < SWAPPERS; i++)
		map_area(&areas[i], 400);
	zt_storm(workers, ARRAY_SIZE(workers));
	for (i = 0; i < SWAPPERS; i++)
		unmap_area(&areas[i]);
	zt_judge(workers, ARRAY_SIZE(workers));
	zt_result(was_async(work, softirq), "requests were asynchronous");
}

/* --- the test ------------------------------------------------------------ */

int main(void)
{
	const char *missing;
	char size[32];
	int id, error;

	zt_begin();
	if (access(COMP "contexts", F_OK))
		ksft_exit_skip("no CONFIG_ZSWAP_TEST_COMP\n");
	if (access("/proc/swaps", F_OK))
		ksft_exit_skip("no swap\n");
	ksft_set_plan(16);
	id = zt_add();
	missing = zt_set_params(params, ARRAY_SIZE(params));
	if (missing) {
		zt_restore_params(params, ARRAY_SIZE(params));
		zt_remove(id);
		ksft_exit_fail_msg("can't set %s\n", missing);
	}
	snprintf(size, sizeof(size), "%lu", SWAP_PAGES * (unsigned long)zt_page);
	error = zt_put(id, "disksize", size) ?: zt_swapon(id);
	if (error)
		ksft_exit_fail_msg("swapon: %s\n", strerror(error));
	zt_result(case_load_fails(id), "what can't be read is not seen");
	zt_result(case_some_fail(id), "nor when some can be");
	zt_result(case_swapoff(id), "nor after swapoff");
	zt_result(case_writeback("zbud"), "nor by the device that zswap writes to");
	zt_result(case_writeback("z3fold"), "nor with z3fold");
	storm();
	error = zt_swapoff(id);
	zt_result(error ? zt_fail("%s", strerror(error)) : KSFT_PASS, "swapoff");
	zt_restore_params(params, ARRAY_SIZE(params));
	zt_result(zt_works_and_goes(id), "the device holds data and goes");
	return zt_end();
}
