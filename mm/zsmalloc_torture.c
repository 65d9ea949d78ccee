// SPDX-License-Identifier: GPL-2.0
/*
 * Torture test of zsmalloc
 *
 * Threads allocate, write, read and free the objects of one pool while it is
 * compacted, its pages migrate, other pools are created and destroyed, and memory
 * gets short.  Every byte that is read is compared.  Errors are counted and printed,
 * and the test continues.  The last line is "End of test: SUCCESS", "FAILURE", or
 * "ZSMALLOC_HOTPLUG" if a CPU could not be taken offline or online.
 *
 *	echo 1 >/sys/module/zsmalloc_torture/parameters/run
 *	echo 0 >/sys/module/zsmalloc_torture/parameters/run
 *
 * or zsmalloc_torture.run=1 at boot.  Writing 0 returns when the test is over, with
 * EIO if it did not succeed.  CPUs go offline and online (onoff_interval), threads are
 * moved between them (shuffle_interval) and all pause together (stutter), by the
 * functions that the kernel's torture tests share.
 *
 * The test serializes the users of an object, like every caller of zsmalloc: any
 * number of readers, which pin it, or one writer.  All else is left to zsmalloc.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/torture.h>
#include <linux/zsmalloc.h>

torture_param(uint, nworkers, 0, "Threads that use objects (0: two for each CPU)");
torture_param(uint, nobjs, 4000, "Objects that they share");
torture_param(int, onoff_holdoff, 0, "Time after start before CPU hotplugs (s)");
torture_param(int, onoff_interval, 0, "Time between CPU hotplugs (s), 0=disable");
torture_param(int, shuffle_interval, 3, "Number of seconds between shuffles");
torture_param(int, stat_interval, 60, "Number of seconds between stats printk()s");
torture_param(int, stutter, 5, "Number of seconds to run/halt test, 0=disable");
torture_param(int, verbose, 0, "Enable verbose debugging printk()s");

/* So many classes have enough objects to be worth compacting */
static const unsigned int common_sizes[] = { 40, 504, 1304, 2120 };

#define POOL_OBJS	64U

struct torture_obj {
	struct rw_semaphore lock;
	unsigned long handle;		/* 0 if there is none */
	unsigned int size;
	unsigned int offset;		/* its data is what stands there in the pattern */
};

struct torture_worker {
	struct task_struct *task;
	struct torture_random_state rand;
	bool boosted;			/* has a higher priority */
	unsigned long boost_ends;	/* in jiffies */
	void *copy[2];			/* of objects that span pages */
};

enum torture_event {
	T_ALLOC, T_NO_MEMORY, T_READ, T_SLEPT, T_BOTH, T_WRITE, T_FREE, T_ATOMIC,
	T_BOOST, T_COMPACT, T_POOL, T_MIGRATED, T_KEPT, T_PUT_BACK, T_SHRINK, T_WRONG,
	NR_EVENTS
};

static const char * const event_name[NR_EVENTS] = {
	[T_ALLOC] = "alloc", [T_NO_MEMORY] = "no_memory", [T_READ] = "read",
	[T_SLEPT] = "slept", [T_BOTH] = "read_two", [T_WRITE] = "write",
	[T_FREE] = "free", [T_ATOMIC] = "free_atomic", [T_BOOST] = "boost",
	[T_COMPACT] = "compact", [T_POOL] = "pools", [T_MIGRATED] = "migrated",
	[T_KEPT] = "kept", [T_PUT_BACK] = "put_back", [T_SHRINK] = "shrink",
	[T_WRONG] = "wrong",
};

static DEFINE_PER_CPU(unsigned long [NR_EVENTS], torture_events);

static struct zs_pool *torture_pool;
static struct torture_obj *torture_objs;
static u8 *pattern;			/* two pages of noise */
static struct torture_worker *torture_workers;
static unsigned int nr_workers;
static struct task_struct *stats_task;
static bool all_set_up;

/* Held by workers that free under a spinlock, as swap does */
static DEFINE_SPINLOCK(torture_lock);

static void count(enum torture_event event)
{
	this_cpu_inc(torture_events[event]);
}

static unsigned long events(enum torture_event event)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(torture_events[event], cpu);
	return sum;
}

static bool one_in(struct torture_worker *w, unsigned int n)
{
	return torture_random(&w->rand) % n == 0;
}

/* --- one object ----------------------------------------------------------- */

/*
 * As zram does: the first try must not wait; nor may who has a higher priority.
 * But what is in highmem is read from a copy, which doesn't tell the page that
 * could migrate; so not all of it is.
 */
static gfp_t obj_gfp(struct torture_worker *w)
{
	bool must_not = w->boosted || one_in(w, 2);
	gfp_t may_wait = must_not ? __GFP_KSWAPD_RECLAIM : GFP_NOIO;
	gfp_t highmem = one_in(w, 2) ? __GFP_HIGHMEM : 0;

	return may_wait | __GFP_NOWARN | highmem | __GFP_MOVABLE;
}

static unsigned int obj_size(struct torture_worker *w)
{
	unsigned long random = torture_random(&w->rand);

	if (random & 1)
		return common_sizes[(random >> 1) % ARRAY_SIZE(common_sizes)];
	return (random >> 1) % PAGE_SIZE + 1;
}

static void write_obj(struct torture_worker *w, struct zs_pool *pool,
		      struct torture_obj *obj)
{
	obj->offset = torture_random(&w->rand) % PAGE_SIZE;
	zs_obj_write(pool, obj->handle, pattern + obj->offset, obj->size);
	count(T_WRITE);
}

static void alloc_obj(struct torture_worker *w, struct zs_pool *pool,
		      struct torture_obj *obj)
{
	obj->size = obj_size(w);
	obj->handle = zs_malloc(pool, obj->size, obj_gfp(w));
	if (!obj->handle) {
		count(T_NO_MEMORY);
		return;
	}
	count(T_ALLOC);
	write_obj(w, pool, obj);
}

static void free_obj(struct torture_worker *w, struct zs_pool *pool,
		     struct torture_obj *obj)
{
	if (one_in(w, 4)) {
		spin_lock(&torture_lock);
		zs_free(pool, obj->handle);
		spin_unlock(&torture_lock);
		count(T_ATOMIC);
	} else {
		zs_free(pool, obj->handle);
	}
	obj->handle = 0;
	count(T_FREE);
}

static void compare_obj(const struct torture_obj *obj, const u8 *got)
{
	const u8 *want = pattern + obj->offset;
	unsigned int i;

	count(T_READ);
	if (!memcmp(got, want, obj->size))
		return;
	count(T_WRONG);
	for (i = 0; got[i] == want[i] && i < obj->size - 1; )
		i++;
	pr_alert_ratelimited("!!! object %td: byte %u of %u is %#x, not %#x\n",
			     obj - torture_objs, i, obj->size, got[i], want[i]);
}

/* Holds another one as well, which may be in the same zspage */
static void read_another(struct torture_worker *w)
{
	struct torture_obj *obj = &torture_objs[torture_random(&w->rand) % nobjs];
	const void *got;

	if (!down_read_trylock(&obj->lock))
		return;
	if (obj->handle) {
		got = zs_obj_read_begin(torture_pool, obj->handle, w->copy[1]);
		compare_obj(obj, got);
		zs_obj_read_end(torture_pool, obj->handle, got);
		count(T_BOTH);
	}
	up_read(&obj->lock);
}

/* What it read must still be there when it comes back */
static void read_obj(struct torture_worker *w, struct zs_pool *pool,
		     const struct torture_obj *obj)
{
	const void *got = zs_obj_read_begin(pool, obj->handle, w->copy[0]);

	compare_obj(obj, got);
	if (one_in(w, 8)) {
		read_another(w);
		compare_obj(obj, got);
	}
	if (!w->boosted && one_in(w, 256)) {
		schedule_timeout_uninterruptible(1);
		compare_obj(obj, got);
		count(T_SLEPT);
	}
	zs_obj_read_end(pool, obj->handle, got);
}

/* In turn the pool gets fuller and emptier, so that there is what to compact */
static bool thinning_out(void)
{
	return jiffies / (4 * HZ) & 1;
}

static void change_obj(struct torture_worker *w, struct torture_obj *obj)
{
	bool seldom = one_in(w, 4);

	if (!obj->handle && seldom == thinning_out())
		alloc_obj(w, torture_pool, obj);
	else if (obj->handle && seldom != thinning_out())
		free_obj(w, torture_pool, obj);
	else if (obj->handle)
		write_obj(w, torture_pool, obj);
}

static void use_obj(struct torture_worker *w)
{
	struct torture_obj *obj = &torture_objs[torture_random(&w->rand) % nobjs];

	if (one_in(w, 4)) {
		down_write(&obj->lock);
		change_obj(w, obj);
		up_write(&obj->lock);
	} else {
		down_read(&obj->lock);
		if (obj->handle)
			read_obj(w, torture_pool, obj);
		up_read(&obj->lock);
	}
}

/* --- the threads ---------------------------------------------------------- */

/*
 * Readers are preempted by other threads, which free and compact; for such a short
 * time, and so rarely, that no CPU is throttled.
 */
static void change_priority(struct torture_worker *w)
{
	if (w->boosted && time_after(jiffies, w->boost_ends)) {
		sched_set_normal(current, 0);
		w->boosted = false;
	} else if (!w->boosted && time_after(jiffies, w->boost_ends + HZ / 2)) {
		w->boost_ends = jiffies + HZ / 50;
		w->boosted = true;
		if (one_in(w, 2))
			sched_set_fifo(current);
		else
			sched_set_fifo_low(current);
		count(T_BOOST);
	}
}

static int zsmalloc_torture_worker(void *arg)
{
	struct torture_worker *w = arg;

	do {
		use_obj(w);
		change_priority(w);
		cond_resched();
		if (!w->boosted)
			stutter_wait("zsmalloc_torture_worker");
	} while (!torture_must_stop());
	torture_kthread_stopping("zsmalloc_torture_worker");
	return 0;
}

/* Two of them: the second finds a compaction in progress */
static int zsmalloc_torture_compactor(void *arg)
{
	struct torture_worker *w = arg;

	do {
		zs_compact(torture_pool);
		count(T_COMPACT);
		schedule_timeout_interruptible(torture_random(&w->rand) % 4);
		stutter_wait("zsmalloc_torture_compactor");
	} while (!torture_must_stop());
	torture_kthread_stopping("zsmalloc_torture_compactor");
	return 0;
}

static void one_pool(struct torture_worker *w, struct torture_obj *objs)
{
	struct zs_pool *pool = zs_create_pool("zsmalloc_torture_other");
	unsigned int i;

	if (!pool) {
		count(T_NO_MEMORY);
		return;
	}
	for (i = 0; i < POOL_OBJS; i++)
		alloc_obj(w, pool, &objs[i]);
	for (i = 0; i < POOL_OBJS; i += 2)
		if (objs[i].handle)
			free_obj(w, pool, &objs[i]);
	zs_compact(pool);
	for (i = 0; i < POOL_OBJS; i++)
		if (objs[i].handle) {
			read_obj(w, pool, &objs[i]);
			free_obj(w, pool, &objs[i]);
		}
	zs_destroy_pool(pool);
	count(T_POOL);
}

static int zsmalloc_torture_pools(void *arg)
{
	struct torture_obj *objs = kcalloc(POOL_OBJS, sizeof(*objs), GFP_KERNEL);
	struct torture_worker *w = arg;

	do {
		if (objs)
			one_pool(w, objs);
		schedule_timeout_interruptible(HZ / 20);
		stutter_wait("zsmalloc_torture_pools");
	} while (!torture_must_stop());
	kfree(objs);
	torture_kthread_stopping("zsmalloc_torture_pools");
	return 0;
}

/*
 * All memory that can be had without waiting is taken, and given back soon.  Who
 * then calls for the OOM killer gets it first.
 */
static DEFINE_MUTEX(hoard_lock);
static LIST_HEAD(hoard);
static unsigned long given_back;	/* pages, since anybody asked */

static void take_all_memory(void)
{
	unsigned long taken = 0;
	struct page *page;

	mutex_lock(&hoard_lock);
	while (!torture_must_stop()) {
		page = alloc_page(GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC);
		if (!page)
			break;
		list_add(&page->lru, &hoard);
		if (++taken % 1024 == 0)
			cond_resched();
	}
	mutex_unlock(&hoard_lock);
}

static void give_all_back(void)
{
	struct page *page, *next;

	mutex_lock(&hoard_lock);
	list_for_each_entry_safe(page, next, &hoard, lru) {
		list_del(&page->lru);
		__free_page(page);
		if (++given_back % 1024 == 0)
			cond_resched();
	}
	mutex_unlock(&hoard_lock);
}

static int torture_oom(struct notifier_block *nb, unsigned long unused, void *freed)
{
	give_all_back();
	mutex_lock(&hoard_lock);
	*(unsigned long *)freed += given_back;
	given_back = 0;
	mutex_unlock(&hoard_lock);
	return NOTIFY_OK;
}

static struct notifier_block torture_oom_nb = { .notifier_call = torture_oom };

/* What a module can't call is there only if this is none */
#ifndef MODULE
static struct page *new_page(struct page *page, unsigned long private)
{
	return alloc_page(GFP_HIGHUSER_MOVABLE);
}

/*
 * The page that holds an object; or that of the copy, if it spans pages or is in
 * highmem, or none.  isolate_movable_page() looks at any page.
 */
static struct page *any_page(struct torture_worker *w)
{
	struct torture_obj *obj = &torture_objs[torture_random(&w->rand) % nobjs];
	struct page *page = NULL;
	void *got;

	down_read(&obj->lock);
	if (obj->handle) {
		got = (void *)zs_obj_read_begin(torture_pool, obj->handle, w->copy[0]);
		page = kmap_to_page(got);
		zs_obj_read_end(torture_pool, obj->handle, got);
	}
	up_read(&obj->lock);
	return page;
}

static void migrate_one(struct torture_worker *w)
{
	static const enum migrate_mode modes[] = {
		MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC
	};
	enum migrate_mode mode = modes[torture_random(&w->rand) % ARRAY_SIZE(modes)];
	struct page *page = any_page(w);
	LIST_HEAD(list);

	if (!page || isolate_movable_page(page, 0))
		return;
	list_add(&page->lru, &list);
	if (one_in(w, 16)) {
		schedule_timeout_uninterruptible(1);
		putback_movable_pages(&list);
		count(T_PUT_BACK);
	} else if (migrate_pages(&list, new_page, NULL, 0, mode, MR_COMPACTION)) {
		putback_movable_pages(&list);
		count(T_KEPT);
	} else {
		count(T_MIGRATED);
	}
}

static void shrink(void)
{
	drop_slab();
	count(T_SHRINK);
}
#else
static void migrate_one(struct torture_worker *w)
{
	schedule_timeout_interruptible(HZ);
}

static void shrink(void)
{
}
#endif

static int zsmalloc_torture_migrator(void *arg)
{
	struct torture_worker *w = arg;

	do {
		migrate_one(w);
		cond_resched();
		stutter_wait("zsmalloc_torture_migrator");
	} while (!torture_must_stop());
	torture_kthread_stopping("zsmalloc_torture_migrator");
	return 0;
}

static int zsmalloc_torture_pressure(void *arg)
{
	struct torture_worker *w = arg;

	register_oom_notifier(&torture_oom_nb);
	do {
		if (one_in(w, 4)) {
			take_all_memory();
			schedule_timeout_interruptible(1);
			give_all_back();
		} else {
			shrink();
		}
		schedule_timeout_interruptible(HZ);
		stutter_wait("zsmalloc_torture_pressure");
	} while (!torture_must_stop());
	unregister_oom_notifier(&torture_oom_nb);
	torture_kthread_stopping("zsmalloc_torture_pressure");
	return 0;
}

/* Those that there are few of */
static struct torture_helper {
	int (*fn)(void *arg);
	char *name;
	struct torture_worker worker;
} helpers[] = {
	{ zsmalloc_torture_compactor, "zsmalloc_torture_compactor" },
	{ zsmalloc_torture_compactor, "zsmalloc_torture_compactor" },
	{ zsmalloc_torture_migrator, "zsmalloc_torture_migrator" },
	{ zsmalloc_torture_pools, "zsmalloc_torture_pools" },
	{ zsmalloc_torture_pressure, "zsmalloc_torture_pressure" },
};

/* --- what is told --------------------------------------------------------- */

static void torture_print_stats(void)
{
	char line[500] = "";
	int length = 0, i;

	for (i = 0; i < NR_EVENTS; i++)
		length += scnprintf(line + length, sizeof(line) - length, "%s=%lu ",
				    event_name[i], events(i));
	pr_alert("%s%s\n", line, events(T_WRONG) ? "!!!" : "");
}

static int zsmalloc_torture_stats(void *arg)
{
	do {
		schedule_timeout_interruptible(stat_interval * HZ);
		torture_print_stats();
		torture_shutdown_absorb("zsmalloc_torture_stats");
	} while (!torture_must_stop());
	torture_kthread_stopping("zsmalloc_torture_stats");
	return 0;
}

static void torture_print_parms(const char *tag)
{
	pr_alert("--- %s: nworkers=%u nobjs=%u onoff_holdoff=%d onoff_interval=%d shuffle_interval=%d stat_interval=%d stutter=%d\n",
		 tag, nr_workers, nobjs, onoff_holdoff, onoff_interval,
		 shuffle_interval, stat_interval, stutter);
}

/* --- a test --------------------------------------------------------------- */

/* Each has other numbers */
static int torture_set_up_worker(struct torture_worker *w, unsigned int i)
{
	torture_random_init(&w->rand);
	w->rand.trs_state = i * 7919UL;
	w->boosted = false;
	w->boost_ends = jiffies;
	w->copy[0] = (void *)__get_free_page(GFP_KERNEL);
	w->copy[1] = (void *)__get_free_page(GFP_KERNEL);
	return w->copy[0] && w->copy[1] ? 0 : -ENOMEM;
}

static void torture_tear_down_worker(struct torture_worker *w)
{
	free_page((unsigned long)w->copy[0]);
	free_page((unsigned long)w->copy[1]);
	w->copy[0] = NULL;
	w->copy[1] = NULL;
}

static int torture_set_up(void)
{
	struct rnd_state noise;
	unsigned int i;
	int cpu, error = 0;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(&torture_events, cpu), 0, sizeof(torture_events));
	nr_workers = nworkers ?: 2 * num_online_cpus();
	torture_pool = zs_create_pool("zsmalloc_torture");
	torture_objs = kvcalloc(nobjs, sizeof(*torture_objs), GFP_KERNEL);
	pattern = kmalloc(2 * PAGE_SIZE, GFP_KERNEL);
	torture_workers = kcalloc(nr_workers, sizeof(*torture_workers), GFP_KERNEL);
	if (!nobjs || !torture_pool || !torture_objs || !pattern || !torture_workers)
		return nobjs ? -ENOMEM : -EINVAL;
	for (i = 0; i < nobjs; i++)
		init_rwsem(&torture_objs[i].lock);
	prandom_seed_state(&noise, 1);
	prandom_bytes_state(&noise, pattern, 2 * PAGE_SIZE);
	for (i = 0; i < nr_workers && !error; i++)
		error = torture_set_up_worker(&torture_workers[i], i + 1);
	for (i = 0; i < ARRAY_SIZE(helpers) && !error; i++)
		error = torture_set_up_worker(&helpers[i].worker, ~i);
	return error;
}

static int torture_create_threads(void)
{
	unsigned int i;
	int error = 0;

	for (i = 0; i < nr_workers && !error; i++)
		error = torture_create_kthread(zsmalloc_torture_worker,
					       &torture_workers[i],
					       torture_workers[i].task);
	for (i = 0; i < ARRAY_SIZE(helpers) && !error; i++)
		error = _torture_create_kthread(helpers[i].fn, &helpers[i].worker,
						helpers[i].name, "Creating helper",
						"Failed to create helper",
						&helpers[i].worker.task);
	if (stat_interval > 0 && !error)
		error = torture_create_kthread(zsmalloc_torture_stats, NULL, stats_task);
	return error;
}

static int torture_disturb(void)
{
	int error = 0;

	if (onoff_interval > 0)
		error = torture_onoff_init(onoff_holdoff * HZ, onoff_interval * HZ, NULL);
	if (shuffle_interval > 0 && !error)
		error = torture_shuffle_init(shuffle_interval * HZ);
	if (stutter > 0 && !error)
		error = torture_stutter_init(stutter * HZ, stutter * HZ);
	return error;
}

static void torture_stop_threads(void)
{
	unsigned int i;

	for (i = 0; torture_workers && i < nr_workers; i++)
		torture_stop_kthread(zsmalloc_torture_worker, torture_workers[i].task);
	for (i = 0; i < ARRAY_SIZE(helpers); i++)
		_torture_stop_kthread("Stopping helper", &helpers[i].worker.task);
	torture_stop_kthread(zsmalloc_torture_stats, stats_task);
}

/* All that is left has to be right, all of it; and goes */
static void torture_empty_pool(void)
{
	struct torture_worker *w = &torture_workers[0];
	unsigned int i;

	for (i = 0; i < nobjs; i++) {
		if (!torture_objs[i].handle)
			continue;
		read_obj(w, torture_pool, &torture_objs[i]);
		free_obj(w, torture_pool, &torture_objs[i]);
		cond_resched();
	}
	/* a worker frees those whose pages were locked */
	for (i = 0; i < 100 && zs_get_total_pages(torture_pool); i++)
		schedule_timeout_uninterruptible(HZ / 50 + 1);
	if (!zs_get_total_pages(torture_pool))
		return;
	count(T_WRONG);
	pr_alert("!!! %lu pages are left\n", zs_get_total_pages(torture_pool));
}

static void torture_tear_down(void)
{
	unsigned int i;

	for (i = 0; torture_workers && i < nr_workers; i++)
		torture_tear_down_worker(&torture_workers[i]);
	for (i = 0; i < ARRAY_SIZE(helpers); i++)
		torture_tear_down_worker(&helpers[i].worker);
	if (torture_pool)
		zs_destroy_pool(torture_pool);
	kfree(torture_workers);
	kfree(pattern);
	kvfree(torture_objs);
	torture_pool = NULL;
	torture_workers = NULL;
	pattern = NULL;
	torture_objs = NULL;
}

static int torture_verdict(void)
{
	torture_print_stats();
	if (events(T_WRONG))
		torture_print_parms("End of test: FAILURE");
	else if (torture_onoff_failures())
		torture_print_parms("End of test: ZSMALLOC_HOTPLUG");
	else
		torture_print_parms("End of test: SUCCESS");
	return events(T_WRONG) || torture_onoff_failures() ? -EIO : 0;
}

/*
 * @error is why it ends before it has begun, or 0.  Returns that, or -EIO if it did
 * not succeed; -EAGAIN if the kernel is just going down.
 */
static int torture_end(int error)
{
	if (torture_cleanup_begin())
		return -EAGAIN;
	torture_stop_threads();
	/* some of them may have been at work */
	if (all_set_up)
		torture_empty_pool();
	if (!error)
		error = torture_verdict();
	else
		pr_alert("--- End of test: FAILURE: it did not begin: %d\n", error);
	torture_tear_down();
	torture_cleanup_end();
	return error;
}

static int torture_begin(void)
{
	int error;

	if (!torture_init_begin(KBUILD_MODNAME, verbose))
		return -EBUSY;
	error = torture_set_up();
	all_set_up = !error;
	if (!error) {
		torture_print_parms("Start of test");
		error = torture_disturb() ?: torture_create_threads();
	}
	torture_init_end();
	if (error)
		torture_end(error);
	return error;
}

/* --- its life ------------------------------------------------------------- */

/* The lock of the parameters protects these; what is said before init, it does */
static bool initialized, run_at_init, running;

static int run_set(const char *val, const struct kernel_param *kp)
{
	bool wanted;
	int error = kstrtobool(val, &wanted);

	if (error)
		return error;
	if (!initialized) {
		run_at_init = wanted;
		return 0;
	}
	if (wanted == running)
		return wanted ? -EBUSY : 0;
	error = wanted ? torture_begin() : torture_end(0);
	if (!wanted || !error)
		running = wanted;
	return error;
}

static int run_get(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%c\n", running ? 'Y' : 'N');
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};
module_param_cb(run, &run_ops, NULL, 0644);
MODULE_PARM_DESC(run, "1 begins the test, 0 ends it");

static int __init zsmalloc_torture_init(void)
{
	int error = 0;

	kernel_param_lock(THIS_MODULE);
	initialized = true;
	if (run_at_init) {
		error = torture_begin();
		running = !error;
		/* a module that goes has no more users */
		if (error)
			initialized = IS_BUILTIN(CONFIG_ZSMALLOC_TORTURE_TEST);
	}
	kernel_param_unlock(THIS_MODULE);
	return error;
}
late_initcall(zsmalloc_torture_init);

static void __exit zsmalloc_torture_exit(void)
{
	kernel_param_lock(THIS_MODULE);
	initialized = false;
	if (running)
		torture_end(0);
	kernel_param_unlock(THIS_MODULE);
}
module_exit(zsmalloc_torture_exit);

MODULE_LICENSE("GPL");
