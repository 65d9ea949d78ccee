// SPDX-License-Identifier: GPL-2.0
/* What the zram tests share: the program and its devices. */
#include "zram_test.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>

#define CONTROL		"/sys/class/zram-control/"
/* Microseconds that another program may have our device open. */
#define PATIENCE	(5000000ULL * zt_slow())
/* Bits of /proc/sys/kernel/tainted: bad page, died, warned, soft lockup. */
#define COMPLAINTS	(BIT(5) | BIT(7) | BIT(9) | BIT(14))
#define MAX_ID		4096

unsigned int zt_page;
char zt_why[256];

static unsigned long tainted;
/* How many devices of each id are ours: 0, 1, for a moment 2. */
static int own[MAX_ID];

/* --- the program --------------------------------------------------------- */

static unsigned int positive_env(const char *name, int otherwise)
{
	const char *value = getenv(name);
	int number = value ? atoi(value) : 0;

	return number > 0 ? number : otherwise;
}

unsigned int zt_seconds(void)
{
	return positive_env("ZRAM_SECONDS", 5);
}

unsigned int zt_slow(void)
{
	return positive_env("ZRAM_SLOW", 1);
}

int zt_is_newer(void)
{
	unsigned int version = 0, level = 0;
	struct utsname name;

	uname(&name);
	return sscanf(name.release, "%u.%u", &version, &level) == 2 &&
	       (version > 5 || level > 10);
}

unsigned long long zt_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

void zt_sleep(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static unsigned long complaints(void)
{
	char text[32];

	if (zt_get_file("/proc/sys/kernel/tainted", text, sizeof(text)))
		return 0;
	return strtoul(text, NULL, 10) & COMPLAINTS;
}

int zt_complained(void)
{
	return (complaints() & ~tainted) != 0;
}

static void too_long(int signal)
{
	static const char text[] = "Bail out! it takes too long\n";

	(void)signal;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(KSFT_FAIL);
	_exit(KSFT_FAIL);
}

static void clean_up(void)
{
	int id;

	for (id = 0; id < MAX_ID; id++)
		if (own[id] > 0 && zt_exists(id))
			zt_remove(id);
	zt_remove_disks();
}

const char *zt_set_up(void)
{
	if (geteuid())
		return "only for root";
	if (access(CONTROL "hot_add", R_OK))
		return "no zram";
	zt_page = sysconf(_SC_PAGESIZE);
	if (zt_page > ZT_MAX_PAGE)
		return "pages are too large";
	tainted = complaints();
	signal(SIGALRM, too_long);
	alarm((zt_seconds() * 3 + 180) * zt_slow());
	atexit(clean_up);
	return NULL;
}

int zt_is_asked(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (!strncmp(name, *names, strlen(*names)))
			return 1;
	return 0;
}

int zt_because(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(zt_why, sizeof(zt_why), format, args);
	va_end(args);
	return status;
}

/* --- devices ------------------------------------------------------------- */

int zt_hot_add(void)
{
	char text[32];
	int id, error = zt_get_file(CONTROL "hot_add", text, sizeof(text));

	if (error)
		return -error;
	id = atoi(text);
	if (id >= 0 && id < MAX_ID)
		__atomic_add_fetch(&own[id], 1, __ATOMIC_RELAXED);
	return id;
}

int zt_hot_remove(int id)
{
	char text[32];
	int error;

	snprintf(text, sizeof(text), "%d", id);
	error = zt_put_file(CONTROL "hot_remove", text, strlen(text));
	if (!error && id < MAX_ID)
		__atomic_add_fetch(&own[id], -1, __ATOMIC_RELAXED);
	return error;
}

static int reset_once(int id)
{
	return zt_put(id, "reset", "1");
}

static int patiently(int (*attempt)(int id), int id)
{
	unsigned long long end = zt_now() + PATIENCE;
	int error;

	while ((error = attempt(id)) == EBUSY && zt_now() < end)
		zt_sleep(10);
	return error;
}

int zt_remove(int id)
{
	return patiently(zt_hot_remove, id);
}

int zt_reset(int id)
{
	return patiently(reset_once, id);
}

unsigned int zt_owned(void)
{
	unsigned int count = 0;
	int id;

	for (id = 0; id < MAX_ID; id++)
		count += own[id] > 0;
	return count;
}

void zt_forget_devices(void)
{
	memset(own, 0, sizeof(own));
}

int zt_exists(int id)
{
	return zt_has_attr(id, "disksize");
}

/* A kernel of 32 bits is known to cut the number of pages. */
int zt_wastes_memory(const char *disksize)
{
	static const char suffixes[] = "KMGTPE";
	char *suffix;
	unsigned long long size = strtoull(disksize, &suffix, 0), table;
	const char *found = *suffix ? strchr(suffixes, *suffix) : NULL;
	struct sysinfo info;

	if (found)
		size <<= 10 * (found - suffixes + 1);
	table = (unsigned long)(size / zt_page) * 2ULL * sizeof(long);
	sysinfo(&info);
	return table > 64 << 20 && table <= (unsigned long long)info.totalram * info.mem_unit;
}

int zt_try_open(int id, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/zram%d", id);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Where nobody makes nodes. */
static int open_own_node(int id, int flags)
{
	char path[64], text[32];
	unsigned int major, minor;
	int fd, error = zt_get(id, "dev", text, sizeof(text));

	if (error)
		return -error;
	if (sscanf(text, "%u:%u", &major, &minor) != 2)
		return -EINVAL;
	snprintf(path, sizeof(path), "/dev/zram_test%d.%d", id, getpid());
	if (mknod(path, S_IFBLK | 0600, makedev(major, minor)))
		return -errno;
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	unlink(path);
	return fd;
}

int zt_open(int id, int flags)
{
	unsigned int tries = 0;
	int fd;

	do {
		fd = zt_try_open(id, flags);
		if (fd != -ENOENT && fd != -ENXIO && fd != -EBUSY)
			return fd;
		zt_sleep(20);
	} while (++tries < 100 * zt_slow());
	return fd == -ENOENT ? open_own_node(id, flags) : fd;
}

static int write_and_read(int fd, unsigned int pages)
{
	unsigned long last = zt_pages(fd) - 1;
	uint32_t generation = zt_generation();
	unsigned int i;
	int error = 0;

	for (i = 0; i < pages && !error; i++)
		error = zt_write_page(fd, last * i / (pages - 1), generation);
	if (error)
		return zt_fail("write: %s", strerror(error));
	for (i = 0; i < pages && !error; i++)
		error = zt_read_page(fd, last * i / (pages - 1), generation);
	if (error == ZT_WRONG)
		return zt_fail("%s", zt_wrong_text());
	if (error)
		return zt_fail("read: %s", strerror(error));
	return KSFT_PASS;
}

int zt_holds_data(int id, unsigned int pages)
{
	int fd = zt_open(id, O_RDWR | O_DIRECT), status;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	status = zt_pages(fd) ? write_and_read(fd, pages) : zt_fail("it has no size");
	close(fd);
	return status;
}

int zt_works(int id, unsigned int pages)
{
	int status, error = zt_reset(id);

	if (error)
		return zt_fail("reset: %s", strerror(error));
	error = zt_put(id, "disksize", "4M");
	if (error)
		return zt_fail("disksize: %s", strerror(error));
	status = zt_holds_data(id, pages);
	if (status)
		return status;
	error = zt_read_all(id);
	if (error)
		return zt_fail("an attribute can't be read or has no form");
	error = zt_reset(id);
	return error ? zt_fail("second reset: %s", strerror(error)) : KSFT_PASS;
}

int zt_works_and_goes(int id)
{
	int status = zt_works(id, 4194304 / zt_page), error;

	if (status)
		return status;
	error = zt_remove(id);
	if (error)
		return zt_fail("hot_remove: %s", strerror(error));
	return KSFT_PASS;
}
