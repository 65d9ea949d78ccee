# SPDX-License-Identifier: GPL-2.0
# So that each cache tells its own memory.
slab_nomerge
