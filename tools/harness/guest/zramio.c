// SPDX-License-Identifier: GPL-2.0
/*
 * zramio DEVICE STATE fill
 * zramio DEVICE STATE THREADS SECONDS READ_PERCENT SEED
 * zramio DEVICE STATE check
 *
 * Random reads and overwrites of whole pages of a block device, past the page
 * cache.  STATE is a file that keeps the generation of each page from one call
 * to the next; fill writes each page once and begins it.  Each thread has pages
 * of its own, so that the expected data of each read is known.
 *
 * The kernel is measured, so the program does little itself: a write is one of
 * some prepared pages with a new first word, and a read is checked by that word
 * and by some more, at places that change, so that each word has its turn.
 * check reads each page once and looks at all of it.
 *
 * Prints:
 *	wrong: page N word I got XX want XX
 *	ops, reads, writes: N		what succeeded
 *	errors: N			what the kernel refused
 *	lost: N				pages that were not what was written
 *	per_second: N			ops, where SECONDS were given
 * Status 1 if there were errors or lost pages.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "data.h"
#include "report.h"

#define MAX_THREADS	64
/* Prepared pages; any multiple of 64 has every kind in its share. */
#define TEMPLATES	256U
#define WRONG_SHOWN	10

struct worker {
	pthread_t thread;
	uint64_t random;
	unsigned long first_page, pages;
	uint64_t (*template)[WORDS];
	uint64_t *buffer;
	unsigned long reads, writes, errors, lost;
};

static int device;
static unsigned int read_percent;
/* One word out of so many is looked at. */
static unsigned int stride = 64;
static uint32_t *generation;

static pthread_barrier_t begin;
static int stop;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- what a page holds --------------------------------------------------- */

static unsigned int template_of(unsigned long page)
{
	uint64_t state = (uint64_t)page << 32 | generation[page];

	return next(&state) % TEMPLATES;
}

static int same_filled(unsigned int template)
{
	return template % 64 == 0;
}

/* Sizes spread evenly over all that noise_words() gives. */
static void make_templates(uint64_t (*to)[WORDS])
{
	uint64_t state = 1;
	unsigned int i;

	for (i = 0; i < TEMPLATES; i++)
		fill_page(to[i], noise_words((uint64_t)i << 58 | i * (1024 / TEMPLATES)),
			  &state);
}

/* The first word tells pages and generations apart. */
static uint64_t stamp(unsigned long page)
{
	return (uint64_t)page << 32 | generation[page];
}

static uint64_t want(const struct worker *w, unsigned long page, unsigned int i)
{
	unsigned int template = template_of(page);

	if (i == 0 || same_filled(template))
		return stamp(page);
	return w->template[template][i];
}

static const void *prepare(struct worker *w, unsigned long page)
{
	unsigned int template = template_of(page), i;
	uint64_t *words = w->template[template];

	words[0] = stamp(page);
	if (same_filled(template))
		for (i = 1; i < WORDS; i++)
			words[i] = words[0];
	return words;
}

/* --- one read, one write ------------------------------------------------- */

static void write_page(struct worker *w, unsigned long page)
{
	generation[page]++;
	if (pwrite(device, prepare(w, page), PAGE, page * PAGE) == PAGE) {
		w->writes++;
		return;
	}
	if (w->errors++ == 0)
		perror("zramio: write");
	/* The old content is still there. */
	generation[page]--;
}

/* Returns the first word, of those looked at, that is wrong; WORDS if none is. */
static unsigned int find_wrong(struct worker *w, unsigned long page)
{
	unsigned int i;

	if (w->buffer[0] != want(w, page, 0))
		return 0;
	for (i = w->reads % stride; i < WORDS; i += stride)
		if (w->buffer[i] != want(w, page, i))
			return i;
	return WORDS;
}

/* A lost page is reported, then restored, so that it counts once. */
static void read_page(struct worker *w, unsigned long page)
{
	unsigned int i;

	if (pread(device, w->buffer, PAGE, page * PAGE) != PAGE) {
		if (w->errors++ == 0)
			perror("zramio: read");
		return;
	}
	i = find_wrong(w, page);
	w->reads++;
	if (i == WORDS)
		return;
	if (w->lost++ < WRONG_SHOWN)
		report("wrong: page %lu word %u got %016llx want %016llx\n", page, i,
		     (unsigned long long)w->buffer[i],
		     (unsigned long long)want(w, page, i));
	write_page(w, page);
}

/* --- threads ------------------------------------------------------------- */

static void *pages_of_memory(unsigned long count)
{
	void *p = aligned_alloc(PAGE, count * PAGE);

	if (!p)
		die("zramio: memory");
	return p;
}

/* The pages are shared out evenly; what does not divide is left alone. */
static void set_up(struct worker *w, unsigned long pages, unsigned int i, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->random = seed + ((uint64_t)i << 32);
	w->first_page = i * pages;
	w->pages = pages;
	w->buffer = pages_of_memory(1);
	w->template = pages_of_memory(TEMPLATES);
	make_templates(w->template);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(&begin);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint64_t random = next(&w->random);
		unsigned long page = w->first_page + (uint32_t)random % w->pages;

		if ((random >> 32) % 100 < read_percent)
			read_page(w, page);
		else
			write_page(w, page);
	}
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Returns how long it really was; a busy machine wakes us late. */
static double run(struct worker *worker, unsigned int threads, unsigned int seconds)
{
	double began, took;
	unsigned int i;

	pthread_barrier_init(&begin, NULL, threads + 1);
	for (i = 0; i < threads; i++)
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			die("zramio: thread");
	pthread_barrier_wait(&begin);
	began = now();
	sleep(seconds);
	took = now() - began;
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < threads; i++)
		pthread_join(worker[i].thread, NULL);
	return took;
}

/* --- the program --------------------------------------------------------- */

static void usage(void)
{
	fputs("usage: zramio DEVICE STATE fill|check\n"
	      "       zramio DEVICE STATE THREADS SECONDS READ_PERCENT SEED\n", stderr);
	exit(2);
}

static unsigned long number(const char *text, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < min || n > max)
		usage();
	return n;
}

/* Returns the number of pages. */
static unsigned long open_device(const char *path)
{
	off_t size;

	device = open(path, O_RDWR | O_DIRECT);
	if (device < 0)
		die(path);
	size = lseek(device, 0, SEEK_END);
	if (size < (off_t)(MAX_THREADS * PAGE)) {
		fprintf(stderr, "%s: is too small\n", path);
		exit(1);
	}
	return size / PAGE;
}

static void open_state(const char *path, unsigned long pages, int fill)
{
	off_t size = pages * sizeof(*generation);
	int fd = open(path, O_RDWR | (fill ? O_CREAT | O_TRUNC : 0), 0600);

	if (fd < 0 || (fill && ftruncate(fd, size)))
		die(path);
	if (lseek(fd, 0, SEEK_END) != size) {
		fprintf(stderr, "%s: is of another device; fill first\n", path);
		exit(1);
	}
	generation = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (generation == MAP_FAILED)
		die(path);
	close(fd);
}

/* Adds up what the workers did; took is 0 where no time was measured. */
static int report_workers(const struct worker *worker, unsigned int threads, double took)
{
	unsigned long reads = 0, writes = 0, errors = 0, lost = 0;
	unsigned int i;

	for (i = 0; i < threads; i++) {
		reads += worker[i].reads;
		writes += worker[i].writes;
		errors += worker[i].errors;
		lost += worker[i].lost;
	}
	report("ops: %lu\nreads: %lu\nwrites: %lu\nerrors: %lu\nlost: %lu\n",
	     reads + writes, reads, writes, errors, lost);
	if (took > 0)
		report("per_second: %.0f\n", (reads + writes) / took);
	return errors || lost;
}

/* One of the two modes that take all pages in order and no time. */
static int once(const char *mode, struct worker *worker, unsigned long pages)
{
	unsigned long page;

	set_up(worker, pages, 0, 0);
	stride = 1;
	for (page = 0; page < pages; page++)
		if (!strcmp(mode, "fill"))
			write_page(worker, page);
		else
			read_page(worker, page);
	return report_workers(worker, 1, 0);
}

int main(int argc, char **argv)
{
	static struct worker worker[MAX_THREADS];
	unsigned int threads, seconds, i;
	unsigned long pages;
	uint64_t seed;

	if (argc == 4 && (!strcmp(argv[3], "fill") || !strcmp(argv[3], "check"))) {
		pages = open_device(argv[1]);
		open_state(argv[2], pages, !strcmp(argv[3], "fill"));
		return once(argv[3], worker, pages);
	}
	if (argc != 7)
		usage();
	threads = number(argv[3], 1, MAX_THREADS);
	seconds = number(argv[4], 1, 1000000);
	read_percent = number(argv[5], 0, 100);
	seed = number(argv[6], 0, ~0UL);
	pages = open_device(argv[1]);
	open_state(argv[2], pages, 0);
	for (i = 0; i < threads; i++)
		set_up(&worker[i], pages / threads, i, seed);
	return report_workers(worker, threads, run(worker, threads, seconds));
}
