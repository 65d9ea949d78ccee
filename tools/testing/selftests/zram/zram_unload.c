// SPDX-License-Identifier: GPL-2.0
/*
 * zram_unload [NAME...] - the module is unloaded while something of it is still in use
 *
 * The cases are those whose name begins with one of NAME, or all.
 *
 * An open file of debugfs pins the module, or its close must not need it.  Until a load
 * is over, hot_add makes no device.  The work of a read from the backing device has ended
 * before the module is freed, even if that worker does not get the CPU.
 *
 * Environment: ZRAM_KO, the module's file.
 */
#include "zram_test.h"

#include <sched.h>
#include <sys/sysinfo.h>

#define LOADS		100
/* How long the worker does not get its CPU, in ms. */
#define STARVED_MS	2000

/* The kernel did so before the case began. */
static int complained;

/* --- loading ------------------------------------------------------------- */

static int unload(void)
{
	int error, tries = 0;

	/* udev, say, may have a device open. */
	while ((error = zt_unload()) && tries++ < 500)
		zt_sleep(10);
	if (!error)
		zt_forget_devices();
	return error;
}

static int reload(void)
{
	int error = unload();

	if (!error || error == ENOENT)
		error = zt_load();
	return error;
}

static int is_well(void)
{
	int error = reload();

	if (error)
		return zt_fail("unload and load: %s", strerror(error));
	if (!zt_exists(0) || zt_exists(1))
		return zt_fail("it has not just zram0");
	if (zt_complained() && !complained)
		return zt_fail("the kernel complained");
	return zt_works(0, 16);
}

/* --- an open block_state ------------------------------------------------- */

static int close_block_state_after_unload(void)
{
	int fd = open("/sys/kernel/debug/zram/zram0/block_state", O_RDONLY | O_CLOEXEC), error;

	if (fd < 0)
		return zt_skip("no block_state in debugfs");
	error = zt_unload();
	if (!error)
		zt_forget_devices();
	/* This reads the operations of the file, which belong to the module. */
	close(fd);
	if (error && error != EAGAIN && error != EBUSY)
		return zt_fail("unload: %s", strerror(error));
	return is_well();
}

/* --- hot_add during a load ----------------------------------------------- */

static int step_hot_add(struct zt_worker *w)
{
	int id = zt_hot_add();

	(void)w;
	return id < 0 ? -id : 0;
}

static int hot_add_during_load(void)
{
	struct zt_worker w[] = {
		{ .name = "hot_add", .step = step_hot_add, .optional = 1 },
		{ .name = "hot_add, too", .step = step_hot_add, .optional = 1 },
	};
	int error = 0, loads;

	zt_start_workers(w, ARRAY_SIZE(w));
	for (loads = 0; loads < LOADS && !error && (complained || !zt_complained()); loads++)
		error = reload();
	zt_stop_workers(w, ARRAY_SIZE(w));
	ksft_print_msg("%d loads, %lu devices, %lu refused\n", loads, w[0].done + w[1].done,
		       w[0].refused + w[1].refused);
	if (error)
		return zt_fail("load %d: %s", loads, strerror(error));
	if (zt_complained() && !complained)
		return zt_fail("the kernel complained at load %d", loads);
	return is_well();
}

/* --- a worker that does not get the CPU ---------------------------------- */

static int device;
static int spin;

/* A SCHED_FIFO thread on the last CPU, where the read ends as well. */
static int become(int priority)
{
	struct sched_param p = { .sched_priority = priority };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(get_nprocs() - 1, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return errno;
	return sched_setscheduler(0, SCHED_FIFO, &p) ? errno : 0;
}

/* Of less priority than the reader, and of more than the worker. */
static int starve(void *unused)
{
	unsigned long long end;
	int error = become(10);

	(void)unused;
	while (!error && !__atomic_load_n(&spin, __ATOMIC_ACQUIRE))
		zt_sleep(1);
	end = zt_now() + STARVED_MS * 1000ULL;
	while (!error && zt_now() < end)
		;
	return error;
}

/* The worker is still within bio_endio() when this thread runs again. */
static int read_and_unload(void *unused)
{
	int error = become(20), fd;

	(void)unused;
	fd = error ? -error : zt_try_open(device, O_RDONLY | O_DIRECT);
	if (fd < 0)
		return -fd;
	if (pread(fd, zt_buffer, zt_page, 0) != (ssize_t)zt_page)
		error = EIO;
	__atomic_store_n(&spin, 1, __ATOMIC_RELEASE);
	close(fd);
	if (!error)
		error = zt_put(device, "reset", "1");
	if (!error)
		error = zt_unload();
	return error;
}

static int set_up_written(const char *node)
{
	int error = zt_put(device, "backing_dev", node), fd;

	if (!error && zt_has_attr(device, "compressed_writeback"))
		error = zt_put(device, "compressed_writeback", "1");
	if (!error)
		error = zt_put(device, "disksize", "4M");
	fd = error ? -error : zt_open(device, O_RDWR | O_DIRECT);
	if (fd < 0)
		return -fd;
	error = zt_write_noise(fd, 0, 1, zt_page / 4);
	close(fd);
	return error ? error : zt_write_back(device);
}

static int run_starved(const char *node)
{
	struct zt_task reader, starver;
	int error;

	device = zt_hot_add();
	error = device < 0 ? -device : set_up_written(node);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	spin = 0;
	zt_task_start(&starver, starve, NULL);
	zt_sleep(50);
	zt_task_start(&reader, read_and_unload, NULL);
	error = zt_task_join(&reader);
	__atomic_store_n(&spin, 1, __ATOMIC_RELEASE);
	if (zt_task_join(&starver))
		return zt_skip("no SCHED_FIFO");
	if (!error)
		zt_forget_devices();
	/* The worker runs now, if it has not. */
	zt_sleep(500);
	if (error && error != EBUSY && error != EAGAIN)
		return zt_fail("read, reset and unload: %s", strerror(error));
	return is_well();
}

/* Real-time tasks may use all of the CPU, and no server runs others in between. */
static int worker_ends_before_unload(void)
{
	char fair[80], node[64];
	struct zt_param params[] = {
		{ .path = "/proc/sys/kernel/sched_rt_runtime_us", .value = "-1" },
		{ .path = fair, .value = "0" },
	};
	int error, status;

	if (get_nprocs() < 2)
		return zt_skip("one CPU");
	if (!zt_has_attr(0, "writeback"))
		return zt_skip("zram has no writeback");
	error = zt_null_add("size=16 irqmode=2 completion_nsec=20000000", node, sizeof(node));
	if (error)
		return zt_skip("null_blk: %s", strerror(error));
	snprintf(fair, sizeof(fair), "/sys/kernel/debug/sched/fair_server/cpu%d/runtime",
		 get_nprocs() - 1);
	/* Older kernels have no such server. */
	zt_set_params(params, ARRAY_SIZE(params));
	status = run_starved(node);
	zt_restore_params(params, ARRAY_SIZE(params));
	return status;
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "loaded_module_has_one_device", is_well },
	{ "hot_add_during_load", hot_add_during_load },
	{ "worker_ends_before_unload", worker_ends_before_unload },
	{ "close_block_state_after_unload", close_block_state_after_unload },
};

int main(int argc, char **argv)
{
	const char *missing;
	unsigned int i, count = 0;

	(void)argc;
	zt_begin();
	missing = zt_module_missing();
	if (missing)
		ksft_exit_skip("%s\n", missing);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		count += zt_is_asked(cases[i].name, argv + 1);
	ksft_set_plan(count + 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!zt_is_asked(cases[i].name, argv + 1))
			continue;
		complained = zt_complained();
		zt_result(cases[i].run(), cases[i].name);
	}
	zt_remove_disks();
	return zt_end();
}
