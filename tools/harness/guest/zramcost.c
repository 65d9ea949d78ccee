// SPDX-License-Identifier: GPL-2.0
/*
 * zramcost DEVICE PAGES
 *
 * What a read and a write of one page cost, past the page cache, on a zram device
 * of at least PAGES pages that is set up and not in use.  Each operation is
 * timed by itself; under QEMU's icount a nanosecond is an instruction, so that
 * the median is what the kernel executes for it, the system call included.
 *
 * Half of each page is noise and half a pattern, so that all have one size when
 * compressed and the figures do not mix short ways with long ones.  They take
 * turns word by word, as the fields of records do; and then, for what costs the
 * compressor least ("easy"), the noise is the first half of the page.  Each page is
 * written once before anything counts, then overwritten and read ROUNDS times, in
 * an order that is shuffled but always the same.  Pages are made and checked while
 * no clock runs.
 *
 * Then mm_stat is read again and again, and the device gets its size, some pages
 * and a reset, CYCLES times; it has no size in the end.
 *
 * Prints, NAME being read, write, easy_read, easy_write, mm_stat, disksize and
 * reset:
 *	lost: page N word I got XX want XX
 *	figure: NAME N		the median, in nanoseconds; and NAME_mean, NAME_max
 *	cost_empty: N		what a clock costs; no figure has it in it
 *	cost_pages: N		pages read and found to be right or wrong
 *	cost_wrong: N		of these
 * Status 1 if a page was wrong; or if the kernel refused something, and then
 * there are no figures.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "data.h"
#include "report.h"

#define ROUNDS		4
#define STATS		1000
#define CYCLES		10
#define CYCLE_PAGES	256UL
/* 1 GiB, which a long can still count. */
#define MAX_PAGES	(1UL << 18)
#define WRONG_SHOWN	10

struct figure {
	uint64_t *sample;
	unsigned long samples;
};

static const char *path;
static int device;
static unsigned long pages, seen, wrong;
static uint64_t *written, *got, want[WORDS];
static uint64_t empty;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- time ---------------------------------------------------------------- */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static uint64_t since(uint64_t began)
{
	uint64_t took = now() - began;

	return took > empty ? took - empty : 0;
}

/* --- figures ------------------------------------------------------------- */

/* All touched, so that no page fault comes from here later. */
static struct figure new_figure(unsigned long samples)
{
	struct figure f = { .sample = malloc(samples * sizeof(*f.sample)) };

	if (!f.sample)
		die("zramcost: memory");
	memset(f.sample, 1, samples * sizeof(*f.sample));
	return f;
}

static void add(struct figure *f, uint64_t took)
{
	f->sample[f->samples++] = took;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The upper one of two in the middle: a figure that was really there. */
static uint64_t median(struct figure *f)
{
	qsort(f->sample, f->samples, sizeof(*f->sample), compare);
	return f->sample[f->samples / 2];
}

static void report_figure(const char *name, struct figure *f)
{
	unsigned long long middle = median(f), sum = 0;
	unsigned long i;

	for (i = 0; i < f->samples; i++)
		sum += f->sample[i];
	report("figure: %s %llu\nfigure: %s_mean %llu\nfigure: %s_max %llu\n",
	     name, middle, name, sum / f->samples, name,
	     (unsigned long long)f->sample[f->samples - 1]);
	free(f->sample);
}

static void measure_empty(void)
{
	struct figure f = new_figure(STATS);
	unsigned int i;
	uint64_t began;

	for (i = 0; i < STATS; i++) {
		began = now();
		add(&f, since(began));
	}
	empty = median(&f);
	free(f.sample);
	report("cost_empty: %llu\n", (unsigned long long)empty);
}

/* --- one write, one read ------------------------------------------------- */

/* How many words are noise before as many are pattern. */
static unsigned int grain;

static void make_page(uint64_t *to, unsigned long page, unsigned int round)
{
	uint64_t state = (uint64_t)page << 32 | round;
	uint64_t pattern = next(&state);
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] = i / grain % 2 ? pattern : next(&state);
}

/* Returns how long it took. */
static uint64_t write_page(unsigned long page, unsigned int round)
{
	uint64_t began, took;
	ssize_t n;

	make_page(written, page, round);
	began = now();
	n = pwrite(device, written, PAGE, page * PAGE);
	took = since(began);
	if (n != PAGE)
		die("zramcost: write");
	return took;
}

static void check_page(unsigned long page, unsigned int round)
{
	unsigned int i = 0;

	make_page(want, page, round);
	seen++;
	if (!memcmp(got, want, PAGE) || wrong++ >= WRONG_SHOWN)
		return;
	while (got[i] == want[i])
		i++;
	report("lost: page %lu word %u got %016llx want %016llx\n", page, i,
	     (unsigned long long)got[i], (unsigned long long)want[i]);
}

static uint64_t read_page(unsigned long page, unsigned int round)
{
	uint64_t began, took;
	ssize_t n;

	began = now();
	n = pread(device, got, PAGE, page * PAGE);
	took = since(began);
	if (n != PAGE)
		die("zramcost: read");
	check_page(page, round);
	return took;
}

/* --- all of them --------------------------------------------------------- */

/* The next order, which depends on the earlier ones alone. */
static void shuffle(unsigned long *order)
{
	static uint64_t state = 1;
	unsigned long i;

	for (i = pages - 1; i; i--) {
		unsigned long other = next(&state) % (i + 1), page = order[i];

		order[i] = order[other];
		order[other] = page;
	}
}

static void measure_pages(const char *read, const char *write)
{
	struct figure reads = new_figure(pages * ROUNDS);
	struct figure writes = new_figure(pages * ROUNDS);
	unsigned long *order = calloc(pages, sizeof(*order)), i;
	unsigned int round;

	if (!order)
		die("zramcost: memory");
	for (i = 0; i < pages; i++) {
		order[i] = i;
		write_page(i, 0);
	}
	for (round = 1; round <= ROUNDS; round++) {
		shuffle(order);
		for (i = 0; i < pages; i++)
			add(&writes, write_page(order[i], round));
		shuffle(order);
		for (i = 0; i < pages; i++)
			add(&reads, read_page(order[i], round));
	}
	free(order);
	report_figure(read, &reads);
	report_figure(write, &writes);
}

/* --- attributes ---------------------------------------------------------- */

static int open_attr(const char *name, int flags)
{
	char attr[128];
	int fd;

	snprintf(attr, sizeof(attr), "/sys/block/%s/%s", basename(path), name);
	fd = open(attr, flags);
	if (fd < 0)
		die(attr);
	return fd;
}

/* Only the write: a task that asks often has the file open. */
static uint64_t write_file(int attr, const char *text)
{
	ssize_t length = strlen(text), n;
	uint64_t began = now(), took;

	n = pwrite(attr, text, length, 0);
	took = since(began);
	if (n != length)
		die("zramcost: disksize or reset");
	return took;
}

static void measure_stats(void)
{
	struct figure f = new_figure(STATS);
	int attr = open_attr("mm_stat", O_RDONLY);
	unsigned int i;
	char text[256];

	for (i = 0; i < STATS; i++) {
		uint64_t began = now();
		ssize_t n = pread(attr, text, sizeof(text), 0);

		add(&f, since(began));
		if (n <= 0)
			die("mm_stat");
	}
	close(attr);
	report_figure("mm_stat", &f);
}

/* --- the device ---------------------------------------------------------- */

/* Returns its size in bytes. */
static unsigned long long open_device(void)
{
	off_t size;

	device = open(path, O_RDWR | O_DIRECT);
	if (device < 0)
		die(path);
	size = lseek(device, 0, SEEK_END);
	if (size < (off_t)(pages * PAGE)) {
		fprintf(stderr, "%s: is too small\n", path);
		exit(1);
	}
	return size;
}

/* The first reset ends what the other figures had, and counts for nothing. */
static void measure_cycles(unsigned long long size)
{
	struct figure disksizes = new_figure(CYCLES), resets = new_figure(CYCLES);
	int disksize = open_attr("disksize", O_WRONLY);
	int reset = open_attr("reset", O_WRONLY);
	unsigned long page;
	unsigned int cycle;
	char text[32];

	snprintf(text, sizeof(text), "%llu", size);
	write_file(reset, "1");
	for (cycle = 0; cycle < CYCLES; cycle++) {
		add(&disksizes, write_file(disksize, text));
		open_device();
		for (page = 0; page < CYCLE_PAGES; page++)
			write_page(page, cycle);
		/* a device in use is not reset */
		close(device);
		add(&resets, write_file(reset, "1"));
	}
	close(disksize);
	close(reset);
	report_figure("disksize", &disksizes);
	report_figure("reset", &resets);
}

/* --- the program --------------------------------------------------------- */

/*
 * The work of other tasks must not be in the figures.  With this, only interrupts are,
 * and the median has none of them.
 */
static void be_first(void)
{
	struct sched_param priority = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &priority))
		die("zramcost: SCHED_FIFO");
}

static uint64_t *new_page(void)
{
	uint64_t *page = aligned_alloc(PAGE, PAGE);

	if (!page)
		die("zramcost: memory");
	memset(page, 0, PAGE);
	return page;
}

int main(int argc, char **argv)
{
	unsigned long long size;

	pages = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (pages < CYCLE_PAGES || pages > MAX_PAGES) {
		fprintf(stderr, "usage: zramcost DEVICE PAGES (%lu to %lu)\n",
			CYCLE_PAGES, MAX_PAGES);
		return 2;
	}
	path = argv[1];
	written = new_page();
	got = new_page();
	size = open_device();

	be_first();
	measure_empty();
	grain = 1;
	measure_pages("read", "write");
	grain = WORDS / 2;
	measure_pages("easy_read", "easy_write");
	measure_stats();
	close(device);
	measure_cycles(size);
	report("cost_pages: %lu\ncost_wrong: %lu\n", seen, wrong);
	return wrong != 0;
}
