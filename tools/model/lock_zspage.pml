/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The worker that frees an empty zspage locks each page of it.  Concurrently, page migration
 * locks a page and replaces it: lock_zspage() and zs_page_migrate() of mm/zsmalloc.c, and as
 * much of mm/migrate.c as they race with.
 *
 * Holds: when the worker frees them, the pages are all those of the zspage, and locked
 * by it; no task accesses a page that was freed; no task blocks indefinitely.
 *
 * The zspage has two pages, and two migrations replace pages of it.
 *
 * broken: NO_RETRY NO_REF NO_CLASS_LOCK WAIT_UNDER_LOCK
 */
#define PAGES	4
#define NONE	9
#define UNLOCKED 0
#define WORKER	1

bool class_lock;
byte chain[2];			/* the pages of the zspage */
byte locked[PAGES];		/* the task that holds the page lock */
byte refs[PAGES];
bool freed[PAGES];
bool zspage_freed;

inline put_page(p)
{
	atomic {
		refs[p]--;
		if
		:: refs[p] == 0 -> freed[p] = true
		:: else
		fi
	}
}

inline lock_class()
{
#ifndef NO_CLASS_LOCK
	atomic { !class_lock -> class_lock = true }
#else
	skip
#endif
}

inline unlock_class()
{
#ifndef NO_CLASS_LOCK
	class_lock = false
#else
	skip
#endif
}

proctype worker()
{
	byte i = 0, p;
	bool got;

	lock_class();
	do
	:: i == 2 -> break
	:: else ->
		p = chain[i];
		assert(p != NONE);
		assert(!freed[p]);
		atomic {
			got = (locked[p] == UNLOCKED);
			if
			:: got -> locked[p] = WORKER
			:: else
			fi
		}
		if
		:: got -> i++
		:: else ->
#ifdef WAIT_UNDER_LOCK
			locked[p] == UNLOCKED
#else
#ifndef NO_REF
			refs[p]++;
#endif
			unlock_class();
#ifdef NO_RETRY
			atomic { locked[p] == UNLOCKED -> locked[p] = WORKER };
			i++;
#else
			/* waits for the page with a reference */
			assert(!freed[p]);
			locked[p] == UNLOCKED;
			assert(!freed[p]);
#endif
#ifndef NO_REF
			put_page(p);
#endif
			lock_class()
#endif
		fi
	od;
	unlock_class();

	i = 0;
	do
	:: i == 2 -> break
	:: else ->
		p = chain[i];
		assert(p != NONE && locked[p] == WORKER && !freed[p]);
		locked[p] = UNLOCKED;
		put_page(p);
		i++
	od;
	zspage_freed = true
}

/* me: the task that locks, and the new page */
proctype migration(byte me, i)
{
	byte old, new = me;
	bool ours = false;

	/* Found by its number in memory.  A reference keeps it if it is still in use. */
	atomic {
		old = chain[i];
		if
		:: old != NONE && refs[old] > 0 -> refs[old]++; ours = true
		:: else
		fi
	}
	if
	:: ours ->
		atomic { locked[old] == UNLOCKED -> locked[old] = me };
		/* Not movable any more if the zspage was freed or the page replaced. */
		if
		:: !zspage_freed && chain[i] == old && refs[old] > 1 ->
			atomic { refs[new] = 1; freed[new] = false; locked[new] = me };
			lock_class();
			/* The chain is rebuilt. */
			chain[i] = NONE;
			chain[i] = new;
			unlock_class();
			put_page(old);
			locked[new] = UNLOCKED
		:: else
		fi;
		locked[old] = UNLOCKED;
		put_page(old)
	:: else
	fi
}

init
{
	atomic {
		chain[0] = 0;
		chain[1] = 1;
		refs[0] = 1;
		refs[1] = 1;
		run worker();
		run migration(2, 0);
		if
		:: run migration(3, 0)
		:: run migration(3, 1)
		fi
	}
}
