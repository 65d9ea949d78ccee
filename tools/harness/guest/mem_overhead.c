// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that zram0 and zsmalloc take for each stored page besides its data,
 * by part.  Needs kmem caches that are not merged (slab_nomerge).
 *
 *	figure: mem_handle N.NN	slabs of zsmalloc's handles
 *	figure: mem_zspage N.NN	and of its zspages
 *	figure: mem_slot N.NN	zram's table, for each page that there could be
 *	figure: mem_class N.NN	unused bytes of the objects, and free objects
 * in bytes.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

/* Bytes of all slabs of the caches with that name. */
static double slabs(const char *name)
{
	const char *line = read_file("/proc/slabinfo");
	unsigned long pages_per_slab, count;
	double bytes = 0;

	for (; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n");
		if (strncmp(line, name, strlen(name)))
			continue;
		if (sscanf(line, "%*s %*u %*u %*u %*u %lu : tunables %*u %*u %*u : slabdata %*u %lu",
			   &pages_per_slab, &count) == 2)
			bytes += 4096.0 * pages_per_slab * count;
	}
	return bytes;
}

/* What the kernel's own vmalloc got for the device's table, without the guard page. */
static double table(void)
{
	const char *line = read_file("/proc/vmallocinfo");
	unsigned long size, largest = 4096;

	for (; line; line = strchr(line, '\n')) {
		const char *end;

		line += strspn(line, "\n");
		end = strchrnul(line, '\n');
		if (sscanf(line, "%*s %lu", &size) == 1 && size > largest &&
		    (memmem(line, end - line, "zram_", 5) ||
		     memmem(line, end - line, "disksize_store", 14)))
			largest = size;
	}
	return largest - 4096;
}

/* A kernel without such memory has no figure, rather than 0. */
static void report_part(const char *name, double bytes, double stored)
{
	if (bytes > 0)
		report("figure: mem_%s %.2f\n", name, bytes / stored);
}

void report_memory(unsigned long pages)
{
	unsigned long long orig = nth_number(ZRAM "mm_stat", 1);
	unsigned long long data = nth_number(ZRAM "mm_stat", 2);
	unsigned long long used = nth_number(ZRAM "mm_stat", 3);
	double stored = orig / 4096.0;

	if (!orig) {
		report("error: nothing is stored in zram0\n");
		return;
	}
	report_part("handle", slabs("zs_handle"), stored);
	report_part("zspage", slabs("zspage"), stored);
	report_part("slot", table(), pages);
	report_part("class", used - data, stored);
}
