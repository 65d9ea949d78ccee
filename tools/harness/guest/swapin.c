// SPDX-License-Identifier: GPL-2.0
/*
 * swapin PAGES
 *
 * How long a thread waits for a page that other threads swap in as well.  PAGES pages are
 * pushed out by MADV_PAGEOUT.  One, two and four threads wait for each other and read
 * the same page, then the next.  What counts is the thread that has it last.
 *
 * Prints for each number T of threads:
 *	figure: swapinT_p50 N	nanoseconds from the barrier's end until the last one has
 *				read the page, of its own clock
 *	figure: swapinT_p99 N
 *	figure: swapinT_max N
 * for T above one also
 *	figure: swapinT_ratio F	its p99 divided by that of one thread
 * and
 *	lost: page N
 *	swapin_pages: N		read and looked at by all threads
 * Status 1 if a page was lost or was not swapped out.
 */
#include <pthread.h>
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

#define MAX_THREADS	4

static unsigned char *area;
static unsigned long pages, seen, lost;
static unsigned int threads;
/* Arrivals at the barrier since the start. */
static unsigned long arrived;
/* Of each page, by thread. */
static uint64_t *took[MAX_THREADS];

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
		perror("swapin: mmap");
		exit(1);
	}
	return p;
}

static void make_page(uint64_t *to, unsigned long page)
{
	uint64_t state = (uint64_t)page << 32 | threads;

	fill_page(to, WORDS / 2, &state);
}

/* Spins, as a sleeping thread would come too late; yields if there are not enough CPUs. */
static void meet(unsigned long round)
{
	unsigned long all = (round + 1) * threads;
	unsigned int spins = 0;

	__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < all)
		if (++spins % 1000 == 0)
			sched_yield();
}

static void *read_all(void *arg)
{
	uint64_t *result = arg, began;
	unsigned long page;

	for (page = 0; page < pages; page++) {
		volatile unsigned char *at = area + page * PAGE;

		meet(page);
		began = now();
		(void)*at;
		result[page] = now() - began;
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The longest of each page goes to took[0].  Returns the p99. */
static uint64_t report_figures(void)
{
	uint64_t *worst = took[0];
	unsigned long page;
	unsigned int i;

	for (i = 1; i < threads; i++)
		for (page = 0; page < pages; page++)
			if (took[i][page] > worst[page])
				worst[page] = took[i][page];
	qsort(worst, pages, sizeof(*worst), compare);
	report("figure: swapin%u_p50 %llu\n", threads, (unsigned long long)worst[pages / 2]);
	report("figure: swapin%u_p99 %llu\n", threads, (unsigned long long)worst[pages * 99 / 100]);
	report("figure: swapin%u_max %llu\n", threads, (unsigned long long)worst[pages - 1]);
	return worst[pages * 99 / 100];
}

static unsigned long count_resident(void)
{
	unsigned long page, count = 0;
	unsigned char *vec = malloc(pages);

	if (!vec || mincore(area, pages * PAGE, vec)) {
		perror("swapin: mincore");
		exit(1);
	}
	for (page = 0; page < pages; page++)
		count += vec[page] & 1;
	free(vec);
	return count;
}

static void check_all(void)
{
	static uint64_t want[WORDS];
	unsigned long page;

	for (page = 0; page < pages; page++, seen++) {
		make_page(want, page);
		if (memcmp(area + page * PAGE, want, PAGE) && lost++ < 10)
			report("lost: page %lu\n", page);
	}
}

static uint64_t measure(void)
{
	pthread_t thread[MAX_THREADS];
	unsigned long page, resident;
	unsigned int i;

	for (page = 0; page < pages; page++)
		make_page((uint64_t *)(area + page * PAGE), page);
	if (madvise(area, pages * PAGE, MADV_PAGEOUT)) {
		perror("swapin: madvise");
		exit(1);
	}
	/* A few may be kept by others for a moment. */
	resident = count_resident();
	if (resident > pages / 100) {
		report("error: %lu of %lu pages were not swapped out\n", resident, pages);
		exit(1);
	}
	arrived = 0;
	for (i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, read_all, took[i]))
			exit(1);
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	check_all();
	return report_figures();
}

int main(int argc, char **argv)
{
	static const unsigned int counts[] = { 1, 2, 4 };
	uint64_t single = 0, p99;
	unsigned int i;

	pages = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	if (pages < 100) {
		fprintf(stderr, "usage: swapin PAGES (100 at least)\n");
		return 2;
	}
	area = map(pages * PAGE);
	madvise(area, pages * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < MAX_THREADS; i++)
		took[i] = map(pages * sizeof(*took[i]));
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		threads = counts[i];
		p99 = measure();
		if (!single)
			single = p99;
		else
			report("figure: swapin%u_ratio %.2f\n", threads, (double)p99 / single);
	}
	report("swapin_pages: %lu\n", seen);
	return lost != 0;
}
