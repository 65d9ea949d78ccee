// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_edge_cases that read block_state. */
#include "zram_edge_cases.h"

#include <sys/mman.h>
#include <time.h>

/* --- block_state ---------------------------------------------------------- */

static int block_state_open(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/zram/zram%d/block_state", limits_device);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A device with so many pages, which is left open; a status. */
static int fill(unsigned long pages, int *fd)
{
	int error = zt_put(limits_device, "disksize", "4M");

	*fd = error ? -error : limits_open();
	if (*fd >= 0)
		error = limits_write(*fd, pages, zt_generation());
	return *fd < 0 || error ? zt_fail("set-up: %s", strerror(error)) : KSFT_PASS;
}

/* What the kernel has logged since fd was at its end; a word of a report, or NULL. */
static const char *reported(int fd)
{
	static const char * const words[] = {
		"Call Trace", "vmalloc error", "allocation failure", "WARNING", "Killed process"
	};
	char text[8192];
	unsigned int i;
	ssize_t n;

	while ((n = read(fd, text, sizeof(text) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		text[n > 0 ? n : 0] = '\0';
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (strstr(text, words[i]))
				return words[i];
	}
	return NULL;
}

/* The buffer is address space only. */
#define HUGE_READ	(2047UL << 20)

static int read_hugely(int state, int log)
{
	char *to = mmap(NULL, HUGE_READ, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	const char *word;
	ssize_t n;

	if (to == MAP_FAILED)
		return zt_skip("no address space");
	n = read(state, to, HUGE_READ);
	munmap(to, HUGE_READ);
	word = reported(log);
	if (word)
		return zt_fail("the kernel reported: %s", word);
	if (n <= 0)
		return zt_fail("%s", n ? strerror(errno) : "it is empty");
	return KSFT_PASS;
}

int limits_block_state_huge_read(void)
{
	int state = block_state_open(), log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK), fd, status;

	if (state < 0 || log < 0)
		return zt_skip("no block_state in debugfs, or no /dev/kmsg");
	status = fill(16, &fd);
	lseek(log, 0, SEEK_END);
	if (!status)
		status = read_hugely(state, log);
	close(fd);
	close(log);
	close(state);
	return status;
}

/* Reads all by so many bytes at a time; returns the length, or a negative errno. */
static ssize_t read_by(size_t step, char *to, size_t size)
{
	int state = block_state_open();
	ssize_t n, all = 0;

	while ((n = read(state, to + all, size - all < step ? size - all : step)) > 0)
		all += n;
	n = n < 0 ? -errno : all;
	close(state);
	return n;
}

int limits_block_state_short_reads(void)
{
	static char whole[65536], pieces[65536];
	static const size_t steps[] = { 1, 5, 16, 40, 64, 100, 4095 };
	int state = block_state_open(), fd, status;
	ssize_t length, n;
	unsigned int i;

	if (state < 0)
		return zt_skip("no block_state in debugfs");
	close(state);
	status = fill(64, &fd);
	length = read_by(sizeof(whole), whole, sizeof(whole));
	if (!status && length <= 0)
		status = zt_fail("it can't be read");
	for (i = 0; i < ARRAY_SIZE(steps) && !status; i++) {
		n = read_by(steps[i], pieces, sizeof(pieces));
		/* A buffer that is too small for a line may be refused. */
		if (n == -EINVAL)
			continue;
		if (n != length || memcmp(whole, pieces, length))
			status = zt_fail("by %zu bytes it has %zd bytes, not %zd", steps[i], n,
					 length);
	}
	close(fd);
	return status;
}

/* --- idle by age ----------------------------------------------------------- */

static int put_age(unsigned long seconds)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", seconds);
	return zt_put(limits_device, "idle", text);
}

/* Whether page 0 is idle, as its line says; -1 if there is none. */
static int is_idle(void)
{
	char text[4096];
	ssize_t n = read_by(sizeof(text) - 1, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return !!strchr(text, 'i');
}

static unsigned long uptime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

static int write_page_0(int fd)
{
	int error = zt_write_noise(fd, 0, zt_generation(), zt_page / 4);

	return error ? zt_fail("write: %s", strerror(error)) : KSFT_PASS;
}

/* An age of the whole uptime is that of no page. */
static int age_of_uptime(int fd)
{
	unsigned long before;
	int tries, idle, status;

	for (tries = 0; tries < 20; tries++) {
		status = write_page_0(fd);
		if (status)
			return status;
		before = uptime();
		if (put_age(before))
			return zt_fail("an age of %lu s", before);
		/* It is another age as soon as a second has passed. */
		if (uptime() != before)
			continue;
		idle = is_idle();
		if (idle < 0)
			return zt_fail("block_state has no page");
		return idle ? zt_fail("a page that was just written is %lu s old", before) :
			      KSFT_PASS;
	}
	return zt_skip("the machine is too slow");
}

/* Nothing is older than the system. */
static int age_beyond_uptime(int fd)
{
	int status = write_page_0(fd);

	if (status)
		return status;
	if (put_age(uptime() + 3600) || is_idle() != 0)
		return zt_fail("a page is an hour older than the system");
	return KSFT_PASS;
}

static int age_of_old_page(int fd)
{
	int status = write_page_0(fd);

	if (status)
		return status;
	zt_sleep(3000);
	if (put_age(1) || is_idle() != 1)
		return zt_fail("after 3 s a page is not 1 s old");
	return KSFT_PASS;
}

/* Noise of 16 letters, of which zstd makes half and lz4 nothing. */
static int write_letters(int fd)
{
	unsigned int i;

	zt_fill_noise(zt_buffer, 0, zt_generation(), zt_page);
	for (i = 0; i < zt_page; i++)
		zt_buffer[i] = 'a' + zt_buffer[i] % 16;
	return pwrite(fd, zt_buffer, zt_page, 0) == (ssize_t)zt_page ? 0 : errno;
}

static unsigned long stored_bytes(void)
{
	unsigned long bytes = 0;
	char text[256];

	if (zt_get(limits_device, "mm_stat", text, sizeof(text)) ||
	    sscanf(text, "%*u %lu", &bytes) != 1)
		return 0;
	return bytes;
}

/* Recompression is no access, but does not make a page old either. */
static int age_after_recompression(int fd)
{
	int error = write_letters(fd);
	unsigned long before = stored_bytes();

	if (!error)
		error = zt_put(limits_device, "idle", "all");
	if (!error)
		error = zt_put(limits_device, "recompress", "type=idle priority=1");
	if (error)
		return zt_fail("recompress: %s", strerror(error));
	if (stored_bytes() >= before)
		return zt_skip("the page was not recompressed");
	if (put_age(uptime() - 1) || is_idle() != 0)
		return zt_fail("a page that was written a moment ago is old");
	return KSFT_PASS;
}

static int by_age(int (*run)(int fd), int recompress)
{
	int state = block_state_open(), error = 0, fd, status;
	char first[64];

	if (state < 0)
		return zt_skip("no block_state in debugfs");
	close(state);
	if (recompress && !zt_has_attr(limits_device, "recompress"))
		return zt_skip("this kernel has no recompress");
	if (recompress && !limits_algorithm(first, sizeof(first)))
		error = zt_put(limits_device, "recomp_algorithm",
			       strcmp(first, "zstd") ? "algo=zstd priority=1" :
						       "algo=lzo priority=1");
	if (error)
		return zt_skip("no second algorithm");
	status = fill(0, &fd);
	if (!status)
		status = put_age(3600) == EINVAL ? zt_skip("no ages in this kernel") : run(fd);
	close(fd);
	return status;
}

int limits_idle_by_age_of_uptime(void)
{
	return by_age(age_of_uptime, 0);
}

int limits_idle_by_age_beyond_uptime(void)
{
	return by_age(age_beyond_uptime, 0);
}

int limits_idle_by_age_of_old_page(void)
{
	return by_age(age_of_old_page, 0);
}

int limits_idle_by_age_after_recompression(void)
{
	return by_age(age_after_recompression, 1);
}
