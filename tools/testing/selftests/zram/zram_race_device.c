// SPDX-License-Identifier: GPL-2.0
/* The cases of zram_race in which a device comes, goes or changes. */
#include "zram_race.h"

/* --- reset and disksize --------------------------------------------------
 *
 * CPU0 reset				CPU1 disksize
 * forgets the size
 * drops init_lock
 *					makes a new table, a smaller one
 * frees the table that it finds,
 * and all pages the old one had
 */
int race_reset_disksize(int id)
{
	struct zt_task t;
	int status, error;
	char text[32];

	status = race_fill(id, "16M", 512);
	if (!status)
		status = race_enter("reset_freeing", &t, zt_task_reset, &id);
	if (status)
		return status;
	error = zt_put(id, "disksize", "1M");
	if (race_leave(&t))
		return zt_fail("reset: %s", strerror(t.error));
	/* It may have been refused, but only then. */
	if (error)
		error = zt_put(id, "disksize", "1M");
	if (error)
		return zt_fail("disksize: %s", strerror(error));
	error = zt_get(id, "disksize", text, sizeof(text));
	if (error || strcmp(text, "1048576\n"))
		return zt_fail("the new size is lost");
	return zt_holds_data(id, 256);
}

/* --- reset and unloading -------------------------------------------------
 *
 * CPU0 reset				CPU1 rmmod
 * claim = true
 *					zram_remove(): -EBUSY, which it ignores
 *					frees the text of the module
 * returns into it
 */
int race_unload(int id)
{
	const char *missing = zt_module_missing();
	struct zt_task t;
	int error;

	if (missing)
		return zt_skip("%s", missing);
	if (race_enter("reset_claimed", &t, zt_task_reset, &id))
		return KSFT_FAIL;
	error = zt_unload();
	race_leave(&t);
	if (!error) {
		zt_forget_devices();
		error = zt_load();
		if (error)
			return zt_fail("load: %s", strerror(error));
	} else if (error != EBUSY && error != EAGAIN) {
		return zt_fail("unload: %s", strerror(error));
	}
	if (t.error && t.error != EBUSY && t.error != ENODEV)
		return zt_fail("reset: %s", strerror(t.error));
	id = zt_hot_add();
	if (id < 0)
		return zt_fail("hot_add: %s", strerror(-id));
	return zt_works_and_goes(id);
}

/* --- an open file and unloading ------------------------------------------
 *
 * CPU0					CPU1 rmmod
 * opens block_state
 *					frees the module's data, and in it the
 *					operations of that file
 * closes it
 */
int race_block_state_open(int id)
{
	const char *missing = zt_module_missing();
	char path[64];
	int fd, error;

	if (missing)
		return zt_skip("%s", missing);
	snprintf(path, sizeof(path), "/sys/kernel/debug/zram/zram%d/block_state", id);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return zt_skip("no block_state in debugfs");
	error = zt_unload();
	close(fd);
	if (error == EAGAIN || error == EBUSY)
		return KSFT_PASS;
	zt_forget_devices();
	zt_load();
	return zt_fail("an open block_state does not keep the module: %s",
		       error ? strerror(error) : "it is gone");
}

/* --- loading and hot_add --------------------------------------------------
 *
 * CPU0 modprobe			CPU1 hot_add
 * registers the class
 *					makes a device of major 0
 * gets a major number
 */
static int load(void *unused)
{
	(void)unused;
	return zt_load();
}

static int has_a_major(int id)
{
	char text[32];
	int error = zt_get(id, "dev", text, sizeof(text));

	if (error)
		return zt_fail("its number: %s", strerror(error));
	return atoi(text) ? KSFT_PASS : zt_fail("its number is %.*s", (int)strcspn(text, "\n"),
						text);
}

int race_early_hot_add(int id)
{
	const char *missing = zt_module_missing();
	struct zt_task t;
	int status, error;

	if (missing)
		return zt_skip("%s", missing);
	error = zt_unload();
	if (error)
		return zt_fail("unload: %s", strerror(error));
	zt_forget_devices();
	status = race_enter("class_registered", &t, load, NULL);
	if (status)
		return status;
	id = zt_hot_add();
	error = race_leave(&t);
	if (error)
		return zt_fail("load: %s", strerror(error));
	/* It may have to come again. */
	if (id < 0)
		return id == -EAGAIN || id == -EBUSY ? KSFT_PASS :
			zt_fail("hot_add: %s", strerror(-id));
	status = has_a_major(id);
	return status ? status : zt_works_and_goes(id);
}

/* --- removal -------------------------------------------------------------
 *
 * CPU0 hot_remove			CPU1 disksize, or backing_dev
 * resets the device
 *					sets it up again
 * del_gendisk()
 * frees the device, and nothing of
 * what CPU1 made
 */
int race_removal(int id, const char *attr, const char *value, int *late)
{
	int fd = zt_open_attr(id, attr, O_WRONLY), status;
	struct zt_task t;

	if (fd < 0)
		return zt_skip("%s: %s", attr, strerror(-fd));
	status = race_enter("removed_reset", &t, zt_task_remove, &id);
	if (!status) {
		*late = write(fd, value, strlen(value)) < 0 ? errno : 0;
		if (race_leave(&t))
			status = zt_fail("hot_remove: %s", strerror(t.error));
	}
	close(fd);
	return status;
}

int race_removal_disksize(int id)
{
	int late = 0, status = race_removal(id, "disksize", "4M", &late);
	char path[64];

	if (status)
		return status;
	snprintf(path, sizeof(path), "/sys/kernel/debug/zsmalloc/zram%d", id);
	if (access(path, F_OK) == 0)
		return zt_fail("its pool has stayed behind");
	if (!late && access("/sys/kernel/debug/zsmalloc", F_OK))
		return zt_skip("it got a size, and no debugfs tells whether a pool stayed");
	return KSFT_PASS;
}

/* --- the number of pages -------------------------------------------------
 *
 * CPU0 idle, writeback, block_state	CPU1
 * nr_pages = disksize / page size
 *					resets, and sizes it much smaller
 * takes init_lock
 * looks at nr_pages slots of a table
 * that has no longer so many
 */
int race_page_count(int id, int (*run)(void *arg), const char *backing)
{
	struct zt_task t;
	int status, error;

	status = race_fill(id, "64M", 64);
	if (!status)
		status = race_enter("pages_counted", &t, run, &id);
	if (status)
		return status;
	error = zt_reset(id);
	if (!error && backing)
		error = zt_put(id, "backing_dev", backing);
	if (!error)
		error = zt_put(id, "disksize", "64K");
	race_leave(&t);
	if (error)
		return zt_fail("reset and disksize: %s", strerror(error));
	return zt_holds_data(id, 16);
}

static int mark_idle(void *id)
{
	return zt_put(*(int *)id, "idle", "all");
}

static int read_block_state(void *id)
{
	return zt_read_block_state(*(int *)id);
}

int race_page_count_idle(int id)
{
	return race_page_count(id, mark_idle, NULL);
}

int race_page_count_block_state(int id)
{
	if (zt_read_block_state(id) == ENOENT)
		return zt_skip("no block_state in debugfs");
	return race_page_count(id, read_block_state, NULL);
}

/* --- reset and the last reference ----------------------------------------
 *
 * CPU0 reset of a device that was never	CPU1
 * open
 * bdput(), the last one
 *					lets RCU free the inode and bdev in it
 * locks bdev->bd_mutex
 */
int race_bdput(int id)
{
	struct zt_task t;

	if (race_enter("bdput", &t, zt_task_reset, &id))
		return KSFT_FAIL;
	zt_put_file("/proc/sys/vm/drop_caches", "2", 1);
	zt_sleep(300);
	if (race_leave(&t))
		return zt_fail("reset: %s", strerror(t.error));
	return KSFT_PASS;
}

/* --- open and removal ----------------------------------------------------
 *
 * CPU0 open				CPU1 hot_remove
 * finds the disk
 *					nobody has it open: frees zram
 * locks bd_mutex, calls zram_open(),
 * which looks at zram
 */
static int open_device(void *id)
{
	int fd = zt_try_open(*(int *)id, O_RDWR | O_DIRECT);

	if (fd < 0)
		return -fd;
	/* It may fail, but has to come back. */
	zt_read_page(fd, 0, 0);
	close(fd);
	return 0;
}

int race_open_removed(int id)
{
	int fd = zt_open(id, O_RDONLY), error;
	struct zt_task t;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	close(fd);
	if (race_enter("opening", &t, open_device, &id))
		return KSFT_FAIL;
	error = zt_hot_remove(id);
	race_leave(&t);
	if (error && error != EBUSY)
		return zt_fail("hot_remove: %s", strerror(error));
	if (error && t.error)
		return zt_fail("neither could be done: %s", strerror(t.error));
	return KSFT_PASS;
}
