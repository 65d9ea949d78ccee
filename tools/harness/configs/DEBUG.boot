# SPDX-License-Identifier: GPL-2.0
# As for zram_cpu_storm, see kasan.boot: no CPU goes or comes in the torture test.
zsmalloc_torture.onoff_interval=0
