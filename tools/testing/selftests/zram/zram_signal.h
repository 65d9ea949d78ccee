/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of zram_signal share. */
#ifndef ZRAM_SIGNAL_H
#define ZRAM_SIGNAL_H

#include "zram_test.h"

/* How much longer a walk can be made than it is at first. */
#define SIGNAL_MAX_SIZE		8
/* How long a writeback takes that is not ended. */
#define SIGNAL_WRITEBACK_MS	3000

struct signal_walk {
	const char *name, *attr;
	/* Sets the device up, and walks over it, which is done in a child: an error. */
	int (*make)(void);
	int (*run)(void);
	/* After it was ended; a status. */
	int (*ended_early)(void);
	/* Microseconds that it takes; 0 if that is to be measured. */
	unsigned long long us;
};

#define SIGNAL_WALKS	4
/* The first one is the writeback. */
extern const struct signal_walk signal_walks[SIGNAL_WALKS];

/* Adds the device and the slow device. */
void signal_set_up(void);
/* How large devices are from now on, from 1 to SIGNAL_MAX_SIZE; for all walks but writeback. */
void signal_set_size(unsigned int factor);
/* A new set-up for the walk; a status. */
int signal_make(const struct signal_walk *walk);
/* Why there can be no such walk, or NULL. */
const char *signal_missing(const struct signal_walk *walk);
/* To be called when the signal is sent. */
void signal_now(void);
int signal_works_and_goes(void);

/* Why there can be no such writeback, or NULL. */
const char *signal_no_writeback(void);
/* Starts it in a child, and waits for an eighth of its time; a status. */
int signal_start_writeback(pid_t *pid);
/* Reads all that was written; a status. */
int signal_all_is_right(void);

int signal_freezer_during_writeback(void);
int signal_cgroup_freezer(void);

#endif
