// SPDX-License-Identifier: GPL-2.0
/*
 * Which code was reached: the files that a kernel with gcov keeps in debugfs, for
 * 'make coverage'.  Reports for each of them:
 *	gcda: PATH
 *	gcda_data: HEX		over and over, in order
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define GCOV	"/sys/kernel/debug/gcov"
#define CHUNK	100

static int report_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t length = strlen(path);
	unsigned char data[CHUNK];
	char hex[2 * CHUNK + 1];
	ssize_t n, i;
	int fd;

	(void)st;
	(void)ftw;
	if (type != FTW_F || length < 5 || strcmp(path + length - 5, ".gcda"))
		return 0;
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	report("gcda: %s\n", path + strlen(GCOV));
	while ((n = read(fd, data, sizeof(data))) > 0) {
		for (i = 0; i < n; i++)
			snprintf(hex + 2 * i, 3, "%02x", data[i]);
		report("gcda_data: %s\n", hex);
	}
	close(fd);
	return 0;
}

void report_coverage(void)
{
	if (access(GCOV, F_OK) == 0)
		nftw(GCOV, report_file, 16, FTW_PHYS);
}
