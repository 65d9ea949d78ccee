/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An object is looked up, read and freed during compaction, page migration and the free of
 * its zspage: pin_object(), lock_object_class(), compact_step(), zs_page_migrate() and
 * zs_free() of mm/zsmalloc.c.
 *
 * Holds: while an object is pinned it stays where the reader found it, in a zspage that is
 * not freed; zs_free() frees the object and no other one; a zspage is not accessed after it
 * was freed; no task blocks indefinitely.
 *
 * Two objects of one class, H and X, begin in zspage 0; a third one is in zspage 1.  H is
 * read by two tasks.  X is freed, allocated again, and freed again.  Zspages have one page
 * each, and there are four pages.  Steps are sequentially consistent; what the processor may
 * reorder is in *.litmus.  POOL_LOCK is the form for a class that is not in the handle.
 *
 * holds: POOL_LOCK
 * broken: STALE_HANDLE LATE_PIN IGNORE_PIN UNLOCKED_MOVE STALE_FREE TOUCH_AFTER_UNPIN
 */
#define ZSPAGES	2
#define PAGES	4
#define NONE	9
#define H	0
#define X	1

bool class_lock;
bool moving;			/* migrate_lock, held for writing */
byte lookups;			/* and for reading */

byte where[2];			/* the page of an object: the value of its handle */
byte in_zspage[PAGES];		/* page->private */
byte page_of[ZSPAGES];		/* zspage->first_page */
byte objects[ZSPAGES];
byte pins[ZSPAGES];
bool alive[ZSPAGES];

#define lock(l)		atomic { !l -> l = true }
#define unlock(l)	l = false
#define read_lock()	atomic { !moving -> lookups++ }
#define read_unlock()	lookups--

inline move_lock()
{
#ifdef POOL_LOCK
	atomic { !moving && lookups == 0 -> moving = true };
#endif
#ifndef UNLOCKED_MOVE
	lock(class_lock)
#else
	skip
#endif
}

inline move_unlock()
{
#ifndef UNLOCKED_MOVE
	unlock(class_lock);
#endif
#ifdef POOL_LOCK
	moving = false
#else
	skip
#endif
}

inline can_move(z, ok)
{
#ifdef IGNORE_PIN
	ok = true
#else
	ok = (pins[z] == 0)
#endif
}

inline free_zspage(z)
{
	in_zspage[page_of[z]] = NONE;
	alive[z] = false
}

proctype reader()
{
	byte p, z;

#ifdef STALE_HANDLE
	p = where[H];
#endif
#ifdef POOL_LOCK
	read_lock();
#else
	lock(class_lock);
#endif
#ifndef STALE_HANDLE
	p = where[H];
#endif
	z = in_zspage[p];
	assert(z != NONE);
	assert(alive[z]);
#ifndef LATE_PIN
	pins[z]++;
#endif
#ifdef POOL_LOCK
	read_unlock();
#else
	unlock(class_lock);
#endif
#ifdef LATE_PIN
	pins[z]++;
#endif
	assert(where[H] == p && in_zspage[p] == z && alive[z]);
	assert(where[H] == p && in_zspage[p] == z && alive[z]);
	pins[z]--;
#ifdef TOUCH_AFTER_UNPIN
	assert(alive[z])
#endif
}

/* The objects of the zspage of H move to the other one. */
proctype compaction()
{
	byte src, dst;
	bool ok;

	move_lock();
	src = in_zspage[where[H]];
	dst = 1 - src;
	can_move(src, ok);
	if
	:: ok && alive[dst] ->
		where[H] = page_of[dst];
		objects[dst]++;
		objects[src]--;
		if
		:: where[X] == page_of[src] ->
			where[X] = page_of[dst];
			objects[dst]++;
			objects[src]--
		:: else
		fi;
		ok = (objects[src] == 0)
	:: else -> ok = false
	fi;
	move_unlock();
	if
	:: ok -> free_zspage(src)
	:: else
	fi
}

/* The zspage of H gets another page. */
proctype migration()
{
	byte z, old, new = 0;
	bool ok;

	move_lock();
	z = in_zspage[where[H]];
	can_move(z, ok);
	if
	:: ok ->
		old = page_of[z];
		do
		:: in_zspage[new] != NONE -> new++
		:: else -> break
		od;
		where[H] = new;
		if
		:: where[X] == old -> where[X] = new
		:: else
		fi;
		page_of[z] = new;
		in_zspage[new] = z
	:: else
	fi;
	move_unlock();
	if
	:: ok -> in_zspage[old] = NONE
	:: else
	fi
}

proctype neighbor()
{
	byte z, p, rounds = 2;
	bool last;

	do
	:: rounds == 0 -> break
	:: else ->
		rounds--;
		p = where[X];
#ifdef POOL_LOCK
		read_lock();
		assert(in_zspage[where[X]] != NONE);	/* reads the class there */
		read_unlock();
#endif
		lock(class_lock);
#ifndef STALE_FREE
		p = where[X];
#endif
		z = in_zspage[p];
		assert(z != NONE && alive[z] && p == where[X]);
		where[X] = NONE;
		objects[z]--;
		last = (objects[z] == 0);
		unlock(class_lock);
		if
		:: last -> assert(pins[z] == 0); free_zspage(z)
		:: else
		fi;

		lock(class_lock);
		z = (alive[0] && objects[0] -> 0 : 1);
		assert(alive[z]);
		where[X] = page_of[z];
		objects[z]++;
		unlock(class_lock)
	od
}

init
{
	atomic {
		in_zspage[0] = 0;
		in_zspage[1] = 1;
		in_zspage[2] = NONE;
		in_zspage[3] = NONE;
		page_of[1] = 1;
		objects[0] = 2;
		objects[1] = 1;
		alive[0] = true;
		alive[1] = true;
		run reader();
		run reader();
		run compaction();
		run migration();
		run neighbor()
	}
}
