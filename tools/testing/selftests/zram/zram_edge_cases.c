// SPDX-License-Identifier: GPL-2.0
/*
 * zram_edge_cases [NAME...] - sizes, values and devices that are larger, smaller or more
 * broken than usual
 *
 * The cases are those whose name begins with one of NAME, or all.  The kernel may refuse
 * what it can't do.  It may not kill processes, complain, forget what was configured, or
 * lose a page.
 */
#include "zram_edge_cases.h"

#include <sys/sysinfo.h>
#include <sys/wait.h>

int limits_device;

/* --- what the cases share ------------------------------------------------- */

int limits_open(void)
{
	return zt_open(limits_device, O_RDWR | O_DIRECT);
}

int limits_write(int fd, unsigned long pages, uint32_t generation)
{
	unsigned long page;
	int error = 0;

	for (page = 0; page < pages && !error; page++)
		error = zt_write_page(fd, page, generation);
	return error;
}

int limits_check(int fd, unsigned long pages, uint32_t generation)
{
	unsigned long page;

	for (page = 0; page < pages; page++)
		if (zt_must_read(fd, page, generation))
			return zt_fail("%s", zt_wrong_text());
	return KSFT_PASS;
}

/* How often the OOM killer has killed a process since boot. */
static unsigned long oom_kills(void)
{
	static char text[65536];
	const char *found;

	if (zt_get_file("/proc/vmstat", text, sizeof(text)))
		return 0;
	found = strstr(text, "\noom_kill ");
	return found ? strtoul(found + 10, NULL, 10) : 0;
}

int limits_without_oom(int (*run)(void))
{
	unsigned long before = oom_kills();
	int ended = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int status;

		zt_put_file("/proc/self/oom_score_adj", "1000", 4);
		status = run();
		if (status)
			ksft_print_msg("%s\n", zt_why);
		fflush(stdout);
		_exit(status);
	}
	waitpid(pid, &ended, 0);
	if (oom_kills() != before)
		return zt_fail("the OOM killer killed %lu processes", oom_kills() - before);
	if (WIFSIGNALED(ended))
		return zt_fail("it was killed by signal %d", WTERMSIG(ended));
	return WEXITSTATUS(ended) ? zt_fail("see above") : KSFT_PASS;
}

/* --- the table of slots --------------------------------------------------- */

/* Bytes of a slot; some configurations have larger ones. */
static const unsigned int slot_sizes[] = { 16, 24 };
static const unsigned int percents[] = { 60, 80, 90, 95, 99, 100, 200, 1000 };

static int all_disksizes(void)
{
	unsigned long long memory, bytes;
	unsigned int i, k;
	struct sysinfo info;
	char text[32];
	int error;

	sysinfo(&info);
	memory = (unsigned long long)info.totalram * info.mem_unit;
	for (i = 0; i < ARRAY_SIZE(percents); i++)
		for (k = 0; k < ARRAY_SIZE(slot_sizes); k++) {
			bytes = memory / 100 * percents[i] / slot_sizes[k] * zt_page;
			snprintf(text, sizeof(text), "%llu", bytes);
			error = zt_put(limits_device, "disksize", text);
			if (error && error != ENOMEM && error != EINVAL)
				return zt_fail("%s: %s", text, strerror(error));
			if (!error && zt_reset(limits_device))
				return zt_fail("reset after %s", text);
		}
	return KSFT_PASS;
}

static int disksize_beyond_memory(void)
{
	return limits_without_oom(all_disksizes);
}

/* --- the algorithm -------------------------------------------------------- */

int limits_algorithm(char *name, size_t size)
{
	char text[512], *open;
	int error = zt_get(limits_device, "comp_algorithm", text, sizeof(text));

	open = error ? NULL : strchr(text, '[');
	if (open)
		snprintf(name, size, "%.*s", (int)strcspn(open + 1, "]"), open + 1);
	else if (!error)
		error = EINVAL;
	return error;
}

/* A level that no algorithm has; returns the error of disksize, 0 if it does not care. */
static int fail_with(const char *name)
{
	char line[128];
	int error = zt_put(limits_device, "comp_algorithm", name);

	if (error)
		return 0;
	snprintf(line, sizeof(line), "algo=%.60s level=1000000", name);
	if (zt_put(limits_device, "algorithm_params", line))
		return 0;
	error = zt_put(limits_device, "disksize", "4M");
	if (!error)
		zt_reset(limits_device);
	return error;
}

static int failed_disksize_keeps_algorithm(void)
{
	char text[512], first[64], now[64], *word, *save;
	int error;

	if (!zt_has_attr(limits_device, "algorithm_params"))
		return zt_skip("this kernel has no algorithm_params");
	if (limits_algorithm(first, sizeof(first)) ||
	    zt_get(limits_device, "comp_algorithm", text, sizeof(text)))
		return zt_fail("comp_algorithm can't be read");
	for (word = strtok_r(text, " []\n", &save); word; word = strtok_r(NULL, " []\n", &save)) {
		if (!strcmp(word, first) || !fail_with(word))
			continue;
		error = limits_algorithm(now, sizeof(now));
		if (error)
			return zt_fail("comp_algorithm: %s", strerror(error));
		if (strcmp(now, word))
			return zt_fail("%s was set, then disksize failed, and it is %s", word, now);
		/* The parameters are kept as well. */
		if (!zt_put(limits_device, "disksize", "4M"))
			return zt_fail("disksize failed for %s, but only once", word);
		return zt_reset(limits_device) ? zt_fail("reset failed") : KSFT_PASS;
	}
	return zt_skip("no algorithm but the default one refuses a level");
}

/* A limit of 2^32 pages of 4 KiB and one more must not become one page on 32 bit. */
static int mem_limit_over_16_tib(void)
{
	uint32_t generation = zt_generation();
	int fd, error, status;

	if (zt_put(limits_device, "mem_limit", "17592186048512") ||
	    zt_put(limits_device, "disksize", "4M"))
		return zt_fail("mem_limit or disksize failed");
	fd = limits_open();
	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	error = limits_write(fd, 32, generation);
	status = error ? zt_fail("a write with this limit: %s", strerror(error)) :
		limits_check(fd, 32, generation);
	close(fd);
	return status;
}

/* --- the test ------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "mem_limit_over_16_tib", mem_limit_over_16_tib },
	{ "backing_device_of_a_few_pages", limits_backing_sizes },
	{ "backing_device_is_read_only", limits_backing_read_only },
	{ "backing_device_fails", limits_backing_fails },
	{ "backing_device_vanishes", limits_backing_vanishes },
	{ "failed_disksize_keeps_algorithm", failed_disksize_keeps_algorithm },
	{ "block_state_short_reads", limits_block_state_short_reads },
	{ "block_state_huge_read", limits_block_state_huge_read },
	{ "idle_by_age_of_uptime", limits_idle_by_age_of_uptime },
	{ "idle_by_age_beyond_uptime", limits_idle_by_age_beyond_uptime },
	{ "idle_by_age_of_old_page", limits_idle_by_age_of_old_page },
	{ "idle_by_age_after_recompression", limits_idle_by_age_after_recompression },
	{ "backing_device_over_16_tib", limits_backing_more_than_16_tib },
	{ "backing_device_over_128_tib", limits_backing_more_than_128_tib },
	{ "backing_device_of_128_tib", limits_backing_128_tib },
	{ "disksize_beyond_memory", disksize_beyond_memory },
	{ "batch_size_beyond_memory", limits_batch_size },
};

static int run(unsigned int i)
{
	int status;

	limits_device = zt_hot_add();
	if (limits_device < 0)
		return zt_fail("hot_add: %s", strerror(-limits_device));
	status = cases[i].run();
	if (status == KSFT_PASS)
		status = zt_works_and_goes(limits_device);
	else
		zt_remove(limits_device);
	return status;
}

int main(int argc, char **argv)
{
	unsigned int i, count = 0;

	(void)argc;
	zt_begin();
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		count += zt_is_asked(cases[i].name, argv + 1);
	if (!count)
		ksft_exit_fail_msg("no such case\n");
	ksft_set_plan(count + 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (zt_is_asked(cases[i].name, argv + 1))
			zt_result(run(i), cases[i].name);
	return zt_end();
}
