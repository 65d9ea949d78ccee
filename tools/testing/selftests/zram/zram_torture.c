// SPDX-License-Identifier: GPL-2.0
/*
 * zram_torture - all at once, for as long as one likes
 *
 * One device stays open, and threads write, read and discard blocks of it, one or
 * several at a time, while it is compacted, written back and limited, and its
 * statistics are read.  Another one is swapped to, a third is reset and sized over
 * and over, and more of them come and go.  Every byte that is read is compared.
 *
 *	ZRAM_SECONDS=1800 ./zram_torture
 *
 * A block is 4096 bytes, and so a part of a page where pages are larger.  Two writes
 * to one page exclude each other here, as zram reads and writes all of it for each.
 */
#include "zram_test.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define BLOCK		4096U
#define BLOCKS		1024
#define MAX_RUN		4
#define LOOP_BYTES	(16UL * 1024 * 1024)
#define SWAP_BYTES	(1024UL * 1024)

/* --- the device that stays ------------------------------------------------ */

static struct block {
	pthread_mutex_t lock;
	/* 0 while the block is empty */
	uint32_t generation;
} blocks[BLOCKS];

static int fd;
static unsigned long discarded, written_back, split, seen_used;
static unsigned int blocks_in_page;

static int is_empty(const unsigned char *block)
{
	return !block[0] && !memcmp(block, block + 1, BLOCK - 1);
}

static int check_blocks(unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		const unsigned char *got = zt_buffer + i * BLOCK;
		uint32_t generation = blocks[first + i].generation;

		if (!generation && is_empty(got))
			continue;
		if (zt_check(got, first + i, generation))
			return ZT_WRONG;
	}
	return 0;
}

static int read_blocks(unsigned int first, unsigned int count)
{
	ssize_t size = count * BLOCK;

	memset(zt_buffer, 0xee, size);
	if (pread(fd, zt_buffer, size, (off_t)first * BLOCK) != size)
		return ZT_WRONG;
	return check_blocks(first, count);
}

/*
 * After a write that failed, some blocks may be new and some old; but no block may
 * hold what was meant for another.
 */
static int sort_out(unsigned int first, unsigned int count, uint32_t generation)
{
	unsigned int i;

	for (i = first; i < first + count; i++) {
		uint32_t before = blocks[i].generation;

		if (!read_blocks(i, 1))
			continue;
		blocks[i].generation = generation;
		if (read_blocks(i, 1)) {
			blocks[i].generation = before;
			return ZT_WRONG;
		}
	}
	__atomic_add_fetch(&split, 1, __ATOMIC_RELAXED);
	return 0;
}

static int write_blocks(unsigned int first, unsigned int count)
{
	uint32_t generation = zt_generation();
	ssize_t size = count * BLOCK;
	unsigned int i;
	int error;

	for (i = 0; i < count; i++)
		zt_fill(zt_buffer + i * BLOCK, first + i, generation);
	if (pwrite(fd, zt_buffer, size, (off_t)first * BLOCK) != size) {
		error = errno;
		return sort_out(first, count, generation) ?: error;
	}
	for (i = 0; i < count; i++)
		blocks[first + i].generation = generation;
	return 0;
}

/* A page that is discarded in part keeps what it holds. */
static int discard_blocks(unsigned int first, unsigned int count)
{
	uint64_t range[2] = { (uint64_t)first * BLOCK, (uint64_t)count * BLOCK };
	unsigned int i;

	if (blocks_in_page > 1)
		return read_blocks(first, count);
	if (ioctl(fd, BLKDISCARD, range))
		return errno;
	for (i = 0; i < count; i++)
		blocks[first + i].generation = 0;
	__atomic_add_fetch(&discarded, 1, __ATOMIC_RELAXED);
	return 0;
}

static int do_blocks(struct zt_worker *w, unsigned int first, unsigned int count)
{
	switch (zt_random(w) % 8) {
	case 0:
		return discard_blocks(first, count);
	case 1:
	case 2:
	case 3:
		return write_blocks(first, count);
	default:
		return read_blocks(first, count);
	}
}

/* Of the first block in its page. */
static pthread_mutex_t *lock_of(unsigned int block)
{
	return &blocks[block - block % blocks_in_page].lock;
}

static int step_io(struct zt_worker *w)
{
	unsigned int count = 1 + zt_random(w) % MAX_RUN, i;
	unsigned int first = zt_random(w) % (BLOCKS - MAX_RUN + 1);
	int error;

	for (i = first; i < first + count; i++)
		if (i == first || lock_of(i) != lock_of(i - 1))
			pthread_mutex_lock(lock_of(i));
	error = do_blocks(w, first, count);
	for (i = first; i < first + count; i++)
		if (i == first || lock_of(i) != lock_of(i - 1))
			pthread_mutex_unlock(lock_of(i));
	return error;
}

static int step_write_back(struct zt_worker *w)
{
	return zt_put(w->id, "writeback", zt_random(w) % 2 ? "idle" : "huge");
}

/* The third number; there is none without a backing device. */
static void count_written_back(int id)
{
	char text[128];

	if (!zt_get(id, "bd_stat", text, sizeof(text)))
		sscanf(text, "%*u %*u %lu", &written_back);
}

/* Writes fail for a while: what was there has to stay. */
static int step_limit(struct zt_worker *w)
{
	int error = zt_put(w->id, "mem_limit", "1M");

	if (error)
		return error;
	usleep(zt_random(w) % 20000);
	return zt_put(w->id, "mem_limit", "0");
}

static int all_blocks_are_right(void)
{
	unsigned int i;

	/* of earlier ones that turned out to be none */
	zt_wrong_text();
	for (i = 0; i < BLOCKS; i++)
		if (read_blocks(i, 1))
			return zt_fail("block %u, %s", i, zt_wrong_text());
	return KSFT_PASS;
}

static int set_up_data(int id, const char *backing)
{
	int error = backing[0] ? zt_put(id, "backing_dev", backing) : 0;
	unsigned int i;

	for (i = 0; i < BLOCKS; i++)
		pthread_mutex_init(&blocks[i].lock, NULL);
	if (!error)
		error = zt_put(id, "disksize", "4M");
	if (error)
		return error;
	fd = zt_open(id, O_RDWR | O_DIRECT);
	return fd < 0 ? -fd : 0;
}

/* --- the device that is swapped to ---------------------------------------- */

static unsigned char *swapped;

static int is_used(int id)
{
	char text[256];

	/* more than the header that it begins with */
	return !zt_get(id, "mm_stat", text, sizeof(text)) &&
	       strtoull(text, NULL, 10) > 16ULL * BLOCK;
}

/* The slots are freed one by one, by those that fault, and all of them at once. */
static int step_swap(struct zt_worker *w)
{
	unsigned int count = SWAP_BYTES / BLOCK, i;
	uint32_t generation = zt_generation();

	for (i = 0; i < count; i++)
		zt_fill(swapped + i * BLOCK, i, generation);
	if (madvise(swapped, SWAP_BYTES, MADV_PAGEOUT))
		return errno;
	seen_used += is_used(w->id);
	for (i = 0; i < count; i++)
		if (zt_check(swapped + i * BLOCK, i, generation))
			return ZT_WRONG;
	if (madvise(swapped, SWAP_BYTES, MADV_PAGEOUT))
		return errno;
	return madvise(swapped, SWAP_BYTES, MADV_DONTNEED) ? errno : 0;
}

static int set_up_swap(int id)
{
	int error = zt_put(id, "disksize", "16M");

	swapped = mmap(NULL, SWAP_BYTES, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
	if (swapped == MAP_FAILED)
		return errno;
	return error ? error : zt_swapon(id);
}

static int was_used(void)
{
	return seen_used ? KSFT_PASS : zt_fail("nothing was swapped to it");
}

/* --- those that come and go ----------------------------------------------- */

static int step_disksize(struct zt_worker *w)
{
	return zt_put(w->id, "disksize", "2M");
}

static int step_add_and_remove(struct zt_worker *w)
{
	int id = zt_hot_add(), error;

	if (id < 0)
		return -id;
	zt_put(id, "disksize", "1M");
	if (zt_session(id, 0, 1, NULL) == ZT_WRONG)
		w->wrong++;
	do {
		error = zt_remove(id);
	} while (error == EBUSY && !zt_stopping());
	return error;
}

/* --- the test ------------------------------------------------------------- */

enum { DATA, SWAP, LIFE, DEVICES };

static int id[DEVICES], swap_on;

static struct zt_worker workers[] = {
	{ .name = "read, write, discard", .step = step_io, .id = DATA },
	{ .name = "the same, too", .step = step_io, .id = DATA },
	{ .name = "and once more", .step = step_io, .id = DATA },
	{ .name = "writeback", .step = step_write_back, .id = DATA, .pause = 5000 },
	{ .name = "idle", .step = zt_step_idle, .id = DATA, .pause = 5000 },
	{ .name = "compact", .step = zt_step_compact, .id = DATA, .pause = 500 },
	{ .name = "mem_limit", .step = step_limit, .id = DATA, .pause = 50000 },
	{ .name = "statistics", .step = zt_step_stats, .id = DATA, .pause = 500 },
	{ .name = "block_state", .step = zt_step_block_state, .id = DATA,
	  .pause = 5000, .optional = 1 },
	{ .name = "swap", .step = step_swap, .id = SWAP, .pause = 5000 },
	{ .name = "its statistics", .step = zt_step_stats, .id = SWAP, .pause = 5000 },
	{ .name = "its compaction", .step = zt_step_compact, .id = SWAP, .pause = 5000 },
	{ .name = "disksize", .step = step_disksize, .id = LIFE, .pause = 20000 },
	{ .name = "reset", .step = zt_step_end_life, .id = LIFE },
	{ .name = "session", .step = zt_step_session, .id = LIFE, .pause = 2000 },
	{ .name = "add and remove", .step = step_add_and_remove, .pause = 5000 },
};

/* Whatever ends the program must not leave swap behind. */
static void leave(void)
{
	if (swap_on)
		zt_swapoff(id[SWAP]);
	swap_on = 0;
	if (fd > 0)
		close(fd);
	fd = -1;
}

static void mark_optional(int (*step)(struct zt_worker *w))
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(workers); i++)
		if (workers[i].step == step)
			workers[i].optional = 1;
}

static int set_up(const char *backing)
{
	unsigned int i;
	int error;

	for (i = 0; i < DEVICES; i++)
		id[i] = zt_add();
	atexit(leave);
	for (i = 0; i < ARRAY_SIZE(workers); i++)
		workers[i].id = id[workers[i].id];
	if (!zt_has_attr(id[DATA], "writeback"))
		backing = "";
	if (!backing[0])
		mark_optional(step_write_back);
	error = set_up_data(id[DATA], backing);
	if (!error)
		error = set_up_swap(id[SWAP]);
	swap_on = !error;
	return error;
}

static int all_go(void)
{
	unsigned int i, tries = 0;
	int error;

	/* there may be no memory for what is out there */
	while ((error = zt_swapoff(id[SWAP])) == ENOMEM && tries++ < 100 * zt_slow())
		zt_sleep(50);
	swap_on = !!error;
	leave();
	for (i = 0; i < DEVICES && !error; i++)
		error = zt_remove(id[i]);
	return error ? zt_fail("%s", strerror(error)) : KSFT_PASS;
}

int main(void)
{
	char backing[64] = "";
	int loop, error;

	zt_begin();
	if (access("/proc/swaps", F_OK))
		ksft_exit_skip("no swap\n");
	loop = zt_loop_open(LOOP_BYTES, backing, sizeof(backing));
	blocks_in_page = zt_page / BLOCK;
	error = set_up(loop < 0 ? "" : backing);
	if (error)
		ksft_exit_fail_msg("set-up: %s\n", strerror(error));
	zt_page = BLOCK;
	ksft_set_plan(ARRAY_SIZE(workers) + 4);
	zt_storm(workers, ARRAY_SIZE(workers));
	zt_judge(workers, ARRAY_SIZE(workers));
	count_written_back(id[DATA]);
	ksft_print_msg("%lu discards, %lu writes sorted out, %lu pages written back\n",
		       discarded, split, written_back);
	zt_result(all_blocks_are_right(), "all blocks are right");
	zt_result(was_used(), "it was swapped to");
	zt_result(all_go(), "all devices go");
	close(loop);
	return zt_end();
}
