// SPDX-License-Identifier: GPL-2.0
/*
 * zram_race [NAME...] - races of zram, one by one, each led to its outcome
 *
 * The cases are those whose name begins with one of NAME, or all.  Most need a
 * kernel with race delays, see zram_race.h: one task waits at a delay point while
 * another does what must not hurt it.
 *
 * Environment: ZRAM_RACE_DELAY_MS, the length of a delay (1000, times ZRAM_SLOW);
 * ZRAM_KO, the module, for the case that unloads it.
 */
#include "zram_race.h"

#define RACE_DELAY	"/sys/module/race_delay/parameters/"

/* --- the delay ----------------------------------------------------------- */

static int put_param(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), RACE_DELAY "%s", name);
	return zt_put_file(path, value, strlen(value));
}

static int hits(void)
{
	char text[32];

	return zt_get_file(RACE_DELAY "hits", text, sizeof(text)) ? 0 : atoi(text);
}

void race_shut(void)
{
	/* A write of no bytes would not reach the kernel. */
	put_param("point", "\n");
}

int race_leave(struct zt_task *t)
{
	int error = zt_task_join(t);

	race_shut();
	return error;
}

unsigned int race_delay_ms(void)
{
	const char *ms = getenv("ZRAM_RACE_DELAY_MS");

	return ms ? (unsigned int)atoi(ms) : 1000 * zt_slow();
}

int race_enter(const char *point, struct zt_task *t, int (*run)(void *arg), void *arg)
{
	char ms[16];
	int error;

	snprintf(ms, sizeof(ms), "%u", race_delay_ms());
	error = put_param("ms", ms);
	if (!error)
		error = put_param("hits", "0");
	if (!error)
		error = put_param("point", point);
	if (error)
		return zt_fail("delay point %s: %s", point, strerror(error));
	zt_task_start(t, run, arg);
	while (!hits() && !zt_task_over(t))
		zt_sleep(1);
	if (hits())
		return KSFT_PASS;
	error = race_leave(t);
	return zt_fail("it never reached the delay point %s: %s", point, strerror(error));
}

int race_fill(int id, const char *disksize, unsigned int pages)
{
	int error = zt_put(id, "disksize", disksize);

	if (error)
		return zt_fail("disksize %s: %s", disksize, strerror(error));
	return zt_holds_data(id, pages);
}

/* --- the cases ----------------------------------------------------------- */

static const struct race {
	const char *name;
	int (*run)(int id);
	int needs_delay;
} races[] = {
#define DELAYED_RACE(name)	{ #name, race_##name, 1 }
#define PLAIN_RACE(name)	{ #name, race_##name, 0 }
	DELAYED_RACE(reset_disksize),
	DELAYED_RACE(unload),
	PLAIN_RACE(block_state_open),
	DELAYED_RACE(early_hot_add),
	DELAYED_RACE(removal_disksize),
	DELAYED_RACE(removal_backing),
	PLAIN_RACE(backing_kept),
	PLAIN_RACE(backing_kept_remove),
	DELAYED_RACE(page_count_idle),
	DELAYED_RACE(page_count_block_state),
	DELAYED_RACE(page_count_writeback),
	DELAYED_RACE(block_index),
	DELAYED_RACE(compress_twice),
	DELAYED_RACE(default_compressor),
	DELAYED_RACE(bdput),
	DELAYED_RACE(open_removed),
	PLAIN_RACE(huge_disksize),
	PLAIN_RACE(partial_read),
	DELAYED_RACE(swapin_twice),
	DELAYED_RACE(zswap_writeback),
};

static int run_race(const struct race *race)
{
	int complained = zt_complained(), id, status;

	if (race->needs_delay && access(RACE_DELAY "point", W_OK))
		return zt_skip("the kernel has no race delays");
	id = zt_hot_add();
	if (id < 0)
		return zt_fail("hot_add: %s", strerror(-id));
	status = race->run(id);
	/* A removal is the last of some cases. */
	if (zt_exists(id)) {
		if (!status)
			status = zt_works_and_goes(id);
		else
			zt_remove(id);
	}
	if (zt_complained() && !complained)
		return zt_fail("the kernel complained");
	return status;
}

int main(int argc, char **argv)
{
	unsigned int i, count = 0;

	(void)argc;
	zt_begin();
	for (i = 0; i < ARRAY_SIZE(races); i++)
		count += zt_is_asked(races[i].name, argv + 1);
	if (!count)
		ksft_exit_fail_msg("no such case\n");
	ksft_set_plan(count + 1);
	for (i = 0; i < ARRAY_SIZE(races); i++)
		if (zt_is_asked(races[i].name, argv + 1))
			zt_result(run_race(&races[i]), races[i].name);
	return zt_end();
}
