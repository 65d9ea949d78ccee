// SPDX-License-Identifier: GPL-2.0
/*
 * The torture run: zsmalloc's torture test in the kernel, and zram's at the same time.
 * On the kernel command line:
 *
 *	minutes=1	how long
 *
 * In a run of all, the kernel's test runs alone for some seconds.  Reports
 * "torture_status: 0" if it ended well; all else is on the console.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

#define RUN	"/sys/module/zsmalloc_torture/parameters/run"

static int begin(void)
{
	if (access(RUN, W_OK))
		return 0;
	report("stage: torture run\n");
	write_file_or_die(RUN, "1");
	return 1;
}

/* The write returns when all threads have ended, with their result. */
static void end(void)
{
	report("torture_status: %d\n", write_file(RUN, "0"));
}

/* The programs print nothing for minutes.  This process is killed with the last of them. */
static void start_progress(unsigned long minutes)
{
	unsigned long minute;

	if (fork())
		return;
	for (minute = 0; minute < minutes; minute++) {
		report("progress: torture %lu\n", minute * 100 / minutes);
		sleep(60);
	}
	pause();
	_exit(0);
}

void run_torture(void)
{
	unsigned long minutes = cmdline_ulong("minutes", 1);
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%lu", minutes * 60);
	setenv("seconds", seconds, 1);
	setenv("program", "zram_torture", 1);
	if (!begin()) {
		report("error: the kernel has no zsmalloc_torture\n");
		return;
	}
	start_progress(minutes);
	run_selftests();
	end();
}

void torture_briefly(void)
{
	if (!begin())
		return;
	sleep(20);
	end();
}
