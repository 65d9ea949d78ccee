// SPDX-License-Identifier: GPL-2.0
/*
 * zram_stacked - a zram whose backing device is another zram
 *
 * B writes back to the lower part of A, while the upper part of A is used as
 * well.  A can't be reset as long as B has it; B can, even while it writes back.
 */
#include "zram_test.h"

static int a, b;
static char node[64];

static int set_up_b(int id)
{
	int error = zt_put(id, "backing_dev", node);

	return error ? error : zt_put(id, "disksize", "8M");
}

static int set_up(void)
{
	int error = zt_put(a, "disksize", "32M"), fd;

	/* Until there is a node. */
	fd = error ? -error : zt_open(a, O_RDONLY);
	if (fd < 0)
		return -fd;
	close(fd);
	snprintf(node, sizeof(node), "/dev/zram%d", a);
	return set_up_b(b);
}

/* --- all at once --------------------------------------------------------- */

static int step_upper_a(struct zt_worker *w)
{
	return zt_session(w->id, 1, 2, NULL);
}

static int step_b(struct zt_worker *w)
{
	return zt_session(w->id, 0, 1, zt_write_back);
}

static int step_write_back(struct zt_worker *w)
{
	return zt_put(w->id, "writeback", "huge");
}

static void storm(void)
{
	struct zt_worker workers[] = {
		{ .name = "sessions on A", .step = step_upper_a, .id = a },
		{ .name = "sessions on B", .step = step_b, .id = b },
		{ .name = "writeback of B", .step = step_write_back, .id = b, .pause = 500 },
		{ .name = "idle on B", .step = zt_step_idle, .id = b, .pause = 1000 },
		{ .name = "compact A", .step = zt_step_compact, .id = a, .pause = 1000 },
		{ .name = "compact B", .step = zt_step_compact, .id = b, .pause = 1000 },
		{ .name = "statistics of A", .step = zt_step_stats, .id = a },
		{ .name = "statistics of B", .step = zt_step_stats, .id = b },
		/* It must not succeed. */
		{ .name = "reset of A", .step = zt_step_reset, .id = a, .pause = 1000,
		  .optional = 1 },
	};
	const struct zt_worker *reset = &workers[ARRAY_SIZE(workers) - 1];

	zt_storm(workers, ARRAY_SIZE(workers));
	zt_judge(workers, ARRAY_SIZE(workers));
	ksft_test_result(!reset->done && reset->refused, "A is not reset while B has it\n");
}

/* --- one after the other ------------------------------------------------- */

#define PAGES	64

/* What B does below must not reach this. */
static int write_upper_a(uint32_t generation)
{
	int fd = zt_open(a, O_RDWR | O_DIRECT), error = 0;
	unsigned long page;

	if (fd < 0)
		return -fd;
	for (page = 0; page < PAGES && !error; page++)
		error = zt_write_page(fd, zt_pages(fd) - PAGES + page, generation);
	close(fd);
	return error;
}

static int check_upper_a(uint32_t generation)
{
	int fd = zt_open(a, O_RDWR | O_DIRECT), status = KSFT_PASS;
	unsigned long page;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	for (page = 0; page < PAGES && !status; page++)
		if (zt_must_read(fd, zt_pages(fd) - PAGES + page, generation))
			status = zt_fail("%s", zt_wrong_text());
	close(fd);
	return status;
}

static int reset_of_b(void)
{
	uint32_t generation = zt_generation();
	int error = write_upper_a(generation), status;

	if (error)
		return zt_fail("A: %s", strerror(error));
	status = zt_reset_meets_writeback(b, set_up_b);
	return status ? status : check_upper_a(generation);
}

/* Not only can it be opened: nobody else holds it. */
static int a_is_free(void)
{
	return zt_is_free(node) ? KSFT_PASS : zt_fail("it is still claimed");
}

int main(void)
{
	int error;

	zt_begin();
	a = zt_add();
	if (!zt_has_attr(a, "writeback"))
		ksft_exit_skip("zram has no writeback\n");
	ksft_set_plan(9 + 6);
	b = zt_add();
	error = set_up();
	if (error)
		ksft_exit_fail_msg("set-up: %s\n", strerror(error));
	storm();
	zt_result(reset_of_b(), "B is reset while it writes back, and A keeps its own");
	zt_result(zt_works_and_goes(b), "B holds data and goes");
	zt_result(a_is_free(), "A is free");
	zt_result(zt_works_and_goes(a), "A holds data and goes");
	return zt_end();
}
