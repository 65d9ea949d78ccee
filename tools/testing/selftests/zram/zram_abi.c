// SPDX-License-Identifier: GPL-2.0
/*
 * zram_abi - what each attribute takes and shows in each state of a device
 *
 * The tables say what Linux 5.10 does, and what attributes of newer kernels do; programs
 * may rely on it.
 */
#include "zram_test.h"

enum state { NEW, SIZED, OPEN, SWAP, STATES };

static const char * const state_names[STATES] = { "new", "sized", "open", "swap" };

/* The same in every state. */
#define ALWAYS(e)	{ [0 ... STATES - 1] = (e) }
/* Not in a device without a size. */
#define ONCE_SIZED(e)	{ e, 0, 0, 0 }
/* Only in a device without a size. */
#define BEFORE(e)	{ e, EBUSY, EBUSY, EBUSY }

/* Stands for the algorithm that a new device has; kernels differ in that. */
#define ALGORITHM	"DEFAULT"
static char algorithm[64];

static const struct line {
	const char *attr, *value;
	int want[STATES];
} lines[] = {
	{ "disksize", "4M", BEFORE(0) },
	{ "disksize", "4194304\n", BEFORE(0) },
	{ "disksize", "1", BEFORE(0) },
	{ "disksize", "0", ALWAYS(EINVAL) },
	{ "disksize", "four", ALWAYS(EINVAL) },
	{ "disksize", "-1", ALWAYS(EINVAL) },
	{ "disksize", "1.5G", ALWAYS(EINVAL) },
	{ "disksize", "4Mx", ALWAYS(EINVAL) },
	{ "reset", "1", { 0, 0, EBUSY, EBUSY } },
	{ "reset", "65535\n", { 0, 0, EBUSY, EBUSY } },
	{ "reset", "0", ALWAYS(EINVAL) },
	{ "reset", "all", ALWAYS(EINVAL) },
	{ "reset", "-1", ALWAYS(EINVAL) },
	{ "reset", "65536", ALWAYS(ERANGE) },
	{ "compact", "1", ONCE_SIZED(EINVAL) },
	{ "compact", "anything", ONCE_SIZED(EINVAL) },
	{ "mem_limit", "1M", ALWAYS(0) },
	{ "mem_limit", "0", ALWAYS(0) },
	{ "mem_limit", "little", ALWAYS(EINVAL) },
	{ "mem_limit", "1 1", ALWAYS(EINVAL) },
	{ "mem_limit", "K", ALWAYS(EINVAL) },
	{ "mem_used_max", "0", ALWAYS(0) },
	{ "mem_used_max", "1", ALWAYS(EINVAL) },
	{ "mem_used_max", "none", ALWAYS(EINVAL) },
	{ "idle", "all", ONCE_SIZED(EINVAL) },
	{ "idle", "all\n", ONCE_SIZED(EINVAL) },
	{ "idle", "1", ALWAYS(EINVAL) },
	{ "idle", "-1", ALWAYS(EINVAL) },
	{ "max_comp_streams", "4", ALWAYS(0) },
	{ "max_comp_streams", "anything", ALWAYS(0) },
	{ "comp_algorithm", ALGORITHM, BEFORE(0) },
	{ "comp_algorithm", ALGORITHM "\n", BEFORE(0) },
	{ "comp_algorithm", "no such thing", ALWAYS(EINVAL) },
	{ "backing_dev", "/dev/null", BEFORE(ENOTBLK) },
	{ "backing_dev", "/dev", BEFORE(EISDIR) },
	{ "backing_dev", "/dev/no such file\n", BEFORE(ENOENT) },
	{ "writeback", "idle", { EINVAL, ENODEV, ENODEV, ENODEV } },
	{ "writeback", "huge\n", { EINVAL, ENODEV, ENODEV, ENODEV } },
	{ "writeback", "all", ALWAYS(EINVAL) },
	{ "writeback_limit", "1024", ALWAYS(0) },
	{ "writeback_limit", "-1", ALWAYS(EINVAL) },
	{ "writeback_limit", "18446744073709551616", ALWAYS(EINVAL) },
	{ "writeback_limit_enable", "1", ALWAYS(0) },
	{ "writeback_limit_enable", "0", ALWAYS(0) },
	{ "writeback_limit_enable", "Y", ALWAYS(EINVAL) },
	{ "writeback_batch_size", "1", ALWAYS(0) },
	{ "writeback_batch_size", "0", ALWAYS(EINVAL) },
	{ "writeback_batch_size", "-1", ALWAYS(EINVAL) },
	{ "writeback_batch_size", "4294967296", ALWAYS(EINVAL) },
	{ "compressed_writeback", "1", BEFORE(0) },
	{ "compressed_writeback", "0\n", BEFORE(0) },
	{ "compressed_writeback", "maybe", ALWAYS(EINVAL) },
	{ "algorithm_params", "level=1", BEFORE(0) },
	{ "algorithm_params", "level=high", ALWAYS(EINVAL) },
	{ "algorithm_params", "level", ALWAYS(EINVAL) },
	{ "algorithm_params", "priority=9 level=1", BEFORE(EINVAL) },
	{ "recomp_algorithm", "algo=none priority=1", ALWAYS(EINVAL) },
	{ "recomp_algorithm", "priority=1", ALWAYS(EINVAL) },
	{ "recomp_algorithm", "algo=" ALGORITHM " priority=9", ALWAYS(EINVAL) },
	{ "recompress", "type", ALWAYS(EINVAL) },
	{ "recompress", "type=idle algo=none", ALWAYS(EINVAL) },
	{ "initstate", "1", ALWAYS(EACCES) },
	{ "mm_stat", "0", ALWAYS(EACCES) },
	{ "io_stat", "0", ALWAYS(EACCES) },
	{ "bd_stat", "0", ALWAYS(EACCES) },
	{ "debug_stat", "0", ALWAYS(EACCES) },
};

/* What newer kernels return. */
static const struct line newer_lines[] = {
	/* They take what is in front of the first wrong character. */
	{ "disksize", "1.5G", BEFORE(0) },
	{ "disksize", "4Mx", BEFORE(0) },
	{ "mem_limit", "1 1", ALWAYS(0) },
	{ "mem_limit", "K", ALWAYS(0) },
	/* Linux 6.12 sets parameters that have no effect any more. */
	{ "algorithm_params", "level=1", ALWAYS(0) },
	{ "algorithm_params", "priority=9 level=1", ALWAYS(EINVAL) },
	/* An age in seconds, where the kernel tracks accesses. */
	{ "idle", "1", ONCE_SIZED(EINVAL) },
	{ "writeback", "all", { EINVAL, ENODEV, ENODEV, ENODEV } },
};

static const char * const write_only[] = {
	"reset", "compact", "mem_limit", "mem_used_max", "idle", "writeback", "recompress",
	"algorithm_params"
};

static const struct control {
	const char *attr, *value;
	int want;
} controls[] = {
	{ "hot_add", "1", EACCES },
	{ "hot_remove", "-1", EINVAL },
	{ "hot_remove", "one", EINVAL },
	{ "hot_remove", "2147483647", ENODEV },
	{ "hot_remove", "2147483648", ERANGE },
};

/* --- states -------------------------------------------------------------- */

static int device = -1, opened = -1, swapping;

static void leave_state(void)
{
	if (swapping && zt_swapoff(device))
		ksft_exit_fail_msg("it stays in use as swap\n");
	swapping = 0;
	if (opened >= 0)
		close(opened);
	opened = -1;
}

/* Returns an error. */
static int enter_state(enum state state)
{
	int error;

	leave_state();
	error = zt_reset(device);
	if (!error && state != NEW)
		error = zt_put(device, "disksize", "4M");
	if (!error && state == OPEN) {
		opened = zt_open(device, O_RDWR);
		error = opened < 0 ? -opened : 0;
	}
	if (!error && state == SWAP) {
		error = zt_swapon(device);
		swapping = !error;
	}
	return error;
}

/* --- one case ------------------------------------------------------------ */

static int compare(int got, int want)
{
	if (got == want)
		return KSFT_PASS;
	return zt_fail("got \"%s\", want \"%s\"", got ? strerror(got) : "success",
		       want ? strerror(want) : "success");
}

/* The value with the name of the algorithm in it. */
static void expand(char *to, size_t size, const char *value)
{
	const char *found = strstr(value, ALGORITHM);

	if (found)
		snprintf(to, size, "%.*s%s%s", (int)(found - value), value, algorithm,
			 found + strlen(ALGORITHM));
	else
		snprintf(to, size, "%s", value);
}

static void find_algorithm(void)
{
	char text[512] = "", *name;

	zt_get(device, "comp_algorithm", text, sizeof(text));
	name = strchr(text, '[');
	if (name)
		snprintf(algorithm, sizeof(algorithm), "%.*s", (int)strcspn(name + 1, "]"),
			 name + 1);
}

static int is_of_newer(const struct line *line, enum state state, int got)
{
	const struct line *l;

	for (l = newer_lines; zt_is_newer() && l < newer_lines + ARRAY_SIZE(newer_lines); l++)
		if (!strcmp(l->attr, line->attr) && !strcmp(l->value, line->value) &&
		    l->want[state] == got)
			return 1;
	return 0;
}

static int check_line(const struct line *line, enum state state)
{
	int got, want = line->want[state];
	unsigned int tries = 0;
	char value[128];

	if (!zt_has_attr(device, line->attr))
		return zt_skip("this kernel has none");
	/* udev, say, may open a device that was given a size. */
	expand(value, sizeof(value), line->value);
	while ((got = zt_put(device, line->attr, value)) == EBUSY && want != EBUSY &&
	       tries++ < 100 * zt_slow())
		zt_sleep(10);
	if (is_of_newer(line, state, got))
		return KSFT_PASS;
	return compare(got, want);
}

static int check_form(const char *attr)
{
	char text[4096];
	int error;

	if (!zt_has_attr(device, attr))
		return zt_skip("this kernel has none");
	error = zt_get(device, attr, text, sizeof(text));
	if (!error && !zt_well_formed(attr, text))
		return zt_fail("it shows \"%.*s\"", (int)strcspn(text, "\n"), text);
	return compare(error, 0);
}

static int check_not_readable(const char *attr)
{
	char text[64];

	if (!zt_has_attr(device, attr))
		return zt_skip("this kernel has none");
	return compare(zt_get(device, attr, text, sizeof(text)), EACCES);
}

/* What these two show is what the state is. */
static int check_size(enum state state)
{
	char size[64], initialised[64];

	if (zt_get(device, "disksize", size, sizeof(size)) ||
	    zt_get(device, "initstate", initialised, sizeof(initialised)))
		return zt_fail("they can't be read");
	if (strcmp(size, state == NEW ? "0\n" : "4194304\n") ||
	    strcmp(initialised, state == NEW ? "0\n" : "1\n"))
		return zt_fail("%.*s bytes, state %.1s", (int)strcspn(size, "\n"), size,
			       initialised);
	return KSFT_PASS;
}

static int check_remove(enum state state)
{
	int in_use = state == OPEN || state == SWAP;
	int error = in_use ? zt_hot_remove(device) : zt_remove(device);

	if (!error)
		device = zt_add();
	return compare(error, in_use ? EBUSY : 0);
}

static int check_control(const struct control *c)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/zram-control/%s", c->attr);
	return compare(zt_put_file(path, c->value, strlen(c->value)), c->want);
}

/* --- all of a state ------------------------------------------------------ */

static int in_state(enum state state, int skip)
{
	int error;

	if (skip)
		return zt_skip("no swap");
	error = enter_state(state);
	return error ? zt_fail("the state: %s", strerror(error)) : KSFT_PASS;
}

static void run_lines(enum state state, int skip)
{
	unsigned int i;
	char name[128];
	int status;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		/* A write may have changed it. */
		status = in_state(state, skip);
		if (!status)
			status = check_line(&lines[i], state);
		snprintf(name, sizeof(name), "%s: write \"%.*s\" to %s", state_names[state],
			 (int)strcspn(lines[i].value, "\n"), lines[i].value, lines[i].attr);
		zt_result(status, name);
	}
}

static void report(int status, enum state state, const char *what, const char *attr)
{
	char name[128];

	snprintf(name, sizeof(name), "%s: %s%s", state_names[state], what, attr);
	zt_result(status, name);
}

static void run_state(enum state state)
{
	int skip = state == SWAP && access("/proc/swaps", F_OK), status;
	unsigned int i;

	run_lines(state, skip);
	status = in_state(state, skip);
	for (i = 0; zt_readable[i]; i++)
		report(status ? status : check_form(zt_readable[i]), state, "read ",
		       zt_readable[i]);
	for (i = 0; i < ARRAY_SIZE(write_only); i++)
		report(status ? status : check_not_readable(write_only[i]), state,
		       "can't read ", write_only[i]);
	report(status ? status : check_size(state), state, "what they show: ",
	       "disksize, initstate");
	report(status ? status : check_remove(state), state, "", "hot_remove");
	leave_state();
}

int main(void)
{
	unsigned int i, readable = 0;
	char name[64];

	zt_begin();
	while (zt_readable[readable])
		readable++;
	ksft_set_plan(STATES * (ARRAY_SIZE(lines) + readable + ARRAY_SIZE(write_only) + 2) +
		      ARRAY_SIZE(controls) + 2);
	device = zt_add();
	find_algorithm();
	for (i = 0; i < STATES; i++)
		run_state(i);
	for (i = 0; i < ARRAY_SIZE(controls); i++) {
		snprintf(name, sizeof(name), "write %s to %s", controls[i].value,
			 controls[i].attr);
		zt_result(check_control(&controls[i]), name);
	}
	zt_result(zt_works_and_goes(device), "it holds data and goes");
	return zt_end();
}
