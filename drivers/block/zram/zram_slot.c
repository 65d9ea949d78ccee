// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock of a slot of meta->table, see zram_slot.h
 *
 * wait_on_bit_lock() does the waiting.  Its queues are hashed by address and
 * shared with others, so there is nothing to initialise and nothing that a
 * waiter could find freed.  Each unlock would have to look into one of them;
 * so the device counts who waits, and with nobody waiting it does not.
 */
#include <linux/sched/mm.h>

#include "zram_slot.h"

void zram_slot_init_lockdep(struct zram_meta *meta)
{
	static struct lock_class_key __maybe_unused key;

	lockdep_init_map(&meta->slot_map, "zram->table[].lock", &key, 0);

	fs_reclaim_acquire(GFP_KERNEL);
	mutex_acquire(&meta->slot_map, 0, 0, _RET_IP_);
	mutex_release(&meta->slot_map, _RET_IP_);
	fs_reclaim_release(GFP_KERNEL);
}

void zram_slot_wait(struct zram_meta *meta, u32 index)
{
	lock_contended(&meta->slot_map, _RET_IP_);
	atomic_inc(&meta->slot_waiters);
	/* pairs with zram_slot_unlock() */
	smp_mb__after_atomic();
	wait_on_bit_lock(&meta->table[index].flags, ZRAM_LOCK,
			 TASK_UNINTERRUPTIBLE);
	atomic_dec(&meta->slot_waiters);
}
