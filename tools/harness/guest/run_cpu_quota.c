// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU quota run: how long a process waits for another one on the same zram whose
 * cgroup may run for 5 of each 100 ms.  Both overwrite random pages, each its own
 * half of the device, past the page cache.  A process that is throttled while it holds
 * a lock keeps the other one waiting until the next period.  On the kernel command line:
 *
 *	seconds=10	how long
 *	quota=0	with a whole CPU for the first one, too
 *
 * Reports how long the second one waited:
 *	figure: stall_max N	its longest write, in microseconds
 *	figure: stall_p99 N
 *	figure: stall_rate N	its writes a second
 *	nr_throttled: N		periods in which the first one was throttled
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data.h"
#include "guest.h"

#define CGROUP	"/tmp/cgroup/"
#define SLOW	CGROUP "slow/"
#define PERIOD	100000
#define QUOTA	5000
#define MAX_SAMPLES	1000000

static uint32_t sample[MAX_SAMPLES];

static uint64_t microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/* Half of each page is noise. */
static uint64_t *a_page(void)
{
	uint64_t *page = aligned_alloc(PAGE, PAGE), state = 1;

	if (page)
		fill_page(page, WORDS / 2, &state);
	return page;
}

/*
 * Overwrites random pages from first on until a time; returns how often.  How long
 * each took goes to took[], if there is one.
 */
static unsigned long overwrite(unsigned long first, unsigned long pages, uint64_t until,
			       uint32_t *took)
{
	int device = open("/dev/zram0", O_WRONLY | O_DIRECT);
	uint64_t *page = a_page(), random = first + 1, began, now;
	unsigned long writes = 0, at;

	if (device < 0 || !page) {
		report("error: zram0 or memory: %s\n", strerror(errno));
		return 0;
	}
	for (now = microseconds(); now < until && writes < MAX_SAMPLES; writes++) {
		at = first + next(&random) % pages;
		page[0] = at;
		began = now;
		if (pwrite(device, page, PAGE, at * PAGE) != PAGE) {
			report("error: write: %s\n", strerror(errno));
			break;
		}
		now = microseconds();
		if (took)
			took[writes] = now - began;
	}
	close(device);
	free(page);
	return writes;
}

/* Into a cgroup of its own, before it does anything else. */
static pid_t start_slow(unsigned long pages, uint64_t until)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	write_file_or_die(SLOW "cgroup.procs", "0");
	overwrite(0, pages, until, NULL);
	_exit(0);
}

static int set_up_cgroup(void)
{
	char limit[32];

	snprintf(limit, sizeof(limit), "%u %u", QUOTA, PERIOD);
	mkdir(CGROUP, 0700);
	if (mount("none", CGROUP, "cgroup2", 0, NULL) ||
	    write_file(CGROUP "cgroup.subtree_control", "+cpu") || mkdir(SLOW, 0700) ||
	    (cmdline_ulong("quota", 1) && write_file(SLOW "cpu.max", limit))) {
		report("error: no cgroup with cpu.max\n");
		return -1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void run_cpu_quota(void)
{
	unsigned long seconds = cmdline_ulong("seconds", 10), pages = ram() / 4 / PAGE, writes;
	uint64_t until;
	pid_t throttled;

	report("stage: CPU quota run\nram: %llu\n", ram());
	set_up_zram(2 * pages * PAGE);
	if (set_up_cgroup())
		return;
	until = microseconds() + seconds * 1000000;
	throttled = start_slow(pages, until);
	writes = overwrite(pages, pages, until, sample);
	report("slow_status: %d\n", finish(throttled));
	report("writes: %lu\n", writes);
	report_field(SLOW "cpu.stat", "nr_throttled");
	if (writes) {
		qsort(sample, writes, sizeof(*sample), compare);
		report("figure: stall_max %u\nfigure: stall_p99 %u\nfigure: stall_rate %.0f\n",
		     sample[writes - 1], sample[(unsigned long)(0.99 * (writes - 1))],
		     1.0 * writes / seconds);
	}
	write_file_or_die(ZRAM "reset", "1");
}
