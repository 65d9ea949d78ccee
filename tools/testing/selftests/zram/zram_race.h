/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of zram_race share.
 *
 * A test-only patch of the kernel has delay points, where a task waits for a
 * while if the name of the point was written to .../parameters/point.
 */
#ifndef ZRAM_RACE_H
#define ZRAM_RACE_H

#include "zram_test.h"

/*
 * Arms the delay point and starts run(arg).  Returns KSFT_PASS when that waits at the
 * point; else the task is over, and the case has failed.
 */
int race_enter(const char *point, struct zt_task *t, int (*run)(void *arg), void *arg);
/* Disarms the delay point. */
void race_shut(void);
/* Length of the delay, in ms. */
unsigned int race_delay_ms(void);
/* Disarms the delay point and waits for the task; returns its error. */
int race_leave(struct zt_task *t);
/* Sizes the device, and writes and reads some pages. */
int race_fill(int id, const char *disksize, unsigned int pages);

/* The steps of more than one case, see there. */
int race_page_count(int id, int (*run)(void *arg), const char *backing);
int race_removal(int id, const char *attr, const char *value, int *late);

/* The cases; each gets a new device, which must work and go when it passed. */
int race_reset_disksize(int id);
int race_unload(int id);
int race_block_state_open(int id);
int race_early_hot_add(int id);
int race_removal_disksize(int id);
int race_removal_backing(int id);
int race_backing_kept(int id);
int race_backing_kept_remove(int id);
int race_page_count_idle(int id);
int race_page_count_block_state(int id);
int race_page_count_writeback(int id);
int race_block_index(int id);
int race_compress_twice(int id);
int race_default_compressor(int id);
int race_bdput(int id);
int race_open_removed(int id);
int race_huge_disksize(int id);
int race_partial_read(int id);
int race_swapin_twice(int id);
int race_zswap_writeback(int id);

#endif
