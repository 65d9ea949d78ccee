// SPDX-License-Identifier: GPL-2.0
/*
 * The torture run: zsmalloc's torture test in the kernel, and beside it zram's.
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

static int begin(void)
{
	if (access(RUN, W_OK))
		return 0;
	tell("stage: torture run\n");
	must_put(RUN, "1");
	return 1;
}

/* It returns when all threads have ended, and knows by then. */
static void end(void)
{
	tell("torture_status: %d\n", put(RUN, "0"));
}

/* The programs say nothing for long.  It goes when the last of them has ended. */
static void start_clock(unsigned long minutes)
{
	unsigned long minute;

	if (fork())
		return;
	for (minute = 0; minute < minutes; minute++) {
		tell("progress: torture %lu\n", minute * 100 / minutes);
		sleep(60);
	}
	pause();
	_exit(0);
}

void torture_run(void)
{
	unsigned long minutes = asked("minutes", 1);
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%lu", minutes * 60);
	setenv("seconds", seconds, 1);
	setenv("test", "zram_torture", 1);
	if (!begin()) {
		tell("error: the kernel has no zsmalloc_torture\n");
		return;
	}
	start_clock(minutes);
	test_run();
	end();
}

void torture_briefly(void)
{
	if (!begin())
		return;
	sleep(20);
	end();
}
