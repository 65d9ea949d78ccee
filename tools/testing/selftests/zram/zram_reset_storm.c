// SPDX-License-Identifier: GPL-2.0
/*
 * zram_reset_storm - one device, reset and sized over and over, while all else
 * that user space can do to it goes on
 *
 * The device must survive, and what a session wrote that has it open must be
 * what that session reads: nothing can reset a device that is open.  In the
 * second storm sessions open the device while it has no size, so that its size
 * and its memory appear under a reader.
 */
#include "zram_test.h"

static int step_disksize(struct zt_worker *w)
{
	static const char * const sizes[] = { "64M", "4M", "16M", "1M" };

	return zt_put(w->id, "disksize", sizes[zt_random(w) % ARRAY_SIZE(sizes)]);
}

static int step_mem_used_max(struct zt_worker *w)
{
	return zt_put(w->id, "mem_used_max", "0");
}

/* Mostly none; where there is a small one, writes fail with EIO. */
static int step_mem_limit(struct zt_worker *w)
{
	static const char * const limits[] = { "0", "0", "0", "1G", "64K" };

	return zt_put(w->id, "mem_limit", limits[zt_random(w) % ARRAY_SIZE(limits)]);
}

/* The other workers size it, at any moment. */
static int wait_for_size(int fd)
{
	unsigned int tries;

	for (tries = 0; tries < 200 && !zt_stopping() && !zt_pages(fd); tries++)
		usleep(500);
	return zt_pages(fd) ? 0 : ENXIO;
}

/* The size is out: the memory behind it has to be there too. */
static int step_early_session(struct zt_worker *w)
{
	int fd = zt_try_open(w->id, O_RDWR | O_DIRECT), error;
	uint32_t generation = zt_generation();

	if (fd < 0)
		return -fd;
	error = zt_pages(fd) ? EBUSY : wait_for_size(fd);
	if (!error)
		error = zt_write_page(fd, zt_pages(fd) - 1, generation);
	if (!error)
		error = zt_must_read(fd, zt_pages(fd) - 1, generation);
	close(fd);
	return error;
}

static void storm(int id, int (*session)(struct zt_worker *w), unsigned int pause)
{
	struct zt_worker workers[] = {
		{ .name = "reset", .step = zt_step_end_life },
		{ .name = "reset, too", .step = zt_step_reset, .pause = 300000 },
		{ .name = "disksize", .step = step_disksize },
		{ .name = "disksize, too", .step = step_disksize, .pause = 100 },
		{ .name = "compact", .step = zt_step_compact },
		{ .name = "idle", .step = zt_step_idle },
		{ .name = "mem_used_max", .step = step_mem_used_max },
		{ .name = "mem_limit", .step = step_mem_limit, .pause = 1000 },
		{ .name = "statistics", .step = zt_step_stats },
		{ .name = "block_state", .step = zt_step_block_state, .optional = 1 },
		{ .name = "session", .step = session, .pause = pause },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(workers); i++)
		workers[i].id = id;
	zt_storm(workers, ARRAY_SIZE(workers));
	zt_judge(workers, ARRAY_SIZE(workers));
}

int main(void)
{
	int id;

	zt_begin();
	ksft_set_plan(2 * 11 + 3);
	id = zt_add();
	storm(id, zt_step_session, 20000);
	zt_result(zt_works(id, 64), "sized again, it holds data");
	storm(id, step_early_session, 500);
	zt_result(zt_works_and_goes(id), "it holds data and goes");
	return zt_end();
}
