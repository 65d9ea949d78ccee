# SPDX-License-Identifier: GPL-2.0
# A hang that the kernel finds by itself need not wait for the time limit.  The numbers in
# braces are seconds that SLOW stretches.
hung_task_panic=1
softlockup_panic=1
watchdog_thresh={15}
rcupdate.rcu_cpu_stall_timeout={40}
sysctl.kernel.hung_task_timeout_secs={60}
workqueue.watchdog_thresh={30}
