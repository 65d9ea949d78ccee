/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reader/writer lock of a zspage
 *
 * A reader uses objects of the zspage and wants none of them to move.  A
 * writer moves them.  Both find the zspage through the same outer lock, the
 * gate (an rwlock of the pool), and that makes the rest simple:
 *
 *  1. A reader enters while it holds the gate for reading.  It may drop the
 *     gate at once and keep the zspage.  Or it enters by trylock, without the
 *     gate; see rule 7.
 *  2. A writer enters only while it holds the gate for writing, only by
 *     trylock, and leaves before it drops the gate.
 *  3. So a writer never meets another writer, and a reader never has to wait:
 *     while the writer is inside, the gate keeps readers out, or the trylock
 *     fails.  A writer that meets a reader goes away.  Nobody ever waits for
 *     this lock.
 *  4. A reader may sleep and may be preempted; it stays the same task.
 *  5. A reader may enter again what it holds already.
 *  6. zspage_read_unlock() is the reader's last access to the zspage.  Whoever
 *     sees no reader, and holds the gate for writing or has made the zspage
 *     unreachable, may free it at once.
 *  7. A reader that enters without the gate may have come to the wrong zspage,
 *     or to one that was freed.  It enters in an RCU read-side critical
 *     section, finds out in there whether a writer was inside anywhere since it
 *     looked the zspage up, and leaves at once if so.  For such a visitor the
 *     memory stays a zspage's for a grace period (SLAB_TYPESAFE_BY_RCU), and
 *     the lock is initialised when that memory is made, not with each zspage.
 *
 * Rule 6 is why this is not an rwlock_t or an rw_semaphore: on PREEMPT_RT their
 * unlock drops the reader count and then takes the lock's own wait_lock, by
 * which time a writer may have moved the last object away and freed the memory
 * that the lock lives in.  Since rule 3 leaves nobody to be woken, a count of
 * readers is all there is; it is 4 bytes, and the same in every configuration.
 *
 * The count orders the data as well: what a reader did with an object is
 * visible to the writer that finds it gone (release in zspage_read_unlock(),
 * zspage_write_trylock()), and what a writer did is visible to the next reader
 * through the gate or zspage_read_trylock().
 */
#ifndef _MM_ZSPAGE_LOCK_H
#define _MM_ZSPAGE_LOCK_H

#include <linux/atomic.h>
#include <linux/lockdep.h>
#include <linux/mmdebug.h>
#include <linux/spinlock.h>

/**
 * struct zspage_lock - embedded in each zspage
 * @readers: how many readers are inside; -1 is the writer
 * @dep_map: what lockdep knows this lock by
 */
struct zspage_lock {
	atomic_t readers;
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct lockdep_map dep_map;
#endif
};

/**
 * zspage_lock_init() - make the lock of memory for zspages
 * @zsl: the lock
 *
 * For the constructor of a slab cache, by rule 7.  There is no counterpart.
 */
static inline void zspage_lock_init(struct zspage_lock *zsl)
{
	static struct lock_class_key __maybe_unused key;

	atomic_set(&zsl->readers, 0);
	lockdep_init_map(&zsl->dep_map, "zspage->lock", &key, 0);
}

/**
 * zspage_read_lock() - enter as a reader
 * @zsl: the lock
 * @gate: the outer lock, held by the caller for reading
 *
 * Context: Any that may take @gate.  Does not wait.
 */
static inline void zspage_read_lock(struct zspage_lock *zsl, rwlock_t *gate)
{
	lockdep_assert_held(gate);
	lock_acquire_shared_recursive(&zsl->dep_map, 0, 0, NULL, _RET_IP_);
	/* ordered against a writer by @gate */
	atomic_inc(&zsl->readers);
}

/**
 * zspage_read_trylock() - enter as a reader without the gate
 * @zsl: the lock, in an RCU read-side critical section
 *
 * The caller then looks whether a writer was inside since he found @zsl, and
 * calls zspage_read_unlock() before he leaves RCU if so.
 *
 * Context: Any.  Does not wait.  Fully ordered if it succeeds.
 * Return: true if the caller is inside; false if the writer is.
 */
static inline bool __must_check zspage_read_trylock(struct zspage_lock *zsl)
{
	if (!atomic_inc_unless_negative(&zsl->readers))
		return false;
	lock_acquire_shared_recursive(&zsl->dep_map, 0, 1, NULL, _RET_IP_);
	return true;
}

/**
 * zspage_read_unlock() - leave as a reader
 * @zsl: the lock; it and its zspage may be gone on return
 *
 * Context: Any.  The caller's task is the one that entered.
 */
static inline void zspage_read_unlock(struct zspage_lock *zsl)
{
	int readers;

	lock_release(&zsl->dep_map, _RET_IP_);
	/* pairs with zspage_write_trylock() */
	readers = atomic_fetch_sub_release(1, &zsl->readers);
	/* a value, not the lock: that may be gone */
	VM_WARN_ON_ONCE(readers <= 0);
}

/**
 * zspage_write_trylock() - enter as the writer, unless there is a reader
 * @zsl: the lock
 * @gate: the outer lock, held by the caller for writing until after
 *	  zspage_write_unlock()
 *
 * Context: Any that may take @gate.  Does not wait.  Fully ordered if it
 * succeeds.
 * Return: true if the caller is inside; false if a reader is.
 */
static inline bool __must_check zspage_write_trylock(struct zspage_lock *zsl,
						     rwlock_t *gate)
{
	lockdep_assert_held_write(gate);
	/* pairs with the release in zspage_read_unlock() */
	if (atomic_cmpxchg(&zsl->readers, 0, -1))
		return false;
	lock_acquire_exclusive(&zsl->dep_map, 0, 1, NULL, _RET_IP_);
	return true;
}

/**
 * zspage_write_unlock() - leave as the writer
 * @zsl: the lock
 * @gate: the outer lock, still held by the caller for writing
 */
static inline void zspage_write_unlock(struct zspage_lock *zsl, rwlock_t *gate)
{
	lockdep_assert_held_write(gate);
	lock_release(&zsl->dep_map, _RET_IP_);
	/* pairs with zspage_read_trylock() */
	atomic_set_release(&zsl->readers, 0);
}

#endif /* _MM_ZSPAGE_LOCK_H */
