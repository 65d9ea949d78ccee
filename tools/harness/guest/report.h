/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the guest's programs report: "key: value" lines on stdout, which init connects
 * to the port that the judge reads.  Each line is one write, so that lines of several
 * programs stay whole.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((format(printf, 1, 2)))
static inline void report(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line);
		line[n - 1] = '\n';
	}
	if (write(STDOUT_FILENO, line, n) != n)
		perror("report");
}

#endif
