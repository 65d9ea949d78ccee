// SPDX-License-Identifier: GPL-2.0
/*
 * zram_changing - pages that change while they are written
 *
 * During direct I/O the owner of a buffer can still write to it.  zram then stores a
 * mixture of old and new words, or something that cannot be decompressed: 842 stores a
 * checksum of its input.  The read of such a page must return a mixture or EIO, and
 * writeback must report a page that it cannot decompress.  Neither is a bug of the
 * kernel, so it must not warn.
 */
#include "zram_test.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGES		64
/* Writes of PAGES pages until one of them cannot be read. */
#define TRIES		20
#define LOOP_BYTES	(8UL << 20)
#define AROUND		0xa5
#define MAX_ALGORITHMS	16

static int device, disk = -1, stop;
static char loop_path[64];
/* What is written, what should be read, and three pages to read into the middle one. */
static unsigned char *changing, *want, *seen;
static int unreadable[PAGES];

static void *pages(unsigned int nr)
{
	void *p;

	if (posix_memalign(&p, ZT_MAX_PAGE, (size_t)nr * zt_page))
		ksft_exit_fail_msg("no memory\n");
	return p;
}

/* --- the buffer ----------------------------------------------------------- */

/* The last word counts, as long as pages are written. */
static int count(void *unused)
{
	uint32_t *word = (uint32_t *)(changing + zt_page) - 1;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		__atomic_add_fetch(word, 1, __ATOMIC_RELAXED);
	return 0;
}

/*
 * Compressible, and the same but for the counter.  842 looks at eight bytes at a time and
 * takes the checksum when it has seen all of them.
 */
static int write_changing(void)
{
	unsigned long page;
	struct zt_task t;
	int error = 0;

	zt_fill_noise(changing, 0, zt_generation(), zt_page / 4);
	memcpy(want, changing, zt_page);
	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	zt_task_start(&t, count, NULL);
	for (page = 0; page < PAGES && !error; page++)
		if (pwrite(disk, changing, zt_page, (off_t)page * zt_page) != (ssize_t)zt_page)
			error = errno;
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	zt_task_join(&t);
	return error;
}

/* --- reads ---------------------------------------------------------------- */

static int is_around(const unsigned char *at)
{
	unsigned int i;

	for (i = 0; i < zt_page; i++)
		if (at[i] != AROUND)
			return 0;
	return 1;
}

/* Reads page; a status.  A page with EIO is noted. */
static int read_changed(unsigned long page)
{
	unsigned char *to = seen + zt_page;
	ssize_t n;

	memset(seen, AROUND, 3 * (size_t)zt_page);
	n = pread(disk, to, zt_page, (off_t)page * zt_page);
	unreadable[page] = n < 0;
	if (n < 0 && errno != EIO)
		return zt_fail("page %lu: %s", page, strerror(errno));
	if (!is_around(seen) || !is_around(seen + 2 * zt_page))
		return zt_fail("page %lu: the read wrote outside its buffer", page);
	if (n >= 0 && memcmp(to, want, zt_page - sizeof(uint32_t)))
		return zt_fail("page %lu: a word is wrong that did not change", page);
	return KSFT_PASS;
}

/* Reads all; *nr is how many could not be read. */
static int read_all(unsigned int *nr)
{
	unsigned long page;
	int status = KSFT_PASS;

	for (*nr = 0, page = 0; page < PAGES && !status; page++) {
		status = read_changed(page);
		*nr += unreadable[page];
	}
	return status;
}

static int rewrite_and_read(void)
{
	uint32_t generation = zt_generation();
	unsigned long page;
	int error = 0;

	for (page = 0; page < PAGES && !error; page++)
		error = zt_write_page(disk, page, generation);
	if (error)
		return zt_fail("a write afterwards: %s", strerror(error));
	for (page = 0; page < PAGES; page++)
		if (zt_must_read(disk, page, generation))
			return zt_fail("written again, a page has %s", zt_wrong_text());
	return KSFT_PASS;
}

/* --- devices -------------------------------------------------------------- */

static int open_device(const char *algorithm, const char *backing)
{
	int error = zt_put(device, "comp_algorithm", algorithm);

	if (error)
		return zt_skip("this kernel has no %s", algorithm);
	if (backing) {
		error = zt_put(device, "backing_dev", backing);
		if (error)
			return zt_skip("backing_dev: %s", strerror(error));
	}
	error = zt_put(device, "disksize", "4M");
	if (!error) {
		disk = zt_open(device, O_RDWR | O_DIRECT);
		error = disk < 0 ? -disk : 0;
	}
	return error ? zt_fail("set-up: %s", strerror(error)) : KSFT_PASS;
}

static int close_device(int status)
{
	int error;

	if (disk >= 0)
		close(disk);
	disk = -1;
	error = zt_reset(device);
	if (!status && error)
		return zt_fail("reset: %s", strerror(error));
	return status;
}

/* --- cases ---------------------------------------------------------------- */

static int changing_pages_read(const char *algorithm)
{
	int status = open_device(algorithm, NULL), error;
	unsigned int tries, nr = 0, all = 0;

	for (tries = 0; tries < TRIES && !status && !all; tries++) {
		error = write_changing();
		status = error ? zt_fail("a write: %s", strerror(error)) : read_all(&nr);
		all += nr;
	}
	ksft_print_msg("%s: %u of %u pages could not be read\n", algorithm, all, tries * PAGES);
	if (!status)
		status = rewrite_and_read();
	return close_device(status);
}

/* Each page that can be read, and no other, goes to the backing device. */
static int judge_writeback(int error, unsigned int nr)
{
	char text[128];
	unsigned int after;

	if (!error)
		return zt_fail("it succeeded, and %u pages are left", nr);
	if (zt_get(device, "bd_stat", text, sizeof(text)) ||
	    atoi(text) != (int)((PAGES - nr) * (zt_page / 4096)))
		return zt_fail("bd_stat has %d, and %u pages can be read", atoi(text),
			       PAGES - nr);
	return read_all(&after) ? KSFT_FAIL :
	       after != nr ? zt_fail("%u pages cannot be read, not %u", after, nr) : KSFT_PASS;
}

static int writeback_reports_page(void)
{
	int status = open_device("842", loop_path), error;
	unsigned int tries, nr = 0;

	for (tries = 0; tries < TRIES && !status && !nr; tries++) {
		error = write_changing();
		status = error ? zt_fail("a write: %s", strerror(error)) : read_all(&nr);
	}
	if (!status && !nr)
		status = zt_skip("no page changed while it was compressed");
	if (!status)
		status = zt_put(device, "idle", "all") ? zt_fail("idle") : KSFT_PASS;
	if (!status)
		status = judge_writeback(zt_put(device, "writeback", "idle"), nr);
	if (!status)
		status = rewrite_and_read();
	return close_device(status);
}

/* --- the test ------------------------------------------------------------- */

/* The words of comp_algorithm, without the brackets of the chosen one. */
static unsigned int list_algorithms(char *text, size_t size, char **names)
{
	unsigned int nr = 0;
	char *rest = text, *word;

	if (zt_get(device, "comp_algorithm", text, size))
		return 0;
	while (nr < MAX_ALGORITHMS && (word = strtok_r(rest, " []\n", &rest)))
		names[nr++] = word;
	return nr;
}

int main(void)
{
	char text[256], *names[MAX_ALGORITHMS], name[64];
	unsigned int nr, i;
	int loop;

	zt_begin();
	changing = pages(1);
	want = pages(1);
	seen = pages(3);
	device = zt_add();
	nr = list_algorithms(text, sizeof(text), names);
	ksft_set_plan(nr + 2);
	loop = zt_loop_open(LOOP_BYTES, loop_path, sizeof(loop_path));
	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "changing_pages_read_%s", names[i]);
		zt_result(changing_pages_read(names[i]), name);
	}
	zt_result(loop < 0 ? zt_skip("no loop device") : writeback_reports_page(),
		  "writeback_reports_page");
	if (zt_remove(device))
		ksft_print_msg("the device is still there\n");
	return zt_end();
}
