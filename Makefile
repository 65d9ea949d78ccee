# SPDX-License-Identifier: GPL-2.0
#
# Short names for what tools/ does.  'make' alone prints help.  Each script can
# be run by itself; make's own exit status is 2 whenever one of them failed,
# theirs is 1 for a failed run and 2 for wrong usage.

BASE	?= 5.10
CONFIG	?= $(if $(filter %-rt,$(BASE)),RUN-RT,RUN)
WHAT	?= swap
OUT	?= $(CURDIR)/out

# What the scripts take from the command line, see 'make help'
export BASE CONFIG OUT V DEPS KSRC KTAR KCONFIG STAGE PATCHES EXTRA ACCEL MEM TIMEOUT \
	PEER N MINUTES CELL PREFIX

# They report in order; kernels are built with all CPUs anyway
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

.PHONY: deb deb-test walk applies mbox bench-deps help run test check apply export refresh range-diff deps fetch patch \
	build boot judge bench bench-each each model busted races torture matrix coverage status clean

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

## The main job
##   make run           swap on zram under pressure in a 5.10 kernel that carries
##                      the series, in QEMU; 8 minutes on 2 cores, then 1
##   make test          everything that has to pass, on both bases; 35 minutes,
##                      then 13 (an hour beside other work)
##
## Both need 6 GB of disk, and install what else they miss.
##
## The series
##   make apply KSRC=DIR    put it on your own 5.10 tree, as commits if it is git
##                      (BASE=, STAGE=zsmalloc: as far as that section)
##   make check         are patches and readable files the same? offline, a minute
##   make refresh       fold edits of readable files into the patches
##   make export KSRC=DIR   write the patches anew from a git tree  (REV=COMMIT: the
##                      one below the series, if not the tag base)
##   make range-diff    write how each -rt series differs from the other one
##   make each          build every commit by itself, with W=1 and sparse, in four
##                      configurations (CONFIG=MODULES: in one; ONLY='32 37': after
##                      these patches alone); hours
##   make applies       try every 5.10 package that Debian's archive has, or your own
##                      tree, which is only read    (BASE=, KSRC=DIR); minutes
##   make mbox          the series as mails         (BASE=, PREFIX='PATCH v2 5.10')
##
## Step by step
##   make deps          install what is missing      (DEPS=no: only say what)
##   make fetch         get and unpack the kernel    (KTAR=FILE or KSRC=DIR: yours)
##   make patch         apply the series to it       (PATCHES=none: leave it bare)
##   make build         configure and build          (CONFIG=)
##   make boot          boot and run WHAT=swap       (CONFIG=, MEM=, TIMEOUT=), or
##                      kunit, selftest, io, faults, cost, scale, latency,
##                      throttle, move, suspend, torture, all, shell
##   make judge         judge the last boot again
##   make bench         what the series costs and gains, base and series in turn,
##                      as a table, CSV and plots   (BASE=, ROWS='cost latency',
##                      N=boots, PEER=DIR: another kernel); more than an hour
##   make bench-each    what each patch costs and gains; hours, can be resumed
##   make torture       everything at once, for MINUTES=1, with CPUs that come and go
##                      (BASE=, CONFIG=KASAN-TORTURE: each access is checked)
##   make matrix        all kernels and runs on both bases, as a table; hours, can be
##                      resumed                     (CELL='suspend;huge pages')
##   make busted        break the series on purpose; each must be caught; 2 hours, can
##                      be resumed
##   make coverage      which lines of the series the tests reach, and why not the
##                      rest; half an hour
##   make model         have spin go through every state of the models of the locks;
##                      2 minutes
##   make races         show each race of zram on the base, gone with the series
##
## To install
##   make deb           Debian packages of the kernel (BASE=, KCONFIG=FILE: your own
##                      configuration); an hour on 2 cores, 8 GB of disk
##   make deb-test      installs them in a Debian in QEMU, swaps, removes them; needs
##                      root for debootstrap; 15 minutes
##   make walk          what the READMEs tell a maintainer, a distribution and a user
##                      to do, done in a clean Debian (WAY='maintainer'); needs
##                      root; hours
##
##   make status        what there is: patches, kernels, and how each run ended
##   make clean         remove out/
##
## BASE=5.10 is the tree to work on, a folder of patches/.  CONFIG=RUN (RUN-RT on
## 5.10-rt) is the kernel, a file of tools/harness/configs/ (RUN, LOCKDEP, KASAN, UP,
## NOCOMPACT, X86-32, FAULT, MODULES, BENCH, LATENCY, ...; with -RT for 5.10-rt, where
## LOCKDEP is RT).  V=1 shows everything.  boot also takes APPEND= (kernel arguments),
## ACCEL=icount, EXTRA=PATCH, UPTO=N (patches) and TREE=DIR; see the heads of
## tools/harness/boot and lib.sh.

run: boot

test: deps
	@tools/harness/all

check:
	@tools/queue/check

apply:
	@tools/queue/apply "$(BASE)" "$(KSRC)" $(if $(STAGE),"$(STAGE)")

applies:
	@tools/queue/applies "$(BASE)" $(KSRC)

mbox:
	@tools/queue/mbox "$(BASE)"

export:
	@tools/queue/export "$(BASE)" "$(KSRC)" $(if $(REV),"$(REV)")

refresh:
	@tools/queue/refresh "$(BASE)" $(KSRC)

range-diff:
	@tools/queue/range-diff

deps:
	@tools/harness/deps install

bench-deps:
	@tools/harness/deps install bench

fetch: deps
	@tools/harness/fetch "$(BASE)"

patch: fetch
	@tools/harness/patch "$(BASE)"

build: patch
	@tools/harness/build "$(BASE)" "$(CONFIG)"

boot: build
	@tools/harness/boot "$(BASE)" "$(CONFIG)" "$(WHAT)"
	@[ "$(WHAT)" = shell ] || tools/harness/summary "$(BASE)" "$(CONFIG)" "$(WHAT)"

judge:
	@tools/harness/judge "$(BASE)" "$(CONFIG)" "$(WHAT)"

bench: bench-deps
	@tools/harness/bench "$(BASE)" $(ROWS)

bench-each: deps
	@tools/harness/bench-each "$(BASE)"

each: CONFIG = LOCKDEP MODULES NOCOMPACT X86-32
each: fetch
	@tools/harness/deps install each
	@for config in $(CONFIG); do tools/harness/each "$(BASE)" $$config $(ONLY) || exit; done

model:
	@tools/harness/deps install model
	@tools/model/run

busted: fetch
	@tools/harness/bust "$(BASE)"

torture: CONFIG =
torture: fetch
	@tools/harness/torture "$(BASE)" $(CONFIG)

matrix: deps
	@tools/harness/deps install matrix
	@tools/harness/matrix

coverage: fetch
	@tools/harness/deps install coverage
	@tools/harness/coverage "$(BASE)"

races: fetch
	@tools/harness/races "$(BASE)"

deb: patch
	@tools/harness/deps install deb
	@tools/deb/build "$(BASE)"

deb-test: deb
	@tools/harness/deps install machine
	@tools/deb/machine
	@tools/deb/test "$(BASE)"

walk: deps
	@tools/harness/deps install machine
	@tools/deb/walk $(WAY)

status:
	@tools/harness/status

clean:
	rm -rf "$(OUT)"
