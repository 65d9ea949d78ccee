/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the zram tests share; to be included first.
 *
 * Functions that return an error return 0 or a positive errno.  Helper threads
 * count, and only the main thread prints.  A test case returns KSFT_PASS,
 * zt_fail("why") or zt_skip("why"), and zt_result() prints it.
 *
 * Environment: ZRAM_SECONDS, how long each storm runs (5); ZRAM_SLOW, the factor by
 * which all time limits are stretched on a slow or busy machine (1).
 */
#ifndef ZRAM_TEST_H
#define ZRAM_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "kselftest.h"

/* Newer versions of kselftest.h have some of them. */
#ifndef __printf
#define __printf(a, b)	__attribute__((__format__(__printf__, a, b)))
#endif
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif
#ifndef BIT
#define BIT(nr)		(1UL << (nr))
#endif

/* What a read returns that got other data than was written. */
#define ZT_WRONG	(-1)

/* --- the program --------------------------------------------------------- */

/* Returns why the program can't run at all; NULL if it can. */
const char *zt_set_up(void);
unsigned int zt_seconds(void);
/* The factor of all time limits; 1 or more. */
unsigned int zt_slow(void);
/* Microseconds, from somewhere. */
unsigned long long zt_now(void);
void zt_sleep(unsigned int ms);
/* The kernel is newer than 5.10, of which these tests are. */
int zt_is_newer(void);
/* Whether the kernel warned, oopsed or met a bad access since zt_set_up(). */
int zt_complained(void);

/* Whether name begins with one of names, up to a NULL, or there are none. */
int zt_is_asked(const char *name, char **names);

extern char zt_why[256];
/* Keeps why, and returns status. */
__printf(2, 3) int zt_because(int status, const char *format, ...);
#define zt_fail(...)	zt_because(KSFT_FAIL, __VA_ARGS__)
#define zt_skip(...)	zt_because(KSFT_SKIP, __VA_ARGS__)

/* --- files and attributes ------------------------------------------------ */

int zt_put_file(const char *path, const void *data, size_t length);
int zt_get_file(const char *path, char *text, size_t size);
/* Of /sys/block/zram<id>. */
void zt_attr_path(char *path, size_t size, int id, const char *attr);
int zt_put(int id, const char *attr, const char *value);
int zt_get(int id, const char *attr, char *text, size_t size);
/* A file descriptor, or a negative errno. */
int zt_open_attr(int id, const char *attr, int flags);

/* All attributes that can be read, up to a NULL. */
extern const char * const zt_readable[];
/* Whether text is what attr may show; attr is one of zt_readable. */
int zt_well_formed(const char *attr, const char *text);
int zt_has_attr(int id, const char *attr);
/* Reads each that there is, and looks at its form; an error, or ZT_WRONG. */
int zt_read_all(int id);
/* Reads debugfs' block_state; ENOENT where there is none. */
int zt_read_block_state(int id);

/* --- devices ------------------------------------------------------------- */

/* Returns the id or a negative errno. */
int zt_hot_add(void);
int zt_hot_remove(int id);
/* Like these, but try for a while if somebody, as udev, has the device open. */
int zt_remove(int id);
int zt_reset(int id);
/* How many of them are ours. */
unsigned int zt_owned(void);
/* All devices are gone, as their module is. */
void zt_forget_devices(void);
int zt_exists(int id);
/* The table for so large a disksize would fit in memory, but be huge. */
int zt_wastes_memory(const char *disksize);
/* Waits for the node; a file descriptor, or a negative errno. */
int zt_open(int id, int flags);
/* Does not wait. */
int zt_try_open(int id, int flags);
/* A sized device: writes pages from first to last, and reads them. */
int zt_holds_data(int id, unsigned int pages);
/* Any device: reset, size, data and reset. */
int zt_works(int id, unsigned int pages);
/* As zt_works(), and then remove it. */
int zt_works_and_goes(int id);

/* --- what a page holds --------------------------------------------------- */

extern unsigned int zt_page;

/*
 * A buffer of each thread, as large as any page, and aligned to it: O_DIRECT splits a page
 * at page boundaries of memory, and zram merges the parts with what it has.  Aligned here,
 * since ld makes a static program that does not start of thread-local data that is aligned
 * to more than its -z max-page-size.
 */
#define ZT_MAX_PAGE	65536
extern __thread unsigned char zt_room[2 * ZT_MAX_PAGE];
#define zt_buffer	((unsigned char *)(((uintptr_t)zt_room + ZT_MAX_PAGE - 1) & \
					   -(uintptr_t)ZT_MAX_PAGE))

/* A new one each time, so that what an earlier life left behind is stale. */
uint32_t zt_generation(void);
/* Data of all kinds: one word repeated, noise, and all between. */
void zt_fill(void *to, unsigned long page, uint32_t generation);
/* So many bytes of noise; zt_page is incompressible. */
void zt_fill_noise(void *to, unsigned long page, uint32_t generation, unsigned int noise);
/* 0 or ZT_WRONG. */
int zt_check(const void *from, unsigned long page, uint32_t generation);
int zt_write_page(int fd, unsigned long page, uint32_t generation);
int zt_write_noise(int fd, unsigned long page, uint32_t generation, unsigned int noise);
/* An error, or ZT_WRONG. */
int zt_read_page(int fd, unsigned long page, uint32_t generation);
/* As zt_check(), or EFAULT if the access ends in SIGBUS.  One thread at a time. */
int zt_check_bus(const void *from, unsigned long page, uint32_t generation);
/* Where there is no excuse: 0 or ZT_WRONG. */
int zt_must_read(int fd, unsigned long page, uint32_t generation);
unsigned long zt_pages(int fd);
/* What the first wrong page was like since it was last asked. */
const char *zt_wrong_text(void);

/* --- threads ------------------------------------------------------------- */

struct zt_worker {
	const char *name;
	/* Does it once: 0, an errno or ZT_WRONG. */
	int (*step)(struct zt_worker *w);
	int id;
	/* Microseconds between two steps, on average. */
	unsigned int pause;
	/* It may be that it never succeeds. */
	int optional;
	uint64_t random;
	unsigned long done, refused, wrong, odd;
	/* The last error that was none to expect. */
	int odd_errno;
	pthread_t thread;
};

uint32_t zt_random(struct zt_worker *w);
void zt_start_workers(struct zt_worker *w, unsigned int count);
void zt_stop_workers(struct zt_worker *w, unsigned int count);
int zt_stopping(void);
/* All of it, for ZRAM_SECONDS, and on until each has had its turn. */
void zt_storm(struct zt_worker *w, unsigned int count);
/* What is wrong, for zt_storm_case(): the first text is kept.  Returns ZT_WRONG. */
__printf(1, 2) int zt_wrong(const char *format, ...);
/* A case: for ms milliseconds each did something, and none of them found a zt_wrong(). */
int zt_storm_case(struct zt_worker *w, unsigned int count, unsigned int ms);

/* Steps that need no more than the id. */
int zt_step_reset(struct zt_worker *w);
/* Resets a device that has had a size for some milliseconds. */
int zt_step_end_life(struct zt_worker *w);
int zt_step_compact(struct zt_worker *w);
int zt_step_idle(struct zt_worker *w);
int zt_step_stats(struct zt_worker *w);
int zt_step_block_state(struct zt_worker *w);
int zt_step_session(struct zt_worker *w);

/*
 * One session: opens the device, writes some pages, and reads them.  It can't be
 * reset while it is open, so what went in has to come out.  All is done in one
 * of several parts of the device; between, if there is one, comes before it reads.
 */
int zt_session(int id, unsigned int part, unsigned int parts, int (*between)(int id));
/* Marks all idle and writes it back; EAGAIN if nothing is in the backing device. */
int zt_write_back(int id);

/* One call in a thread of its own. */
struct zt_task {
	int (*run)(void *arg);
	void *arg;
	int error, over;
	unsigned long long began, ended;
	pthread_t thread;
};

void zt_task_start(struct zt_task *t, int (*run)(void *arg), void *arg);
int zt_task_over(const struct zt_task *t);
/* Returns what run() returned. */
int zt_task_join(struct zt_task *t);
/* For it: arg points to the id. */
int zt_task_reset(void *id);
int zt_task_remove(void *id);

/*
 * A case: resets a device, as set_up makes it, while it writes back.  Skips if each
 * writeback ended before the reset began.
 */
int zt_reset_meets_writeback(int id, int (*set_up)(int id));

/* --- other parts of the kernel ------------------------------------------- */

/* A loop device of so many bytes; a file descriptor, or a negative errno. */
int zt_loop_open(unsigned long bytes, char *path, size_t size);
/* Nobody has claimed it. */
int zt_is_free(const char *path);
/*
 * A null_blk device that keeps what is written to it; settings are words
 * "ATTRIBUTE=VALUE" of its directory in configfs.  Returns an error, ENODEV where
 * there is no null_blk; the node goes to path.
 */
int zt_null_add(const char *settings, char *path, size_t size);
/* Lets all I/O to the first 32 MiB of the null_blk device at path fail, or no more. */
int zt_null_fail(const char *path, int fail);
/* A device of the device mapper, as zt_null_add(); table is "TARGET ARGUMENTS". */
int zt_dm_add(const char *table, unsigned long bytes, char *path, size_t size);
/* Replaces the table of the device at path. */
int zt_dm_load(const char *path, const char *table, unsigned long bytes);
/* Removes all devices of these two kinds; done at exit, too. */
void zt_remove_disks(void);
/* Sectors that were written to the device at path: sysfs has no lock for that. */
unsigned long long zt_sectors_written(const char *path);
/* Loads a module, if this system has modprobe; options may follow the name. */
void zt_modprobe(const char *name);
int zt_swapon(int id);
int zt_swapoff(int id);
/* A parameter of the kernel, for the time of a test */
struct zt_param {
	const char *path, *value;
	char before[64];
};

/* Returns the path of the one that can't be had or set, or NULL. */
const char *zt_set_params(struct zt_param *params, unsigned int nr);
/* As far as it goes, the last one first. */
void zt_restore_params(struct zt_param *params, unsigned int nr);
/* Puts cpu up or down. */
int zt_cpu(unsigned int cpu, int up);
/* The module ZRAM_KO: returns why it can't be loaded and unloaded, or NULL. */
const char *zt_module_missing(void);
int zt_load(void);
int zt_unload(void);

/* --- what is printed ----------------------------------------------------- */

static inline void zt_begin(void)
{
	const char *missing;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	missing = zt_set_up();
	if (missing)
		ksft_exit_skip("%s\n", missing);
}

static inline void zt_result(int status, const char *name)
{
	if (status == KSFT_SKIP)
		ksft_test_result_skip("%s: %s\n", name, zt_why);
	else if (status == KSFT_PASS)
		ksft_test_result_pass("%s\n", name);
	else
		ksft_test_result_fail("%s: %s\n", name, zt_why);
}

static inline int zt_add(void)
{
	int id = zt_hot_add();

	if (id < 0)
		ksft_exit_fail_msg("hot_add: %s\n", strerror(-id));
	return id;
}

/* A case for each worker: it did something, and nothing went wrong. */
static inline void zt_judge(const struct zt_worker *w, unsigned int count)
{
	for (; count; count--, w++) {
		if (w->wrong)
			ksft_print_msg("%s: %s\n", w->name, zt_wrong_text());
		if (w->odd)
			ksft_print_msg("%s: %s\n", w->name, strerror(w->odd_errno));
		ksft_test_result((w->done || w->optional) && !w->wrong && !w->odd,
				 "%s: %lu done, %lu refused, %lu wrong, %lu odd\n",
				 w->name, w->done, w->refused, w->wrong, w->odd);
	}
}

/* The last case of every program. */
static inline int zt_end(void)
{
	ksft_test_result(!zt_complained(), "the kernel did not complain\n");
	if (ksft_get_fail_cnt())
		ksft_exit_fail();
	ksft_exit_pass();
	return KSFT_PASS;
}

#endif
