// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_race that need a backing device. */
#include "zram_race.h"

#define LOOP_BYTES	(16UL << 20)

/* Calls run with a free loop device, or skips. */
static int with_loop(int id, int (*run)(int id, const char *path))
{
	char path[64];
	int loop, status;

	if (!zt_has_attr(id, "backing_dev"))
		return zt_skip("zram has no writeback");
	loop = zt_loop_open(LOOP_BYTES, path, sizeof(path));
	if (loop < 0)
		return zt_skip("loop: %s", strerror(-loop));
	status = run(id, path);
	close(loop);
	return status;
}

/* --- removal and backing_dev, see race_removal() ------------------------- */

static int removal_backing(int id, const char *path)
{
	int late, status = race_removal(id, "backing_dev", path, &late);

	if (!status && !zt_is_free(path))
		return zt_fail("its backing device is still claimed");
	return status;
}

int race_removal_backing(int id)
{
	return with_loop(id, removal_backing);
}

/* --- a backing device, but no size ---------------------------------------
 *
 * No race: a reset that finds no size has nothing to do, and keeps the backing
 * device; a removal does the same.
 */
static int kept(int id, const char *path, int (*end)(int id), const char *what)
{
	int error = zt_put(id, "backing_dev", path);

	if (error)
		return zt_fail("backing_dev: %s", strerror(error));
	if (zt_is_free(path))
		return zt_fail("the backing device was not claimed");
	error = end(id);
	if (error)
		return zt_fail("%s: %s", what, strerror(error));
	return zt_is_free(path) ? KSFT_PASS : zt_fail("it is still claimed after %s", what);
}

static int kept_by_reset(int id, const char *path)
{
	return kept(id, path, zt_reset, "reset");
}

static int kept_by_remove(int id, const char *path)
{
	return kept(id, path, zt_remove, "hot_remove");
}

int race_backing_kept(int id)
{
	return with_loop(id, kept_by_reset);
}

int race_backing_kept_remove(int id)
{
	return with_loop(id, kept_by_remove);
}

/* --- the number of pages, see race_page_count() -------------------------- */

static int write_back(void *id)
{
	return zt_put(*(int *)id, "writeback", "huge");
}

static int page_count(int id, const char *path)
{
	int error = zt_put(id, "backing_dev", path);

	if (error)
		return zt_fail("backing_dev: %s", strerror(error));
	return race_page_count(id, write_back, path);
}

int race_page_count_writeback(int id)
{
	return with_loop(id, page_count);
}

/* --- the block of a page -------------------------------------------------
 *
 * CPU0 read of page A			CPU1
 * A is in block 1
 * unlocks the slot
 *					writes A: block 1 is free
 *					writes C back, to block 1
 * reads block 1
 *
 * CPU0 may also take A's new content for the number of a block.  It is one word
 * repeated here, which is 1.
 */
#define PAGE_A	0
#define PAGE_C	2

static alignas(ZT_MAX_PAGE) unsigned char seen[ZT_MAX_PAGE];

static int read_a(void *fd)
{
	ssize_t done = pread(*(int *)fd, seen, zt_page, (off_t)PAGE_A * zt_page);

	if (done != (ssize_t)zt_page)
		return done < 0 ? errno : EIO;
	return 0;
}

static void fill_ones(unsigned char *page)
{
	unsigned long *word = (unsigned long *)page;
	unsigned int i;

	for (i = 0; i < zt_page / sizeof(*word); i++)
		word[i] = 1;
}

static int replace(int id, int fd)
{
	int error = 0;

	fill_ones(zt_buffer);
	if (pwrite(fd, zt_buffer, zt_page, (off_t)PAGE_A * zt_page) < 0)
		error = errno;
	if (!error)
		error = zt_write_noise(fd, PAGE_C, 2, zt_page);
	return error ? error : zt_put(id, "writeback", "huge");
}

static int check_seen(void)
{
	fill_ones(zt_buffer);
	if (!memcmp(seen, zt_buffer, zt_page) || !zt_check(seen, PAGE_A, 1))
		return KSFT_PASS;
	return zt_fail("%s", zt_wrong_text());
}

static int race_for_block(int id, int fd)
{
	int error = zt_write_noise(fd, PAGE_A, 1, zt_page);
	struct zt_task t;

	if (!error)
		error = zt_put(id, "writeback", "huge");
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	if (race_enter("slot_unlocked", &t, read_a, &fd))
		return KSFT_FAIL;
	error = replace(id, fd);
	if (race_leave(&t))
		return zt_fail("read: %s", strerror(t.error));
	if (error)
		return zt_fail("write: %s", strerror(error));
	if (zt_must_read(fd, PAGE_C, 2))
		return zt_fail("%s", zt_wrong_text());
	return check_seen();
}

/* A device of 4M that writes to path. */
static int on_backed(int id, const char *path, int (*run)(int id, int fd))
{
	int error = zt_put(id, "backing_dev", path), fd, status;

	if (!error)
		error = zt_put(id, "disksize", "4M");
	fd = error ? -error : zt_open(id, O_RDWR | O_DIRECT);
	if (fd < 0)
		return zt_fail("set-up: %s", strerror(-fd));
	status = run(id, fd);
	close(fd);
	return status;
}

static int block_index(int id, const char *path)
{
	return on_backed(id, path, race_for_block);
}

int race_block_index(int id)
{
	return with_loop(id, block_index);
}

/* --- parts of a page -----------------------------------------------------
 *
 * No race: a page that is in the backing device is read and written by blocks
 * that are smaller than it.
 */
static unsigned int block_size(int id)
{
	char text[32];

	return zt_get(id, "queue/logical_block_size", text, sizeof(text)) ? 0 : atoi(text);
}

/* Reads each block of the page alone, and compares it to zt_buffer. */
static int read_by_blocks(int fd, unsigned int size)
{
	unsigned int at;

	for (at = 0; at < zt_page; at += size) {
		memset(seen, 0xee, size);
		if (pread(fd, seen, size, at) != (ssize_t)size)
			return zt_fail("part %u: %s", at / size, strerror(errno));
		if (memcmp(seen, zt_buffer + at, size))
			return zt_fail("part %u is not what was written", at / size);
	}
	return KSFT_PASS;
}

static int partly(int id, int fd)
{
	unsigned int size = block_size(id);
	int error = zt_write_noise(fd, 0, 1, zt_page), status;

	if (!error)
		error = zt_put(id, "writeback", "huge");
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	zt_fill_noise(zt_buffer, 0, 1, zt_page);
	status = read_by_blocks(fd, size);
	if (status)
		return status;
	memset(zt_buffer + size, 0x11, size);
	memcpy(seen, zt_buffer + size, size);
	if (pwrite(fd, seen, size, size) != (ssize_t)size)
		return zt_fail("write of a part: %s", strerror(errno));
	return read_by_blocks(fd, size);
}

static int partial_read(int id, const char *path)
{
	return on_backed(id, path, partly);
}

int race_partial_read(int id)
{
	unsigned int size = block_size(id);

	if (size == 0 || size >= zt_page)
		return zt_skip("a block is no smaller than a page");
	return with_loop(id, partial_read);
}
