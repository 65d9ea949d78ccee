// SPDX-License-Identifier: GPL-2.0
/* The walks of zram_signal: what they need, and how far each of them came. */
#include "zram_signal.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

/* What one page takes on the slow device, and how many there are. */
#define PAGE_MS		20
#define PAGES		(SIGNAL_WRITEBACK_MS / PAGE_MS)
/* How many of them may be in flight, where that can be set. */
#define BATCH		8
/* Of a device that is walked over, times the factor. */
#define SLOTS		(256UL << 10)
/* Of a device that is recompressed, times the factor. */
#define MANY_BYTES	(3UL << 20)

static int device;
static unsigned int factor = 1;
static char node[64];
static int node_error;
static unsigned long filled;
static uint32_t generation;

/* --- set-up -------------------------------------------------------------- */

/* Adjacent pages, or the first and the last one. */
static unsigned long step = 1;

static int fill(unsigned long pages, unsigned int noise)
{
	int fd = zt_open(device, O_RDWR | O_DIRECT), error = 0;
	unsigned long page;

	if (fd < 0)
		return -fd;
	generation = zt_generation();
	filled = pages;
	step = pages == 2 ? zt_pages(fd) - 1 : 1;
	for (page = 0; page < pages && !error; page++)
		error = zt_write_noise(fd, page * step, generation, noise);
	close(fd);
	return error;
}

int signal_all_is_right(void)
{
	int fd = zt_open(device, O_RDONLY | O_DIRECT), status = KSFT_PASS;
	unsigned long page;

	if (fd < 0)
		return zt_fail("open: %s", strerror(-fd));
	/* The slow device is slow to read from, too. */
	for (page = 0; page < filled && !status; page++)
		if (zt_must_read(fd, page * step, generation))
			status = zt_fail("%s", zt_wrong_text());
	close(fd);
	return status;
}

static int set_size(unsigned long long bytes)
{
	char size[32];

	snprintf(size, sizeof(size), "%llu", bytes);
	return zt_put(device, "disksize", size);
}

static int make_written(void)
{
	int error = zt_put(device, "backing_dev", node);
	char batch[16];

	snprintf(batch, sizeof(batch), "%u", BATCH);
	/* What is in flight is waited for. */
	if (!error && zt_has_attr(device, "writeback_batch_size"))
		error = zt_put(device, "writeback_batch_size", batch);
	if (!error)
		error = set_size((unsigned long long)PAGES * zt_page);
	if (!error)
		error = fill(PAGES, zt_page);
	return error ? error : zt_put(device, "idle", "all");
}

/* Any algorithm but the first one. */
static int second_algorithm(char *line, size_t size)
{
	char text[256], *word, *save;
	int error = zt_get(device, "comp_algorithm", text, sizeof(text));

	if (error)
		return error;
	error = ENOENT;
	text[strcspn(text, "\n")] = '\0';
	for (word = strtok_r(text, " ", &save); word && error; word = strtok_r(NULL, " ", &save))
		if (word[0] != '[') {
			snprintf(line, size, "algo=%.60s priority=1", word);
			error = 0;
		}
	return error;
}

static int make_recompressed(void)
{
	char line[128];
	int error = second_algorithm(line, sizeof(line));

	if (!error)
		error = zt_put(device, "recomp_algorithm", line);
	if (!error)
		error = set_size(factor * MANY_BYTES);
	if (!error)
		error = fill(factor * MANY_BYTES / zt_page, zt_page / 2);
	return error ? error : zt_put(device, "idle", "all");
}

static void state_path(char *path, size_t size)
{
	snprintf(path, size, "/sys/kernel/debug/zram/zram%d/block_state", device);
}

/* Many slots, and one page at each end; the table takes no more than 32 MiB. */
static int make_large(void)
{
	int error = set_size((unsigned long long)factor * SLOTS * zt_page);

	return error ? error : fill(2, zt_page);
}

/* block_state, which is shared with the child, and so is its position. */
static int state_file = -1;

/* Only the page at the end is left, so that a read has to walk there. */
static int make_last(void)
{
	uint64_t range[2] = { 0, zt_page };
	int error = make_large(), fd;
	char path[64];

	fd = error ? -error : zt_open(device, O_RDWR | O_DIRECT);
	if (fd < 0)
		return -fd;
	error = ioctl(fd, BLKDISCARD, range) ? errno : 0;
	close(fd);
	filled = 0;
	state_path(path, sizeof(path));
	if (state_file >= 0)
		close(state_file);
	state_file = open(path, O_RDONLY | O_CLOEXEC);
	return error || state_file >= 0 ? error : errno;
}

/* --- walks, in the child ------------------------------------------------- */

static int write_back(void)
{
	return zt_put(device, "writeback", "idle");
}

static int recompress(void)
{
	return zt_put(device, "recompress", "type=idle priority=1");
}

static int mark_idle(void)
{
	return zt_put(device, "idle", "all");
}

static int read_block_state(void)
{
	static char text[65536];

	return read(state_file, text, sizeof(text)) < 0 ? errno : 0;
}

/* --- how far a walk came -------------------------------------------------- */

/* Pages that have one of these flags, as block_state shows them in the last column. */
static unsigned long pages_with(const char *flags)
{
	unsigned long count = 0;
	char path[64], line[256];
	FILE *file;

	state_path(path, sizeof(path));
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		count += line[strcspn(line, flags)] != '\0';
	if (file)
		fclose(file);
	return count;
}

/* Sectors of the backing device that were written when the signal was sent. */
static unsigned long long sectors;

/* What is in flight is written, and nothing after that. */
static int writeback_ended_early(void)
{
	unsigned long long pages = (zt_sectors_written(node) - sectors) * 512 / zt_page;

	if (pages > 2 * BATCH)
		return zt_fail("%llu of %u pages were written after the signal", pages, PAGES);
	return KSFT_PASS;
}

static int recompress_ended_early(void)
{
	unsigned long done = pages_with("rn");

	return done < filled ? KSFT_PASS : zt_fail("all %lu pages were recompressed", done);
}

/* Of the two pages, the last one is at the end of the device. */
static int idle_ended_early(void)
{
	return pages_with("i") < 2 ? KSFT_PASS : zt_fail("the last page is marked");
}

/* A read that returns something changes the position. */
static int block_state_ended_early(void)
{
	off_t at = lseek(state_file, 0, SEEK_CUR);

	return at == 0 ? KSFT_PASS : zt_fail("it was read up to page %ld", (long)at);
}

const struct signal_walk signal_walks[SIGNAL_WALKS] = {
	{ "writeback", "writeback", make_written, write_back, writeback_ended_early,
	  SIGNAL_WRITEBACK_MS * 1000 },
	{ "recompress", "recompress", make_recompressed, recompress, recompress_ended_early, 0 },
	{ "idle", "idle", make_large, mark_idle, idle_ended_early, 0 },
	{ "block_state", NULL, make_last, read_block_state, block_state_ended_early, 0 },
};

int signal_make(const struct signal_walk *walk)
{
	int error = zt_reset(device);

	if (!error)
		error = walk->make();
	return error ? zt_fail("set-up: %s", strerror(error)) : KSFT_PASS;
}

const char *signal_missing(const struct signal_walk *walk)
{
	if (walk->attr && !zt_has_attr(device, walk->attr))
		return "this kernel has none";
	if (walk->run != write_back && zt_read_block_state(device) == ENOENT)
		return "no block_state in debugfs";
	if (walk->run == write_back && node_error)
		return strerror(node_error);
	return NULL;
}

void signal_set_size(unsigned int new_factor)
{
	factor = new_factor;
}

/* One request at a time. */
void signal_set_up(void)
{
	char settings[128];

	device = zt_add();
	snprintf(settings, sizeof(settings),
		 "size=64 irqmode=2 hw_queue_depth=1 completion_nsec=%u000000", PAGE_MS);
	node_error = zt_null_add(settings, node, sizeof(node));
	if (node_error)
		ksft_print_msg("null_blk: %s\n", strerror(node_error));
}

void signal_now(void)
{
	sectors = node_error ? 0 : zt_sectors_written(node);
}

int signal_works_and_goes(void)
{
	return zt_works_and_goes(device);
}
