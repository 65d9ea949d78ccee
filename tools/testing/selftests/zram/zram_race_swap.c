// SPDX-License-Identifier: GPL-2.0
/* The case of zram_race that is about swap. */
#include "zram_race.h"

#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

/* --- one page swapped in twice -------------------------------------------
 *
 * CPU0				CPU1
 * faults on a page, reads it
 * past the swap cache
 *				faults on it, reads it, maps it, writes to it
 *				it is swapped out again, to the same slot
 * finds the same entry, and
 * maps what was there before
 *
 * It is the same slot because no other one is free.
 */
#define SLOTS	63
#define PAGE	20
#define NOISE	800

static unsigned char *area;

static unsigned char *page_at(unsigned long page)
{
	return area + page * zt_page;
}

static int push_out(unsigned long page, unsigned long pages)
{
	unsigned char vec[SLOTS];
	unsigned long i;

	if (madvise(page_at(page), pages * zt_page, MADV_PAGEOUT) ||
	    mincore(page_at(page), pages * zt_page, vec))
		return errno;
	for (i = 0; i < pages; i++)
		if (vec[i] & 1)
			return EAGAIN;
	return 0;
}

static int read_page(void *unused)
{
	(void)unused;
	(void)*(volatile unsigned char *)page_at(PAGE);
	return 0;
}

static int swap_out_all(void)
{
	unsigned long page;

	for (page = 0; page < SLOTS; page++)
		zt_fill_noise(page_at(page), page, 1, NOISE);
	return push_out(0, SLOTS);
}

static int swap_in_twice(void)
{
	struct zt_task t;
	int error;

	if (race_enter("swapin_read", &t, read_page, NULL))
		return KSFT_FAIL;
	race_shut();
	/* With the series this waits for the other one. */
	zt_fill_noise(page_at(PAGE), PAGE, 2, NOISE);
	error = push_out(PAGE, 1);
	zt_task_join(&t);
	if (error)
		return zt_fail("the page was not swapped out again: %s", strerror(error));
	zt_fill_noise(zt_buffer, PAGE, 2, NOISE);
	if (memcmp(page_at(PAGE), zt_buffer, zt_page))
		return zt_fail("what was written to the page is lost");
	return KSFT_PASS;
}

int race_swapin_twice(int id)
{
	size_t size = (size_t)SLOTS * zt_page;
	char disksize[32];
	int error, status;

	area = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return zt_fail("mmap: %s", strerror(errno));
	madvise(area, size, MADV_NOHUGEPAGE);
	snprintf(disksize, sizeof(disksize), "%zu", size + zt_page);
	error = zt_put(id, "disksize", disksize);
	if (!error)
		error = zt_swapon(id);
	if (error) {
		munmap(area, size);
		return zt_fail("swapon: %s", strerror(error));
	}
	error = swap_out_all();
	status = error ? zt_fail("swapping out: %s", strerror(error)) : swap_in_twice();
	munmap(area, size);
	error = zt_swapoff(id);
	return error && !status ? zt_fail("swapoff: %s", strerror(error)) : status;
}
