// SPDX-License-Identifier: GPL-2.0
/* The requests of zram_dio: what is sent, and what it has to do. */
#include "zram_dio.h"

#include <sys/mman.h>
#include <sys/uio.h>

/* The part of the target that is read and written; the requests begin at START. */
#define AREA		(128UL << 10)
#define START		(4UL * DIO_BLOCK)
/* What is in the arena around the segments. */
#define AROUND		0xa5

/* arena is handed to the kernel; shadow is what it has to hold. */
static unsigned char *arena, *shadow, *area, *want;
static size_t arena_size;

static unsigned char *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		ksft_exit_fail_msg("no memory\n");
	return p;
}

void dio_set_up(void)
{
	arena_size = 16 * zt_page + DIO_LARGE;
	arena = map(arena_size);
	shadow = map(arena_size);
	area = map(AREA);
	want = map(AREA);
}

/* Each word says where it is, and of which generation: none is there twice. */
static void fill(unsigned char *to, off_t at, size_t length, uint32_t generation)
{
	uint32_t word;
	size_t i;

	for (i = 0; i < length; i++) {
		word = ((at + i) / 4 + 1) * 0x9e3779b1 ^ generation * 0x85ebca6b;
		to[i] = word >> (at + i) % 4 * 8;
	}
}

int dio_fill(struct dio_target *t)
{
	t->generation = zt_generation();
	fill(area, 0, AREA, t->generation);
	return pwrite(t->fd, area, AREA, 0) != (ssize_t)AREA;
}

/* --- requests ------------------------------------------------------------ */

void dio_add_segment(struct dio_request *r, size_t at, size_t length)
{
	r->segment[r->count].iov_base = arena + at;
	r->segment[r->count++].iov_len = length;
	r->length += length;
}

/* What such memory promises: an address as advertised, and whole blocks. */
static int must_be_accepted(const struct dio_target *t, const struct dio_request *r)
{
	unsigned int i;

	for (i = 0; i < r->count; i++)
		if ((uintptr_t)r->segment[i].iov_base % t->align ||
		    r->segment[i].iov_len % DIO_BLOCK)
			return 0;
	return 1;
}

static int judge_error(const struct dio_target *t, const struct dio_request *r, int error)
{
	if (error != EINVAL && error != EIO)
		return zt_fail("%s", strerror(error));
	if (must_be_accepted(t, r))
		return zt_fail("%s, though it is aligned to %u", strerror(error), t->align);
	return KSFT_PASS;
}

/* Puts what the target holds at START, as from says, into the segments of the shadow. */
static void scatter(const struct dio_request *r, const unsigned char *from)
{
	const struct iovec *s;

	for (s = r->segment; s < r->segment + r->count; s++) {
		memcpy(shadow + ((unsigned char *)s->iov_base - arena), from, s->iov_len);
		from += s->iov_len;
	}
}

/* Whatever a refused read left in the segments is right. */
static void copy_segments(const struct dio_request *r)
{
	const struct iovec *s;

	for (s = r->segment; s < r->segment + r->count; s++)
		memcpy(shadow + ((unsigned char *)s->iov_base - arena), s->iov_base, s->iov_len);
}

static int is_inside(const struct dio_request *r, size_t at)
{
	const struct iovec *s;

	for (s = r->segment; s < r->segment + r->count; s++)
		if (arena + at >= (unsigned char *)s->iov_base &&
		    arena + at < (unsigned char *)s->iov_base + s->iov_len)
			return 1;
	return 0;
}

static int check_arena(const struct dio_request *r)
{
	unsigned long inside = 0, outside = 0;
	size_t i;

	if (!memcmp(arena, shadow, arena_size))
		return KSFT_PASS;
	for (i = 0; i < arena_size; i++) {
		if (arena[i] == shadow[i])
			continue;
		if (is_inside(r, i))
			inside++;
		else
			outside++;
	}
	return zt_fail("%lu of %zu bytes wrong, %lu around them changed; segments of %zu at %zu",
		       inside, r->length, outside, r->segment[0].iov_len,
		       (size_t)((unsigned char *)r->segment[0].iov_base - arena));
}

int dio_read(struct dio_target *t, const struct dio_request *r)
{
	ssize_t done;
	int status;

	memset(arena, AROUND, arena_size);
	memset(shadow, AROUND, arena_size);
	done = preadv(t->fd, r->segment, r->count, START);
	if (done < 0) {
		status = judge_error(t, r, errno);
		copy_segments(r);
		return status ? status : check_arena(r);
	}
	if (done != (ssize_t)r->length)
		return zt_fail("it read %zd of %zu bytes", done, r->length);
	fill(want, START, r->length, t->generation);
	scatter(r, want);
	return check_arena(r);
}

/* Each block holds what it held, or what was written; all of these if it was accepted. */
static int check_target(struct dio_target *t, const struct dio_request *r, int accepted)
{
	unsigned long wrong = 0;
	size_t at, i;

	fill(want, 0, AREA, t->generation);
	if (accepted)
		fill(want + START, START, r->length, t->generation + 1);
	memset(area, 0, AREA);
	if (pread(t->fd, area, AREA, 0) != (ssize_t)AREA)
		return zt_fail("reading it back: %s", strerror(errno));
	for (at = 0; at < AREA; at += DIO_BLOCK) {
		if (!memcmp(area + at, want + at, DIO_BLOCK))
			continue;
		if (!accepted && at >= START && at < START + r->length) {
			fill(want + at, at, DIO_BLOCK, t->generation + 1);
			if (!memcmp(area + at, want + at, DIO_BLOCK))
				continue;
		}
		for (i = at; i < at + DIO_BLOCK; i++)
			wrong += area[i] != want[i];
	}
	if (!wrong)
		return KSFT_PASS;
	return zt_fail("%lu of %zu bytes were not stored; segments of %zu at %zu", wrong,
		       r->length, r->segment[0].iov_len,
		       (size_t)((unsigned char *)r->segment[0].iov_base - arena));
}

/* transfer() returns how much the kernel took, or -1. */
static int try_write_by(struct dio_target *t, const struct dio_request *r,
			ssize_t (*transfer)(int fd, const struct dio_request *r))
{
	ssize_t done;
	int status = KSFT_PASS;

	memset(arena, AROUND, arena_size);
	memset(shadow, AROUND, arena_size);
	fill(want, START, r->length, t->generation + 1);
	scatter(r, want);
	memcpy(arena, shadow, arena_size);
	done = transfer(t->fd, r);
	if (done < 0)
		status = judge_error(t, r, errno);
	else if (done != (ssize_t)r->length)
		status = zt_fail("it wrote %zd of %zu bytes", done, r->length);
	if (!status)
		status = check_target(t, r, done >= 0);
	if (!status)
		status = check_arena(r);
	/* The next one finds one generation only. */
	zt_generation();
	if (dio_fill(t) && !status)
		status = zt_fail("an aligned write: %s", strerror(errno));
	return status;
}

static ssize_t write_vector(int fd, const struct dio_request *r)
{
	return pwritev(fd, r->segment, r->count, START);
}

int dio_write(struct dio_target *t, const struct dio_request *r)
{
	return try_write_by(t, r, write_vector);
}

/* --- a pipe -------------------------------------------------------------- */

static ssize_t write_by_pipe(int fd, const struct dio_request *r)
{
	loff_t at = START;
	ssize_t done = -1;
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	if (vmsplice(ends[1], r->segment, r->count, 0) == (ssize_t)r->length)
		done = splice(ends[0], NULL, fd, &at, r->length, 0);
	error = errno;
	close(ends[0]);
	close(ends[1]);
	errno = error;
	return done;
}

int dio_splice(struct dio_target *t, const struct dio_request *r)
{
	return try_write_by(t, r, write_by_pipe);
}
