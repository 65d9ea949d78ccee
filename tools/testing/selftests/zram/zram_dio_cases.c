// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_dio, each for any target. */
#include "zram_dio.h"

/* --- one segment --------------------------------------------------------- */

/* At each multiple of 512, and at what is advertised if that is less. */
static int unaligned(struct dio_target *t, int (*attempt)(struct dio_target *t,
							  const struct dio_request *r))
{
	static const size_t lengths[] = { DIO_BLOCK, DIO_LARGE };
	size_t step = t->align < 512 ? t->align : 512, at;
	unsigned int i;
	int status;

	/* Ten steps of the smallest ones say enough. */
	for (i = 0; i < ARRAY_SIZE(lengths); i++)
		for (at = step; at < DIO_BLOCK; at += at < 10 * step ? step : 512) {
			struct dio_request r = { .count = 0 };

			dio_add_segment(&r, zt_page + at, lengths[i]);
			status = attempt(t, &r);
			if (status)
				return status;
		}
	return KSFT_PASS;
}

static int read_unaligned_memory(struct dio_target *t)
{
	return unaligned(t, dio_read);
}

static int write_unaligned_memory(struct dio_target *t)
{
	return unaligned(t, dio_write);
}

/* Odd in each way; no kernel promises these. */
static int odd_address(struct dio_target *t)
{
	static const size_t at[] = { 1, 2, 4, 8, 64, 511, 513 };
	unsigned int i;
	int status = KSFT_PASS;

	for (i = 0; i < ARRAY_SIZE(at) && !status; i++) {
		struct dio_request r = { .count = 0 };

		dio_add_segment(&r, zt_page + at[i], DIO_BLOCK);
		status = dio_read(t, &r);
		if (!status)
			status = dio_write(t, &r);
	}
	return status;
}

static int aligned_memory_is_accepted(struct dio_target *t)
{
	struct dio_request r = { .count = 0 };
	int status;

	dio_add_segment(&r, zt_page, DIO_LARGE);
	status = dio_read(t, &r);
	return status ? status : dio_write(t, &r);
}

/* --- several segments ---------------------------------------------------- */

/* Where each begins in its page, and how long it is; a page lies between two. */
static const struct shape {
	const char *name;
	struct {
		size_t at, length;
	} segment[8];
} shapes[] = {
	{ "pieces of 512", { { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 },
			     { 0, 512 }, { 0, 512 }, { 0, 512 }, { 0, 512 } } },
	{ "1024 and 3072", { { 0, 1024 }, { 0, 3072 } } },
	{ "3072 and 1024, not at the page's begin", { { 1024, 3072 }, { 512, 1024 } } },
	{ "across two pages", { { 2048, 4096 }, { 2048, 4096 } } },
	{ "a page and odd ones", { { 0, 4096 }, { 512, 2048 }, { 0, 2048 }, { 0, 4096 } } },
};

static void make_request(struct dio_request *r, const struct shape *s)
{
	unsigned int i;

	r->count = 0;
	r->length = 0;
	for (i = 0; i < ARRAY_SIZE(s->segment) && s->segment[i].length; i++)
		dio_add_segment(r, (2 * i + 1) * (size_t)zt_page + s->segment[i].at,
				s->segment[i].length);
}

static int all_shapes(struct dio_target *t, int (*attempt)(struct dio_target *t,
							   const struct dio_request *r))
{
	int status = KSFT_PASS;
	struct dio_request r;
	char why[sizeof(zt_why)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes) && !status; i++) {
		make_request(&r, &shapes[i]);
		status = attempt(t, &r);
	}
	if (!status)
		return KSFT_PASS;
	memcpy(why, zt_why, sizeof(why));
	return zt_because(status, "%s: %s", shapes[i - 1].name, why);
}

static int read_odd_segments(struct dio_target *t)
{
	return all_shapes(t, dio_read);
}

static int write_odd_segments(struct dio_target *t)
{
	return all_shapes(t, dio_write);
}

/* One after the other in memory: the pieces of 512 of one page. */
static int adjacent_segments(struct dio_target *t)
{
	struct dio_request r = { .count = 0 };
	unsigned int i;
	int status;

	for (i = 0; i < 8; i++)
		dio_add_segment(&r, zt_page + i * 512, 512);
	status = dio_read(t, &r);
	return status ? status : dio_write(t, &r);
}

/* --- a pipe -------------------------------------------------------------- */

/* The pipe keeps these segments, and iomap checks the first one only. */
static int splice_odd_segments(struct dio_target *t)
{
	static const size_t first[] = { 512, 100, 1, 1024, 4095 };
	int status = KSFT_PASS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(first) && !status; i++) {
		struct dio_request r = { .count = 0 };

		dio_add_segment(&r, zt_page, first[i]);
		dio_add_segment(&r, 3 * zt_page, DIO_BLOCK - first[i]);
		status = dio_splice(t, &r);
	}
	return status;
}

const struct dio_case dio_cases[] = {
	{ "aligned_memory_is_accepted", aligned_memory_is_accepted },
	{ "read_unaligned_memory", read_unaligned_memory },
	{ "write_unaligned_memory", write_unaligned_memory },
	{ "odd_address", odd_address },
	{ "read_odd_segments", read_odd_segments },
	{ "write_odd_segments", write_odd_segments },
	{ "adjacent_segments", adjacent_segments },
	{ "splice_odd_segments", splice_odd_segments },
};

const unsigned int dio_case_count = ARRAY_SIZE(dio_cases);
