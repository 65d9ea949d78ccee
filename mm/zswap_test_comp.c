// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An asynchronous compressor that is none: "test-async"
 *
 * It stands in for a device that compresses.  A request is done by another one
 * of its contexts, after a while, and not in the order in which they came; and
 * it can be told to fail.  What does the work is a compressor of the CPU.
 *
 * Parameters, all writable:
 *
 *	contexts	where requests are done, in turn: 1 a work item, 2 a softirq,
 *			4 at once, before the request returns
 *	delay_us	how long one takes on average; each takes up to twice that,
 *			in softirq to the next tick
 *	fail_compress	each so-manieth one fails, after it has written nonsense
 *	fail_decompress	likewise; 0 is none
 *
 * and to read, how many were done where, and how many failed: done_work,
 * done_softirq, done_now, failed.  Only at boot or load: algorithm, what does the
 * work.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/internal/acompress.h>
#include <crypto/scatterwalk.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "zswap_test_comp.h"

#define TEST_COMP_BUFFER	(2 * PAGE_SIZE)

struct zswap_test_comp_knobs zswap_test_comp = {
	.contexts = DONE_WORK | DONE_SOFTIRQ,
	.delay_us = 100,
};

module_param_named(contexts, zswap_test_comp.contexts, uint, 0644);
module_param_named(delay_us, zswap_test_comp.delay_us, uint, 0644);
module_param_named(fail_compress, zswap_test_comp.fail_compress, uint, 0644);
module_param_named(fail_decompress, zswap_test_comp.fail_decompress, uint,
		   0644);
module_param_named(done_work, zswap_test_comp.done_work, ulong, 0444);
module_param_named(done_softirq, zswap_test_comp.done_softirq, ulong, 0444);
module_param_named(done_now, zswap_test_comp.done_now, ulong, 0444);
module_param_named(failed, zswap_test_comp.failed, ulong, 0444);

static char *algorithm = "lzo";
module_param(algorithm, charp, 0444);
MODULE_PARM_DESC(algorithm, "what does the work");

/* For it is used when memory is short */
static struct workqueue_struct *test_comp_wq;

/* A transform */
struct test_comp {
	struct crypto_comp *comp;
	spinlock_t lock;	/* serializes concurrent requests */
	u8 *in, *out;
};

struct test_comp_req {
	struct acomp_req *req;
	bool compress;
	bool to_fail;
	unsigned int delay_us;
	struct timer_list timer;
	struct work_struct work;
};

/* One that is off by a few does not matter */
static void count(unsigned long *what)
{
	WRITE_ONCE(*what, READ_ONCE(*what) + 1);
}

/* As a device: reads src, writes dst, from wherever it is called */
static int test_comp_do(struct acomp_req *req, bool compress)
{
	struct test_comp *tc = acomp_tfm_ctx(crypto_acomp_reqtfm(req));
	unsigned int len = min_t(unsigned int, req->dlen, TEST_COMP_BUFFER);
	unsigned int limit = len;
	int ret;

	spin_lock_bh(&tc->lock);
	scatterwalk_map_and_copy(tc->in, req->src, 0, req->slen, 0);
	if (compress)
		ret = crypto_comp_compress(tc->comp, tc->in, req->slen,
					   tc->out, &len);
	else
		ret = crypto_comp_decompress(tc->comp, tc->in, req->slen,
					     tc->out, &len);
	if (!ret && len > limit)
		ret = -ENOSPC;
	if (!ret) {
		scatterwalk_map_and_copy(tc->out, req->dst, 0, len, 1);
		req->dlen = len;
	}
	spin_unlock_bh(&tc->lock);
	return ret;
}

/* As a device that is reset when it has written something */
static int test_comp_fail(struct acomp_req *req)
{
	static const char nonsense[] = "nobody should ever see this";

	scatterwalk_map_and_copy((void *)nonsense, req->dst, 0,
				 min_t(unsigned int, req->dlen,
				       sizeof(nonsense)), 1);
	count(&zswap_test_comp.failed);
	return -EIO;
}

static int test_comp_result(struct test_comp_req *tr)
{
	return tr->to_fail ? test_comp_fail(tr->req) :
			     test_comp_do(tr->req, tr->compress);
}

/* @tr may be gone when this returns: it is its user's */
static void test_comp_complete(struct test_comp_req *tr, unsigned long *done)
{
	struct acomp_req *req = tr->req;
	int ret = test_comp_result(tr);

	count(done);
	local_bh_disable();
	acomp_request_complete(req, ret);
	local_bh_enable();
}

static void test_comp_work(struct work_struct *work)
{
	struct test_comp_req *tr = container_of(work, struct test_comp_req,
						work);

	if (tr->delay_us)
		usleep_range(tr->delay_us, tr->delay_us + 10);
	test_comp_complete(tr, &zswap_test_comp.done_work);
}

static void test_comp_timer(struct timer_list *timer)
{
	struct test_comp_req *tr = from_timer(tr, timer, timer);

	test_comp_complete(tr, &zswap_test_comp.done_softirq);
}

/* The next one of those that are asked for */
static unsigned int next_context(void)
{
	static atomic_t turn;
	unsigned int asked = READ_ONCE(zswap_test_comp.contexts) &
			     (DONE_WORK | DONE_SOFTIRQ | DONE_NOW);
	unsigned int context;

	if (!asked)
		asked = DONE_WORK;
	do {
		context = 1 << (atomic_inc_return(&turn) & 0x7fffffff) % 3;
	} while (!(context & asked));
	return context;
}

static bool next_fails(bool compress)
{
	static atomic_t compressed, decompressed;
	unsigned int every = compress ? READ_ONCE(zswap_test_comp.fail_compress) :
					READ_ONCE(zswap_test_comp.fail_decompress);
	unsigned int n = atomic_inc_return(compress ? &compressed :
						      &decompressed);

	return every && n % every == 0;
}

static int test_comp_start(struct acomp_req *req, bool compress)
{
	struct test_comp_req *tr = acomp_request_ctx(req);
	unsigned int delay = READ_ONCE(zswap_test_comp.delay_us);
	unsigned int context = next_context();

	if (!req->src || !req->dst || !req->slen ||
	    req->slen > TEST_COMP_BUFFER)
		return -EINVAL;

	tr->req = req;
	tr->compress = compress;
	tr->to_fail = next_fails(compress);
	tr->delay_us = delay ? prandom_u32_max(2 * delay) : 0;

	if (context == DONE_NOW) {
		count(&zswap_test_comp.done_now);
		return test_comp_result(tr);
	}

	if (context == DONE_WORK) {
		INIT_WORK(&tr->work, test_comp_work);
		queue_work(test_comp_wq, &tr->work);
	} else {
		timer_setup(&tr->timer, test_comp_timer, 0);
		mod_timer(&tr->timer,
			  jiffies + usecs_to_jiffies(tr->delay_us));
	}
	return -EINPROGRESS;
}

static int test_comp_compress(struct acomp_req *req)
{
	return test_comp_start(req, true);
}

static int test_comp_decompress(struct acomp_req *req)
{
	return test_comp_start(req, false);
}

static void test_comp_exit_tfm(struct crypto_acomp *tfm)
{
	struct test_comp *tc = acomp_tfm_ctx(tfm);

	if (!IS_ERR_OR_NULL(tc->comp))
		crypto_free_comp(tc->comp);
	kfree(tc->in);
	kfree(tc->out);
}

static int test_comp_init_tfm(struct crypto_acomp *tfm)
{
	struct test_comp *tc = acomp_tfm_ctx(tfm);

	spin_lock_init(&tc->lock);
	tc->in = kmalloc(TEST_COMP_BUFFER, GFP_KERNEL);
	tc->out = kmalloc(TEST_COMP_BUFFER, GFP_KERNEL);
	tc->comp = crypto_alloc_comp(algorithm, 0, 0);
	if (tc->in && tc->out && !IS_ERR(tc->comp))
		return 0;

	test_comp_exit_tfm(tfm);
	return -ENOMEM;
}

static struct acomp_alg test_comp_alg = {
	.compress	= test_comp_compress,
	.decompress	= test_comp_decompress,
	.init		= test_comp_init_tfm,
	.exit		= test_comp_exit_tfm,
	.reqsize	= sizeof(struct test_comp_req),
	.base		= {
		.cra_name	 = ZSWAP_TEST_COMP,
		.cra_driver_name = ZSWAP_TEST_COMP "-cpu",
		.cra_flags	 = CRYPTO_ALG_ASYNC,
		.cra_priority	 = 100,
		.cra_ctxsize	 = sizeof(struct test_comp),
		.cra_module	 = THIS_MODULE,
	},
};

static int __init test_comp_init(void)
{
	int ret;

	test_comp_wq = alloc_workqueue("zswap_test_comp",
				       WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!test_comp_wq)
		return -ENOMEM;

	ret = crypto_register_acomp(&test_comp_alg);
	if (ret)
		destroy_workqueue(test_comp_wq);
	return ret;
}

static void __exit test_comp_exit(void)
{
	crypto_unregister_acomp(&test_comp_alg);
	destroy_workqueue(test_comp_wq);
}

module_init(test_comp_init);
module_exit(test_comp_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Asynchronous compressor to test zswap with");
