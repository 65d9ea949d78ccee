// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One life of a zram device, see zram_meta.h
 */
#define pr_fmt(fmt) "zram: " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "zram_meta.h"

/*
 * May run in interrupts, at the end of a read from the backing device.  The
 * percpu_ref does not touch itself afterwards.
 */
static void zram_meta_unused(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct zram_meta, ref)->unused);
}

/*
 * Swap sends I/O from reclaim, and waits for it: so what I/O takes must not be
 * held while memory is allocated.  Say so before memory is short; as if reclaim
 * waited for I/O to end, or lockdep would not follow the chain through those who
 * share.  The compressor's part, that CPU hotplug allocates memory, shows itself
 * whenever one is created.
 *
 * zram_meta_get() only tries, so that a device on top of another one may have
 * both.
 */
static void zram_meta_init_lockdep(struct zram_meta *meta)
{
	static struct lock_class_key __maybe_unused users_key, io_key;

	lockdep_init_map(&meta->users_map, "zram->meta", &users_key, 0);
	lockdep_init_map(&meta->io_map, "zram I/O", &io_key, 0);

	fs_reclaim_acquire(GFP_KERNEL);
	lock_map_acquire(&meta->io_map);
	lock_map_release(&meta->io_map);
	fs_reclaim_release(GFP_KERNEL);
}

/* Better no disk than an OOM kill for its table or bitmap. */
static void *zram_table_alloc(size_t nr, size_t size)
{
	return __vmalloc(array_size(nr, size), GFP_KERNEL | __GFP_ZERO |
			 __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
}

struct zram_meta *zram_meta_create(struct zram *zram, const char *name,
				   const char *compressor,
				   unsigned long nr_pages)
{
	struct zram_meta *meta;
	int err = -ENOMEM;

	meta = kzalloc(sizeof(*meta), GFP_KERNEL);
	if (!meta)
		return ERR_PTR(-ENOMEM);
	meta->zram = zram;
	meta->nr_pages = nr_pages;
	strscpy(meta->compressor, compressor, sizeof(meta->compressor));
	init_completion(&meta->unused);
	zram_meta_init_lockdep(meta);

	meta->table = zram_table_alloc(nr_pages, sizeof(*meta->table));
	if (!meta->table)
		goto out_free;

	meta->mem_pool = zs_create_pool(name);
	if (!meta->mem_pool)
		goto out_free;
	meta->huge_class_size = zs_huge_class_size(meta->mem_pool);

	meta->comp = zcomp_create(meta->compressor);
	if (IS_ERR(meta->comp)) {
		pr_err("Cannot initialise %s compressing backend\n",
		       compressor);
		err = PTR_ERR(meta->comp);
		meta->comp = NULL;
		goto out_free;
	}

	err = percpu_ref_init(&meta->ref, zram_meta_unused, 0, GFP_KERNEL);
	if (err)
		goto out_free;
	return meta;

out_free:
	zram_meta_free(meta);
	return ERR_PTR(err);
}

#ifdef CONFIG_ZRAM_WRITEBACK
int zram_meta_set_backing(struct zram_meta *meta, struct block_device *bdev,
			  unsigned long nr_blocks)
{
	meta->bitmap = zram_table_alloc(BITS_TO_LONGS(nr_blocks), sizeof(long));
	if (!meta->bitmap)
		return -ENOMEM;
	meta->bdev = bdev;
	meta->nr_blocks = nr_blocks;
	return 0;
}

static void zram_meta_free_backing(struct zram_meta *meta)
{
	vfree(meta->bitmap);
}
#else
static void zram_meta_free_backing(struct zram_meta *meta)
{
}
#endif

/* What the slots still hold in the pool; nobody locks them any more. */
static void zram_meta_free_objects(struct zram_meta *meta)
{
	const unsigned long no_object = BIT(ZRAM_SAME) | BIT(ZRAM_WB);
	unsigned long index;

	for (index = 0; index < meta->nr_pages; index++) {
		struct zram_table_entry *slot = &meta->table[index];

		if (slot->handle && !(slot->flags & no_object))
			zs_free(meta->mem_pool, slot->handle);
		if (!(index % 1024))
			cond_resched();
	}
}

/* Of one that zram_meta_create() did not finish, too. */
void zram_meta_free(struct zram_meta *meta)
{
	if (meta->mem_pool) {
		zram_meta_free_objects(meta);
		zs_destroy_pool(meta->mem_pool);
	}
	if (meta->comp)
		zcomp_destroy(meta->comp);
	zram_meta_free_backing(meta);
	vfree(meta->table);
	percpu_ref_exit(&meta->ref);
	kfree(meta);
}

bool zram_meta_end(struct zram_meta __rcu **where)
{
	/* the caller excludes other writers, so the pointer is stable */
	struct zram_meta *meta = rcu_dereference_protected(*where, true);

	if (!meta)
		return false;

	rcu_assign_pointer(*where, NULL);
	percpu_ref_kill(&meta->ref);
	zs_stop_compact(meta->mem_pool);
	/* A reader may have fetched the pointer but no reference yet. */
	synchronize_rcu();

	lock_map_acquire(&meta->users_map);
	lock_map_release(&meta->users_map);
	wait_for_completion(&meta->unused);

	zram_meta_free(meta);
	return true;
}
