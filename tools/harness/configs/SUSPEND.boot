# SPDX-License-Identifier: GPL-2.0
# Seconds until it does.
suspend.pm_test_delay=1
