// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lock of a slot of zram->table, see zram_slot.h
 *
 * wait_on_bit_lock() does the waiting.  Its queues are hashed by address and
 * shared with others, so there is nothing to initialise and nothing that a
 * waiter could find freed.
 */
#include <linux/sched/mm.h>

#include "zram_slot.h"

void zram_slot_init_lockdep(struct zram *zram)
{
	static struct lock_class_key __maybe_unused key;

	lockdep_init_map(&zram->slot_map, "zram->table[].lock", &key, 0);

	fs_reclaim_acquire(GFP_KERNEL);
	mutex_acquire(&zram->slot_map, 0, 0, _RET_IP_);
	mutex_release(&zram->slot_map, _RET_IP_);
	fs_reclaim_release(GFP_KERNEL);
}

bool zram_slot_trylock(struct zram *zram, u32 index)
{
	if (test_and_set_bit_lock(ZRAM_LOCK, &zram->table[index].flags))
		return false;
	mutex_acquire(&zram->slot_map, 0, 1, _RET_IP_);
	return true;
}

void zram_slot_lock(struct zram *zram, u32 index)
{
	mutex_acquire(&zram->slot_map, 0, 0, _RET_IP_);
	wait_on_bit_lock(&zram->table[index].flags, ZRAM_LOCK,
			 TASK_UNINTERRUPTIBLE);
}

void zram_slot_unlock(struct zram *zram, u32 index)
{
	mutex_release(&zram->slot_map, _RET_IP_);
	clear_and_wake_up_bit(ZRAM_LOCK, &zram->table[index].flags);
}
