// SPDX-License-Identifier: GPL-2.0
/*
 * zramfault - let each allocation fail that zram and zsmalloc make
 *
 * Step by step: an operation is repeated while the kernel fails its first, second, ...
 * allocation (/proc/self/fail-nth), until it makes no more of them.  Then a fifth of all
 * allocations fail at random, so that a second attempt may fail as well.  At last a
 * backing device fails a fifth of its requests.
 *
 * An operation may fail; but a page must hold what the last write that
 * succeeded put there, and a device that could not be set up must be as
 * before.
 *
 * Prints "key: value" lines: faults_injected, faults_failed, faults_lost.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define PAGE	4096
#define PAGES	4096
#define DEBUG	"/sys/kernel/debug/"
#define MAX_NTH	1000
#define AGAIN	8
#define RANDOM_OPS 8000

static int device, compact;
static unsigned long injected, failed, lost;
/* Which generation each page holds; 0 is none. */
static unsigned int generation[PAGES];
static unsigned char *buf, want[PAGE];

/* Noise of a length that depends on the page, and zeros: so it has all sizes. */
static void pattern(unsigned char *p, unsigned int page, unsigned int gen)
{
	uint64_t x = page * 2654435761u + gen * 40503u + 1;
	unsigned int i, noise = 8 + (page * 37 + gen * 11) % 3900;

	memset(p, 0, PAGE);
	for (i = 0; gen && i < noise; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		p[i] = x >> 56;
	}
}

/* --- operations: 0, or -1 for an error --------------------------------- */

static int write_page(unsigned int page)
{
	pattern(buf, page, generation[page] + 1);
	if (pwrite(device, buf, PAGE, (off_t)page * PAGE) != PAGE)
		return -1;
	generation[page]++;
	return 0;
}

static int op_write(unsigned int n)
{
	return write_page((n * 131) % PAGES);
}

static int op_read(unsigned int n)
{
	return pread(device, buf, PAGE, (off_t)((n * 131) % PAGES) * PAGE) == PAGE ? 0 : -1;
}

static int op_compact(unsigned int n)
{
	(void)n;
	return pwrite(compact, "1", 1, 0) == 1 ? 0 : -1;
}

static int disksize;

static int op_disksize(unsigned int n)
{
	(void)n;
	return pwrite(disksize, "16M", 3, 0) == 3 ? 0 : -1;
}

/* --- checks -------------------------------------------------------------- */

static void check_page_is(unsigned int page, const unsigned char *have)
{
	pattern(want, page, generation[page]);
	if (have && !memcmp(have, want, PAGE))
		return;
	if (lost++ < 10)
		report("lost: page %u of generation %u\n", page, generation[page]);
}

static void check_page(unsigned int page)
{
	ssize_t n = pread(device, buf, PAGE, (off_t)page * PAGE);

	check_page_is(page, n == PAGE ? buf : NULL);
}

static void check_all(void)
{
	unsigned int page;

	for (page = 0; page < PAGES; page++)
		check_page(page);
}

/* --- step by step -------------------------------------------------------- */

/* Returns 1 if the n-th allocation of op was there, and failed. */
static int fail_nth(int (*op)(unsigned int), unsigned int n, int *error)
{
	static int fd = -1;
	char text[16];
	int left;

	if (fd < 0 && (fd = open("/proc/self/fail-nth", O_RDWR)) < 0) {
		report("error: no /proc/self/fail-nth\n");
		exit(1);
	}
	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		exit(1);
	*error = op(n);
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		exit(1);
	left = atoi(text);
	if (pwrite(fd, "0", 1, 0) != 1)
		exit(1);
	return left == 0;
}

/* What follows would not be a bug of zram. */
static int ended;

struct sweep {
	/* these two are not made to fail */
	void (*before)(void);
	void (*after)(int error, int injected);
	int (*op)(unsigned int n);
	unsigned int hit, bad;
};

/* Returns 0 if the operation made fewer than n allocations. */
static int step(struct sweep *s, unsigned int n)
{
	int error, hit;

	if (s->before)
		s->before();
	hit = fail_nth(s->op, n, &error);
	s->hit += hit;
	s->bad += hit && error;
	if (s->after)
		s->after(error, hit);
	return hit;
}

static void sweep(const char *name, void (*before)(void), int (*op)(unsigned int),
		  void (*after)(int error, int injected))
{
	struct sweep s = { .before = before, .op = op, .after = after };
	unsigned int n = 1, again;

	ended = 0;
	while (n < MAX_NTH && step(&s, n) && !ended)
		n++;
	if (n == MAX_NTH)
		report("error: %s never came through\n", name);
	/* Some of what is allocated stays for the next time: the last ones may be fewer now. */
	for (again = 1; again <= AGAIN && again < n && !ended; again++)
		step(&s, n - again);
	/* and once with nothing that fails, as the end */
	if (!ended)
		step(&s, MAX_NTH);
	injected += s.hit;
	failed += s.bad;
	report("faults_%s: %u allocations, %u errors\n", name, s.hit, s.bad);
}

static void must_be(char initstate, const char *after)
{
	if (read_file(ZRAM "initstate")[0] != initstate)
		report("error: initstate is not %c after %s\n", initstate, after);
}

/* A device that has its size gives it back; one that has not is as before. */
static void after_disksize(int error, int injected)
{
	(void)injected;
	must_be(error ? '0' : '1', "disksize");
	if (!error)
		write_file_or_die(ZRAM "reset", "1");
}

/* As large as the sweeps of I/O want it, with something in it. */
static void set_up_device(void)
{
	if (read_file(ZRAM "initstate")[0] == '0')
		write_file_or_die(ZRAM "disksize", "16M");
	device = open("/dev/zram0", O_RDWR | O_DIRECT);
	if (device < 0 || write_page(1))
		report("error: zram0 can't be set up\n");
	if (device >= 0)
		close(device);
}

static int reset;

static int op_reset(unsigned int n)
{
	(void)n;
	return pwrite(reset, "1", 1, 0) == 1 ? 0 : -1;
}

/* What was not reset still holds what it held. */
static void after_reset(int error, int injected)
{
	(void)injected;
	must_be(error ? '1' : '0', "reset");
	if (!error) {
		memset(generation, 0, sizeof(generation));
		return;
	}
	device = open("/dev/zram0", O_RDWR | O_DIRECT);
	check_page(1);
	close(device);
}

static int hot_add, added;

static int op_hot_add(unsigned int n)
{
	char text[16] = "";

	(void)n;
	added = -1;
	if (pread(hot_add, text, sizeof(text) - 1, 0) <= 0)
		return -1;
	added = atoi(text);
	return 0;
}

/* Whether the block layer created all of it. */
static int is_whole(int id)
{
	static const char *const parts[] = { "disksize", "queue", "bdi", "holders", "slaves" };
	char part[64];
	unsigned int i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		snprintf(part, sizeof(part), "/sys/block/zram%d/%s", id, parts[i]);
		if (access(part, F_OK))
			return 0;
	}
	return 1;
}

/*
 * device_add_disk() of 5.10 returns no error, and a disk that it left incomplete can't
 * be removed again, so this is the last step.
 */
static void after_hot_add(int error, int injected)
{
	char text[16];

	ended = injected && !error && !is_whole(added);
	if (error || ended)
		return;
	snprintf(text, sizeof(text), "%d", added);
	write_file_or_die("/sys/class/zram-control/hot_remove", text);
}

static void knob(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "failslab/%s", name);
	write_file_or_die(path, value);
	snprintf(path, sizeof(path), DEBUG "fail_page_alloc/%s", name);
	write_file_or_die(path, value);
}

/* --- at random ----------------------------------------------------------- */

static void at_random(void)
{
	unsigned int n, bad = 0;

	/* only for this task, and only from the last line on */
	knob("task-filter", "Y");
	knob("interval", "1");
	knob("times", "-1");
	knob("probability", "20");
	write_file_or_die("/proc/self/make-it-fail", "1");
	for (n = 0; n < RANDOM_OPS; n++) {
		if (n % 97 == 0)
			bad += op_compact(n) != 0;
		bad += op_write(n * 7 + n / PAGES) != 0;
	}
	/* this, too, may take an allocation */
	for (n = 0; n < 1000 && write_file("/proc/self/make-it-fail", "0"); n++)
		;
	knob("probability", "0");
	failed += bad;
	report("faults_random: %u operations, %u errors\n", RANDOM_OPS, bad);
}

/* --- a backing device that fails ----------------------------------------- */

#define REQUESTS DEBUG "fail_make_request/"
#define ROUNDS 3

static int backing;

/* A reset releases it. */
static void claim_backing(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/zram%d", backing);
	write_file_or_die(ZRAM "backing_dev", path);
}

/* Another zram, so that nothing but its requests can fail. */
static void set_up_backing(void)
{
	char path[64];

	if (op_hot_add(0)) {
		report("error: no zram to be the backing device\n");
		exit(1);
	}
	backing = added;
	snprintf(path, sizeof(path), "/sys/block/zram%d/disksize", backing);
	write_file_or_die(path, "16M");
	sweep("backed_disksize", claim_backing, op_disksize, after_disksize);
	snprintf(path, sizeof(path), "/sys/block/zram%d/make-it-fail", backing);
	write_file_or_die(path, "1");
	claim_backing();
	write_file_or_die(ZRAM "disksize", "16M");
	write_file_or_die(REQUESTS "verbose", "0");
	write_file_or_die(REQUESTS "interval", "1");
	write_file_or_die(REQUESTS "times", "-1");
}

static void remove_backing(void)
{
	char path[64];

	write_file_or_die(ZRAM "reset", "1");
	snprintf(path, sizeof(path), "%d", backing);
	write_file_or_die("/sys/class/zram-control/hot_remove", path);
}

/* Returns how many can't be read; what can be read has to be right. */
static unsigned int read_all(void)
{
	unsigned int page, bad = 0;

	for (page = 0; page < PAGES; page++) {
		if (pread(device, buf, PAGE, (off_t)page * PAGE) == PAGE)
			check_page_is(page, buf);
		else
			bad++;
	}
	return bad;
}

static void with_backing(void)
{
	unsigned int round, page, writes = 0, reads = 0;
	unsigned long out = 0;

	set_up_backing();
	memset(generation, 0, sizeof(generation));
	device = open("/dev/zram0", O_RDWR | O_DIRECT);
	for (round = 0; round < ROUNDS; round++) {
		for (page = 0; page < PAGES; page++)
			if (write_page(page))
				report("error: page %u can't be written\n", page);
		write_file_or_die(ZRAM "idle", "all");
		write_file_or_die(REQUESTS "probability", "20");
		/* It returns the error, and continues. */
		writes += write_file(ZRAM "writeback", "idle") != 0;
		sscanf(read_file(ZRAM "bd_stat"), "%lu", &out);
		reads += read_all();
		write_file_or_die(REQUESTS "probability", "0");
		check_all();
	}
	close(device);
	failed += reads;
	report("faults_backing: %lu pages there at last, %u reads failed, %u of %u writebacks\n",
	     out, reads, writes, ROUNDS);
	if (!out || !reads)
		report("error: nothing failed on the backing device\n");
	remove_backing();
}

int main(void)
{
	unsigned int page;

	knob("ignore-gfp-wait", "N");
	knob("verbose", "0");
	write_file_or_die(DEBUG "fail_page_alloc/ignore-gfp-highmem", "N");
	write_file_or_die(DEBUG "fail_page_alloc/min-order", "0");
	if (posix_memalign((void **)&buf, PAGE, PAGE))
		return 1;

	disksize = open(ZRAM "disksize", O_WRONLY);
	compact = open(ZRAM "compact", O_WRONLY);
	reset = open(ZRAM "reset", O_WRONLY);
	hot_add = open("/sys/class/zram-control/hot_add", O_RDONLY);
	write_file_or_die(ZRAM "comp_algorithm", "lz4");
	sweep("disksize", NULL, op_disksize, after_disksize);
	sweep("reset", set_up_device, op_reset, after_reset);
	sweep("hot_add", NULL, op_hot_add, after_hot_add);

	write_file_or_die(ZRAM "disksize", "16M");
	device = open("/dev/zram0", O_RDWR | O_DIRECT);
	if (device < 0 || disksize < 0 || compact < 0) {
		report("error: no zram0\n");
		return 1;
	}
	sweep("first_write", NULL, op_write, NULL);
	for (page = 0; page < PAGES; page++)
		if (write_page(page))
			report("error: page %u can't be written\n", page);
	sweep("write", NULL, op_write, NULL);
	sweep("read", NULL, op_read, NULL);
	sweep("compact", NULL, op_compact, NULL);
	check_all();
	at_random();
	check_all();

	close(device);
	write_file_or_die(ZRAM "reset", "1");
	with_backing();
	report("faults_injected: %lu\nfaults_failed: %lu\nfaults_lost: %lu\n",
	       injected, failed, lost);
	return lost != 0;
}
