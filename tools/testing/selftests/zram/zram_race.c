// SPDX-License-Identifier: GPL-2.0
/*
 * zram_race [NAME...] - races of zram, one by one, each led to its outcome
 *
 * The cases are those whose name begins with one of NAME, or all.  Most need a
 * kernel with windows, see zram_race.h: one task waits in the window while
 * another does what must not hurt it.
 *
 * Environment: ZRAM_WINDOW_MS, how long a window is open (1000, times ZRAM_SLOW);
 * ZRAM_KO, the module, for the case that unloads it.
 */
#include "zram_race.h"

#define WINDOW	"/sys/module/window/parameters/"

/* --- the window ---------------------------------------------------------- */

static int put_window(const char *name, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), WINDOW "%s", name);
	return zt_put_file(path, value, strlen(value));
}

static int hits(void)
{
	char text[32];

	return zt_get_file(WINDOW "hits", text, sizeof(text)) ? 0 : atoi(text);
}

void race_shut(void)
{
	/* A write of no bytes would not reach the kernel. */
	put_window("at", "\n");
}

int race_leave(struct zt_task *t)
{
	int error = zt_task_join(t);

	race_shut();
	return error;
}

unsigned int race_window_ms(void)
{
	const char *ms = getenv("ZRAM_WINDOW_MS");

	return ms ? (unsigned int)atoi(ms) : 1000 * zt_slow();
}

int race_enter(const char *window, struct zt_task *t, int (*run)(void *arg), void *arg)
{
	char ms[16];
	int error;

	snprintf(ms, sizeof(ms), "%u", race_window_ms());
	error = put_window("ms", ms);
	if (!error)
		error = put_window("hits", "0");
	if (!error)
		error = put_window("at", window);
	if (error)
		return zt_fail("the window %s: %s", window, strerror(error));
	zt_task_start(t, run, arg);
	while (!hits() && !zt_task_over(t))
		zt_sleep(1);
	if (hits())
		return KSFT_PASS;
	error = race_leave(t);
	return zt_fail("it never came to the window %s: %s", window, strerror(error));
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
	int needs_window;
} races[] = {
#define WINDOW_RACE(name)	{ #name, race_##name, 1 }
#define PLAIN_RACE(name)	{ #name, race_##name, 0 }
	WINDOW_RACE(reset_disksize),
	WINDOW_RACE(unload),
	PLAIN_RACE(block_state_open),
	WINDOW_RACE(early_hot_add),
	WINDOW_RACE(removal_disksize),
	WINDOW_RACE(removal_backing),
	PLAIN_RACE(backing_kept),
	PLAIN_RACE(backing_kept_remove),
	WINDOW_RACE(page_count_idle),
	WINDOW_RACE(page_count_block_state),
	WINDOW_RACE(page_count_writeback),
	WINDOW_RACE(block_index),
	WINDOW_RACE(compress_twice),
	WINDOW_RACE(default_compressor),
	WINDOW_RACE(bdput),
	WINDOW_RACE(open_removed),
	PLAIN_RACE(huge_disksize),
	PLAIN_RACE(partial_read),
	WINDOW_RACE(swapin_twice),
	WINDOW_RACE(zswap_writeback),
};

static int run_race(const struct race *race)
{
	int complained = zt_complained(), id, status;

	if (race->needs_window && access(WINDOW "at", W_OK))
		return zt_skip("the kernel has no windows");
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

static int is_asked(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (!strncmp(name, *names, strlen(*names)))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int i, count = 0;

	(void)argc;
	zt_begin();
	for (i = 0; i < ARRAY_SIZE(races); i++)
		count += is_asked(races[i].name, argv + 1);
	if (!count)
		ksft_exit_fail_msg("no such case\n");
	ksft_set_plan(count + 1);
	for (i = 0; i < ARRAY_SIZE(races); i++)
		if (is_asked(races[i].name, argv + 1))
			zt_result(run_race(&races[i]), races[i].name);
	return zt_end();
}
