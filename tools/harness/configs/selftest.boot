# SPDX-License-Identifier: GPL-2.0
# Whoever needs one makes it, by configfs.
null_blk.nr_devices=0
