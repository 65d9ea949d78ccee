# SPDX-License-Identifier: GPL-2.0
# These find what the series for 7.3 mends and the one for 5.10 does not yet.
skip=zram_count,zram_signal,zram_limits
