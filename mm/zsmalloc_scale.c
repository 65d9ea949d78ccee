// SPDX-License-Identifier: GPL-2.0
/*
 * How long the operations of zsmalloc take, alone and concurrently
 *
 * Threads work on objects of their own in one pool, whose objects are mixed in
 * the zspages.  For each operation, or pair of operations, the test prints how
 * long one took on average: the median, least and most of several runs.  With
 * the parameters compact and migrate, other threads do so all the time.
 *
 *	echo 4 >/sys/module/zsmalloc_scale/parameters/threads
 *	echo 1 >/sys/module/zsmalloc_scale/parameters/run
 *
 * and run reads N when the test is over.  The test uses only the exported API
 * of zsmalloc, so that the same file measures kernels with other locks.
 *
 * The course of a run is that of kernel/rcu/refscale.c: each thread has a CPU of
 * its own, warms up until all have, is timed, and continues until all were, so
 * that no thread is timed while others are idle.  A thread that compacts or
 * migrates runs on any CPU, and competes with the thread bound to that CPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/zsmalloc.h>

#define MAX_RUNS	50U
#define MAX_SIZES	16

static unsigned int threads = 1;
module_param(threads, uint, 0644);
MODULE_PARM_DESC(threads, "how many work at once, each on a CPU (0: all CPUs)");

static unsigned int objs = 2000;
module_param(objs, uint, 0644);
MODULE_PARM_DESC(objs, "objects of each thread");

static unsigned int sizes[MAX_SIZES] = { 32, 256, 800, 1600, 3000 };
static unsigned int nr_sizes = 5;
module_param_array(sizes, uint, &nr_sizes, 0644);
MODULE_PARM_DESC(sizes, "their sizes in bytes, each as likely as the others");

static unsigned int share = 90;
module_param(share, uint, 0644);
MODULE_PARM_DESC(share, "in pairs, percent of the first operation");

static unsigned int rounds = 10;
module_param(rounds, uint, 0644);
MODULE_PARM_DESC(rounds, "how often a run goes through all objects");

static unsigned int runs = 5;
module_param(runs, uint, 0644);
MODULE_PARM_DESC(runs, "runs of each operation");

static bool compact;
module_param(compact, bool, 0644);
MODULE_PARM_DESC(compact, "compact the pool during the test");

static bool migrate;
module_param(migrate, bool, 0644);
MODULE_PARM_DESC(migrate, "migrate pages of the pool during the test (not as a module)");

struct scale_obj {
	unsigned long handle;	/* 0 if there was no memory */
	unsigned int size;	/* a multiple of 8 */
	unsigned int offset;	/* its data is what stands there in the pattern */
};

struct scale_worker {
	struct task_struct *task;
	struct scale_obj *objs;
	unsigned int *order;	/* in which it takes them */
	void *copy;		/* of one that spans pages */
	struct rnd_state rnd;
	u64 ns;			/* of the passes that were timed */
	unsigned long failed, wrong;
};

/*
 * One test at a time.  start_test() takes the parameters, and from then on all of
 * it is the main thread's, which clears it before it says that it is over.
 */
static struct {
	unsigned int threads, objs, share, rounds, runs;
	unsigned int sizes[MAX_SIZES], nr_sizes;
	bool compact, migrate;

	struct zs_pool *pool;
	u64 *pattern;			/* two pages of noise */
	struct scale_worker *workers;
	struct scale_worker bait;	/* its objects show where pages are */
	const struct scale_op *op;
	atomic_t warm, timed;
	struct completion all_timed;
	atomic_long_t compactions, migrated, refused;
} scale;

/* Somebody wants it to end early */
static bool ending;

/* --- one operation on one object ----------------------------------------- */

/* Pages without an address of their own could not be found for migration */
static gfp_t obj_gfp(void)
{
	return GFP_KERNEL | __GFP_MOVABLE | __GFP_NOWARN |
	       (scale.migrate ? 0 : __GFP_HIGHMEM);
}

static void obj_alloc(struct scale_worker *w, struct scale_obj *obj)
{
	obj->handle = zs_malloc(scale.pool, obj->size, obj_gfp());
	if (!obj->handle)
		w->failed++;
}

static void obj_free(struct scale_worker *w, struct scale_obj *obj)
{
	if (obj->handle)
		zs_free(scale.pool, obj->handle);
	obj->handle = 0;
}

static const u64 *data_of(const struct scale_obj *obj)
{
	return scale.pattern + obj->offset;
}

/* Other data each time, so that what is stale is noticed */
static void obj_write(struct scale_worker *w, struct scale_obj *obj)
{
	if (!obj->handle)
		return;
	obj->offset = prandom_u32_state(&w->rnd) % (PAGE_SIZE / sizeof(u64));
	zs_obj_write(scale.pool, obj->handle, data_of(obj), obj->size);
}

/* Its ends only: comparing all of it would be most of what is timed */
static void obj_read(struct scale_worker *w, struct scale_obj *obj)
{
	size_t last = obj->size - sizeof(u64);
	const void *want = data_of(obj), *got;

	if (!obj->handle)
		return;
	got = zs_obj_read_begin(scale.pool, obj->handle, w->copy);
	w->wrong += memcmp(got, want, sizeof(u64)) ||
		    memcmp(got + last, want + last, sizeof(u64));
	zs_obj_read_end(scale.pool, obj->handle, got);
}

/* What an overwrite is for zram */
static void obj_renew(struct scale_worker *w, struct scale_obj *obj)
{
	obj_free(w, obj);
	obj_alloc(w, obj);
	obj_write(w, obj);
}

static void obj_check(struct scale_worker *w, struct scale_obj *obj)
{
	const void *got;

	if (!obj->handle)
		return;
	got = zs_obj_read_begin(scale.pool, obj->handle, w->copy);
	w->wrong += !!memcmp(got, data_of(obj), obj->size);
	zs_obj_read_end(scale.pool, obj->handle, got);
}

typedef void (*obj_fn)(struct scale_worker *w, struct scale_obj *obj);

static void visit_objs(struct scale_worker *w, obj_fn fn)
{
	unsigned int i;

	for (i = 0; i < scale.objs; i++) {
		fn(w, &w->objs[w->order[i]]);
		if (i % 1024 == 0)
			cond_resched();
	}
}

/* --- what is timed ------------------------------------------------------- */

static const struct scale_op {
	const char *name;
	obj_fn first, second;	/* the second takes what the share leaves */
	obj_fn before, after;	/* not timed */
} scale_ops[] = {
	{ "alloc", obj_alloc, NULL, obj_free, obj_write },
	{ "read", obj_read },
	{ "write", obj_write },
	{ "free", obj_free, NULL, NULL, obj_renew },
	{ "read+write", obj_read, obj_write },
	{ "read+renew", obj_read, obj_renew },
	{ "write+renew", obj_write, obj_renew },
};

/* Once over all objects; returns how long that took, in ns */
static u64 scale_pass(struct scale_worker *w)
{
	const struct scale_op *op = scale.op;
	unsigned int i;
	u64 began, took;

	if (op->before)
		visit_objs(w, op->before);
	began = ktime_get_ns();
	for (i = 0; i < scale.objs; i++) {
		struct scale_obj *obj = &w->objs[w->order[i]];

		if (op->second && prandom_u32_state(&w->rnd) % 100 >= scale.share)
			op->second(w, obj);
		else
			op->first(w, obj);
	}
	took = ktime_get_ns() - began;
	if (op->after)
		visit_objs(w, op->after);
	cond_resched();
	return took;
}

static int scale_thread(void *data)
{
	struct scale_worker *w = data;
	unsigned int round;

	scale_pass(w);
	atomic_inc(&scale.warm);
	while (atomic_read(&scale.warm) < scale.threads && !kthread_should_stop())
		scale_pass(w);
	for (round = 0; round < scale.rounds && !kthread_should_stop(); round++)
		w->ns += scale_pass(w);
	if (atomic_inc_return(&scale.timed) == scale.threads)
		complete(&scale.all_timed);
	while (!kthread_should_stop())
		scale_pass(w);
	return 0;
}

/* --- those who are in the way -------------------------------------------- */

static int scale_compactor(void *data)
{
	while (!kthread_should_stop()) {
		zs_compact(scale.pool);
		atomic_long_inc(&scale.compactions);
		cond_resched();
	}
	return 0;
}

#ifndef MODULE
static struct page *new_page(struct page *page, unsigned long private)
{
	return alloc_page(GFP_HIGHUSER_MOVABLE);
}

/*
 * The page that holds an object; or that of a copy, if it spans pages.
 * isolate_movable_page() looks at any page.
 */
static struct page *page_near(struct scale_worker *w, const struct scale_obj *obj)
{
	const void *p = zs_obj_read_begin(scale.pool, obj->handle, w->copy);
	struct page *page = virt_to_page(p);

	zs_obj_read_end(scale.pool, obj->handle, p);
	return page;
}

static void migrate_one(struct scale_worker *w, struct scale_obj *obj)
{
	struct page *page = obj->handle ? page_near(w, obj) : NULL;
	LIST_HEAD(list);

	if (!page || isolate_movable_page(page, 0))
		return;
	list_add(&page->lru, &list);
	if (migrate_pages(&list, new_page, NULL, 0, MIGRATE_SYNC, MR_COMPACTION)) {
		putback_movable_pages(&list);
		atomic_long_inc(&scale.refused);
	} else {
		atomic_long_inc(&scale.migrated);
	}
}
#else
static void migrate_one(struct scale_worker *w, struct scale_obj *obj)
{
}
#endif

static int scale_migrator(void *data)
{
	while (!kthread_should_stop())
		visit_objs(&scale.bait, migrate_one);
	return 0;
}

/* --- a run --------------------------------------------------------------- */

/* Returns NULL if there is none; @cpu may be -1, for any */
static struct task_struct *scale_start(int (*fn)(void *data), void *data, int cpu)
{
	struct task_struct *task = kthread_create(fn, data, "zsmalloc_scale");

	if (IS_ERR(task))
		return NULL;
	if (cpu >= 0)
		kthread_bind(task, cpu);
	wake_up_process(task);
	return task;
}

static void scale_stop(struct task_struct *task)
{
	if (task)
		kthread_stop(task);
}

static void stop_workers(void)
{
	unsigned int i;

	for (i = 0; i < scale.threads; i++)
		scale_stop(scale.workers[i].task);
}

static int start_workers(void)
{
	unsigned int i;
	int cpu = -1, error = 0;

	for (i = 0; i < scale.threads; i++) {
		struct scale_worker *w = &scale.workers[i];

		cpu = cpumask_next(cpu, cpu_online_mask);
		w->ns = 0;
		w->task = cpu < nr_cpu_ids ? scale_start(scale_thread, w, cpu) : NULL;
		if (!w->task)
			error = -EAGAIN;
	}
	return error;
}

/* Hundredths of a nanosecond for one operation */
static int one_run(unsigned long *took)
{
	unsigned int i;
	u64 ns = 0;
	int error;

	atomic_set(&scale.warm, 0);
	atomic_set(&scale.timed, 0);
	reinit_completion(&scale.all_timed);
	error = start_workers();
	while (!error && !wait_for_completion_timeout(&scale.all_timed, HZ))
		if (READ_ONCE(ending))
			error = -EINTR;
	stop_workers();
	for (i = 0; i < scale.threads; i++)
		ns += scale.workers[i].ns;
	*took = div64_u64(ns * 100, (u64)scale.threads * scale.rounds * scale.objs);
	return error;
}

static int cmp_ulong(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

#define NS_INT(t)	((t) / 100)
#define NS_FRAC(t)	((t) % 100)

static int measure(const struct scale_op *op)
{
	unsigned long took[MAX_RUNS], *median = &took[scale.runs / 2];
	unsigned long *least = took, *most = &took[scale.runs - 1];
	unsigned int i;
	int error;

	scale.op = op;
	for (i = 0; i < scale.runs; i++) {
		error = one_run(&took[i]);
		if (error)
			return error;
	}
	sort(took, scale.runs, sizeof(*took), cmp_ulong, NULL);
	pr_info("op=%s threads=%u compact=%d migrate=%d median=%lu.%02lu min=%lu.%02lu max=%lu.%02lu ns\n",
		op->name, scale.threads, scale.compact, scale.migrate,
		NS_INT(*median), NS_FRAC(*median), NS_INT(*least), NS_FRAC(*least),
		NS_INT(*most), NS_FRAC(*most));
	return 0;
}

/* What did not happen was not measured */
static int check_others(void)
{
	long compactions = atomic_long_read(&scale.compactions);
	long migrated = atomic_long_read(&scale.migrated);

	if (scale.compact || scale.migrate)
		pr_info("compactions=%ld migrated=%ld refused=%ld\n", compactions,
			migrated, atomic_long_read(&scale.refused));
	return (scale.compact && !compactions) || (scale.migrate && !migrated) ?
	       -ENODATA : 0;
}

static int measure_all(void)
{
	struct task_struct *others[] = {
		scale.compact ? scale_start(scale_compactor, NULL, -1) : NULL,
		scale.migrate ? scale_start(scale_migrator, NULL, -1) : NULL,
	};
	unsigned int i;
	int error = 0;

	if (!others[0] != !scale.compact || !others[1] != !scale.migrate)
		error = -EAGAIN;
	for (i = 0; i < ARRAY_SIZE(scale_ops) && !error; i++)
		error = measure(&scale_ops[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		scale_stop(others[i]);
	return error ?: check_others();
}

/* --- a test -------------------------------------------------------------- */

static bool fits(unsigned int value, unsigned int least, unsigned int most)
{
	return value >= least && value <= most;
}

static int check_parameters(void)
{
	unsigned int i;

	if (scale.migrate && (IS_MODULE(CONFIG_ZSMALLOC_SCALE_TEST) ||
			      !IS_ENABLED(CONFIG_COMPACTION)))
		return -EOPNOTSUPP;
	for (i = 0; i < scale.nr_sizes; i++)
		if (!fits(scale.sizes[i], sizeof(u64), PAGE_SIZE))
			return -EINVAL;
	return fits(scale.threads, 1, num_online_cpus()) &&
	       fits(scale.objs, 1, 100000) && fits(scale.rounds, 1, 100000) &&
	       fits(scale.runs, 1, MAX_RUNS) && scale.nr_sizes &&
	       scale.share <= 100 ? 0 : -EINVAL;
}

/* Under the lock of the parameters, while no test runs */
static int take_parameters(void)
{
	scale.threads = threads ?: num_online_cpus();
	scale.objs = objs;
	scale.share = share;
	scale.rounds = rounds;
	scale.runs = runs;
	scale.nr_sizes = nr_sizes;
	memcpy(scale.sizes, sizes, sizeof(sizes));
	scale.compact = compact;
	scale.migrate = migrate;
	return check_parameters();
}

static int set_up_worker(struct scale_worker *w, u64 seed)
{
	unsigned int i;

	prandom_seed_state(&w->rnd, seed);
	w->objs = kvcalloc(scale.objs, sizeof(*w->objs), GFP_KERNEL);
	w->order = kvcalloc(scale.objs, sizeof(*w->order), GFP_KERNEL);
	w->copy = (void *)__get_free_page(GFP_KERNEL);
	if (!w->objs || !w->order || !w->copy)
		return -ENOMEM;
	for (i = 0; i < scale.objs; i++) {
		unsigned int other = prandom_u32_state(&w->rnd) % (i + 1);
		unsigned int size = prandom_u32_state(&w->rnd) % scale.nr_sizes;

		w->order[i] = w->order[other];
		w->order[other] = i;
		w->objs[i].size = round_down(scale.sizes[size], sizeof(u64));
	}
	return 0;
}

/* Dealt out in turn, so that each zspage has objects of several; few are bait */
static void deal(void)
{
	unsigned int i, j;

	for (i = 0; i < scale.objs; i++) {
		for (j = 0; j < scale.threads; j++)
			obj_renew(&scale.workers[j], &scale.workers[j].objs[i]);
		if (i % 8 == 0)
			obj_renew(&scale.bait, &scale.bait.objs[i]);
		cond_resched();
	}
}

static int set_up(void)
{
	unsigned int i, words = 2 * PAGE_SIZE / sizeof(u64);
	struct rnd_state rnd;
	int error;

	init_completion(&scale.all_timed);
	scale.workers = kcalloc(scale.threads, sizeof(*scale.workers), GFP_KERNEL);
	scale.pattern = kmalloc_array(words, sizeof(u64), GFP_KERNEL);
	scale.pool = zs_create_pool("zsmalloc_scale");
	if (!scale.workers || !scale.pattern || !scale.pool)
		return -ENOMEM;
	prandom_seed_state(&rnd, 1);
	prandom_bytes_state(&rnd, scale.pattern, words * sizeof(u64));
	error = set_up_worker(&scale.bait, 1);
	for (i = 0; i < scale.threads && !error; i++)
		error = set_up_worker(&scale.workers[i], i + 2);
	if (!error)
		deal();
	return error;
}

/* All that it held has to be right, all of it */
static int check_worker(struct scale_worker *w)
{
	visit_objs(w, obj_check);
	if (w->wrong)
		pr_err("%lu objects with wrong data\n", w->wrong);
	return w->wrong ? -EIO : w->failed ? -ENOMEM : 0;
}

static int check_all(void)
{
	int error = check_worker(&scale.bait), bad;
	unsigned int i;

	for (i = 0; i < scale.threads; i++) {
		bad = check_worker(&scale.workers[i]);
		error = bad ?: error;
	}
	return error;
}

static void tear_down_worker(struct scale_worker *w)
{
	if (w->objs && w->order)
		visit_objs(w, obj_free);
	kvfree(w->objs);
	kvfree(w->order);
	free_page((unsigned long)w->copy);
}

static void tear_down(void)
{
	unsigned int i;

	for (i = 0; scale.workers && i < scale.threads; i++)
		tear_down_worker(&scale.workers[i]);
	tear_down_worker(&scale.bait);
	if (scale.pool)
		zs_destroy_pool(scale.pool);
	kfree(scale.pattern);
	kfree(scale.workers);
	memset(&scale, 0, sizeof(scale));
}

static int run_test(void)
{
	int error = set_up(), bad = 0;

	if (!error) {
		error = measure_all();
		bad = check_all();
	}
	tear_down();
	return bad ?: error;
}

/* --- its life ------------------------------------------------------------ */

static bool running;

static int main_thread(void *data)
{
	int error = run_test();

	if (error)
		pr_err("End of test: FAILURE: %d\n", error);
	else
		pr_info("End of test: SUCCESS\n");
	smp_store_release(&running, false);	/* pairs with is_running() */
	module_put_and_kthread_exit(0);
}

static bool is_running(void)
{
	return smp_load_acquire(&running);	/* pairs with main_thread() */
}

/* Under the lock of the parameters; the module stays until the thread ends */
static int start_test(void)
{
	struct task_struct *task;
	int error;

	if (is_running())
		return -EBUSY;
	error = take_parameters();
	if (error)
		return error;
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	WRITE_ONCE(ending, false);
	running = true;
	task = kthread_run(main_thread, NULL, "zsmalloc_scale");
	if (IS_ERR(task)) {
		running = false;
		module_put(THIS_MODULE);
	}
	return PTR_ERR_OR_ZERO(task);
}

/* What is said before there was an init is done by that */
static bool initialized, run_at_init;

static int run_set(const char *val, const struct kernel_param *kp)
{
	bool wanted;
	int error = kstrtobool(val, &wanted);

	if (error)
		return error;
	if (initialized && wanted)
		return start_test();
	if (!initialized)
		run_at_init = wanted;
	else
		WRITE_ONCE(ending, true);
	return 0;
}

static int run_get(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%c\n", is_running() ? 'Y' : 'N');
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};
module_param_cb(run, &run_ops, NULL, 0644);
MODULE_PARM_DESC(run, "1 runs the test, 0 ends it; reads Y until it is over");

static int __init zsmalloc_scale_init(void)
{
	int error = 0;

	kernel_param_lock(THIS_MODULE);
	initialized = true;
	if (run_at_init)
		error = start_test();
	kernel_param_unlock(THIS_MODULE);
	return error;
}
late_initcall(zsmalloc_scale_init);

/* While a test runs the module can't go */
static void __exit zsmalloc_scale_exit(void)
{
}
module_exit(zsmalloc_scale_exit);

MODULE_LICENSE("GPL");
