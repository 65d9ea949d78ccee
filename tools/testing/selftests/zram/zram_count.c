// SPDX-License-Identifier: GPL-2.0
/*
 * zram_count - no counter is ever below zero or above what is possible
 *
 * Two writers replace and discard the same pages, which are incompressible, filled
 * with one word or neither, while others read mm_stat and bd_stat.  A page that is
 * subtracted before it was added makes a counter wrap around for a moment.  In the end
 * all pages are discarded, and what counts pages is zero.
 */
#include "zram_test.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#define PAGES		8
#define LOOP_BYTES	(16UL << 20)
/* More than there are of anything: bytes, blocks, pages. */
#define PLENTY		1000000000000ULL

enum { ORIG, COMPR, MEM_USED, LIMIT, MAX_USED, SAME, COMPACTED, HUGE, HUGE_SINCE, MM_STATS };

static const char * const mm_names[MM_STATS] = {
	"orig_data_size", "compr_data_size", "mem_used_total", "mem_limit", "mem_used_max",
	"same_pages", "pages_compacted", "huge_pages", "huge_pages_since"
};

static int device, disk;

/* --- reading ------------------------------------------------------------- */

/* Returns how many numbers there are; a negative one is a large one here. */
static unsigned int get_numbers(const char *attr, unsigned long long *number, unsigned int most)
{
	char text[512], *from = text, *to;
	unsigned int n;

	if (zt_get(device, attr, text, sizeof(text)))
		return 0;
	for (n = 0; n < most; n++, from = to) {
		number[n] = strtoull(from, &to, 10);
		if (to == from)
			break;
	}
	return n;
}

static unsigned long long most_of(unsigned int stat)
{
	switch (stat) {
	case ORIG:
	case COMPR:
		return PAGES * zt_page;
	case LIMIT:
		return 0;
	case SAME:
	case HUGE:
		return PAGES;
	default:
		return PLENTY;
	}
}

static int step_mm_stat(struct zt_worker *w)
{
	unsigned long long number[MM_STATS];
	unsigned int n = get_numbers("mm_stat", number, MM_STATS), i;

	(void)w;
	if (n < HUGE + 1)
		return zt_wrong("mm_stat has %u numbers", n);
	for (i = 0; i < n; i++)
		if (number[i] > most_of(i))
			return zt_wrong("mm_stat: %s is %llu", mm_names[i], number[i]);
	return 0;
}

static int step_bd_stat(struct zt_worker *w)
{
	unsigned long long number[3] = { 0 };
	unsigned int n = get_numbers("bd_stat", number, 3);

	(void)w;
	if (n < 3)
		return zt_wrong("bd_stat has %u numbers", n);
	if (number[0] > LOOP_BYTES / 4096)
		return zt_wrong("bd_stat: bd_count is %llu", number[0]);
	if (number[1] > PLENTY || number[2] > PLENTY)
		return zt_wrong("bd_stat: %llu reads, %llu writes", number[1], number[2]);
	return 0;
}

/* --- writing ------------------------------------------------------------- */

static int discard(unsigned long page, unsigned long pages)
{
	uint64_t range[2] = { page * zt_page, pages * zt_page };

	return ioctl(disk, BLKDISCARD, range) ? errno : 0;
}

static int step_write(struct zt_worker *w)
{
	unsigned long page = zt_random(w) % PAGES;

	if (zt_random(w) % 4 == 0)
		return discard(page, 1);
	return zt_write_page(disk, page, zt_generation());
}

/* Both writers have the same page most of the time, as it has to change hands quickly. */
static int step_write_one(struct zt_worker *w)
{
	int error;

	switch (zt_random(w) % 4) {
	case 0:
		return discard(0, 1);
	case 1:
		return zt_write_noise(disk, 0, zt_generation(), zt_page);
	case 2:
		memset(zt_buffer, 0x11, zt_page);
		error = pwrite(disk, zt_buffer, zt_page, 0) < 0 ? errno : 0;
		return error;
	default:
		return zt_write_noise(disk, 0, zt_generation(), 64);
	}
}

static int step_write_back(struct zt_worker *w)
{
	return zt_write_back(w->id);
}

/* --- cases --------------------------------------------------------------- */

static int run(struct zt_worker *w, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		w[i].id = device;
	return zt_storm_case(w, count, zt_seconds() * 1000);
}

static int one_page(void)
{
	struct zt_worker w[] = {
		{ .name = "write", .step = step_write_one },
		{ .name = "write, too", .step = step_write_one },
		{ .name = "mm_stat", .step = step_mm_stat },
	};

	return run(w, ARRAY_SIZE(w));
}

static int some_pages(void)
{
	struct zt_worker w[] = {
		{ .name = "write", .step = step_write },
		{ .name = "write, too", .step = step_write },
		{ .name = "compact", .step = zt_step_compact, .pause = 1000 },
		{ .name = "mm_stat", .step = step_mm_stat },
	};

	return run(w, ARRAY_SIZE(w));
}

static int with_writeback(void)
{
	struct zt_worker w[] = {
		{ .name = "write", .step = step_write },
		{ .name = "write, too", .step = step_write },
		{ .name = "writeback", .step = step_write_back, .pause = 500, .optional = 1 },
		{ .name = "mm_stat", .step = step_mm_stat, .pause = 20 },
		{ .name = "bd_stat", .step = step_bd_stat, .pause = 20 },
	};

	return run(w, ARRAY_SIZE(w));
}

static int nothing_is_left(void)
{
	static const unsigned int zero[] = { ORIG, COMPR, SAME, HUGE };
	unsigned long long number[MM_STATS] = { 0 };
	int error = discard(0, PAGES);
	unsigned int i;

	if (error)
		return zt_fail("discard: %s", strerror(error));
	if (get_numbers("mm_stat", number, MM_STATS) < HUGE + 1)
		return zt_fail("mm_stat has too few numbers");
	for (i = 0; i < ARRAY_SIZE(zero); i++)
		if (number[zero[i]])
			return zt_fail("%s is %llu", mm_names[zero[i]], number[zero[i]]);
	number[0] = 0;
	if (zt_has_attr(device, "bd_stat") && (!get_numbers("bd_stat", number, 1) || number[0]))
		return zt_fail("bd_count is %llu", number[0]);
	return KSFT_PASS;
}

int main(void)
{
	char backing[64], size[32];
	int loop = -ENODEV, error = 0;

	zt_begin();
	ksft_set_plan(6);
	device = zt_add();
	if (zt_has_attr(device, "backing_dev"))
		loop = zt_loop_open(LOOP_BYTES, backing, sizeof(backing));
	if (loop >= 0)
		error = zt_put(device, "backing_dev", backing);
	snprintf(size, sizeof(size), "%u", PAGES * zt_page);
	if (!error)
		error = zt_put(device, "disksize", size);
	disk = error ? -error : zt_open(device, O_RDWR | O_DIRECT);
	if (disk < 0)
		ksft_exit_fail_msg("set-up: %s\n", strerror(-disk));
	zt_result(one_page(), "counters_while_one_page_changes");
	zt_result(some_pages(), "counters_while_pages_change");
	zt_result(loop < 0 ? zt_skip("no writeback or no loop device") : with_writeback(),
		  "counters_during_writeback");
	zt_result(nothing_is_left(), "counters_are_zero_after_discard");
	close(disk);
	zt_result(zt_works_and_goes(device), "device_works_afterwards");
	if (loop >= 0)
		close(loop);
	return zt_end();
}
