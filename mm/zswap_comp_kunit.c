// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KUnit tests of how zswap compresses
 *
 * Pages of pseudo-random bytes, of which more or fewer are zero, go through a
 * compressor and an object of zsmalloc, as zswap has them go.
 *
 * Helper threads don't assert; see zsmalloc_kunit.c.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/zsmalloc.h>

#include "zswap_comp.h"
#include "zswap_test_comp.h"

struct zct {
	struct zs_pool *pool;
	struct zswap_test_comp_knobs knobs;	/* as they were before */
};

static int zct_init(struct kunit *test)
{
	struct zct *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->knobs = zswap_test_comp;
	t->pool = zs_create_pool("kunit-zswap");
	return t->pool ? 0 : -ENOMEM;
}

static void zct_exit(struct kunit *test)
{
	struct zct *t = test->priv;

	if (!t)
		return;
	zswap_test_comp.contexts = t->knobs.contexts;
	zswap_test_comp.delay_us = t->knobs.delay_us;
	zswap_test_comp.fail_compress = t->knobs.fail_compress;
	zswap_test_comp.fail_decompress = t->knobs.fail_decompress;
	if (t->pool) {
		KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
		zs_destroy_pool(t->pool);
	}
}

/* A quarter of it, or more, or less is noise */
static void zct_fill(struct page *page, u32 seed)
{
	u8 *addr = page_address(page);
	struct rnd_state rnd;

	memset(addr, 0, PAGE_SIZE);
	prandom_seed_state(&rnd, seed);
	prandom_bytes_state(&rnd, addr + 1, PAGE_SIZE / (2 + seed % 7));
}

/* A page through a compressor and a pool, and back; a negative error if not */
static int zct_store(struct zct *t, struct zswap_comp *comp, struct page *page,
		     unsigned int room, unsigned long *handle,
		     unsigned int *len)
{
	struct zswap_comp_ctx *ctx = zswap_comp_get(comp);
	int ret = zswap_compress(ctx, page, room, len);

	if (!ret) {
		*handle = zs_malloc(t->pool, room + *len,
				    __GFP_KSWAPD_RECLAIM | __GFP_HIGHMEM |
				    __GFP_MOVABLE);
		if (*handle)
			zs_obj_write(t->pool, *handle, ctx->buffer,
				     room + *len);
		else
			ret = -ENOMEM;
	}
	zswap_comp_put(ctx);
	return ret;
}

static int zct_load(struct zct *t, struct zswap_comp *comp,
		    unsigned long handle, unsigned int room, unsigned int len,
		    struct page *page)
{
	struct zswap_comp_ctx *ctx = zswap_comp_get(comp);
	const u8 *src = zs_obj_read_begin(t->pool, handle, ctx->buffer);
	int ret = zswap_decompress(ctx, src + room, len, page);

	zs_obj_read_end(t->pool, handle, src);
	zswap_comp_put(ctx);
	return ret;
}

/* 0 if what comes back is what went in */
static int zct_round(struct zct *t, struct zswap_comp *comp, u32 seed,
		     unsigned int room)
{
	struct page *in = alloc_page(GFP_KERNEL), *out = alloc_page(GFP_KERNEL);
	unsigned long handle = 0;
	unsigned int len;
	int ret = -ENOMEM;

	if (in && out) {
		zct_fill(in, seed);
		ret = zct_store(t, comp, in, room, &handle, &len);
		if (!ret)
			ret = zct_load(t, comp, handle, room, len, out);
		if (!ret && memcmp(page_address(in), page_address(out),
				   PAGE_SIZE))
			ret = -EILSEQ;
	}
	zs_free(t->pool, handle);
	if (in)
		__free_page(in);
	if (out)
		__free_page(out);
	return ret;
}

static void zct_rounds(struct kunit *test, const char *name)
{
	struct zswap_comp comp = {};
	u32 seed;

	KUNIT_ASSERT_EQ(test, zswap_comp_init(&comp, name), 0);
	for (seed = 0; seed < 30; seed++)
		KUNIT_EXPECT_EQ(test, zct_round(test->priv, &comp, seed,
						seed % 2 * 8), 0);
	zswap_comp_destroy(&comp);
}

/* What the CPU compresses is not asked of acomp */
static void zswap_comp_sync(struct kunit *test)
{
	struct zswap_comp comp = {};
	struct zswap_comp_ctx *ctx;

	zct_rounds(test, "lzo");
	KUNIT_ASSERT_EQ(test, zswap_comp_init(&comp, "lzo"), 0);
	ctx = zswap_comp_get(&comp);
	KUNIT_EXPECT_TRUE(test, ctx->tfm && !ctx->acomp);
	zswap_comp_put(ctx);
	zswap_comp_destroy(&comp);
}

/* Each way in which a request can be done */
static void zswap_comp_async(struct kunit *test)
{
	zswap_test_comp.delay_us = 50;
	zswap_test_comp.contexts = DONE_WORK;
	zct_rounds(test, ZSWAP_TEST_COMP);
	zswap_test_comp.contexts = DONE_SOFTIRQ;
	zct_rounds(test, ZSWAP_TEST_COMP);
	zswap_test_comp.contexts = DONE_NOW;
	zct_rounds(test, ZSWAP_TEST_COMP);
	KUNIT_EXPECT_GE(test, zswap_test_comp.done_work, 60UL);
	KUNIT_EXPECT_GE(test, zswap_test_comp.done_softirq, 60UL);
	KUNIT_EXPECT_GE(test, zswap_test_comp.done_now, 60UL);
}

static void zswap_comp_unknown(struct kunit *test)
{
	struct zswap_comp comp = {};

	KUNIT_EXPECT_TRUE(test, zswap_comp_available("lzo"));
	KUNIT_EXPECT_TRUE(test, zswap_comp_available(ZSWAP_TEST_COMP));
	KUNIT_EXPECT_FALSE(test, zswap_comp_available("no-such-thing"));
	KUNIT_EXPECT_NE(test, zswap_comp_init(&comp, "no-such-thing"), 0);
}

/* A failed request is reported in each context, and the next one succeeds */
static void zswap_comp_fails(struct kunit *test)
{
	static const unsigned int contexts[] = {
		DONE_WORK, DONE_SOFTIRQ, DONE_NOW,
	};
	struct zswap_comp comp = {};
	int i;

	KUNIT_ASSERT_EQ(test, zswap_comp_init(&comp, ZSWAP_TEST_COMP), 0);
	for (i = 0; i < ARRAY_SIZE(contexts); i++) {
		zswap_test_comp.contexts = contexts[i];
		zswap_test_comp.fail_compress = 1;
		KUNIT_EXPECT_EQ(test, zct_round(test->priv, &comp, i, 0), -EIO);
		zswap_test_comp.fail_compress = 0;
		zswap_test_comp.fail_decompress = 1;
		KUNIT_EXPECT_EQ(test, zct_round(test->priv, &comp, i, 0), -EIO);
		zswap_test_comp.fail_decompress = 0;
		KUNIT_EXPECT_EQ(test, zct_round(test->priv, &comp, i, 0), 0);
	}
	zswap_comp_destroy(&comp);
}

/* What is not a compressed page does not pass for one */
static void zswap_comp_garbage(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct zswap_comp comp = {};
	struct zswap_comp_ctx *ctx;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	KUNIT_ASSERT_EQ(test, zswap_comp_init(&comp, "lzo"), 0);
	ctx = zswap_comp_get(&comp);
	memset(ctx->buffer, 0xff, 100);
	KUNIT_EXPECT_NE(test, zswap_decompress(ctx, ctx->buffer, 100, page), 0);
	zswap_comp_put(ctx);
	zswap_comp_destroy(&comp);
	__free_page(page);
}

/* Rounds in a thread, which may be bound to a CPU */
struct zct_thread {
	struct zct *t;
	struct zswap_comp *comp;
	struct completion began, done;
	unsigned int rounds;
	u32 seed;
	int ret;
};

static int zct_thread(void *data)
{
	struct zct_thread *thread = data;
	unsigned int i;

	complete(&thread->began);
	for (i = 0; i < thread->rounds && !thread->ret; i++)
		thread->ret = zct_round(thread->t, thread->comp,
					thread->seed + i, 0);
	complete(&thread->done);
	return 0;
}

static void zct_start(struct kunit *test, struct zct_thread *thread,
		      struct zswap_comp *comp, int cpu)
{
	struct task_struct *task;

	thread->t = test->priv;
	thread->comp = comp;
	init_completion(&thread->began);
	init_completion(&thread->done);
	task = kthread_create(zct_thread, thread, "zct_thread");
	if (IS_ERR(task)) {
		thread->ret = PTR_ERR(task);
		complete(&thread->began);
		complete(&thread->done);
		return;
	}
	/* not kthread_bind(): it may go elsewhere when its CPU goes */
	if (cpu >= 0)
		set_cpus_allowed_ptr(task, cpumask_of(cpu));
	wake_up_process(task);
}

/* More tasks than contexts, and requests done out of order */
static void zswap_comp_many(struct kunit *test)
{
	struct zswap_comp comp = {};
	struct zct_thread *thread;
	int i, n = 8, ret = 0;

	thread = kunit_kzalloc(test, n * sizeof(*thread), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	zswap_test_comp.contexts = DONE_WORK | DONE_SOFTIRQ | DONE_NOW;
	zswap_test_comp.delay_us = 100;
	KUNIT_ASSERT_EQ(test, zswap_comp_init(&comp, ZSWAP_TEST_COMP), 0);
	for (i = 0; i < n; i++) {
		thread[i].rounds = 50;
		thread[i].seed = 1000 * i;
		zct_start(test, &thread[i], &comp, -1);
	}
	for (i = 0; i < n; i++) {
		wait_for_completion(&thread[i].done);
		ret = ret ?: thread[i].ret;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	zswap_comp_destroy(&comp);
}

/*
 * CPU0				CPU1
 *				a request, which takes a while
 * remove_cpu(1)
 *				is done; the task is elsewhere by then
 *
 * The context stays, and is there again once the CPU is back.
 *
 * If the task frees its object on the CPU while that goes offline, KASAN's
 * quarantine drops the object, and the pool's cache is never empty again.
 */
static void zswap_comp_cpu_offline(struct kunit *test)
{
#ifdef CONFIG_HOTPLUG_CPU
	unsigned int cpu = cpumask_last(cpu_online_mask);
	struct zct_thread thread = { .rounds = 1, .seed = 5 };
	struct zswap_comp comp = {};
	u8 *buffer;

	if (num_online_cpus() < 2 || IS_ENABLED(CONFIG_KASAN_GENERIC))
		return;
	zswap_test_comp.contexts = DONE_WORK;
	zswap_test_comp.delay_us = 100000;
	KUNIT_ASSERT_EQ(test, zswap_comp_init(&comp, ZSWAP_TEST_COMP), 0);
	zct_start(test, &thread, &comp, cpu);
	wait_for_completion(&thread.began);
	usleep_range(5000, 6000);
	KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
	buffer = per_cpu_ptr(comp.ctx, cpu)->buffer;
	wait_for_completion(&thread.done);
	KUNIT_EXPECT_EQ(test, thread.ret, 0);
	KUNIT_EXPECT_EQ(test, zct_round(test->priv, &comp, 6, 0), 0);

	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	KUNIT_EXPECT_PTR_EQ(test, buffer, per_cpu_ptr(comp.ctx, cpu)->buffer);
	zswap_comp_destroy(&comp);
#endif
}

static struct kunit_case zswap_comp_cases[] = {
	KUNIT_CASE(zswap_comp_sync),
	KUNIT_CASE(zswap_comp_async),
	KUNIT_CASE(zswap_comp_unknown),
	KUNIT_CASE(zswap_comp_fails),
	KUNIT_CASE(zswap_comp_garbage),
	KUNIT_CASE(zswap_comp_many),
	KUNIT_CASE(zswap_comp_cpu_offline),
	{}
};

static struct kunit_suite zswap_comp_suite = {
	.name = "zswap_comp",
	.init = zct_init,
	.exit = zct_exit,
	.test_cases = zswap_comp_cases,
};

kunit_test_suite(zswap_comp_suite);
