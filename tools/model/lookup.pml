/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects are read, freed and allocated during compaction and page migration: pin_object(),
 * zs_obj_read_end(), zs_free(), zs_malloc(), compact_step() and zs_page_migrate() of
 * mm/zsmalloc.c.
 *
 * Holds: while a zspage is pinned, none of its objects is moved; a lookup and zs_free() find
 * the object; no task accesses a zspage after it was freed; no task blocks indefinitely.
 *
 * Three objects of one class begin in two zspages.  Two of them have a user each, which
 * reads the object, frees it and allocates it again.  Zspages have one page each.  There is
 * memory for two zspages and four pages.  POOL_LOCK is the form for a class that is not in
 * the handle.  Steps are sequentially consistent; what a CPU may reorder is in *.litmus.
 *
 * holds: POOL_LOCK
 * broken: STALE_LOOKUP LATE_PIN IGNORE_PIN EARLY_CHECK UNLOCKED_MOVE
 * broken: STALE_FREE UNLOCKED_FREE NO_PAGE_LOCK TOUCH_AFTER_UNPIN
 */
#define OBJECTS	3
#define ZSPAGES	2
#define PAGES	4
#define NONE	9

bool class_lock;
bool moving;			/* migrate_lock, held for writing */
byte lookups;			/* and for reading */
bool page_lock[PAGES];

byte where[OBJECTS];		/* the page of an object: the value of its handle */
byte in_zspage[PAGES];		/* page->private; NONE if the page is free */
byte page_of[ZSPAGES];		/* zspage->first_page */
byte inuse[ZSPAGES];
byte pins[ZSPAGES];
bool alive[ZSPAGES];

#define lock(l)		atomic { !l -> l = true }
#define unlock(l)	l = false
#define read_lock()	atomic { !moving -> lookups++ }
#define read_unlock()	lookups--

/* A lookup holds one lock, compaction and page migration hold all of them. */
#ifdef POOL_LOCK
#define lookup_lock()	read_lock()
#define lookup_unlock()	read_unlock()
#else
#define lookup_lock()	lock(class_lock)
#define lookup_unlock()	unlock(class_lock)
#endif

inline move_lock()
{
#if defined(POOL_LOCK) && !defined(UNLOCKED_MOVE)
	atomic { !moving && !lookups -> moving = true };
#endif
#if defined(POOL_LOCK) || !defined(UNLOCKED_MOVE)
	lock(class_lock)
#else
	skip
#endif
}

inline move_unlock()
{
#if defined(POOL_LOCK) || !defined(UNLOCKED_MOVE)
	unlock(class_lock);
#endif
	moving = false
}

/* zspage_pinned() */
#ifdef IGNORE_PIN
#define pinned(z)	false
#else
#define pinned(z)	(pins[z] > 0)
#endif

#define movable(p)	(in_zspage[p] != NONE && !page_lock[p])

inline find_unused(p)
{
	p = 0;
	do
	:: in_zspage[p] == NONE && !page_lock[p] -> break
	:: else -> p++
	od
}

/* The zspage is empty.  More about its page lock is in lock_zspage.pml. */
inline free_zspage(z)
{
#ifndef NO_PAGE_LOCK
	atomic {
		!class_lock && !page_lock[page_of[z]] ->
		page_lock[page_of[z]] = true
	};
#endif
	assert(alive[z] && !inuse[z] && !pins[z]);
	in_zspage[page_of[z]] = NONE;
#ifndef NO_PAGE_LOCK
	page_lock[page_of[z]] = false;
#endif
	alive[z] = false
}

/* get_zspage() */
inline find_zspage(p, z)
{
	atomic {
		assert(p != NONE);
		z = in_zspage[p];
		assert(z != NONE && alive[z])
	}
}

inline check_object(obj, p, z)
{
	assert(where[obj] == p && in_zspage[p] == z && alive[z])
}

proctype user(byte obj; byte rounds)
{
	byte p, z;
	bool last;

	do
	:: rounds == 0 -> break
	:: else ->
		rounds--;

		/* pin_object() */
		p = where[obj];
		lookup_lock();
#ifndef STALE_LOOKUP
		p = where[obj];
#endif
		find_zspage(p, z);
#ifdef LATE_PIN
		lookup_unlock();
		pins[z]++;
#else
		pins[z]++;
		lookup_unlock();
#endif
		check_object(obj, p, z);
		/* zs_obj_read_end() reads the handle again. */
		check_object(obj, p, z);
		pins[z]--;
#ifdef TOUCH_AFTER_UNPIN
		assert(alive[z]);
#endif

		/* zs_free() */
#ifdef POOL_LOCK
		read_lock();
		find_zspage(where[obj], z);
		read_unlock();
#endif
		p = where[obj];
#ifndef UNLOCKED_FREE
		lock(class_lock);
#ifndef STALE_FREE
		p = where[obj];
#endif
#endif
		find_zspage(p, z);
		atomic {
			check_object(obj, p, z);
			where[obj] = NONE;
			inuse[z]--;
			last = (inuse[z] == 0)
		};
#ifndef UNLOCKED_FREE
		unlock(class_lock);
#endif
		if
		:: last -> free_zspage(z)
		:: else
		fi;

		/* zs_malloc(), from a zspage in use or from a new one */
		atomic {
			if
			:: !class_lock && (inuse[0] || !alive[0]) -> z = 0
			:: !class_lock && (inuse[1] || !alive[1]) -> z = 1
			fi;
			if
			:: alive[z]
			:: else ->
				find_unused(p);
				in_zspage[p] = z;
				page_of[z] = p;
				alive[z] = true
			fi;
			where[obj] = page_of[z];
			inuse[z]++
		}
	od
}

/* Each step moves one object. */
proctype compaction()
{
	byte src, obj, steps = 2;
	bool ok;

	do
	:: steps == 0 -> break
	:: else ->
		steps--;
		if
		:: src = 0
		:: src = 1
		fi;
		move_lock();
		ok = (inuse[src] && inuse[1 - src] && !pinned(src));
		if
		:: ok ->
			obj = 0;
			do
			:: where[obj] == page_of[src] -> break
			:: else -> obj++
			od;
			atomic {
				where[obj] = page_of[1 - src];
				inuse[1 - src]++;
				inuse[src]--;
				assert(!pins[src])
			};
			ok = (inuse[src] == 0)
		:: else
		fi;
		move_unlock();
		if
		:: ok -> free_zspage(src)
		:: else
		fi
	od
}

proctype migration()
{
	byte z, old, new, obj = 0;
	bool ok;

	atomic {
		if
		:: movable(page_of[0]) -> old = page_of[0]
		:: movable(page_of[1]) -> old = page_of[1]
		fi;
		page_lock[old] = true;
		find_unused(new);
		page_lock[new] = true
	};
	/* The page lock keeps the zspage, so that the pin can be read without a lock. */
	z = in_zspage[old];
	assert(z != NONE && alive[z]);
	ok = !pinned(z);
	if
	:: ok ->
		move_lock();
#ifndef EARLY_CHECK
		ok = !pinned(z);
#endif
		do
		:: !ok || obj == OBJECTS -> break
		:: else ->
			if
			:: where[obj] == old -> where[obj] = new
			:: else
			fi;
			obj++
		od;
		if
		:: ok ->
			assert(alive[z] && page_of[z] == old && !pins[z]);
			in_zspage[new] = z;
			page_of[z] = new
		:: else
		fi;
		move_unlock();
		if
		:: ok -> in_zspage[old] = NONE
		:: else
		fi
	:: else
	fi;
	page_lock[new] = false;
	page_lock[old] = false
}

init
{
	atomic {
		in_zspage[1] = 1;
		in_zspage[2] = NONE;
		in_zspage[3] = NONE;
		page_of[1] = 1;
		where[2] = 1;
		inuse[0] = 2;
		inuse[1] = 1;
		alive[0] = true;
		alive[1] = true;
		run user(0, 2);
		run user(1, 1);
		run compaction();
		run migration()
	}
}
