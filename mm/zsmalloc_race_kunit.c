// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the races in zsmalloc
 *
 * Included after zsmalloc_kunit.c, whose objects it uses; what is said there
 * about helper threads holds here, too.
 *
 * Each race comes in two forms.  The choreographed one puts both sides into the
 * race, as drawn above it, and takes the same path each time.  The stress
 * form, further below, runs all of them concurrently, verifies by the counters
 * that the races occurred, and gives up after a minute if not.
 *
 * With one CPU, readers race with writers because they sleep, so most cases are
 * the same there.  Where one side spins, a UP form is next to the SMP form.
 */

/*
 * Become a reader as zs_obj_read_begin() does with migrate_lock.  The end is
 * zspage_read_unlock().
 */
static struct zspage *zst_hold(struct zs_pool *pool, const struct zst_obj *obj)
{
	struct zspage *zspage;
	struct page *page;
	unsigned int idx;

	read_lock(&pool->migrate_lock);
	obj_to_location(handle_to_obj(obj->handle), &page, &idx);
	zspage = get_zspage(page);
	zspage_read_lock(&zspage->lock, &pool->migrate_lock);
	read_unlock(&pool->migrate_lock);
	return zspage;
}

/*
 * Run @fn in a thread.  zst_finish() gives it 20 s and returns its result, or
 * -ETIMEDOUT when it is stuck; then nobody may touch the pool any more.
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
		/* @job stays with the thread */
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
 * reader of the first source
 *				zs_compact()
 *				  skips it, continues with the others
 *
 * zs_compact() must return, and must free the other sources.
 */
static void zsmalloc_compaction_passes_busy(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_add_sparse(test, 200);
	struct zspage *first, *held = NULL;
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
	held = zst_hold(t->pool, &t->objs[i]);
	where = handle_to_obj(t->objs[i].handle);

	freed = zst_run(test, zst_compact, NULL);
	KUNIT_EXPECT_NE(test, freed, (long)-ETIMEDOUT);
	if (t->stuck)
		return;

	KUNIT_EXPECT_PTR_EQ(test, held, first);
	KUNIT_EXPECT_EQ(test, handle_to_obj(t->objs[i].handle), where);
	KUNIT_EXPECT_EQ(test, t->pool->moves.compact_busy, 1UL);
	/* all but the one that is held, and one that took the objects */
	KUNIT_EXPECT_GE(test, freed, 6L * class->pages_per_zspage);
	zspage_read_unlock(&held->lock);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/* Sits on migrate_lock, as a reader, until stopped; 5 s at the most */
struct zst_sitter {
	struct zs_pool *pool;
	bool seated;		/* the test thread looks without a lock */
};

static int zst_sit(void *data)
{
	struct zst_sitter *sitter = data;
	unsigned long end = jiffies + 5 * HZ;
	bool stopped;

	read_lock(&sitter->pool->migrate_lock);
	WRITE_ONCE(sitter->seated, true);
	do {
		stopped = kthread_should_stop();
		cpu_relax();
	} while (!stopped && time_before(jiffies, end));
	read_unlock(&sitter->pool->migrate_lock);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return stopped ? 0 : -ETIMEDOUT;
}

/*
 * CPU0				CPU1
 * read_lock(&pool->migrate_lock)
 *				zs_compact(), with nothing to gain
 *
 * Classes with nothing to gain do not take the lock, so CPU1 does not block.
 *
 * With one CPU, no task can run while another one spins or holds a spinning
 * lock.  There, one thread is both sides, and lockdep reports a violation.
 */
static void zst_compact_as_reader(struct zst *t)
{
	int i;

	read_lock(&t->pool->migrate_lock);
	for (i = 0; i < ZS_SIZE_CLASSES; i++)
		__zs_compact(t->pool, t->pool->size_class[i]);
	read_unlock(&t->pool->migrate_lock);
}

static void zsmalloc_compaction_of_nothing(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_sitter sitter = { .pool = t->pool };
	struct task_struct *task;

	zst_add(test, 400);
	if (num_online_cpus() == 1) {
		zst_compact_as_reader(t);
		return;
	}
	task = kthread_create(zst_sit, &sitter, "zst_sitter");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	/* it may monopolize its CPU, so our timers must not be there */
	kthread_bind(task, cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id()));
	wake_up_process(task);
	while (!READ_ONCE(sitter.seated))
		cond_resched();
	KUNIT_EXPECT_EQ(test, zs_compact(t->pool), 0UL);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 0);
}

/*
 * CPU0				CPU1
 * reader of object A
 *				zs_free(B), in the same zspage
 *
 * zs_free() must not wait.  Nor does it when B was the last but A.
 */
static void zsmalloc_free_beside_reader(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zspage *zspage;
	int i;

	for (i = 0; i < zst_class(t->pool, 400)->objs_per_zspage; i++)
		zst_add(test, 400);
	zspage = zst_hold(t->pool, t->objs);
	for (i = 1; i < t->nr && !t->stuck; i++)
		KUNIT_EXPECT_EQ(test, zst_run(test, zst_free, &t->objs[i]), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_EQ(test, get_zspage_inuse(zspage), 1);
	zspage_read_unlock(&zspage->lock);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/*
 * CPU0				CPU1
 * spin_lock(&class->lock)
 *				zs_free()
 *				  looks the class up
 *				  spin_lock(&class->lock)
 * moves the object
 * spin_unlock(&class->lock)
 *				  looks the object up again
 *
 * With one CPU, CPU1 comes when CPU0 is through, and must find the object then.
 */
static long zst_free_when_told(struct zst *t, void *arg)
{
	struct zst_obj *obj = arg;

	while (!READ_ONCE(t->told))
		usleep_range(50, 100);
	WRITE_ONCE(t->entered, true);
	zs_free(t->pool, obj->handle);
	WRITE_ONCE(t->left, true);
	return 0;
}

/* Spin until the helper is where it can be seen, and has had time to go on */
static void zst_await_helper(struct zst *t)
{
	int ms;

	WRITE_ONCE(t->told, true);
	if (num_online_cpus() == 1)
		return;
	for (ms = 0; ms < 2000 && !READ_ONCE(t->entered); ms++)
		mdelay(1);
	mdelay(20);
}

#define ZST_RETRY_US	10

/* Empties the zspage that holds the first object; true if it was unlinked */
static bool zst_move_away(struct zst *t, struct size_class *class,
			  struct zspage *src)
{
	struct zs_compact_pass pass = {};
	bool unlinked = false;
	int tries = 1000;

	/* against the order, so by trying; its holder may want class->lock */
	while (!write_trylock(&t->pool->migrate_lock)) {
		if (!tries--)
			return false;
		udelay(ZST_RETRY_US);
	}
	raw_write_seqcount_begin(&t->pool->migrate_seq);
	if (zspage_write_trylock(&src->lock, &t->pool->migrate_lock)) {
		unlinked = drain_zspage(t->pool, class, src, &pass);
		zspage_write_unlock(&src->lock, &t->pool->migrate_lock);
	}
	stop_moving(t->pool);
	return unlinked;
}

static void zsmalloc_free_follows_move(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_add_sparse(test, 200);
	struct zst_obj *obj = &t->objs[0];
	struct zspage *src = get_zspage(zst_page(t->pool, obj));
	unsigned long before = handle_to_obj(obj->handle), after;
	bool unlinked, waits;
	struct zst_job *job;

	job = zst_start(test, zst_free_when_told, obj);
	spin_lock(&class->lock);
	zst_await_helper(t);
	waits = READ_ONCE(t->entered) && !READ_ONCE(t->left);
	unlinked = zst_move_away(t, class, src);
	after = handle_to_obj(obj->handle);
	spin_unlock(&class->lock);
	if (unlinked)
		free_zspage_pages(t->pool, class, src);

	KUNIT_EXPECT_EQ(test, zst_finish(job), 0L);
	if (t->stuck)
		return;
	obj->handle = 0;
	KUNIT_EXPECT_TRUE(test, unlinked);
	KUNIT_EXPECT_NE(test, before, after);
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_TRUE(test, waits);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_check_stats(test);
}

/* Can an object be had without migrate_lock, if nothing moved since @seq? */
static bool zst_can_enter(struct zst *t, struct zst_obj *obj, unsigned int seq)
{
	struct zspage *zspage;
	struct page *page;
	unsigned int idx;

	zspage = try_enter_zspage(t->pool, obj->handle, seq, &page, &idx);
	if (zspage)
		zspage_read_unlock(&zspage->lock);
	return zspage;
}

static long zst_read_when_told(struct zst *t, void *arg)
{
	u8 *buf = kmalloc(ZST_BUF, GFP_KERNEL);
	long damaged;

	if (!buf)
		return -ENOMEM;
	while (!READ_ONCE(t->told))
		usleep_range(50, 100);
	WRITE_ONCE(t->entered, true);
	damaged = !zst_intact(t->pool, arg, buf);
	WRITE_ONCE(t->left, true);
	kfree(buf);
	return damaged;
}

/*
 * CPU0				CPU1
 * start_moving()
 *				zs_obj_read_begin()
 *				  sees that something moves
 *				  read_lock(&pool->migrate_lock)
 * stop_moving()
 *				  looks the object up
 *
 * With one CPU, CPU1 comes when CPU0 is through.
 */
static void zsmalloc_map_beside_move(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zspage *zspage;
	struct zst_job *job;
	unsigned int seq;
	bool waits, entered, tried;

	zst_add(test, 400);
	seq = raw_seqcount_begin(&t->pool->migrate_seq);
	KUNIT_EXPECT_TRUE(test, zst_can_enter(t, t->objs, seq));
	zspage = get_zspage(zst_page(t->pool, t->objs));

	job = zst_start(test, zst_read_when_told, t->objs);
	start_moving(t->pool);
	tried = zspage_write_trylock(&zspage->lock, &t->pool->migrate_lock);
	entered = zst_can_enter(t, t->objs,
				raw_seqcount_begin(&t->pool->migrate_seq));
	zst_await_helper(t);
	waits = READ_ONCE(t->entered) && !READ_ONCE(t->left);
	if (tried) {
		tried = !zspage_read_trylock(&zspage->lock);
		zspage_write_unlock(&zspage->lock, &t->pool->migrate_lock);
	}
	stop_moving(t->pool);

	KUNIT_EXPECT_EQ(test, zst_finish(job), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_TRUE(test, tried);
	KUNIT_EXPECT_FALSE(test, entered);
	if (num_online_cpus() > 1)
		KUNIT_EXPECT_TRUE(test, waits);
	/* what was looked up before the move is worth nothing now */
	KUNIT_EXPECT_FALSE(test, zst_can_enter(t, t->objs, seq));
}

/*
 * CPU0				CPU1			CPU2
 * zs_compact()
 *				shrinker: gives way
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
	KUNIT_EXPECT_EQ(test, t->pool->moves.objs_moved, 0UL);
	mutex_unlock(&t->pool->compact_lock);
	KUNIT_EXPECT_GT(test, zst_finish(job), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_GT(test, t->pool->moves.objs_moved, 0UL);
}

#ifdef CONFIG_COMPACTION
/*
 * CPU0				CPU1
 * reader of the zspage
 *				zs_page_migrate() of one of its pages
 *
 * The page stays, the caller is told to try again, and later it moves.
 */
static void zsmalloc_migration_leaves_reader(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zspage *zspage;
	struct page *page;

	zst_add(test, 400);
	zspage = zst_hold(t->pool, t->objs);
	page = zst_page(t->pool, t->objs);
	KUNIT_EXPECT_NE(test, zst_migrate_page(page), 0);
	KUNIT_EXPECT_GT(test, t->pool->moves.migrate_busy, 0UL);
	KUNIT_EXPECT_EQ(test, t->pool->moves.pages_migrated, 0UL);
	KUNIT_EXPECT_PTR_EQ(test, page, zst_page(t->pool, t->objs));
	zspage_read_unlock(&zspage->lock);

	KUNIT_EXPECT_EQ(test, zst_migrate_page(page), 0);
	KUNIT_EXPECT_EQ(test, t->pool->moves.pages_migrated, 1UL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/* A migration of the page of an object that stops halfway */
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

static int zst_migration_end(struct zst_migration *m)
{
	int ret = zs_page_migrate(page_mapping(m->old), m->new, m->old,
				  MIGRATE_SYNC);

	ClearPageIsolated(m->old);
	unlock_page(m->old);
	put_page(m->old);
	unlock_page(m->new);
	put_page(m->new);
	return ret;
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
	unsigned long retries = t->pool->lock_retries;
	struct zst_migration m;

	zst_add(test, size);
	zst_migration_begin(test, &m);
	zst_drop(t, t->objs);
	KUNIT_EXPECT_TRUE(test, zst_migration_awaited(&m));
	KUNIT_EXPECT_EQ(test, zst_migration_end(&m), MIGRATEPAGE_SUCCESS);

	zst_settle(t);
	KUNIT_EXPECT_EQ(test, t->pool->lock_retries, retries + 1);
	KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
	zst_check_stats(test);
	t->nr = 0;
}

static void zsmalloc_worker_retries_lock(struct kunit *test)
{
	/* a huge object first: its handle is gone, and is used again below */
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
	msleep(50);
	KUNIT_EXPECT_FALSE(test, completion_done(&job->done));
	KUNIT_EXPECT_EQ(test, zst_migration_end(&m), MIGRATEPAGE_SUCCESS);
	KUNIT_EXPECT_EQ(test, zst_finish(job), 0L);
	if (!t->stuck)
		t->pool = NULL;
}

/*
 * All at once.  The objects are dealt out to the threads like cards, so that
 * zspages hold objects of several of them.
 */
enum {
	ZST_READER, ZST_FREER = 2, ZST_OWNERS,
	ZST_COMPACTOR = ZST_OWNERS, ZST_SHRINKER, ZST_MIGRATOR, ZST_THREADS
};

struct zst_worker {
	struct zst *t;
	int first;		/* of its own objects; then every ZST_OWNERS-th */
	unsigned long met;	/* a free a reader, a compaction another one */
	u8 buf[ZST_BUF];
	struct task_struct *task;
};

/* Sleeps as a reader of @obj; returns whether the object moved in that time */
static bool zst_moved_under_us(struct zst *t, const struct zst_obj *obj)
{
	struct zspage *zspage = zst_hold(t->pool, obj);
	unsigned long where = handle_to_obj(obj->handle);
	bool moved;

	usleep_range(500, 1000);
	moved = handle_to_obj(obj->handle) != where;
	zspage_read_unlock(&zspage->lock);
	return moved;
}

/* Reads and rewrites its own objects; returns how many were not intact */
static int zst_reader(void *data)
{
	struct zst_worker *w = data;
	struct zst *t = w->t;
	int i, damaged = 0;

	while (!kthread_should_stop()) {
		for (i = w->first; i < t->nr; i += ZST_OWNERS) {
			struct zst_obj *obj = &t->objs[i];

			damaged += !zst_intact(t->pool, obj, w->buf);
			/* some of either size */
			if (i % 4 < 2) {
				obj->seed++;
				zst_store(t->pool, obj, w->buf);
				damaged += zst_moved_under_us(t, obj);
			}
			cond_resched();
		}
	}
	return damaged;
}

/* Is somebody in the zspage of @obj? */
static bool zst_busy(struct zs_pool *pool, const struct zst_obj *obj)
{
	struct zspage *zspage = zst_hold(pool, obj);
	bool busy = atomic_read(&zspage->lock.readers) > 1;

	zspage_read_unlock(&zspage->lock);
	return busy;
}

/* Frees its own objects, and the next time allocates them anew */
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
				WRITE_ONCE(w->met, w->met + zst_busy(t->pool, obj));
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
		WRITE_ONCE(w->met, w->met +
			   mutex_is_locked(&w->t->pool->compact_lock));
		zs_compact(w->t->pool);
		cond_resched();
	}
	return 0;
}

/* As reclaim does, which gives way to a compaction that runs */
static int zst_shrinker(void *data)
{
	struct zst_worker *w = data;

	while (!kthread_should_stop()) {
		WRITE_ONCE(w->met, w->met +
			   mutex_is_locked(&w->t->pool->compact_lock));
		zst_shrink(w->t, NULL);
		usleep_range(50, 100);
	}
	return 0;
}

/* Only pages of objects that readers own: those are never freed */
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

/* Did every pair of operations race? */
static bool zst_raced(struct zs_pool *pool, const struct zst_worker *w)
{
	bool raced;

	read_lock(&pool->migrate_lock);
	raced = pool->moves.objs_moved && pool->moves.compact_busy &&
		pool->moves.pages_migrated && pool->moves.migrate_busy;
	read_unlock(&pool->migrate_lock);
	return raced && READ_ONCE(w[ZST_FREER].met) &&
	       READ_ONCE(w[ZST_COMPACTOR].met) + READ_ONCE(w[ZST_SHRINKER].met);
}

static void zsmalloc_all_at_once(struct kunit *test)
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
	/* 2 s, and on until it really happened, but not for ever */
	do {
		msleep(100);
	} while (time_before(jiffies, start + 2 * HZ) ||
		 (!zst_raced(t->pool, w) &&
		  time_before(jiffies, start + 60 * HZ)));

	for (i = 0; i < ZST_THREADS; i++)
		damaged += IS_ERR(w[i].task) ? 1 : kthread_stop(w[i].task);

	kunit_info(test, "objs_moved %lu compact_busy %lu pages_migrated %lu migrate_busy %lu, frees during a read %lu, concurrent compactions %lu\n",
		   t->pool->moves.objs_moved, t->pool->moves.compact_busy,
		   t->pool->moves.pages_migrated, t->pool->moves.migrate_busy,
		   w[ZST_FREER].met, w[ZST_COMPACTOR].met + w[ZST_SHRINKER].met);
	KUNIT_EXPECT_EQ(test, damaged, 0);
	KUNIT_EXPECT_TRUE(test, zst_raced(t->pool, w));
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_settle(t);
	zst_check_stats(test);
	kvfree(w);
}

/*
 * Pages are migrated, slowly, while their last object is freed, and then the
 * pool is destroyed with the worker still at it.
 */
struct zst_storm {
	struct zst *t;
	struct page *page;	/* handed over with a reference, by xchg() */
	unsigned long retries;	/* of the worker */
	unsigned long destroyed; /* pools, while the worker was busy */
	struct task_struct *owner, *migrator;
};

/* As zst_migrate_page(), but takes its time while the page is locked */
static void zst_migrate_slowly(struct page *page)
{
	struct page *new = alloc_page(ZST_GFP);

	if (!new)
		return;
	if (!isolate_movable_page(page, 0)) {
		lock_page(new);
		lock_page(page);
		usleep_range(200, 1000);
		/* its zspage may be gone by now */
		if (PageMovable(page))
			zs_page_migrate(page_mapping(page), new, page,
					MIGRATE_SYNC);
		ClearPageIsolated(page);
		unlock_page(page);
		put_page(page);
		unlock_page(new);
	}
	put_page(new);
}

static int zst_storm_migrator(void *data)
{
	struct zst_storm *storm = data;
	struct page *page;

	while (!kthread_should_stop()) {
		page = xchg(&storm->page, NULL);
		if (page) {
			zst_migrate_slowly(page);
			put_page(page);
		} else {
			usleep_range(20, 50);
		}
	}
	return 0;
}

/* One object of a pool of its own, until the pool goes as well */
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
		WRITE_ONCE(storm->retries, storm->retries +
			   READ_ONCE(pool->lock_retries));
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
		 ((!READ_ONCE(storm.retries) || !READ_ONCE(storm.destroyed)) &&
		  time_before(jiffies, start + 60 * HZ)));
	damaged += IS_ERR(storm.owner) ? 1 : kthread_stop(storm.owner);
	damaged += IS_ERR(storm.migrator) ? 1 : kthread_stop(storm.migrator);
	if (storm.page)
		put_page(storm.page);

	kunit_info(test, "the worker retried %lu times; %lu pools were destroyed while it was at work\n",
		   storm.retries, storm.destroyed);
	KUNIT_EXPECT_EQ(test, damaged, 0);
	KUNIT_EXPECT_GT(test, storm.retries, 0UL);
	KUNIT_EXPECT_GT(test, storm.destroyed, 0UL);
}
#endif /* CONFIG_COMPACTION */

static struct kunit_case zsmalloc_race_cases[] = {
	KUNIT_CASE(zsmalloc_compaction_passes_busy),
	KUNIT_CASE(zsmalloc_compaction_of_nothing),
	KUNIT_CASE(zsmalloc_one_compaction),
	KUNIT_CASE(zsmalloc_free_beside_reader),
	KUNIT_CASE(zsmalloc_free_follows_move),
	KUNIT_CASE(zsmalloc_map_beside_move),
#ifdef CONFIG_COMPACTION
	KUNIT_CASE(zsmalloc_migration_leaves_reader),
	KUNIT_CASE(zsmalloc_worker_retries_lock),
	KUNIT_CASE(zsmalloc_destroy_waits),
	KUNIT_CASE(zsmalloc_all_at_once),
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
