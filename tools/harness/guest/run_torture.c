// SPDX-License-Identifier: GPL-2.0
/*
 * The torture run: zsmalloc's torture test in the kernel, and zram's at the same time.
 * On the kernel command line:
 *
 *	minutes=1	how long
 *
 * In a run of all, the kernel's goes by itself for some seconds.  Tells
 * "torture_status: 0" if it ended well; all else it says on the console.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

#define RUN	"/sys/module/zsmalloc_torture/parameters/run"
/*
 * Some threads have real-time priorities for 20 ms.  If the host takes its processor
 * away then, the kernel may think that they took it all for a second.
 */
#define THROTTLE "/proc/sys/kernel/sched_rt_runtime_us"

static int begin(void)
{
	if (access(RUN, W_OK))
		return 0;
	report("stage: torture run\n");
	write_file_or_die(THROTTLE, "-1");
	write_file_or_die(RUN, "1");
	return 1;
}

/* It returns when all threads have ended, and knows by then. */
static void end(void)
{
	report("torture_status: %d\n", write_file(RUN, "0"));
	write_file_or_die(THROTTLE, "950000");
}

/* The programs say nothing for long.  It goes when the last of them has ended. */
static void start_clock(unsigned long minutes)
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
	start_clock(minutes);
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
