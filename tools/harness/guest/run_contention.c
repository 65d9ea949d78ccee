// SPDX-License-Identifier: GPL-2.0
/*
 * The contention run: how much of a device's speed compaction costs.  In each round one,
 * two and four threads read and overwrite zram0 for a while, 90 % of it reads; and
 * again while another task spins, writes to "compact" without a pause, or compacts
 * memory and so migrates zsmalloc's pages.  The spinner shows what one more busy task
 * costs on a machine with few CPUs.  On the kernel command line:
 *
 *	rounds=5	how many
 *	seconds=3	how long each part takes
 *	seed=N		of the order of reads and writes
 *
 * Each round reports for each number T of threads:
 *	figure: ioT_quiet N	operations a second of T threads alone
 *	figure: ioT_spun F	what share of it is kept with the spinner,
 *	figure: ioT_kept F	during compaction,
 *	figure: ioT_migrate_kept F	and during migration
 *	figure: ioT_compactions N	writes to "compact" that returned
 *	figure: ioT_freed N	pages that they freed (pages_compacted)
 * and the run
 *	zramio_failed: N	how often zramio found wrong data or an error
 * and, where the kernel has lock_stat:
 *	figure: contended N	how often a lock of zsmalloc or zram was
 *	figure: longest_hold N	microseconds that one was held
 *	lock: TEXT		and each by itself
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define STATE	"/tmp/zramio.state"
#define OUTPUT	"/tmp/zramio.out"

static unsigned long long figure(const char *key)
{
	return strtoull(field(OUTPUT, key) ?: "0", NULL, 10);
}

/* Passes on what zramio found wrong, in the words of the other loads. */
static void report_wrong(void)
{
	const char *line = read_file(OUTPUT);

	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		if (!strncmp(line, "wrong: ", 7))
			report("lost: io %.*s\n", (int)strcspn(line + 7, "\n"), line + 7);
	}
}

/* How often zramio failed. */
static unsigned int failed;

/* Runs zramio to its end; figure() then returns its figures. */
static void zramio(char *const argv[])
{
	int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600), status;

	status = finish(start(out, argv));
	close(out);
	if (status) {
		report("error: zramio ended with status %d\n", status);
		failed++;
	}
	report_wrong();
}

static void zramio_once(const char *mode)
{
	zramio((char *[]){ "/bin/zramio", "/dev/zram0", STATE, (char *)mode, NULL });
}

/* Random operations of several threads, most of them reads; how many a second. */
static unsigned long long zramio_for(unsigned int threads, unsigned long seconds,
				     unsigned long seed)
{
	char arg_threads[32], arg_seconds[32], arg_seed[32];

	snprintf(arg_threads, sizeof(arg_threads), "%u", threads);
	snprintf(arg_seconds, sizeof(arg_seconds), "%lu", seconds);
	snprintf(arg_seed, sizeof(arg_seed), "%lu", seed);
	zramio((char *[]){ "/bin/zramio", "/dev/zram0", STATE, arg_threads, arg_seconds,
			   "90", arg_seed, NULL });
	return figure("per_second");
}

/* --- what runs at the same time ------------------------------------------ */

/* The loops count in processes of their own. */
static unsigned long *count;

static pid_t start_compact(void)
{
	return start_loop(ZRAM "compact", 0, 0, count);
}

static pid_t start_migrate(void)
{
	return start_loop("/proc/sys/vm/compact_memory", 0, 0, count);
}

static const struct {
	const char *name;
	pid_t (*start)(void);
} loads[] = {
	{ "spun", start_spin },
	{ "kept", start_compact },
	{ "migrate_kept", start_migrate },
};

static void one_round(unsigned int threads, unsigned long seconds, unsigned long seed)
{
	unsigned long long quiet = zramio_for(threads, seconds, seed), per_second;
	unsigned long long freed = nth_number(ZRAM "mm_stat", 7);
	unsigned int i;
	pid_t other;

	report("figure: io%u_quiet %llu\n", threads, quiet);
	if (!quiet)
		report("error: no operation of %u threads\n", threads);
	for (i = 0; i < sizeof(loads) / sizeof(*loads); i++) {
		*count = 0;
		other = loads[i].start();
		per_second = zramio_for(threads, seconds, ++seed);
		stop_loop(other);
		if (!per_second)
			report("error: no operation of %u threads, %s\n", threads,
			       loads[i].name);
		report("figure: io%u_%s %.4f\n", threads, loads[i].name,
		     quiet ? 1.0 * per_second / quiet : 0);
		if (loads[i].start == start_compact)
			report("figure: io%u_compactions %lu\n", threads, *count);
	}
	report("figure: io%u_freed %llu\n", threads,
	     nth_number(ZRAM "mm_stat", 7) - freed);
}

/* --- locks --------------------------------------------------------------- */

static int is_ours(const char *name)
{
	return strstr(name, "zspage") || strstr(name, "zram") || strstr(name, "migrate_lock") ||
	       strstr(name, "compact_lock") || strstr(name, "class->lock");
}

/* A line for each class of locks, in which twelve figures follow its name. */
static void report_locks(void)
{
	FILE *file = fopen("/proc/lock_stat", "r");
	unsigned long long contended = 0, contentions;
	double longest = 0, hold;
	char line[512], name[128];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %127[^:]: %*u %llu %*f %*f %*f %*f %*u %*u %*f %lf", name,
			   &contentions, &hold) != 3 || !is_ours(name))
			continue;
		contended += contentions;
		longest = hold > longest ? hold : longest;
		report("lock: %s: contended %llu times, held %.2f us at most\n", name, contentions,
		     hold);
	}
	fclose(file);
	report("figure: contended %llu\nfigure: longest_hold %.1f\n", contended, longest);
}

void run_contention(void)
{
	unsigned long rounds = cmdline_ulong("rounds", 5), seconds = cmdline_ulong("seconds", 3);
	unsigned long seed = cmdline_ulong("seed", 1), i;
	unsigned int threads;

	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	report("stage: contention run\nram: %llu\nrounds: %lu\nseconds: %lu\n",
	     ram(), rounds, seconds);
	set_up_zram(ram() / 2);
	zramio_once("fill");
	for (i = 0; i < rounds; i++) {
		for (threads = 1; threads <= 4; threads *= 2, seed += 4)
			one_round(threads, seconds, seed);
		report("progress: io %lu\n", (i + 1) * 100 / rounds);
	}
	zramio_once("check");
	report("zramio_failed: %u\n", failed);
	report_locks();
	write_file_or_die(ZRAM "reset", "1");
}
