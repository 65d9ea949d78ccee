// SPDX-License-Identifier: GPL-2.0
/*
 * zram_signal - signals and the freezer end a long walk over a device
 *
 * A child process writes back to a slow device, recompresses, marks pages idle or reads
 * block_state.  Each of that first runs to its end, to see how long it takes.  Then the
 * child is killed at an eighth of that time.  What is left undone tells how far it came:
 * that does not depend on the speed of the machine.  All pages are read back afterwards.
 */
#include "zram_signal.h"

#include <signal.h>
#include <sys/wait.h>

/* A shorter walk says nothing. */
#define SHORTEST	(50 * 1000)
/* A shorter walk is lengthened, if that can be. */
#define LONG_ENOUGH	(300 * 1000)
#define TRIES		5

static pid_t start(const struct signal_walk *walk)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGALRM, SIG_DFL);
		_exit(walk->run());
	}
	return pid;
}

/* --- cases --------------------------------------------------------------- */

/* Microseconds of one run, or 0 with the reason in status. */
static unsigned long long measure_once(const struct signal_walk *walk, int *status)
{
	unsigned long long began, took;
	int ended = 0;
	pid_t pid;

	*status = signal_make(walk);
	if (*status)
		return 0;
	began = zt_now();
	pid = start(walk);
	if (waitpid(pid, &ended, 0) != pid || !WIFEXITED(ended) || WEXITSTATUS(ended)) {
		*status = zt_fail("a run to the end: %s", strerror(WEXITSTATUS(ended)));
		return 0;
	}
	took = zt_now() - began;
	ksft_print_msg("%s: %llu us to the end\n", walk->name, took);
	return took;
}

/* What it takes: an eighth of that is not over yet, even if this run was slow by chance. */
static unsigned long long measure(const struct signal_walk *walk, int *status)
{
	unsigned long long took = walk->us;
	unsigned int size;

	*status = KSFT_PASS;
	for (size = 1; size <= SIGNAL_MAX_SIZE && took < LONG_ENOUGH; size *= 2) {
		signal_set_size(size);
		took = measure_once(walk, status);
		if (*status)
			return 0;
	}
	if (took < SHORTEST)
		*status = zt_skip("it takes %llu us, which is too short", took);
	return took;
}

static int ends_by(const struct signal_walk *walk, int sig, unsigned long long whole)
{
	int status = signal_make(walk), ended;
	unsigned long long began;
	pid_t pid;

	if (status)
		return status;
	pid = start(walk);
	zt_sleep(whole / 8000);
	began = zt_now();
	signal_now();
	kill(pid, sig);
	waitpid(pid, &ended, 0);
	ksft_print_msg("%s: ended %llu us after signal %d\n", walk->name, zt_now() - began, sig);
	if (!WIFSIGNALED(ended))
		return zt_skip("it always ended before the signal");
	status = walk->ended_early();
	return status ? status : signal_all_is_right();
}

/* A busy machine may send the signal late. */
static int ends_once(const struct signal_walk *walk, int sig, unsigned long long whole)
{
	int status = KSFT_SKIP, tries;

	for (tries = 0; tries < TRIES && status == KSFT_SKIP; tries++)
		status = ends_by(walk, sig, whole);
	return status;
}

static void run(const struct signal_walk *walk)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = { { "sigkill", SIGKILL }, { "sigint", SIGINT } };
	const char *none = signal_missing(walk);
	unsigned long long whole = 0;
	int status = KSFT_PASS;
	unsigned int i;
	char name[64];

	if (none)
		status = zt_skip("%s", none);
	else
		whole = measure(walk, &status);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		snprintf(name, sizeof(name), "%s_ends_%s", signals[i].name, walk->name);
		zt_result(status ? status : ends_once(walk, signals[i].number, whole), name);
	}
}

/* --- for the freezer, see there ------------------------------------------- */

const char *signal_no_writeback(void)
{
	return signal_missing(&signal_walks[0]);
}

int signal_start_writeback(pid_t *pid)
{
	int status = signal_make(&signal_walks[0]);

	if (status)
		return status;
	*pid = start(&signal_walks[0]);
	zt_sleep(SIGNAL_WRITEBACK_MS / 8);
	return KSFT_PASS;
}

/* --- the test ------------------------------------------------------------ */

int main(void)
{
	unsigned int i;

	zt_begin();
	ksft_set_plan(2 * SIGNAL_WALKS + 4);
	signal_set_up();
	for (i = 0; i < SIGNAL_WALKS; i++)
		run(&signal_walks[i]);
	zt_result(signal_freezer_during_writeback(), "freezer_succeeds_during_writeback");
	zt_result(signal_cgroup_freezer(), "cgroup_freezer_stops_writeback");
	zt_result(signal_works_and_goes(), "device_works_afterwards");
	return zt_end();
}
