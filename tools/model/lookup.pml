/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An object is looked up and read during compaction, page migration, and the free and
 * the reuse of its zspage: enter_zspage(), compact_step(), zs_page_migrate(),
 * zs_free() and zs_malloc() of mm/zsmalloc.c, mm/zspage_lock.h.
 *
 * Holds: from enter to leave, the object stays where the reader found it, in a zspage
 * that is alive; nobody touches memory that is no zspage's any more; a reader that leaves was
 * inside; nobody waits for ever.
 *
 * One object H is read by one reader.  It begins in zspage 0, next to an object X that
 * is freed and allocated again.  Zspages have one page each; memory for two zspages
 * and four pages is there.  Steps are sequentially consistent: what the processor may
 * reorder is for the comments in the code.
 *
 * broken: NO_RECHECK NO_PEEK_CHECK NO_RCU INIT_EACH NO_BACKOFF SEQ_LATE NO_GATE
 */
#define ZSPAGES	2
#define PAGES	4
#define NONE	9

byte seq;			/* migrate_seq */
bool moving;			/* migrate_lock, held for writing */
byte lookers;			/* and for reading */
bool class_lock;
byte in_rcu;

byte where = 0;			/* the page that H is in: the handle's value */
byte in_zspage[PAGES];		/* page->private */
byte page_of[ZSPAGES];		/* zspage->first_page */
byte objects[ZSPAGES];
short inside[ZSPAGES];		/* zspage->lock: readers, or -1 */
bool alive[ZSPAGES];
bool listed[ZSPAGES];		/* allocation finds it by its class */
bool gone[ZSPAGES];		/* the memory went back to the page allocator */

#define lock(l)		atomic { !l -> l = true }
#define unlock(l)	l = false

/* A page that no zspage has. */
inline free_page(p)
{
	atomic {
		p = 0;
		do
		:: in_zspage[p] != NONE -> p++
		:: else -> break
		od
	}
}

inline start_moving()
{
	atomic { !moving && lookers == 0 -> moving = true }
#ifndef SEQ_LATE
	seq++
#else
	skip
#endif
}

inline stop_moving()
{
#ifdef SEQ_LATE
	seq++;
#endif
	seq++;
	moving = false
}

inline write_trylock(z, ok)
{
	atomic {
#ifdef NO_BACKOFF
		ok = true;
#else
		ok = (inside[z] == 0);
		if
		:: ok -> inside[z] = -1
		:: else
		fi
#endif
	}
}

inline write_unlock(z)
{
#ifndef NO_BACKOFF
	inside[z] = 0
#else
	skip
#endif
}

/* Pages first: a task that finds none has come too late. */
inline free_zspage(z)
{
	in_zspage[page_of[z]] = NONE;
	alive[z] = false
}

proctype reader()
{
	byte s, p, z;
	bool ok = false;

	s = seq & 254;
#ifndef NO_RCU
	in_rcu++;
#endif
	p = where;
	z = in_zspage[p];
	if
#ifndef NO_PEEK_CHECK
	:: seq != s
#endif
	:: else ->
		assert(z != NONE);
		assert(!gone[z]);
		atomic {
			if
			:: inside[z] >= 0 -> inside[z]++; ok = true
			:: else
			fi
		}
		if
#ifndef NO_RECHECK
		:: ok && seq != s ->
			assert(!gone[z]);
			assert(inside[z] > 0);
			inside[z]--;
			ok = false
#endif
		:: else
		fi
	fi;
#ifndef NO_RCU
	in_rcu--;
#endif
	if
	:: ok
	:: else ->
#ifndef NO_GATE
		atomic { !moving -> lookers++ }
#endif
		p = where;
		z = in_zspage[p];
		assert(z != NONE);
		inside[z]++;
#ifndef NO_GATE
		lookers--
#endif
	fi;
	assert(where == p && in_zspage[p] == z && alive[z] && !gone[z]);
	/* and sleeps */
	assert(where == p && in_zspage[p] == z && alive[z] && !gone[z]);
	assert(inside[z] > 0);
	inside[z]--
}

/* Compaction: H goes to the other zspage, if there is one. */
proctype compaction()
{
	byte z, left = 2;
	bool ok, last;

	do
	:: left == 0 -> break
	:: else ->
		left--;
		last = false;
		start_moving();
		lock(class_lock);
		z = in_zspage[where];
		write_trylock(z, ok);
		if
		:: ok && listed[1 - z] ->
			where = page_of[1 - z];
			objects[1 - z]++;
			objects[z]--;
			last = (objects[z] == 0);
			listed[z] = !last
		:: else
		fi;
		if
		:: ok -> write_unlock(z)
		:: else
		fi;
		unlock(class_lock);
		stop_moving();
		if
		:: last -> free_zspage(z)
		:: else
		fi
	od
}

/* Page migration: the zspage that H is in gets another page. */
proctype migration()
{
	byte z, old, new;
	bool ok;

	start_moving();
	lock(class_lock);
	z = in_zspage[where];
	write_trylock(z, ok);
	if
	:: ok ->
		old = page_of[z];
		free_page(new);
		where = new;
		page_of[z] = new;
		in_zspage[new] = z;
		write_unlock(z)
	:: else
	fi;
	unlock(class_lock);
	stop_moving();
	if
	:: ok -> in_zspage[old] = NONE
	:: else
	fi
}

/* X: freed, with its zspage perhaps, and allocated, perhaps with a new one. */
proctype neighbour()
{
	byte z = 0, p, left = 2;
	bool last;

	do
	:: left == 0 -> break
	:: else ->
		left--;
		lock(class_lock);
		objects[z]--;
		last = (objects[z] == 0);
		listed[z] = !last;
		unlock(class_lock);
		if
		:: last ->
			free_zspage(z);
			/* the slab gives its page back, after a grace period */
			if
			:: skip
			:: atomic { in_rcu == 0 -> gone[z] = true }
			fi
		:: else
		fi;
		atomic { !class_lock && (listed[z] || !alive[z]) -> class_lock = true }
		if
		:: !listed[z] ->
			/* by the constructor, if this is new memory */
			atomic {
				if
				:: gone[z] -> gone[z] = false; inside[z] = 0
				:: else
				fi
			}
#ifdef INIT_EACH
			inside[z] = 0;
#endif
			atomic {
				free_page(p);
				in_zspage[p] = z
			}
			page_of[z] = p;
			objects[z] = 1;
			alive[z] = true;
			listed[z] = true
		:: else -> objects[z]++
		fi;
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
		page_of[0] = 0;
		page_of[1] = 1;
		objects[0] = 2;
		objects[1] = 1;		/* nobody frees this one */
		alive[0] = true;
		alive[1] = true;
		listed[0] = true;
		listed[1] = true;
		run reader();
		run compaction();
		run migration();
		run neighbour()
	}
}
