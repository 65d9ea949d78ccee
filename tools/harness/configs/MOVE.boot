# SPDX-License-Identifier: GPL-2.0
# Two blocks of memory that may go, and an area for CMA that lies beside them.
movablecore=256M cma=32M@64M
