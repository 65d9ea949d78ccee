// SPDX-License-Identifier: GPL-2.0
/*
 * init - PID 1 of the guest
 *
 * Does what the kernel command line asks for and tells the outside on a
 * second serial port, which a dead console can't fake:
 *
 *	what=kunit	nothing: the suites ran before PID 1 started
 *	what=swap, all	the swap run
 *	what=shell	busybox on the console
 *	seed=N		of the swap run's data
 *	corrupt=1	spoil one page, to see the verifier notice
 *
 * Each line there is "key: value".  The first is "start", the last is "end";
 * between them stand all the figures that the judge wants.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LOADS	2
#define ZRAM	"/sys/block/zram0/"
#define EVENTS	"/sys/kernel/debug/zsmalloc/zram0/events"

static int result;

static void tell(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (write(result, line, n) != n)
		perror("init: result port");
}

/* Returns 0 if all of text went into the file. */
static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int bad = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return bad;
}

/* As put(), but the run is worth nothing without it. */
static void must_put(const char *path, const char *text)
{
	if (put(path, text))
		tell("error: can't write %s to %s\n", text, path);
}

/* The whole of a small file; empty if there is none. */
static const char *slurp(const char *path)
{
	static char text[16384];
	int fd = open(path, O_RDONLY);
	ssize_t n = 0, got;

	while (fd >= 0 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	text[n] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* Tells the number that follows key at the start of a line of a file. */
static void tell_field(const char *path, const char *key)
{
	const char *line = slurp(path);
	size_t length = strlen(key);

	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, " \n");
		if (!strncmp(line, key, length) && strchr(" :", line[length])) {
			line += length + strspn(line + length, " :");
			tell("%s: %.*s\n", key, (int)strcspn(line, " \n"), line);
			return;
		}
	}
	tell("%s: unknown\n", key);
}

static pid_t start(int out, char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static int finish(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

/* Writes 1 to a file for ever, with a pause that leaves time for the load. */
static pid_t start_loop(const char *path)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	must_put(path, "1");
	for (;;) {
		usleep(10000);
		put(path, "1");
	}
}

static void stop_loop(pid_t pid)
{
	kill(pid, SIGKILL);
	finish(pid);
}

/* --- swap run ------------------------------------------------------------ */

static struct {
	unsigned long long orig, compressed;
} peak;

static void sample_peak(void)
{
	unsigned long long orig, compressed;

	if (sscanf(slurp(ZRAM "mm_stat"), "%llu %llu", &orig, &compressed) == 2 &&
	    orig > peak.orig) {
		peak.orig = orig;
		peak.compressed = compressed;
	}
}

static int set_up_swap(unsigned long long ram)
{
	char size[32];

	must_put(ZRAM "comp_algorithm", "lz4");
	snprintf(size, sizeof(size), "%llu", 3 * ram);
	must_put(ZRAM "disksize", size);
	if (finish(start(STDERR_FILENO, (char *[]){
			"/bin/busybox", "mkswap", "/dev/zram0", NULL })) ||
	    swapon("/dev/zram0", 0)) {
		tell("error: no swap on zram0\n");
		return -1;
	}
	return 0;
}

static pid_t start_load(int id, unsigned long pages)
{
	char arg_id[16], arg_pages[32];
	const char *seed = getenv("seed"), *corrupt = getenv("corrupt");

	snprintf(arg_id, sizeof(arg_id), "%d", id);
	snprintf(arg_pages, sizeof(arg_pages), "%lu", pages);
	return start(result, (char *[]){
		"/bin/swapload", arg_id, arg_pages, (char *)(seed ?: "1"),
		(char *)(corrupt && id == 0 ? corrupt : "0"), NULL });
}

/* Waits for all loads and looks at zram meanwhile. */
static void wait_loads(const pid_t *load)
{
	int left = LOADS, status, i;

	while (left) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		for (i = 0; i < LOADS; i++)
			if (pid == load[i]) {
				tell("load%d_status: %d\n", i, status);
				left--;
			}
		sample_peak();
		usleep(100000);
	}
}

static void tell_figures(void)
{
	unsigned long long compacted = 0, missed = 0;

	tell("loads: %d\n", LOADS);
	tell_field("/proc/vmstat", "pswpin");
	tell_field("/proc/vmstat", "pswpout");
	tell("peak_orig: %llu\npeak_compressed: %llu\n", peak.orig, peak.compressed);

	sscanf(slurp(ZRAM "mm_stat"), "%*s %*s %*s %*s %*s %*s %llu", &compacted);
	tell("pages_compacted: %llu\n", compacted);
	sscanf(slurp(ZRAM "debug_stat"), "version: 1 %*s %llu", &missed);
	tell("miss_free: %llu\n", missed);

	tell_field(EVENTS, "objs_moved");
	tell_field(EVENTS, "compact_busy");
	tell_field(EVENTS, "pages_migrated");
	tell_field(EVENTS, "migrate_busy");
}

static void swap_run(void)
{
	pid_t load[LOADS], compaction, migration;
	unsigned long long ram;
	struct sysinfo info;
	int i;

	sysinfo(&info);
	ram = (unsigned long long)info.totalram * info.mem_unit;
	tell("stage: swap run\nram: %llu\n", ram);
	if (set_up_swap(ram))
		return;

	compaction = start_loop(ZRAM "compact");
	migration = start_loop("/proc/sys/vm/compact_memory");
	for (i = 0; i < LOADS; i++)
		load[i] = start_load(i, 2 * ram / LOADS / 4096);
	wait_loads(load);
	stop_loop(compaction);
	stop_loop(migration);
	tell_figures();

	tell("stage: tearing down\n");
	if (swapoff("/dev/zram0"))
		tell("error: swapoff\n");
	must_put(ZRAM "reset", "1");
}

/* --- PID 1 --------------------------------------------------------------- */

static void mount_all(void)
{
	mount("none", "/dev", "devtmpfs", 0, NULL);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("none", "/tmp", "tmpfs", 0, NULL);
}

static void open_result(void)
{
	struct termios raw;

	result = open("/dev/ttyS1", O_WRONLY | O_NOCTTY);
	if (result < 0) {
		perror("init: /dev/ttyS1");
		return;
	}
	tcgetattr(result, &raw);
	cfmakeraw(&raw);
	tcsetattr(result, TCSANOW, &raw);
	fcntl(result, F_SETFD, FD_CLOEXEC);
}

static void tell_health(void)
{
	const char *text;

	if (access("/proc/lockdep_stats", R_OK) == 0)
		tell_field("/proc/lockdep_stats", "debug_locks");
	text = slurp("/proc/sys/kernel/tainted");
	tell("tainted: %.*s\n", (int)strcspn(text, "\n"), text);
}

static void shell(void)
{
	setsid();
	finish(start(STDOUT_FILENO, (char *[]){
		"/bin/busybox", "setsid", "-c", "sh", NULL }));
}

int main(void)
{
	const char *what = getenv("what") ?: "kunit";
	struct utsname uts;

	mount_all();
	open_result();
	uname(&uts);
	tell("start: %s\n", uts.release);

	if (!strcmp(what, "swap") || !strcmp(what, "all"))
		swap_run();
	else if (!strcmp(what, "shell"))
		shell();

	tell_health();
	tell("end: %s\n", uts.release);
	tcdrain(result);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
