// SPDX-License-Identifier: GPL-2.0
/*
 * The suspend run: the system is suspended over and over, down to its last CPU, while
 * two threads read and overwrite zram0.  The last step, which is the firmware's, is
 * left out: /sys/power/pm_test.  On the kernel command
 * line:
 *
 *	seconds=30	how long
 *
 * Tells suspends: N, how often it came back, and how the threads ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define PAGES	"2048"
#define STATE	"/tmp/zramio.state"

static pid_t start_io(const char *seconds)
{
	return start(STDERR_FILENO, (char *[]){ "/bin/zramio", "/dev/zram0", STATE, "2",
						(char *)seconds, "50", "1", NULL });
}

static int zramio_once(const char *mode)
{
	return finish(start(STDERR_FILENO, (char *[]){
		"/bin/zramio", "/dev/zram0", STATE, (char *)mode, NULL }));
}

void suspend_run(void)
{
	const char *seconds = getenv("seconds") ?: "30";
	unsigned int suspends = 0;
	int status;
	pid_t io;

	tell("stage: suspend run\n");
	must_put("/sys/power/pm_test", "processors");
	set_up_zram(4096ULL * atoi(PAGES));
	tell("fill_status: %d\n", zramio_once("fill"));
	io = start_io(seconds);
	while (waitpid(io, &status, WNOHANG) != io) {
		suspends += !put("/sys/power/state", "mem");
		sleep(1);
	}
	tell("io_status: %d\n", status);
	tell("check_status: %d\n", zramio_once("check"));
	tell("suspends: %u\n", suspends);
	must_put(ZRAM "reset", "1");
}
