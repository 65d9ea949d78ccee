// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of zsmalloc's readers that sleep
 *
 * Included after zsmalloc_race_kunit.c, whose helpers it uses.
 */
#include <linux/mutex.h>
#include <uapi/linux/sched/types.h>

/* Return the number of pins of the zspage of an object. */
static int zst_pins(struct zs_pool *pool, const struct zst_obj *obj)
{
	struct page *page = zst_page(pool, obj);

	return atomic_read(&get_zspage(page)->pins);
}

/* Return whether the object spans two pages. */
static bool zst_spans(struct zs_pool *pool, const struct zst_obj *obj)
{
	unsigned int idx, size = zst_class(pool, obj->size)->size;

	zst_location(pool, obj, &idx);
	return offset_in_page(size * idx) + size > PAGE_SIZE;
}

static bool zst_in_place(struct zst *t, const struct zst_obj *obj)
{
	return !zst_spans(t->pool, obj) &&
	       !PageHighMem(zst_page(t->pool, obj));
}

/*
 * Write and read an object at each index of a zspage of each class.  An object
 * within a page is read in place and pinned, any other one is copied.
 */
static void zsmalloc_obj_every_place(struct kunit *test)
{
	struct zst *t = test->priv;
	u8 *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int i, j, in_place, copies = 0, bad = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	for (i = 0; i < ZS_SIZE_CLASSES; i++) {
		struct size_class *class = t->pool->size_class[i];

		if (class->index != i)
			continue;
		for (j = 0; j < class->objs_per_zspage; j++)
			zst_add(test, zst_class_obj_size(t->pool, i));
		for (j = 0; j < t->nr; j++) {
			struct zst_obj *obj = &t->objs[j];
			const void *mem;

			obj->seed++;
			zst_pattern(obj, t->buf);
			zs_obj_write(t->pool, obj->handle, t->buf, obj->size);

			in_place = zst_in_place(t, obj);
			copies += !in_place;
			mem = zs_obj_read_begin(t->pool, obj->handle, buf);
			bad += !!memcmp(mem, t->buf, obj->size);
			bad += (mem != buf) != in_place;
			bad += zst_pins(t->pool, obj) != in_place;
			zs_obj_read_end(t->pool, obj->handle, mem);
			bad += zst_pins(t->pool, obj) != 0;
		}
		/* The neighbors are intact, too. */
		KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
		KUNIT_EXPECT_EQ(test, bad, 0);
		zst_drop_all(t);
	}
	KUNIT_EXPECT_GT(test, copies, 0);
	kfree(buf);
}

/* A write that does not fit fails and changes nothing. */
static void zsmalloc_obj_write_too_long(struct kunit *test)
{
	struct zst *t = test->priv;
	int i, size = zst_class(t->pool, 400)->size;

	for (i = 0; i < 4; i++)
		zst_add(test, 400);
	memset(t->buf, 0xff, ZST_BUF);
	KUNIT_EXPECT_EQ(test, zs_obj_write(t->pool, t->objs[1].handle, t->buf,
					   size - ZS_HANDLE_SIZE + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	KUNIT_EXPECT_EQ(test, zs_obj_write(t->pool, t->objs[1].handle, t->buf,
					   size - ZS_HANDLE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 1);
}

/* A short write does not change the rest of the object. */
static void zsmalloc_obj_short_write(struct kunit *test)
{
	struct zst *t = test->priv;
	int i;

	for (i = 0; i < 4; i++)
		zst_add(test, 3000);
	for (i = 0; i < t->nr; i++) {
		zst_pattern(&t->objs[i], t->buf);
		t->buf[0] ^= 0xff;
		zs_obj_write(t->pool, t->objs[i].handle, t->buf, 1);
	}
	KUNIT_EXPECT_EQ(test, zst_damaged(t), t->nr);
	for (i = 0; i < t->nr; i++) {
		zst_pattern(&t->objs[i], t->buf);
		zs_obj_write(t->pool, t->objs[i].handle, t->buf, 1);
	}
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/* A task may read several objects of a zspage concurrently. */
static void zsmalloc_obj_reads_nest(struct kunit *test)
{
	struct zst *t = test->priv;
	const void *mem[20];
	int i, bad = 0;

	/* 32 objects in a page, so that none spans two pages. */
	for (i = 0; i < ARRAY_SIZE(mem); i++)
		zst_add(test, PAGE_SIZE / 32 - ZS_HANDLE_SIZE);
	for (i = 0; i < ARRAY_SIZE(mem); i++)
		mem[i] = zs_obj_read_begin(t->pool, t->objs[i].handle, t->buf);
	for (i = 0; i < ARRAY_SIZE(mem); i++) {
		bad += mem[i] == t->buf && zst_in_place(t, &t->objs[i]);
		zs_obj_read_end(t->pool, t->objs[i].handle, mem[i]);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	for (i = 0; i < t->nr; i++)
		KUNIT_EXPECT_EQ(test, zst_pins(t->pool, &t->objs[i]), 0);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}

/* Return an object that is read in place, or NULL if all are in highmem. */
static struct zst_obj *zst_first_in_place(struct zst *t)
{
	int i;

	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle && zst_in_place(t, &t->objs[i]))
			return &t->objs[i];
	return NULL;
}

#ifdef CONFIG_COMPACTION
static int zst_migrate_mode(struct page *page, enum migrate_mode mode)
{
	struct page *new = alloc_page(ZST_GFP);
	int ret = -EBUSY;

	if (!new)
		return -ENOMEM;
	if (!isolate_movable_page(page, 0)) {
		lock_page(new);
		lock_page(page);
		ret = zs_page_migrate(page_mapping(page), new, page, mode);
		ClearPageIsolated(page);
		unlock_page(page);
		unlock_page(new);
		put_page(page);
	}
	put_page(new);
	return ret;
}

/*
 * A reader blocks page migration: a caller that needs this page should try
 * again, any other caller should take another page.  Each failure is counted.
 * MIGRATE_SYNC sleeps, so that the reader can run before the next attempt.
 */
static void zsmalloc_obj_migration_result(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_obj *obj;
	struct page *page;
	const void *mem;
	unsigned long switches;

	zst_add(test, 400);
	obj = zst_first_in_place(t);
	if (!obj)
		return;
	mem = zs_obj_read_begin(t->pool, obj->handle, t->buf);
	page = zst_page(t->pool, obj);
	KUNIT_EXPECT_EQ(test, zst_migrate_mode(page, MIGRATE_ASYNC), -EBUSY);
	KUNIT_EXPECT_EQ(test, zst_migrate_mode(page, MIGRATE_SYNC_LIGHT),
			-EAGAIN);
	switches = current->nvcsw;
	KUNIT_EXPECT_EQ(test, zst_migrate_mode(page, MIGRATE_SYNC), -EAGAIN);
	KUNIT_EXPECT_NE(test, current->nvcsw, switches);
	KUNIT_EXPECT_EQ(test, zst_moves(t, migrate_busy), 3UL);
	KUNIT_EXPECT_EQ(test, zst_migrate_mode(page, MIGRATE_SYNC_NO_COPY),
			-EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, zst_page(t->pool, obj), page);
	zs_obj_read_end(t->pool, obj->handle, mem);

	KUNIT_EXPECT_EQ(test, zst_migrate_mode(page, MIGRATE_ASYNC), 0);
	KUNIT_EXPECT_EQ(test, zst_moves(t, pages_migrated), 1UL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
}
#endif

/*
 * Free the neighbors of an object that is read, compact the pool and migrate its
 * pages.  None of this may wait for the reader.
 */
static long zst_disturb(struct zst *t, void *arg)
{
	struct zst_obj *kept = arg;
	int i;

	for (i = 0; i < t->nr; i++)
		if (&t->objs[i] != kept && i % 3)
			zst_drop(t, &t->objs[i]);
	zs_compact(t->pool);
	zst_shrink(t, NULL);
#ifdef CONFIG_COMPACTION
	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle)
			zst_migrate_page(zst_page(t->pool, &t->objs[i]));
#endif
	return 0;
}

/*
 * CPU0				CPU1
 * zs_obj_read_begin()
 * mutex_lock(), sleeps
 * wait for CPU1		zst_disturb(), complete()
 * the object is where it was
 * zs_obj_read_end()
 */
static void zsmalloc_obj_reader_sleeps(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_job *job;
	struct zst_obj *obj;
	unsigned long where;
	bool intact;
	const void *mem;
	struct mutex mutex;	/* held while reading */
	long ret;

	mutex_init(&mutex);
	zst_add_sparse(test, 200);
	obj = zst_first_in_place(t);
	if (!obj)
		return;
	zst_pattern(obj, t->buf);

	mem = zs_obj_read_begin(t->pool, obj->handle, NULL);
	where = handle_to_obj(obj->handle);
	mutex_lock(&mutex);
	usleep_range(10000, 11000);
	job = zst_start(test, zst_disturb, obj);
	ret = zst_finish(job);
	intact = !memcmp(mem, t->buf, obj->size);
	mutex_unlock(&mutex);
	KUNIT_EXPECT_EQ(test, ret, 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_TRUE(test, intact);
	KUNIT_EXPECT_EQ(test, handle_to_obj(obj->handle), where);
	zs_obj_read_end(t->pool, obj->handle, mem);

	KUNIT_EXPECT_GT(test, zst_moves(t, compact_busy), 0UL);
#ifdef CONFIG_COMPACTION
	KUNIT_EXPECT_GT(test, zst_moves(t, migrate_busy), 0UL);
#endif
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_settle(t);
	zst_check_stats(test);
}

/* A reader of a copy blocks neither compaction nor page migration. */
static void zsmalloc_obj_copy_moves(struct kunit *test)
{
	struct zst *t = test->priv;
	u8 *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	struct zst_obj *obj = NULL;
	const void *mem;
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	/* Six objects and their handles are larger than a page. */
	zst_add_sparse(test, PAGE_SIZE / 6);
	for (i = 0; i < t->nr; i++)
		if (t->objs[i].handle && !zst_in_place(t, &t->objs[i]))
			obj = &t->objs[i];
	/* The first two of each zspage are left: add one that spans pages. */
	for (i = 0; !obj && i < 64; i++) {
		zst_add(test, PAGE_SIZE / 6);
		if (!zst_in_place(t, &t->objs[t->nr - 1]))
			obj = &t->objs[t->nr - 1];
	}
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, obj);

	mem = zs_obj_read_begin(t->pool, obj->handle, buf);
	KUNIT_EXPECT_EQ(test, zst_run(test, zst_disturb, obj), 0L);
	if (t->stuck)
		return;
	KUNIT_EXPECT_PTR_EQ(test, mem, (const void *)buf);
	KUNIT_EXPECT_EQ(test, zst_moves(t, compact_busy), 0UL);
	KUNIT_EXPECT_EQ(test, zst_moves(t, migrate_busy), 0UL);
	zst_pattern(obj, t->buf);
	KUNIT_EXPECT_EQ(test, memcmp(mem, t->buf, obj->size), 0);
	zs_obj_read_end(t->pool, obj->handle, mem);
	KUNIT_EXPECT_EQ(test, zst_pins(t->pool, obj), 0);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	kfree(buf);
}

/*
 * One CPU, on which a thread of the highest priority preempts a reader:
 *
 * normal			SCHED_FIFO
 * zs_obj_read_begin()
 * busy, never sleeps
 *				zst_disturb()
 * zs_obj_read_end()
 */
struct zst_preempt {
	struct zst *t;
	struct zst_obj *obj;
	bool reading, disturbed; /* the progress of the threads */
	bool stop;		/* set by the test thread after a timeout */
	bool intact;
	struct completion done;
};

static int zst_busy_reader(void *data)
{
	struct zst_preempt *p = data;
	const void *mem;

	zst_pattern(p->obj, p->t->buf);
	mem = zs_obj_read_begin(p->t->pool, p->obj->handle, NULL);
	/* Pairs with the acquire in zst_preemptor(). */
	smp_store_release(&p->reading, true);
	/* Pairs with the release in zst_preemptor(). */
	while (!smp_load_acquire(&p->disturbed) && !READ_ONCE(p->stop))
		cond_resched();
	p->intact = !memcmp(mem, p->t->buf, p->obj->size);
	zs_obj_read_end(p->t->pool, p->obj->handle, mem);
	complete(&p->done);
	return 0;
}

static int zst_preemptor(void *data)
{
	struct zst_preempt *p = data;

	/*
	 * Let the reader run on this CPU, then preempt it.  Pairs with the
	 * release in zst_busy_reader().
	 */
	while (!smp_load_acquire(&p->reading) && !READ_ONCE(p->stop))
		usleep_range(500, 1000);
	if (!READ_ONCE(p->stop)) {
		zst_disturb(p->t, p->obj);
		/* Pairs with the acquire in zst_busy_reader(). */
		smp_store_release(&p->disturbed, true);
	}
	complete(&p->done);
	return 0;
}

static void zsmalloc_obj_reader_preempted(struct kunit *test)
{
	struct zst *t = test->priv;
	struct zst_preempt *p = kzalloc(sizeof(*p), GFP_KERNEL);
	struct task_struct *reader, *preemptor;
	unsigned int cpu = cpumask_last(cpu_online_mask);
	int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	zst_add_sparse(test, 200);
	p->t = t;
	p->obj = zst_first_in_place(t);
	init_completion(&p->done);
	reader = kthread_create(zst_busy_reader, p, "zst_reader");
	preemptor = kthread_create(zst_preemptor, p, "zst_preemptor");
	if (!p->obj || IS_ERR(reader) || IS_ERR(preemptor)) {
		if (!IS_ERR(reader))
			kthread_stop(reader);
		if (!IS_ERR(preemptor))
			kthread_stop(preemptor);
		kfree(p);
		return;
	}
	kthread_bind(reader, cpu);
	kthread_bind(preemptor, cpu);
	sched_set_fifo(preemptor);
	wake_up_process(preemptor);
	wake_up_process(reader);
	for (i = 0; i < 2; i++) {
		if (!wait_for_completion_timeout(&p->done, 20 * HZ)) {
			WRITE_ONCE(p->stop, true);
			t->stuck = true;
		}
	}
	KUNIT_EXPECT_FALSE(test, t->stuck);
	if (t->stuck)
		return;
	KUNIT_EXPECT_TRUE(test, p->intact);
	KUNIT_EXPECT_GT(test, zst_moves(t, compact_busy), 0UL);
	KUNIT_EXPECT_EQ(test, zst_damaged(t), 0);
	zst_settle(t);
	zst_check_stats(test);
	kfree(p);
}

static struct kunit_case zsmalloc_obj_cases[] = {
	KUNIT_CASE(zsmalloc_obj_every_place),
	KUNIT_CASE(zsmalloc_obj_short_write),
	KUNIT_CASE(zsmalloc_obj_write_too_long),
	KUNIT_CASE(zsmalloc_obj_reads_nest),
#ifdef CONFIG_COMPACTION
	KUNIT_CASE(zsmalloc_obj_migration_result),
#endif
	KUNIT_CASE(zsmalloc_obj_reader_sleeps),
	KUNIT_CASE(zsmalloc_obj_copy_moves),
	KUNIT_CASE(zsmalloc_obj_reader_preempted),
	{}
};

static struct kunit_suite zsmalloc_obj_suite = {
	.name = "zsmalloc_obj",
	.init = zst_init,
	.exit = zst_exit,
	.test_cases = zsmalloc_obj_cases,
};

kunit_test_suite(zsmalloc_obj_suite);
