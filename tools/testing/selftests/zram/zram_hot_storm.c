// SPDX-License-Identifier: GPL-2.0
/*
 * zram_hot_storm - devices come and go, while others open, size, reset and read
 * them
 *
 * Each owner adds a device, uses it and removes it.  The others take any of
 * these, which may just be going.  In the end none is left.
 */
#include "zram_test.h"

#define OWNERS	3

/* The device of each owner, or -1. */
static int devices[OWNERS] = { -1, -1, -1 };

static int device_of(unsigned int owner)
{
	return __atomic_load_n(&devices[owner], __ATOMIC_RELAXED);
}

static void set_device(unsigned int owner, int id)
{
	__atomic_store_n(&devices[owner], id, __ATOMIC_RELAXED);
}

/* The others go on using it while it goes. */
static int remove_device(unsigned int owner)
{
	int error = zt_remove(device_of(owner));

	if (!error)
		set_device(owner, -1);
	return error;
}

/* Here id is the number of the owner. */
static int step_owner(struct zt_worker *w)
{
	int id = zt_hot_add(), error;

	if (id < 0)
		return -id;
	set_device(w->id, id);
	if (zt_random(w) % 2) {
		zt_put(id, "disksize", "4M");
		error = zt_session(id, 0, 1, NULL);
		if (error == ZT_WRONG)
			w->wrong++;
	}
	usleep(zt_random(w) % 5000);
	do {
		error = remove_device(w->id);
	} while (error == EBUSY && !zt_stopping());
	return error;
}

/* --- the others ---------------------------------------------------------- */

static int any_device(struct zt_worker *w)
{
	return device_of(zt_random(w) % OWNERS);
}

static int step_open(struct zt_worker *w)
{
	int id = any_device(w), fd = id < 0 ? -ENOENT : zt_try_open(id, O_RDONLY);

	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}

static int put_any(struct zt_worker *w, const char *attr, const char *value)
{
	int id = any_device(w), error = ENOENT;

	return id < 0 ? error : zt_put(id, attr, value);
}

static int step_disksize(struct zt_worker *w)
{
	return put_any(w, "disksize", "1M");
}

static int step_reset(struct zt_worker *w)
{
	return put_any(w, "reset", "1");
}

static int step_stats(struct zt_worker *w)
{
	int id = any_device(w), error = ENOENT;

	return id < 0 ? error : zt_read_all(id);
}

static int step_block_state(struct zt_worker *w)
{
	int id = any_device(w), error = ENOENT;

	return id < 0 ? error : zt_read_block_state(id);
}

/* --- the test ------------------------------------------------------------ */

static int none_left(void)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < OWNERS && !error; i++)
		if (device_of(i) >= 0)
			error = remove_device(i);
	if (error)
		return zt_fail("hot_remove: %s", strerror(error));
	return zt_owned() ? zt_fail("%u are left", zt_owned()) : KSFT_PASS;
}

int main(void)
{
	struct zt_worker workers[] = {
		{ .name = "add and remove", .step = step_owner, .id = 0 },
		{ .name = "add and remove, too", .step = step_owner, .id = 1 },
		{ .name = "add and remove as well", .step = step_owner, .id = 2 },
		{ .name = "open", .step = step_open, .pause = 100 },
		{ .name = "open, too", .step = step_open, .pause = 300 },
		{ .name = "disksize", .step = step_disksize, .pause = 200 },
		{ .name = "reset", .step = step_reset, .pause = 500 },
		{ .name = "statistics", .step = step_stats },
		{ .name = "block_state", .step = step_block_state, .optional = 1 },
	};

	zt_begin();
	ksft_set_plan(ARRAY_SIZE(workers) + 3);
	zt_storm(workers, ARRAY_SIZE(workers));
	zt_judge(workers, ARRAY_SIZE(workers));
	zt_result(none_left(), "all are gone");
	zt_result(zt_works_and_goes(zt_add()), "one more holds data and goes");
	return zt_end();
}
