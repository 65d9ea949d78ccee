// SPDX-License-Identifier: GPL-2.0
/*
 * What the zram tests share: what their pages hold.
 *
 * Each page says which page of which generation it is, and has a checksum: so a
 * page that belongs elsewhere, an old one and a mix of two are told apart.
 */
#include "zram_test.h"

#include <setjmp.h>
#include <signal.h>

#define MAGIC	0x7a72616d

struct header {
	uint32_t magic, page, generation, sum;
};

__thread unsigned char zt_room[2 * ZT_MAX_PAGE];

static struct {
	int taken;
	const char *kind;
	unsigned long page;
	uint32_t generation, got_page, got_generation;
} first_wrong;

uint32_t zt_generation(void)
{
	static uint32_t generation;

	return __atomic_add_fetch(&generation, 1, __ATOMIC_RELAXED);
}

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state;

	*state = z * 6364136223846793005ULL + 1442695040888963407ULL;
	z ^= z >> 33;
	z *= 0xff51afd7ed558ccdULL;
	return z ^ (z >> 29);
}

static uint64_t seed(unsigned long page, uint32_t generation)
{
	uint64_t state = (uint64_t)generation << 32 | (uint32_t)page;

	next(&state);
	return next(&state);
}

/* What a page is filled with that has no room for more: 12 + 12 bits, 8 to check. */
static uint32_t word_of(uint32_t page, uint32_t generation)
{
	uint32_t w = (page & 0xfff) << 20 | (generation & 0xfff) << 8;

	return w | ((w >> 24 ^ w >> 16 ^ w >> 8 ^ 0x5a) & 0xff);
}

static uint32_t sum_of(const void *page)
{
	const uint32_t *w = page;
	uint32_t sum = MAGIC;
	unsigned int i;

	for (i = sizeof(struct header) / sizeof(*w); i < zt_page / sizeof(*w); i++)
		sum = (sum ^ w[i]) * 0x9e3779b1 + (sum >> 15);
	return sum;
}

static void fill_word(void *to, uint32_t word)
{
	uint32_t *w = to;
	unsigned int i;

	for (i = 0; i < zt_page / sizeof(*w); i++)
		w[i] = word;
}

void zt_fill_noise(void *to, unsigned long page, uint32_t generation, unsigned int noise)
{
	struct header *h = to;
	uint64_t state = seed(page, generation), *w = to;
	uint64_t pattern = next(&state);
	unsigned int i;

	for (i = sizeof(*h) / sizeof(*w); i < zt_page / sizeof(*w); i++)
		w[i] = i * sizeof(*w) < noise ? next(&state) : pattern;
	h->magic = MAGIC;
	h->page = page;
	h->generation = generation;
	h->sum = sum_of(to);
}

void zt_fill(void *to, unsigned long page, uint32_t generation)
{
	uint32_t random = seed(page, generation) >> 32;

	switch (random % 8) {
	case 0:
		fill_word(to, word_of(page, generation));
		break;
	case 1:
		zt_fill_noise(to, page, generation, zt_page);
		break;
	case 2:
		zt_fill_noise(to, page, generation, random / 8 % 128);
		break;
	default:
		zt_fill_noise(to, page, generation, random / 8 % zt_page);
		break;
	}
}

static int is_one_word(const void *from)
{
	const uint32_t *w = from;
	unsigned int i;

	for (i = 1; i < zt_page / sizeof(*w); i++)
		if (w[i] != w[0])
			return 0;
	return 1;
}

static int wrong(const char *kind, unsigned long page, uint32_t generation,
		 const struct header *got)
{
	if (__atomic_exchange_n(&first_wrong.taken, 1, __ATOMIC_ACQ_REL))
		return ZT_WRONG;
	first_wrong.page = page;
	first_wrong.generation = generation;
	first_wrong.got_page = got->page;
	first_wrong.got_generation = got->generation;
	__atomic_store_n(&first_wrong.kind, kind, __ATOMIC_RELEASE);
	return ZT_WRONG;
}

static int check_header(const struct header *got, uint32_t page, uint32_t generation)
{
	if (got->page != page)
		return wrong("foreign", page, generation, got);
	if (got->generation != generation)
		return wrong("stale", page, generation, got);
	return 0;
}

int zt_check(const void *from, unsigned long page, uint32_t generation)
{
	struct header got;
	uint32_t word;

	memcpy(&got, from, sizeof(got));
	if (!is_one_word(from)) {
		if (got.magic != MAGIC || got.sum != sum_of(from))
			return wrong("torn", page, generation, &got);
		return check_header(&got, page, generation);
	}
	word = got.magic;
	if (word == word_of(page, generation))
		return 0;
	got.page = word >> 20;
	got.generation = word >> 8 & 0xfff;
	if (word == 0)
		return wrong("empty", page, generation, &got);
	if (word != word_of(got.page, got.generation))
		return wrong("torn", page, generation, &got);
	if (got.page == (page & 0xfff))
		return wrong("stale", page, generation, &got);
	return wrong("foreign", page, generation, &got);
}

const char *zt_wrong_text(void)
{
	static char text[200];
	const char *kind = __atomic_load_n(&first_wrong.kind, __ATOMIC_ACQUIRE);

	if (!kind)
		return "nothing was wrong";
	snprintf(text, sizeof(text), "wrong data: %s, want page %lu of %u, got page %u of %u",
		 kind, first_wrong.page, first_wrong.generation,
		 first_wrong.got_page, first_wrong.got_generation);
	__atomic_store_n(&first_wrong.taken, 0, __ATOMIC_RELEASE);
	return text;
}

/* --- to and from a device ------------------------------------------------ */

static int write_buffer(int fd, unsigned long page)
{
	ssize_t done = pwrite(fd, zt_buffer, zt_page, (off_t)page * zt_page);

	if (done != (ssize_t)zt_page)
		return done < 0 ? errno : EIO;
	return 0;
}

static sigjmp_buf on_bus;

static void catch_bus(int signal)
{
	(void)signal;
	siglongjmp(on_bus, 1);
}

int zt_check_bus(const void *from, unsigned long page, uint32_t generation)
{
	struct sigaction action = { .sa_handler = catch_bus }, before;
	int error;

	sigaction(SIGBUS, &action, &before);
	if (sigsetjmp(on_bus, 1))
		error = EFAULT;
	else
		error = zt_check(from, page, generation);
	sigaction(SIGBUS, &before, NULL);
	return error;
}

int zt_write_page(int fd, unsigned long page, uint32_t generation)
{
	zt_fill(zt_buffer, page, generation);
	return write_buffer(fd, page);
}

int zt_write_noise(int fd, unsigned long page, uint32_t generation, unsigned int noise)
{
	zt_fill_noise(zt_buffer, page, generation, noise);
	return write_buffer(fd, page);
}

int zt_read_page(int fd, unsigned long page, uint32_t generation)
{
	ssize_t done;

	/* What stays behind if the kernel forgets to write to it. */
	memset(zt_buffer, 0xee, zt_page);
	done = pread(fd, zt_buffer, zt_page, (off_t)page * zt_page);
	if (done != (ssize_t)zt_page)
		return done < 0 ? errno : EIO;
	return zt_check(zt_buffer, page, generation);
}

int zt_must_read(int fd, unsigned long page, uint32_t generation)
{
	static const struct header nothing;
	int error = zt_read_page(fd, page, generation);

	if (error > 0)
		return wrong(strerror(error), page, generation, &nothing);
	return error;
}

unsigned long zt_pages(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size > 0 ? size / zt_page : 0;
}
