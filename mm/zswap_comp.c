// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compressor of a zswap pool, see zswap_comp.h
 */
#define pr_fmt(fmt) "zswap: " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "zswap_comp.h"

static void ctx_free(struct zswap_comp_ctx *ctx)
{
	if (ctx->req)
		acomp_request_free(ctx->req);
	if (!IS_ERR_OR_NULL(ctx->acomp))
		crypto_free_acomp(ctx->acomp);
	if (!IS_ERR_OR_NULL(ctx->tfm))
		crypto_free_comp(ctx->tfm);
	kfree(ctx->buffer);
	ctx->req = NULL;
	ctx->acomp = NULL;
	ctx->tfm = NULL;
	ctx->buffer = NULL;
}

/* The algorithm, in one form or another; which is the same for all CPUs */
static int ctx_alloc_alg(struct zswap_comp_ctx *ctx,
			 const struct zswap_comp *comp, int node)
{
	if (!comp->acomp) {
		ctx->tfm = crypto_alloc_comp(comp->name, 0, 0);
		return PTR_ERR_OR_ZERO(ctx->tfm);
	}

	ctx->acomp = crypto_alloc_acomp_node(comp->name, comp->acomp_flags,
					     comp->acomp_flags, node);
	if (IS_ERR(ctx->acomp))
		return PTR_ERR(ctx->acomp);
	ctx->req = acomp_request_alloc(ctx->acomp);
	return ctx->req ? 0 : -ENOMEM;
}

static int ctx_alloc(struct zswap_comp_ctx *ctx, const struct zswap_comp *comp,
		     int node)
{
	int ret;

	ctx->buffer = kmalloc_node(ZSWAP_COMP_BUFFER, GFP_KERNEL, node);
	ret = ctx->buffer ? ctx_alloc_alg(ctx, comp, node) : -ENOMEM;
	if (ret) {
		pr_err("could not alloc crypto comp %s : %d\n", comp->name,
		       ret);
		ctx_free(ctx);
	}
	return ret;
}

/* Nobody uses the context yet, unless the CPU was online before */
static int zswap_comp_cpu_prepare(unsigned int cpu, struct hlist_node *node)
{
	struct zswap_comp *comp = hlist_entry(node, struct zswap_comp, node);
	struct zswap_comp_ctx *ctx = per_cpu_ptr(comp->ctx, cpu);

	return ctx->buffer ? 0 : ctx_alloc(ctx, comp, cpu_to_node(cpu));
}

/**
 * zswap_comp_setup() - prepare for compressors, once
 *
 * Return: 0, or a negative error.
 */
int __init zswap_comp_setup(void)
{
	return cpuhp_setup_state_multi(CPUHP_MM_ZSWP_POOL_PREPARE,
				       "mm/zswap_pool:prepare",
				       zswap_comp_cpu_prepare, NULL);
}

/**
 * zswap_comp_cleanup() - undo zswap_comp_setup(), without compressors
 */
void __init zswap_comp_cleanup(void)
{
	cpuhp_remove_multi_state(CPUHP_MM_ZSWP_POOL_PREPARE);
}

/**
 * zswap_comp_available() - is there such an algorithm?
 * @name: of the algorithm
 *
 * Context: Process context; may load a module.
 */
bool zswap_comp_available(const char *name)
{
	return crypto_has_comp(name, 0, 0) || crypto_has_acomp(name, 0, 0);
}

static void free_all(struct zswap_comp *comp)
{
	int cpu;

	for_each_possible_cpu(cpu)
		ctx_free(per_cpu_ptr(comp->ctx, cpu));
	free_percpu(comp->ctx);
}

/**
 * zswap_comp_init() - make a compressor
 * @comp: to be one
 * @name: of the algorithm
 *
 * Context: Process context.
 * Return: 0, or a negative error.
 */
int zswap_comp_init(struct zswap_comp *comp, const char *name)
{
	/* this may load modules, which can't be done under CPU hotplug's lock */
	bool has_comp = crypto_has_comp(name, 0, 0);
	int ret, cpu;

	/* a device has its driver, or there is none: load nothing for it */
	comp->acomp_flags = crypto_has_acomp(name, CRYPTO_ALG_ASYNC,
					     CRYPTO_ALG_ASYNC | CRYPTO_NOLOAD) ?
			    CRYPTO_ALG_ASYNC : 0;
	comp->acomp = comp->acomp_flags || !has_comp;
	strscpy(comp->name, name, sizeof(comp->name));
	comp->ctx = alloc_percpu(struct zswap_comp_ctx);
	if (!comp->ctx)
		return -ENOMEM;

	for_each_possible_cpu(cpu) {
		struct zswap_comp_ctx *ctx = per_cpu_ptr(comp->ctx, cpu);

		mutex_init(&ctx->lock);
		crypto_init_wait(&ctx->wait);
	}

	ret = cpuhp_state_add_instance(CPUHP_MM_ZSWP_POOL_PREPARE,
				       &comp->node);
	if (ret)
		free_all(comp);
	return ret;
}

/**
 * zswap_comp_destroy() - undo zswap_comp_init()
 * @comp: a compressor that nobody uses any more
 *
 * Context: Process context.
 */
void zswap_comp_destroy(struct zswap_comp *comp)
{
	cpuhp_state_remove_instance(CPUHP_MM_ZSWP_POOL_PREPARE, &comp->node);
	free_all(comp);
}

/**
 * zswap_comp_get() - have a context to use
 * @comp: the compressor
 *
 * Context: Process context.  May sleep.
 * Return: the context, to be given back with zswap_comp_put().
 */
struct zswap_comp_ctx *zswap_comp_get(struct zswap_comp *comp)
{
	struct zswap_comp_ctx *ctx = raw_cpu_ptr(comp->ctx);

	mutex_lock(&ctx->lock);
	return ctx;
}

/**
 * zswap_comp_put() - give a context back
 * @ctx: what zswap_comp_get() returned to the same task
 *
 * Context: Process context.
 */
void zswap_comp_put(struct zswap_comp_ctx *ctx)
{
	mutex_unlock(&ctx->lock);
}

/*
 * Sleep until a request is done.  It may be done immediately, or by another
 * task.  Neither may wait for swap, but the NOIO scope covers only this task.
 */
static int ctx_request(struct zswap_comp_ctx *ctx,
		       int (*request)(struct acomp_req *),
		       struct scatterlist *src, unsigned int src_len,
		       struct scatterlist *dst, unsigned int *dst_len)
{
	unsigned int noio = memalloc_noio_save();
	int ret;

	acomp_request_set_params(ctx->req, src, dst, src_len, *dst_len);
	acomp_request_set_callback(ctx->req, CRYPTO_TFM_REQ_MAY_BACKLOG,
				   crypto_req_done, &ctx->wait);
	ret = crypto_wait_req(request(ctx->req), &ctx->wait);
	*dst_len = ctx->req->dlen;
	memalloc_noio_restore(noio);
	return ret;
}

static void sg_init_page(struct scatterlist *sg, struct page *page)
{
	sg_init_table(sg, 1);
	sg_set_page(sg, page, PAGE_SIZE, 0);
}

/* For a driver that checks its bounds late, there is more room than a page */
static int async_compress(struct zswap_comp_ctx *ctx, struct page *page,
			  unsigned int room, unsigned int *len)
{
	struct scatterlist src, dst;

	sg_init_page(&src, page);
	sg_init_one(&dst, ctx->buffer + room, ZSWAP_COMP_BUFFER - room);
	return ctx_request(ctx, crypto_acomp_compress, &src, PAGE_SIZE, &dst,
			   len);
}

static int async_decompress(struct zswap_comp_ctx *ctx, const void *src,
			    unsigned int len, struct page *page,
			    unsigned int *got)
{
	struct scatterlist in, out;

	sg_init_one(&in, src, len);
	sg_init_page(&out, page);
	return ctx_request(ctx, crypto_acomp_decompress, &in, len, &out, got);
}

/**
 * zswap_compress() - compress a page to the buffer of a context
 * @ctx: the context, held by the caller
 * @page: what to compress
 * @room: where in the buffer; what is before is left alone
 * @len: how many bytes were written, if it worked
 *
 * Context: Process context.  May sleep.
 * Return: 0, or a negative error.
 */
int zswap_compress(struct zswap_comp_ctx *ctx, struct page *page,
		   unsigned int room, unsigned int *len)
{
	void *src;
	int ret;

	*len = PAGE_SIZE;
	if (ctx->acomp)
		return async_compress(ctx, page, room, len);

	src = kmap(page);
	ret = crypto_comp_compress(ctx->tfm, src, PAGE_SIZE,
				   ctx->buffer + room, len);
	kunmap(page);
	return ret;
}

/**
 * zswap_decompress() - decompress a page
 * @ctx: the context, held by the caller
 * @src: what zswap_compress() wrote, which may be in @ctx->buffer
 * @len: how many bytes that are
 * @page: where to
 *
 * Context: Process context.  May sleep.
 * Return: 0, or a negative error; then anything may be in the page.
 */
int zswap_decompress(struct zswap_comp_ctx *ctx, const void *src,
		     unsigned int len, struct page *page)
{
	unsigned int got = PAGE_SIZE;
	void *dst;
	int ret;

	if (ctx->acomp) {
		ret = async_decompress(ctx, src, len, page, &got);
	} else {
		dst = kmap(page);
		ret = crypto_comp_decompress(ctx->tfm, src, len, dst, &got);
		kunmap(page);
	}
	if (!ret && got != PAGE_SIZE)
		ret = -EINVAL;
	return ret;
}
