// SPDX-License-Identifier: GPL-2.0
/* What the zram tests share: loop devices, swap, CPUs and the module. */
#include "zram_test.h"

#include <dirent.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/syscall.h>

/* --- loop devices -------------------------------------------------------- */

/* It goes with the last one that has it open, even if we are killed. */
static int attach(int loop, int file)
{
	struct loop_info64 info = { .lo_flags = LO_FLAGS_AUTOCLEAR };

	if (ioctl(loop, LOOP_SET_FD, file))
		return errno;
	if (ioctl(loop, LOOP_SET_STATUS64, &info))
		return errno;
	return 0;
}

static int loop_of(int control, int file, char *path, size_t size)
{
	int number = ioctl(control, LOOP_CTL_GET_FREE), loop, error;

	if (number < 0)
		return -errno;
	snprintf(path, size, "/dev/loop%d", number);
	loop = open(path, O_RDWR | O_CLOEXEC);
	if (loop < 0)
		return -errno;
	error = attach(loop, file);
	if (!error)
		return loop;
	close(loop);
	return -error;
}

int zt_loop_open(unsigned long bytes, char *path, size_t size)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int file = memfd_create("zram_test", MFD_CLOEXEC);
	int loop = -ENODEV, tries;

	if (control >= 0 && file >= 0 && ftruncate(file, bytes) == 0)
		/* Somebody else may take the free one first. */
		for (tries = 0; tries < 10; tries++) {
			loop = loop_of(control, file, path, size);
			if (loop != -EBUSY)
				break;
		}
	if (control >= 0)
		close(control);
	if (file >= 0)
		close(file);
	return loop;
}

int zt_is_free(const char *path)
{
	int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

/* --- swap ---------------------------------------------------------------- */

/* The header's own layout: version, last page, and its magic at the page's end. */
static int make_swap(int fd)
{
	uint32_t *info = (uint32_t *)(zt_buffer + 1024);

	memset(zt_buffer, 0, zt_page);
	info[0] = 1;
	info[1] = zt_pages(fd) - 1;
	memcpy(zt_buffer + zt_page - 10, "SWAPSPACE2", 10);
	return pwrite(fd, zt_buffer, zt_page, 0) == (ssize_t)zt_page ? 0 : EIO;
}

int zt_swapon(int id)
{
	int fd = zt_open(id, O_RDWR | O_DIRECT), error;
	char path[32];

	if (fd < 0)
		return -fd;
	error = zt_pages(fd) ? make_swap(fd) : ENXIO;
	snprintf(path, sizeof(path), "/dev/zram%d", id);
	/* Before all other swap, so that it is used. */
	if (!error && swapon(path, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		error = errno;
	close(fd);
	return error;
}

int zt_swapoff(int id)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/zram%d", id);
	return swapoff(path) ? errno : 0;
}

/* --- parameters ---------------------------------------------------------- */

const char *zt_set_params(struct zt_param *params, unsigned int nr)
{
	struct zt_param *p;

	for (p = params; p < params + nr; p++) {
		if (zt_get_file(p->path, p->before, sizeof(p->before)))
			return p->path;
		p->before[strcspn(p->before, "\n")] = '\0';
		if (zt_put_file(p->path, p->value, strlen(p->value)))
			return p->path;
	}
	return NULL;
}

void zt_restore_params(struct zt_param *params, unsigned int nr)
{
	struct zt_param *p;

	for (p = params + nr; p-- > params; )
		if (p->before[0])
			zt_put_file(p->path, p->before, strlen(p->before));
}

/* --- CPUs ---------------------------------------------------------------- */

int zt_cpu(unsigned int cpu, int up)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	return zt_put_file(path, up ? "1" : "0", 1);
}

/* --- the module ---------------------------------------------------------- */

/* The first sized zram there is; -1 if none is. */
static int sized_zram(void)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *entry;
	int id, found = -1;
	char text[32];

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "zram%d", &id) == 1 &&
		    !zt_get(id, "disksize", text, sizeof(text)) && strcmp(text, "0\n"))
			found = id;
	if (dir)
		closedir(dir);
	return found;
}

const char *zt_module_missing(void)
{
	const char *path = getenv("ZRAM_KO");

	if (!path || access(path, R_OK))
		return "ZRAM_KO names no module";
	if (access("/sys/module/zram/refcnt", F_OK))
		return "zram is not a module";
	if (sized_zram() >= 0)
		return "somebody uses a zram";
	return NULL;
}

int zt_load(void)
{
	int fd = open(getenv("ZRAM_KO"), O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, "num_devices=1", 0))
		error = errno;
	close(fd);
	return error;
}

int zt_unload(void)
{
	return syscall(SYS_delete_module, "zram", O_NONBLOCK) ? errno : 0;
}
