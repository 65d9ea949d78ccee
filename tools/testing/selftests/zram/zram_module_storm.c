// SPDX-License-Identifier: GPL-2.0
/*
 * zram_module_storm - the module comes and goes, while others use what it made
 *
 * Only where zram is a module and nobody uses one: all its devices go with it.
 * In the end it is loaded, with one device.
 *
 * Environment: ZRAM_KO, the module's file.
 */
#include "zram_test.h"

/* Devices that the others try; there are more if hot_add was read. */
#define DEVICES	4

static int step_unload(struct zt_worker *w)
{
	int error = zt_unload();

	if (error)
		return error;
	usleep(zt_random(w) % 3000);
	return zt_load();
}

static int put_any(struct zt_worker *w, const char *attr, const char *value)
{
	return zt_put(zt_random(w) % DEVICES, attr, value);
}

static int step_reset(struct zt_worker *w)
{
	return put_any(w, "reset", "1");
}

static int step_disksize(struct zt_worker *w)
{
	return put_any(w, "disksize", "1M");
}

/* It goes with the module, or at once. */
static int step_add(struct zt_worker *w)
{
	int id = zt_hot_add();

	if (id < 0)
		return -id;
	return zt_random(w) % 2 || id >= DEVICES ? zt_hot_remove(id) : 0;
}

static int step_stats(struct zt_worker *w)
{
	return zt_read_all(zt_random(w) % DEVICES);
}

static int step_open(struct zt_worker *w)
{
	int fd = zt_try_open(zt_random(w) % DEVICES, O_RDONLY);

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

/* Once unloaded and loaded, so that there is one device. */
static int one_device(void)
{
	unsigned int tries = 0;
	int error;

	while ((error = zt_unload()) && tries++ < 500 * zt_slow())
		zt_sleep(10);
	if (error && error != ENOENT)
		return zt_fail("unload: %s", strerror(error));
	zt_forget_devices();
	error = zt_load();
	if (error)
		return zt_fail("load: %s", strerror(error));
	if (!zt_exists(0) || zt_exists(1))
		return zt_fail("it has not just zram0");
	return KSFT_PASS;
}

int main(void)
{
	struct zt_worker workers[] = {
		{ .name = "unload and load", .step = step_unload, .pause = 100000 },
		{ .name = "reset", .step = step_reset, .pause = 200 },
		{ .name = "disksize", .step = step_disksize, .pause = 100 },
		{ .name = "hot_add", .step = step_add, .pause = 500, .optional = 1 },
		{ .name = "statistics", .step = step_stats, .pause = 500 },
		{ .name = "open", .step = step_open, .pause = 500, .optional = 1 },
	};
	const char *missing;

	zt_begin();
	missing = zt_module_missing();
	if (missing)
		ksft_exit_skip("%s\n", missing);
	ksft_set_plan(ARRAY_SIZE(workers) + 3);
	zt_storm(workers, ARRAY_SIZE(workers));
	zt_judge(workers, ARRAY_SIZE(workers));
	zt_result(one_device(), "it is loaded, with one device");
	zt_result(zt_works_and_goes(zt_add()), "a new device holds data and goes");
	return zt_end();
}
