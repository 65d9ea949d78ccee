// SPDX-License-Identifier: GPL-2.0
/* What the zram tests share: files, and the attributes of a device. */
#include "zram_test.h"

/* --- files --------------------------------------------------------------- */

int zt_put_file(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, data, length) < 0)
		error = errno;
	close(fd);
	return error;
}

int zt_get_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return errno;
	while (n < size - 1 && (got = read(fd, text + n, size - 1 - n)) != 0) {
		if (got < 0) {
			error = errno;
			break;
		}
		n += got;
	}
	text[n] = '\0';
	close(fd);
	return error;
}

/* --- attributes ---------------------------------------------------------- */

void zt_attr_path(char *path, size_t size, int id, const char *attr)
{
	snprintf(path, size, "/sys/block/zram%d/%s", id, attr);
}

int zt_put(int id, const char *attr, const char *value)
{
	char path[128];

	zt_attr_path(path, sizeof(path), id, attr);
	return zt_put_file(path, value, strlen(value));
}

int zt_get(int id, const char *attr, char *text, size_t size)
{
	char path[128];

	zt_attr_path(path, sizeof(path), id, attr);
	return zt_get_file(path, text, size);
}

int zt_open_attr(int id, const char *attr, int flags)
{
	char path[128];
	int fd;

	zt_attr_path(path, sizeof(path), id, attr);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int zt_has_attr(int id, const char *attr)
{
	char path[128];

	zt_attr_path(path, sizeof(path), id, attr);
	return access(path, F_OK) == 0;
}

const char * const zt_readable[] = {
	"mm_stat", "io_stat", "bd_stat", "debug_stat", "disksize", "initstate",
	"comp_algorithm", "recomp_algorithm", "max_comp_streams", "backing_dev",
	"writeback_limit", "writeback_limit_enable", "writeback_batch_size",
	"compressed_writeback", NULL
};

/* So many numbers, and nothing else, up to the end of the line. */
static int is_numbers(const char *text, unsigned int count)
{
	for (; count; count--) {
		text += strspn(text, " ");
		if (*text < '0' || *text > '9')
			return 0;
		text += strspn(text, "0123456789");
	}
	return !strcmp(text, "\n");
}

/* Newer kernels append more numbers. */
static int is_numbers_at_least(const char *text, unsigned int count)
{
	unsigned int more;

	for (more = 0; more < 4; more++)
		if (is_numbers(text, count + more))
			return 1;
	return 0;
}

/* Words, one of which is in brackets. */
static int is_choice(const char *text)
{
	const char *open = strchr(text, '['), *close = strchr(text, ']');

	return open && close > open + 1 && !strchr(open + 1, '[') &&
	       !strchr(close + 1, ']') && text[strlen(text) - 1] == '\n';
}

/* A line "#PRIORITY: CHOICE" for each further algorithm, or none. */
static int is_choices(const char *text)
{
	char line[512];
	int length;

	for (; *text; text += length + 1) {
		length = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s\n", length, text);
		if (text[0] != '#' || text[1] < '1' || text[1] > '9' || text[2] != ':' ||
		    !is_choice(line) || !text[length])
			return 0;
	}
	return 1;
}

int zt_well_formed(const char *attr, const char *text)
{
	if (!strcmp(attr, "mm_stat"))
		return is_numbers_at_least(text, 8);
	if (!strcmp(attr, "io_stat"))
		return is_numbers(text, 4);
	if (!strcmp(attr, "bd_stat"))
		return is_numbers(text, 3);
	if (!strcmp(attr, "debug_stat"))
		return !strncmp(text, "version: 1\n", 11) && is_numbers(text + 11, 2);
	if (!strcmp(attr, "initstate") || !strcmp(attr, "writeback_limit_enable") ||
	    !strcmp(attr, "compressed_writeback"))
		return !strcmp(text, "0\n") || !strcmp(text, "1\n");
	if (!strcmp(attr, "comp_algorithm"))
		return is_choice(text);
	if (!strcmp(attr, "recomp_algorithm"))
		return is_choices(text);
	if (!strcmp(attr, "backing_dev"))
		return !strcmp(text, "none\n") ||
		       (text[0] == '/' && strchr(text, '\n') == text + strlen(text) - 1);
	return is_numbers(text, 1);
}

int zt_read_all(int id)
{
	int i, error, none = ENOENT;
	char text[4096];

	for (i = 0; zt_readable[i]; i++) {
		error = zt_get(id, zt_readable[i], text, sizeof(text));
		if (!error && !zt_well_formed(zt_readable[i], text))
			return ZT_WRONG;
		/* Not every kernel has all of them. */
		if (error && error != ENOENT)
			return error;
		if (!error)
			none = 0;
	}
	return none;
}

int zt_read_block_state(int id)
{
	char path[128], text[16384];

	snprintf(path, sizeof(path), "/sys/kernel/debug/zram/zram%d/block_state", id);
	return zt_get_file(path, text, sizeof(text));
}
