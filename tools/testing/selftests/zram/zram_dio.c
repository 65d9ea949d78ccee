// SPDX-License-Identifier: GPL-2.0
/*
 * zram_dio - direct I/O from memory that is not page aligned
 *
 * The memory is an arena full of one byte.  Each request has segments in it.  The
 * kernel may refuse a request with EINVAL or EIO.  If it accepts a request, each byte
 * of the segments must be right.  Either way no byte of the arena around the segments
 * changes, and each block of the target holds its old or its new content.  Memory
 * that is aligned as statx() or queue/dma_alignment demand must be accepted.
 *
 * All of it is done on the block device, and by an ordinary user on a file of ext4.
 */
#include "zram_dio.h"

#include <linux/stat.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define USER		1000
#define DISK		(32UL << 20)
#define MOUNT_POINT	"/tmp/zram_dio.XXXXXX"

static int device;

/* --- what is advertised -------------------------------------------------- */

static unsigned int queue_value(const char *attr, unsigned int otherwise)
{
	char text[32];

	return zt_get(device, attr, text, sizeof(text)) ? otherwise : strtoul(text, NULL, 0);
}

/* What user memory has to be aligned to; before 6.0 it was the logical block. */
static unsigned int advertised(int fd)
{
	unsigned int mask = queue_value("queue/dma_alignment", ~0U);
	unsigned int block = queue_value("queue/logical_block_size", DIO_BLOCK);
#ifdef STATX_DIOALIGN
	struct statx st = { };

	if (!statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st) &&
	    (st.stx_mask & STATX_DIOALIGN) && st.stx_dio_mem_align)
		return st.stx_dio_mem_align;
#endif
	(void)fd;
	return mask == ~0U ? block : mask + 1;
}

/* --- the file ------------------------------------------------------------ */

static char mount_point[] = MOUNT_POINT;
static int mounted;

static void unmount(void)
{
	if (mounted && umount(mount_point) == 0)
		rmdir(mount_point);
	mounted = 0;
}

static int make_ext4(void)
{
	char command[256], node[32];

	zt_modprobe("ext4");
	snprintf(node, sizeof(node), "/dev/zram%d", device);
	snprintf(command, sizeof(command), "PATH=$PATH:/sbin:/usr/sbin; "
		 "{ mke2fs -b 4096 %s || busybox mke2fs -b 4096 %s; } </dev/null >/dev/null 2>&1",
		 node, node);
	if (system(command))
		return zt_skip("no mke2fs");
	if (!mkdtemp(mount_point))
		return zt_fail("mkdtemp: %s", strerror(errno));
	if (mount(node, mount_point, "ext4", 0, NULL)) {
		rmdir(mount_point);
		return zt_skip("no ext4: %s", strerror(errno));
	}
	mounted = 1;
	atexit(unmount);
	return KSFT_PASS;
}

static int open_file(struct dio_target *t)
{
	int status = make_ext4();
	char path[64];

	if (status)
		return status;
	snprintf(path, sizeof(path), "%s/file", mount_point);
	t->fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return zt_skip("no direct I/O on ext4: %s", strerror(errno));
	if (fchown(t->fd, USER, USER) || chmod(mount_point, 0755))
		return zt_fail("chown: %s", strerror(errno));
	return KSFT_PASS;
}

/* --- the test ------------------------------------------------------------ */

static int run_case(const struct dio_case *c, struct dio_target *t, uid_t user)
{
	int status;

	if (seteuid(user))
		return zt_fail("seteuid: %s", strerror(errno));
	status = c->run(t);
	if (seteuid(0))
		ksft_exit_fail_msg("can't be root again\n");
	return status;
}

static void run_all(struct dio_target *t, int status, uid_t user)
{
	unsigned int i;
	char name[128];

	if (!status) {
		t->align = advertised(t->fd);
		ksft_print_msg("%s: memory has to be aligned to %u\n", t->name, t->align);
		if (dio_fill(t))
			status = zt_fail("an aligned write: %s", strerror(errno));
	}
	for (i = 0; i < dio_case_count; i++) {
		snprintf(name, sizeof(name), "%s_%s", t->name, dio_cases[i].name);
		zt_result(status ? status : run_case(&dio_cases[i], t, user), name);
	}
	if (t->fd >= 0)
		close(t->fd);
}

int main(void)
{
	struct dio_target disk = { .name = "device" }, file = { .name = "ext4_file", .fd = -1 };
	char size[32];
	int error;

	zt_begin();
	ksft_set_plan(2 * dio_case_count + 2);
	dio_set_up();
	device = zt_add();
	snprintf(size, sizeof(size), "%lu", DISK);
	error = zt_put(device, "disksize", size);
	if (error)
		ksft_exit_fail_msg("disksize: %s\n", strerror(error));
	disk.fd = zt_open(device, O_RDWR | O_DIRECT);
	if (disk.fd < 0)
		ksft_exit_fail_msg("open: %s\n", strerror(-disk.fd));
	run_all(&disk, KSFT_PASS, 0);
	run_all(&file, open_file(&file), USER);
	unmount();
	zt_result(zt_works_and_goes(device), "device_works_afterwards");
	return zt_end();
}
