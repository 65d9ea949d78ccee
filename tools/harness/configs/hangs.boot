# SPDX-License-Identifier: GPL-2.0
# A hang that the kernel finds by itself need not wait for the time limit; under
# emulation on a busy machine its own limits are on the short side.
hung_task_panic=1
softlockup_panic=1
watchdog_thresh=30
rcupdate.rcu_cpu_stall_timeout=60
