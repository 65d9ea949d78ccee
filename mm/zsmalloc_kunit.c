// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of zsmalloc
 *
 * Included at the end of zsmalloc.c, to see what is static there.
 *
 * Each object has a size and a seed, and holds the pseudo-random bytes of that
 * seed.  zst_intact() checks every byte of it.
 *
 * Helper threads do not assert: in this version of KUnit, an assertion ends the
 * wait of the test thread, whichever thread makes it.  Helpers return errors and
 * count events.  Only the test thread asserts, and never while it reads an
 * object.  An operation that must not block runs in a helper, so that the test
 * can report that it did.
 *
 * The cases in this file run one operation at a time; zsmalloc_race_kunit.c has
 * the races.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>

/* Four zspages of the smallest objects */
#define ZST_MAX_OBJS	(4 * ZS_MAX_PAGES_PER_ZSPAGE * PAGE_SIZE / 32)
/* The expected content of an object, and a copy of one that spans pages */
#define ZST_BUF		(2 * PAGE_SIZE)
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
	u8 *buf;		/* ZST_BUF, for the test thread */
	bool lockdep;		/* lockdep was enabled when the case began */
	bool stuck;		/* a helper is blocked and still uses the pool */
	bool go, entered, left;	/* the progress of a helper */
};

/* A counter of the pool */
#define zst_moves(t, what) \
	((unsigned long)atomic_long_read(&(t)->pool->moves.what))

/* Fill @buf with the expected content of @obj. */
static void zst_pattern(const struct zst_obj *obj, u8 *buf)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, obj->seed);
	prandom_bytes_state(&rnd, buf, obj->size);
}

static void zst_store(struct zs_pool *pool, const struct zst_obj *obj, u8 *buf)
{
	zst_pattern(obj, buf);
	zs_obj_write(pool, obj->handle, buf, obj->size);
}

static bool zst_intact(struct zs_pool *pool, const struct zst_obj *obj, u8 *buf)
{
	const void *mem;
	bool intact;

	zst_pattern(obj, buf);
	mem = zs_obj_read_begin(pool, obj->handle, buf + PAGE_SIZE);
	intact = !memcmp(mem, buf, obj->size);
	zs_obj_read_end(pool, obj->handle, mem);
	return intact;
}

/* Allocate and fill one more object. */
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

/* Return the number of objects whose content is wrong. */
static int zst_damaged(struct zst *t)
{
	int i, damaged = 0;

	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle &&
		    !zst_intact(t->pool, &t->objs[i], t->buf))
			damaged++;
	return damaged;
}

/* Wait for the worker that frees zspages. */
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

/* Return the page and the index of an object.  It must not be moved. */
static struct page *zst_location(struct zs_pool *pool,
				 const struct zst_obj *obj, unsigned int *idx)
{
	struct page *page;

	zspage_unpin(pin_object(pool, obj->handle, &page, idx));
	return page;
}

static struct page *zst_page(struct zs_pool *pool, const struct zst_obj *obj)
{
	unsigned int idx;

	return zst_location(pool, obj, &idx);
}

static struct size_class *zst_class(struct zs_pool *pool, unsigned int size)
{
	return pool->size_class[get_size_class_index(size + ZS_HANDLE_SIZE)];
}

/* Return the size of the largest object of the i-th size class. */
static unsigned int zst_class_obj_size(struct zs_pool *pool, int i)
{
	struct size_class *class = pool->size_class[i];

	if (class->size == ZS_MAX_ALLOC_SIZE)
		return ZS_MAX_ALLOC_SIZE;
	return class->size - ZS_HANDLE_SIZE;
}

static int zst_init(struct kunit *test)
{
	struct zst *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->lockdep = debug_locks;
	t->objs = kvcalloc(ZST_MAX_OBJS, sizeof(*t->objs), GFP_KERNEL);
	t->buf = kmalloc(ZST_BUF, GFP_KERNEL);
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
		zs_destroy_pool(t->pool);
	}
	KUNIT_EXPECT_EQ_MSG(test, t->lockdep, (bool)debug_locks,
			    "lockdep reported a problem");
	kvfree(t->objs);
	kfree(t->buf);
	kfree(t);
}

/* struct zspage before the locking was changed, to compare the size */
struct zst_zspage_before {
	unsigned int bits, inuse, freeobj;
	struct page *first_page;
	struct list_head list;
#ifdef CONFIG_COMPACTION
	arch_rwlock_t lock;
#endif
};

/* The memory that a stored page takes in addition to its data, without lockdep */
static void zsmalloc_memory(struct kunit *test)
{
	size_t zspage = sizeof(struct zspage);

#ifdef CONFIG_DEBUG_LOCK_ALLOC
	zspage -= sizeof(struct lockdep_map);
#endif
	kunit_info(test, "memory: handle %u bytes, zspage %zu bytes (%zu before)\n",
		   kmem_cache_size(handle_cachep), zspage,
		   sizeof(struct zst_zspage_before));
	KUNIT_EXPECT_EQ(test, (size_t)kmem_cache_size(handle_cachep),
			sizeof(unsigned long));
	KUNIT_EXPECT_LE(test, zspage, sizeof(struct zst_zspage_before));
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

/* Fill, read and free more than one zspage of each class. */
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

/* Compact four zspages of each class after three of four objects were freed. */
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
		/* A quarter of four zspages needs one zspage, or two. */
		KUNIT_EXPECT_LE(test, zs_get_total_pages(t->pool),
				2UL * class->pages_per_zspage);
		KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
		zst_drop_all(t);
	}
	KUNIT_EXPECT_GT(test, zst_moves(t, objs_moved), 0UL);
}

/*
 * Compare the statistics of every class with its lists and with what the test
 * allocated.  No other task may use the pool.
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

/* Create eight zspages with @keep objects in each. */
static struct size_class *zst_add_zspages(struct kunit *test, unsigned int size,
					  int keep)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_class(t->pool, size);
	int i;

	KUNIT_ASSERT_GE(test, class->objs_per_zspage, 16);
	for (i = 0; i < 8 * class->objs_per_zspage; i++)
		zst_add(test, size);
	for (i = 0; i < t->nr; i++)
		if (i % class->objs_per_zspage >= keep)
			zst_drop(t, &t->objs[i]);
	zst_settle(t);
	KUNIT_ASSERT_EQ(test, zs_stat_get(class, CLASS_ALMOST_EMPTY), 8UL);
	return class;
}

static struct size_class *zst_add_sparse(struct kunit *test, unsigned int size)
{
	return zst_add_zspages(test, size, 2);
}

/*
 * Two objects of each of eight zspages fit into one of them.  Seven zspages can
 * be freed, and no object has to move twice.
 */
static void zsmalloc_compaction_moves_once(struct kunit *test)
{
	struct zst *t = test->priv;
	struct size_class *class = zst_add_sparse(test, 200);

	KUNIT_EXPECT_EQ(test, zs_compact(t->pool),
			7UL * class->pages_per_zspage);
	KUNIT_EXPECT_EQ(test, zst_moves(t, objs_moved), 14UL);
	KUNIT_EXPECT_EQ(test, zst_moves(t, compact_busy), 0UL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

#ifdef CONFIG_COMPACTION
/* As zst_page(), but take a reference, because the page may be replaced. */
static struct page *zst_get_page(struct zs_pool *pool,
				 const struct zst_obj *obj)
{
	struct zspage *zspage;
	struct page *page;
	unsigned int idx;

	zspage = pin_object(pool, obj->handle, &page, &idx);
	get_page(page);
	zspage_unpin(zspage);
	return page;
}

static struct page *zst_new_page(struct page *page, unsigned long private)
{
	return alloc_page(ZST_GFP);
}

/* Migrate a component page as memory compaction does.  Return 0 on success. */
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

/* Migrate the page of each object in two zspages of each class. */
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
		/* Leave holes. */
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

/* A page is locked when the last object is freed: the worker frees the zspage. */
static void zsmalloc_deferred_free(struct kunit *test)
{
	struct zst *t = test->priv;
	struct page *page;

	zst_add(test, 400);
	page = zst_get_page(t->pool, t->objs);
	lock_page(page);
	zst_drop(t, t->objs);
	KUNIT_EXPECT_GT(test, zs_get_total_pages(t->pool), 0UL);
	unlock_page(page);
	put_page(page);
	zst_settle(t);
	KUNIT_EXPECT_EQ(test, zs_get_total_pages(t->pool), 0UL);
	zst_check_stats(test);
}

#endif /* CONFIG_COMPACTION */

static struct kunit_case zsmalloc_cases[] = {
	KUNIT_CASE(zsmalloc_memory),
	KUNIT_CASE(zsmalloc_bad_size),
	KUNIT_CASE(zsmalloc_every_class),
	KUNIT_CASE(zsmalloc_compaction_keeps_data),
	KUNIT_CASE(zsmalloc_stats_add_up),
	KUNIT_CASE(zsmalloc_compaction_moves_once),
#ifdef CONFIG_COMPACTION
	KUNIT_CASE(zsmalloc_migration_keeps_data),
	KUNIT_CASE(zsmalloc_deferred_free),
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
