// SPDX-License-Identifier: GPL-2.0
/*
 * How long the operations of zsmalloc take, alone and beside each other
 *
 * Threads work on objects of their own in one pool, whose objects are mixed in
 * the zspages.  For each operation, or pair of operations, it is printed how
 * long one took on average: the median, least and most of several runs.  If asked
 * for, the pool is compacted without a pause meanwhile, and its pages migrate.
 *
 *	echo 4 >/sys/module/zsmalloc_scale/parameters/threads
 *	echo 1 >/sys/module/zsmalloc_scale/parameters/run
 *
 * and run reads N when it is over.  It uses nothing but what zsmalloc offers to
 * all, so that the same file measures kernels with other locks.
 *
 * The course of a run is that of kernel/rcu/refscale.c: each thread warms up until
 * all have, is timed, and goes on until all were, so that nobody is timed while
 * others rest.
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
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/zsmalloc.h>

#define MAX_THREADS	64U
#define MAX_RUNS	50
#define MAX_SIZES	16
#define GFP_OBJ		(GFP_KERNEL | __GFP_HIGHMEM | __GFP_MOVABLE | __GFP_NOWARN)

static unsigned int threads = 1;
module_param(threads, uint, 0644);
MODULE_PARM_DESC(threads, "how many work at once (0: one for each CPU)");

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
MODULE_PARM_DESC(compact, "compact the pool meanwhile");

static bool migrate;
module_param(migrate, bool, 0644);
MODULE_PARM_DESC(migrate, "migrate pages of the pool meanwhile (not as a module)");

struct obj {
	unsigned long handle;	/* 0 if there was no memory */
	unsigned int size;	/* a multiple of 8 */
	unsigned int offset;	/* its data is what stands there in the pattern */
};

struct worker {
	struct task_struct *task;
	struct obj *objs;
	unsigned int *order;	/* in which it takes them */
	struct rnd_state rnd;
	u64 ns;			/* of the passes that were timed */
	unsigned long failed, wrong;
};

/* Only one test at a time runs; what it works with, from set_up() to tear_down() */
static struct {
	struct zs_pool *pool;
	u64 *pattern;		/* two pages of noise */
	struct worker *workers;
	struct worker bait;	/* its objects show where pages are */
	unsigned int threads, objs, share, rounds, runs;
	bool compact, migrate;
	const struct op *op;
	atomic_t warm, timed;
	struct completion all_timed;
	atomic_long_t compactions, migrated, refused;	/* in this measure() */
} test;

/* --- one operation on one object ----------------------------------------- */

static void obj_alloc(struct worker *w, struct obj *obj)
{
	obj->handle = zs_malloc(test.pool, obj->size, GFP_OBJ);
	if (!obj->handle)
		w->failed++;
}

static void obj_free(struct worker *w, struct obj *obj)
{
	if (obj->handle)
		zs_free(test.pool, obj->handle);
	obj->handle = 0;
}

static const u64 *data_of(const struct obj *obj)
{
	return test.pattern + obj->offset;
}

/* Other data each time, so that what is stale is noticed */
static void obj_write(struct worker *w, struct obj *obj)
{
	void *to;

	if (!obj->handle)
		return;
	obj->offset = prandom_u32_state(&w->rnd) % (PAGE_SIZE / sizeof(u64));
	to = zs_map_object(test.pool, obj->handle, ZS_MM_WO);
	memcpy(to, data_of(obj), obj->size);
	zs_unmap_object(test.pool, obj->handle);
}

/* Its ends only: comparing all of it would be most of what is timed */
static void obj_read(struct worker *w, struct obj *obj)
{
	unsigned int last = obj->size / sizeof(u64) - 1;
	const u64 *want = data_of(obj), *got;

	if (!obj->handle)
		return;
	got = zs_map_object(test.pool, obj->handle, ZS_MM_RO);
	w->wrong += got[0] != want[0] || got[last] != want[last];
	zs_unmap_object(test.pool, obj->handle);
}

/* What an overwrite with data of another size is for zram */
static void obj_renew(struct worker *w, struct obj *obj)
{
	obj_free(w, obj);
	obj_alloc(w, obj);
	obj_write(w, obj);
}

static void obj_check(struct worker *w, struct obj *obj)
{
	if (!obj->handle)
		return;
	w->wrong += !!memcmp(zs_map_object(test.pool, obj->handle, ZS_MM_RO),
			     data_of(obj), obj->size);
	zs_unmap_object(test.pool, obj->handle);
}

typedef void (*obj_fn)(struct worker *w, struct obj *obj);

static void visit_objs(struct worker *w, obj_fn fn)
{
	unsigned int i;

	for (i = 0; i < test.objs; i++) {
		fn(w, &w->objs[w->order[i]]);
		if (i % 1024 == 0)
			cond_resched();
	}
}

/* --- what is timed ------------------------------------------------------- */

static const struct op {
	const char *name;
	obj_fn first, second;	/* the second takes what the share leaves */
	obj_fn before, after;	/* not timed */
} ops[] = {
	{ "alloc", obj_alloc, NULL, obj_free, obj_write },
	{ "read", obj_read },
	{ "write", obj_write },
	{ "free", obj_free, NULL, NULL, obj_renew },
	{ "read+write", obj_read, obj_write },
	{ "read+renew", obj_read, obj_renew },
	{ "write+renew", obj_write, obj_renew },
};

/* Once over all objects; returns how long that took */
static u64 pass(struct worker *w)
{
	const struct op *op = test.op;
	unsigned int i;
	u64 began, took;

	if (op->before)
		visit_objs(w, op->before);
	began = ktime_get_ns();
	for (i = 0; i < test.objs; i++) {
		struct obj *obj = &w->objs[w->order[i]];

		if (op->second && prandom_u32_state(&w->rnd) % 100 >= test.share)
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

static int work(void *data)
{
	struct worker *w = data;
	unsigned int round;

	pass(w);
	atomic_inc(&test.warm);
	while (atomic_read(&test.warm) < test.threads && !kthread_should_stop())
		pass(w);
	for (round = 0; round < test.rounds; round++)
		w->ns += pass(w);
	if (atomic_inc_return(&test.timed) == test.threads)
		complete(&test.all_timed);
	while (!kthread_should_stop())
		pass(w);
	return 0;
}

/* --- those who are in the way -------------------------------------------- */

static int compactor(void *data)
{
	while (!kthread_should_stop()) {
		zs_compact(test.pool);
		atomic_long_inc(&test.compactions);
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
 * The page that holds all of an object or of its beginning; or some other one, as
 * an object that spans pages may be mapped elsewhere.  isolate_movable_page() looks
 * at any page.
 */
static struct page *page_near(const struct obj *obj)
{
	void *p = zs_map_object(test.pool, obj->handle, ZS_MM_RO);
	struct page *page = virt_addr_valid(p) ? virt_to_page(p) : NULL;

	zs_unmap_object(test.pool, obj->handle);
	return page;
}

static void migrate_one(struct worker *w, struct obj *obj)
{
	struct page *page = obj->handle ? page_near(obj) : NULL;
	LIST_HEAD(list);

	if (!page || isolate_movable_page(page, 0))
		return;
	list_add(&page->lru, &list);
	if (migrate_pages(&list, new_page, NULL, 0, MIGRATE_SYNC, MR_COMPACTION)) {
		putback_movable_pages(&list);
		atomic_long_inc(&test.refused);
	} else {
		atomic_long_inc(&test.migrated);
	}
}
#else
static void migrate_one(struct worker *w, struct obj *obj)
{
}
#endif

static int migrator(void *data)
{
	while (!kthread_should_stop())
		visit_objs(&test.bait, migrate_one);
	return 0;
}

/* --- a run --------------------------------------------------------------- */

static struct task_struct *start(int (*fn)(void *data), void *data, const char *name)
{
	struct task_struct *task = kthread_run(fn, data, "zsmalloc_%s", name);

	return IS_ERR(task) ? NULL : task;
}

static void stop(struct task_struct *task)
{
	if (task)
		kthread_stop(task);
}

/* Hundredths of a nanosecond for one operation, or 0 if threads were missing */
static unsigned long one_run(void)
{
	bool all = true;
	unsigned int i;
	u64 ns = 0;

	atomic_set(&test.warm, 0);
	atomic_set(&test.timed, 0);
	reinit_completion(&test.all_timed);
	for (i = 0; i < test.threads; i++) {
		test.workers[i].ns = 0;
		test.workers[i].task = start(work, &test.workers[i], "scale");
		all &= !!test.workers[i].task;
	}
	if (all)
		wait_for_completion(&test.all_timed);
	for (i = 0; i < test.threads; i++) {
		stop(test.workers[i].task);
		ns += test.workers[i].ns;
	}
	if (!all)
		return 0;
	return div64_u64(ns * 100, (u64)test.threads * test.rounds * test.objs);
}

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

#define NS_INT(t)	((t) / 100)
#define NS_FRAC(t)	((t) % 100)

static int measure(const struct op *op)
{
	unsigned long took[MAX_RUNS], *median = &took[test.runs / 2];
	unsigned long *least = took, *most = &took[test.runs - 1];
	unsigned int i;

	test.op = op;
	atomic_long_set(&test.compactions, 0);
	atomic_long_set(&test.migrated, 0);
	atomic_long_set(&test.refused, 0);
	for (i = 0; i < test.runs; i++) {
		took[i] = one_run();
		if (!took[i] || kthread_should_stop())
			return took[i] ? -EINTR : -EAGAIN;
	}
	sort(took, test.runs, sizeof(*took), compare, NULL);
	pr_info("op=%s threads=%u compact=%d migrate=%d median=%lu.%02lu min=%lu.%02lu max=%lu.%02lu ns\n",
		op->name, test.threads, test.compact, test.migrate,
		NS_INT(*median), NS_FRAC(*median), NS_INT(*least), NS_FRAC(*least),
		NS_INT(*most), NS_FRAC(*most));
	if (test.compact || test.migrate)
		pr_info("compactions=%ld migrated=%ld refused=%ld\n",
			atomic_long_read(&test.compactions),
			atomic_long_read(&test.migrated),
			atomic_long_read(&test.refused));
	return 0;
}

static int measure_all(void)
{
	struct task_struct *others[] = {
		test.compact ? start(compactor, NULL, "compact") : NULL,
		test.migrate ? start(migrator, NULL, "migrate") : NULL,
	};
	unsigned int i;
	int error = 0;

	if (!others[0] != !test.compact || !others[1] != !test.migrate)
		error = -EAGAIN;
	for (i = 0; i < ARRAY_SIZE(ops) && !error; i++)
		error = measure(&ops[i]);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		stop(others[i]);
	return error;
}

/* --- a test -------------------------------------------------------------- */

static bool fits(unsigned int value, unsigned int least, unsigned int most)
{
	return value >= least && value <= most;
}

static int take_parameters(void)
{
	unsigned int i;

	for (i = 0; i < nr_sizes; i++)
		if (!fits(sizes[i], sizeof(u64), PAGE_SIZE))
			return -EINVAL;
	test.threads = threads ?: min(num_online_cpus(), MAX_THREADS);
	test.objs = objs;
	test.share = share;
	test.rounds = rounds;
	test.runs = runs;
	test.compact = compact;
	test.migrate = migrate;
	return fits(test.threads, 1, MAX_THREADS) && fits(objs, 1, 1000000) &&
	       fits(rounds, 1, 1000000) && fits(runs, 1, MAX_RUNS) &&
	       nr_sizes && share <= 100 &&
	       !(migrate && IS_MODULE(CONFIG_ZSMALLOC_SCALE_TEST)) ? 0 : -EINVAL;
}

static int set_up_worker(struct worker *w, u64 seed)
{
	unsigned int i;

	prandom_seed_state(&w->rnd, seed);
	w->objs = kvcalloc(test.objs, sizeof(*w->objs), GFP_KERNEL);
	w->order = kvcalloc(test.objs, sizeof(*w->order), GFP_KERNEL);
	if (!w->objs || !w->order)
		return -ENOMEM;
	for (i = 0; i < test.objs; i++) {
		unsigned int other = prandom_u32_state(&w->rnd) % (i + 1);

		w->order[i] = w->order[other];
		w->order[other] = i;
		w->objs[i].size = round_down(sizes[prandom_u32_state(&w->rnd) % nr_sizes],
					     sizeof(u64));
	}
	return 0;
}

/* Dealt out in turn, so that each zspage has objects of several; few are bait */
static void deal(void)
{
	unsigned int i, j;

	for (i = 0; i < test.objs; i++) {
		for (j = 0; j < test.threads; j++)
			obj_renew(&test.workers[j], &test.workers[j].objs[i]);
		if (test.migrate && i % 8 == 0)
			obj_renew(&test.bait, &test.bait.objs[i]);
		cond_resched();
	}
}

static int set_up(void)
{
	unsigned int i, words = 2 * PAGE_SIZE / sizeof(u64);
	struct rnd_state rnd;
	int error = take_parameters();

	if (error)
		return error;
	init_completion(&test.all_timed);
	test.workers = kcalloc(test.threads, sizeof(*test.workers), GFP_KERNEL);
	test.pattern = kmalloc_array(words, sizeof(u64), GFP_KERNEL);
	test.pool = zs_create_pool("zsmalloc_scale");
	if (!test.workers || !test.pattern || !test.pool)
		return -ENOMEM;
	prandom_seed_state(&rnd, 1);
	prandom_bytes_state(&rnd, test.pattern, words * sizeof(u64));
	for (i = 0; i < test.threads && !error; i++)
		error = set_up_worker(&test.workers[i], i + 2);
	if (!error)
		error = set_up_worker(&test.bait, 1);
	if (!error)
		deal();
	return error;
}

/* All that it held has to be right, all of it; returns -EIO or -ENOMEM if not */
static int verdict_of(struct worker *w)
{
	if (w->objs && w->order)
		visit_objs(w, obj_check);
	if (w->wrong)
		pr_err("%lu objects with wrong data\n", w->wrong);
	return w->wrong ? -EIO : w->failed ? -ENOMEM : 0;
}

static void tear_down_worker(struct worker *w)
{
	if (w->objs && w->order)
		visit_objs(w, obj_free);
	kvfree(w->objs);
	kvfree(w->order);
}

static void tear_down(void)
{
	unsigned int i;

	for (i = 0; test.workers && i < test.threads; i++)
		tear_down_worker(&test.workers[i]);
	tear_down_worker(&test.bait);
	if (test.pool)
		zs_destroy_pool(test.pool);
	kfree(test.pattern);
	kfree(test.workers);
	memset(&test, 0, sizeof(test));
}

static int run_test(void)
{
	int error = set_up(), bad;
	unsigned int i;

	if (!error) {
		error = measure_all();
		for (i = 0; i < test.threads; i++) {
			bad = verdict_of(&test.workers[i]);
			error = bad ?: error;
		}
		bad = verdict_of(&test.bait);
		error = bad ?: error;
	}
	tear_down();
	return error;
}

/* --- its life ------------------------------------------------------------ */

/* The last test's, which may be over; under the lock of the parameters */
static struct task_struct *main_task;
static bool running;

static int main_thread(void *data)
{
	int error = run_test();

	if (error)
		pr_err("End of test: FAILURE: %d\n", error);
	else
		pr_info("End of test: SUCCESS\n");
	smp_store_release(&running, false);	/* pairs with is_running() */
	return 0;
}

static bool is_running(void)
{
	return smp_load_acquire(&running);	/* pairs with main_thread() */
}

static void end_test(void)
{
	if (!main_task)
		return;
	kthread_stop(main_task);
	put_task_struct(main_task);
	main_task = NULL;
}

static int start_test(void)
{
	struct task_struct *task;

	if (is_running())
		return -EBUSY;
	end_test();
	task = kthread_create(main_thread, NULL, "zsmalloc_scale");
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	main_task = task;
	running = true;
	wake_up_process(task);
	return 0;
}

/* Said before there was an init, it is done by that */
static bool initialized, run_at_init;

static int run_set(const char *val, const struct kernel_param *kp)
{
	bool wanted;
	int error = kstrtobool(val, &wanted);

	if (error || !wanted)
		return error ?: -EINVAL;
	if (initialized)
		return start_test();
	run_at_init = true;
	return 0;
}

static int run_get(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%c\n", is_running() ? 'Y' : 'N');
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};
module_param_cb(run, &run_ops, NULL, 0644);
MODULE_PARM_DESC(run, "write 1 to run the test; reads Y until it is over");

static int __init zsmalloc_scale_init(void)
{
	initialized = true;
	return run_at_init ? start_test() : 0;
}
late_initcall(zsmalloc_scale_init);

static void __exit zsmalloc_scale_exit(void)
{
	end_test();
}
module_exit(zsmalloc_scale_exit);

MODULE_LICENSE("GPL");
