# SPDX-License-Identifier: GPL-2.0
# While zsmalloc's torture test runs, a CPU goes or comes so often, in seconds.
zsmalloc_torture.onoff_interval=5
# Seconds until it comes back.
suspend.pm_test_delay=1
