// SPDX-License-Identifier: GPL-2.0
/*
 * zram_stats_wait - reading a device's statistics never waits
 *
 * The backing device is slow, so that a writeback takes long.  While it runs
 * somebody resets the device, and has to wait for it; on a kernel where both
 * wait for one lock, all who read an attribute then wait as well.  Each
 * attribute is read over and over, and has to answer within a limit.
 *
 * Environment: ZRAM_STAT_LIMIT_US, the limit (1000000, times ZRAM_SLOW).
 */
#include "zram_test.h"

#include <sched.h>

/* What one page takes on the slow device. */
#define PAGE_MS		20
#define BLOCK_STATE	"block_state"

struct probe {
	const char *name;
	char path[128];
	unsigned long reads;
	unsigned long long longest;
	int error;
};

static int id = -1;
static struct zt_task writeback, reset;
static struct probe probes[] = {
	{ .name = "mm_stat" }, { .name = "io_stat" }, { .name = "bd_stat" },
	{ .name = "debug_stat" }, { .name = "disksize" }, { .name = "initstate" },
	{ .name = "comp_algorithm" }, { .name = "backing_dev" },
	{ .name = "writeback_limit" }, { .name = "writeback_limit_enable" },
	{ .name = BLOCK_STATE },
};

/* Microseconds: how long the attributes are read; more than any limit allows. */
static unsigned long long run_time(void)
{
	return zt_seconds() * zt_slow() * 1000000ULL;
}

/* --- the slow device ----------------------------------------------------- */

/* One request at a time. */
static int slow_add(char *path, size_t size)
{
	char settings[128];

	snprintf(settings, sizeof(settings),
		 "size=256 irqmode=2 hw_queue_depth=1 completion_nsec=%u000000", PAGE_MS);
	return zt_null_add(settings, path, size);
}

/* --- the three threads --------------------------------------------------- */

static int write_back(void *unused)
{
	(void)unused;
	return zt_put(id, "writeback", "idle");
}

static int patient_reset(void *unused)
{
	(void)unused;
	return zt_reset(id);
}

static void read_probe(struct probe *p)
{
	char text[65536];
	unsigned long long began = zt_now(), took;
	int error = zt_get_file(p->path, text, sizeof(text));

	took = zt_now() - began;
	if (took > p->longest)
		p->longest = took;
	/* After the reset there is none. */
	if (error && (error != EINVAL || strcmp(p->name, BLOCK_STATE)))
		p->error = error;
	else
		p->reads++;
}

/*
 * One thread reads them all in turn: several would let each other in, as a reader
 * may share a lock that another one has.  A normal task's turns would be part of
 * the figures.
 */
static int read_probes(void *unused)
{
	struct sched_param priority = { .sched_priority = 10 };
	unsigned long long end = zt_now() + run_time();
	int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority);
	unsigned int i;

	(void)unused;
	while (!zt_task_over(&reset) && !zt_task_over(&writeback) && zt_now() < end) {
		for (i = 0; i < ARRAY_SIZE(probes); i++)
			if (probes[i].path[0])
				read_probe(&probes[i]);
		/* Leaves room for the others. */
		zt_sleep(2);
	}
	return error;
}

/* --- the test ------------------------------------------------------------ */

static void find_probes(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		struct probe *p = &probes[i];

		if (!strcmp(p->name, BLOCK_STATE))
			snprintf(p->path, sizeof(p->path),
				 "/sys/kernel/debug/zram/zram%d/" BLOCK_STATE, id);
		else
			zt_attr_path(p->path, sizeof(p->path), id, p->name);
		if (access(p->path, R_OK))
			p->path[0] = '\0';
	}
}

/* As much as keeps the slow device busy for twice run_time(). */
static int fill(void)
{
	unsigned long pages = run_time() * 2 / (1000 * PAGE_MS), i;
	char size[32];
	int fd, error;

	snprintf(size, sizeof(size), "%llu", (unsigned long long)pages * zt_page);
	error = zt_put(id, "disksize", size);
	if (error)
		return error;
	fd = zt_open(id, O_RDWR | O_DIRECT);
	if (fd < 0)
		return -fd;
	for (i = 0; i < pages && !error; i++)
		error = zt_write_noise(fd, i, 1, zt_page);
	close(fd);
	return error ? error : zt_put(id, "idle", "all");
}

static void run(void)
{
	struct zt_task reader;

	/* Before the reader asks how it goes. */
	memset(&reset, 0, sizeof(reset));
	zt_task_start(&writeback, write_back, NULL);
	zt_task_start(&reader, read_probes, NULL);
	zt_sleep(100);
	zt_task_start(&reset, patient_reset, NULL);
	if (zt_task_join(&reader))
		ksft_print_msg("no SCHED_FIFO: the figures have other tasks in them\n");
	zt_task_join(&writeback);
	zt_task_join(&reset);
	ksft_print_msg("the writeback took %llu us, the reset %llu us\n",
		       writeback.ended - writeback.began, reset.ended - reset.began);
}

/*
 * The status of a wait of so many microseconds.  The locks of newer kernels are others: a
 * reset waits for a writeback, and attributes wait for either.
 */
static int waited(const char *what, unsigned long long us)
{
	if (zt_is_newer())
		return zt_skip("%s %llu us, as in all newer kernels", what, us);
	return zt_fail("%s %llu us", what, us);
}

static int judge(const struct probe *p, unsigned long long limit)
{
	if (!p->path[0])
		return zt_skip("this kernel has none");
	ksft_print_msg("%s: %lu reads, longest %llu us\n", p->name, p->reads, p->longest);
	if (p->error)
		return zt_fail("%s", strerror(p->error));
	if (p->longest >= limit)
		return waited("a read took", p->longest);
	/* It is not the reader's fault if the reset is fast. */
	if (p->reads < (reset.ended - reset.began < run_time() ? 1 : 3))
		return zt_is_newer() ? zt_skip("the reader waited for another attribute") :
			zt_fail("it was read %lu times", p->reads);
	return KSFT_PASS;
}

static int judge_reset(void)
{
	if (reset.began >= writeback.ended && writeback.error)
		return zt_fail("writeback: %s", strerror(writeback.error));
	if (reset.began >= writeback.ended)
		return zt_skip("the writeback was over before the reset, the machine is too slow");
	if (reset.error)
		return zt_fail("reset: %s", strerror(reset.error));
	return KSFT_PASS;
}

/* It ends what it would wait for, as nobody wants that any more. */
static int judge_patience(void)
{
	unsigned long long took = reset.ended - reset.began;

	if (took > 1000000ULL * zt_slow())
		return waited("the reset took", took);
	return KSFT_PASS;
}

int main(void)
{
	const char *given = getenv("ZRAM_STAT_LIMIT_US");
	unsigned long long limit = given ? strtoull(given, NULL, 0) : 1000000ULL * zt_slow();
	char node[64];
	unsigned int i;
	int error;

	zt_begin();
	id = zt_add();
	if (!zt_has_attr(id, "writeback"))
		ksft_exit_skip("zram has no writeback\n");
	error = slow_add(node, sizeof(node));
	if (error)
		ksft_exit_skip("null_blk: %s\n", strerror(error));
	ksft_set_plan(ARRAY_SIZE(probes) + 4);
	error = zt_put(id, "backing_dev", node);
	if (!error)
		error = fill();
	if (error)
		ksft_exit_fail_msg("set-up: %s\n", strerror(error));

	find_probes();
	run();
	zt_result(judge_reset(), "reset during a writeback");
	zt_result(judge_patience(), "reset does not wait for the writeback");
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		zt_result(judge(&probes[i], limit),
			  probes[i].name);
	zt_result(zt_works_and_goes(id), "it holds data and goes");
	return zt_end();
}
