// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KUnit tests of the life of a zram device, see zram_meta.h
 *
 * Included at the end of zram_drv.c.  Most of them are about the object alone;
 * the last ones send I/O to a device of their own that nobody opened, below
 * what keeps a reset and I/O apart otherwise.
 *
 * Helper threads count and return; only the test thread judges.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/debug_locks.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/smp.h>

#define ZMT_PAGES	64
#define ZMT_READERS	3
#define ZMT_ROUNDS	200
#define ZMT_TIMEOUT	(10 * HZ)

struct zmt {
	struct zram zram;
	struct zram_meta __rcu *meta;
	struct completion ended;
	bool lockdep;		/* was on when the case began */
	bool stuck;		/* a thread is; don't free what it uses */
};

static int zmt_init(struct kunit *test)
{
	struct zmt *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->lockdep = debug_locks;
	init_completion(&t->ended);
	test->priv = t;
	return 0;
}

static void zmt_exit(struct kunit *test)
{
	struct zmt *t = test->priv;

	if (!t || t->stuck)
		return;
	zram_meta_end(&t->meta);
	KUNIT_EXPECT_EQ_MSG(test, t->lockdep, (bool)debug_locks,
			    "lockdep had something to report");
	kfree(t);
}

/* NULL, and a failed test, if there is none */
static struct zram_meta *zmt_create(struct kunit *test, unsigned long nr_pages)
{
	struct zmt *t = test->priv;
	struct zram_meta *meta;

	meta = zram_meta_create(&t->zram, "kunit", default_compressor, nr_pages);
	KUNIT_EXPECT_FALSE(test, IS_ERR(meta));
	return IS_ERR(meta) ? NULL : meta;
}

/* Ends what is published in another thread, as end() may have to wait */
static int zmt_end(void *data)
{
	struct zmt *t = data;

	zram_meta_end(&t->meta);
	complete(&t->ended);
	return 0;
}

/* Not woken yet, so that it can be made before there is a slot to hold */
static struct task_struct *zmt_thread(struct kunit *test, int (*fn)(void *),
				      void *data)
{
	struct task_struct *task = kthread_create(fn, data, "zmt");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	return task;
}

/* zram_meta_end() must return now. */
static void zmt_join_end(struct kunit *test)
{
	struct zmt *t = test->priv;

	t->stuck = !wait_for_completion_timeout(&t->ended, ZMT_TIMEOUT);
	KUNIT_EXPECT_FALSE(test, t->stuck);
}

/* Until zram_meta_get() returns NULL; false if that never happens. */
static bool zmt_wait_unpublished(struct zram_meta __rcu **where)
{
	unsigned long limit = jiffies + ZMT_TIMEOUT;
	struct zram_meta *meta;

	while ((meta = zram_meta_get(where))) {
		zram_meta_put(meta);
		if (time_after(jiffies, limit))
			return false;
		schedule_timeout_uninterruptible(1);
	}
	return true;
}

/* --- the object ---------------------------------------------------------- */

static void zram_meta_none(struct kunit *test)
{
	struct zmt *t = test->priv;

	KUNIT_EXPECT_PTR_EQ(test, zram_meta_get(&t->meta),
			    (struct zram_meta *)NULL);
	KUNIT_EXPECT_FALSE(test, zram_meta_end(&t->meta));
}

static void zram_meta_one(struct kunit *test)
{
	struct zmt *t = test->priv;
	struct zram_meta *made = zmt_create(test, ZMT_PAGES), *meta;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, made);
	KUNIT_EXPECT_EQ(test, made->nr_pages, (unsigned long)ZMT_PAGES);
	zram_meta_publish(&t->meta, made);
	meta = zram_meta_get(&t->meta);
	KUNIT_ASSERT_PTR_EQ(test, meta, made);
	KUNIT_EXPECT_FALSE(test, zram_meta_ending(meta));
	zram_meta_put(meta);
	KUNIT_EXPECT_TRUE(test, zram_meta_end(&t->meta));
	KUNIT_EXPECT_FALSE(test, zram_meta_end(&t->meta));
}

/* A name that is too long for the copy is no algorithm, either */
static void zram_meta_create_fails(struct kunit *test)
{
	struct zmt *t = test->priv;
	char name[CRYPTO_MAX_ALG_NAME + 8];
	struct zram_meta *meta;

	meta = zram_meta_create(&t->zram, "kunit", "nosuch", ZMT_PAGES);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(meta), -EINVAL);

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	meta = zram_meta_create(&t->zram, "kunit", name, ZMT_PAGES);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(meta), -EINVAL);

	/* more slots than memory, and more than a size_t can count */
	meta = zram_meta_create(&t->zram, "kunit", default_compressor,
				totalram_pages() * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(meta), -ENOMEM);
	meta = zram_meta_create(&t->zram, "kunit", default_compressor, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(meta), -ENOMEM);
}

/* What is still stored goes with it; the pool complains if it does not */
static void zram_meta_frees_objects(struct kunit *test)
{
	struct zmt *t = test->priv;
	struct zram_meta *meta = zmt_create(test, ZMT_PAGES);
	unsigned long i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, meta);
	for (i = 0; i < ZMT_PAGES; i += 3) {
		meta->table[i].handle = zs_malloc(meta->mem_pool, 40 * i + 40,
						  GFP_KERNEL);
		KUNIT_EXPECT_NE(test, meta->table[i].handle, 0UL);
	}
	/* neither of these is a handle */
	meta->table[1].element = 0x5a5a5a5a;
	meta->table[1].flags = BIT(ZRAM_SAME);
	meta->table[2].element = 7;
	meta->table[2].flags = BIT(ZRAM_WB);
	zram_meta_publish(&t->meta, meta);
	KUNIT_EXPECT_TRUE(test, zram_meta_end(&t->meta));
}

/*
 * CPU0				CPU1
 * zram_meta_get()
 *				zram_meta_end()
 *				  unpublishes
 * new users find none
 *				  waits
 * zram_meta_put()
 *				  frees
 */
static void zram_meta_end_waits(struct kunit *test)
{
	struct task_struct *end = zmt_thread(test, zmt_end, test->priv);
	struct zmt *t = test->priv;
	struct zram_meta *meta;

	zram_meta_publish(&t->meta, zmt_create(test, ZMT_PAGES));
	meta = zram_meta_get(&t->meta);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, meta);
	wake_up_process(end);
	KUNIT_EXPECT_TRUE(test, zmt_wait_unpublished(&t->meta));
	KUNIT_EXPECT_TRUE(test, zram_meta_ending(meta));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&t->ended, HZ / 2),
			0UL);
	/* all of it is still there */
	meta->table[ZMT_PAGES - 1].flags = 0;
	KUNIT_EXPECT_EQ(test, zs_get_total_pages(meta->mem_pool), 0UL);
	zram_meta_put(meta);
	zmt_join_end(test);
}

static void zmt_drop(void *meta)
{
	zram_meta_drop(meta);
}

/*
 * As above, but the last reference was got elsewhere and goes in an interrupt,
 * on each CPU in turn.
 */
static void zram_meta_last_put_in_interrupt(struct kunit *test)
{
	struct zmt *t = test->priv;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct task_struct *end = zmt_thread(test, zmt_end, t);
		struct zram_meta *meta;

		zram_meta_publish(&t->meta, zmt_create(test, ZMT_PAGES));
		meta = zram_meta_get(&t->meta);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, meta);
		zram_meta_hold(meta);
		zram_meta_put(meta);

		reinit_completion(&t->ended);
		wake_up_process(end);
		KUNIT_EXPECT_TRUE(test, zmt_wait_unpublished(&t->meta));
		KUNIT_EXPECT_EQ(test,
				wait_for_completion_timeout(&t->ended, HZ / 5),
				0UL);
		smp_call_function_single(cpu, zmt_drop, meta, 1);
		zmt_join_end(test);
		if (t->stuck)
			return;
	}
}

struct zmt_reader {
	struct zmt *t;
	unsigned long found, none, wrong;
	struct completion done;
	bool stop;		/* the test thread says so, without a lock */
};

/* A state that a reader gets is complete, and can be used until it is put */
static int zmt_read(void *data)
{
	struct zmt_reader *r = data;

	while (!READ_ONCE(r->stop)) {
		struct zram_meta *meta = zram_meta_get(&r->t->meta);
		unsigned long last;

		cond_resched();
		if (!meta) {
			r->none++;
			continue;
		}
		r->found++;
		last = meta->nr_pages - 1;
		if (!meta->comp || !meta->mem_pool ||
		    strcmp(meta->compressor, default_compressor) ||
		    meta->table[last].element != last)
			r->wrong++;
		zram_meta_put(meta);
	}
	complete(&r->done);
	return 0;
}

/* Lives of different sizes, one after the other, while others look */
static void zram_meta_publish_beside_readers(struct kunit *test)
{
	struct zmt *t = test->priv;
	static struct zmt_reader reader[ZMT_READERS];
	unsigned long found = 0, none = 0, wrong = 0;
	struct task_struct *task[ZMT_READERS];
	unsigned int i, lives;

	for (i = 0; i < ZMT_READERS; i++) {
		reader[i] = (struct zmt_reader){ .t = t };
		init_completion(&reader[i].done);
		task[i] = zmt_thread(test, zmt_read, &reader[i]);
	}
	for (i = 0; i < ZMT_READERS; i++)
		wake_up_process(task[i]);
	for (lives = 0; lives < 20; lives++) {
		unsigned long nr_pages = 1 + lives * 97 % 500;
		struct zram_meta *meta = zmt_create(test, nr_pages);

		if (!meta)
			break;
		meta->table[nr_pages - 1].element = nr_pages - 1;
		meta->table[nr_pages - 1].flags |= BIT(ZRAM_SAME);
		zram_meta_publish(&t->meta, meta);
		msleep(20);
		KUNIT_EXPECT_TRUE(test, zram_meta_end(&t->meta));
	}
	for (i = 0; i < ZMT_READERS; i++) {
		WRITE_ONCE(reader[i].stop, true);
		if (!wait_for_completion_timeout(&reader[i].done, ZMT_TIMEOUT))
			t->stuck = true;
		found += reader[i].found;
		none += reader[i].none;
		wrong += reader[i].wrong;
	}
	KUNIT_EXPECT_FALSE(test, t->stuck);
	KUNIT_EXPECT_GT(test, found, 0UL);
	KUNIT_EXPECT_GT(test, none, 0UL);
	KUNIT_EXPECT_EQ(test, wrong, 0UL);
}

/* --- a device ------------------------------------------------------------ */

static struct zram *zmt_add(struct kunit *test)
{
	struct zram *zram = NULL;
	int id;

	mutex_lock(&zram_index_mutex);
	id = zram_add();
	if (id >= 0)
		zram = idr_find(&zram_index_idr, id);
	mutex_unlock(&zram_index_mutex);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, zram);
	return zram;
}

static void zmt_remove(struct kunit *test, struct zram *zram)
{
	int id = zram->disk->first_minor, ret;

	mutex_lock(&zram_index_mutex);
	ret = zram_remove(zram);
	if (!ret)
		idr_remove(&zram_index_idr, id);
	mutex_unlock(&zram_index_mutex);
	KUNIT_EXPECT_EQ(test, ret, 0);
}

static ssize_t zmt_set_size(struct zram *zram, const char *size)
{
	return disksize_store(disk_to_dev(zram->disk), NULL, size, strlen(size));
}

static void zmt_io_end(struct bio *bio)
{
	complete(bio->bi_private);
}

/* Straight to the driver, past all that asks for a size or an opener */
static int zmt_io_at(struct zram *zram, unsigned int op, sector_t sector,
		     struct page *page, unsigned int len)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio_vec bvec;
	struct bio bio;

	bio_init(&bio, &bvec, 1);
	bio.bi_disk = zram->disk;
	bio.bi_iter.bi_sector = sector;
	bio.bi_opf = op;
	bio.bi_end_io = zmt_io_end;
	bio.bi_private = &done;
	__bio_add_page(&bio, page, len, 0);
	zram_submit_bio(&bio);
	wait_for_completion(&done);
	return blk_status_to_errno(bio.bi_status);
}

/* One page */
static int zmt_io(struct zram *zram, unsigned int op, u32 index,
		  struct page *page)
{
	return zmt_io_at(zram, op, (sector_t)index << SECTORS_PER_PAGE_SHIFT,
			 page, PAGE_SIZE);
}

struct zmt_io_task {
	struct zram *zram;
	struct page *page;
	int error;
	struct completion begun, done;
};

static void zmt_init_io(struct zmt_io_task *io, struct zram *zram)
{
	io->zram = zram;
	io->page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	init_completion(&io->begun);
	init_completion(&io->done);
}

static int zmt_io_thread(void *data)
{
	struct zmt_io_task *io = data;

	io->error = zmt_io(io->zram, REQ_OP_READ, 3, io->page);
	complete(&io->done);
	return 0;
}

static int zmt_reset(void *data)
{
	struct zmt_io_task *reset = data;

	zram_reset_device(reset->zram);
	complete(&reset->done);
	return 0;
}

/* Without a size there is an error, and with one there is the data */
static void zram_meta_io_needs_a_size(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	struct zram *zram = zmt_add(test);
	u64 *word = page_address(page);

	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_WRITE, 3, page), -EIO);
	KUNIT_EXPECT_EQ(test, (u64)atomic64_read(&zram->invalid_io), 1ULL);

	KUNIT_EXPECT_GT(test, zmt_set_size(zram, "1M"), (ssize_t)0);
	memset(word, 0, PAGE_SIZE);
	*word = 0x1234;
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_WRITE, 3, page), 0);
	*word = 0;
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_READ, 3, page), 0);
	KUNIT_EXPECT_EQ(test, *word, 0x1234ULL);
	/* the first one behind the end */
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_READ, SZ_1M >> PAGE_SHIFT, page),
			-EIO);

	zram_reset_device(zram);
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_READ, 3, page), -EIO);
	zmt_remove(test, zram);
	__free_page(page);
}

/*
 * CPU0			CPU1 (I/O)		CPU2 (reset)
 * has slot 3
 *			waits for slot 3
 *						unpublishes
 * new I/O fails
 *						waits
 * slot_unlock(3)
 *			ends well
 *						frees
 */
static void zram_meta_reset_waits_for_io(struct kunit *test)
{
	static struct zmt_io_task io, reset;
	struct task_struct *io_task = zmt_thread(test, zmt_io_thread, &io);
	struct task_struct *reset_task = zmt_thread(test, zmt_reset, &reset);
	struct zram *zram = zmt_add(test);
	struct zmt *t = test->priv;
	struct zram_meta *meta;
	int i;

	zmt_init_io(&io, zram);
	zmt_init_io(&reset, zram);
	KUNIT_EXPECT_GT(test, zmt_set_size(zram, "1M"), (ssize_t)0);
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_WRITE, 3, io.page), 0);

	meta = zram_meta_get(&zram->meta);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, meta);
	zram_slot_lock(meta, 3);
	wake_up_process(io_task);
	for (i = 0; i < ZMT_TIMEOUT && !atomic_read(&meta->slot_waiters); i++)
		schedule_timeout_uninterruptible(1);
	KUNIT_EXPECT_EQ(test, atomic_read(&meta->slot_waiters), 1);

	wake_up_process(reset_task);
	KUNIT_EXPECT_TRUE(test, zmt_wait_unpublished(&zram->meta));
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_READ, 4, reset.page), -EIO);
	/* only that I/O holds it from now on */
	zram_slot_unlock(meta, 3);
	zram_meta_put(meta);
	t->stuck = !wait_for_completion_timeout(&io.done, ZMT_TIMEOUT) ||
		   !wait_for_completion_timeout(&reset.done, ZMT_TIMEOUT);
	KUNIT_EXPECT_FALSE(test, t->stuck);
	if (t->stuck)
		return;
	KUNIT_EXPECT_EQ(test, io.error, 0);
	zmt_remove(test, zram);
	__free_page(io.page);
	__free_page(reset.page);
}

/* I/O as soon as the disk has a size; it must find everything */
static int zmt_io_at_once(void *data)
{
	struct zmt_io_task *io = data;
	unsigned long limit = jiffies + ZMT_TIMEOUT;

	complete(&io->begun);
	while (!get_capacity(io->zram->disk) && time_before(jiffies, limit))
		cond_resched();
	io->error = zmt_io(io->zram, REQ_OP_WRITE, 3, io->page);
	complete(&io->done);
	return 0;
}

static void zram_meta_size_comes_last(struct kunit *test)
{
	static struct zmt_io_task io;
	struct zram *zram = zmt_add(test);
	int i;

	zmt_init_io(&io, zram);
	for (i = 0; i < 20; i++) {
		reinit_completion(&io.begun);
		reinit_completion(&io.done);
		wake_up_process(zmt_thread(test, zmt_io_at_once, &io));
		wait_for_completion(&io.begun);
		KUNIT_EXPECT_GT(test, zmt_set_size(zram, "1M"), (ssize_t)0);
		wait_for_completion(&io.done);
		KUNIT_EXPECT_EQ(test, io.error, 0);
		zram_reset_device(zram);
	}
	zmt_remove(test, zram);
	__free_page(io.page);
}

/*
 * With pages of 64K a filesystem's page may begin in the middle of a slot, as its
 * blocks are of 4K.
 */
static void zram_meta_page_is_a_slot(struct kunit *test)
{
	struct block_device *bdev = kunit_kzalloc(test, sizeof(*bdev), GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	sector_t slot = 3 << SECTORS_PER_PAGE_SHIFT, sector;
	struct zram *zram = zmt_add(test);
	u64 *word = page_address(page);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, bdev);
	bdev->bd_disk = zram->disk;
	KUNIT_EXPECT_GT(test, zmt_set_size(zram, "1M"), (ssize_t)0);
	memset(word, 0, PAGE_SIZE);
	*word = 0x1234;
	KUNIT_EXPECT_EQ(test, zmt_io(zram, REQ_OP_WRITE, 3, page), 0);

	for (sector = slot; sector <= slot + SECTORS_PER_PAGE; sector++) {
		int whole = !(sector & (SECTORS_PER_PAGE - 1));
		int ret;

		*word = 0x5678;
		lock_page(page);
		ret = zram_rw_page(bdev, sector, page, REQ_OP_READ);
		if (ret)
			unlock_page(page);
		KUNIT_EXPECT_EQ(test, ret == 0, whole);
		KUNIT_EXPECT_EQ(test, *word, sector == slot ? 0x1234ULL :
				whole ? 0 : 0x5678ULL);
	}

	zram_reset_device(zram);
	zmt_remove(test, zram);
	__free_page(page);
}

/* A thread that writes one block of a page, and reads it again */
struct zmt_part {
	struct zram *zram;
	struct page *page;
	sector_t sector;
	unsigned int wrong;
	struct completion done;
};

static int zmt_part_thread(void *data)
{
	struct zmt_part *part = data;
	u64 *word = page_address(part->page), round;

	for (round = 1; round <= ZMT_ROUNDS; round++) {
		*word = round;
		if (zmt_io_at(part->zram, REQ_OP_WRITE, part->sector,
			      part->page, SZ_4K))
			part->wrong++;
		*word = 0;
		if (zmt_io_at(part->zram, REQ_OP_READ, part->sector,
			      part->page, SZ_4K) || *word != round)
			part->wrong++;
	}
	complete(&part->done);
	return 0;
}

/* Each block of a page is its writer's own; with pages of 4K there is only one */
static void zram_meta_parts_of_a_page(struct kunit *test)
{
	static struct zmt_part parts[PAGE_SIZE / SZ_4K < 4 ? 1 : 4];
	struct zram *zram = zmt_add(test);
	int i;

	KUNIT_EXPECT_GT(test, zmt_set_size(zram, "1M"), (ssize_t)0);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		parts[i].zram = zram;
		parts[i].page = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL);
		parts[i].sector = (3 << SECTORS_PER_PAGE_SHIFT) +
				  i * (SZ_4K >> SECTOR_SHIFT);
		parts[i].wrong = 0;
		init_completion(&parts[i].done);
	}
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		wake_up_process(zmt_thread(test, zmt_part_thread, &parts[i]));
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		wait_for_completion(&parts[i].done);
		KUNIT_EXPECT_EQ(test, parts[i].wrong, 0U);
		__free_page(parts[i].page);
	}
	zram_reset_device(zram);
	zmt_remove(test, zram);
}

static struct kunit_case zram_meta_cases[] = {
	KUNIT_CASE(zram_meta_none),
	KUNIT_CASE(zram_meta_one),
	KUNIT_CASE(zram_meta_create_fails),
	KUNIT_CASE(zram_meta_frees_objects),
	KUNIT_CASE(zram_meta_end_waits),
	KUNIT_CASE(zram_meta_last_put_in_interrupt),
	KUNIT_CASE(zram_meta_publish_beside_readers),
	KUNIT_CASE(zram_meta_io_needs_a_size),
	KUNIT_CASE(zram_meta_reset_waits_for_io),
	KUNIT_CASE(zram_meta_size_comes_last),
	KUNIT_CASE(zram_meta_page_is_a_slot),
	KUNIT_CASE(zram_meta_parts_of_a_page),
	{}
};

static struct kunit_suite zram_meta_suite = {
	.name = "zram_meta",
	.init = zmt_init,
	.exit = zmt_exit,
	.test_cases = zram_meta_cases,
};

kunit_test_suite(zram_meta_suite);
