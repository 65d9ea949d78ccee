// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_race that are about swap. */
#include "zram_race.h"

#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define NOISE	800

static unsigned char *area;

static unsigned char *page_at(unsigned long page)
{
	return area + page * zt_page;
}

/* A case: an area of so many pages, and a slot for each */
static int with_swap(int id, unsigned long pages, int (*run)(void))
{
	size_t size = pages * zt_page;
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
	status = run();
	munmap(area, size);
	error = zt_swapoff(id);
	return error && !status ? zt_fail("swapoff: %s", strerror(error)) : status;
}

static void fill(unsigned long pages, uint32_t generation)
{
	unsigned long page;

	for (page = 0; page < pages; page++)
		zt_fill_noise(page_at(page), page, generation, NOISE);
}

static int is_intact(unsigned long page, uint32_t generation)
{
	zt_fill_noise(zt_buffer, page, generation, NOISE);
	return !memcmp(page_at(page), zt_buffer, zt_page);
}

/* --- one page swapped in twice -------------------------------------------
 *
 * CPU0				CPU1
 * faults on a page, reads it
 * past the swap cache
 *				faults on it, reads it, maps it, writes to it
 *				swaps it out again, to the same slot
 * finds the same entry, and
 * maps what was there before
 *
 * It is the same slot because no other one is free.
 */
#define SLOTS	63
#define PAGE	20

static int push_out_once(unsigned long page, unsigned long pages)
{
	unsigned char vec[SLOTS], resident = 0;
	unsigned long i;

	if (madvise(page_at(page), pages * zt_page, MADV_PAGEOUT) ||
	    mincore(page_at(page), pages * zt_page, vec))
		return errno;
	for (i = 0; i < pages; i++)
		resident |= vec[i] & 1;
	return resident ? EAGAIN : 0;
}

/* The kernel may hold a page for a moment. */
static int push_out(unsigned long page, unsigned long pages)
{
	unsigned int tries = 0;
	int error;

	while ((error = push_out_once(page, pages)) == EAGAIN && tries++ < 20 * zt_slow())
		zt_sleep(1);
	return error;
}

static int read_page(void *unused)
{
	(void)unused;
	asm volatile("" : : "r" (*page_at(PAGE)));
	return 0;
}

static int swap_in_twice(void)
{
	struct zt_task t;
	int error;

	fill(SLOTS, 1);
	error = push_out(0, SLOTS);
	if (error)
		return zt_fail("swapping out: %s", strerror(error));
	if (race_enter("swapin_read", &t, read_page, NULL))
		return KSFT_FAIL;
	race_shut();
	/* With the series this waits for the other one. */
	zt_fill_noise(page_at(PAGE), PAGE, 2, NOISE);
	error = push_out(PAGE, 1);
	zt_task_join(&t);
	if (error)
		return zt_fail("the page was not swapped out again: %s", strerror(error));
	return is_intact(PAGE, 2) ? KSFT_PASS :
	       zt_fail("what was written to the page is lost");
}

int race_swapin_twice(int id)
{
	return with_swap(id, SLOTS, swap_in_twice);
}

/* --- a slot used again while zswap writes its page back ------------------
 *
 * CPU0 (worker of zswap)	CPU1
 * finds the entry of a page
 *				frees the page; another one is written to
 *				its slot
 * decompresses the entry to
 * a page of the swap cache
 *				reads its page, and gets the old one
 */
#define ZSWAP	"/sys/module/zswap/parameters/"
/* CPUs keep some of the slots that are freed for themselves, not the first */
#define PAGES	255
#define HELD	200

static struct zt_param zswap[] = {
	{ .path = ZSWAP "zpool", .value = "zbud" },
	{ .path = ZSWAP "max_pool_percent", .value = "20" },
	{ .path = ZSWAP "enabled", .value = "1" },
};

/* One more page, and no room for it: a worker makes some. */
static int make_full(void *unused)
{
	(void)unused;
	if (zt_put_file(ZSWAP "max_pool_percent", "0", 1) ||
	    madvise(page_at(HELD), zt_page, MADV_PAGEOUT))
		return errno;
	zt_sleep(500 * zt_slow());
	return 0;
}

static int use_slot_again(void)
{
	unsigned long page, wrong = 0;
	struct zt_task t;

	fill(HELD + 1, 1);
	if (madvise(area, HELD * zt_page, MADV_PAGEOUT))
		return zt_fail("swapping out: %s", strerror(errno));
	if (race_enter("zswap_writeback", &t, make_full, NULL))
		return KSFT_FAIL;
	race_shut();
	madvise(area, HELD * zt_page, MADV_DONTNEED);
	fill(PAGES, 2);
	madvise(area, PAGES * zt_page, MADV_PAGEOUT);
	zt_task_join(&t);
	zt_sleep(race_delay_ms() + 500 * zt_slow());
	for (page = 0; page < PAGES; page++)
		wrong += !is_intact(page, 2);
	return wrong ? zt_fail("%lu pages have what others had before", wrong) : KSFT_PASS;
}

int race_zswap_writeback(int id)
{
	const char *missing = zt_set_params(zswap, ARRAY_SIZE(zswap));
	int status = missing ? zt_skip("can't set %s", missing) :
		     with_swap(id, PAGES, use_slot_again);

	zt_restore_params(zswap, ARRAY_SIZE(zswap));
	return status;
}
