/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The knobs of the asynchronous test compressor, see zswap_test_comp.c */
#ifndef _MM_ZSWAP_TEST_COMP_H
#define _MM_ZSWAP_TEST_COMP_H

#define ZSWAP_TEST_COMP	"test-async"

enum {
	DONE_WORK	= 1,
	DONE_SOFTIRQ	= 2,
	DONE_NOW	= 4,
};

/**
 * struct zswap_test_comp_knobs - module parameters; kernel tests set them as well
 * @contexts: where requests are done, in turn
 * @delay_us: how long one takes on average
 * @fail_compress: each so-manieth fails, or 0
 * @fail_decompress: likewise
 * @done_work: how many were done by a work item
 * @done_softirq: and in softirq
 * @done_now: and at once
 * @failed: how many failed
 */
struct zswap_test_comp_knobs {
	unsigned int contexts;
	unsigned int delay_us;
	unsigned int fail_compress;
	unsigned int fail_decompress;
	unsigned long done_work;
	unsigned long done_softirq;
	unsigned long done_now;
	unsigned long failed;
};

extern struct zswap_test_comp_knobs zswap_test_comp;

#endif /* _MM_ZSWAP_TEST_COMP_H */
