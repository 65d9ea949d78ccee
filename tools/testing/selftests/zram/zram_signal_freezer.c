// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_signal in which the writer is frozen. */
#include "zram_signal.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* --- the freezer --------------------------------------------------------- */

static int put(const char *path, const char *value)
{
	return zt_put_file(path, value, strlen(value));
}

static int has_word(const char *path, const char *word)
{
	char text[256];

	return !zt_get_file(path, text, sizeof(text)) && strstr(text, word);
}

/* Freezes all processes and thaws them; gives up after a second. */
static int freeze(void)
{
	struct zt_param params[] = {
		{ .path = "/sys/power/pm_freeze_timeout", .value = "1000" },
		{ .path = "/sys/module/suspend/parameters/pm_test_delay", .value = "0" },
	};
	int error;

	zt_set_params(params, ARRAY_SIZE(params));
	error = put("/sys/power/pm_test", "freezer");
	if (!error)
		error = put("/sys/power/state", "freeze");
	put("/sys/power/pm_test", "none");
	zt_restore_params(params, ARRAY_SIZE(params));
	return error;
}

/* Thawed, the writeback continues, and ends. */
static int judge_writeback(int ended)
{
	if (!WIFEXITED(ended) || WEXITSTATUS(ended))
		return zt_fail("the writeback: %s",
			       WIFEXITED(ended) ? strerror(WEXITSTATUS(ended)) : "killed");
	return signal_all_is_right();
}

int signal_freezer_during_writeback(void)
{
	const char *none = signal_no_writeback();
	int status, error, ended = 0;
	pid_t pid;

	if (none)
		return zt_skip("%s", none);
	if (!has_word("/sys/power/pm_test", "freezer") || !has_word("/sys/power/state", "freeze"))
		return zt_skip("no test of the freezer in /sys/power");
	error = freeze();
	if (error)
		return zt_skip("the freezer fails without a writeback: %s", strerror(error));
	status = signal_start_writeback(&pid);
	if (status)
		return status;
	error = freeze();
	waitpid(pid, &ended, 0);
	if (error)
		return zt_fail("%s", strerror(error));
	return judge_writeback(ended);
}

/* --- the freezer of a control group --------------------------------------- */

/* mkdtemp() replaces the X */
static char cgroups[32] = "/tmp/zram_signal.XXXXXX";

static int cgroup_put(const char *file, const char *value)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/zram/%s", cgroups, file);
	return put(path, value);
}

static const char *make_cgroup(void)
{
	char path[64];

	if (!mkdtemp(cgroups))
		return "no directory in /tmp";
	if (mount("none", cgroups, "cgroup2", 0, NULL)) {
		rmdir(cgroups);
		return "no cgroup2";
	}
	snprintf(path, sizeof(path), "%s/zram", cgroups);
	return mkdir(path, 0700) ? "no control group" : NULL;
}

static void remove_cgroup(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/zram", cgroups);
	rmdir(path);
	umount(cgroups);
	rmdir(cgroups);
}

/* Freezes the process; ETIMEDOUT if a second is not enough for that. */
static int freeze_process(pid_t pid)
{
	char path[64], text[32];
	unsigned int ms;
	int error;

	snprintf(text, sizeof(text), "%d", pid);
	error = cgroup_put("cgroup.procs", text);
	if (!error)
		error = cgroup_put("cgroup.freeze", "1");
	snprintf(path, sizeof(path), "%s/zram/cgroup.events", cgroups);
	for (ms = 0; !error && ms < 1000; ms += 10) {
		if (has_word(path, "frozen 1"))
			return 0;
		zt_sleep(10);
	}
	return error ? error : ETIMEDOUT;
}

static int freeze_in_cgroup(void)
{
	int ended = 0, status, error;
	pid_t pid;

	status = signal_start_writeback(&pid);
	if (status)
		return status;
	error = freeze_process(pid);
	cgroup_put("cgroup.freeze", "0");
	waitpid(pid, &ended, 0);
	if (error == ENOENT)
		return zt_skip("no freezer");
	if (error)
		return zt_fail("it was not frozen: %s", strerror(error));
	return judge_writeback(ended);
}

int signal_cgroup_freezer(void)
{
	const char *none = signal_no_writeback();
	int status;

	if (!none)
		none = make_cgroup();
	if (none)
		return zt_skip("%s", none);
	status = freeze_in_cgroup();
	remove_cgroup();
	return status;
}
