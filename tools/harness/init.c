// SPDX-License-Identifier: GPL-2.0
/*
 * init - PID 1 of the guest
 *
 * Does what the kernel command line asks for and tells the outside on a
 * second serial port, which a dead console can't fake:
 *
 *	what=kunit	nothing: the suites ran before PID 1 started
 *	what=swap	the swap run, see swaprun.c for more words
 *	what=selftest	zram's kselftests, see testrun.c
 *	what=all	the selftests, a little torture, then the swap run
 *	what=io		reads and writes during compaction, see iorun.c
 *	what=faults	zram while allocations fail, see zramfault.c
 *	what=cost	what single operations and swap cost, see zramcost.c and
 *			swapcost.c; pages=4096 says how many pages they take; and
 *			the memory besides the data, see memoryrun.c
 *	what=scale	zsmalloc's own performance test, see scalerun.c
 *	what=latency	who is late while a process swaps, see latencyrun.c
 *	what=throttle	who waits for a throttled process, see throttlerun.c
 *	what=move	memory is offlined while zram is in use, see moverun.c
 *	what=suspend	the system is suspended while zram is in use, see suspendrun.c
 *	what=torture	zsmalloc's and zram's torture tests, see torturerun.c
 *	what=shell	busybox on the console
 *
 * Each line there is "key: value".  The first is "start", the last is "end";
 * between them stand all the figures that the judge wants.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "guest.h"

static void mount_all(void)
{
	mount("none", "/dev", "devtmpfs", 0, NULL);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("none", "/sys/kernel/config", "configfs", 0, NULL);
	mount("none", "/tmp", "tmpfs", 0, NULL);
}

/* It becomes stdout, where tell() writes; the console is stderr. */
static void open_result(void)
{
	const char *path = getenv("result") ?: "/dev/ttyS1";
	int port = open(path, O_WRONLY | O_NOCTTY);
	struct termios raw;

	if (port < 0) {
		perror(path);
		return;
	}
	tcgetattr(port, &raw);
	cfmakeraw(&raw);
	tcsetattr(port, TCSANOW, &raw);
	dup2(port, STDOUT_FILENO);
	close(port);
}

/* But for one: 5.10's alloc_disk() forgets the table of a disk when it fails late. */
static unsigned int count_leaks(const char *text)
{
	unsigned int leaks = 0;

	for (text = strstr(text, "unreferenced"); text; ) {
		const char *next = strstr(text + 1, "unreferenced");
		const char *known = strstr(text, "disk_expand_part_tbl");

		leaks += !known || (next && known > next);
		text = next;
	}
	return leaks;
}

/*
 * Memory that nothing points to any more.  kmemleak looks for it twice, as a
 * pointer may be in a register; and only at what is older than 5 s.
 */
static void tell_leaks(void)
{
	static const char file[] = "/sys/kernel/debug/kmemleak";
	static int told;
	const char *text;
	unsigned int leaks, lines = 0;

	if (told++ || access(file, R_OK))
		return;
	sleep(6);
	must_put(file, "scan");
	must_put(file, "scan");
	leaks = count_leaks(slurp(file));
	/* who asked for the first one */
	for (text = slurp(file); leaks && *text && lines++ < 40; text += strspn(text, "\n")) {
		tell("leak: %.*s\n", (int)strcspn(text, "\n"), text);
		text += strcspn(text, "\n");
	}
	tell("leaks: %u\n", leaks);
}

static void tell_health(void)
{
	const char *text;

	tell_leaks();

	if (access("/proc/lockdep_stats", R_OK) == 0)
		tell_field("/proc/lockdep_stats", "debug_locks");
	text = slurp("/proc/sys/kernel/tainted");
	tell("tainted: %.*s\n", (int)strcspn(text, "\n"), text);
}

/* Told at the end, as the kernel may give up one that it does not trust. */
static void tell_clock(void)
{
	const char *name = slurp("/sys/devices/system/clocksource/clocksource0/"
				 "current_clocksource");

	tell("clock: %.*s\n", (int)strcspn(name, "\n"), name);
}

static void cost_run(void)
{
	unsigned long pages = asked("pages", 4096);
	char arg_pages[32];

	/* or who runs with SCHED_FIFO for long is stopped now and then */
	must_put("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	set_up_zram(4096ULL * pages);
	snprintf(arg_pages, sizeof(arg_pages), "%lu", pages);
	tell("zramcost_status: %d\n", finish(start(STDOUT_FILENO,
		(char *[]){ "/bin/zramcost", "/dev/zram0", arg_pages, NULL })));
	/* ends without a size */
	set_up_zram(4096ULL * pages);
	if (finish(start(STDERR_FILENO, (char *[]){
			"/bin/zramio", "/dev/zram0", "/tmp/zramio", "fill", NULL })))
		tell("error: zramio can't fill zram0\n");
	else
		tell_memory(pages);
	must_put(ZRAM "reset", "1");

	/* each page by itself */
	must_put("/proc/sys/vm/page-cluster", "0");
	if (!set_up_swap(4096ULL * (pages + 1)))
		tell("swapcost_status: %d\n", finish(start(STDOUT_FILENO,
			(char *[]){ "/bin/swapcost", arg_pages, NULL })));
	swapoff_zram();
}

static void shell(void)
{
	setsid();
	finish(start(STDERR_FILENO, (char *[]){
		"/bin/busybox", "setsid", "-c", "sh", NULL }));
}

static void run(const char *what)
{
	int all = !strcmp(what, "all");

	if (all || !strcmp(what, "selftest"))
		test_run();
	if (all)
		torture_briefly();
	/* kmemleak gives up when memory gets short, as it does in the next one */
	if (all)
		tell_leaks();
	if (all || !strcmp(what, "swap"))
		swap_run();
	if (!strcmp(what, "io"))
		io_run();
	if (!strcmp(what, "faults"))
		tell("zramfault_status: %d\n", finish(start(STDOUT_FILENO,
			(char *[]){ "/bin/zramfault", NULL })));
	if (!strcmp(what, "cost"))
		cost_run();
	if (!strcmp(what, "scale"))
		scale_run();
	if (!strcmp(what, "latency"))
		latency_run();
	if (!strcmp(what, "throttle"))
		throttle_run();
	if (!strcmp(what, "move"))
		move_run();
	if (!strcmp(what, "suspend"))
		suspend_run();
	if (!strcmp(what, "torture"))
		torture_run();
	if (!strcmp(what, "shell"))
		shell();
}

int main(void)
{
	const char *what = getenv("what") ?: "kunit";
	struct utsname uts;

	mount_all();
	open_result();
	uname(&uts);
	tell("start: %s\n", uts.release);
	/* where they are no part of the kernel */
	load_module(ZSMALLOC_MODULE);
	load_module(ZRAM_MODULE);

	run(what);
	tell_coverage();
	tell_clock();
	tell_health();
	tell("end: %s\n", uts.release);
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
