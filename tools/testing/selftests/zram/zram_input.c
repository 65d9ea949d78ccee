// SPDX-License-Identifier: GPL-2.0
/*
 * zram_input - bad input for every attribute, in every state of a device
 *
 * Whatever is written, to whatever attribute: the kernel says yes or gives an
 * errno, and afterwards the device can be read, reset, sized, written, verified
 * and removed.  A disksize that was accepted has to work at both ends.
 */
#include "zram_test.h"

#define PAGES	16

enum state { NEW, SIZED, OPEN, SWAP, RESETTING, REMOVING, STATES };

static const char * const state_names[] = {
	"new", "sized", "open", "swap", "while it is reset", "while it is removed"
};

static const char * const attrs[] = {
	"disksize", "initstate", "reset", "compact", "mem_limit", "mem_used_max",
	"idle", "max_comp_streams", "comp_algorithm", "backing_dev", "writeback",
	"writeback_limit", "writeback_limit_enable", "io_stat", "mm_stat", "bd_stat",
	"debug_stat", "recomp_algorithm", "recompress", "algorithm_params",
	"writeback_batch_size", "compressed_writeback"
};

/* --- what is written ----------------------------------------------------- */

static struct value {
	const char *data;
	size_t length;
} values[96];

static unsigned int value_count;

static void add_value(const char *data, size_t length)
{
	values[value_count].data = data;
	values[value_count++].length = length;
}

static void add_long(int c, size_t length)
{
	char *data = malloc(length + 1);

	if (!data)
		ksft_exit_fail_msg("no memory\n");
	memset(data, c, length);
	data[length] = '\0';
	add_value(data, length);
}

static void make_values(void)
{
	static const char * const texts[] = {
		"", "\n", " ", "\n    ", "\t",
		"0", "1", "0\n", "1\n", "4095", "4096", "65535", "65536", "4294967295",
		"4294967296", "18446744073709551615", "18446744073709551616",
		"1000000000000000000000000000000", "16T", "17592186044417", "1E",
		"17592186048512", "99999999999E", "-1", "-4096", "-18446744073709551615",
		"0x", "0x10", "1 1", "1K1", "K", "1.5M", "+1", "all", "all ", "idle",
		"huge", "hugeidle", "lzo", "lzo ", "none", "/", "/dev/null", "/dev/zero",
		"../..", "%s%n", "\xff\xfe\xfd",
		"=", "algo=", "=lzo", "algo", "algo=lz4 priority=1", "algo=lz4 priority=0",
		"priority=-1 algo=lz4", "priority=4294967296", "level=-2147483648",
		"level=1 dict=/dev/null", "dict=/", "deflate.winbits=99", "type=idle",
		"type=huge_idle threshold=4294967295", "type=idle max_pages=-1",
		"page_index=0", "page_index=18446744073709551615", "page_indexes=1-0",
		"page_indexes=0-99999999999", "type=idle \"", "\"\"\"=\""
	};
	static const char zeros[] = "1\0002\000", first[] = "\0001";
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		add_value(texts[i], strlen(texts[i]));
	add_value(zeros, sizeof(zeros) - 1);
	add_value(first, sizeof(first) - 1);
	add_long('A', zt_page - 1);
	add_long('A', zt_page + 1);
	add_long('1', zt_page - 1);
	add_long('1', zt_page + 1);
}

/* --- states -------------------------------------------------------------- */

static int device = -1;

/* Has the device sized or not, as state wants it. */
static int prepare(enum state state)
{
	char text[8];
	int error = zt_get(device, "initstate", text, sizeof(text));

	if (error)
		return error;
	if (state == NEW)
		return text[0] == '0' ? 0 : zt_reset(device);
	return text[0] == '1' ? 0 : zt_put(device, "disksize", "4M");
}

/* A value that was taken has to be good for something. */
static int both_ends_work(void)
{
	char text[32];

	if (zt_get(device, "disksize", text, sizeof(text)) || !strcmp(text, "0\n"))
		return KSFT_PASS;
	return zt_holds_data(device, 2);
}

static int feed(const char *attr, const struct value *v)
{
	int error = EINVAL;
	char path[128];

	zt_attr_path(path, sizeof(path), device, attr);
	if (strcmp(attr, "disksize") || !zt_wastes_memory(v->data))
		error = zt_put_file(path, v->data, v->length);
	return error;
}

static int feed_all(const char *attr, enum state state)
{
	unsigned int i;
	int status = KSFT_PASS, error;

	for (i = 0; i < value_count && !status; i++) {
		error = prepare(state);
		if (error)
			return zt_fail("before \"%.20s\": %s", values[i].data, strerror(error));
		error = feed(attr, &values[i]);
		if (error == EFAULT)
			status = zt_fail("\"%.20s\": %s", values[i].data, strerror(error));
		else if (!error && state == NEW && !strcmp(attr, "disksize"))
			status = both_ends_work();
	}
	return status;
}

/* What the device held before, it holds afterwards. */
static int feed_open(const char *attr)
{
	uint32_t generation = zt_generation();
	int fd = zt_open(device, O_RDWR | O_DIRECT), status = KSFT_PASS;
	unsigned long page;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	for (page = 0; page < PAGES && !status; page++)
		if (zt_write_page(fd, page, generation))
			status = zt_fail("write: %s", strerror(errno));
	if (!status)
		status = feed_all(attr, OPEN);
	for (page = 0; page < PAGES && !status; page++)
		if (zt_must_read(fd, page, generation))
			status = zt_fail("%s", zt_wrong_text());
	close(fd);
	return status;
}

static int feed_swap(const char *attr)
{
	int error, status;

	if (access("/proc/swaps", F_OK))
		return zt_skip("no swap");
	error = zt_swapon(device);
	if (error)
		return zt_fail("swapon: %s", strerror(error));
	status = feed_all(attr, SWAP);
	error = zt_swapoff(device);
	if (error && !status)
		status = zt_fail("swapoff: %s", strerror(error));
	return status;
}

/* The state is any until then, so that only the end can be judged. */
static int feed_resetting(const char *attr)
{
	struct zt_worker reset = {
		.name = "reset", .step = zt_step_reset, .id = device, .pause = 1000
	};
	unsigned int i;

	zt_start_workers(&reset, 1);
	for (i = 0; i < value_count; i++) {
		if (i % 4 == 0)
			zt_put(device, "disksize", "4M");
		feed(attr, &values[i]);
	}
	/* A busy machine may not have run it yet. */
	for (i = 0; i < 500 * zt_slow() && !__atomic_load_n(&reset.done, __ATOMIC_RELAXED); i++)
		zt_sleep(10);
	zt_stop_workers(&reset, 1);
	return reset.done ? KSFT_PASS : zt_fail("it was never reset");
}

/* Not put off by values that keep the device busy. */
static int remove_device(void *unused)
{
	(void)unused;
	return zt_remove(device);
}

static int feed_removing(const char *attr)
{
	int fd = zt_open_attr(device, attr, O_WRONLY), error;
	struct zt_task t;
	unsigned int i;

	zt_task_start(&t, remove_device, NULL);
	for (i = 0; fd >= 0 && !zt_task_over(&t); i = (i + 1) % value_count)
		if (pwrite(fd, values[i].data, values[i].length, 0) < 0 && errno == ENODEV)
			break;
	error = zt_task_join(&t);
	if (fd >= 0)
		close(fd);
	if (error)
		return zt_fail("hot_remove: %s", strerror(error));
	device = zt_add();
	return KSFT_PASS;
}

/* --- cases --------------------------------------------------------------- */

static int run(const char *attr, enum state state)
{
	int status;

	if (!zt_has_attr(device, attr))
		return zt_skip("this kernel has none");
	if (prepare(state))
		return zt_fail("the device can't be set up");
	if (state == OPEN)
		status = feed_open(attr);
	else if (state == SWAP)
		status = feed_swap(attr);
	else if (state == RESETTING)
		status = feed_resetting(attr);
	else if (state == REMOVING)
		status = feed_removing(attr);
	else
		status = feed_all(attr, state);
	if (!status && zt_read_all(device))
		status = zt_fail("afterwards an attribute is not readable");
	return status ? status : zt_works(device, PAGES);
}

/* Only what names no device that is somebody else's. */
static int run_hot_remove(void)
{
	static const char control[] = "/sys/class/zram-control/hot_remove";
	unsigned int i;
	int error;

	for (i = 0; i < value_count; i++) {
		const struct value *v = &values[i];

		if (v->length < 12 && v->data[strspn(v->data, "+0123456789\n")] == '\0')
			continue;
		error = zt_put_file(control, v->data, v->length);
		if (!error && v->length)
			return zt_fail("\"%.20s\" was taken", v->data);
	}
	return zt_works(device, PAGES);
}

/* mkdtemp() replaces the X */
static char directory[32] = "/tmp/zram_input.XXXXXX";

static void leave_directory(void)
{
	if (chdir("/") || rmdir(directory))
		perror(directory);
}

/* Where no file has a name that is one of the values. */
static void enter_empty_directory(void)
{
	if (!mkdtemp(directory) || chdir(directory))
		ksft_exit_fail_msg("no directory in /tmp\n");
	atexit(leave_directory);
}

int main(void)
{
	unsigned int a, s;
	char name[64];

	zt_begin();
	ksft_set_plan(ARRAY_SIZE(attrs) * STATES + 3);
	make_values();
	enter_empty_directory();
	device = zt_add();
	for (a = 0; a < ARRAY_SIZE(attrs); a++)
		for (s = 0; s < STATES; s++) {
			snprintf(name, sizeof(name), "%s, %s", attrs[a], state_names[s]);
			zt_result(run(attrs[a], s), name);
		}
	zt_result(run_hot_remove(), "hot_remove");
	zt_result(zt_works_and_goes(device), "it holds data and goes");
	return zt_end();
}
