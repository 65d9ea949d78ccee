// SPDX-License-Identifier: GPL-2.0
/*
 * The swap run: two loads on more memory than there is, zram as swap, and both
 * kinds of compaction all the while.  On the kernel command line:
 *
 *	seed=N		of the loads' data
 *	corrupt=1	change one page, which must be reported as lost
 *	thp=always	in huge pages
 *	probe=1		count what zs_page_migrate() returns; CONFIG=BENCH can
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define LOADS	2
#define REST	3
#define EVENTS	"/sys/kernel/debug/zsmalloc/zram0/events"
#define COMPACT_MEMORY "/proc/sys/vm/compact_memory"
#define TRACING	"/sys/kernel/tracing/"
#define PROBE	TRACING "events/kprobes/zsm/"

static struct {
	unsigned long long orig, compressed;
} peak;

static void sample_peak(void)
{
	unsigned long long orig, compressed;

	if (sscanf(read_file(ZRAM "mm_stat"), "%llu %llu", &orig, &compressed) == 2 &&
	    orig > peak.orig) {
		peak.orig = orig;
		peak.compressed = compressed;
	}
}

static pid_t start_load(int id, unsigned long pages)
{
	char arg_id[16], arg_pages[32];
	const char *seed = getenv("seed"), *corrupt = getenv("corrupt");

	snprintf(arg_id, sizeof(arg_id), "%d", id);
	snprintf(arg_pages, sizeof(arg_pages), "%lu", pages);
	return start(STDOUT_FILENO, (char *[]){
		"/bin/swapload", arg_id, arg_pages, (char *)(seed ?: "1"),
		(char *)(corrupt && id == 0 ? corrupt : "0"), NULL });
}

/* Waits for all loads, and looks at zram until they end. */
static void wait_loads(const pid_t *load)
{
	int left = LOADS, status, i;

	while (left) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		for (i = 0; i < LOADS; i++)
			if (pid == load[i]) {
				report("load%d_status: %d\n", i, status);
				left--;
			}
		sample_peak();
		usleep(100000);
	}
}

static void report_figures(void)
{
	unsigned long long missed = 0;

	report("loads: %d\n", LOADS);
	report_field("/proc/vmstat", "pswpin");
	report_field("/proc/vmstat", "pswpout");
	report_field("/proc/vmstat", "thp_swpout");
	report("peak_orig: %llu\npeak_compressed: %llu\npeak_percent: %llu\n", peak.orig,
	       peak.compressed, peak.orig ? peak.compressed * 100 / peak.orig : 0);

	report("pages_compacted: %llu\n", nth_number(ZRAM "mm_stat", 7));
	report("notify_free: %llu\n", nth_number(ZRAM "io_stat", 4));
	sscanf(read_file(ZRAM "debug_stat"), "version: 1 %*s %llu", &missed);
	report("miss_free: %llu\n", missed);

	report_field(EVENTS, "objs_moved");
	report_field(EVENTS, "compact_busy");
	report_field(EVENTS, "pages_migrated");
	report_field(EVENTS, "migrate_busy");
}

/* Counts what zs_page_migrate() returns; every 5.10 kernel has that function. */
static void start_probe(void)
{
	mount("none", TRACING, "tracefs", 0, NULL);
	write_file_or_die(TRACING "kprobe_events", "r:zsm zs_page_migrate ret=$retval:s32");
	write_file_or_die(PROBE "trigger", "hist:keys=ret");
}

static void report_probe(void)
{
	unsigned long long ret, hits, none = 0, other = 0;
	const char *line = read_file(PROBE "hist");

	if (!strstr(line, "Totals:"))
		report("error: no histogram in " PROBE "hist\n");
	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, " \n");
		if (sscanf(line, "{ ret: %llu } hitcount: %llu", &ret, &hits) != 2)
			continue;
		*(ret ? &other : &none) += hits;
	}
	report("migrate_ret0: %llu\nmigrate_ret_other: %llu\n", none, other);
}

void run_swap(void)
{
	pid_t load[LOADS], compaction, migration = 0;
	unsigned long probe = cmdline_ulong("probe", 0);
	int i;

	report("stage: swap run\nram: %llu\n", ram());
	if (set_up_swap(3 * ram()))
		return;
	/* not by the kernel's own argument: it would not, with so little memory */
	if (getenv("thp"))
		write_file_or_die(THP, getenv("thp"));
	if (probe)
		start_probe();

	/* The pauses leave the CPUs to the load, however slow the kernel is. */
	compaction = start_loop(ZRAM "compact", 10000, REST, NULL);
	/* A kernel without migration has no such file; meta says so to the judge. */
	if (access(COMPACT_MEMORY, W_OK) == 0)
		migration = start_loop(COMPACT_MEMORY, 10000, REST, NULL);
	/* Half as much again as there is memory. */
	for (i = 0; i < LOADS; i++)
		load[i] = start_load(i, 3 * ram() / 2 / LOADS / 4096);
	wait_loads(load);
	stop_loop(compaction);
	if (migration)
		stop_loop(migration);
	report_figures();
	if (probe)
		report_probe();

	report("stage: tearing down\n");
	if (swapoff_zram())
		report("error: swapoff\n");
	write_file_or_die(ZRAM "reset", "1");
}
