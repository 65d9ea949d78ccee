/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of zram_dio share. */
#ifndef ZRAM_DIO_H
#define ZRAM_DIO_H

#include "zram_test.h"

#include <sys/uio.h>

/* No target has smaller logical blocks. */
#define DIO_BLOCK	4096
/* Bytes of the longest segment. */
#define DIO_LARGE	(64UL << 10)
#define DIO_SEGMENTS	16

struct dio_target {
	const char *name;
	int fd;
	/* What memory has to be aligned to so that it is accepted. */
	unsigned int align;
	/* What all its blocks hold. */
	uint32_t generation;
};

struct dio_case {
	const char *name;
	int (*run)(struct dio_target *t);
};

extern const struct dio_case dio_cases[];
extern const unsigned int dio_case_count;

struct dio_request {
	struct iovec segment[DIO_SEGMENTS];
	unsigned int count;
	size_t length;
};

/* Adds so many bytes of the arena, which has 16 pages and DIO_LARGE, from at on. */
void dio_add_segment(struct dio_request *r, size_t at, size_t length);
/* Each sends the request to the target, and checks all of both; a status. */
int dio_read(struct dio_target *t, const struct dio_request *r);
int dio_write(struct dio_target *t, const struct dio_request *r);
int dio_splice(struct dio_target *t, const struct dio_request *r);

/* Allocates the arena. */
void dio_set_up(void);
/* Writes all blocks that the cases use, from aligned memory; nonzero if it fails. */
int dio_fill(struct dio_target *t);

#endif
