// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KUnit tests of which task gets which compression stream
 *
 * Included at the end of zcomp.c.  Helper threads on one CPU take streams and
 * keep them, as tasks do that were preempted there.
 *
 * Helper threads do not assert; only the test thread judges.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/rt.h>

#define ZCT_TIMEOUT	(10 * HZ)

struct zct_holder {
	struct task_struct *task;
	struct zcomp *comp;
	struct zcomp_strm *zstrm;
	struct completion got;
};

struct zct {
	struct zcomp *comp;
	unsigned int cpu;
	int nr;			/* of streams, and of threads to hold all */
	struct zct_holder *holder;
};

static int zct_init(struct kunit *test)
{
	struct zct *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	test->priv = t;
	t->cpu = cpumask_first(cpu_online_mask);
	t->nr = num_online_cpus() + 1;
	/* one more, which has to wait */
	t->holder = kunit_kzalloc(test, (t->nr + 1) * sizeof(*t->holder),
				  GFP_KERNEL);
	if (!t->holder)
		return -ENOMEM;
	t->comp = zcomp_create("lzo");
	return PTR_ERR_OR_ZERO(t->comp);
}

/* Idempotent: the thread may have been stopped before */
static void zct_stop(struct zct_holder *h)
{
	if (h->task)
		kthread_stop(h->task);
	h->task = NULL;
}

static void zct_exit(struct kunit *test)
{
	struct zct *t = test->priv;
	int i;

	if (!t || IS_ERR_OR_NULL(t->comp))
		return;
	/* in the order of start: a waiter gets the stream that they put */
	for (i = 0; i <= t->nr; i++)
		zct_stop(&t->holder[i]);
	zcomp_destroy(t->comp);
}

static int zct_hold(void *data)
{
	struct zct_holder *h = data;

	h->zstrm = zcomp_stream_get(h->comp);
	complete(&h->got);
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	zcomp_stream_put(h->zstrm);
	return 0;
}

static struct zct_holder *zct_start(struct kunit *test, int i, bool fifo)
{
	struct zct *t = test->priv;
	struct zct_holder *h = &t->holder[i];
	struct task_struct *task;

	h->comp = t->comp;
	init_completion(&h->got);
	task = kthread_create(zct_hold, h, "zct_hold/%d", i);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kthread_bind(task, t->cpu);
	if (fifo)
		sched_set_fifo(task);
	h->task = task;
	wake_up_process(task);
	return h;
}

/* As many on one CPU as there are streams, and each gets one at once */
static void zct_take_all(struct kunit *test)
{
	struct zct *t = test->priv;
	struct zct_holder *h;
	int i, j;

	for (i = 0; i < t->nr; i++) {
		h = zct_start(test, i, false);
		KUNIT_ASSERT_NE_MSG(test, 0UL,
				    wait_for_completion_timeout(&h->got, ZCT_TIMEOUT),
				    "the stream of %d of %d has to be waited for",
				    i + 1, t->nr);
		for (j = 0; j < i; j++)
			KUNIT_ASSERT_PTR_NE(test, h->zstrm,
					    t->holder[j].zstrm);
	}
}

/* The stream of one's own CPU is taken if it is there */
static void zcomp_own_stream_first(struct kunit *test)
{
	struct zct *t = test->priv;
	int i;

	for (i = 0; i < 3; i++) {
		struct zct_holder *h = zct_start(test, 0, false);

		wait_for_completion(&h->got);
		KUNIT_EXPECT_PTR_EQ(test, h->zstrm,
				    per_cpu_ptr(t->comp->stream, t->cpu));
		zct_stop(h);
	}
}

/* Nobody waits for one who was preempted while there is another stream */
static void zcomp_passes_over(struct kunit *test)
{
	struct zct *t = test->priv;

	zct_take_all(test);
	KUNIT_EXPECT_PTR_EQ(test, t->holder[0].zstrm,
			    per_cpu_ptr(t->comp->stream, t->cpu));
	KUNIT_EXPECT_PTR_EQ(test, t->holder[t->nr - 1].zstrm,
			    &t->comp->spare);
}

/*
 * holder[0]			holder[nr], of real-time priority
 * has the stream of the CPU
 *				all are in use: waits for that of the CPU
 * is of that priority, too
 * gives it back
 *				has it
 */
static void zcomp_waits_if_all_in_use(struct kunit *test)
{
	struct zct *t = test->priv;
	struct zct_holder *first = &t->holder[0], *last;

	zct_take_all(test);
	KUNIT_EXPECT_FALSE(test, rt_task(first->task));
	last = zct_start(test, t->nr, true);
	KUNIT_EXPECT_EQ(test, 0UL,
			wait_for_completion_timeout(&last->got, HZ / 5));
	KUNIT_EXPECT_TRUE(test, rt_task(first->task));

	zct_stop(first);
	KUNIT_ASSERT_NE(test, 0UL,
			wait_for_completion_timeout(&last->got, ZCT_TIMEOUT));
	KUNIT_EXPECT_PTR_EQ(test, last->zstrm,
			    per_cpu_ptr(t->comp->stream, t->cpu));
}

static struct kunit_case zcomp_cases[] = {
	KUNIT_CASE(zcomp_own_stream_first),
	KUNIT_CASE(zcomp_passes_over),
	KUNIT_CASE(zcomp_waits_if_all_in_use),
	{}
};

static struct kunit_suite zcomp_suite = {
	.name = "zcomp",
	.init = zct_init,
	.exit = zct_exit,
	.test_cases = zcomp_cases,
};

kunit_test_suite(zcomp_suite);
