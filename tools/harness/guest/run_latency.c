// SPDX-License-Identifier: GPL-2.0
/*
 * The latency run: how late a thread of the highest priority wakes up while one
 * process swaps on zram, which is compacted, and memory is compacted, too.  On the
 * kernel command line:
 *
 *	pages=N		what the process touches (330 MiB in 256 MiB of memory)
 *	data=words	what is in them, see swapload.c
 *	thp=always	transparent huge pages, or never
 *	period=200	microseconds between two wakes
 *	compact=0	without zram's compaction; migrate=0, without memory's
 *	held=1		instead, how long preemption is off, and where
 *	flush=1		instead, how long it takes to free swap slots
 *	late=N		also, the task that ran whenever the thread was later than N microseconds
 *
 * Reports what timerlat and swapload report, and
 *	figure: swap_rate N	pages swapped out and in a second
 *	figure: load_ms N	what the process took; zswap's pages are not in the former
 * or, instead of the latencies, line by line,
 *	held: TEXT		what kmod/preemptoff.c has
 *	flush: TEXT		the histogram of trace_flushes()
 *	held_up: NS STACK	how late the thread was switched to, and where the task was that
 *				ran until then, innermost first (on x86, under icount)
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define TRACING	"/sys/kernel/tracing/"
#define EVENTS	TRACING "events/"
#define FRONTSWAP	"/sys/kernel/debug/frontswap/"
#define UNEVICTABLE	"/proc/sys/vm/compact_unevictable_allowed"

#define PREEMPTOFF	"/sys/kernel/debug/preemptoff/"
/*
 * Not one that was preempted, as it may be where its caller holds no lock; one that
 * interrupts the tracing of another one may have an earlier time stamp.
 */
#define SANE	" && lat < 200000"

static void must_trigger(const char *event, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), EVENTS "%s/trigger", event);
	write_file_or_die(path, text);
}

/*
 * A CPU collects swap slots and frees them together, in one section, which may be its
 * caller's: under the page table's lock, say.
 */
static void trace_flushes(void)
{
	mount("none", TRACING, "tracefs", 0, NULL);
	write_file_or_die(TRACING "kprobe_events", "p:slots/in swapcache_free_entries n=%si:s32");
	write_file_or_die(TRACING "kprobe_events", "r:slots/out swapcache_free_entries");
	write_file_or_die(TRACING "synthetic_events", "flush u64 lat; s32 slots");
	must_trigger("slots/in", "hist:keys=common_pid:t=common_timestamp,k=n");
	must_trigger("slots/out",
		     "hist:keys=common_pid:l=common_timestamp-$t,s=$k"
		     ":onmatch(slots.in).trace(flush,$l,$s)");
	must_trigger("synthetic/flush",
		     "hist:keys=slots:vals=lat:m=lat:onmax($m).save(lat) if lat > 0" SANE);
}

/*
 * The tasks before timerlat, with a stack each time.  Writing the stack takes longer than
 * most sections, so the trace says when the switch began, by a clock in nanoseconds.
 */
static void trace_switches(void)
{
	mount("none", TRACING, "tracefs", 0, NULL);
	write_file_or_die(TRACING "buffer_size_kb", "12288");
	write_file_or_die(TRACING "trace_clock", "x86-tsc");
	write_file_or_die(EVENTS "sched/sched_switch/filter", "next_comm == \"timerlat\"");
	write_file_or_die(EVENTS "sched/sched_switch/trigger",
		 "stacktrace if next_comm == \"timerlat\"");
	write_file_or_die(EVENTS "sched/sched_switch/enable", "1");
}

/* When a line of the trace was written: "timerlat-99  [000] d..3 123456: ..." */
static unsigned long long time_of(const char *line)
{
	unsigned long long when = 0;

	sscanf(line, "%*[^]]] %*s %llu:", &when);
	return when;
}

/* Of the trace, the stacks that are followed by a mark of timerlat that it was late. */
static void report_held_up(void)
{
	char line[512], stack[1024] = "", *late;
	FILE *file = fopen(TRACING "trace", "r");
	unsigned long long switched = 0;

	while (file && fgets(line, sizeof(line), file)) {
		late = strstr(line, "tracing_mark_write: late ");
		if (strstr(line, "sched_switch:")) {
			stack[0] = '\0';
			switched = time_of(line);
		} else if (late && switched) {
			/* Without a switch no other task delayed it. */
			report("held_up: %lld %.200s\n",
			     strtoll(late + 25, NULL, 10) - (long long)(time_of(line) - switched),
			     stack);
			switched = 0;
		} else if (!strncmp(line, " => ", 4))
			snprintf(stack + strlen(stack), sizeof(stack) - strlen(stack),
				 "%.*s ", (int)strcspn(line + 4, "\n"), line + 4);
	}
	if (file)
		fclose(file);
}

/* A file, line by line; must is in one of them, or nothing was measured. */
static void report_lines(const char *name, const char *path, const char *must)
{
	char line[4096];
	FILE *file = fopen(path, "r");
	int found = 0;

	if (!file) {
		report("error: no %s\n", path);
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		if (line[0] == '\n' || line[0] == '#')
			continue;
		report("%s: %.*s\n", name, (int)strcspn(line, "\n"), line);
		found |= !!strstr(line, must);
	}
	fclose(file);
	if (!found)
		report("error: nothing was measured in %s\n", path);
}

/* Pages swapped in, by zswap or by the device */
static unsigned long long swapped_in(void)
{
	const char *in = field("/proc/vmstat", "pswpin");

	return (in ? strtoull(in, NULL, 10) : 0) + nth_number(FRONTSWAP "loads", 1);
}

static unsigned long long swapped_out(void)
{
	const char *out = field("/proc/vmstat", "pswpout");

	return (out ? strtoull(out, NULL, 10) : 0) + nth_number(FRONTSWAP "succ_stores", 1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* For about a second after boot, timers come with the tick. */
static void wait_for_hres(void)
{
	struct timespec resolution = { .tv_nsec = 0 };
	unsigned long tries = 0;

	do {
		usleep(10000);
		clock_getres(CLOCK_MONOTONIC, &resolution);
	} while (resolution.tv_nsec != 1 && tries++ < 1000 * slow());
	if (resolution.tv_nsec != 1)
		report("error: no timers of high resolution\n");
}

static pid_t start_load(void)
{
	char pages[32];

	snprintf(pages, sizeof(pages), "%lu", cmdline_ulong("pages", 330 << 8));
	return start(STDOUT_FILENO, (char *[]){
		"/bin/swapload", "0", pages, "1", "0", getenv("data"), NULL });
}

void run_latency(void)
{
	pid_t compaction = 0, migration = 0, timer = 0;
	const char *thp = getenv("thp") ?: "never";
	int held = cmdline_ulong("held", 0), flush = cmdline_ulong("flush", 0);
	unsigned long long pages;
	double began, took;

	report("stage: latency run\nram: %llu\n", ram());
	/* or it waits until pages that it locked have been migrated */
	if (access(UNEVICTABLE, F_OK) == 0)
		write_file_or_die(UNEVICTABLE, "0");
	/* a kernel that has none never uses any */
	if (access(THP, F_OK) == 0 || strcmp(thp, "never"))
		write_file_or_die(THP, thp);
	if (set_up_swap(3 * ram()))
		return;
	wait_for_hres();
	if (cmdline_ulong("compact", 1))
		compaction = start_loop(ZRAM "compact", 10000, 0, NULL);
	if (cmdline_ulong("migrate", 1))
		migration = start_loop("/proc/sys/vm/compact_memory", 10000, 0, NULL);
	if (held) {
		load_module(PREEMPTOFF_MODULE, "");
		write_file_or_die(PREEMPTOFF "on", "1");
	} else if (flush) {
		trace_flushes();
	} else {
		if (getenv("late"))
			trace_switches();
		timer = start(STDOUT_FILENO, (char *[]){ "/bin/timerlat",
			getenv("period") ?: "200", getenv("late"), NULL });
	}

	pages = swapped_in() + swapped_out();
	began = seconds();
	report("load0_status: %d\n", finish(start_load()));
	pages = swapped_in() + swapped_out() - pages;
	took = seconds() - began;
	report("figure: swap_rate %.0f\n", pages / took);
	report("figure: load_ms %.1f\n", took * 1000);

	if (held)
		write_file_or_die(PREEMPTOFF "on", "0");
	if (timer) {
		kill(timer, SIGTERM);
		report("timerlat_status: %d\n", finish(timer));
	}
	if (compaction)
		stop_loop(compaction);
	if (migration)
		stop_loop(migration);
	if (held)
		report_lines("held", PREEMPTOFF "sections", " < ");
	if (getenv("late"))
		report_held_up();
	if (flush)
		report_lines("flush", EVENTS "synthetic/flush/hist", "hitcount");
	report("loads: 1\n");
	report("pswpin: %llu\n", swapped_in());
	if (swapoff_zram())
		report("error: swapoff\n");
}
