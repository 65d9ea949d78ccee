// SPDX-License-Identifier: GPL-2.0
/*
 * swapcost PAGES
 *
 * What it costs to swap one page out and in again.  Anonymous pages, half noise and
 * half pattern as zramcost's, are pushed out BATCH at a time by MADV_PAGEOUT and
 * read one by one.  Under QEMU's icount a nanosecond is an instruction; the figure
 * is all that the kernel executes for a page, the fault included.
 *
 * Prints:
 *	figure: swap_out N	the median of all batches, for one of its pages
 *	figure: swap_in N	the median of all pages
 *	lost: page N
 *	swap_pages: N		read and looked at
 * Status 1 if a page was lost or nothing was swapped.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "data.h"
#include "report.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define BATCH	32UL
#define ROUNDS	4

struct figure {
	uint64_t *sample;
	unsigned long samples;
};

static unsigned char *area;
static unsigned long pages, seen, lost;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("swapcost: mmap");
		exit(1);
	}
	return p;
}

static void make_page(uint64_t *to, unsigned long page, unsigned int round)
{
	uint64_t state = (uint64_t)page << 32 | round;
	uint64_t pattern = next(&state);
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] = i % 2 ? pattern : next(&state);
}

static void fill(unsigned int round)
{
	unsigned long page;

	for (page = 0; page < pages; page++)
		make_page((uint64_t *)(area + page * PAGE), page, round);
}

static void push_out(struct figure *f)
{
	unsigned long page;

	for (page = 0; page + BATCH <= pages; page += BATCH) {
		uint64_t began = now();

		if (madvise(area + page * PAGE, BATCH * PAGE, MADV_PAGEOUT)) {
			perror("swapcost: madvise");
			exit(1);
		}
		f->sample[f->samples++] = (now() - began) / BATCH;
	}
}

static unsigned long count_resident(void)
{
	unsigned long page, count = 0;
	unsigned char *vec = malloc(pages);

	if (!vec || mincore(area, pages * PAGE, vec)) {
		perror("swapcost: mincore");
		exit(1);
	}
	for (page = 0; page < pages; page++)
		count += vec[page] & 1;
	free(vec);
	return count;
}

static void read_all(struct figure *f, unsigned int round)
{
	static uint64_t want[WORDS];
	unsigned long page;

	for (page = 0; page < pages; page++) {
		volatile unsigned char *at = area + page * PAGE;
		uint64_t began;

		make_page(want, page, round);
		began = now();
		(void)*at;
		f->sample[f->samples++] = now() - began;
		seen++;
		if (memcmp(area + page * PAGE, want, PAGE) && lost++ < 10)
			report("lost: page %lu\n", page);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void report_figure(const char *name, struct figure *f)
{
	qsort(f->sample, f->samples, sizeof(*f->sample), compare);
	report("figure: %s %llu\n", name,
	     (unsigned long long)f->sample[f->samples / 2]);
}

int main(int argc, char **argv)
{
	struct sched_param priority = { .sched_priority = 1 };
	struct figure out = { 0 }, in = { 0 };
	unsigned long resident = 0;
	unsigned int round;

	pages = argc == 2 ? strtoul(argv[1], NULL, 10) / BATCH * BATCH : 0;
	if (!pages) {
		fprintf(stderr, "usage: swapcost PAGES (%lu at least)\n", BATCH);
		return 2;
	}
	out.sample = map(pages * ROUNDS * sizeof(*out.sample));
	in.sample = map(pages * ROUNDS * sizeof(*in.sample));
	if (mlockall(MCL_CURRENT) || sched_setscheduler(0, SCHED_FIFO, &priority))
		perror("swapcost");
	area = map(pages * PAGE);
	/* huge ones would be split in what is timed */
	madvise(area, pages * PAGE, MADV_NOHUGEPAGE);

	for (round = 0; round < ROUNDS; round++) {
		fill(round);
		push_out(&out);
		resident += count_resident();
		read_all(&in, round);
	}
	report_figure("swap_out", &out);
	report_figure("swap_in", &in);
	report("swap_pages: %lu\n", seen);
	/* a few may be kept by others for a moment */
	if (resident > seen / 100) {
		report("error: %lu of %lu pages were not swapped out\n", resident, seen);
		return 1;
	}
	return lost != 0;
}
