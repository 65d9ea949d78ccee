/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of an initialized zram device: from disksize to reset
 *
 * struct zram_meta is what a device needs to hold data.  It is allocated when
 * the device gets its size, and freed when the device is reset or removed.
 * What a device has before and after (the compressor to be used, the backing
 * device, limits) is in struct zram.
 *
 *  1. It is built completely, then published.  Readers never see a part of it.
 *  2. zram_meta_get() is the only way to get it, from any context but NMI.  It
 *     never waits: it returns a live object, or NULL.  No part of the object is
 *     freed until zram_meta_put().
 *  3. zram_meta_end() unpublishes it, waits for the last put and for a grace
 *     period (a reader may have the pointer but no reference yet), and frees
 *     it.  So it is freed in process context, whichever task put last.
 *  4. A task that holds a reference for longer than an I/O takes must check
 *     zram_meta_ending() regularly, and stop if it returns true.
 *  5. I/O runs between zram_meta_begin_io() and zram_meta_end_io().  There,
 *     memory is allocated with GFP_NOIO at the most, or reclaim might do I/O.
 *  6. A reference that is put in another context than it was taken in (by a
 *     bio) is taken with zram_meta_hold() and put with zram_meta_drop().
 *
 * The count is a percpu_ref.  I/O also holds the percpu_ref of its queue, but
 * sysfs, debugfs and the notification that a swap slot was freed hold nothing.
 * Nor does the count of the queue tell whether the device has a size.
 *
 * Order: zram->init_lock -> waiting for users; reclaim -> I/O -> write_locks ->
 * slot.  A lock taken by a reference holder must not be held while waiting for
 * the references to drain.  A lock taken in the I/O path must not be held over
 * an allocation that can enter reclaim.  Both rules are annotated for lockdep.
 */
#ifndef _ZRAM_META_H_
#define _ZRAM_META_H_

#include <linux/completion.h>
#include <linux/lockdep.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>

#include "zram_drv.h"

struct zram_meta {
	/* For I/O; immutable after publish */
	struct percpu_ref ref;
	struct zram_table_entry *table;	/* its slots have locks of their own */
	struct zs_pool *mem_pool;
	struct zcomp *comp;
	unsigned long nr_pages;		/* slots of the table */
	/* a page that compresses to this much or more is stored uncompressed */
	size_t huge_class_size;
	/* number of slot waiters, see zram_slot.h; each unlock reads it */
	atomic_t slot_waiters;
	struct zram *zram;		/* the device */
#ifdef CONFIG_ZRAM_WRITEBACK
	struct block_device *bdev;	/* zram's; NULL if there is none */
	unsigned long *bitmap;		/* blocks in use; atomic bitops */
	unsigned long nr_blocks;
#endif
	/* comp refers to this name, also when a CPU comes online */
	char compressor[CRYPTO_MAX_ALG_NAME];
	struct completion unused;	/* the last reference was put */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct lockdep_map users_map;	/* references, and waits for them */
	struct lockdep_map io_map;	/* I/O, maybe in reclaim */
	struct lockdep_map slot_map;	/* see zram_slot.h */
#endif
	/* Written all the time, so not in the cache lines of the above */
	struct zram_stats stats ____cacheline_aligned_in_smp;
};

/**
 * zram_meta_create() - allocate the state of a device, not published yet
 * @zram: the device; its limits apply
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
 * zram_meta_set_backing() - set the backing device
 * @meta: not published yet
 * @bdev: open for writing until @meta is freed; owned by the caller
 * @nr_blocks: how many pages it can take
 *
 * Context: Process context.  May sleep.
 * Return: 0 or -ENOMEM.
 */
int zram_meta_set_backing(struct zram_meta *meta, struct block_device *bdev,
			  unsigned long nr_blocks);
#endif

/**
 * zram_meta_free() - free a state that is not published
 * @meta: the object, without users
 *
 * Context: Process context.  May sleep.
 */
void zram_meta_free(struct zram_meta *meta);

/**
 * zram_meta_end() - unpublish, drain and free the state of a device, if any
 * @where: where it was published; NULL from now on
 *
 * New users get NULL.  Waits for the old ones, which takes as long as an I/O
 * takes, and for a grace period.  Callers must exclude each other.
 *
 * Context: Process context.  May sleep.
 * Return: true if there was one.
 */
bool zram_meta_end(struct zram_meta __rcu **where);

/**
 * zram_meta_publish() - publish the state of a device
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
 * zram_meta_hold() - take another reference, for a bio to drop
 * @meta: the object, of which the caller holds a reference
 *
 * Context: Any.
 */
static inline void zram_meta_hold(struct zram_meta *meta)
{
	percpu_ref_get(&meta->ref);
}

/**
 * zram_meta_drop() - put a reference that zram_meta_hold() took
 * @meta: the object; must not be accessed any more
 *
 * Context: Any, interrupts as well.
 */
static inline void zram_meta_drop(struct zram_meta *meta)
{
	percpu_ref_put(&meta->ref);
}

/**
 * zram_meta_get() - take a reference to the state of a device, if any
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
 * zram_meta_put() - put a reference that zram_meta_get() took
 * @meta: the object; must not be accessed any more
 *
 * Context: Any but NMI.  Does not sleep.
 */
static inline void zram_meta_put(struct zram_meta *meta)
{
	lock_release(&meta->users_map, _RET_IP_);
	zram_meta_drop(meta);
}

/**
 * zram_meta_begin_io() - begin I/O that reclaim may wait for
 * @meta: the object, of which the caller holds a reference
 *
 * Context: Process context.
 */
static inline void zram_meta_begin_io(struct zram_meta *meta)
{
	lock_map_acquire_read(&meta->io_map);
}

/**
 * zram_meta_end_io() - end I/O: it is done or submitted
 * @meta: the object, of which the caller still holds a reference
 *
 * Context: Process context.
 */
static inline void zram_meta_end_io(struct zram_meta *meta)
{
	lock_map_release(&meta->io_map);
}

/**
 * zram_meta_ending() - check whether a task waits for this reference
 * @meta: the object, of which the caller holds a reference
 *
 * Context: Any.
 * Return: true if @meta will be freed after its references are put.
 */
static inline bool zram_meta_ending(struct zram_meta *meta)
{
	return percpu_ref_is_dying(&meta->ref);
}

#endif /* _ZRAM_META_H_ */
