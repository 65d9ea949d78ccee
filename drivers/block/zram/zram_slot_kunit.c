// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KUnit tests of the slots of zram
 *
 * Included at the end of zram_drv.c.  The device is one that was never added:
 * a table, a pool, and what zram_slot_free_notify() needs to find them.
 *
 * Helper threads count and return; only the test thread judges.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#define ZSLT_SLOTS	8
#define ZSLT_THREADS	4

/* Wants slot 3: tries, waits, gets it, lets it go */
struct zslt_waiter {
	struct zram_meta *meta;
	bool had_other, had_at_once;
	struct completion tried, got;
};

struct zslt {
	struct zram zram;
	struct zram_meta *meta;	/* its */
	struct gendisk disk;
	struct block_device bdev;
	/* one a slot, changed by its holder only */
	unsigned long count[ZSLT_SLOTS];
	unsigned long waits;	/* slot 0: lock was not to be had at once */
	struct zslt_waiter waiter;
	bool lockdep;		/* was on when the case began */
	bool stuck;		/* a helper is; leave everything to it */
};

static int zslt_init(struct kunit *test)
{
	struct zslt *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->lockdep = debug_locks;
	strscpy(t->disk.disk_name, "kunit", sizeof(t->disk.disk_name));
	t->disk.private_data = &t->zram;
	t->bdev.bd_disk = &t->disk;
	t->zram.disk = &t->disk;
	t->meta = zram_meta_create(&t->zram, "kunit", default_compressor,
				   ZSLT_SLOTS);
	if (IS_ERR(t->meta)) {
		int err = PTR_ERR(t->meta);

		kfree(t);
		return err;
	}
	zram_slot_init_lockdep(t->meta);
	zram_meta_publish(&t->zram.meta, t->meta);
	test->priv = t;
	return 0;
}

static void zslt_exit(struct kunit *test)
{
	struct zslt *t = test->priv;

	if (!t || t->stuck)
		return;
	zram_meta_end(&t->zram.meta);
	KUNIT_EXPECT_EQ_MSG(test, t->lockdep, (bool)debug_locks,
			    "lockdep had something to report");
	kfree(t);
}

/* Put an object into a slot, as a write of a page does */
static void zslt_store(struct kunit *test, u32 index)
{
	struct zslt *t = test->priv;
	unsigned long handle = zs_malloc(t->meta->mem_pool, 100, GFP_KERNEL);

	KUNIT_ASSERT_NE(test, handle, 0UL);
	zram_slot_lock(t->meta, index);
	zram_set_handle(t->meta, index, handle);
	zram_set_obj_size(t->meta, index, 100);
	zram_slot_unlock(t->meta, index);
	atomic64_inc(&t->meta->stats.pages_stored);
	atomic64_add(100, &t->meta->stats.compr_data_size);
}

static int zslt_wait(void *data)
{
	struct zslt_waiter *w = data;

	/* another slot can be locked at the same time */
	w->had_other = zram_slot_trylock(w->meta, 4);
	if (w->had_other)
		zram_slot_unlock(w->meta, 4);
	w->had_at_once = zram_slot_trylock(w->meta, 3);
	complete(&w->tried);
	if (!w->had_at_once)
		zram_slot_lock(w->meta, 3);
	complete(&w->got);
	zram_slot_unlock(w->meta, 3);
	return 0;
}

/*
 * CPU0				CPU1
 * zram_slot_lock(3)
 *				has slot 4 and lets it go
 *				zram_slot_trylock(3) fails
 *				zram_slot_lock(3) sleeps
 * sleeps, too
 * zram_slot_unlock(3)
 *				has it
 */
static void zram_slot_excludes(struct kunit *test)
{
	struct zslt *t = test->priv;
	struct zslt_waiter *w = &t->waiter;
	struct task_struct *task;
	unsigned long left;

	w->meta = t->meta;
	init_completion(&w->tried);
	init_completion(&w->got);
	/* before the slot is locked: no allocation under it, by rule 5 */
	task = kthread_create(zslt_wait, w, "zslt_wait");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	zram_slot_lock(t->meta, 3);
	wake_up_process(task);
	wait_for_completion(&w->tried);
	left = wait_for_completion_timeout(&w->got, HZ / 5);
	zram_slot_unlock(t->meta, 3);
	KUNIT_EXPECT_TRUE(test, w->had_other);
	KUNIT_EXPECT_FALSE(test, w->had_at_once);
	KUNIT_EXPECT_EQ(test, left, 0UL);
	t->stuck = !wait_for_completion_timeout(&w->got, 10 * HZ);
	KUNIT_EXPECT_FALSE(test, t->stuck);
	if (t->stuck)
		return;
	/* the waiter is on its way out; its slot tells when it is done */
	zram_slot_lock(t->meta, 3);
	zram_slot_unlock(t->meta, 3);
}

/* The swap code tells, under a spinlock, that nobody needs the page any more */
static void zslt_notify(struct zslt *t, u32 index)
{
	static DEFINE_SPINLOCK(si_lock);

	spin_lock(&si_lock);
	zram_slot_free_notify(&t->bdev, index);
	spin_unlock(&si_lock);
}

static void zram_slot_notify_frees(struct kunit *test)
{
	struct zslt *t = test->priv;

	zslt_store(test, 5);
	zslt_notify(t, 5);
	KUNIT_EXPECT_EQ(test, zram_get_handle(t->meta, 5), 0UL);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&t->meta->stats.pages_stored),
			0ULL);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&t->meta->stats.notify_free),
			1ULL);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&t->meta->stats.miss_free),
			0ULL);
}

/* Holds slot 5 until stopped */
static int zslt_hold(void *data)
{
	struct zslt_waiter *w = data;

	zram_slot_lock(w->meta, 5);
	complete(&w->got);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	zram_slot_unlock(w->meta, 5);
	return 0;
}

/*
 * CPU0				CPU1
 *				zram_slot_lock(5), sleeps
 * zram_slot_free_notify(5)
 *
 * It must neither wait nor touch the slot; it counts a miss.
 */
static void zram_slot_notify_misses(struct kunit *test)
{
	struct zslt *t = test->priv;
	struct zslt_waiter w = { .meta = t->meta };
	struct task_struct *task;
	unsigned long handle;

	zslt_store(test, 5);
	handle = zram_get_handle(t->meta, 5);
	init_completion(&w.got);
	task = kthread_run(zslt_hold, &w, "zslt_hold");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wait_for_completion(&w.got);
	zslt_notify(t, 5);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, zram_get_handle(t->meta, 5), handle);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&t->meta->stats.miss_free),
			1ULL);
}

/* Counts up in random slots, and says how often slot 0 had to be waited for */
static int zslt_hammer(void *data)
{
	struct zslt *t = data;
	int n = 0;

	while (!kthread_should_stop()) {
		u32 index = prandom_u32() % ZSLT_SLOTS;
		bool waited = !zram_slot_trylock(t->meta, index);

		if (waited)
			zram_slot_lock(t->meta, index);
		t->count[index]++;
		if (waited && !index)
			WRITE_ONCE(t->waits, t->waits + 1);
		if (n % 64 == 0)
			cond_resched();
		zram_slot_unlock(t->meta, index);
		n++;
	}
	return n;
}

static void zram_slot_all_at_once(struct kunit *test)
{
	struct zslt *t = test->priv;
	struct task_struct *task[ZSLT_THREADS];
	unsigned long start = jiffies, sum = 0, want = 0;
	int i;

	for (i = 0; i < ZSLT_THREADS; i++)
		task[i] = kthread_run(zslt_hammer, t, "zslt_hammer/%d", i);
	/* 1 s, and on until somebody waited, but not for ever */
	do {
		msleep(100);
	} while (time_before(jiffies, start + HZ) ||
		 (!READ_ONCE(t->waits) &&
		  time_before(jiffies, start + 30 * HZ)));
	for (i = 0; i < ZSLT_THREADS; i++)
		if (!IS_ERR(task[i]))
			want += kthread_stop(task[i]);
	for (i = 0; i < ZSLT_SLOTS; i++)
		sum += t->count[i];
	kunit_info(test, "%lu times locked, %lu waits for slot 0\n", sum,
		   t->waits);
	KUNIT_EXPECT_EQ(test, sum, want);
	KUNIT_EXPECT_GT(test, t->waits, 0UL);
}

/*
 * Three on one CPU, in order of priority
 *
 * waiter			hog			holder
 *							zram_slot_lock(6)
 *				wakes up, spins
 * zram_slot_lock(6), waits
 *				sleeps
 *							zram_slot_unlock(6)
 * has it
 *
 * A holder inherits no priority, see zram_slot.h, so the waiter waits for the
 * hog as well; but not for longer than that.
 */
#define ZSLT_HOG_MS	2
#define ZSLT_HELD_US	100

struct zslt_prio {
	struct zram_meta *meta;
	unsigned long waits;
	u64 longest;		/* ns */
};

static int zslt_prio_holder(void *data)
{
	struct zslt_prio *p = data;

	sched_set_normal(current, 19);
	while (!kthread_should_stop()) {
		zram_slot_lock(p->meta, 6);
		udelay(ZSLT_HELD_US);
		zram_slot_unlock(p->meta, 6);
		usleep_range(50, 100);
	}
	return 0;
}

static int zslt_prio_hog(void *data)
{
	u64 start, spun;

	sched_set_fifo_low(current);
	while (!kthread_should_stop()) {
		start = ktime_get_ns();
		mdelay(ZSLT_HOG_MS);
		/* emulated, it may be more; half the time is left for others */
		spun = div_u64(ktime_get_ns() - start, NSEC_PER_USEC);
		usleep_range(spun, 2 * spun);
	}
	return 0;
}

static int zslt_prio_waiter(void *data)
{
	struct zslt_prio *p = data;
	u64 start;

	sched_set_fifo(current);
	while (!kthread_should_stop()) {
		usleep_range(300, 500);
		if (!zram_slot_trylock(p->meta, 6)) {
			start = ktime_get_ns();
			zram_slot_lock(p->meta, 6);
			p->longest = max(p->longest, ktime_get_ns() - start);
			WRITE_ONCE(p->waits, p->waits + 1);
		}
		zram_slot_unlock(p->meta, 6);
	}
	return 0;
}

static void zram_slot_low_priority_holder(struct kunit *test)
{
	static int (* const fn[])(void *data) = {
		zslt_prio_holder, zslt_prio_hog, zslt_prio_waiter,
	};
	struct zslt *t = test->priv;
	struct zslt_prio prio = { .meta = t->meta };
	struct task_struct *task[ARRAY_SIZE(fn)];
	unsigned long start = jiffies;
	int i;

	for (i = 0; i < ARRAY_SIZE(fn); i++) {
		task[i] = kthread_create(fn[i], &prio, "zslt_prio/%d", i);
		if (IS_ERR(task[i]))
			continue;
		kthread_bind(task[i], cpumask_first(cpu_online_mask));
		wake_up_process(task[i]);
	}
	do {
		msleep(100);
	} while (time_before(jiffies, start + 2 * HZ) ||
		 (IS_ENABLED(CONFIG_PREEMPTION) && READ_ONCE(prio.waits) < 10 &&
		  time_before(jiffies, start + 30 * HZ)));
	for (i = 0; i < ARRAY_SIZE(fn); i++)
		if (!IS_ERR(task[i]))
			kthread_stop(task[i]);

	/* a holder that is not preempted never makes the waiter wait */
	if (!IS_ENABLED(CONFIG_PREEMPTION) || !IS_ENABLED(CONFIG_HIGH_RES_TIMERS))
		return;
	kunit_info(test, "%lu waits, the longest took %llu us, with a thread that spins for %d us\n",
		   prio.waits, div_u64(prio.longest, NSEC_PER_USEC),
		   ZSLT_HOG_MS * 1000);
	KUNIT_EXPECT_GE(test, prio.waits, 10UL);
	/* emulation is slow and noisy; what counts is that it ends */
	KUNIT_EXPECT_LT(test, prio.longest, (u64)NSEC_PER_SEC);
}

/* The lock takes no byte of a slot */
static void zram_slot_size(struct kunit *test)
{
	size_t want = 2 * sizeof(unsigned long);

	if (IS_ENABLED(CONFIG_ZRAM_MEMORY_TRACKING))
		want += sizeof(ktime_t);
	kunit_info(test, "memory: slot %zu bytes\n",
		   sizeof(struct zram_table_entry));
	KUNIT_EXPECT_EQ(test, sizeof(struct zram_table_entry), want);
}

static struct kunit_case zram_slot_cases[] = {
	KUNIT_CASE(zram_slot_size),
	KUNIT_CASE(zram_slot_excludes),
	KUNIT_CASE(zram_slot_notify_frees),
	KUNIT_CASE(zram_slot_notify_misses),
	KUNIT_CASE(zram_slot_low_priority_holder),
	KUNIT_CASE(zram_slot_all_at_once),
	{}
};

static struct kunit_suite zram_slot_suite = {
	.name = "zram_slot",
	.init = zslt_init,
	.exit = zslt_exit,
	.test_cases = zram_slot_cases,
};

kunit_test_suite(zram_slot_suite);
