// SPDX-License-Identifier: GPL-2.0
/*
 * preemptoff: how long preemption was off, without what tracing would add to it.
 *
 * Hangs on the kernel's tracepoints preempt_disable and preempt_enable
 * (CONFIG_TRACE_PREEMPT_TOGGLE) and keeps, for each place that turned preemption
 * off, how often, how long in all and at most, and the stack on which the longest
 * ended.  A section that a timer or a device interrupted is cut and left out: the
 * interrupt would be counted for who was interrupted.  So what is longer than the
 * time between two ticks is not seen, but for interrupts that are off.  debugfs
 * preemptoff/sections has a line for each place:
 *
 *	MAX TIMES SUM FROM CALLER STACK
 *
 * in cycles, which are instructions, and nanoseconds, under QEMU's icount; and one
 *
 *	cut TIMES MAX
 *
 * Interrupts between CPUs are not looked for: it is made for one.
 * preemptoff/on can be written 1, to begin anew, and 0.
 */
#include <linux/debugfs.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>

#define PLACE_BITS	12
#define STACK		24
/* Shorter ones have no stack kept. */
#define LONG		1000

struct place {
	unsigned long from, up;
	u64 times, sum, max;
	unsigned int entries;
	unsigned long stack[STACK];
};

/* The section that this CPU is in. */
struct section {
	bool open;
	unsigned long from, up;
	u64 began;
};

static struct place place[1 << PLACE_BITS];
static unsigned long lost, cut;
static u64 longest_cut;
static DEFINE_RAW_SPINLOCK(place_lock);
static DEFINE_PER_CPU(struct section, current_section);
static bool on;
static struct dentry *directory;

static struct place *find_place(unsigned long from, unsigned long up)
{
	u32 i = hash_64(from + 31 * up, PLACE_BITS), n;

	for (n = 0; n < ARRAY_SIZE(place); n++, i++) {
		struct place *p = &place[i % ARRAY_SIZE(place)];

		if (!p->from) {
			p->from = from;
			p->up = up;
		}
		if (p->from == from && p->up == up)
			return p;
	}
	return NULL;
}

static void record(const struct section *s, u64 length)
{
	struct place *p;
	unsigned long flags;

	raw_spin_lock_irqsave(&place_lock, flags);
	p = find_place(s->from, s->up);
	if (!p) {
		lost++;
		goto out;
	}
	p->times++;
	p->sum += length;
	if (length <= p->max)
		goto out;
	p->max = length;
	if (length >= LONG)
		p->entries = stack_trace_save(p->stack, STACK, 0);
out:
	raw_spin_unlock_irqrestore(&place_lock, flags);
}

static void on_disable(void *unused, unsigned long ip, unsigned long parent_ip)
{
	struct section *s = this_cpu_ptr(&current_section);

	if (!READ_ONCE(on))
		return;
	s->from = ip;
	s->up = parent_ip;
	s->began = get_cycles();
	/* an interrupt from here on cuts it */
	WRITE_ONCE(s->open, true);
}

static void on_enable(void *unused, unsigned long ip, unsigned long parent_ip)
{
	u64 now = get_cycles();
	struct section *s = this_cpu_ptr(&current_section);

	if (!READ_ONCE(s->open))
		return;
	s->open = false;
	if (READ_ONCE(on))
		record(s, now - s->began);
}

/* With interrupts off. */
static void cut_section(void)
{
	struct section *s = this_cpu_ptr(&current_section);

	if (!s->open)
		return;
	s->open = false;
	cut++;
	longest_cut = max(longest_cut, get_cycles() - s->began);
}

static void on_timer(void *unused, int vector)
{
	cut_section();
}

static void on_interrupt(void *unused, int irq, void *action)
{
	cut_section();
}

static const struct probe {
	const char *event;
	void *function;
} probe[] = {
	{ "preempt_enable", on_enable },
	{ "local_timer_entry", on_timer },
	{ "irq_handler_entry", on_interrupt },
	{ "preempt_disable", on_disable },
};

static struct tracepoint *found[ARRAY_SIZE(probe)];

static void find_event(struct tracepoint *tp, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probe); i++)
		if (!strcmp(tp->name, probe[i].event))
			found[i] = tp;
}

static void unhook(unsigned int n)
{
	while (n--)
		tracepoint_probe_unregister(found[n], probe[n].function, NULL);
	tracepoint_synchronize_unregister();
}

static int hook(void)
{
	unsigned int i;
	int error;

	for_each_kernel_tracepoint(find_event, NULL);
	for (i = 0; i < ARRAY_SIZE(probe); i++) {
		error = found[i] ? tracepoint_probe_register(found[i],
					probe[i].function, NULL) : -ENOENT;
		if (error) {
			pr_err("preemptoff: no %s\n", probe[i].event);
			unhook(i);
			return error;
		}
	}
	return 0;
}

static int on_get(void *unused, u64 *value)
{
	*value = on;
	return 0;
}

static int on_set(void *unused, u64 value)
{
	unsigned long flags;

	if (value) {
		raw_spin_lock_irqsave(&place_lock, flags);
		memset(place, 0, sizeof(place));
		lost = 0;
		cut = 0;
		longest_cut = 0;
		raw_spin_unlock_irqrestore(&place_lock, flags);
	}
	WRITE_ONCE(on, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(on_fops, on_get, on_set, "%llu\n");

/* The probes' own steps are no news. */
static bool ours(unsigned long address)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%ps", (void *)address);
	return strstr(name, "preemptoff") || strstr(name, "trace_") ||
	       strstr(name, "preempt_count_sub") || strstr(name, "stack_trace");
}

static void show_stack_of(struct seq_file *m, const struct place *p)
{
	unsigned int i = 0;
	const char *between = " ";

	while (i < p->entries && ours(p->stack[i]))
		i++;
	for (; i < p->entries; i++, between = " < ")
		seq_printf(m, "%s%pS", between, (void *)p->stack[i]);
}

/* Read when it's off: then nothing changes. */
static int sections_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(place); i++) {
		const struct place *p = &place[i];

		if (!p->times)
			continue;
		seq_printf(m, "%llu %llu %llu %ps %ps", p->max, p->times, p->sum,
			   (void *)p->from, (void *)p->up);
		show_stack_of(m, p);
		seq_putc(m, '\n');
	}
	seq_printf(m, "cut %lu %llu\n", cut, longest_cut);
	if (lost)
		seq_printf(m, "lost %lu\n", lost);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sections);

static int __init preemptoff_init(void)
{
	int error = hook();

	if (error)
		return error;
	directory = debugfs_create_dir("preemptoff", NULL);
	debugfs_create_file("on", 0600, directory, NULL, &on_fops);
	debugfs_create_file("sections", 0400, directory, NULL, &sections_fops);
	return 0;
}
module_init(preemptoff_init);

static void __exit preemptoff_exit(void)
{
	debugfs_remove_recursive(directory);
	unhook(ARRAY_SIZE(probe));
}
module_exit(preemptoff_exit);

/* or the kernel is tainted, and a taint of its own would not be seen */
MODULE_INFO(intree, "Y");
MODULE_DESCRIPTION("How long preemption was off");
MODULE_LICENSE("GPL");
