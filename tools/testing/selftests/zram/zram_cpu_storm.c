// SPDX-License-Identifier: GPL-2.0
/*
 * zram_cpu_storm - CPUs go and come back, while one device is written and read
 * and another one is reset and sized
 *
 * Each CPU has a stream to compress with, which comes and goes with it.  In the
 * end the CPUs that were there are back.
 */
#include "zram_test.h"

#define MAX_CPU	1024

/* Those that can go. */
static unsigned int cpus[MAX_CPU], cpu_count;

static void find_cpus(void)
{
	unsigned int cpu;
	char path[64], text[8];

	for (cpu = 1; cpu < MAX_CPU; cpu++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
		if (!zt_get_file(path, text, sizeof(text)) && text[0] == '1')
			cpus[cpu_count++] = cpu;
	}
}

static int is_up(unsigned int cpu)
{
	char path[64], text[8];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	return !zt_get_file(path, text, sizeof(text)) && text[0] == '1';
}

static void all_up(void)
{
	unsigned int i;

	for (i = 0; i < cpu_count; i++)
		if (!is_up(cpus[i]))
			zt_cpu(cpus[i], 1);
}

/* A CPU may stay away for some of the other steps. */
static int step_cpu(struct zt_worker *w)
{
	unsigned int cpu = cpus[zt_random(w) % cpu_count];

	return zt_cpu(cpu, !is_up(cpu));
}

static int step_lower(struct zt_worker *w)
{
	return zt_session(w->id, 0, 2, NULL);
}

static int step_upper(struct zt_worker *w)
{
	return zt_session(w->id, 1, 2, NULL);
}

static int step_disksize(struct zt_worker *w)
{
	return zt_put(w->id, "disksize", "1M");
}

static int all_are_up(void)
{
	unsigned int i;

	all_up();
	for (i = 0; i < cpu_count; i++)
		if (!is_up(cpus[i]))
			return zt_fail("CPU %u is not back", cpus[i]);
	return KSFT_PASS;
}

int main(void)
{
	int steady, changing, error;

	zt_begin();
	find_cpus();
	if (!cpu_count)
		ksft_exit_skip("no CPU that can go\n");
	atexit(all_up);
	ksft_set_plan(7 + 4);
	steady = zt_add();
	changing = zt_add();
	error = zt_put(steady, "disksize", "16M");
	if (error)
		ksft_exit_fail_msg("disksize: %s\n", strerror(error));

	struct zt_worker workers[] = {
		{ .name = "CPUs", .step = step_cpu, .pause = 20000 },
		{ .name = "sessions", .step = step_lower, .id = steady },
		{ .name = "sessions, too", .step = step_upper, .id = steady },
		{ .name = "compact", .step = zt_step_compact, .id = steady, .pause = 1000 },
		{ .name = "statistics", .step = zt_step_stats, .id = steady, .pause = 1000 },
		{ .name = "reset", .step = zt_step_reset, .id = changing },
		{ .name = "disksize", .step = step_disksize, .id = changing },
	};

	zt_storm(workers, ARRAY_SIZE(workers));
	zt_judge(workers, ARRAY_SIZE(workers));
	zt_result(all_are_up(), "all CPUs are back");
	zt_result(zt_works_and_goes(steady), "the one holds data and goes");
	zt_result(zt_works_and_goes(changing), "the other holds data and goes");
	return zt_end();
}
