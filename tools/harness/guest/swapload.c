// SPDX-License-Identifier: GPL-2.0
/*
 * swapload ID PAGES SEED CORRUPT [words] - more anonymous memory than there is RAM
 *
 * Fills PAGES pages, reads, rewrites and drops some at random, reads them all.
 * What a page must hold follows from (seed, id, page, generation) alone, so
 * each byte that comes back from swap is checked against something that never
 * was there.  One thread only: on 5.10 two threads that fault one entry of a
 * synchronous swap device may lose the page, which is not what is tested.
 *
 * With "words" each fourth word of a page is noise, as the fields of records may be; else
 * see fill_page().
 *
 * Prints, one write a line:
 *	progress: swap PERCENT			(id 0 only)
 *	lost: load ID page N offset O got XX want XX
 *	loadID_verified: N
 *	loadID_lost: N
 * CORRUPT=1 flips one bit of one page behind the verifier's back, which must then
 * report that page and no other.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "data.h"
#include "report.h"

#define LOST_SHOWN	10
/* Pages dropped by one madvise(). */
#define BATCH		16UL

static unsigned int id;
static unsigned long pages;
static uint64_t seed;
static int words;

static unsigned char *area;
/* Per page: 0 = must read as zeros.  Locked, or it could be lost itself. */
static unsigned char *generation;

static unsigned long steps, total_steps, verified, lost;

static void step(void)
{
	unsigned long before = steps++ * 100 / total_steps;
	unsigned long now = steps * 100 / total_steps;

	if (id == 0 && now != before)
		report("progress: swap %lu\n", now);
}

static void make_page(uint64_t *to, unsigned long page, unsigned int gen)
{
	uint64_t state = seed ^ ((uint64_t)id << 56) ^ ((uint64_t)gen << 40) ^ page;
	unsigned int noise;

	if (gen == 0) {
		memset(to, 0, PAGE);
		return;
	}
	if (words) {
		fill_page_by_words(to, &state);
		return;
	}
	noise = noise_words(next(&state));
	fill_page(to, noise, &state);
}

static void *address(unsigned long page)
{
	return area + page * PAGE;
}

static void write_page(unsigned long page)
{
	/* 0 is taken. */
	if (++generation[page] == 0)
		generation[page] = 1;
	make_page(address(page), page, generation[page]);
}

/* A lost page is reported, then restored, so that it counts once. */
static void verify_page(unsigned long page)
{
	static uint64_t want[WORDS];
	const unsigned char *w = (unsigned char *)want, *g = address(page);
	unsigned int i = 0;

	make_page(want, page, generation[page]);
	verified++;
	if (memcmp(g, w, PAGE) == 0)
		return;
	while (i < PAGE - 1 && g[i] == w[i])
		i++;
	if (lost++ < LOST_SHOWN)
		report("lost: load %u page %lu offset %u got %02x want %02x\n",
		    id, page, i, g[i], w[i]);
	memcpy(address(page), want, PAGE);
}

static void drop(unsigned long first)
{
	unsigned long i;

	if (first > pages - BATCH)
		first = pages - BATCH;
	for (i = first; i < first + BATCH; i++)
		generation[i] = 0;
	if (madvise(address(first), BATCH * PAGE, MADV_DONTNEED))
		perror("swapload: madvise");
}

static void fill(void)
{
	unsigned long page;

	for (page = 0; page < pages; page++, step())
		write_page(page);
}

static void verify_all(void)
{
	unsigned long page;

	for (page = 0; page < pages; page++, step())
		verify_page(page);
}

/* Frees and allocations of many sizes in random order: holes for compaction. */
static void churn(unsigned long rounds)
{
	uint64_t state = seed + id;

	for (; rounds; rounds--, step()) {
		uint64_t random = next(&state);
		unsigned long page = random % pages;

		verify_page(page);
		if (random >> 56 == 0)
			drop(page);
		else if (random >> 62)
			write_page(page);
	}
}

static void *map(unsigned long size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("swapload: mmap");
		exit(2);
	}
	return p;
}

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 6)
		return 2;
	words = argc == 6 && !strcmp(argv[5], "words");
	id = strtoul(argv[1], NULL, 0);
	pages = strtoul(argv[2], NULL, 0);
	seed = strtoull(argv[3], NULL, 0);
	if (pages < BATCH)
		return 2;

	generation = map(pages);
	/* Only what is mapped so far: the program and its book-keeping. */
	if (mlockall(MCL_CURRENT))
		perror("swapload: mlockall");
	area = map(pages * PAGE);
	total_steps = pages + pages / 2 + pages;

	fill();
	churn(pages / 2);
	if (strtoul(argv[4], NULL, 0))
		area[pages / 2 * PAGE + 1234] ^= 0x40;
	verify_all();

	report("load%u_verified: %lu\n", id, verified);
	report("load%u_lost: %lu\n", id, lost);
	return lost ? 1 : 0;
}
