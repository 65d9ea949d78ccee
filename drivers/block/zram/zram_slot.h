/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock of a slot of meta->table
 *
 *  1. It is bit ZRAM_LOCK of the slot's flags, and takes no byte: there is a
 *     slot for every page of the disk.
 *  2. zram_slot_lock() sleeps while it waits, so it is for process context.
 *     zram_slot_trylock() and zram_slot_unlock() are for any context but
 *     interrupts.
 *  3. The holder may sleep and may be preempted; it stays the same task.
 *  4. No task holds two slots at a time.
 *  5. It protects what the slot holds: handle or element, size and flags.
 *     Under it, no allocation may enter reclaim: that could come back to the
 *     slot.
 *
 * Order: lock of a page in the swap cache, si->lock (trylock only) -> slot ->
 * compression stream -> memory pool.
 *
 * The lock has no priority inheritance.  The work of a holder is bounded (it
 * decompresses one page at the most), but the time for which it may be
 * preempted is not.  This affects one slot and its page only, though.  Locks
 * with priority inheritance, of which there cannot be one for each slot, would
 * make users of unrelated slots wait.  zram_slot_kunit.c measures a wait.
 *
 * All slots of a device are one lock to lockdep, by rule 4.
 */
#ifndef _ZRAM_SLOT_H_
#define _ZRAM_SLOT_H_

#include <linux/lockdep.h>
#include <linux/wait_bit.h>

#include "zram_meta.h"

/**
 * zram_slot_init_lockdep() - make the slot locks of a device known
 * @meta: a new one, not published yet
 *
 * Also teaches lockdep that a slot is locked in reclaim, when a page is swapped
 * out, before anybody allocates under one.
 *
 * Context: Process context.
 */
void zram_slot_init_lockdep(struct zram_meta *meta);

/* The part of zram_slot_lock() for a slot that somebody has */
void zram_slot_wait(struct zram_meta *meta, u32 index);

/**
 * zram_slot_trylock() - lock a slot, if nobody has it
 * @meta: what the caller got by zram_meta_get()
 * @index: the slot
 *
 * Context: Any but interrupts.  Does not sleep.
 * Return: true if the slot is locked now.
 */
static inline bool __must_check zram_slot_trylock(struct zram_meta *meta,
						  u32 index)
{
	if (test_and_set_bit_lock(ZRAM_LOCK, &meta->table[index].flags))
		return false;
	mutex_acquire(&meta->slot_map, 0, 1, _RET_IP_);
	return true;
}

/**
 * zram_slot_lock() - lock a slot
 * @meta: what the caller got by zram_meta_get()
 * @index: the slot
 *
 * Context: Process context.  May sleep.
 */
static inline void zram_slot_lock(struct zram_meta *meta, u32 index)
{
	might_sleep();
	mutex_acquire(&meta->slot_map, 0, 0, _RET_IP_);
	if (unlikely(test_and_set_bit_lock(ZRAM_LOCK,
					   &meta->table[index].flags)))
		zram_slot_wait(meta, index);
	lock_acquired(&meta->slot_map, _RET_IP_);
}

/**
 * zram_slot_unlock() - unlock a slot
 * @meta: what the caller got by zram_meta_get()
 * @index: the slot, which the caller's task has locked
 *
 * Context: Any but interrupts.  Does not sleep.
 */
static inline void zram_slot_unlock(struct zram_meta *meta, u32 index)
{
	unsigned long *flags = &meta->table[index].flags;

	mutex_release(&meta->slot_map, _RET_IP_);
	clear_bit_unlock(ZRAM_LOCK, flags);
	/* pairs with zram_slot_wait(): it sees the bit clear or is counted */
	smp_mb__after_atomic();
	if (unlikely(atomic_read(&meta->slot_waiters)))
		wake_up_bit(flags, ZRAM_LOCK);
}

#endif /* _ZRAM_SLOT_H_ */
