// SPDX-License-Identifier: GPL-2.0
/*
 * The selftests: zram's kselftests, one program after the other.  On the kernel
 * command line:
 *
 *	program=A,B	only these
 *	skip=A,B	not these, unless program= names them
 *	program_args=X,Y	arguments for each of them
 *	seconds=5	how long a storm lasts, as ZRAM_SECONDS
 *	slow=1		the factor of all time limits, as ZRAM_SLOW
 *
 * Where zram is a module, ZRAM_KO names its file.
 *
 * Reports first what is to run; then what each program prints on stdout, and how it
 * ended:
 *	selftest_plan: NAME
 *	selftest: NAME
 *	ktap: LINE
 *	selftest_status: NAME STATUS	or, if it was killed, NAME signal N
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define MAX_ARGS	8

/* The programs that leave the system as it was come first. */
static const char *const programs[] = {
	"zram_abi", "zram_input", "zram_reset_storm", "zram_hot_storm",
	"zram_stats_wait", "zram_writeback_storm", "zram_stacked",
	"zram_dio", "zram_partial", "zram_readback", "zram_count", "zram_signal",
	"zram_edge_cases", "zram_changing", "zram_swap_errors", "zram_swapoff_storm",
	"zram_torture", "zram_old_zswap_pools", "zram_zswap", "zram_cpu_storm", "zram_unload",
	"zram_module_storm", "zram_race",
};
#define PROGRAMS	(sizeof(programs) / sizeof(*programs))

/* --- which programs ------------------------------------------------------- */

/* Whether it is one of some words with commas between them. */
static int is_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		/* strchr() finds the end of the list as well */
		if (!strncmp(list, word, length) && strchr(",", list[length]))
			return 1;
	}
	return 0;
}

static unsigned int words(const char *list)
{
	unsigned int n = 1;

	while ((list = strchr(list, ','))) {
		list++;
		n++;
	}
	return n;
}

static int is_selected(const char *program)
{
	const char *list = getenv("program");

	return list ? is_word(list, program) : !is_word(getenv("skip"), program);
}

/* Returns how many are to run. */
static unsigned int report_plan(void)
{
	const char *list = getenv("program");
	unsigned int i, planned = 0;

	for (i = 0; i < PROGRAMS; i++)
		if (is_selected(programs[i])) {
			report("selftest_plan: %s\n", programs[i]);
			planned++;
		}
	if (list && planned != words(list))
		report("error: not all of program=%.100s are selftests\n", list);
	return planned;
}

/* argv[0] is left for the program. */
static void get_args(char **argv)
{
	const char *given = getenv("program_args");
	char *list = given ? strdup(given) : NULL, *word;
	unsigned int i = 1;

	for (word = list ? strtok(list, ",") : NULL; word && i < MAX_ARGS;
	     word = strtok(NULL, ","))
		argv[i++] = word;
	argv[i] = NULL;
}

static void set_environment(void)
{
	setenv("ZRAM_SECONDS", getenv("seconds") ?: "5", 1);
	setenv("ZRAM_SLOW", getenv("slow") ?: "1", 1);
	if (access(ZRAM_MODULE, R_OK) == 0)
		setenv("ZRAM_KO", ZRAM_MODULE, 1);
}

/* --- what a program prints ------------------------------------------------ */

struct line {
	char text[200];
	unsigned int length;
};

static void end_line(struct line *line)
{
	report("ktap: %.*s\n", (int)line->length, line->text);
	line->length = 0;
}

/* What does not fit into a line is dropped. */
static void add(struct line *line, const char *text, ssize_t n)
{
	for (; n > 0; n--, text++)
		if (*text == '\n')
			end_line(line);
		else if (line->length < sizeof(line->text))
			line->text[line->length++] = *text;
}

/* All that there is; waits at most so many milliseconds for more. */
static void pass_on(struct line *line, int from, int wait)
{
	struct pollfd ready = { .fd = from, .events = POLLIN };
	char text[512];
	ssize_t n;

	while (poll(&ready, 1, wait) > 0) {
		n = read(from, text, sizeof(text));
		if (n <= 0)
			return;
		add(line, text, n);
	}
}

/*
 * Until the program has ended, not until its pipe is closed: a process that it left
 * behind may keep the pipe open.
 */
static int listen_to(pid_t pid, int from)
{
	struct line line = { .length = 0 };
	int status = -1;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		pass_on(&line, from, 100);
		/* it may have closed its end long before its own */
		usleep(1000);
	}
	pass_on(&line, from, 0);
	if (line.length)
		end_line(&line);
	return status;
}

/* --- one after the other -------------------------------------------------- */

/* A process that a program left behind would disturb the next one. */
static void kill_the_rest(void)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void run(const char *program, char **argv)
{
	char path[64];
	int out[2], status;
	pid_t pid;

	report("selftest: %s\n", program);
	snprintf(path, sizeof(path), "/bin/%s", program);
	argv[0] = path;
	if (pipe2(out, O_CLOEXEC)) {
		report("error: no pipe for %s\n", program);
		return;
	}
	pid = start(out[1], argv);
	close(out[1]);
	status = listen_to(pid, out[0]);
	close(out[0]);
	kill_the_rest();
	if (WIFSIGNALED(status))
		report("selftest_status: %s signal %d\n", program, WTERMSIG(status));
	else
		report("selftest_status: %s %d\n", program, WEXITSTATUS(status));
}

void run_selftests(void)
{
	unsigned int i, done = 0, planned;
	char *argv[MAX_ARGS + 1];

	report("stage: selftests\n");
	planned = report_plan();
	get_args(argv);
	set_environment();
	for (i = 0; i < PROGRAMS; i++)
		if (is_selected(programs[i])) {
			report("progress: %s %u\n", programs[i], done++ * 100 / planned);
			run(programs[i], argv);
		}
}
