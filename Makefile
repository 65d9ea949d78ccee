# SPDX-License-Identifier: GPL-2.0
#
# Short names for what tools/ does.  'make' alone prints help.  Each script can
# be run by itself; make's own exit status is 2 whenever one of them failed,
# theirs is 1 for a failed run and 2 for wrong usage.

# What MAKEFILES names would come before this file, and in the kernel's make as well.
$(if $(MAKEFILES),$(error unset MAKEFILES ($(MAKEFILES)), it changes what is built))

# The project, for 'make -f' from another directory: relative names are the caller's.
HERE	:= $(shell CDPATH= cd "$$(dirname "$$(echo '$(MAKEFILE_LIST)' | sed 's/^ *//')")" && pwd)
T	:= "$(HERE)/tools"

# CONFIG as the caller gave it, on the command line or in the environment, if at all.
GIVEN	:= $(CONFIG)

BASE	?= 5.10
CONFIG	?= $(if $(filter %-rt,$(BASE)),RUN-RT,RUN)
WHAT	?= swap
OUT	?= $(HERE)/out

# What the scripts take from the command line, see 'make help'
export BASE OUT V DEPS KSRC KTAR KCONFIG PATCHES EXTRA ACCEL MEM TIMEOUT \
	PEER N MINUTES CELL

# One argument for each topic
topics	= $(foreach topic,$(TOPIC),"$(topic)")

# They report in order; kernels are built with all CPUs anyway
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

.PHONY: deb deb-test walk applies mbox list bench-deps help run test check apply export refresh deps fetch patch \
	build boot judge bench bench-each each model busted races torture matrix coverage status clean

help:
	@sed -n 's/^## \{0,1\}//p' "$(HERE)/Makefile"

## The main job
##   make run           boot a 5.10 kernel with the series in QEMU and swap on zram
##   make test          everything that must pass, on both bases
##
## Both need 6 GB of disk and install the packages that they need.
##
## The patches
##   make list          the paths of the patches in apply order, for git am and quilt
##                      (BASE=, TOPIC='1-zram-fixes': these topics only)
##   make apply KSRC=DIR    apply them to your own 5.10 tree, as commits if it is git
##                      (BASE=, TOPIC=)
##   make applies       try every 5.10 package in Debian's archive, or your own tree,
##                      which is only read          (BASE=, KSRC=DIR)
##   make mbox          write each topic as a thread of mails
##                      (BASE=, TOPIC=, PREFIX='PATCH v2 5.10')
##   make check         check patches, readable files, texts and scripts; offline
##                      (CHECKPATCH=FILE, if not that of the newest fetched kernel)
##   make refresh       put edits of readable files into the patches
##   make export KSRC=DIR   write the patches from a git tree  (REV=COMMIT: the one
##                      below the series, if not the tag base; DROP=yes: allow fewer
##                      patches; TOPICS=FILE: lines "TOPIC SUBJECT")
##   make each          build after every patch, with W=1 and sparse, in four
##                      configurations (CONFIG=MODULES: in one; ONLY='32 37': after
##                      these patches only)
##
## Step by step
##   make deps          install missing packages    (DEPS=no: only name them; DEPS=skip:
##                      do not look)
##   make fetch         get and unpack the kernel   (KTAR=FILE or KSRC=DIR: yours)
##   make patch         apply the series to it      (PATCHES=none: leave it bare)
##   make build         configure and build         (CONFIG=)
##   make boot          boot and run WHAT=swap      (CONFIG=, MEM=, TIMEOUT=), or
##                      kunit, selftest, io, faults, cost, scale, latency,
##                      throttle, move, suspend, torture, all, shell
##   make judge         judge the last boot again
##   make status        patches, kernels, and the verdict of each recorded run
##   make clean         remove what was made in out/; nothing of yours
##
## Long runs; they write results/, and an interrupted one continues
##   make matrix        all kernels and tests, on both bases
##                      (CELL='suspend;huge pages': these only)
##   make races         show each race on the base, and that the series fixes it
##   make busted        break the series on purpose; a test must detect each mutant
##   make torture       all stress tests concurrently, with CPU hotplug, for MINUTES=1
##                      (BASE=, CONFIG=KASAN-TORTURE; results/ from 30 minutes on)
##   make coverage      which lines of the series the tests reach
##   make bench         what the series costs and gains, base and series in turn, with
##                      plots   (BASE=, ROWS='cost latency', N=boots, PEER=DIR: a
##                      third kernel)
##   make bench-each    the same after each patch
##   make model         check the models of the locks with spin
##
## To install
##   make deb           Debian packages of the kernel (BASE=, KCONFIG=FILE: your own
##                      configuration); 8 GB of disk
##   make deb-test      install, boot and remove them in a Debian in QEMU; needs root
##                      for debootstrap
##   make walk          run the commands of the READMEs in a clean Debian, as a
##                      maintainer, a distribution and a user  (WAY='maintainer');
##                      needs root
##
## BASE=5.10 is the kernel, a folder of patches/.  CONFIG=RUN (RUN-RT on 5.10-rt) is its
## configuration, a file of tools/harness/configs/ (RUN, LOCKDEP, KASAN, UP, NOCOMPACT,
## X86-32, FAULT, MODULES, BENCH, LATENCY, ...; with -RT for 5.10-rt, where LOCKDEP is
## RT).  V=1 shows all output.  boot also takes APPEND= (kernel arguments),
## ACCEL=icount, EXTRA=PATCH, UPTO=N (patches) and TREE=DIR; see the heads of
## tools/harness/boot and lib.sh.

# Wrong words are refused before anything is installed, downloaded or built: a target
# that has WORDS begins with TOOL-words.
%-words:
	@$(T)/harness/$* --check $(WORDS)

run: boot

test: all-words deps
	@$(T)/harness/all

check:
	@$(T)/queue/check

apply:
	@$(T)/queue/apply "$(BASE)" "$(KSRC)" $(topics)

applies:
	@$(T)/queue/applies "$(BASE)" $(if $(KSRC),"$(KSRC)")

list:
	@$(T)/queue/list "$(BASE)" $(topics)

# PREFIX of the environment is an installation's
mbox:
	@SUBJECT_PREFIX=$(if $(filter command line,$(origin PREFIX)),"$(PREFIX)") \
		$(T)/queue/mbox "$(BASE)" $(topics)

export:
	@$(T)/queue/export $(if $(DROP),--drop) $(if $(TOPICS),--topics "$(TOPICS)") \
		"$(BASE)" "$(KSRC)" $(if $(REV),"$(REV)")

refresh:
	@$(T)/queue/refresh "$(BASE)" $(if $(KSRC),"$(KSRC)")

deps:
	@$(T)/harness/deps install

bench-deps:
	@$(T)/harness/deps install bench

fetch: deps
	@$(T)/harness/fetch "$(BASE)"

patch: fetch
	@$(T)/harness/patch "$(BASE)"

build: WORDS = "$(BASE)" "$(CONFIG)"
build: build-words patch
	@$(T)/harness/build $(WORDS)

boot: WORDS = "$(BASE)" "$(CONFIG)" "$(WHAT)"
boot: boot-words build
	@$(T)/harness/boot $(WORDS)
	@[ "$(WHAT)" = shell ] || $(T)/harness/summary "$(BASE)" "$(CONFIG)" "$(WHAT)"

judge:
	@$(T)/harness/judge "$(BASE)" "$(CONFIG)" "$(WHAT)"

bench: WORDS = "$(BASE)" $(ROWS)
bench: bench-words bench-deps
	@$(T)/harness/bench $(WORDS)

bench-each: WORDS = "$(BASE)"
bench-each: bench-each-words deps
	@$(T)/harness/bench-each $(WORDS)

each: CONFIG = $(or $(GIVEN),LOCKDEP MODULES NOCOMPACT X86-32)
each: each-words fetch
	@$(T)/harness/deps install each
	@for config in $(CONFIG); do $(T)/harness/each "$(BASE)" $$config $(ONLY) || exit; done

each-words:
	@for config in $(CONFIG); do \
		$(T)/harness/each --check "$(BASE)" $$config $(ONLY) || exit; done

model:
	@$(T)/harness/deps install model
	@$(T)/model/run

busted: WORDS = "$(BASE)"
busted: bust-words fetch
	@$(T)/harness/bust $(WORDS)

torture: CONFIG = $(GIVEN)
torture: WORDS = "$(BASE)" $(CONFIG)
torture: torture-words fetch
	@$(T)/harness/torture $(WORDS)

matrix: matrix-words deps
	@$(T)/harness/deps install matrix
	@$(T)/harness/matrix

coverage: WORDS = "$(BASE)"
coverage: coverage-words fetch
	@$(T)/harness/deps install coverage
	@$(T)/harness/coverage $(WORDS)

races: WORDS = "$(BASE)"
races: races-words fetch
	@$(T)/harness/races $(WORDS)

deb-words:
	@$(T)/deb/build --check "$(BASE)"

deb: deb-words patch
	@$(T)/harness/deps install deb
	@$(T)/deb/build "$(BASE)"

deb-test: deb
	@$(T)/harness/deps install machine
	@$(T)/deb/machine
	@$(T)/deb/test "$(BASE)"

walk: deps
	@$(T)/harness/deps install machine
	@$(T)/deb/walk $(WAY)

status:
	@$(T)/harness/status

clean:
	@$(T)/harness/clean
