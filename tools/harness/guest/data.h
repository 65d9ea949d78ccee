/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the pages look that the guest's programs write.  Compressed, a page takes
 * 10 to 4,000 bytes, about 1,000 on average: its head is noise of that length,
 * its tail a pattern.  One page in 64 is one word repeated, one in 64 is all
 * noise.
 */
#ifndef DATA_H
#define DATA_H

#include <stdint.h>

#define PAGE		4096UL
#define WORDS		(PAGE / sizeof(uint64_t))

/* splitmix64: every seed is as good as any other, 0 and 1 as well. */
static inline uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Cubing a uniform number puts most pages in small classes, some in each. */
static inline unsigned int noise_words(uint64_t random)
{
	uint64_t u = random % 1024;

	switch (random >> 58) {
	case 0:
		return 0;
	case 1:
		return WORDS;
	default:
		return u * u * u * 440 / (1024 * 1024 * 1024) + 1;
	}
}

/* Some words of noise, the rest is one pattern. */
static inline void fill_page(uint64_t *to, unsigned int noise, uint64_t *state)
{
	uint64_t pattern = next(state);
	unsigned int i;

	for (i = 0; i < noise; i++)
		to[i] = next(state);
	for (; i < WORDS; i++)
		to[i] = pattern;
}

/* Noise here and there, which is a lot of work for a compressor: a third is left. */
static inline void fill_page_by_words(uint64_t *to, uint64_t *state)
{
	uint64_t pattern = next(state);
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		to[i] = i % 4 ? pattern : next(state);
}

#endif
