// SPDX-License-Identifier: GPL-2.0
/*
 * zram_swap_errors - swap on a device that cannot be read or written
 *
 * Pages of a process and of shmem are swapped out to zram and written back to a null_blk
 * device, all blocks of which are bad from then on.  swapoff must end and succeed, and
 * what it could not read must end in SIGBUS or EIO: it is neither what the memory held
 * before nor zeros.
 *
 * And a zram without memory for more pages must not flood the log.
 */
#include "zram_test.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define PAGES	64

static int device;
static char disk[64];
static unsigned char *area;
static uint32_t generation;

static unsigned char *page_at(unsigned long page)
{
	return area + page * zt_page;
}

/* --- swap ----------------------------------------------------------------- */

static unsigned int resident(void)
{
	unsigned char vec[PAGES];
	unsigned int page, nr = 0;

	if (mincore(area, PAGES * (size_t)zt_page, vec))
		return PAGES;
	for (page = 0; page < PAGES; page++)
		nr += vec[page] & 1;
	return nr;
}

/* Fills the area and swaps it out; the kernel may hold a few pages for a moment. */
static int push_out(void)
{
	unsigned int tries = 0;
	unsigned long page;

	generation = zt_generation();
	for (page = 0; page < PAGES; page++)
		zt_fill_noise(page_at(page), page, generation, zt_page);
	do {
		if (madvise(area, PAGES * (size_t)zt_page, MADV_PAGEOUT))
			return errno;
		zt_sleep(10);
	} while (resident() > PAGES / 2 && tries++ < 10 * zt_slow());
	return resident() > PAGES / 2 ? EAGAIN : 0;
}

static int swap_on(void)
{
	return zt_put(device, "backing_dev", disk) ?: zt_put(device, "disksize", "16M") ?:
	       zt_swapon(device);
}

static int swap_off(void *unused)
{
	(void)unused;
	return zt_swapoff(device);
}

/* Counts what is right, wrong, and ends in SIGBUS. */
static void count(unsigned int *right, unsigned int *wrong, unsigned int *bus)
{
	unsigned long page;
	int error;

	*right = *wrong = *bus = 0;
	for (page = 0; page < PAGES; page++) {
		error = zt_check_bus(page_at(page), page, generation);
		++*(error == EFAULT ? bus : error ? wrong : right);
	}
}

static int judge(int error)
{
	unsigned int right, wrong, bus;

	count(&right, &wrong, &bus);
	ksft_print_msg("%u pages right, %u wrong, %u end in SIGBUS\n", right, wrong, bus);
	if (wrong)
		return zt_fail("a page has what was never written to it: %s", zt_wrong_text());
	if (error)
		return zt_fail("swapoff: %s", strerror(error));
	return bus ? KSFT_PASS : zt_fail("all pages could be read");
}

/*
 * Swaps the area out, and off while no block can be read.  A swapoff that does not end is
 * ended by give_up(), if there is one.
 */
static int swapoff_unreadable(int (*give_up)(void))
{
	unsigned int tries = 0;
	struct zt_task t;
	int error = swap_on() ?: push_out() ?: zt_write_back(device) ?: zt_null_fail(disk, 1);

	if (error) {
		zt_null_fail(disk, 0);
		swap_off(NULL);
		return zt_fail("set-up: %s", strerror(error));
	}
	zt_task_start(&t, swap_off, NULL);
	while (!zt_task_over(&t) && tries++ < 500 * zt_slow())
		zt_sleep(20);
	if (!zt_task_over(&t) && give_up) {
		give_up();
		zt_task_join(&t);
		zt_null_fail(disk, 0);
		return zt_fail("it did not end");
	}
	error = zt_task_join(&t);
	zt_null_fail(disk, 0);
	return judge(error);
}

/* --- cases ---------------------------------------------------------------- */

/* What a child finds in a page that ends in SIGBUS here. */
static int child_finds(unsigned long page)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(zt_check_bus(page_at(page), page, generation));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* A page that could not be read is passed on, and dropped, like any other. */
static int judge_unreadable(void)
{
	unsigned long page = 0;
	int error;

	while (page < PAGES && zt_check_bus(page_at(page), page, generation) != EFAULT)
		page++;
	if (page == PAGES)
		return zt_fail("all pages could be read");
	error = child_finds(page);
	if (error != EFAULT)
		return zt_fail("a child does not get SIGBUS: %s", strerror(error));
	if (madvise(page_at(page), zt_page, MADV_FREE) ||
	    madvise(page_at(page), zt_page, MADV_PAGEOUT))
		return zt_fail("madvise: %s", strerror(errno));
	if (madvise(page_at(page), zt_page, MADV_DONTNEED))
		return zt_fail("MADV_DONTNEED: %s", strerror(errno));
	if (*page_at(page))
		return zt_fail("a page that was dropped is not zero");
	return KSFT_PASS;
}

static int anonymous(void)
{
	int status;

	area = mmap(NULL, PAGES * (size_t)zt_page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return zt_fail("mmap: %s", strerror(errno));
	madvise(area, PAGES * (size_t)zt_page, MADV_NOHUGEPAGE);
	status = swapoff_unreadable(NULL);
	if (!status)
		status = judge_unreadable();
	munmap(area, PAGES * (size_t)zt_page);
	return status;
}

static int shmem = -1;

static int truncate_shmem(void)
{
	return ftruncate(shmem, 0);
}

/* Reads and writes fail; what is truncated is gone, and accounted for. */
static int judge_shmem(void)
{
	unsigned char byte = 0;
	unsigned long page = 0;
	struct stat st;

	while (page < PAGES && pread(shmem, &byte, 1, page * zt_page) == 1)
		page++;
	if (page == PAGES || errno != EIO)
		return zt_fail("no read of the file fails with EIO");
	if (pwrite(shmem, &byte, 1, page * zt_page) >= 0 || errno != EIO)
		return zt_fail("a write to the file does not fail with EIO");
	/* These look at the entries of the file themselves. */
	resident();
	madvise(area, PAGES * (size_t)zt_page, MADV_WILLNEED);
	if (ftruncate(shmem, 0) || fstat(shmem, &st))
		return zt_fail("ftruncate: %s", strerror(errno));
	if (st.st_blocks)
		return zt_fail("the empty file has %lu blocks", (unsigned long)st.st_blocks);
	if (ftruncate(shmem, PAGES * (off_t)zt_page) || pwrite(shmem, &byte, 1, 0) != 1)
		return zt_fail("it cannot be used again: %s", strerror(errno));
	return KSFT_PASS;
}

static int shared(void)
{
	int status;

	/* Mainline warns when the entry of such a page is truncated: no swap device has it. */
	if (zt_is_newer())
		return zt_skip("this kernel does not know how to truncate such a page");
	shmem = memfd_create("zram_swap_errors", MFD_CLOEXEC);
	if (shmem < 0 || ftruncate(shmem, PAGES * (off_t)zt_page))
		return zt_skip("no shmem");
	area = mmap(NULL, PAGES * (size_t)zt_page, PROT_READ | PROT_WRITE, MAP_SHARED, shmem, 0);
	if (area == MAP_FAILED)
		return zt_fail("mmap: %s", strerror(errno));
	status = swapoff_unreadable(truncate_shmem);
	if (!status)
		status = judge_shmem();
	munmap(area, PAGES * (size_t)zt_page);
	close(shmem);
	return status;
}

/* The device works again. */
static int readable(void)
{
	unsigned int right = 0, wrong, bus;
	int error;

	area = mmap(NULL, PAGES * (size_t)zt_page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return zt_fail("mmap: %s", strerror(errno));
	error = swap_on();
	if (error)
		return zt_fail("swapon: %s", strerror(error));
	error = push_out() ?: zt_write_back(device);
	error = swap_off(NULL) ?: error;
	count(&right, &wrong, &bus);
	munmap(area, PAGES * (size_t)zt_page);
	if (error)
		return zt_fail("%s", strerror(error));
	return right == PAGES ? KSFT_PASS : zt_fail("%u of %u pages are right", right, PAGES);
}

/* --- the log -------------------------------------------------------------- */

/* printk_ratelimited() lets 10 lines pass in 5 seconds. */
#define SECONDS		4
#define MAX_LINES	20

/* Lines about swap since the file was at its end. */
static unsigned int count_lines(int log)
{
	unsigned int lines = 0;
	char text[8192];
	ssize_t n;

	while ((n = read(log, text, sizeof(text) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		text[n > 0 ? n : 0] = '\0';
		lines += !!strstr(text, "-error on swap-device");
	}
	return lines;
}

static int swap_out_in_vain(int log)
{
	unsigned long long end = zt_now() + SECONDS * 1000000ULL;
	unsigned int lines = 0;
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		zt_fill_noise(page_at(page), page, 1, zt_page);
	lseek(log, 0, SEEK_END);
	while (zt_now() < end) {
		madvise(area, PAGES * (size_t)zt_page, MADV_PAGEOUT);
		lines += count_lines(log);
	}
	ksft_print_msg("%u lines in %u seconds\n", lines, SECONDS);
	if (!lines)
		return zt_skip("no write failed");
	return lines <= MAX_LINES ? KSFT_PASS : zt_fail("%u lines in the log", lines);
}

static int full_zram(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int id = zt_add(), error, status;
	char limit[32];

	if (log < 0)
		return zt_skip("no /dev/kmsg");
	area = mmap(NULL, PAGES * (size_t)zt_page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(limit, sizeof(limit), "%u", 4 * zt_page);
	error = zt_put(id, "disksize", "16M") ?: zt_put(id, "mem_limit", limit) ?: zt_swapon(id);
	status = error ? zt_fail("set-up: %s", strerror(error)) : swap_out_in_vain(log);
	munmap(area, PAGES * (size_t)zt_page);
	zt_swapoff(id);
	close(log);
	return zt_remove(id) && !status ? zt_fail("the device is still there") : status;
}

/* --- the test ------------------------------------------------------------- */

int main(void)
{
	int error;

	zt_begin();
	if (access("/proc/swaps", F_OK))
		ksft_exit_skip("no swap\n");
	error = zt_null_add("size=32", disk, sizeof(disk));
	if (error)
		ksft_exit_skip("no null_blk: %s\n", strerror(error));
	ksft_set_plan(5);
	device = zt_add();
	zt_result(anonymous(), "unreadable_anonymous_pages");
	zt_reset(device);
	zt_result(shared(), "unreadable_shmem_pages");
	zt_reset(device);
	zt_result(readable(), "swapoff_of_the_device_afterwards");
	zt_remove(device);
	zt_result(full_zram(), "full_zram_does_not_flood_the_log");
	return zt_end();
}
