// SPDX-License-Identifier: GPL-2.0
/*
 * zram_writeback_storm - a device with a backing device, reset and set up over
 * and over, while writebacks run
 *
 * What a session wrote is read back intact after it went to the backing device,
 * as a disk and as swap, and when the backing device is full.  Resets occur while
 * writebacks run, and afterwards the backing device is free.
 */
#include "zram_test.h"

#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define LOOP_BYTES	(16UL << 20)
/* Where a page is 64K they fill the device, which has 8M. */
#define PAGES		128

static char backing[64];

/* --- one by one ---------------------------------------------------------- */

static int write_all(int fd, uint32_t generation)
{
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		if (zt_write_page(fd, page, generation))
			return zt_fail("write: %s", strerror(errno));
	return KSFT_PASS;
}

static int check_all(int fd, uint32_t generation)
{
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		if (zt_must_read(fd, page, generation))
			return zt_fail("%s", zt_wrong_text());
	return KSFT_PASS;
}

static int write_back_huge(int id)
{
	return zt_put(id, "writeback", "huge");
}

static int there_and_back(int id, int (*write_back)(int id))
{
	uint32_t generation = zt_generation();
	int fd = zt_open(id, O_RDWR | O_DIRECT), status, error;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	status = write_all(fd, generation);
	if (!status) {
		error = write_back(id);
		status = error ? zt_fail("%s", strerror(error)) : check_all(fd, generation);
	}
	close(fd);
	return status;
}

static int set_up(int id)
{
	int error = zt_put(id, "backing_dev", backing);

	return error ? error : zt_put(id, "disksize", "8M");
}

static int one_by_one(int id, int (*write_back)(int id))
{
	int error = zt_reset(id), status;

	if (!error)
		error = set_up(id);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	status = there_and_back(id, write_back);
	error = zt_reset(id);
	if (error && !status)
		status = zt_fail("reset: %s", strerror(error));
	return status;
}

/* --- as swap ------------------------------------------------------------- */

static int swap_in_all(const unsigned char *area, uint32_t generation)
{
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		if (zt_check(area + page * zt_page, page, generation))
			return zt_fail("%s", zt_wrong_text());
	return KSFT_PASS;
}

static int swapped(int id, unsigned char *area)
{
	uint32_t generation = zt_generation();
	unsigned long page;
	int error;

	for (page = 0; page < PAGES; page++)
		zt_fill(area + page * zt_page, page, generation);
	if (madvise(area, PAGES * zt_page, MADV_PAGEOUT))
		return zt_skip("no MADV_PAGEOUT");
	error = zt_write_back(id);
	if (error)
		return zt_fail("writeback: %s", strerror(error));
	return swap_in_all(area, generation);
}

static int swap_and_back(int id)
{
	unsigned char *area = mmap(NULL, PAGES * zt_page, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int error = area == MAP_FAILED ? errno : zt_reset(id), status;

	if (access("/proc/swaps", F_OK))
		return zt_skip("no swap");
	if (!error)
		error = set_up(id);
	if (!error)
		error = zt_swapon(id);
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	status = swapped(id, area);
	munmap(area, PAGES * zt_page);
	error = zt_swapoff(id);
	if (error && !status)
		status = zt_fail("swapoff: %s", strerror(error));
	return status;
}

/* --- no room ------------------------------------------------------------- */

/* Fewer blocks than pages; some kernels never use the first one. */
#define ROOM	16

/* All of them: bd_stat counts in 4 KiB, whatever a page is. */
static int is_full(int id)
{
	unsigned long blocks;
	char text[128];

	if (zt_get(id, "bd_stat", text, sizeof(text)))
		return 0;
	blocks = strtoul(text, NULL, 10) / (zt_page / 4096);
	return blocks == ROOM || blocks == ROOM - 1;
}

static int fill_up(int id)
{
	int fd = zt_open(id, O_RDWR | O_DIRECT), error, status;
	uint32_t generation = zt_generation();

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	status = write_all(fd, generation);
	error = status ? 0 : zt_put(id, "idle", "all");
	if (!error && !status)
		error = zt_put(id, "writeback", "idle");
	if (!status && error != ENOSPC)
		status = zt_fail("writeback: %s", error ? strerror(error) : "it took all");
	if (!status)
		status = check_all(fd, generation);
	if (!status && !is_full(id))
		status = zt_fail("there is room left");
	close(fd);
	return status;
}

static int no_room(int id)
{
	char path[64];
	int loop = zt_loop_open(ROOM * zt_page, path, sizeof(path));
	int error = loop < 0 ? -loop : zt_reset(id), status;

	if (!error)
		error = zt_put(id, "backing_dev", path);
	if (!error)
		error = zt_put(id, "disksize", "8M");
	status = error ? zt_fail("set-up: %s", strerror(error)) : fill_up(id);
	zt_reset(id);
	if (loop >= 0)
		close(loop);
	return status;
}

/* --- all at once --------------------------------------------------------- */

static int step_set_up(struct zt_worker *w)
{
	return set_up(w->id);
}

static int step_write_back(struct zt_worker *w)
{
	return zt_put(w->id, "writeback", zt_random(w) % 2 ? "idle" : "huge");
}

static int step_session(struct zt_worker *w)
{
	return zt_session(w->id, 0, 1, zt_write_back);
}

#define WORKERS	9

static void storm(int id)
{
	struct zt_worker workers[WORKERS] = {
		{ .name = "reset", .step = zt_step_end_life },
		{ .name = "backing_dev and disksize", .step = step_set_up },
		{ .name = "writeback", .step = step_write_back },
		{ .name = "writeback, too", .step = step_write_back, .pause = 200 },
		{ .name = "idle", .step = zt_step_idle, .pause = 200 },
		{ .name = "compact", .step = zt_step_compact, .pause = 1000 },
		{ .name = "statistics", .step = zt_step_stats },
		{ .name = "block_state", .step = zt_step_block_state, .optional = 1 },
		{ .name = "session", .step = step_session, .pause = 60000 },
	};
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		workers[i].id = id;
	zt_storm(workers, WORKERS);
	zt_judge(workers, WORKERS);
}

/* --- the test ------------------------------------------------------------ */

static int backing_is_free(int id)
{
	int error = zt_reset(id);

	if (error)
		return zt_fail("reset: %s", strerror(error));
	return zt_is_free(backing) ? KSFT_PASS : zt_fail("it is still claimed");
}

int main(void)
{
	int id, loop;

	zt_begin();
	id = zt_add();
	if (!zt_has_attr(id, "writeback"))
		ksft_exit_skip("zram has no writeback\n");
	loop = zt_loop_open(LOOP_BYTES, backing, sizeof(backing));
	if (loop < 0)
		ksft_exit_skip("no loop device: %s\n", strerror(-loop));
	ksft_set_plan(WORKERS + 8);
	zt_result(one_by_one(id, zt_write_back), "what was idle comes back");
	zt_result(one_by_one(id, write_back_huge), "what was huge comes back");
	zt_result(swap_and_back(id), "what was swapped comes back");
	zt_result(no_room(id), "a full backing device refuses more");
	storm(id);
	zt_result(zt_reset_meets_writeback(id, set_up), "a reset during a writeback");
	zt_result(backing_is_free(id), "the backing device is free");
	zt_result(zt_works_and_goes(id), "it holds data and goes");
	close(loop);
	return zt_end();
}
