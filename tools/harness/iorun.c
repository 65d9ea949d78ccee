// SPDX-License-Identifier: GPL-2.0
/*
 * The io run: how much of a device's speed compaction costs.  In each round two
 * threads read and overwrite zram0 for a while, again beside somebody who only
 * spins, and again while he writes to "compact" without a pause.  The second
 * tells what a third busy task costs on a machine with few CPUs.  On the kernel
 * command line:
 *
 *	rounds=5	how many
 *	seconds=3	how long each part takes
 *	seed=N		of the order of reads and writes
 *
 * Each round tells:
 *	quiet: N	operations a second without compaction
 *	spinning: N	and beside the spinner
 *	compacting: N	and beside compaction
 *	compactions: N	how many writes to "compact" returned
 *	freed: N	pages that they freed (pages_compacted)
 *	writes: N	pages overwritten in all parts
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

#define STATE	"/tmp/zramio.state"
#define OUTPUT	"/tmp/zramio.out"

static unsigned long long figure(const char *key)
{
	return strtoull(field(OUTPUT, key) ?: "0", NULL, 10);
}

/* Passes on what zramio found wrong, in the words of the other loads. */
static void tell_wrong(void)
{
	const char *line = slurp(OUTPUT);

	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		if (!strncmp(line, "wrong: ", 7))
			tell("lost: io %.*s\n", (int)strcspn(line + 7, "\n"), line + 7);
	}
}

/* Runs zramio to its end; figure() then knows its figures. */
static void zramio(char *const argv[])
{
	int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600), status;

	status = finish(start(out, argv));
	close(out);
	tell("zramio_status: %d\n", status);
	tell_wrong();
}

static void zramio_once(const char *mode)
{
	zramio((char *[]){ "/bin/zramio", "/dev/zram0", STATE, (char *)mode, NULL });
}

/* Random operations of two threads, most of them reads. */
static void zramio_for(unsigned long seconds, unsigned long seed)
{
	char arg_seconds[32], arg_seed[32];

	snprintf(arg_seconds, sizeof(arg_seconds), "%lu", seconds);
	snprintf(arg_seed, sizeof(arg_seed), "%lu", seed);
	zramio((char *[]){ "/bin/zramio", "/dev/zram0", STATE, "2", arg_seconds,
			   "90", arg_seed, NULL });
}

static void one_round(unsigned long seconds, unsigned long seed, unsigned long *count)
{
	unsigned long long writes, freed;
	pid_t other;

	zramio_for(seconds, seed);
	tell("quiet: %llu\n", figure("per_second"));
	writes = figure("writes");

	other = start_spin();
	zramio_for(seconds, seed + 1);
	stop_loop(other);
	tell("spinning: %llu\n", figure("per_second"));
	writes += figure("writes");

	freed = nth_number(ZRAM "mm_stat", 7);
	*count = 0;
	other = start_loop(ZRAM "compact", 0, count);
	zramio_for(seconds, seed + 2);
	stop_loop(other);
	freed = nth_number(ZRAM "mm_stat", 7) - freed;
	tell("compacting: %llu\ncompactions: %lu\nfreed: %llu\nwrites: %llu\n",
	     figure("per_second"), *count, freed, writes + figure("writes"));
}

void io_run(void)
{
	unsigned long rounds = asked("rounds", 5), seconds = asked("seconds", 3);
	unsigned long seed = asked("seed", 1), i;
	/* The loop counts in a process of its own. */
	unsigned long *count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	tell("stage: io run\nram: %llu\nrounds: %lu\nseconds: %lu\n",
	     ram(), rounds, seconds);
	set_up_zram(ram() / 2);
	zramio_once("fill");
	for (i = 0; i < rounds; i++) {
		one_round(seconds, seed + 3 * i, count);
		tell("progress: io %lu\n", (i + 1) * 100 / rounds);
	}
	zramio_once("check");
	must_put(ZRAM "reset", "1");
}
