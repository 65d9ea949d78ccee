# SPDX-License-Identifier: GPL-2.0
# Three blocks of memory, two of which may go, and an area for CMA next to them.
movablecore=384M cma=32M@64M
