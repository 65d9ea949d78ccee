// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of zsmalloc
 *
 * Included at the end of zsmalloc.c, to see what is static there.
 *
 * Each object has a size and a seed, and holds the pseudo-random bytes of that
 * seed.  Whatever was done to the pool in between, zst_intact() tells whether
 * every byte of it is still there.
 *
 * Helper threads do not assert: in this version of KUnit an assertion ends the
 * test thread's wait, wherever it is made.  They return errors and count; the
 * test thread alone judges, and never while an object is mapped.  What should
 * not block is run in a thread as well, so that a test can say that it did.
 *
 * A race counts as tested only if it took place: the cases below look at the
 * pool's own counters (struct zs_move_stats) for that.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

/* four zspages of the smallest objects */
#define ZST_MAX_OBJS	(4 * ZS_MAX_PAGES_PER_ZSPAGE * PAGE_SIZE / 32)
#define ZST_GFP		(GFP_KERNEL | __GFP_HIGHMEM | __GFP_MOVABLE)

struct zst_obj {
	unsigned long handle;	/* 0: not allocated */
	unsigned int size;
	u32 seed;
};

struct zst {
	struct zs_pool *pool;
	struct zst_obj *objs;
	int nr;
	u8 *buf;		/* for the test thread */
	bool lockdep;		/* was on when the case began */
	bool stuck;		/* a helper is; leave everything to it */
};

/* What @obj should hold */
static void zst_pattern(const struct zst_obj *obj, u8 *buf)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, obj->seed);
	prandom_bytes_state(&rnd, buf, obj->size);
}

static void zst_store(struct zs_pool *pool, const struct zst_obj *obj, u8 *buf)
{
	zst_pattern(obj, buf);
	memcpy(zs_map_object(pool, obj->handle, ZS_MM_WO), buf, obj->size);
	zs_unmap_object(pool, obj->handle);
}

static bool zst_intact(struct zs_pool *pool, const struct zst_obj *obj, u8 *buf)
{
	bool intact;

	zst_pattern(obj, buf);
	intact = !memcmp(zs_map_object(pool, obj->handle, ZS_MM_RO), buf,
			 obj->size);
	zs_unmap_object(pool, obj->handle);
	return intact;
}

/* Allocate and fill one more object */
static void zst_add(struct kunit *test, unsigned int size)
{
	struct zst *t = test->priv;
	struct zst_obj *obj = &t->objs[t->nr];

	KUNIT_ASSERT_LT(test, t->nr, (int)ZST_MAX_OBJS);
	obj->size = size;
	obj->seed = prandom_u32();
	obj->handle = zs_malloc(t->pool, size, ZST_GFP);
	KUNIT_ASSERT_NE(test, obj->handle, 0UL);
	t->nr++;
	zst_store(t->pool, obj, t->buf);
}

static void zst_drop(struct zst *t, struct zst_obj *obj)
{
	zs_free(t->pool, obj->handle);
	obj->handle = 0;
}

/* How many of the objects lost a byte? */
static int zst_damaged(struct zst *t)
{
	int i, damaged = 0;

	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle &&
		    !zst_intact(t->pool, &t->objs[i], t->buf))
			damaged++;
	return damaged;
}

/* Let the worker that frees zspages finish */
static void zst_settle(struct zst *t)
{
#ifdef CONFIG_COMPACTION
	flush_work(&t->pool->free_work);
#endif
}

static void zst_drop_all(struct zst *t)
{
	int i;

	for (i = 0; i < t->nr; i++)
		zst_drop(t, &t->objs[i]);
	t->nr = 0;
	zst_settle(t);
}

/* Only with an object that stays allocated meanwhile */
static struct page *zst_page(struct zs_pool *pool, const struct zst_obj *obj)
{
	struct page *page;
	unsigned int idx;

	read_lock(&pool->migrate_lock);
	obj_to_location(handle_to_obj(obj->handle), &page, &idx);
	read_unlock(&pool->migrate_lock);
	return page;
}

static struct size_class *zst_class(struct zs_pool *pool, unsigned int size)
{
	return pool->size_class[get_size_class_index(size + ZS_HANDLE_SIZE)];
}

/* The largest object of the i-th size class */
static unsigned int zst_class_obj_size(struct zs_pool *pool, int i)
{
	struct size_class *class = pool->size_class[i];

	if (class->size == ZS_MAX_ALLOC_SIZE)
		return ZS_MAX_ALLOC_SIZE;
	return class->size - ZS_HANDLE_SIZE;
}

/*
 * Become a reader as zs_map_object() does, but free to sleep on.  The end is
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

/* Does the object lie in two pages? */
static bool zst_spans(struct zs_pool *pool, const struct zst_obj *obj)
{
	unsigned int idx, size = zst_class(pool, obj->size)->size;
	struct page *page;

	read_lock(&pool->migrate_lock);
	obj_to_location(handle_to_obj(obj->handle), &page, &idx);
	read_unlock(&pool->migrate_lock);
	return ((size * idx) & ~PAGE_MASK) + size > PAGE_SIZE;
}

/*
 * Run @fn in a thread and give it 20 s.  Returns its result, or -ETIMEDOUT when
 * it is stuck; then nobody may touch the pool any more.
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

static long zst_run(struct zst *t, long (*fn)(struct zst *t, void *arg),
		    void *arg)
{
	struct zst_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct task_struct *task;
	long ret;

	if (!job)
		return -ENOMEM;
	job->fn = fn;
	job->t = t;
	job->arg = arg;
	init_completion(&job->done);

	task = kthread_run(zst_job_thread, job, "zst_job");
	if (IS_ERR(task)) {
		kfree(job);
		return PTR_ERR(task);
	}
	if (!wait_for_completion_timeout(&job->done, 20 * HZ)) {
		/* @job stays with the thread */
		t->stuck = true;
		return -ETIMEDOUT;
	}
	ret = job->ret;
	kfree(job);
	return ret;
}

static long zst_compact(struct zst *t, void *arg)
{
	return zs_compact(t->pool);
}

static long zst_free(struct zst *t, void *arg)
{
	zst_drop(t, arg);
	return 0;
}

static int zst_init(struct kunit *test)
{
	struct zst *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->lockdep = debug_locks;
	t->objs = kvcalloc(ZST_MAX_OBJS, sizeof(*t->objs), GFP_KERNEL);
	t->buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	t->pool = zs_create_pool("kunit");
	test->priv = t;
	return t->objs && t->buf && t->pool ? 0 : -ENOMEM;
}

static void zst_exit(struct kunit *test)
{
	struct zst *t = test->priv;

	if (!t || t->stuck)
		return;
	if (t->pool) {
		zst_drop_all(t);
		KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
		KUNIT_EXPECT_EQ_MSG(test, t->lockdep, (bool)debug_locks,
				    "lockdep had something to report");
		zs_destroy_pool(t->pool);
	}
	kvfree(t->objs);
	kfree(t->buf);
	kfree(t);
}

static void zsmalloc_bad_size(struct kunit *test)
{
	struct zst *t = test->priv;

	KUNIT_EXPECT_EQ(test, zs_malloc(t->pool, 0, ZST_GFP), 0UL);
	KUNIT_EXPECT_EQ(test, zs_malloc(t->pool, ZS_MAX_ALLOC_SIZE + 1,
					ZST_GFP), 0UL);
	zs_free(t->pool, 0);
	KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
}

/* More than one zspage of each class, smallest to largest: fill, read, free */
static void zsmalloc_every_class(struct kunit *test)
{
	struct zst *t = test->priv;
	int i, j, spanning = 0, huge = 0;

	zst_add(test, 1);
	for (i = 0; i < ZS_SIZE_CLASSES; i++) {
		struct size_class *class = t->pool->size_class[i];

		if (class->index != i)
			continue;
		if (class->objs_per_zspage == 1)
			huge++;
		if (PAGE_SIZE % class->size && class->pages_per_zspage > 1)
			spanning++;

		for (j = 0; j <= class->objs_per_zspage; j++)
			zst_add(test, zst_class_obj_size(t->pool, i));
		KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
		zst_drop_all(t);
		KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
	}
	KUNIT_EXPECT_GT(test, spanning, 0);
	KUNIT_EXPECT_GT(test, huge, 0);
}

/*
 * Each mode of mapping, on objects that lie in one page, span two, and fill
 * one: what was written is read back, what was only read is unchanged.
 */
static void zsmalloc_map_modes(struct kunit *test)
{
	struct zst *t = test->priv;
	int i, j, size, spanning = 0;
	struct zst_obj *obj;
	u8 *p;

	for (i = 0; i < ZS_SIZE_CLASSES; i++) {
		if (t->pool->size_class[i]->index != i)
			continue;
		size = zst_class_obj_size(t->pool, i);
		for (j = 0; j < t->pool->size_class[i]->objs_per_zspage; j++) {
			zst_add(test, size);
			obj = &t->objs[t->nr - 1];
			spanning += zst_spans(t->pool, obj);

			/* damage both ends of it, and then repair them */
			p = zs_map_object(t->pool, obj->handle, ZS_MM_RW);
			p[0] ^= 0xff;
			p[size - 1] ^= 0xff;
			zs_unmap_object(t->pool, obj->handle);
			KUNIT_EXPECT_FALSE(test, zst_intact(t->pool, obj,
							    t->buf));

			p = zs_map_object(t->pool, obj->handle, ZS_MM_RW);
			p[0] ^= 0xff;
			p[size - 1] ^= 0xff;
			zs_unmap_object(t->pool, obj->handle);
			KUNIT_EXPECT_TRUE(test, zst_intact(t->pool, obj,
							   t->buf));
		}
		zst_drop_all(t);
	}
	KUNIT_EXPECT_GT(test, spanning, 0);
}

/* Four zspages of each class, three of four objects freed, then compact */
static void zsmalloc_compaction_keeps_data(struct kunit *test)
{
	struct zst *t = test->priv;
	unsigned long before, freed;
	int i, j;

	for (i = 0; i < ZS_SIZE_CLASSES; i++) {
		struct size_class *class = t->pool->size_class[i];

		if (class->index != i || class->objs_per_zspage == 1)
			continue;
		for (j = 0; j < 4 * class->objs_per_zspage; j++)
			zst_add(test, zst_class_obj_size(t->pool, i));
		for (j = 0; j < t->nr; j++)
			if (j % 4)
				zst_drop(t, &t->objs[j]);

		before = zs_get_total_pages(t->pool);
		freed = zs_compact(t->pool);
		zst_settle(t);
		KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool),
				before - freed);
		/* a quarter of four zspages needs one, two at the worst */
		KUNIT_EXPECT_LE(test, zs_get_total_pages(t->pool),
				2UL * class->pages_per_zspage);
		KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
		zst_drop_all(t);
	}
	KUNIT_EXPECT_GT(test, t->pool->moves.objs_moved, 0UL);
}

/*
 * The statistics of every class against each other and against what is known
 * from outside.  Call when nothing runs.
 */
static void zst_check_stats(struct kunit *test)
{
	struct zst *t = test->priv;
	unsigned long pages = 0, used = 0, live = 0;
	int i, fg;

	for (i = 0; i < t->nr; i++)
		live += !!t->objs[i].handle;

	for (i = 0; i < ZS_SIZE_CLASSES; i++) {
		struct size_class *class = t->pool->size_class[i];
		unsigned long zspages = 0, inuse = 0;
		struct zspage *zspage;

		if (class->index != i)
			continue;
		for (fg = ZS_EMPTY; fg < NR_ZS_FULLNESS; fg++) {
			unsigned long listed = 0;

			list_for_each_entry(zspage, &class->fullness_list[fg],
					    list) {
				listed++;
				inuse += get_zspage_inuse(zspage);
			}
			KUNIT_EXPECT_EQ(test, listed, zs_stat_get(class, fg));
			zspages += listed;
		}
		KUNIT_EXPECT_EQ(test, inuse, zs_stat_get(class, OBJ_USED));
		KUNIT_EXPECT_EQ(test, zspages * class->objs_per_zspage,
				zs_stat_get(class, OBJ_ALLOCATED));
		pages += zspages * class->pages_per_zspage;
		used += inuse;
	}
	KUNIT_EXPECT_EQ(test, pages, zs_get_total_pages(t->pool));
	KUNIT_EXPECT_EQ(test, used, live);
}

static void zsmalloc_stats_add_up(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zs_pool_stats stats;
	unsigned long freed;
	int i;

	for (i = 0; i < 2000; i++)
		zst_add(test, 1 + prandom_u32() % ZS_MAX_ALLOC_SIZE);
	for (i = 0; i < t->nr; i++)
		if (prandom_u32() % 4)
			zst_drop(t, &t->objs[i]);
	zst_settle(t);
	zst_check_stats(test);

	freed = zs_compact(t->pool);
	zst_settle(t);
	zst_check_stats(test);
	zs_pool_stats(t->pool, &stats);
	KUNIT_EXPECT_GT(test, freed, 0UL);
	KUNIT_EXPECT_EQ(test, (unsigned long)
			atomic_long_read(&stats.pages_compacted), freed);

	zst_drop_all(t);
	zst_check_stats(test);
}

/*
 * Eight zspages with two objects each, made from full ones, so that all of
 * them are sparse and compaction has a choice.
 */
static struct size_class *zst_add_sparse(struct kunit *test, unsigned int size)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_class(t->pool, size);
	int i;

	KUNIT_ASSERT_GE(test, class->objs_per_zspage, 16);
	for (i = 0; i < 8 * class->objs_per_zspage; i++)
		zst_add(test, size);
	for (i = 0; i < t->nr; i++)
		if (i % class->objs_per_zspage >= 2)
			zst_drop(t, &t->objs[i]);
	zst_settle(t);
	KUNIT_ASSERT_EQ(test, zs_stat_get(class, CLASS_ALMOST_EMPTY), 8UL);
	return class;
}

/*
 * Two objects of eight zspages fit into one of them, so seven can be freed, and
 * no object has to move twice for that.
 */
static void zsmalloc_compaction_moves_once(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_add_sparse(test, 200);

	KUNIT_EXPECT_EQ(test, zs_compact(t->pool),
			7UL * class->pages_per_zspage);
	KUNIT_EXPECT_EQ(test, t->pool->moves.objs_moved, 14UL);
	KUNIT_EXPECT_EQ(test, t->pool->moves.compact_busy, 0UL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/*
 * CPU0				CPU1
 * reader of the first source
 *				zs_compact()
 *				  meets the reader, goes on with the others
 *
 * It has to return, and the others have to be freed all the same.
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

	freed = zst_run(t, zst_compact, NULL);
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
	bool seated;
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
 * Classes with nothing to gain do not take the lock, so CPU1 comes through.
 */
static void zsmalloc_compaction_of_nothing(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_sitter sitter = { .pool = t->pool };
	struct task_struct *task;

	if (num_online_cpus() < 2) {
		kunit_info(test, "needs two CPUs, not run\n");
		return;
	}
	zst_add(test, 400);
	task = kthread_run(zst_sit, &sitter, "zst_sitter");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	/* poll, so as not to be woken on the CPU that will not let us run */
	while (!READ_ONCE(sitter.seated))
		msleep(20);
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
		KUNIT_EXPECT_EQ(test, zst_run(t, zst_free, &t->objs[i]), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_EQ(test, get_zspage_inuse(zspage), 1);
	zspage_read_unlock(&zspage->lock);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

#ifdef CONFIG_COMPACTION
static struct page *zst_new_page(struct page *page, unsigned long private)
{
	return alloc_page(ZST_GFP);
}

/* Migrate one component page as compaction of memory does; 0 if it moved */
static int zst_migrate_page(struct page *page)
{
	LIST_HEAD(list);
	int ret;

	if (isolate_movable_page(page, 0))
		return -EBUSY;
	list_add(&page->lru, &list);
	ret = migrate_pages(&list, zst_new_page, NULL, 0, MIGRATE_SYNC,
			    MR_COMPACTION);
	if (ret)
		putback_movable_pages(&list);
	return ret;
}

/* The page of each object in two zspages of each class */
static void zsmalloc_migration_keeps_data(struct kunit *test)
{
	struct zst *t = test->priv;
	unsigned long pages;
	int i, j, moved;

	for (i = 0; i < ZS_SIZE_CLASSES; i++) {
		struct size_class *class = t->pool->size_class[i];

		if (class->index != i)
			continue;
		for (j = 0; j < 2 * class->objs_per_zspage; j++)
			zst_add(test, zst_class_obj_size(t->pool, i));
		/* holes, as in real life */
		for (j = 1; j < t->nr; j += 3)
			zst_drop(t, &t->objs[j]);
		zst_settle(t);

		pages = zs_get_total_pages(t->pool);
		for (j = 0, moved = 0; j < t->nr; j++) {
			struct zst_obj *obj = &t->objs[j];
			struct page *old;

			if (!obj->handle)
				continue;
			old = zst_page(t->pool, obj);
			KUNIT_EXPECT_EQ(test, zst_migrate_page(old), 0);
			moved++;
			KUNIT_EXPECT_PTR_NE(test, old, zst_page(t->pool, obj));
		}
		KUNIT_EXPECT_GT(test, moved, 0);
		KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), pages);
		KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
		zst_drop_all(t);
	}
}

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

/* A page is locked when the last object goes: the worker frees the zspage */
static void zsmalloc_deferred_free(struct kunit *test)
{
	struct zst *t = test->priv;
	struct page *page;

	zst_add(test, 400);
	page = zst_page(t->pool, t->objs);
	get_page(page);
	lock_page(page);
	zst_drop(t, t->objs);
	KUNIT_EXPECT_GT(test, zs_get_total_pages(t->pool), 0UL);
	unlock_page(page);
	put_page(page);
	zst_settle(t);
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
	unsigned long retries = t->pool->lock_retries;
	unsigned long end = jiffies + 10 * HZ;
	struct page *page, *new;

	new = alloc_page(ZST_GFP);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, new);
	zst_add(test, size);
	page = zst_page(t->pool, t->objs);
	KUNIT_ASSERT_EQ(test, isolate_movable_page(page, 0), 0);

	lock_page(page);
	lock_page(new);
	zst_drop(t, t->objs);
	while (!PageWaiters(page) && time_before(jiffies, end))
		msleep(20);
	KUNIT_EXPECT_TRUE(test, PageWaiters(page));
	KUNIT_EXPECT_EQ(test, MIGRATEPAGE_SUCCESS,
			zs_page_migrate(page_mapping(page), new, page,
					MIGRATE_SYNC));
	ClearPageIsolated(page);
	unlock_page(page);
	put_page(page);
	unlock_page(new);
	put_page(new);

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

/*
 * All at once.  The objects are dealt out to the threads like cards, so that
 * zspages hold objects of several of them.
 */
enum { ZST_READERS = 2, ZST_OWNERS = 3, ZST_THREADS = 5 };

struct zst_worker {
	struct zst *t;
	int first;		/* of its own objects; then every ZST_OWNERS-th */
	unsigned long loops;
	u8 buf[PAGE_SIZE];
	struct task_struct *task;
};

/* Sleeps as a reader of @obj: did the object move meanwhile? */
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
			if (i % 4 == 0) {
				obj->seed++;
				zst_store(t->pool, obj, w->buf);
				damaged += zst_moved_under_us(t, obj);
			}
			cond_resched();
		}
		w->loops++;
	}
	return damaged;
}

/* Frees its own objects and allocates them anew, of another size */
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
				zst_drop(t, obj);
			} else {
				obj->handle = zs_malloc(t->pool, obj->size,
							ZST_GFP);
				if (obj->handle)
					zst_store(t->pool, obj, w->buf);
			}
			cond_resched();
		}
		w->loops++;
	}
	return damaged;
}

static int zst_compactor(void *data)
{
	struct zst_worker *w = data;

	while (!kthread_should_stop()) {
		zs_compact(w->t->pool);
		w->loops++;
		cond_resched();
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
			if (i % ZST_OWNERS >= ZST_READERS)
				continue;
			zst_migrate_page(zst_page(t->pool, &t->objs[i]));
			cond_resched();
		}
		w->loops++;
	}
	return 0;
}

/* Did every pair of opponents meet? */
static bool zst_raced(struct zs_pool *pool)
{
	bool raced;

	read_lock(&pool->migrate_lock);
	raced = pool->moves.objs_moved && pool->moves.compact_busy &&
		pool->moves.pages_migrated && pool->moves.migrate_busy;
	read_unlock(&pool->migrate_lock);
	return raced;
}

static void zsmalloc_all_at_once(struct kunit *test)
{
	static int (* const fn[ZST_THREADS])(void *data) = {
		zst_reader, zst_reader, zst_freer, zst_compactor, zst_migrator,
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
		 (!zst_raced(t->pool) && time_before(jiffies, start + 60 * HZ)));

	for (i = 0; i < ZST_THREADS; i++)
		damaged += IS_ERR(w[i].task) ? 1 : kthread_stop(w[i].task);

	kunit_info(test, "%lu + %lu reads, %lu frees, %lu compactions, %lu migrations; objs_moved %lu compact_busy %lu pages_migrated %lu migrate_busy %lu\n",
		   w[0].loops, w[1].loops, w[2].loops, w[3].loops, w[4].loops,
		   t->pool->moves.objs_moved, t->pool->moves.compact_busy,
		   t->pool->moves.pages_migrated, t->pool->moves.migrate_busy);
	KUNIT_EXPECT_EQ(test, damaged, 0);
	KUNIT_EXPECT_TRUE(test, zst_raced(t->pool));
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_settle(t);
	zst_check_stats(test);
	kvfree(w);
}
#endif /* CONFIG_COMPACTION */

static struct kunit_case zsmalloc_cases[] = {
	KUNIT_CASE(zsmalloc_bad_size),
	KUNIT_CASE(zsmalloc_every_class),
	KUNIT_CASE(zsmalloc_map_modes),
	KUNIT_CASE(zsmalloc_compaction_keeps_data),
	KUNIT_CASE(zsmalloc_stats_add_up),
	KUNIT_CASE(zsmalloc_compaction_moves_once),
	KUNIT_CASE(zsmalloc_compaction_passes_busy),
	KUNIT_CASE(zsmalloc_compaction_of_nothing),
	KUNIT_CASE(zsmalloc_free_beside_reader),
#ifdef CONFIG_COMPACTION
	KUNIT_CASE(zsmalloc_migration_keeps_data),
	KUNIT_CASE(zsmalloc_migration_leaves_reader),
	KUNIT_CASE(zsmalloc_deferred_free),
	KUNIT_CASE(zsmalloc_worker_retries_lock),
	KUNIT_CASE(zsmalloc_all_at_once),
#endif
	{}
};

static struct kunit_suite zsmalloc_suite = {
	.name = "zsmalloc",
	.init = zst_init,
	.exit = zst_exit,
	.test_cases = zsmalloc_cases,
};

kunit_test_suite(zsmalloc_suite);
