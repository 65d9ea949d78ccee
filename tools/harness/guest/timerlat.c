// SPDX-License-Identifier: GPL-2.0
/*
 * timerlat PERIOD [LATE]
 *
 * A thread of the highest priority sleeps until a time, again and again, PERIOD
 * microseconds apart on average, and looks how late it is: as cyclictest does, but in
 * nanoseconds, which are instructions under QEMU's icount; and half a period earlier or
 * later at random, or it would coincide with the tick each time, or never.  On SIGTERM it
 * prints:
 *
 *	figure: lat_p50, lat_p99, lat_p9999, lat_max N	in nanoseconds
 *	lat_samples: N
 *	late: US N	for each microsecond, how many were so late
 * Writes "late NS" into the kernel's trace whenever it is later than LATE microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "data.h"
#include "report.h"

#define MAX_SAMPLES	1000000

static volatile sig_atomic_t stop;
static uint32_t sample[MAX_SAMPLES];
static unsigned long samples;

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

static uint64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec * 1000000000ULL + t->tv_nsec;
}

static void mark(uint64_t late)
{
	static int marker = -1;
	char text[32];
	int n;

	if (marker < 0)
		marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY);
	n = snprintf(text, sizeof(text), "late %llu\n", (unsigned long long)late);
	if (write(marker, text, n) != n)
		report("error: trace_marker: %s\n", strerror(errno));
}

static void measure(uint64_t period, uint64_t limit)
{
	struct timespec t;
	uint64_t due, late, state = 1;
	int error;

	clock_gettime(CLOCK_MONOTONIC, &t);
	for (due = nanoseconds(&t); !stop && samples < MAX_SAMPLES; ) {
		due += period / 2 + next(&state) % period;
		t.tv_sec = due / 1000000000;
		t.tv_nsec = due % 1000000000;
		do {
			error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		} while (error == EINTR && !stop);
		if (stop)
			return;
		if (error) {
			report("error: clock_nanosleep: %s\n", strerror(error));
			return;
		}
		clock_gettime(CLOCK_MONOTONIC, &t);
		late = nanoseconds(&t) - due;
		if (limit && late > limit)
			mark(late);
		sample[samples++] = late < UINT32_MAX ? late : UINT32_MAX;
		/* those that it slept through are late no more often than once */
		due += late / period * period;
	}
	if (!stop)
		report("error: more than %d wakes\n", MAX_SAMPLES);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report_quantile(const char *name, double q)
{
	report("figure: lat_%s %u\n", name, sample[(unsigned long)(q * (samples - 1))]);
}

static void report_histogram(void)
{
	unsigned long i, end;

	for (i = 0; i < samples; i = end) {
		for (end = i; end < samples && sample[end] / 1000 == sample[i] / 1000; )
			end++;
		report("late: %u %lu\n", sample[i] / 1000, end - i);
	}
}

int main(int argc, char **argv)
{
	struct sched_param priority = { .sched_priority = 99 };
	unsigned long period = argc >= 2 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long limit = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct sigaction action = { .sa_handler = on_term };

	if (!period) {
		fprintf(stderr, "usage: timerlat PERIOD [LATE]\n");
		return 2;
	}
	memset(sample, 0, sizeof(sample));
	if (mlockall(MCL_CURRENT | MCL_FUTURE) ||
	    sched_setscheduler(0, SCHED_FIFO, &priority)) {
		perror("timerlat");
		return 1;
	}
	sigaction(SIGTERM, &action, NULL);
	measure(period * 1000, limit * 1000);
	if (!samples)
		return 1;
	qsort(sample, samples, sizeof(*sample), compare);
	report_quantile("p50", 0.5);
	report_quantile("p99", 0.99);
	report_quantile("p9999", 0.9999);
	report_quantile("max", 1);
	report("lat_samples: %lu\n", samples);
	report_histogram();
	return 0;
}
