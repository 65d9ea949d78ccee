/* SPDX-License-Identifier: GPL-2.0 */
/* What init and its runs share. */
#ifndef GUEST_H
#define GUEST_H

#include <sys/types.h>

#include "report.h"

#define ZRAM	"/sys/block/zram0/"
/* There where zram is no part of the kernel. */
#define ZRAM_MODULE	"/lib/modules/zram.ko"
#define ZSMALLOC_MODULE	"/lib/modules/zsmalloc.ko"
/* In load order, each with its arguments; only where it takes more than these two. */
#define MODULE_ORDER	"/lib/modules/order"
#define PREEMPTOFF_MODULE	"/lib/modules/preemptoff.ko"

/* Whether memory comes in huge pages: always, never, ... */
#define THP	"/sys/kernel/mm/transparent_hugepage/enabled"

/* Returns 0 if all of text went into the file. */
int write_file(const char *path, const char *text);
/* As write_file(), but reports an error, with which the run fails. */
void write_file_or_die(const char *path, const char *text);

/* Does nothing where there is no such file. */
void load_module(const char *path, const char *args);

/* The whole of a small file, until the next call; empty if there is none. */
const char *read_file(const char *path);
/* What follows key at the start of a line of a file; NULL if nothing does. */
const char *field(const char *path, const char *key);
/* Reports it as "key: value". */
void report_field(const char *path, const char *key);
/* The nth number of a file that has nothing else; 0 if there is none. */
unsigned long long nth_number(const char *path, int nth);

/* A number of the kernel command line. */
unsigned long cmdline_ulong(const char *name, unsigned long otherwise);
/* The factor of all limits that depend on speed: slow=N, 1 without. */
unsigned long slow(void);
/* Bytes of memory. */
unsigned long long ram(void);
/* zram0 as a device of that many bytes. */
void set_up_zram(unsigned long long size);
/* And swap on it; not 0 if there is none. */
int set_up_swap(unsigned long long size);
int swapoff_zram(void);

/* A program, with out as its stdout; finish() returns how it ended. */
pid_t start(int out, char *const argv[]);
int finish(pid_t pid);

/*
 * Writes 1 to a file in an endless loop.  After each write it pauses for PAUSE
 * microseconds and REST times as long as the write took.  A count, if there is one, lies
 * in shared memory.
 */
pid_t start_loop(const char *path, unsigned int pause, unsigned int rest,
		 unsigned long *count);
/* Spins in an endless loop. */
pid_t start_spin(void);
void stop_loop(pid_t pid);

void run_swap(void);
void run_contention(void);
void run_selftests(void);
void run_zs_scale(void);
void run_latency(void);
void run_cpu_quota(void);
void run_memhotplug(void);
void run_suspend(void);
void run_torture(void);
void torture_briefly(void);
/* Where the kernel counted it. */
void report_coverage(void);
/* What zram0 takes in addition to its data; it has room for so many pages. */
void report_memory(unsigned long pages);

#endif
