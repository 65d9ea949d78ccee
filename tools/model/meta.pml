/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a zram device, from disksize to reset, while others do I/O:
 * drivers/block/zram/zram_meta.[ch].
 *
 * Holds: a task with a reference sees all of it until its put; it is freed once, after
 * the last put, by the task that ends it; that task does not wait for ever.
 *
 * Two lives, one after the other, and two users.
 *
 * broken: NO_WAKE NO_GRACE NO_WAIT GET_DYING PUBLISH_EARLY
 */
#define LIVES	2
#define NONE	9

byte current = NONE;		/* zram->meta */
byte in_rcu;
bool whole[LIVES];		/* all of it was made */
bool dying[LIVES];
bool freed[LIVES];
bool unused[LIVES];		/* the completion */
byte refs[LIVES];

inline put(m)
{
	atomic {
		assert(!freed[m]);
		assert(refs[m] > 0);
		refs[m]--;
#ifndef NO_WAKE
		if
		:: refs[m] == 0 -> unused[m] = true
		:: else
		fi
#endif
	}
}

proctype user()
{
	byte m, left = 2;

	do
	:: left == 0 -> break
	:: else ->
		left--;
		in_rcu++;
		m = current;
		if
		:: m != NONE ->
			/* percpu_ref_tryget_live() */
			assert(!freed[m]);
			atomic {
				if
#ifndef GET_DYING
				:: dying[m] -> m = NONE
#endif
				:: else -> refs[m]++
				fi
			}
		:: else
		fi;
		in_rcu--;
		if
		:: m != NONE ->
			assert(!freed[m] && whole[m]);
			/* I/O */
			assert(!freed[m] && whole[m]);
			put(m)
		:: else
		fi
	od
}

/* Under init_lock, so that there is but one of these. */
proctype owner()
{
	byte m = 0;

	do
	:: m == LIVES -> break
	:: else ->
		/* disksize */
		refs[m] = 1;
#ifdef PUBLISH_EARLY
		current = m;
		whole[m] = true;
#else
		whole[m] = true;
		current = m;
#endif
		/* reset */
		current = NONE;
		dying[m] = true;
		put(m);
#ifndef NO_GRACE
		in_rcu == 0;
#endif
#ifndef NO_WAIT
		unused[m];
#endif
		assert(!freed[m]);
		assert(refs[m] == 0);
		freed[m] = true;
		m++
	od
}

init
{
	atomic {
		run owner();
		run user();
		run user()
	}
}
