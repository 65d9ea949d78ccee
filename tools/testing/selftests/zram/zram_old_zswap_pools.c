// SPDX-License-Identifier: GPL-2.0
/*
 * zram_old_zswap_pools - zswap frees a pool that it has replaced
 *
 * Some threads swap while the pool is full, so that each store queues the work that
 * shrinks it.  Then zswap gets another compressor, and all pages are freed.  The pool of
 * the former compressor must be freed: debugfs has a directory for each.
 */
#include "zram_test.h"

#include <dirent.h>
#include <sys/mman.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define ZSWAP	"/sys/module/zswap/parameters/"
#define POOLS	"/sys/kernel/debug/zsmalloc"
#define THREADS	4
#define PAGES	256

static struct zt_param params[] = {
	{ .path = ZSWAP "compressor", .value = "lzo" },
	{ .path = ZSWAP "zpool", .value = "zsmalloc" },
	{ .path = ZSWAP "max_pool_percent", .value = "20" },
	{ .path = ZSWAP "enabled", .value = "1" },
};

static unsigned char *areas[THREADS];

static int put(const char *path, const char *value)
{
	return zt_put_file(path, value, strlen(value));
}

static int count_pools(void)
{
	DIR *d = opendir(POOLS);
	struct dirent *e;
	int nr = 0;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		nr += !strncmp(e->d_name, "zswap", 5);
	closedir(d);
	return nr;
}

static int step_swap(struct zt_worker *w)
{
	unsigned char *area = areas[w->id];
	unsigned long page;

	for (page = 0; page < PAGES; page++)
		zt_fill_noise(area + page * zt_page, page, w->done + 1, zt_page / 4);
	return madvise(area, PAGES * (size_t)zt_page, MADV_PAGEOUT) ? errno : 0;
}

static void map_areas(void)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		areas[i] = mmap(NULL, PAGES * (size_t)zt_page, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (areas[i] == MAP_FAILED)
			ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
		madvise(areas[i], PAGES * (size_t)zt_page, MADV_NOHUGEPAGE);
	}
}

static void unmap_areas(void)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		munmap(areas[i], PAGES * (size_t)zt_page);
}

static int old_pool_is_freed(int id)
{
	struct zt_worker w[THREADS];
	int before = count_pools(), after, error, status;
	unsigned int i, tries = 0;

	if (before < 1)
		return zt_skip("no " POOLS "/zswap*");
	map_areas();
	memset(w, 0, sizeof(w));
	for (i = 0; i < THREADS; i++)
		w[i] = (struct zt_worker){ .name = "swap", .step = step_swap, .id = i };
	error = step_swap(&w[0]) ?: put(ZSWAP "max_pool_percent", "0");
	status = error ? zt_fail("set-up: %s", strerror(error)) : zt_storm_case(w, THREADS, 3000);
	put(ZSWAP "max_pool_percent", "20");
	unmap_areas();
	error = put(ZSWAP "compressor", "lz4") ?: zt_swapoff(id);
	if (status || error)
		return status ? status : zt_fail("swapoff: %s", strerror(error));
	while ((after = count_pools()) > before && tries++ < 50 * zt_slow())
		zt_sleep(100);
	return after <= before ? KSFT_PASS : zt_fail("%d pools are left of %d", after, before + 1);
}

int main(void)
{
	const char *missing;
	int id, error;

	zt_begin();
	if (access("/proc/swaps", F_OK) || access(ZSWAP "zpool", F_OK))
		ksft_exit_skip("no swap, or no zswap with zpools\n");
	ksft_set_plan(2);
	id = zt_add();
	missing = zt_set_params(params, ARRAY_SIZE(params));
	error = missing ? ENOENT : zt_put(id, "disksize", "64M") ?: zt_swapon(id);
	zt_result(missing ? zt_skip("can't set %s", missing) :
		  error ? zt_fail("swapon: %s", strerror(error)) : old_pool_is_freed(id),
		  "old_pool_is_freed");
	zt_restore_params(params, ARRAY_SIZE(params));
	zt_remove(id);
	return zt_end();
}
