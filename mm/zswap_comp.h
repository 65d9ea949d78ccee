/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compressor of a zswap pool
 *
 * There is a context for each CPU, with a mutex.  zswap_comp_get() locks the
 * context of the current CPU; the holder may sleep, be preempted and migrate.
 * The context of a CPU that goes offline stays allocated, for its holder and
 * for the next time that the CPU is online.
 *
 * The holder must not wait for memory: reclaim may need the context to compress
 * a page first.
 *
 * If there is an asynchronous implementation of the algorithm, it is used, and
 * the holder sleeps until it is done.  Otherwise the CPU compresses.
 * An algorithm that has only an acomp driver can be used in any case.
 *
 * Order: lock of a page in the swap cache -> context -> memory pool.
 */
#ifndef _MM_ZSWAP_COMP_H
#define _MM_ZSWAP_COMP_H

#include <crypto/acompress.h>
#include <linux/crypto.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct page;

/* What compression may write to, however badly it goes */
#define ZSWAP_COMP_BUFFER	(2 * PAGE_SIZE)

/**
 * struct zswap_comp_ctx - a context to compress or decompress a page
 * @lock: protects the other members
 * @buffer: of ZSWAP_COMP_BUFFER; the compressed data, or the holder's copy of
 *	    the data to decompress.  NULL if the CPU was never online
 * @tfm: the algorithm, if it is one of the CPU's
 * @acomp: the algorithm, if not
 * @req: for @acomp; there is one at a time
 * @wait: for @req to be done
 */
struct zswap_comp_ctx {
	struct mutex lock;	/* protects the other members */
	u8 *buffer;
	struct crypto_comp *tfm;
	struct crypto_acomp *acomp;
	struct acomp_req *req;
	struct crypto_wait wait;
};

/**
 * struct zswap_comp - a compressor
 * @ctx: one for each CPU
 * @node: for CPU hotplug
 * @acomp: whether it is not one of the CPU's
 * @acomp_flags: with which it is found then
 * @name: of the algorithm
 */
struct zswap_comp {
	struct zswap_comp_ctx __percpu *ctx;
	struct hlist_node node;
	bool acomp;
	u32 acomp_flags;
	char name[CRYPTO_MAX_ALG_NAME];
};

int zswap_comp_setup(void);
void zswap_comp_cleanup(void);

bool zswap_comp_available(const char *name);
int zswap_comp_init(struct zswap_comp *comp, const char *name);
void zswap_comp_destroy(struct zswap_comp *comp);

struct zswap_comp_ctx *zswap_comp_get(struct zswap_comp *comp);
void zswap_comp_put(struct zswap_comp_ctx *ctx);

int zswap_compress(struct zswap_comp_ctx *ctx, struct page *page,
		   unsigned int room, unsigned int *len);
int zswap_decompress(struct zswap_comp_ctx *ctx, const void *src,
		     unsigned int len, struct page *page);

#endif /* _MM_ZSWAP_COMP_H */
