# SPDX-License-Identifier: GPL-2.0
# While a CPU goes down, 5.10's KASAN may overlook freed objects in its quarantine
# and take them for live ones when their cache is destroyed; LOCKDEP runs this.
skip=zram_cpu_storm ZRAM_KEEP_CPUS=1
