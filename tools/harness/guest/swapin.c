// SPDX-License-Identifier: GPL-2.0
/*
 * swapin PAGES
 *
 * How long a task waits for a page that another task swaps in.  PAGES pages are pushed out
 * by MADV_PAGEOUT.  A thread of normal priority reads one after the other.  Others, of
 * SCHED_FIFO, wake up within the time that a swap-in takes, and so preempt it in the middle
 * of that, and read the same page.  Under QEMU's icount, with one CPU, a nanosecond is an
 * instruction.
 *
 * Prints for one, two and four threads T, of T = 1 of the thread itself and else of the
 * others:
 *	figure: swapinT_p50 N	nanoseconds of the read
 *	figure: swapinT_p99 N
 *	figure: swapinT_max N
 * for T above one also
 *	figure: swapinT_ratio F	its p99 divided by that of one thread
 * and
 *	lost: page N
 *	swapin_pages: N		read and looked at
 * Status 1 if a page was lost or was not swapped out.
 */
#include <errno.h>
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

#define MAX_OTHERS	3
/* Until the others sleep. */
#define LEAD		200000

static unsigned char *area;
static unsigned long pages, seen, lost;
static unsigned int threads;
/* How long a swap-in takes. */
static uint64_t single_p50;
/* What the others read next, and when the thread begins to. */
static unsigned long page_now;
static uint64_t begin_at;
static pthread_barrier_t ready, over;
/* One row for each thread. */
static uint64_t *took;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void sleep_until(uint64_t at)
{
	struct timespec t = { .tv_sec = at / 1000000000, .tv_nsec = at % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
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

static uint64_t read_page(unsigned long page)
{
	volatile unsigned char *at = area + page * PAGE;
	uint64_t began = now();

	(void)*at;
	return now() - began;
}

/* --- threads -------------------------------------------------------------- */

static void *read_as_other(void *arg)
{
	struct sched_param priority = { .sched_priority = 1 };
	uint64_t *result = arg, state = (uintptr_t)arg;
	unsigned long page;

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority))
		perror("swapin: SCHED_FIFO");
	for (page = 0; page < pages; page++) {
		pthread_barrier_wait(&ready);
		sleep_until(begin_at + next(&state) % single_p50);
		result[page] = read_page(page_now);
		pthread_barrier_wait(&over);
	}
	return NULL;
}

/* The others sleep when begin_at comes. */
static void read_all(uint64_t *result)
{
	unsigned long page;

	for (page = 0; page < pages; page++) {
		page_now = page;
		begin_at = now() + LEAD;
		if (threads > 1)
			pthread_barrier_wait(&ready);
		while (now() < begin_at)
			;
		result[page] = read_page(page);
		if (threads > 1)
			pthread_barrier_wait(&over);
	}
}

/* --- results -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Returns the p99. */
static uint64_t report_figures(uint64_t *sample, unsigned long samples)
{
	uint64_t p99;

	qsort(sample, samples, sizeof(*sample), compare);
	p99 = sample[samples * 99 / 100];
	report("figure: swapin%u_p50 %llu\n", threads, (unsigned long long)sample[samples / 2]);
	report("figure: swapin%u_p99 %llu\n", threads, (unsigned long long)p99);
	report("figure: swapin%u_max %llu\n", threads, (unsigned long long)sample[samples - 1]);
	if (threads == 1)
		single_p50 = sample[samples / 2];
	return p99;
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

static void push_out(void)
{
	unsigned long page, resident;

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
	unsigned int others = threads - 1, i;
	pthread_t other[MAX_OTHERS];

	push_out();
	pthread_barrier_init(&ready, NULL, threads);
	pthread_barrier_init(&over, NULL, threads);
	for (i = 0; i < others; i++)
		if (pthread_create(&other[i], NULL, read_as_other, took + (i + 1) * pages))
			exit(1);
	read_all(took);
	for (i = 0; i < others; i++)
		pthread_join(other[i], NULL);
	check_all();
	return others ? report_figures(took + pages, others * pages) : report_figures(took, pages);
}

int main(int argc, char **argv)
{
	static const unsigned int counts[] = { 1, 2, MAX_OTHERS + 1 };
	uint64_t single = 0, p99;
	unsigned int i;

	pages = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	if (pages < 100) {
		fprintf(stderr, "usage: swapin PAGES (100 at least)\n");
		return 2;
	}
	area = map(pages * PAGE);
	madvise(area, pages * PAGE, MADV_NOHUGEPAGE);
	took = map((MAX_OTHERS + 1) * pages * sizeof(*took));
	memset(took, 0, (MAX_OTHERS + 1) * pages * sizeof(*took));
	for (i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		threads = counts[i];
		p99 = measure();
		if (threads == 1)
			single = p99;
		else
			report("figure: swapin%u_ratio %.2f\n", threads, (double)p99 / single);
	}
	report("swapin_pages: %lu\n", seen);
	return lost != 0;
}
