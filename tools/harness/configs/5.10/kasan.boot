# SPDX-License-Identifier: GPL-2.0
# Those, and the one of kasan.boot.
skip=zram_cpu_storm,zram_count,zram_signal,zram_limits
