// SPDX-License-Identifier: GPL-2.0
/*
 * tsc-khz - print the frequency of this machine's TSC in kHz
 *
 * QEMU's emulation gives this TSC to the guest, which would measure it against timers
 * that tick late while the machine is short of time.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define SAMPLES		1000
#define NSEC		1000000000ULL

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

/* Both clocks at one moment: the pair of reads between which the least time passed. */
static void sample(uint64_t *tsc, uint64_t *ns)
{
	uint64_t shortest = UINT64_MAX, before, between, after;
	int i;

	for (i = 0; i < SAMPLES; i++) {
		before = now();
		between = __rdtsc();
		after = now();
		if (after - before < shortest) {
			shortest = after - before;
			*tsc = between;
			*ns = before + shortest / 2;
		}
	}
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 200000000 };
	uint64_t tsc[2], ns[2];

	sample(&tsc[0], &ns[0]);
	nanosleep(&pause, NULL);
	sample(&tsc[1], &ns[1]);
	printf("%.0f\n", (double)(tsc[1] - tsc[0]) * 1e6 / (ns[1] - ns[0]));
	return 0;
}
