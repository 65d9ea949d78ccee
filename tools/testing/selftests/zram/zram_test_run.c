// SPDX-License-Identifier: GPL-2.0
/* What the zram tests share: threads. */
#include "zram_test.h"

#include <stdarg.h>

/* Pages of a session. */
#define SESSION	32

static int stop;
/* Microseconds for which workers that have had their turn pause, too. */
static unsigned int calm;

/* What the kernel may say no with while the device changes under us. */
static int is_refusal(int error)
{
	static const int refusals[] = {
		EBUSY, EINVAL, ENODEV, ENOMEM, EIO, ECANCELED, ENOSPC, ENXIO,
		ENOENT, EAGAIN, EINTR
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		if (error == refusals[i])
			return 1;
	return 0;
}

uint32_t zt_random(struct zt_worker *w)
{
	w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return w->random >> 33;
}

int zt_stopping(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void count(struct zt_worker *w, int error)
{
	if (error == 0) {
		__atomic_add_fetch(&w->done, 1, __ATOMIC_RELAXED);
	} else if (error == ZT_WRONG) {
		w->wrong++;
	} else if (is_refusal(error)) {
		w->refused++;
	} else {
		w->odd++;
		w->odd_errno = error;
	}
}

static int had_its_turn(const struct zt_worker *w)
{
	return __atomic_load_n(&w->done, __ATOMIC_RELAXED) || w->optional;
}

static unsigned int pause_of(const struct zt_worker *w)
{
	if (!had_its_turn(w))
		return w->pause;
	return w->pause + __atomic_load_n(&calm, __ATOMIC_RELAXED);
}

/*
 * Nobody begins before all are there: a thread needs a new stack, and on
 * PREEMPT_RT mmap() may wait for ever for threads that fault all the time.
 */
static pthread_barrier_t all_there;

static void *work(void *arg)
{
	struct zt_worker *w = arg;
	unsigned int pause;

	pthread_barrier_wait(&all_there);
	while (!zt_stopping()) {
		count(w, w->step(w));
		pause = pause_of(w);
		if (pause)
			usleep(zt_random(w) % (2 * pause));
	}
	return NULL;
}

/* A test without its threads would say nothing. */
static void start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	if (pthread_create(thread, NULL, run, arg))
		ksft_exit_fail_msg("no thread\n");
}

void zt_start_workers(struct zt_worker *w, unsigned int count)
{
	unsigned int i;

	__atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&calm, 0, __ATOMIC_RELAXED);
	if (pthread_barrier_init(&all_there, NULL, count + 1))
		ksft_exit_fail_msg("no barrier\n");
	for (i = 0; i < count; i++) {
		w[i].random += 0x9e3779b97f4a7c15ULL * (i + 1);
		start(&w[i].thread, work, &w[i]);
	}
	pthread_barrier_wait(&all_there);
}

void zt_stop_workers(struct zt_worker *w, unsigned int count)
{
	unsigned int i;

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < count; i++)
		pthread_join(w[i].thread, NULL);
}

static int all_had_their_turn(const struct zt_worker *w, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count && had_its_turn(&w[i]); i++)
		;
	return i == count;
}

/*
 * On a slow machine a worker may never succeed, because the others undo what it
 * needs.  The storm then continues for about half a minute, times ZRAM_SLOW, at most,
 * with longer and longer pauses of the others.
 */
static void calm_down(const struct zt_worker *w, unsigned int count)
{
	unsigned int ms;

	for (ms = 10; ms < 1000 * zt_slow() && !all_had_their_turn(w, count); ms *= 2) {
		__atomic_store_n(&calm, ms * 1000, __ATOMIC_RELAXED);
		zt_sleep(20 * ms);
	}
	if (ms > 10)
		ksft_print_msg("not all had their turn before the rest paused for %u ms\n",
			       ms / 2);
}

void zt_storm(struct zt_worker *w, unsigned int count)
{
	zt_start_workers(w, count);
	zt_sleep(zt_seconds() * 1000);
	calm_down(w, count);
	zt_stop_workers(w, count);
}

/* --- a storm that is one case -------------------------------------------- */

static char first_wrong[128];
static int wrong_taken;

int zt_wrong(const char *format, ...)
{
	va_list args;

	if (__atomic_exchange_n(&wrong_taken, 1, __ATOMIC_ACQ_REL))
		return ZT_WRONG;
	va_start(args, format);
	vsnprintf(first_wrong, sizeof(first_wrong), format, args);
	va_end(args);
	return ZT_WRONG;
}

int zt_storm_case(struct zt_worker *w, unsigned int count, unsigned int ms)
{
	unsigned int i;

	wrong_taken = 0;
	zt_start_workers(w, count);
	zt_sleep(ms);
	zt_stop_workers(w, count);
	for (i = 0; i < count; i++) {
		ksft_print_msg("%s: %lu done, %lu refused, %lu wrong\n", w[i].name, w[i].done,
			       w[i].refused, w[i].wrong);
		if (w[i].odd)
			return zt_fail("%s: %s", w[i].name, strerror(w[i].odd_errno));
		if (!w[i].done && !w[i].wrong && !w[i].optional)
			return zt_fail("%s: nothing was done", w[i].name);
	}
	return wrong_taken ? zt_fail("%s", first_wrong) : KSFT_PASS;
}

/* --- steps --------------------------------------------------------------- */

int zt_step_reset(struct zt_worker *w)
{
	return zt_put(w->id, "reset", "1");
}

/*
 * A reset that waits for disksize comes as soon as that is done, and nobody else
 * would ever find the device sized.
 */
int zt_step_end_life(struct zt_worker *w)
{
	char text[8] = "0";
	int error;

	while (text[0] != '1' && !zt_stopping()) {
		zt_get(w->id, "initstate", text, sizeof(text));
		usleep(500);
	}
	usleep(zt_random(w) % 60000);
	/* It may be open. */
	while ((error = zt_step_reset(w)) == EBUSY && !zt_stopping())
		usleep(500);
	return error;
}

int zt_step_compact(struct zt_worker *w)
{
	return zt_put(w->id, "compact", "1");
}

int zt_step_idle(struct zt_worker *w)
{
	return zt_put(w->id, "idle", "all");
}

int zt_step_stats(struct zt_worker *w)
{
	return zt_read_all(w->id);
}

int zt_step_block_state(struct zt_worker *w)
{
	return zt_read_block_state(w->id);
}

static int write_and_read(int fd, unsigned long first, unsigned long pages,
			  int (*between)(int id), int id)
{
	unsigned long step = pages / SESSION ? pages / SESSION : 1;
	unsigned long last = first + pages - 1;
	uint32_t generation = zt_generation();
	unsigned int done = 0, i;
	int error = 0;

	while (done < SESSION && done < pages && !error)
		error = zt_write_page(fd, last - done++ * step, generation);
	/* The one that was refused holds what it held. */
	if (error)
		done--;
	else if (between)
		error = between(id);
	for (i = 0; i < done; i++)
		if (zt_must_read(fd, last - i * step, generation))
			return ZT_WRONG;
	return error;
}

int zt_session(int id, unsigned int part, unsigned int parts, int (*between)(int id))
{
	int fd = zt_try_open(id, O_RDWR | O_DIRECT), error = ENXIO;
	unsigned long pages;

	if (fd < 0)
		return -fd;
	pages = zt_pages(fd) / parts;
	if (pages)
		error = write_and_read(fd, part * pages, pages, between, id);
	close(fd);
	return error;
}

int zt_step_session(struct zt_worker *w)
{
	return zt_session(w->id, 0, 1, NULL);
}

int zt_write_back(int id)
{
	char text[128];
	int error = zt_put(id, "idle", "all");

	if (!error)
		error = zt_put(id, "writeback", "idle");
	if (!error)
		error = zt_get(id, "bd_stat", text, sizeof(text));
	if (!error && atoi(text) == 0)
		error = EAGAIN;
	return error;
}

/* --- one call ------------------------------------------------------------ */

static void *run_task(void *arg)
{
	struct zt_task *t = arg;

	t->error = t->run(t->arg);
	t->ended = zt_now();
	__atomic_store_n(&t->over, 1, __ATOMIC_RELEASE);
	return NULL;
}

void zt_task_start(struct zt_task *t, int (*run)(void *arg), void *arg)
{
	memset(t, 0, sizeof(*t));
	t->run = run;
	t->arg = arg;
	t->began = zt_now();
	start(&t->thread, run_task, t);
}

int zt_task_over(const struct zt_task *t)
{
	return __atomic_load_n(&t->over, __ATOMIC_ACQUIRE);
}

int zt_task_join(struct zt_task *t)
{
	pthread_join(t->thread, NULL);
	return t->error;
}

int zt_task_reset(void *id)
{
	return zt_put(*(int *)id, "reset", "1");
}

int zt_task_remove(void *id)
{
	return zt_hot_remove(*(int *)id);
}

/* --- a reset during a writeback ------------------------------------------ */

static int write_back_huge(void *id)
{
	return zt_put(*(int *)id, "writeback", "huge");
}

static int fill_with_noise(int id)
{
	int fd = zt_open(id, O_RDWR | O_DIRECT), error = 0;
	unsigned long page, pages;

	if (fd < 0)
		return -fd;
	pages = zt_pages(fd);
	for (page = 0; page < pages && !error; page++)
		error = zt_write_noise(fd, page, 1, zt_page);
	close(fd);
	return error;
}

/* Some blocks are out. */
static void wait_for_writes(int id, const struct zt_task *t)
{
	char text[128] = "0";

	while (!zt_task_over(t) && !zt_get(id, "bd_stat", text, sizeof(text)) &&
	       atoi(text) == 0)
		usleep(500);
}

/* *overlap says whether the reset began before the writeback was over. */
static int reset_during_writeback(int id, int *overlap)
{
	int error = fill_with_noise(id);
	struct zt_task t;

	if (error)
		return error;
	zt_task_start(&t, write_back_huge, &id);
	wait_for_writes(id, &t);
	*overlap = !zt_task_over(&t);
	error = zt_reset(id);
	zt_task_join(&t);
	return error;
}

int zt_reset_meets_writeback(int id, int (*set_up)(int id))
{
	int error = zt_reset(id), overlap = 0, tries;

	/* On a busy machine the writeback may be over before this thread runs. */
	for (tries = 0; tries < 10 && !error && !overlap; tries++) {
		error = set_up(id);
		if (!error)
			error = reset_during_writeback(id, &overlap);
	}
	if (error)
		return zt_fail("%s", strerror(error));
	if (!overlap)
		return zt_skip("each writeback was over before the reset, the machine is too slow");
	return KSFT_PASS;
}
