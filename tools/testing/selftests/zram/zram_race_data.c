// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_race that are about what a page holds. */
#include "zram_race.h"

#include <sched.h>

/* --- compressing twice ---------------------------------------------------
 *
 * CPU0 O_DIRECT write			CPU1
 * compresses the page to 100 bytes
 * sleeps for memory, gets 100 bytes
 *					writes noise to the page
 * compresses it again, to a page
 * copies a page to these 100 bytes
 */
#define SMALL_PAGES	512
#define SMALL		80
#define TARGET		256

static alignas(ZT_MAX_PAGE) unsigned char shared[ZT_MAX_PAGE];

static int write_shared(void *fd)
{
	ssize_t done = pwrite(*(int *)fd, shared, zt_page, (off_t)TARGET * zt_page);

	return done == (ssize_t)zt_page ? 0 : EIO;
}

/* All small, with a few holes around the target that its object may go to. */
static int write_small(int fd)
{
	unsigned long page;
	int error = 0;

	for (page = 0; page < SMALL_PAGES && !error; page++)
		error = zt_write_noise(fd, page, 1, SMALL);
	memset(zt_buffer, 0, zt_page);
	for (page = TARGET - 4; page < TARGET + 4 && !error; page++)
		if (pwrite(fd, zt_buffer, zt_page, (off_t)page * zt_page) < 0)
			error = errno;
	return error;
}

static int check_small(int fd)
{
	unsigned long page;

	for (page = 0; page < SMALL_PAGES; page++)
		if ((page < TARGET - 4 || page >= TARGET + 4) &&
		    zt_must_read(fd, page, 1))
			return zt_fail("a neighbour: %s", zt_wrong_text());
	return KSFT_PASS;
}

static int compress_twice_on(int fd)
{
	struct zt_task t;
	int error = write_small(fd);

	if (error)
		return zt_fail("write: %s", strerror(error));
	zt_fill_noise(shared, TARGET, 2, SMALL);
	if (race_enter("between_compressions", &t, write_shared, &fd))
		return KSFT_FAIL;
	zt_fill_noise(shared, TARGET, 3, zt_page);
	error = race_leave(&t);
	/* The page that was refused holds what it held. */
	if (!error && zt_read_page(fd, TARGET, 3) && zt_read_page(fd, TARGET, 2))
		return zt_fail("the page itself: %s", zt_wrong_text());
	return check_small(fd);
}

int race_compress_twice(int id)
{
	int error = zt_put(id, "disksize", "64M"), fd, status;

	fd = error ? -error : zt_open(id, O_RDWR | O_DIRECT);
	if (fd < 0)
		return zt_fail("set-up: %s", strerror(-fd));
	status = compress_twice_on(fd);
	close(fd);
	return status;
}

/* --- the default compressor ----------------------------------------------
 *
 * CPU0 hot_add				CPU1, as udev would
 * device_add_disk()
 *					comp_algorithm = lz4, disksize
 * compressor = lzo-rle
 *					a CPU comes up, which compresses with
 *					lzo-rle what all others take for lz4
 */
#define PAGES_PER_CPU	16

static void run_on(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int write_and_read_on_all(int fd)
{
	unsigned int cpus = sysconf(_SC_NPROCESSORS_ONLN), cpu, i;
	int error = 0;

	for (i = 0; i < cpus * PAGES_PER_CPU && !error; i++) {
		run_on(i % cpus);
		error = zt_write_page(fd, i, 1);
	}
	for (cpu = 0; cpu < cpus && !error; cpu++) {
		run_on(cpu);
		for (i = 0; i < cpus * PAGES_PER_CPU && !error; i++)
			error = zt_must_read(fd, i, 1);
	}
	return error;
}

static int same_on_all_cpus(int id)
{
	int fd = zt_open(id, O_RDWR | O_DIRECT), error;
	cpu_set_t before;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	sched_getaffinity(0, sizeof(before), &before);
	if (!zt_cpu(1, 0) && zt_cpu(1, 1))
		ksft_print_msg("CPU 1 does not come back\n");
	error = write_and_read_on_all(fd);
	sched_setaffinity(0, sizeof(before), &before);
	close(fd);
	if (error)
		return zt_fail("%s", error == ZT_WRONG ? zt_wrong_text() : strerror(error));
	return KSFT_PASS;
}

static int add(void *id)
{
	int got = zt_hot_add();

	*(int *)id = got;
	return got < 0 ? -got : 0;
}

static int set_lz4(int id)
{
	int error = zt_put(id, "comp_algorithm", "lz4");

	return error ? error : zt_put(id, "disksize", "4M");
}

static int check_lz4(int id, int error)
{
	char text[256];

	/* It may have come too early. */
	if (error == ENOENT || error == EBUSY)
		error = set_lz4(id);
	if (error == EINVAL)
		return zt_skip("no lz4");
	if (error)
		return zt_fail("set-up: %s", strerror(error));
	error = zt_get(id, "comp_algorithm", text, sizeof(text));
	if (error || !strstr(text, "[lz4]"))
		return zt_fail("the compressor is no longer lz4");
	return same_on_all_cpus(id);
}

int race_default_compressor(int unused)
{
	int expected = 0, id = -1, status, error;
	struct zt_task t;

	(void)unused;
	while (zt_exists(expected))
		expected++;
	if (race_enter("disk_added", &t, add, &id))
		return KSFT_FAIL;
	error = set_lz4(expected);
	if (race_leave(&t))
		return zt_fail("hot_add: %s", strerror(t.error));
	status = id == expected ? check_lz4(id, error) : zt_skip("somebody else adds devices");
	zt_reset(id);
	if (zt_remove(id) && !status)
		return zt_fail("it can't be removed");
	return status;
}

/* --- a size that does not fit --------------------------------------------
 *
 * No race: a number of pages that is cut to 32 bits makes a table that is too
 * small, or two pages share a slot.
 */
static int works_at_the_end(int id)
{
	uint32_t generation = zt_generation();
	unsigned long long size;
	unsigned int i;
	char text[32];
	int fd, error = zt_get(id, "disksize", text, sizeof(text));

	size = strtoull(text, NULL, 10);
	fd = error ? -error : zt_open(id, O_RDWR | O_DIRECT);
	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	for (i = 0; i < 3 && !error; i++) {
		off_t at[] = { 0, zt_page, size - zt_page };

		zt_fill_noise(zt_buffer, i, generation, zt_page);
		if (pwrite(fd, zt_buffer, zt_page, at[i]) < 0)
			error = errno;
	}
	for (i = 0; i < 3 && !error; i++) {
		off_t at[] = { 0, zt_page, size - zt_page };

		if (pread(fd, zt_buffer, zt_page, at[i]) < 0)
			error = errno;
		else
			error = zt_check(zt_buffer, i, generation);
	}
	close(fd);
	if (error)
		return zt_fail("of size %s: %s", text,
			       error == ZT_WRONG ? zt_wrong_text() : strerror(error));
	return KSFT_PASS;
}

int race_huge_disksize(int id)
{
	static const char * const sizes[] = {
		"17592186048512", "16T", "17592186044417", "17592186052608", "32T",
		"35184372092928", "9223372036854775808", "18446744073709547520",
		"18446744073709551615"
	};
	unsigned int i;
	int status = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(sizes) && !status; i++) {
		if (zt_wastes_memory(sizes[i]) || zt_put(id, "disksize", sizes[i]))
			continue;
		status = works_at_the_end(id);
		if (zt_reset(id) && !status)
			status = zt_fail("reset after %s", sizes[i]);
	}
	return status;
}
