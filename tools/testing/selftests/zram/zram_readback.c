// SPDX-License-Identifier: GPL-2.0
/*
 * zram_readback - a read of a page that was written back
 *
 * The backing device delays reads, but not writes, so that a page can be overwritten,
 * discarded and written back again while it is read.  The read must succeed and return
 * what the page held at some time during the read, never the content of another page.
 *
 * The delay is one of dm-delay on a loop device, which delays a bio before it reads.
 * null_blk reads first and then waits, which is enough for some cases only.
 */
#include "zram_test.h"

#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define LOOP_BYTES	(16UL << 20)
#define DELAY_MS	(250 * zt_slow())
#define PAGES		8

static int device, disk;
static int compressed;
static char loop_path[64], delayed[64], late[64];

/* Page aligned: the kernel would read and write the parts of several pages one by one. */
static unsigned char *seen, *written;

/* Incompressible, or each generation of another size. */
static int write_page(unsigned long page, uint32_t generation)
{
	unsigned int noise = compressed ? zt_page / (3 + generation % 4) : zt_page;
	ssize_t done;

	zt_fill_noise(written, page, generation, noise);
	done = pwrite(disk, written, zt_page, (off_t)page * zt_page);
	if (done == (ssize_t)zt_page)
		return 0;
	return done < 0 ? errno : EIO;
}

static int discard_page(unsigned long page)
{
	uint64_t range[2] = { page * zt_page, zt_page };

	return ioctl(disk, BLKDISCARD, range) ? errno : 0;
}

/* --- the read ------------------------------------------------------------ */

static int read_page_0(void *unused)
{
	ssize_t done = pread(disk, seen, zt_page, 0);

	(void)unused;
	if (done == (ssize_t)zt_page)
		return 0;
	return done < 0 ? errno : EIO;
}

static int is_empty(void)
{
	unsigned int i;

	for (i = 0; i < zt_page; i++)
		if (seen[i])
			return 0;
	return 1;
}

/* Either generation is right; or zeros, if the page was discarded. */
static int check_seen(uint32_t before, uint32_t after)
{
	if (!zt_check(seen, 0, before) || (after && !zt_check(seen, 0, after)) ||
	    (!after && is_empty()))
		return KSFT_PASS;
	/* Only the first wrong page is kept; that was expected to be wrong at first. */
	zt_wrong_text();
	zt_check(seen, 0, before);
	return zt_fail("the read returned %s", zt_wrong_text());
}

/*
 * Writes page 0 back, and begins to read it.  While the read waits, change() is called.
 * Returns after the read.
 */
static int during_read(int (*change)(uint32_t *after), uint32_t *before, uint32_t *after)
{
	struct zt_task t;
	int error;

	*before = zt_generation();
	error = write_page(0, *before);
	if (!error)
		error = zt_write_back(device);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	memset(seen, 0xee, zt_page);
	zt_task_start(&t, read_page_0, NULL);
	zt_sleep(DELAY_MS / 4);
	error = change(after);
	if (zt_task_over(&t)) {
		zt_task_join(&t);
		if (t.ended - t.began < DELAY_MS * 1000ULL / 4)
			return zt_fail("the read did not wait: %s", strerror(t.error));
	} else {
		zt_task_join(&t);
	}
	if (error)
		return zt_fail("while the page was read: %s", strerror(error));
	if (t.error)
		return zt_fail("the read: %s", strerror(t.error));
	return KSFT_PASS;
}

static int changed_during_read(int (*change)(uint32_t *after))
{
	uint32_t before, after = 0;
	int status = during_read(change, &before, &after);

	return status ? status : check_seen(before, after);
}

/* --- what happens during the read ----------------------------------------- */

static int overwrite(uint32_t *after)
{
	*after = zt_generation();
	return write_page(0, *after);
}

static int discard(uint32_t *after)
{
	*after = 0;
	return discard_page(0);
}

/* Page 1 alone is idle, and so gets the first block that is free. */
static int reuse(int (*change)(uint32_t *after), uint32_t *after)
{
	int error = write_page(1, zt_generation());

	if (!error)
		error = zt_put(device, "idle", "all");
	if (!error)
		error = change(after);
	return error ? error : zt_put(device, "writeback", "idle");
}

static int overwrite_and_reuse(uint32_t *after)
{
	return reuse(overwrite, after);
}

static int discard_and_reuse(uint32_t *after)
{
	return reuse(discard, after);
}

static int overwrite_and_write_back(uint32_t *after)
{
	int error = overwrite(after);

	return error ? error : zt_write_back(device);
}

/* The block of page 2 is the first one that is free. */
static int overwrite_and_move(uint32_t *after)
{
	int error = discard_page(2);

	return error ? error : overwrite_and_write_back(after);
}

/* --- cases --------------------------------------------------------------- */

static int read_during_overwrite(void)
{
	return changed_during_read(overwrite);
}

static int read_during_discard(void)
{
	return changed_during_read(discard);
}

static int read_during_reuse_of_its_block(void)
{
	return changed_during_read(overwrite_and_reuse);
}

static int read_during_discard_and_reuse(void)
{
	return changed_during_read(discard_and_reuse);
}

static int read_during_second_writeback(void)
{
	return changed_during_read(overwrite_and_write_back);
}

static int read_during_writeback_elsewhere(void)
{
	int error = write_page(2, zt_generation());

	if (!error)
		error = zt_write_back(device);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	return changed_during_read(overwrite_and_move);
}

/* What page 1 got while page 0 was read is there, also after its own read-back. */
static int all_pages_are_right(void)
{
	uint32_t generation = zt_generation();
	unsigned int round;
	unsigned long page;
	int error = 0;

	for (round = 0; round < 2 && !error; round++) {
		for (page = 0; page < PAGES && !error; page++)
			error = write_page(page, generation);
		if (!error)
			error = zt_write_back(device);
	}
	if (error)
		return zt_fail("%s", strerror(error));
	for (page = 0; page < PAGES; page++)
		if (zt_must_read(disk, page, generation))
			return zt_fail("%s", zt_wrong_text());
	return KSFT_PASS;
}

/* Writes pages back until there is no room; the last one is discarded. */
static int fill_up(void)
{
	unsigned long page;
	int error = 0;

	for (page = 0; page < PAGES && !error; page++) {
		error = write_page(page, zt_generation());
		if (!error)
			error = zt_write_back(device);
	}
	return error == ENOSPC ? discard_page(page - 1) : error ? error : EFBIG;
}

/*
 * The only block that is free is being read: a writeback waits for the read, or takes
 * the block, but does not report that the device is full.
 */
static int no_space_only_when_full(void)
{
	uint32_t before, after;
	int error = fill_up(), status = KSFT_PASS;
	unsigned int round;

	if (error)
		return zt_fail("set-up: %s", strerror(error));
	for (round = 0; round < 3 && !status; round++)
		status = during_read(overwrite_and_write_back, &before, &after);
	return status ? status : check_seen(before, after);
}

/* --- the test ------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*run)(void);
	/* Needs a delay before the read. */
	int early;
	/* Of the backing device, if it has to be small. */
	unsigned int pages;
} cases[] = {
	{ "read_during_overwrite", read_during_overwrite, 0, 0 },
	{ "read_during_discard", read_during_discard, 0, 0 },
	{ "read_during_reuse_of_its_block", read_during_reuse_of_its_block, 1, 0 },
	{ "read_during_discard_and_reuse", read_during_discard_and_reuse, 1, 0 },
	{ "read_during_second_writeback", read_during_second_writeback, 0, 0 },
	{ "read_during_writeback_elsewhere", read_during_writeback_elsewhere, 0, 0 },
	{ "all_pages_are_right", all_pages_are_right, 0, 0 },
	{ "no_space_only_when_full", no_space_only_when_full, 0, 3 },
};

static int make_delay(unsigned int pages)
{
	unsigned long bytes = pages ? pages * zt_page : LOOP_BYTES;
	char table[256];

	snprintf(table, sizeof(table), "delay %s 0 %u %s 0 0", loop_path, DELAY_MS, loop_path);
	if (!delayed[0])
		return zt_dm_add(table, bytes, delayed, sizeof(delayed));
	return zt_dm_load(delayed, table, bytes);
}

static int make_late(void)
{
	char settings[128];

	if (late[0])
		return 0;
	snprintf(settings, sizeof(settings), "size=16 irqmode=2 completion_nsec=%u000000",
		 DELAY_MS);
	return zt_null_add(settings, late, sizeof(late));
}

static int run(unsigned int i)
{
	int error = zt_reset(device), status;
	const char *backing = delayed;

	if (!error && make_delay(cases[i].pages)) {
		backing = late;
		if (cases[i].early || cases[i].pages)
			return zt_skip("no dm-delay");
		error = make_late();
		if (error)
			return zt_skip("neither dm-delay nor null_blk: %s", strerror(error));
	}
	if (!error)
		error = zt_put(device, "backing_dev", backing);
	if (!error && compressed)
		error = zt_put(device, "compressed_writeback", "1");
	if (!error)
		error = zt_put(device, "disksize", "4M");
	disk = error ? -error : zt_open(device, O_RDWR | O_DIRECT);
	if (disk < 0)
		return zt_fail("set-up: %s", strerror(-disk));
	status = cases[i].run();
	close(disk);
	return status;
}

int main(void)
{
	const char *suffix;
	unsigned int i;
	char name[64];
	int loop;

	zt_begin();
	device = zt_add();
	if (!zt_has_attr(device, "writeback"))
		ksft_exit_skip("zram has no writeback\n");
	loop = zt_loop_open(LOOP_BYTES, loop_path, sizeof(loop_path));
	if (loop < 0)
		ksft_exit_skip("no loop device: %s\n", strerror(-loop));
	seen = aligned_alloc(zt_page, zt_page);
	written = aligned_alloc(zt_page, zt_page);
	if (!seen || !written)
		ksft_exit_fail_msg("no memory\n");
	ksft_set_plan(2 * ARRAY_SIZE(cases) + 2);
	for (compressed = 0; compressed < 2; compressed++)
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			suffix = compressed ? "_compressed" : "";
			snprintf(name, sizeof(name), "%s%s", cases[i].name, suffix);
			if (compressed && !zt_has_attr(device, "compressed_writeback"))
				zt_result(zt_skip("no compressed writeback"), name);
			else
				zt_result(run(i), name);
		}
	zt_result(zt_works_and_goes(device), "device_works_afterwards");
	zt_remove_disks();
	close(loop);
	return zt_end();
}
