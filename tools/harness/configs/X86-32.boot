# SPDX-License-Identifier: GPL-2.0
# So little memory would be lowmem throughout.
highmem=80M
