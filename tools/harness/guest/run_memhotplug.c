// SPDX-License-Identifier: GPL-2.0
/*
 * The memhotplug run: how often memory can be emptied while two threads read and
 * overwrite zram0, whose pages are all over it.  In turn, each block of movable memory is
 * taken offline and put back online, and all of the CMA area is allocated in pieces and
 * freed.  There is room for the pages that migrate; without it, a try took hours.
 * On the kernel command line:
 *
 *	seconds=20	how long
 *	pages=N		of zram0 (three quarters of memory; about half of it compresses)
 *	limit=5000	milliseconds that a block may take, times slow=
 *
 * Reports, for NAME "offline" and "cma":
 *	NAME_tries: N
 *	figure: NAME_done N	of 100 tries
 *	figure: NAME_ms N	median of those that were done
 * and pgmigrate_success, and the counters of zsmalloc.
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

#define MAX_TRIES	10000
#define MAX_BLOCKS	64
#define PIECES		16
#define PIECE		"512"	/* pages */
#define MEMORY		"/sys/devices/system/memory/memory*/"
#define EVENTS		"/sys/kernel/debug/zsmalloc/zram0/events"
#define STATE		"/tmp/zramio.state"
#define OUTPUT		"/tmp/zramio.out"

struct tries {
	const char *name;
	unsigned int tries, done;
	double ms[MAX_TRIES];
};

static struct tries offline = { .name = "offline" }, cma = { .name = "cma" };
static char block[MAX_BLOCKS][64];
static unsigned int blocks;

static double milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Returns 0 if it could be written. */
static int try(struct tries *t, const char *path, const char *text)
{
	double began = milliseconds();
	int error = write_file(path, text);

	if (t->tries < MAX_TRIES) {
		t->tries++;
		if (!error)
			t->ms[t->done++] = milliseconds() - began;
	}
	return error;
}

/*
 * Blocks that have movable memory only, and can be taken offline while nothing is in
 * them: the firmware has a part of the last one.
 */
static void find_blocks(void)
{
	size_t i;
	glob_t found;

	if (glob(MEMORY "valid_zones", 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc && blocks < MAX_BLOCKS; i++) {
		char *path = found.gl_pathv[i];

		if (strncmp(read_file(path), "Movable", 7))
			continue;
		snprintf(block[blocks], sizeof(block[0]), "%.*sstate",
			 (int)(strrchr(path, '/') + 1 - path), path);
		if (write_file(block[blocks], "offline"))
			continue;
		write_file_or_die(block[blocks++], "online_movable");
	}
	globfree(&found);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* The kernel continues until nothing is left, or a signal is pending. */
static void interrupt_after(unsigned long ms)
{
	struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void take_offline(unsigned long limit)
{
	unsigned int i;

	for (i = 0; i < blocks; i++) {
		interrupt_after(limit);
		if (!try(&offline, block[i], "offline"))
			write_file_or_die(block[i], "online_movable");
		interrupt_after(0);
	}
}

static void allocate_pieces(const char *directory)
{
	unsigned int i, got = 0;
	char path[128];

	snprintf(path, sizeof(path), "%s/alloc", directory);
	for (i = 0; i < PIECES; i++)
		got += !try(&cma, path, PIECE);
	snprintf(path, sizeof(path), "%s/free", directory);
	while (got--)
		write_file_or_die(path, PIECE);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report_tries(struct tries *t)
{
	report("%s_tries: %u\n", t->name, t->tries);
	if (!t->tries)
		return;
	report("figure: %s_done %.1f\n", t->name, 100.0 * t->done / t->tries);
	if (!t->done)
		return;
	qsort(t->ms, t->done, sizeof(*t->ms), compare);
	report("figure: %s_ms %.2f\n", t->name, t->ms[t->done / 2]);
}

/* Two threads of random I/O, most of it reads, with their report in OUTPUT. */
static pid_t start_io(void)
{
	int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	pid_t pid = start(out, (char *[]){ "/bin/zramio", "/dev/zram0", STATE, "2",
					   getenv("seconds") ?: "20", "90", "1", NULL });

	close(out);
	return pid;
}

static int zramio_once(const char *mode)
{
	return finish(start(STDERR_FILENO, (char *[]){
		"/bin/zramio", "/dev/zram0", STATE, (char *)mode, NULL }));
}

void run_memhotplug(void)
{
	unsigned long pages = cmdline_ulong("pages", ram() / 4096 / 4 * 3);
	unsigned long limit = cmdline_ulong("limit", 5000) * slow();
	struct sigaction action = { .sa_handler = on_alarm };
	int status;
	glob_t area;
	pid_t io;

	report("stage: memhotplug run\nram: %llu\n", ram());
	sigaction(SIGALRM, &action, NULL);
	find_blocks();
	if (!blocks || glob("/sys/kernel/debug/cma/*reserved", 0, NULL, &area)) {
		report("error: no movable blocks of memory, or no area of CMA\n");
		return;
	}
	set_up_zram(4096ULL * pages);
	report("fill_status: %d\n", zramio_once("fill"));
	io = start_io();
	while (waitpid(io, &status, WNOHANG) != io) {
		take_offline(limit);
		allocate_pieces(area.gl_pathv[0]);
	}
	report("io_status: %d\n", status);
	report("io_operations: %llu\n", strtoull(field(OUTPUT, "ops") ?: "0", NULL, 10));
	report("check_status: %d\n", zramio_once("check"));
	report_tries(&offline);
	report_tries(&cma);
	report_field("/proc/vmstat", "pgmigrate_success");
	report_field("/proc/vmstat", "pgmigrate_fail");
	report_field(EVENTS, "pages_migrated");
	report_field(EVENTS, "migrate_busy");
	write_file_or_die(ZRAM "reset", "1");
}
