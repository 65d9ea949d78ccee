// SPDX-License-Identifier: GPL-2.0
/*
 * The zs-scale run: zsmalloc's own performance test, see mm/zsmalloc_scale.c, once for
 * each number of threads and with nothing, compaction or page migration at
 * the same time.  On the kernel command line:
 *
 *	threads=1,2,4	how many; all in turn
 *	load=migrate	only with this at the same time
 *	runs=3		runs of each
 *	rounds=10	rounds of a run
 *
 * Each operation reports its median as
 *	figure: zs<threads>_<quiet|compact|migrate>_<operation> N	in nanoseconds
 * page migration reports the share of the pages that it moved as
 *	figure: zs<threads>_migrated_share F
 * and the run
 *	scale_tests: N		how many tests it began
 *	scale_failed: N		how many of them did not end well
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define PARAMETERS	"/sys/module/zsmalloc_scale/parameters/"
#define TAG		"zsmalloc_scale: "

static int kmsg;
static unsigned int passed;

static void set(const char *parameter, unsigned long value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), PARAMETERS "%s", parameter);
	snprintf(text, sizeof(text), "%lu", value);
	write_file_or_die(path, text);
}

static void report_line(const char *line, const char *load)
{
	static unsigned long threads;
	unsigned long migrated, refused;
	char op[32], median[32];

	if (sscanf(line, "op=%31s threads=%lu %*s %*s median=%31s", op, &threads,
		   median) == 3)
		report("figure: zs%lu_%s_%s %s\n", threads, load, op, median);
	else if (!strcmp(load, "migrate") &&
		 sscanf(line, "compactions=%*u migrated=%lu refused=%lu", &migrated, &refused) == 2)
		report("figure: zs%lu_migrated_share %.4f\n", threads,
		       1.0 * migrated / (migrated + refused));
	else if (!strncmp(line, "End of test: SUCCESS", 20))
		passed++;
	else if (strstr(line, "FAILURE") || strstr(line, "wrong"))
		report("error: zsmalloc_scale, %s: %.*s\n", load, (int)strcspn(line, "\n"),
		       line);
	else
		report("scale_%s: %.*s\n", load, (int)strcspn(line, "\n"), line);
}

/* What the kernel has printed since the last time. */
static void report_lines(const char *load)
{
	char record[1024];
	const char *line;
	ssize_t n;

	for (;;) {
		n = read(kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			report("error: kernel log: %s\n", n ? strerror(errno) : "end");
			return;
		}
		record[n] = '\0';
		line = strstr(record, ";" TAG);
		if (line)
			report_line(line + strlen(";" TAG), load);
	}
}

static void one_test(unsigned long threads, const char *load)
{
	set("threads", threads);
	set("compact", !strcmp(load, "compact"));
	set("migrate", !strcmp(load, "migrate"));
	write_file_or_die(PARAMETERS "run", "1");
	while (read_file(PARAMETERS "run")[0] == 'Y')
		usleep(100000);
	report_lines(load);
}

void run_zs_scale(void)
{
	static const char * const loads[] = { "quiet", "compact", "migrate" };
	const char *threads = getenv("threads") ?: "1", *load = getenv("load");
	unsigned int i, tests = 0;

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	report("stage: zs-scale run\n");
	set("runs", cmdline_ulong("runs", 3));
	set("rounds", cmdline_ulong("rounds", 10));
	lseek(kmsg, 0, SEEK_END);
	for (; *threads; threads += strcspn(threads, ",") + !!strchr(threads, ',')) {
		for (i = 0; i < sizeof(loads) / sizeof(*loads); i++) {
			if (load && strcmp(load, loads[i]))
				continue;
			one_test(strtoul(threads, NULL, 10), loads[i]);
			tests++;
		}
	}
	report("scale_tests: %u\nscale_failed: %u\n", tests, tests - passed);
	close(kmsg);
}
