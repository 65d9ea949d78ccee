// SPDX-License-Identifier: GPL-2.0
/*
 * The suspend run: the system is suspended over and over, down to its last CPU, while
 * two threads read and overwrite zram0.  The last step, which is the firmware's, is
 * left out: /sys/power/pm_test.  On the kernel command line:
 *
 *	seconds=30	how long
 *
 * Reports "suspends: N", how often the system resumed, and how the threads ended.
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

void run_suspend(void)
{
	const char *seconds = getenv("seconds") ?: "30";
	unsigned int suspends = 0;
	int status;
	pid_t io;

	report("stage: suspend run\n");
	write_file_or_die("/sys/power/pm_test", "processors");
	set_up_zram(4096ULL * atoi(PAGES));
	report("fill_status: %d\n", zramio_once("fill"));
	io = start_io(seconds);
	while (waitpid(io, &status, WNOHANG) != io) {
		suspends += !write_file("/sys/power/state", "mem");
		sleep(1);
	}
	report("io_status: %d\n", status);
	report("check_status: %d\n", zramio_once("check"));
	report("suspends: %u\n", suspends);
	write_file_or_die(ZRAM "reset", "1");
}
