// SPDX-License-Identifier: GPL-2.0
/* What init and its runs share, see guest.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int bad = fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return bad;
}

void write_file_or_die(const char *path, const char *text)
{
	if (write_file(path, text))
		report("error: can't write %s to %s\n", text, path);
}

void load_module(const char *path, const char *args)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return;
	if (syscall(SYS_finit_module, file, args, 0))
		report("error: can't load %s: %s\n", path, strerror(errno));
	close(file);
}

const char *read_file(const char *path)
{
	static char text[128 << 10];
	int fd = open(path, O_RDONLY);
	ssize_t n = 0, got;

	while (fd >= 0 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	text[n] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

const char *field(const char *path, const char *key)
{
	const char *line = read_file(path);
	size_t length = strlen(key);

	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, " \n");
		if (!strncmp(line, key, length) && line[length] &&
		    strchr(" :", line[length]))
			return line + length + strspn(line + length, " :");
	}
	return NULL;
}

void report_field(const char *path, const char *key)
{
	const char *value = field(path, key) ?: "unknown";

	report("%s: %.*s\n", key, (int)strcspn(value, " \n"), value);
}

unsigned long long nth_number(const char *path, int nth)
{
	const char *text = read_file(path);
	unsigned long long number = 0;

	while (nth--) {
		char *end;

		number = strtoull(text, &end, 10);
		text = end;
	}
	return number;
}

unsigned long cmdline_ulong(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

unsigned long slow(void)
{
	unsigned long factor = cmdline_ulong("slow", 1);

	return factor ? factor : 1;
}

unsigned long long ram(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (unsigned long long)info.totalram * info.mem_unit;
}

void set_up_zram(unsigned long long size)
{
	char text[32];

	write_file_or_die(ZRAM "comp_algorithm", "lz4");
	snprintf(text, sizeof(text), "%llu", size);
	write_file_or_die(ZRAM "disksize", text);
}

/* Its header: version, last page, and the magic at the end of its page. */
static int make_swap(unsigned long long size)
{
	unsigned int page = sysconf(_SC_PAGESIZE);
	unsigned char header[65536] = "";
	uint32_t info[2] = { 1, size / page - 1 };
	int fd = open("/dev/zram0", O_WRONLY), error;

	memcpy(header + 1024, info, sizeof(info));
	memcpy(header + page - 10, "SWAPSPACE2", 10);
	error = pwrite(fd, header, page, 0) != (ssize_t)page || fsync(fd);
	close(fd);
	return error;
}

int set_up_swap(unsigned long long size)
{
	set_up_zram(size);
	if (make_swap(size) || swapon("/dev/zram0", 0)) {
		report("error: no swap on zram0\n");
		return -1;
	}
	return 0;
}

int swapoff_zram(void)
{
	return swapoff("/dev/zram0");
}

pid_t start(int out, char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

int finish(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status;
}

static unsigned long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

pid_t start_loop(const char *path, unsigned int pause, unsigned int rest,
		 unsigned long *count)
{
	unsigned long own = 0;
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = open(path, O_WRONLY);
	if (!count)
		count = &own;
	for (;;) {
		unsigned long long began = now_us();

		if (pwrite(fd, "1", 1, 0) == 1) {
			++*count;
		} else if (!*count) {
			report("error: can't write 1 to %s\n", path);
			_exit(1);
		}
		/* Even 0 would sleep. */
		if (pause)
			usleep(pause + rest * (now_us() - began));
	}
}

pid_t start_spin(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;)
		__asm__ volatile("" ::: "memory");
}

void stop_loop(pid_t pid)
{
	kill(pid, SIGKILL);
	finish(pid);
}
