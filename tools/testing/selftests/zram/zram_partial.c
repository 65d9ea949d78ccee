// SPDX-License-Identifier: GPL-2.0
/*
 * zram_partial - writes of a part of a page are not lost
 *
 * Where pages are larger than a logical block, a write of one block reads the page,
 * changes a part of it and stores it again.  Each writer owns one block of a page,
 * and reads back what it wrote, while others write other blocks or the whole page,
 * discard the page or write it back.  No writer may find anything but its last write.
 */
#include "zram_test.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define BLOCK		4096
#define LOOP_BYTES	(16UL << 20)
#define DISK		"4M"
#define CASE_MS		(zt_seconds() * 500)

static int device, disk;

static __thread alignas(BLOCK) unsigned char seen[BLOCK];

/* --- one block ----------------------------------------------------------- */

static void fill_block(void *to, uint32_t block, uint32_t generation)
{
	uint32_t *w = to;
	unsigned int i;

	for (i = 0; i < BLOCK / sizeof(*w); i++)
		w[i] = block << 24 | (generation & 0xffffff);
	/* A second word, so that no page is filled with one. */
	w[BLOCK / sizeof(*w) - 1] = i;
}

/* Reads a block, which holds what was written, or zeros if generation is 0. */
static int check_block(uint32_t block, uint32_t generation)
{
	static __thread unsigned char want[BLOCK];
	uint32_t got;

	memset(want, 0, sizeof(want));
	if (generation)
		fill_block(want, block, generation);
	memset(seen, 0xee, BLOCK);
	if (pread(disk, seen, BLOCK, block * BLOCK) != BLOCK)
		return zt_wrong("read of block %u: %s", block, strerror(errno));
	if (!memcmp(seen, want, BLOCK))
		return 0;
	memcpy(&got, seen, sizeof(got));
	return zt_wrong("block %u: want write %u, got %u of block %u", block,
			generation & 0xffffff, got & 0xffffff, got >> 24);
}

/* --- workers: here id is the block ---------------------------------------- */

static int step_part(struct zt_worker *w)
{
	uint32_t generation = zt_generation();

	fill_block(seen, w->id, generation);
	if (pwrite(disk, seen, BLOCK, (off_t)w->id * BLOCK) != BLOCK)
		return zt_wrong("write of block %u: %s", w->id, strerror(errno));
	return check_block(w->id, generation);
}

/* A block that another worker writes as well can't be checked. */
static int step_part_unread(struct zt_worker *w)
{
	fill_block(seen, w->id, zt_generation());
	if (pwrite(disk, seen, BLOCK, (off_t)w->id * BLOCK) != BLOCK)
		return zt_wrong("write of block %u: %s", w->id, strerror(errno));
	return 0;
}

static int write_whole(uint32_t generation)
{
	uint32_t block;

	for (block = 0; block < zt_page / BLOCK; block++)
		fill_block(zt_buffer + block * BLOCK, block, generation);
	if (pwrite(disk, zt_buffer, zt_page, 0) != (ssize_t)zt_page)
		return zt_wrong("write of the page: %s", strerror(errno));
	return 0;
}

/* The first w->id blocks are written by others, too. */
static int check_rest(const struct zt_worker *w, uint32_t generation)
{
	uint32_t block;
	int error = 0;

	for (block = w->id; block < zt_page / BLOCK && !error; block++)
		error = check_block(block, generation);
	return error;
}

static int step_whole(struct zt_worker *w)
{
	uint32_t generation = zt_generation();
	int error = write_whole(generation);

	return error ? error : check_rest(w, generation);
}

static int step_discard(struct zt_worker *w)
{
	uint64_t range[2] = { 0, zt_page };
	uint32_t generation = zt_generation();
	int error = write_whole(generation);

	if (!error)
		error = check_rest(w, generation);
	if (!error && ioctl(disk, BLKDISCARD, range))
		error = zt_wrong("discard: %s", strerror(errno));
	return error ? error : check_rest(w, 0);
}

static int step_write_back(struct zt_worker *w)
{
	(void)w;
	return zt_write_back(device);
}

/* --- cases --------------------------------------------------------------- */

static int two_writers_of_a_page(void)
{
	struct zt_worker w[] = {
		{ .name = "block 0", .step = step_part, .id = 0 },
		{ .name = "block 1", .step = step_part, .id = 1 },
	};

	return zt_storm_case(w, ARRAY_SIZE(w), CASE_MS);
}

static int part_against_whole_page(void)
{
	struct zt_worker w[] = {
		{ .name = "block 0", .step = step_part_unread, .id = 0 },
		{ .name = "all blocks", .step = step_whole, .id = 1 },
	};

	return zt_storm_case(w, ARRAY_SIZE(w), CASE_MS);
}

static int part_against_discard(void)
{
	struct zt_worker w[] = {
		{ .name = "block 0", .step = step_part_unread, .id = 0 },
		{ .name = "write all, discard all", .step = step_discard, .id = 1 },
	};

	return zt_storm_case(w, ARRAY_SIZE(w), CASE_MS);
}

static int part_against_writeback(void)
{
	struct zt_worker w[] = {
		/* A page that is written at each moment is never written back. */
		{ .name = "block 0", .step = step_part, .id = 0, .pause = 5000 },
		{ .name = "block 1", .step = step_part, .id = 1, .pause = 5000 },
		{ .name = "writeback", .step = step_write_back },
	};

	if (!zt_has_attr(device, "writeback"))
		return zt_skip("zram has no writeback");
	return zt_storm_case(w, ARRAY_SIZE(w), CASE_MS);
}

/* --- the test ------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "two_writers_of_a_page", two_writers_of_a_page },
	{ "part_against_whole_page", part_against_whole_page },
	{ "part_against_discard", part_against_discard },
	{ "part_against_writeback", part_against_writeback },
	{ "part_against_compressed_writeback", part_against_writeback },
};

/* The last case has compressed pages written back. */
static int in_new_device(unsigned int i, const char *backing)
{
	int last = i == ARRAY_SIZE(cases) - 1, error, status;

	if (zt_page == BLOCK)
		return zt_skip("a page is one block");
	if (last && !zt_has_attr(device, "compressed_writeback"))
		return zt_skip("no compressed writeback");
	error = zt_reset(device);
	if (!error && backing[0])
		error = zt_put(device, "backing_dev", backing);
	if (!error && last)
		error = zt_put(device, "compressed_writeback", "1");
	if (!error)
		error = zt_put(device, "disksize", DISK);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	disk = zt_open(device, O_RDWR | O_DIRECT);
	if (disk < 0)
		return zt_fail("open: %s", strerror(-disk));
	status = cases[i].run();
	close(disk);
	return status;
}

int main(void)
{
	char backing[64] = "";
	unsigned int i;
	int loop = -1;

	zt_begin();
	ksft_set_plan(ARRAY_SIZE(cases) + 2);
	device = zt_add();
	if (zt_has_attr(device, "backing_dev"))
		loop = zt_loop_open(LOOP_BYTES, backing, sizeof(backing));
	if (loop < 0)
		backing[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		zt_result(in_new_device(i, backing), cases[i].name);
	zt_result(zt_works_and_goes(device), "device_works_afterwards");
	if (loop >= 0)
		close(loop);
	return zt_end();
}
