// SPDX-License-Identifier: GPL-2.0
/*
 * init - PID 1 of the guest
 *
 * Runs the test that the kernel command line names and reports on a second serial
 * port, which a dead console can't fake:
 *
 *	test=kunit	nothing: the suites ran before PID 1 started
 *	test=swap	the swap run, see run_swap.c for more words
 *	test=selftest	zram's kselftests, see run_selftest.c
 *	test=all	the selftests, a little torture, then the swap run
 *	test=contention		reads and writes during compaction, see run_contention.c
 *	test=faults	zram while allocations fail, see zramfault.c
 *	test=opcost	what single operations and swap cost, see zramcost.c and
 *			swapcost.c; pages=4096 says how many pages they take; and
 *			the memory besides the data, see mem_overhead.c
 *	test=swapin	tasks that swap in the same pages, see swapin.c; pages=4096
 *	test=zs-scale	zsmalloc's own performance test, see run_zs_scale.c
 *	test=latency	timer wakeup latency while a process swaps, see run_latency.c
 *	test=cpu-quota	waits for a throttled process, see run_cpu_quota.c
 *	test=memhotplug	memory is offlined while zram is in use, see run_memhotplug.c
 *	test=suspend	the system is suspended while zram is in use, see run_suspend.c
 *	test=torture	zsmalloc's and zram's torture tests, see run_torture.c
 *	test=shell	busybox on the console
 *	slow=N		the factor of all limits that depend on the speed of the host
 *
 * Each line there is "key: value".  The first is "start", the last is "end";
 * between them stand all the values that the judge checks.
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

/* It becomes stdout, where report() writes; the console is stderr. */
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
static void report_leaks(void)
{
	static const char file[] = "/sys/kernel/debug/kmemleak";
	static int reported;
	const char *text;
	unsigned int leaks, lines = 0;

	if (reported++ || access(file, R_OK))
		return;
	sleep(6);
	write_file_or_die(file, "scan");
	write_file_or_die(file, "scan");
	leaks = count_leaks(read_file(file));
	/* the allocation of the first one */
	for (text = read_file(file); leaks && *text && lines++ < 40; text += strspn(text, "\n")) {
		report("leak: %.*s\n", (int)strcspn(text, "\n"), text);
		text += strcspn(text, "\n");
	}
	report("leaks: %u\n", leaks);
}

static void report_health(void)
{
	const char *text;

	report_leaks();

	if (access("/proc/lockdep_stats", R_OK) == 0)
		report_field("/proc/lockdep_stats", "debug_locks");
	text = read_file("/proc/sys/kernel/tainted");
	report("tainted: %.*s\n", (int)strcspn(text, "\n"), text);
}

/* Reported at the end, because the kernel may replace a clock that it does not trust. */
static void report_clock(void)
{
	const char *name = read_file("/sys/devices/system/clocksource/clocksource0/"
				 "current_clocksource");

	report("clock: %.*s\n", (int)strcspn(name, "\n"), name);
}

/*
 * A task with a real-time priority is stopped when it ran for a second.  If the host
 * takes the guest's CPUs away, the kernel may think that such a task ran all the time.
 */
static void disable_rt_throttling(void)
{
	static const char file[] = "/proc/sys/kernel/sched_rt_runtime_us";

	if (access(file, F_OK) == 0)
		write_file_or_die(file, "-1");
}

/* Where they are no part of the kernel. */
static void load_modules(void)
{
	FILE *order = fopen(MODULE_ORDER, "r");
	char name[32], args[64] = "", path[64];

	if (!order) {
		load_module(ZSMALLOC_MODULE, "");
		load_module(ZRAM_MODULE, "");
		return;
	}
	while (fscanf(order, "%31s%63[^\n]", name, args) > 0) {
		snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
		load_module(path, args);
		args[0] = '\0';
	}
	fclose(order);
}

static void run_opcost(void)
{
	unsigned long pages = cmdline_ulong("pages", 4096);
	char arg_pages[32];

	set_up_zram(4096ULL * pages);
	snprintf(arg_pages, sizeof(arg_pages), "%lu", pages);
	report("zramcost_status: %d\n", finish(start(STDOUT_FILENO,
		(char *[]){ "/bin/zramcost", "/dev/zram0", arg_pages, NULL })));
	/* ends without a size */
	set_up_zram(4096ULL * pages);
	if (finish(start(STDERR_FILENO, (char *[]){
			"/bin/zramio", "/dev/zram0", "/tmp/zramio", "fill", NULL })))
		report("error: zramio can't fill zram0\n");
	else
		report_memory(pages);
	write_file_or_die(ZRAM "reset", "1");

	/* each page by itself */
	write_file_or_die("/proc/sys/vm/page-cluster", "0");
	if (!set_up_swap(4096ULL * (pages + 1)))
		report("swapcost_status: %d\n", finish(start(STDOUT_FILENO,
			(char *[]){ "/bin/swapcost", arg_pages, NULL })));
	swapoff_zram();
}

static void run_swapin(void)
{
	unsigned long pages = cmdline_ulong("pages", 4096);
	char arg_pages[32];

	snprintf(arg_pages, sizeof(arg_pages), "%lu", pages);
	/* each page by itself */
	write_file_or_die("/proc/sys/vm/page-cluster", "0");
	if (!set_up_swap(4096ULL * (pages + 1)))
		report("swapin_status: %d\n", finish(start(STDOUT_FILENO,
			(char *[]){ "/bin/swapin", arg_pages, NULL })));
	swapoff_zram();
}

static void shell(void)
{
	setsid();
	finish(start(STDERR_FILENO, (char *[]){
		"/bin/busybox", "setsid", "-c", "sh", NULL }));
}

static void run(const char *test)
{
	int all = !strcmp(test, "all");

	if (all || !strcmp(test, "selftest"))
		run_selftests();
	if (all)
		torture_briefly();
	if (all || !strcmp(test, "swap")) {
		/* kmemleak disables itself when memory gets short, as it does in this run */
		report_leaks();
		run_swap();
	}
	if (!strcmp(test, "contention"))
		run_contention();
	if (!strcmp(test, "faults"))
		report("zramfault_status: %d\n", finish(start(STDOUT_FILENO,
			(char *[]){ "/bin/zramfault", NULL })));
	if (!strcmp(test, "opcost"))
		run_opcost();
	if (!strcmp(test, "swapin"))
		run_swapin();
	if (!strcmp(test, "zs-scale"))
		run_zs_scale();
	if (!strcmp(test, "latency"))
		run_latency();
	if (!strcmp(test, "cpu-quota"))
		run_cpu_quota();
	if (!strcmp(test, "memhotplug"))
		run_memhotplug();
	if (!strcmp(test, "suspend"))
		run_suspend();
	if (!strcmp(test, "torture"))
		run_torture();
	if (!strcmp(test, "shell"))
		shell();
}

int main(void)
{
	const char *test = getenv("test") ?: "kunit";
	struct utsname uts;

	mount_all();
	open_result();
	uname(&uts);
	report("start: %s\n", uts.release);
	load_modules();

	disable_rt_throttling();
	run(test);
	report_coverage();
	report_clock();
	report_health();
	report("end: %s\n", uts.release);
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
