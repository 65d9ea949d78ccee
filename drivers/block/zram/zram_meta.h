/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One life of a zram device: from disksize to reset
 *
 * A device gets what it takes to hold data when it gets its size, and loses
 * it when it is reset or removed; that is struct zram_meta.  What a device has
 * before and after (the compressor to be used, the backing device, limits)
 * is in struct zram.
 *
 *  1. It is built completely, then published.  Who sees it, sees all of it.
 *  2. zram_meta_get() is the only way to it, from any context but NMI.  It
 *     never waits: it finds a live one, or none.  Until zram_meta_put() nothing
 *     of it goes away.
 *  3. zram_meta_end() takes it from sight, waits for the last put and for a
 *     grace period (somebody may just look at the count), and frees it.  So it
 *     is freed in process context, whoever was last.
 *  4. Who holds one for longer than an I/O takes asks zram_meta_ending() now
 *     and then, and stops.
 *  5. I/O runs between zram_meta_begin_io() and zram_meta_end_io().  In there,
 *     memory is allocated with GFP_NOIO at the most, or reclaim might do I/O.
 *  6. A reference that ends in another context than it began (a bio's, that is)
 *     is got with zram_meta_hold() and ended with zram_meta_drop().
 *
 * The count is a percpu_ref: I/O also holds the count of its queue, which is
 * one, but sysfs, debugfs and the notification that a swap slot was freed hold
 * nothing.  Neither does the queue's count say whether the device has a size.
 *
 * Order: zram->init_lock -> waiting for users; reclaim -> I/O -> part_lock ->
 * slot.  What users take must not be held by who waits for them, what I/O takes
 * not by who allocates memory; lockdep knows it from the first life on.
 */
#ifndef _ZRAM_META_H_
#define _ZRAM_META_H_

#include <linux/completion.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>

#include "zram_drv.h"

#define ZRAM_BLOCK_READERS	64

struct zram_meta {
	/* For I/O; does not change while the object can be seen */
	struct percpu_ref ref;
	struct zram_table_entry *table;	/* its slots have locks of their own */
	struct zs_pool *mem_pool;
	struct zcomp *comp;
	unsigned long nr_pages;		/* slots of the table */
	/* what compresses to this much or more is stored as it is */
	size_t huge_class_size;
	/* how many wait for a slot, see zram_slot.h; each unlock reads it */
	atomic_t slot_waiters;
	struct zram *zram;		/* whose life it is */
	struct mutex part_lock;		/* held to write a part of a page */
#ifdef CONFIG_ZRAM_WRITEBACK
	struct block_device *bdev;	/* zram's; NULL if there is none */
	unsigned long *bitmap;		/* blocks in use; atomic bitops */
	unsigned long nr_blocks;
#endif
	/* comp knows itself by this name, also when a CPU comes up */
	char compressor[CRYPTO_MAX_ALG_NAME];
	struct completion unused;	/* the last reference is gone */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct lockdep_map users_map;	/* who has it, and who waits for them */
	struct lockdep_map io_map;	/* who does I/O, maybe in reclaim */
	struct lockdep_map slot_map;	/* see zram_slot.h */
#endif
	/* Written all the time, so away from the above */
	struct zram_stats stats ____cacheline_aligned_in_smp;
#ifdef CONFIG_ZRAM_WRITEBACK
	/* reads under way of blocks, by their number modulo this one's */
	atomic_t block_readers[ZRAM_BLOCK_READERS];
#endif
};

/**
 * zram_meta_create() - make a life for a device, that nobody sees yet
 * @zram: the device; its limits count for it
 * @name: of the device, for its memory pool
 * @compressor: the algorithm to use; copied
 * @nr_pages: how many pages it can hold
 *
 * Context: Process context.  May sleep, in reclaim as well.
 * Return: the object, for zram_meta_publish() or zram_meta_free(); or an
 * ERR_PTR(): -ENOMEM, or -EINVAL if there is no such algorithm.
 */
struct zram_meta *zram_meta_create(struct zram *zram, const char *name,
				   const char *compressor,
				   unsigned long nr_pages);

#ifdef CONFIG_ZRAM_WRITEBACK
/**
 * zram_meta_set_backing() - give it a backing device
 * @meta: not published yet
 * @bdev: open for writing until @meta is freed; stays the caller's
 * @nr_blocks: how many pages it can take
 *
 * Context: Process context.  May sleep.
 * Return: 0 or -ENOMEM.
 */
int zram_meta_set_backing(struct zram_meta *meta, struct block_device *bdev,
			  unsigned long nr_blocks);
#endif

/**
 * zram_meta_free() - free one that is not published
 * @meta: the object, without users
 *
 * Context: Process context.  May sleep.
 */
void zram_meta_free(struct zram_meta *meta);

/**
 * zram_meta_end() - end a life, if there is one
 * @where: where it was published; NULL stands there from now on
 *
 * New users find none, old ones are waited for: that takes as long as an I/O
 * takes, and a grace period.  Callers keep each other out.
 *
 * Context: Process context.  May sleep.
 * Return: true if there was one.
 */
bool zram_meta_end(struct zram_meta __rcu **where);

/**
 * zram_meta_publish() - let everybody see it
 * @where: where zram_meta_get() will find it; NULL until now
 * @meta: the object, complete
 *
 * Context: Any.
 */
static inline void zram_meta_publish(struct zram_meta __rcu **where,
				     struct zram_meta *meta)
{
	/* pairs with rcu_dereference() in zram_meta_get() */
	rcu_assign_pointer(*where, meta);
}

/**
 * zram_meta_hold() - another reference, for a bio to drop
 * @meta: the object, of which the caller has one
 *
 * Context: Any.
 */
static inline void zram_meta_hold(struct zram_meta *meta)
{
	percpu_ref_get(&meta->ref);
}

/**
 * zram_meta_drop() - end what zram_meta_hold() got
 * @meta: the object; not to be touched any more
 *
 * Context: Any, interrupts as well.
 */
static inline void zram_meta_drop(struct zram_meta *meta)
{
	percpu_ref_put(&meta->ref);
}

/**
 * zram_meta_get() - get hold of the device's life, if it has one
 * @where: where it was published
 *
 * Context: Any but NMI.  Does not sleep.
 * Return: the object, for zram_meta_put() in the same context; or NULL, if the
 * device has no size or is about to lose it.
 */
static inline struct zram_meta * __must_check
zram_meta_get(struct zram_meta __rcu **where)
{
	struct zram_meta *meta;

	rcu_read_lock();
	meta = rcu_dereference(*where);
	if (meta && !percpu_ref_tryget_live(&meta->ref))
		meta = NULL;
	rcu_read_unlock();
	if (meta)
		lock_acquire_shared_recursive(&meta->users_map, 0, 1, NULL,
					      _RET_IP_);
	return meta;
}

/**
 * zram_meta_put() - end what zram_meta_get() got
 * @meta: the object; not to be touched any more
 *
 * Context: Any but NMI.  Does not sleep.
 */
static inline void zram_meta_put(struct zram_meta *meta)
{
	lock_release(&meta->users_map, _RET_IP_);
	zram_meta_drop(meta);
}

/**
 * zram_meta_begin_io() - I/O begins, that reclaim may wait for
 * @meta: the object, of which the caller has one
 *
 * Context: Process context.
 */
static inline void zram_meta_begin_io(struct zram_meta *meta)
{
	lock_map_acquire_read(&meta->io_map);
}

/**
 * zram_meta_end_io() - and it is done, or on its way
 * @meta: the object, of which the caller still has one
 *
 * Context: Process context.
 */
static inline void zram_meta_end_io(struct zram_meta *meta)
{
	lock_map_release(&meta->io_map);
}

/**
 * zram_meta_ending() - does somebody wait for this reference?
 * @meta: the object, of which the caller has one
 *
 * Context: Any.
 * Return: true if the life of @meta ends as soon as its users let it.
 */
static inline bool zram_meta_ending(struct zram_meta *meta)
{
	return percpu_ref_is_dying(&meta->ref);
}

#endif /* _ZRAM_META_H_ */
