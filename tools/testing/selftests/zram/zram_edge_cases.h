/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of zram_edge_cases share. */
#ifndef ZRAM_LIMITS_H
#define ZRAM_LIMITS_H

#include "zram_test.h"

/* Each case gets a new device, whose id is this, and returns as zt_result() wants. */
extern int limits_device;

/* Opens the device, which has a size. */
int limits_open(void);
/* Writes the pages, each with generation. */
int limits_write(int fd, unsigned long pages, uint32_t generation);
/* A status. */
int limits_check(int fd, unsigned long pages, uint32_t generation);
/* Runs it in a child that the OOM killer picks first; the kernel may not call it. */
int limits_without_oom(int (*run)(void));

/* Copies the name of the algorithm that is set; returns an error. */
int limits_algorithm(char *name, size_t size);

/* The cases that read block_state. */
int limits_block_state_short_reads(void);
int limits_block_state_huge_read(void);
int limits_idle_by_age_of_uptime(void);
int limits_idle_by_age_beyond_uptime(void);
int limits_idle_by_age_of_old_page(void);
int limits_idle_by_age_after_recompression(void);

/* The cases that need a backing device. */
int limits_backing_sizes(void);
int limits_backing_read_only(void);
int limits_backing_fails(void);
int limits_backing_vanishes(void);
int limits_backing_128_tib(void);
int limits_backing_more_than_128_tib(void);
int limits_backing_more_than_16_tib(void);
int limits_batch_size(void);

#endif
