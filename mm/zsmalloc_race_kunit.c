// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the races in zsmalloc
 *
 * Included after zsmalloc_kunit.c, whose objects it uses.  Its rules for helper
 * threads apply here, too.
 *
 * Each race is tested in two forms.  The staged form runs both sides in the order
 * drawn above it, the same way each time.  The stress form, further below, runs
 * all operations concurrently, verifies by counters that the races occurred, and
 * fails after a minute if they did not.
 *
 * With one CPU, a race is staged by a task that sleeps.  Where one side spins,
 * the UP form is next to the SMP form.
 */

/* Pin the zspage of an object, as a reader does. */
static struct zspage *zst_pin(struct zs_pool *pool, const struct zst_obj *obj)
{
	struct page *page;
	unsigned int idx;

	return pin_object(pool, obj->handle, &page, &idx);
}

/*
 * Run @fn in a thread.  zst_finish() waits for it for 20 s and returns its result.
 * If it returns -ETIMEDOUT, the thread is stuck, and the pool must not be used
 * any more.
 */
struct zst_job {
	long (*fn)(struct zst *t, void *arg);
	struct zst *t;
	void *arg;
	long ret;
	struct completion done;
};

static int zst_job_thread(void *data)
{
	struct zst_job *job = data;

	job->ret = job->fn(job->t, job->arg);
	complete(&job->done);
	return 0;
}

static struct zst_job *zst_start(struct kunit *test,
				 long (*fn)(struct zst *t, void *arg),
				 void *arg)
{
	struct zst_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, job);
	job->fn = fn;
	job->t = test->priv;
	job->arg = arg;
	init_completion(&job->done);

	task = kthread_run(zst_job_thread, job, "zst_job");
	if (IS_ERR(task))
		kfree(job);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	return job;
}

static long zst_finish(struct zst_job *job)
{
	long ret;

	if (!wait_for_completion_timeout(&job->done, 20 * HZ)) {
		/* The thread still uses @job. */
		job->t->stuck = true;
		return -ETIMEDOUT;
	}
	ret = job->ret;
	kfree(job);
	return ret;
}

static long zst_run(struct kunit *test, long (*fn)(struct zst *t, void *arg),
		    void *arg)
{
	return zst_finish(zst_start(test, fn, arg));
}

static long zst_compact(struct zst *t, void *arg)
{
	return zs_compact(t->pool);
}

static long zst_shrink(struct zst *t, void *arg)
{
	struct shrink_control sc = {};

	return zs_shrinker_scan(&t->pool->shrinker, &sc);
}

static long zst_free(struct zst *t, void *arg)
{
	zst_drop(t, arg);
	return 0;
}

/*
 * CPU0				CPU1
 * pins the first source
 *				zs_compact()
 *				  skips it, continues with the others
 *
 * zs_compact() must return, and must free the other sources.
 */
static void zsmalloc_compaction_skips_pinned(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_add_sparse(test, 200);
	struct zspage *first, *pinned;
	unsigned long where;
	long freed;
	int i;

	first = list_last_entry(&class->fullness_list[ZS_ALMOST_EMPTY],
				struct zspage, list);
	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle &&
		    get_zspage(zst_page(t->pool, &t->objs[i])) == first)
			break;
	KUNIT_ASSERT_LT(test, i, t->nr);
	pinned = zst_pin(t->pool, &t->objs[i]);
	where = handle_to_obj(t->objs[i].handle);

	freed = zst_run(test, zst_compact, NULL);
	KUNIT_EXPECT_NE(test, freed, (long)-ETIMEDOUT);
	if (t->stuck)
		return;

	KUNIT_EXPECT_PTR_EQ(test, pinned, first);
	KUNIT_EXPECT_EQ(test, handle_to_obj(t->objs[i].handle), where);
	KUNIT_EXPECT_EQ(test, zst_moves(t, compact_busy), 1UL);
	/* All but the pinned one, and one that took the objects. */
	KUNIT_EXPECT_GE(test, freed, 6L * class->pages_per_zspage);
	zspage_unpin(pinned);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_check_stats(test);
}

/*
 * Between two steps of a pass, nothing is allocated from a zspage that is being
 * emptied or was skipped, and the next step continues where the last one ended.
 */
static void zsmalloc_compaction_hides_sources(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_class(t->pool, 24);
	int i, keep = compact_batch(class) + 3;
	struct zspage *pinned, *src = NULL;
	struct zs_compact_control cc = {
		.src = LIST_HEAD_INIT(cc.src),
		.skipped = LIST_HEAD_INIT(cc.skipped),
		.tries = 8,
	};

	zst_add_zspages(test, 24, keep);
	pinned = list_last_entry(&class->fullness_list[ZS_ALMOST_EMPTY],
				 struct zspage, list);
	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle &&
		    get_zspage(zst_page(t->pool, &t->objs[i])) == pinned)
			break;
	KUNIT_ASSERT_LT(test, i, t->nr);
	zst_pin(t->pool, &t->objs[i]);

	mutex_lock(&t->pool->compact_lock);
	KUNIT_EXPECT_TRUE(test, compact_step(t->pool, class, &cc));
	KUNIT_EXPECT_FALSE(test, list_empty(&cc.skipped));
	KUNIT_EXPECT_TRUE(test, compact_step(t->pool, class, &cc));
	if (!list_empty(&cc.src))
		src = list_first_entry(&cc.src, struct zspage, list);
	KUNIT_EXPECT_TRUE(test, src && src != pinned);
	KUNIT_EXPECT_EQ(test, cc.obj_idx, compact_batch(class));
	KUNIT_EXPECT_EQ(test, cc.tries, 6UL);

	for (i = 0; i < 2 * class->objs_per_zspage; i++) {
		struct zspage *zspage;

		zst_add(test, 24);
		zspage = get_zspage(zst_page(t->pool, &t->objs[t->nr - 1]));
		KUNIT_EXPECT_TRUE(test, zspage != pinned && zspage != src);
	}
	while (compact_step(t->pool, class, &cc))
		;
	mutex_unlock(&t->pool->compact_lock);
	zspage_unpin(pinned);
	KUNIT_EXPECT_TRUE(test, list_empty(&cc.src));
	KUNIT_EXPECT_TRUE(test, list_empty(&cc.skipped));
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_check_stats(test);
}

/*
 * CPU0				CPU1
 * compaction, one step
 *				zs_stop_compact()
 * compaction ends, and puts its source back
 */
static void zsmalloc_compaction_stops(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_class(t->pool, 24);
	struct zs_compact_control cc = {
		.src = LIST_HEAD_INIT(cc.src),
		.skipped = LIST_HEAD_INIT(cc.skipped),
		.tries = 8,
	};

	zst_add_zspages(test, 24, compact_batch(class) + 3);
	mutex_lock(&t->pool->compact_lock);
	KUNIT_EXPECT_TRUE(test, compact_step(t->pool, class, &cc));
	KUNIT_EXPECT_FALSE(test, list_empty(&cc.src));
	zs_stop_compact(t->pool);
	KUNIT_EXPECT_FALSE(test, compact_step(t->pool, class, &cc));
	mutex_unlock(&t->pool->compact_lock);
	KUNIT_EXPECT_TRUE(test, list_empty(&cc.src));
	KUNIT_EXPECT_EQ(test, zs_compact(t->pool), 0UL);
	KUNIT_EXPECT_EQ(test, zst_moves(t, objs_moved),
			(unsigned long)compact_batch(class));
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_check_stats(test);
}

/* Holds the locks of compaction until stopped, for 5 s at most */
struct zst_holder {
	struct zs_pool *pool;
	struct size_class *class;
	bool held;		/* read by the test thread without a lock */
	struct task_struct *task;
};

static int zst_holder_thread(void *data)
{
	struct zst_holder *h = data;
	unsigned long end = jiffies + 5 * HZ;
	bool stopped;

	move_lock(h->pool, h->class);
	WRITE_ONCE(h->held, true);
	do {
		stopped = kthread_should_stop();
		cpu_relax();
	} while (!stopped && time_before(jiffies, end));
	move_unlock(h->pool, h->class);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return stopped ? 0 : -ETIMEDOUT;
}

/* The holder occupies its CPU, so it must not run where our timers are. */
static void zst_hold_locks(struct kunit *test, struct zst_holder *h)
{
	h->task = kthread_create(zst_holder_thread, h, "zst_holder");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, h->task);
	kthread_bind(h->task, cpumask_any_but(cpu_online_mask,
					      raw_smp_processor_id()));
	wake_up_process(h->task);
	while (!READ_ONCE(h->held))
		cond_resched();
}

/*
 * CPU0				CPU1
 * holds the locks of compaction
 *				zs_compact(), with nothing to gain
 *
 * Compaction takes no lock of a class with nothing to gain, so CPU1 does not
 * block.
 *
 * With one CPU, no task can run while another one spins or holds a spinlock.
 * There, one thread is both sides, and lockdep reports a violation.
 */
static void zsmalloc_compaction_of_nothing(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_holder h = {
		.pool = t->pool,
		.class = zst_class(t->pool, 400),
	};
	int i;

	zst_add(test, 400);
	if (num_online_cpus() == 1) {
		move_lock(t->pool, h.class);
		for (i = 0; i < ZS_SIZE_CLASSES; i++)
			__zs_compact(t->pool, t->pool->size_class[i]);
		move_unlock(t->pool, h.class);
		return;
	}
	zst_hold_locks(test, &h);
	KUNIT_EXPECT_EQ(test, zs_compact(t->pool), 0UL);
	KUNIT_EXPECT_EQ(test, kthread_stop(h.task), 0);
}

/*
 * CPU0				CPU1
 * reads object A
 *				zs_free(B), in the same zspage
 *
 * zs_free() must not wait for the reader.
 */
static void zsmalloc_free_ignores_pin(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zspage *zspage;
	int i;

	for (i = 0; i < zst_class(t->pool, 400)->objs_per_zspage; i++)
		zst_add(test, 400);
	zspage = zst_pin(t->pool, t->objs);
	for (i = 1; i < t->nr && !t->stuck; i++)
		KUNIT_EXPECT_EQ(test, zst_run(test, zst_free, &t->objs[i]), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_EQ(test, get_zspage_inuse(zspage), 1);
	zspage_unpin(zspage);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/*
 * CPU0				CPU1
 * move_lock()
 *				zs_free(), or a read
 *				  waits for the lock
 * moves the object
 * move_unlock()
 *				  finds the object at its new location
 *
 * With one CPU, CPU1 runs after CPU0.
 */
static long zst_free_when_told(struct zst *t, void *arg)
{
	struct zst_obj *obj = arg;

	while (!READ_ONCE(t->go))
		usleep_range(50, 100);
	WRITE_ONCE(t->entered, true);
	zs_free(t->pool, obj->handle);
	WRITE_ONCE(t->left, true);
	return 0;
}

static long zst_read_when_told(struct zst *t, void *arg)
{
	u8 *buf = kmalloc(ZST_BUF, GFP_KERNEL);
	long damaged;

	if (!buf)
		return -ENOMEM;
	while (!READ_ONCE(t->go))
		usleep_range(50, 100);
	WRITE_ONCE(t->entered, true);
	damaged = !zst_intact(t->pool, arg, buf);
	WRITE_ONCE(t->left, true);
	kfree(buf);
	return damaged;
}

/* Spin until the helper has entered the operation, and had time to finish it. */
static void zst_await_helper(struct zst *t)
{
	int ms;

	WRITE_ONCE(t->go, true);
	if (num_online_cpus() == 1)
		return;
	for (ms = 0; ms < 2000 && !READ_ONCE(t->entered); ms++)
		mdelay(1);
	mdelay(20);
}

/* Move the first object while the helper uses it. */
static void zst_move_concurrently(struct kunit *test,
				  long (*fn)(struct zst *t, void *arg))
{
	struct zst *t = test->priv;
	struct size_class *class = zst_add_sparse(test, 200);
	struct zst_obj *obj = &t->objs[0];
	struct zspage *src = get_zspage(zst_page(t->pool, obj));
	unsigned long before = handle_to_obj(obj->handle), after;
	struct zs_compact_control cc = {
		.src = LIST_HEAD_INIT(cc.src),
		.skipped = LIST_HEAD_INIT(cc.skipped),
	};
	bool unlinked, waits;
	struct zst_job *job;

	job = zst_start(test, fn, obj);
	move_lock(t->pool, class);
	zst_await_helper(t);
	waits = READ_ONCE(t->entered) && !READ_ONCE(t->left);
	list_move(&src->list, &cc.src);
	drain_zspage(t->pool, class, src, &cc);
	unlinked = src->fullness == ZS_EMPTY &&
		   try_unlink_zspage(t->pool, class, src);
	after = handle_to_obj(obj->handle);
	move_unlock(t->pool, class);
	if (unlinked)
		free_zspage_pages(t->pool, class, src);

	KUNIT_EXPECT_EQ(test, zst_finish(job), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_TRUE(test, unlinked);
	KUNIT_EXPECT_NE(test, before, after);
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_TRUE(test, waits);
}

static void zsmalloc_free_follows_move(struct kunit *test)
{
	struct zst *t = test->priv;

	zst_move_concurrently(test, zst_free_when_told);
	if (t->stuck)
		return;
	t->objs[0].handle = 0;
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_check_stats(test);
}

static void zsmalloc_read_follows_move(struct kunit *test)
{
	struct zst *t = test->priv;

	zst_move_concurrently(test, zst_read_when_told);
	if (t->stuck)
		return;
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_check_stats(test);
}

/*
 * CPU0				CPU1
 * holds migrate_lock for writing
 *				zs_free() waits
 *
 * Only if the class is not in the handle.
 */
static void zsmalloc_free_takes_migrate_lock(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_job *job;
	bool waits;

	if (OBJ_CLASS_BITS || num_online_cpus() == 1)
		return;
	zst_add(test, 400);
	job = zst_start(test, zst_free_when_told, t->objs);
	write_lock(&t->pool->migrate_lock);
	zst_await_helper(t);
	waits = READ_ONCE(t->entered) && !READ_ONCE(t->left);
	write_unlock(&t->pool->migrate_lock);
	KUNIT_EXPECT_EQ(test, zst_finish(job), 0L);
	KUNIT_EXPECT_TRUE(test, waits);
	t->objs[0].handle = 0;
}

/*
 * CPU0				CPU1			CPU2
 * zs_compact()
 *				shrinker: SHRINK_STOP
 *							zs_compact(): waits
 */
static void zsmalloc_one_compaction(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_job *job;

	zst_add_sparse(test, 200);
	mutex_lock(&t->pool->compact_lock);
	KUNIT_EXPECT_EQ(test, zst_run(test, zst_shrink, NULL),
			(long)SHRINK_STOP);
	job = zst_start(test, zst_compact, NULL);
	msleep(100);
	KUNIT_EXPECT_FALSE(test, completion_done(&job->done));
	KUNIT_EXPECT_EQ(test, zst_moves(t, objs_moved), 0UL);
	mutex_unlock(&t->pool->compact_lock);
	KUNIT_EXPECT_GT(test, zst_finish(job), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_GT(test, zst_moves(t, objs_moved), 0UL);
}

#ifdef CONFIG_COMPACTION
/*
 * CPU0				CPU1
 * reads an object
 *				zs_page_migrate() of a page of the zspage
 *
 * The page is not migrated while its zspage is pinned.
 */
static void zsmalloc_migration_skips_pinned(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zspage *zspage;
	struct page *page;

	zst_add(test, 400);
	zspage = zst_pin(t->pool, t->objs);
	page = zst_page(t->pool, t->objs);
	KUNIT_EXPECT_NE(test, zst_migrate_page(page), 0);
	KUNIT_EXPECT_GT(test, zst_moves(t, migrate_busy), 0UL);
	KUNIT_EXPECT_EQ(test, zst_moves(t, pages_migrated), 0UL);
	KUNIT_EXPECT_PTR_EQ(test, page, zst_page(t->pool, t->objs));
	zspage_unpin(zspage);

	KUNIT_EXPECT_EQ(test, zst_migrate_page(page), 0);
	KUNIT_EXPECT_EQ(test, zst_moves(t, pages_migrated), 1UL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/* A migration of the page of an object, in two steps */
struct zst_migration {
	struct page *old, *new;
};

static void zst_migration_begin(struct kunit *test, struct zst_migration *m)
{
	struct zst *t = test->priv;

	m->new = alloc_page(ZST_GFP);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m->new);
	m->old = zst_page(t->pool, t->objs);
	KUNIT_ASSERT_EQ(test, isolate_movable_page(m->old, 0), 0);
	lock_page(m->old);
	lock_page(m->new);
}

static bool zst_migration_awaited(struct zst_migration *m)
{
	unsigned long end = jiffies + 10 * HZ;

	while (!PageWaiters(m->old) && time_before(jiffies, end))
		msleep(20);
	return PageWaiters(m->old);
}

static void zst_migration_cancel(struct zst_migration *m)
{
	ClearPageIsolated(m->old);
	unlock_page(m->old);
	put_page(m->old);
	unlock_page(m->new);
	put_page(m->new);
}

static int zst_migration_end(struct zst_migration *m)
{
	int ret = zs_page_migrate(page_mapping(m->old), m->new, m->old,
				  MIGRATE_SYNC);

	zst_migration_cancel(m);
	return ret;
}

/*
 * CPU0
 * holds the locks of compaction
 *				zs_page_migrate() of a pinned zspage
 *
 * An attempt that must fail takes no lock, so CPU1 does not block.
 */
static long zst_migrate_pinned(struct zst *t, void *arg)
{
	struct zst_migration *m = arg;

	return zs_page_migrate(page_mapping(m->old), m->new, m->old,
			       MIGRATE_SYNC);
}

static void zsmalloc_migration_of_pinned_takes_no_lock(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_holder h = {
		.pool = t->pool,
		.class = zst_class(t->pool, 400),
	};
	struct zst_migration m;
	struct zspage *zspage;

	if (num_online_cpus() == 1)
		return;
	zst_add(test, 400);
	zspage = zst_pin(t->pool, t->objs);
	zst_migration_begin(test, &m);
	zst_hold_locks(test, &h);
	KUNIT_EXPECT_EQ(test, zst_migrate_pinned(t, &m), (long)-EAGAIN);
	KUNIT_EXPECT_EQ(test, kthread_stop(h.task), 0);
	zspage_unpin(zspage);
	KUNIT_EXPECT_EQ(test, zst_migration_end(&m), MIGRATEPAGE_SUCCESS);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/*
 * CPU0				CPU1
 * move_lock()
 *				zs_page_migrate() of a zspage without a pin
 *				  waits for the lock
 * pins the zspage
 * move_unlock()
 *				  finds the pin, fails
 *
 * With one CPU, CPU1 cannot wait for a spinlock.
 */
static long zst_migrate_when_told(struct zst *t, void *arg)
{
	struct zst_migration *m = arg;
	long ret;

	while (!READ_ONCE(t->go))
		usleep_range(50, 100);
	WRITE_ONCE(t->entered, true);
	ret = zs_page_migrate(page_mapping(m->old), m->new, m->old,
			      MIGRATE_SYNC);
	WRITE_ONCE(t->left, true);
	return ret;
}

static void zsmalloc_migration_rechecks_pin(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_class(t->pool, 400);
	struct zst_migration m;
	struct zspage *zspage;
	struct zst_job *job;
	bool waits;

	if (num_online_cpus() == 1)
		return;
	zst_add(test, 400);
	zst_migration_begin(test, &m);
	zspage = get_zspage(m.old);
	job = zst_start(test, zst_migrate_when_told, &m);
	move_lock(t->pool, class);
	zst_await_helper(t);
	waits = READ_ONCE(t->entered) && !READ_ONCE(t->left);
	/* zspage_pin() asserts a lock that CPU0 holds for writing. */
	atomic_inc(&zspage->pins);
	move_unlock(t->pool, class);
	KUNIT_EXPECT_EQ(test, zst_finish(job), (long)-EAGAIN);
	if (t->stuck)
		return;
	KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_PTR_EQ(test, zst_page(t->pool, t->objs), m.old);
	atomic_dec(&zspage->pins);
	zst_migration_cancel(&m);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

static long zst_settled(struct zst *t, void *arg)
{
	zst_settle(t);
	return 0;
}

/*
 * The last page of a zspage is locked when its last object is freed.  The worker
 * must be able to lock the others.
 */
static void zsmalloc_worker_locks_all_pages(struct kunit *test)
{
	struct zst *t = test->priv;
	/* Four objects in three pages */
	unsigned int size = PAGE_SIZE / 4 * 3 - ZS_HANDLE_SIZE;
	struct size_class *class = zst_class(t->pool, size);
	struct page *page;
	int i;

	KUNIT_ASSERT_GT(test, class->pages_per_zspage, 1);
	for (i = 0; i < class->objs_per_zspage; i++)
		zst_add(test, size);
	for (page = zst_page(t->pool, t->objs); get_next_page(page); )
		page = get_next_page(page);
	get_page(page);
	lock_page(page);
	for (i = 0; i < t->nr; i++)
		zst_drop(t, &t->objs[i]);
	unlock_page(page);
	put_page(page);
	KUNIT_EXPECT_EQ(test, zst_run(test, zst_settled, NULL), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
	zst_check_stats(test);
}

/*
 * CPU0 (migration)			CPU1 (worker)
 * lock_page(old)
 *					trylock_page(old) fails, waits for it
 * zs_page_migrate(): old -> new
 * unlock_page(old)
 *					looks the page up again: new
 *
 * The page belongs to an empty zspage, so this is also the migration of one.
 */
static void zst_migrate_before_worker(struct kunit *test, unsigned int size)
{
	struct zst *t = test->priv;
	struct zst_migration m;

	zst_add(test, size);
	zst_migration_begin(test, &m);
	zst_drop(t, t->objs);
	KUNIT_EXPECT_TRUE(test, zst_migration_awaited(&m));
	KUNIT_EXPECT_EQ(test, zst_migration_end(&m), MIGRATEPAGE_SUCCESS);

	zst_settle(t);
	KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
	zst_check_stats(test);
	t->nr = 0;
}

static void zsmalloc_worker_retries_lock(struct kunit *test)
{
	/* A huge object first: its handle is reused below. */
	zst_migrate_before_worker(test, ZS_MAX_ALLOC_SIZE);
	zst_migrate_before_worker(test, 400);
}

static long zst_destroy(struct zst *t, void *arg)
{
	zs_destroy_pool(t->pool);
	return 0;
}

/*
 * CPU0 (migration)	CPU1 (worker)		CPU2
 * lock_page(old)
 *						zs_free(the last object)
 *			waits for old
 *						zs_destroy_pool()
 *						  waits for CPU1
 * zs_page_migrate()
 * unlock_page(old)
 *			frees the zspage
 *						  frees the pool
 */
static void zsmalloc_destroy_waits(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_migration m;
	struct zst_job *job;

	zst_add(test, 400);
	zst_migration_begin(test, &m);
	zst_drop(t, t->objs);
	job = zst_start(test, zst_destroy, NULL);
	KUNIT_EXPECT_TRUE(test, zst_migration_awaited(&m));
	/* Enough for the job to run on a busy host. */
	msleep(500);
	KUNIT_EXPECT_FALSE(test, completion_done(&job->done));
	KUNIT_EXPECT_EQ(test, zst_migration_end(&m), MIGRATEPAGE_SUCCESS);
	KUNIT_EXPECT_EQ(test, zst_finish(job), 0L);
	if (!t->stuck)
		t->pool = NULL;
}

/*
 * All operations run concurrently.  Each thread owns every n-th object, so that
 * a zspage holds objects of several threads.
 */
enum {
	ZST_READER, ZST_FREER = 2, ZST_OWNERS,
	ZST_COMPACTOR = ZST_OWNERS, ZST_SHRINKER, ZST_MIGRATOR, ZST_THREADS
};

struct zst_worker {
	struct zst *t;
	int first;		/* object; it owns every ZST_OWNERS-th */
	unsigned long raced;	/* frees with a reader, compactions with another */
	u8 buf[ZST_BUF];
	struct task_struct *task;
};

/* Sleep while @obj is pinned.  Return whether the object was moved. */
static bool zst_moved_while_pinned(struct zst *t, const struct zst_obj *obj)
{
	struct zspage *zspage = zst_pin(t->pool, obj);
	unsigned long where = handle_to_obj(obj->handle);
	bool moved;

	usleep_range(500, 1000);
	moved = handle_to_obj(obj->handle) != where;
	zspage_unpin(zspage);
	return moved;
}

/* Read and rewrite the own objects.  Return the number of failures. */
static int zst_reader(void *data)
{
	struct zst_worker *w = data;
	struct zst *t = w->t;
	int i, damaged = 0;

	while (!kthread_should_stop()) {
		for (i = w->first; i < t->nr; i += ZST_OWNERS) {
			struct zst_obj *obj = &t->objs[i];

			damaged += !zst_intact(t->pool, obj, w->buf);
			/* Some objects of each size. */
			if (i % 4 < 2) {
				obj->seed++;
				zst_store(t->pool, obj, w->buf);
				damaged += zst_moved_while_pinned(t, obj);
			}
			cond_resched();
		}
	}
	return damaged;
}

/* Return whether another task pins the zspage of @obj. */
static bool zst_pinned(struct zs_pool *pool, const struct zst_obj *obj)
{
	struct zspage *zspage = zst_pin(pool, obj);
	bool pinned = atomic_read(&zspage->pins) > 1;

	zspage_unpin(zspage);
	return pinned;
}

/* Free the own objects, and allocate them again the next time. */
static int zst_freer(void *data)
{
	struct zst_worker *w = data;
	struct zst *t = w->t;
	int i, damaged = 0;

	while (!kthread_should_stop()) {
		for (i = w->first; i < t->nr; i += ZST_OWNERS) {
			struct zst_obj *obj = &t->objs[i];

			if (obj->handle) {
				damaged += !zst_intact(t->pool, obj, w->buf);
				WRITE_ONCE(w->raced, w->raced + zst_pinned(t->pool, obj));
				zst_drop(t, obj);
			} else {
				obj->handle = zs_malloc(t->pool, obj->size,
							ZST_GFP);
				if (obj->handle)
					zst_store(t->pool, obj, w->buf);
			}
			cond_resched();
		}
	}
	return damaged;
}

static int zst_compactor(void *data)
{
	struct zst_worker *w = data;

	while (!kthread_should_stop()) {
		WRITE_ONCE(w->raced, w->raced +
			   mutex_is_locked(&w->t->pool->compact_lock));
		zs_compact(w->t->pool);
		cond_resched();
	}
	return 0;
}

/* Compact as reclaim does, unless a compaction is running. */
static int zst_shrinker(void *data)
{
	struct zst_worker *w = data;

	while (!kthread_should_stop()) {
		WRITE_ONCE(w->raced, w->raced +
			   mutex_is_locked(&w->t->pool->compact_lock));
		zst_shrink(w->t, NULL);
		usleep_range(50, 100);
	}
	return 0;
}

/* Migrate only pages of objects of the readers, because these are never freed. */
static int zst_migrator(void *data)
{
	struct zst_worker *w = data;
	struct zst *t = w->t;
	int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < t->nr; i++) {
			if (i % ZST_OWNERS == ZST_FREER)
				continue;
			zst_migrate_page(zst_page(t->pool, &t->objs[i]));
			cond_resched();
		}
	}
	return 0;
}

/* Return whether every pair of operations raced. */
static bool zst_raced(struct zst *t, const struct zst_worker *w)
{
	return zst_moves(t, objs_moved) && zst_moves(t, compact_busy) &&
	       zst_moves(t, pages_migrated) && zst_moves(t, migrate_busy) &&
	       READ_ONCE(w[ZST_FREER].raced) &&
	       READ_ONCE(w[ZST_COMPACTOR].raced) +
	       READ_ONCE(w[ZST_SHRINKER].raced);
}

static void zsmalloc_stress(struct kunit *test)
{
	static int (* const fn[ZST_THREADS])(void *data) = {
		[ZST_READER] = zst_reader, [ZST_READER + 1] = zst_reader,
		[ZST_FREER] = zst_freer, [ZST_COMPACTOR] = zst_compactor,
		[ZST_SHRINKER] = zst_shrinker, [ZST_MIGRATOR] = zst_migrator,
	};
	struct zst *t = test->priv;
	unsigned long start = jiffies;
	struct zst_worker *w;
	int i, damaged = 0;

	w = kvcalloc(ZST_THREADS, sizeof(*w), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w);
	for (i = 0; i < 1000; i++)
		zst_add(test, i % 2 ? 400 : 2000);

	for (i = 0; i < ZST_THREADS; i++) {
		w[i].t = t;
		w[i].first = i;
		w[i].task = kthread_run(fn[i], &w[i], "zst_worker/%d", i);
	}
	/* For 2 s, or until all races occurred, but for a minute at most. */
	do {
		msleep(100);
	} while (time_before(jiffies, start + 2 * HZ) ||
		 (!zst_raced(t, w) &&
		  time_before(jiffies, start + 60 * HZ)));

	for (i = 0; i < ZST_THREADS; i++)
		damaged += IS_ERR(w[i].task) ? 1 : kthread_stop(w[i].task);

	kunit_info(test, "objs_moved %lu compact_busy %lu pages_migrated %lu migrate_busy %lu, frees during a read %lu, concurrent compactions %lu\n",
		   zst_moves(t, objs_moved), zst_moves(t, compact_busy),
		   zst_moves(t, pages_migrated), zst_moves(t, migrate_busy),
		   w[ZST_FREER].raced, w[ZST_COMPACTOR].raced + w[ZST_SHRINKER].raced);
	KUNIT_EXPECT_EQ(test, damaged, 0);
	KUNIT_EXPECT_TRUE(test, zst_raced(t, w));
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_settle(t);
	zst_check_stats(test);
	kvfree(w);
}

/*
 * Pages are migrated slowly while their last object is freed, and then the pool
 * is destroyed while the worker is still running.
 */
struct zst_storm {
	struct zst *t;
	struct page *page;	/* passed with a reference, by xchg() */
	unsigned long migrated;	/* pages of an empty zspage */
	unsigned long destroyed; /* pools, while the worker was running */
	struct task_struct *owner, *migrator;
};

/*
 * As zst_migrate_page(), but keep the page locked for a while.  Return whether a
 * page of an empty zspage was migrated, for which the worker is waiting.
 */
static bool zst_migrate_slowly(struct page *page)
{
	struct page *new = alloc_page(ZST_GFP);
	bool empty = false;

	if (!new)
		return false;
	if (!isolate_movable_page(page, 0)) {
		lock_page(new);
		lock_page(page);
		usleep_range(200, 1000);
		/* The zspage may have been freed. */
		if (PageMovable(page)) {
			empty = PageWaiters(page) &&
				!READ_ONCE(get_zspage(page)->inuse);
			if (zs_page_migrate(page_mapping(page), new, page,
					    MIGRATE_SYNC))
				empty = false;
		}
		ClearPageIsolated(page);
		unlock_page(page);
		put_page(page);
		unlock_page(new);
	}
	put_page(new);
	return empty;
}

static int zst_storm_migrator(void *data)
{
	struct zst_storm *storm = data;
	struct page *page;

	while (!kthread_should_stop()) {
		page = xchg(&storm->page, NULL);
		if (page) {
			WRITE_ONCE(storm->migrated, storm->migrated +
				   zst_migrate_slowly(page));
			put_page(page);
		} else {
			usleep_range(20, 50);
		}
	}
	return 0;
}

/* Allocate one object, let its page be migrated, and free the object. */
static int zst_storm_round(struct zst_storm *storm, struct zs_pool *pool, int n)
{
	unsigned int size = n % 2 ? 400 : ZS_MAX_ALLOC_SIZE;
	struct zst_obj obj = { .size = size, .seed = n };
	struct page *page;

	obj.handle = zs_malloc(pool, size, ZST_GFP);
	if (!obj.handle)
		return 0;
	zst_store(pool, &obj, storm->t->buf);
	page = zst_get_page(pool, &obj);
	page = xchg(&storm->page, page);
	if (page)
		put_page(page);
	usleep_range(20, 400);
	n = !zst_intact(pool, &obj, storm->t->buf);
	zs_free(pool, obj.handle);
	return n;
}

static int zst_storm_owner(void *data)
{
	struct zst_storm *storm = data;
	int n = 0, damaged = 0, i;

	while (!kthread_should_stop()) {
		struct zs_pool *pool = zs_create_pool("kunit-storm");

		if (!pool) {
			msleep(20);
			continue;
		}
		for (i = 0; i < 8; i++)
			damaged += zst_storm_round(storm, pool, n++);
		if (work_busy(&pool->free_work))
			WRITE_ONCE(storm->destroyed, storm->destroyed + 1);
		zs_destroy_pool(pool);
	}
	return damaged;
}

static void zsmalloc_migration_storm(struct kunit *test)
{
	struct zst_storm storm = { .t = test->priv };
	unsigned long start = jiffies;
	int damaged = 0;

	storm.owner = kthread_run(zst_storm_owner, &storm, "zst_owner");
	storm.migrator = kthread_run(zst_storm_migrator, &storm, "zst_migrator");
	do {
		msleep(100);
	} while (time_before(jiffies, start + 2 * HZ) ||
		 ((!READ_ONCE(storm.migrated) || !READ_ONCE(storm.destroyed)) &&
		  time_before(jiffies, start + 60 * HZ)));
	damaged += IS_ERR(storm.owner) ? 1 : kthread_stop(storm.owner);
	damaged += IS_ERR(storm.migrator) ? 1 : kthread_stop(storm.migrator);
	if (storm.page)
		put_page(storm.page);

	kunit_info(test, "%lu pages of empty zspages were migrated, %lu pools were destroyed while the worker was running\n",
		   storm.migrated, storm.destroyed);
	KUNIT_EXPECT_EQ(test, damaged, 0);
	KUNIT_EXPECT_GT(test, storm.migrated, 0UL);
	KUNIT_EXPECT_GT(test, storm.destroyed, 0UL);
}
#endif /* CONFIG_COMPACTION */

static struct kunit_case zsmalloc_race_cases[] = {
	KUNIT_CASE(zsmalloc_compaction_skips_pinned),
	KUNIT_CASE(zsmalloc_compaction_hides_sources),
	KUNIT_CASE(zsmalloc_compaction_stops),
	KUNIT_CASE(zsmalloc_compaction_of_nothing),
	KUNIT_CASE(zsmalloc_one_compaction),
	KUNIT_CASE(zsmalloc_free_ignores_pin),
	KUNIT_CASE(zsmalloc_free_follows_move),
	KUNIT_CASE(zsmalloc_read_follows_move),
	KUNIT_CASE(zsmalloc_free_takes_migrate_lock),
#ifdef CONFIG_COMPACTION
	KUNIT_CASE(zsmalloc_migration_skips_pinned),
	KUNIT_CASE(zsmalloc_migration_of_pinned_takes_no_lock),
	KUNIT_CASE(zsmalloc_migration_rechecks_pin),
	KUNIT_CASE(zsmalloc_worker_locks_all_pages),
	KUNIT_CASE(zsmalloc_worker_retries_lock),
	KUNIT_CASE(zsmalloc_destroy_waits),
	KUNIT_CASE(zsmalloc_stress),
	KUNIT_CASE(zsmalloc_migration_storm),
#endif
	{}
};

static struct kunit_suite zsmalloc_race_suite = {
	.name = "zsmalloc_race",
	.init = zst_init,
	.exit = zst_exit,
	.test_cases = zsmalloc_race_cases,
};

kunit_test_suite(zsmalloc_race_suite);
