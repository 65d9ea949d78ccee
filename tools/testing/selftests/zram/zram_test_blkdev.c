// SPDX-License-Identifier: GPL-2.0
/* What the zram tests share: disks that are slow, huge or broken. */
#include "zram_test.h"

#include <linux/dm-ioctl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MAX_DISKS	8
#define CONFIGFS	"/sys/kernel/config"
#define NULLB		CONFIGFS "/nullb"
#define DM_CONTROL	"/dev/mapper/control"
#define SECTOR		512
/* How much of a device fails, at most. */
#define NULL_BAD_BYTES	(32UL << 20)

static char null_dirs[MAX_DISKS][64], null_paths[MAX_DISKS][64];
static unsigned int null_count;
static char dm_names[MAX_DISKS][32];
static unsigned int dm_minors[MAX_DISKS], dm_count;

void zt_modprobe(const char *name)
{
	char command[128];

	snprintf(command, sizeof(command), "modprobe -q %s >/dev/null 2>&1", name);
	if (system(command))
		return;
}

static int wait_for_node(const char *path)
{
	unsigned int tries;

	for (tries = 0; tries < 100 * zt_slow() && access(path, R_OK | W_OK); tries++)
		zt_sleep(20);
	return access(path, R_OK | W_OK) ? errno : 0;
}

unsigned long long zt_sectors_written(const char *path)
{
	unsigned long long sectors = 0;
	char file[128], text[512];

	snprintf(file, sizeof(file), "/sys/block/%s/stat", strrchr(path, '/') + 1);
	if (zt_get_file(file, text, sizeof(text)) ||
	    sscanf(text, "%*u %*u %*u %*u %*u %*u %llu", &sectors) != 1)
		return 0;
	return sectors;
}

/* --- null_blk ------------------------------------------------------------ */

static int null_put(const char *dir, const char *attr, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, attr);
	return zt_put_file(path, value, strlen(value));
}

/* Sets "A=1 B=2", where both attributes exist. */
static int null_put_all(const char *dir, const char *settings)
{
	char words[256], *word, *save, *value;
	int error = 0;

	snprintf(words, sizeof(words), "%s", settings);
	for (word = strtok_r(words, " ", &save); word && !error;
	     word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		*value++ = '\0';
		error = null_put(dir, word, value);
	}
	return error;
}

int zt_null_add(const char *settings, char *path, size_t size)
{
	char *dir = null_dirs[null_count], file[128], text[16];
	int error = ENODEV;

	if (null_count == MAX_DISKS)
		return error;
	zt_modprobe("null_blk nr_devices=0");
	if (access(NULLB, X_OK) && (mount("none", CONFIGFS, "configfs", 0, NULL) ||
				    access(NULLB, X_OK)))
		return error;
	snprintf(dir, sizeof(null_dirs[0]), NULLB "/zt%d.%u", getpid(), null_count);
	if (mkdir(dir, 0700))
		return errno;
	null_count++;
	error = null_put_all(dir, "memory_backed=1 blocksize=4096");
	if (!error)
		error = null_put_all(dir, settings);
	if (!error)
		error = null_put(dir, "power", "1");
	snprintf(file, sizeof(file), "%s/index", dir);
	if (!error)
		error = zt_get_file(file, text, sizeof(text));
	if (error)
		return error;
	/* Newer kernels name the disk after the directory. */
	snprintf(path, size, "/dev/%s", strrchr(dir, '/') + 1);
	if (access(path, F_OK))
		snprintf(path, size, "/dev/nullb%d", atoi(text));
	snprintf(null_paths[null_count - 1], sizeof(null_paths[0]), "%s", path);
	return wait_for_node(path);
}

/* 5.10 keeps only the last of several ranges of 512 sectors that are set in one go. */
static int null_set_bad(const char *dir, char sign)
{
	char range[32];
	int error = 0;
	unsigned int i;

	for (i = 0; i < NULL_BAD_BYTES / SECTOR && !error; i += 512) {
		snprintf(range, sizeof(range), "%c%u-%u", sign, i, i + 511);
		error = null_put(dir, "badblocks", range);
	}
	return error;
}

int zt_null_fail(const char *path, int fail)
{
	unsigned int i = 0;

	while (i < null_count && strcmp(path, null_paths[i]))
		i++;
	return i < null_count ? null_set_bad(null_dirs[i], fail ? '+' : '-') : ENOENT;
}

/* --- the device mapper --------------------------------------------------- */

struct dm_request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char table[256];
};

static int dm_call(unsigned long call, struct dm_request *r, const char *name,
		   unsigned int flags)
{
	int fd = open(DM_CONTROL, O_RDWR | O_CLOEXEC), error = ENODEV;

	if (fd < 0)
		return error;
	r->head.version[0] = DM_VERSION_MAJOR;
	r->head.data_size = sizeof(*r);
	r->head.data_start = offsetof(struct dm_request, target);
	r->head.flags = flags;
	snprintf(r->head.name, sizeof(r->head.name), "%s", name);
	error = ioctl(fd, call, r) ? errno : 0;
	close(fd);
	return error;
}

static int dm_load(const char *name, const char *table, unsigned long bytes)
{
	struct dm_request r = { .head.target_count = 1 };
	const char *args = strchr(table, ' ') ? strchr(table, ' ') + 1 : "";
	int error;

	r.target.length = bytes / SECTOR;
	snprintf(r.target.target_type, sizeof(r.target.target_type), "%.*s",
		 (int)strcspn(table, " "), table);
	snprintf(r.table, sizeof(r.table), "%s", args);
	error = dm_call(DM_TABLE_LOAD, &r, name, 0);
	if (!error) {
		memset(&r, 0, sizeof(r));
		/* Without DM_SUSPEND_FLAG it resumes, and swaps the tables. */
		error = dm_call(DM_DEV_SUSPEND, &r, name, 0);
	}
	return error;
}

int zt_dm_load(const char *path, const char *table, unsigned long bytes)
{
	int error = ENOENT;
	unsigned int i, nr;

	for (i = 0; i < dm_count; i++)
		if (sscanf(path, "/dev/dm-%u", &nr) == 1 && nr == dm_minors[i])
			error = dm_load(dm_names[i], table, bytes);
	return error;
}

int zt_dm_add(const char *table, unsigned long bytes, char *path, size_t size)
{
	struct dm_request r = { };
	char *name = dm_names[dm_count], module[64];
	int error = ENODEV;

	if (dm_count == MAX_DISKS)
		return error;
	zt_modprobe("dm-mod");
	snprintf(module, sizeof(module), "dm-%.*s", (int)strcspn(table, " "), table);
	zt_modprobe(module);
	snprintf(name, sizeof(dm_names[0]), "zt%d.%u", getpid(), dm_count);
	error = dm_call(DM_DEV_CREATE, &r, name, 0);
	if (error)
		return error;
	dm_minors[dm_count++] = minor(r.head.dev);
	snprintf(path, size, "/dev/dm-%u", minor(r.head.dev));
	error = dm_load(name, table, bytes);
	return error ? error : wait_for_node(path);
}

void zt_remove_disks(void)
{
	struct dm_request r;

	while (dm_count) {
		memset(&r, 0, sizeof(r));
		dm_call(DM_DEV_REMOVE, &r, dm_names[--dm_count], 0);
	}
	while (null_count) {
		null_put(null_dirs[--null_count], "power", "0");
		rmdir(null_dirs[null_count]);
	}
}
