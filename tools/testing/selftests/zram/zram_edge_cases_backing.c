// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_edge_cases that need a backing device. */
#include "zram_edge_cases.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysinfo.h>

#define LOOP_BYTES	(16UL << 20)
#define PAGES		32
/* More pages than a bitmap of a few words has bits. */
#define MANY		300

static const char *no_writeback(void)
{
	return zt_has_attr(limits_device, "backing_dev") ? NULL : "zram has no writeback";
}

/* Returns a file descriptor or a negative errno. */
static int open_backed(const char *backing)
{
	int error = zt_put(limits_device, "backing_dev", backing);
	char size[32];

	snprintf(size, sizeof(size), "%lu", (unsigned long)MANY * zt_page);
	if (!error)
		error = zt_put(limits_device, "disksize", size);
	return error ? -error : limits_open();
}

/* --- small and read-only -------------------------------------------------- */

/* It is refused, or all that fits is written back, and no page is lost. */
static int backing_of(unsigned long bytes)
{
	uint32_t generation = zt_generation();
	int loop, fd, error, status;
	char path[64];

	loop = zt_loop_open(bytes, path, sizeof(path));
	if (loop < 0)
		return zt_skip("loop: %s", strerror(-loop));
	fd = open_backed(path);
	if (fd == -EINVAL) {
		status = bytes < zt_page ? KSFT_PASS : zt_fail("%lu bytes are refused", bytes);
	} else if (fd < 0) {
		status = zt_fail("%lu bytes: %s", bytes, strerror(-fd));
	} else {
		error = limits_write(fd, 8, generation);
		if (!error)
			error = zt_write_back(limits_device);
		status = error && error != ENOSPC ?
			zt_fail("writeback to %lu bytes: %s", bytes, strerror(error)) :
			limits_check(fd, 8, generation);
		close(fd);
	}
	if (zt_reset(limits_device) && !status)
		status = zt_fail("reset: %s", strerror(errno));
	close(loop);
	return status;
}

int limits_backing_sizes(void)
{
	unsigned long sizes[] = { 0, 512, 2048, zt_page - 512, zt_page, 2UL * zt_page,
				  2UL * zt_page + 512, 3UL * zt_page };
	const char *none = no_writeback();
	int status = KSFT_PASS;
	unsigned int i;

	if (none)
		return zt_skip("%s", none);
	for (i = 0; i < ARRAY_SIZE(sizes) && !status; i++)
		status = backing_of(sizes[i]);
	return status;
}

/* zram or the block layer may refuse it, and no page is lost if neither does. */
int limits_backing_read_only(void)
{
	uint32_t generation = zt_generation();
	const char *none = no_writeback();
	int loop, fd, yes = 1, status = KSFT_PASS;
	char path[64];

	if (none)
		return zt_skip("%s", none);
	loop = zt_loop_open(LOOP_BYTES, path, sizeof(path));
	if (loop < 0 || ioctl(loop, BLKROSET, &yes))
		return zt_skip("no loop device that is read-only");
	fd = open_backed(path);
	if (fd >= 0) {
		if (limits_write(fd, PAGES, generation))
			status = zt_fail("write: %s", strerror(errno));
		ksft_print_msg("writeback: %s\n", strerror(zt_write_back(limits_device)));
		if (!status)
			status = limits_check(fd, PAGES, generation);
		close(fd);
	}
	if (zt_reset(limits_device) && !status)
		status = zt_fail("reset failed");
	close(loop);
	return status;
}

/* --- broken --------------------------------------------------------------- */

/*
 * Pages 0 to PAGES - 1 are out, the next ones are not.  Once the device fails, the
 * first ones can't be read, and the next ones can neither be written back nor be lost.
 */
static int break_it(int fd, int (*fail)(int on))
{
	uint32_t out = zt_generation(), in = zt_generation();
	int error = limits_write(fd, PAGES, out), status;
	unsigned long page, failed = 0;

	if (!error)
		error = zt_write_back(limits_device);
	for (page = PAGES; page < 2 * PAGES && !error; page++)
		error = zt_write_page(fd, page, in);
	if (!error)
		error = fail(1);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	for (page = 0; page < PAGES; page++) {
		error = zt_read_page(fd, page, out);
		/* Pages that are filled with one word are never written back. */
		if (error == ZT_WRONG)
			return zt_fail("%s", zt_wrong_text());
		failed += error != 0;
	}
	if (!failed)
		return zt_fail("all pages could be read");
	if (zt_put(limits_device, "idle", "all"))
		return zt_fail("idle: %s", strerror(errno));
	if (!zt_put(limits_device, "writeback", "idle"))
		return zt_fail("a writeback reported success");
	for (page = PAGES, status = KSFT_PASS; page < 2 * PAGES && !status; page++)
		if (zt_must_read(fd, page, in))
			status = zt_fail("%s", zt_wrong_text());
	if (status || fail(0))
		return status;
	return limits_check(fd, PAGES, out);
}

static char dm_path[64], dm_table[128];

static int fail_dm(int on)
{
	return zt_dm_load(dm_path, on ? "error" : dm_table, LOOP_BYTES);
}

static int on_backed(const char *path, int (*fail)(int on))
{
	int complained = zt_complained(), fd = open_backed(path), status;

	if (fd < 0)
		return zt_fail("set-up: %s", strerror(-fd));
	status = break_it(fd, fail);
	close(fd);
	if (!status && zt_complained() && !complained)
		status = zt_fail("the kernel complained");
	if (zt_reset(limits_device) && !status)
		status = zt_fail("reset failed");
	return status;
}

int limits_backing_fails(void)
{
	const char *none = no_writeback();
	int loop, error, status;
	char path[64];

	if (none)
		return zt_skip("%s", none);
	loop = zt_loop_open(LOOP_BYTES, path, sizeof(path));
	if (loop < 0)
		return zt_skip("loop: %s", strerror(-loop));
	snprintf(dm_table, sizeof(dm_table), "linear %s 0", path);
	error = zt_dm_add(dm_table, LOOP_BYTES, dm_path, sizeof(dm_path));
	status = error ? zt_skip("no device mapper: %s", strerror(error)) :
			 on_backed(dm_path, fail_dm);
	zt_remove_disks();
	close(loop);
	return status;
}

static int fail_null(int on)
{
	int error = ENODEV;

	if (on) {
		zt_remove_disks();
		error = 0;
	}
	return error;
}

int limits_backing_vanishes(void)
{
	const char *none = no_writeback();
	char node[64];
	int error;

	if (none)
		return zt_skip("%s", none);
	error = zt_null_add("size=16", node, sizeof(node));
	if (error)
		return zt_skip("null_blk: %s", strerror(error));
	return on_backed(node, fail_null);
}

/* --- huge ----------------------------------------------------------------- */

static int huge_fd;

static int write_back_many(void)
{
	uint32_t generation = zt_generation();
	int error = limits_write(huge_fd, MANY, generation);

	if (!error)
		error = zt_write_back(limits_device);
	if (error)
		return zt_fail("writeback: %s", strerror(error));
	return limits_check(huge_fd, MANY, generation);
}

/* One bit for each page: what does not fit in memory can only be a part of it. */
static int fits(unsigned long long mib)
{
	unsigned long long bitmap = (mib << 20) / zt_page / 8;
	struct sysinfo info;

	sysinfo(&info);
	return bitmap < (unsigned long long)info.totalram * info.mem_unit;
}

/* The kernel refuses it, or it works. */
static int backing_of_mib(unsigned long long mib)
{
	const char *none = no_writeback();
	char settings[64], node[64];
	int error, status;

	if (none)
		return zt_skip("%s", none);
	snprintf(settings, sizeof(settings), "size=%llu", mib);
	error = zt_null_add(settings, node, sizeof(node));
	if (error)
		return zt_skip("null_blk: %s", strerror(error));
	huge_fd = open_backed(node);
	if (huge_fd < 0) {
		ksft_print_msg("%llu MiB: %s\n", mib, strerror(-huge_fd));
		status = huge_fd == -ENOMEM || huge_fd == -EFBIG || huge_fd == -EINVAL ?
			KSFT_PASS : zt_fail("%s", strerror(-huge_fd));
	} else {
		status = fits(mib) ? write_back_many() :
			zt_fail("%llu MiB are accepted, the bitmap of which is larger than memory",
				mib);
		close(huge_fd);
	}
	zt_reset(limits_device);
	zt_remove_disks();
	return status;
}

int limits_backing_128_tib(void)
{
	return backing_of_mib(134217728);
}

int limits_backing_more_than_128_tib(void)
{
	return backing_of_mib(134217729);
}

/* 2^32 pages of 4 KiB, and some more. */
int limits_backing_more_than_16_tib(void)
{
	return backing_of_mib(16777217);
}

/* --- many requests -------------------------------------------------------- */

static int write_back_all(void)
{
	int error = zt_write_back(limits_device);

	return error ? zt_fail("writeback: %s", strerror(error)) : KSFT_PASS;
}

int limits_batch_size(void)
{
	uint32_t generation = zt_generation();
	int loop, fd, error, status;
	char path[64];

	if (!zt_has_attr(limits_device, "writeback_batch_size"))
		return zt_skip("this kernel has no writeback_batch_size");
	loop = zt_loop_open(LOOP_BYTES, path, sizeof(path));
	if (loop < 0)
		return zt_skip("loop: %s", strerror(-loop));
	error = zt_put(limits_device, "writeback_batch_size", "4294967295");
	fd = open_backed(path);
	if (fd < 0 || limits_write(fd, PAGES, generation)) {
		status = zt_fail("set-up failed");
	} else {
		/* It may have been refused. */
		ksft_print_msg("batch size: %s\n", error ? strerror(error) : "accepted");
		status = limits_without_oom(write_back_all);
		if (!status)
			status = limits_check(fd, PAGES, generation);
		close(fd);
	}
	zt_reset(limits_device);
	close(loop);
	return status;
}
