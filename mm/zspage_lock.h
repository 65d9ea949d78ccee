/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reader/writer lock of a zspage
 *
 * A reader uses objects of the zspage and must not see any of them moved.  A
 * writer moves them.  Both find the zspage under the same outer lock (@gate, an
 * rwlock of the pool), so that the rules are simple:
 *
 *  1. A reader takes the lock while it holds @gate for reading.  It may drop
 *     @gate immediately; the lock pins the objects of the zspage.  Or it takes
 *     the lock by trylock, without @gate; see rule 7.
 *  2. A writer takes the lock only while it holds @gate for writing, only by
 *     trylock, and unlocks it before it drops @gate.
 *  3. So a writer never contends with another writer, and a reader never waits:
 *     while a writer holds the lock, @gate excludes readers, or their trylock
 *     fails.  A writer that finds a reader backs off.  No task ever waits for
 *     this lock.
 *  4. A reader may sleep and may be preempted; it stays the same task.
 *  5. A reader may take the lock again while it holds it.
 *  6. zspage_read_unlock() is the reader's last access to the zspage.  A task
 *     that sees no reader, and holds @gate for writing or has made the zspage
 *     unreachable, may free it immediately.
 *  7. A lockless reader may hold a stale pointer, to the wrong zspage or to one
 *     that was freed.  It must trylock in an RCU read-side critical section,
 *     check there whether a writer held any lock of the pool since the zspage
 *     was looked up, and unlock immediately if so.  SLAB_TYPESAFE_BY_RCU keeps
 *     the zspage type-stable for a grace period.  The lock is initialized when
 *     the slab memory is allocated, not with each zspage.
 *
 * Rule 6 is why this is not an rwlock_t or an rw_semaphore: on PREEMPT_RT their
 * unlock drops the reader count and then takes the lock's own wait_lock, by
 * which time a writer may have moved the last object away and freed the memory
 * that contains the lock.  Since no task waits (rule 3), none is woken, and a
 * count of readers is sufficient: 4 bytes, the same in every configuration.
 *
 * The count orders the data as well: what a reader did with an object is
 * visible to the writer that finds it gone (release in zspage_read_unlock(),
 * zspage_write_trylock()), and what a writer did is visible to the next reader
 * through @gate or zspage_read_trylock().
 */
#ifndef _MM_ZSPAGE_LOCK_H
#define _MM_ZSPAGE_LOCK_H

#include <linux/atomic.h>
#include <linux/lockdep.h>
#include <linux/mmdebug.h>
#include <linux/spinlock.h>

/**
 * struct zspage_lock - embedded in each zspage
 * @readers: number of readers; -1 if a writer holds the lock
 * @dep_map: for lockdep
 */
struct zspage_lock {
	atomic_t readers;
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	struct lockdep_map dep_map;
#endif
};

/**
 * zspage_lock_init() - initialize the lock in slab memory for zspages
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
 * zspage_read_lock() - read-lock a zspage
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
 * zspage_read_trylock() - read-lock a zspage without the outer lock
 * @zsl: the lock, in an RCU read-side critical section
 *
 * The caller must then check whether a writer held a lock of the pool since it
 * found @zsl, and if so call zspage_read_unlock() before rcu_read_unlock().
 *
 * Context: Any.  Does not wait.  Fully ordered if it succeeds.
 * Return: true if the caller holds the lock; false if a writer does.
 */
static inline bool __must_check zspage_read_trylock(struct zspage_lock *zsl)
{
	if (!atomic_inc_unless_negative(&zsl->readers))
		return false;
	lock_acquire_shared_recursive(&zsl->dep_map, 0, 1, NULL, _RET_IP_);
	return true;
}

/**
 * zspage_read_unlock() - read-unlock a zspage
 * @zsl: the lock; it and its zspage may be freed on return
 *
 * Context: Any.  Must be called by the task that locked.
 */
static inline void zspage_read_unlock(struct zspage_lock *zsl)
{
	int readers;

	lock_release(&zsl->dep_map, _RET_IP_);
	/* pairs with zspage_write_trylock() */
	readers = atomic_fetch_sub_release(1, &zsl->readers);
	/* checks the value: the lock may be freed by now */
	VM_WARN_ON_ONCE(readers <= 0);
}

/**
 * zspage_write_trylock() - write-lock a zspage, unless there is a reader
 * @zsl: the lock
 * @gate: the outer lock, held by the caller for writing until after
 *	  zspage_write_unlock()
 *
 * Context: Any that may take @gate.  Does not wait.  Fully ordered if it
 * succeeds.
 * Return: true if the caller holds the lock; false if a reader does.
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
 * zspage_write_unlock() - write-unlock a zspage
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
