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
# The same for BASE.
GIVEN_BASE := $(BASE)

BASE	?= 5.10
CONFIG	?= $(if $(filter %-rt,$(BASE)),DEFAULT-RT,DEFAULT)
TEST	?= swap
OUT	?= $(HERE)/out

# What the scripts take from the command line, see 'make help-all'
export BASE OUT V DEPS KSRC KTAR KCONFIG SERIES NR_PATCHES EXTRA_PATCHES KERNEL_TREE \
	COMPARE_TREE ACCEL MEM TIMEOUT SLOW APPEND N MINUTES ONLY SUITE

# One argument for each topic
topics	= $(foreach topic,$(TOPIC),"$(topic)")

# They report in order; kernels are built with all CPUs anyway
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

.PHONY: help help-all run test check apply check-apply list mbox export refresh \
	deps fetch patch build boot judge status clean bench-deps bench \
	build-each model mutants races torture matrix live coverage deb deb-test test-docs

help:
	@sed -n 's/^## \{0,1\}//p' "$(HERE)/Makefile"

help-all:
	@sed -n '/^## The main job/,/^$$/s/^##* \{0,1\}//p' "$(HERE)/Makefile"

## The main job
##   make run           boot a kernel with the series in QEMU and swap on zram
##                      (BASE=5.10, 5.10-rt, 7.3, 6.12 or 6.1)
##   make test          everything that must pass
##
## Both install the packages that they need; a base takes 3 GB of disk.
##
## The patches
##   make list          the paths of the patches in apply order, for git am and quilt
##   make apply KSRC=DIR    apply them to your own tree, as commits if it is git
##   make mbox          write each topic as a thread of mails
##   make check         check patches, new files, texts and scripts; offline
##                      (these take BASE=, and TOPIC='1-zram-fixes' for these topics only)
##
## To install
##   make deb           Debian packages of the kernel (KCONFIG=FILE: your own
##                      configuration); 8 GB of disk
##
##   make status        patches, kernels, and the verdict of each recorded run
##   make clean         remove what was made in out/; nothing of yours
##   make help-all      all targets, and the variables that select what they do
#
# More about the patches
#   make check-apply   try every package of BASE in Debian's archive, or your own tree,
#                      which is only read          (KSRC=DIR)
#   make refresh       put edits of new files into the patches
#   make export KSRC=DIR   write the patches from a git tree  (REV=COMMIT: the one
#                      below the series, if not the tag base; DROP=yes: allow fewer
#                      patches; TOPICS=FILE: lines "TOPIC SUBJECT")
#   make build-each    build after every patch, with W=1 and sparse, in four
#                      configurations (CONFIG=MODULES: in one; ONLY='32 37': after
#                      these patches only)
#
# Step by step
#   make deps          install missing packages    (DEPS=no: only name them; DEPS=skip:
#                      do not look)
#   make fetch         get and unpack the kernel   (KTAR=FILE or KSRC=DIR: yours)
#   make patch         apply the series to it      (SERIES=none: leave it bare)
#   make build         configure and build         (CONFIG=)
#   make boot          boot and run TEST=swap      (CONFIG=, MEM=, TIMEOUT=, SLOW=), or
#                      kunit, selftest, contention, faults, opcost, zs-scale, latency,
#                      cpu-quota, memhotplug, suspend, torture, all, shell
#   make judge         judge the last boot again
#
# Long runs on all bases that they are for, or on BASE=; they write results/, and an
# interrupted one continues.  ONLY='NAME...' runs these cases anew.
#   make matrix        all kernels and tests       (ONLY='suspend huge-pages')
#   make live          test the kernels that Debian released, unchanged
#   make races         show each race on the base, and that the series fixes it
#   make mutants       break the series on purpose; a test must detect each mutant
#   make torture       all stress tests concurrently, for MINUTES=1  (ONLY=LOCKDEP, or
#                      KASAN-TORTURE; results/ from 30 minutes on)
#   make coverage      which lines of the series the tests reach
#   make bench         what the series costs and gains, base and series in turn, with
#                      plots   (ROWS='cost latency', N=boots, COMPARE_TREE=DIR: a
#                      third kernel)
#   make model         check the models of the locks with spin
#   make deb-test      install, boot and remove the packages in a Debian in QEMU; needs
#                      root
#   make test-docs     run the commands of the READMEs in a clean Debian, as a
#                      maintainer, a distribution and a user  (ROLE='maintainer',
#                      SUITE=trixie); needs root
#
# BASE=5.10 is the kernel, a folder of patches/.  CONFIG=DEFAULT (DEFAULT-RT on 5.10-rt)
# is its configuration, a file of tools/harness/configs/ (DEFAULT, DEBUG, LOCKDEP, KASAN,
# KCSAN, UP, NOMIGRATION, X86-32, FAULT, MODULES, BENCH, SELFTEST-TIMING, ...; with -RT for
# PREEMPT_RT, where LOCKDEP is RT).  V=1 shows all output.  SLOW=6 doubles every time
# limit, which are for SLOW=3.  boot also takes APPEND= (kernel arguments),
# ACCEL=icount, EXTRA_PATCHES=PATCH, NR_PATCHES=N and KERNEL_TREE=DIR; see the heads of
# tools/harness/boot and tools/lib/harness.sh.

# Wrong arguments are refused before anything is installed, downloaded or built: a target
# that has WORDS begins with TOOL-words.
%-words:
	@CHECK_ONLY=yes $(T)/$(or $(DIR),harness)/$* $(WORDS)

run: boot

test: DIR = suites
test: run-all-tests-words deps
	@$(T)/suites/run-all-tests

check:
	@$(T)/queue/check

apply:
	@$(T)/queue/apply "$(BASE)" "$(KSRC)" $(topics)

check-apply:
	@$(T)/queue/check-apply "$(BASE)" $(if $(KSRC),"$(KSRC)")

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
	@$(T)/harness/deps

bench-deps:
	@$(T)/harness/deps bench

fetch: deps
	@$(T)/harness/fetch "$(BASE)"

patch: fetch
	@$(T)/harness/patch "$(BASE)"

build: WORDS = "$(BASE)" "$(CONFIG)"
build: build-words patch
	@$(T)/harness/build $(WORDS)

boot: WORDS = "$(BASE)" "$(CONFIG)" "$(TEST)"
boot: boot-words build
	@$(T)/harness/boot $(WORDS)
	@[ "$(TEST)" = shell ] || $(T)/harness/summary "$(BASE)" "$(CONFIG)" "$(TEST)"

judge:
	@$(T)/harness/judge "$(BASE)" "$(CONFIG)" "$(TEST)"

bench: DIR = bench
bench: WORDS = "$(BASE)" $(ROWS)
bench: bench-words bench-deps
	@$(T)/bench/bench $(WORDS)

build-each: CONFIG = $(or $(GIVEN),LOCKDEP MODULES NOMIGRATION X86-32)
build-each: build-each-words fetch
	@$(T)/harness/deps each
	@for config in $(CONFIG); do $(T)/suites/build-each "$(BASE)" $$config $(ONLY) || exit; done

build-each-words:
	@for config in $(CONFIG); do \
		CHECK_ONLY=yes $(T)/suites/build-each "$(BASE)" $$config $(ONLY) || exit; done

model:
	@$(T)/harness/deps model
	@$(T)/model/check

mutants torture matrix live coverage races: DIR = suites
mutants torture matrix live races: WORDS = $(GIVEN_BASE)

mutants: mutants-words deps
	@$(T)/suites/mutants $(WORDS)

torture: torture-words deps
	@$(T)/suites/torture $(WORDS)

matrix: matrix-words deps
	@$(T)/harness/deps matrix
	@$(T)/suites/matrix $(WORDS)

live: live-bugs-words deps
	@$(T)/harness/deps matrix
	@$(T)/suites/live-bugs $(WORDS)

races: races-words deps
	@$(T)/suites/races $(WORDS)

coverage: WORDS = "$(BASE)"
coverage: coverage-words fetch
	@$(T)/harness/deps coverage
	@$(T)/suites/coverage $(WORDS)

deb: DIR = deb
deb-words:
	@CHECK_ONLY=yes $(T)/deb/build "$(BASE)"

deb: deb-words patch
	@$(T)/harness/deps deb
	@$(T)/deb/build "$(BASE)"

deb-test: deb
	@$(T)/harness/deps machine
	@$(T)/deb/test-package "$(BASE)"

test-docs: deps
	@$(T)/harness/deps machine
	@$(T)/deb/test-readme-commands $(ROLE)

status:
	@$(T)/harness/status

clean:
	@$(T)/harness/clean
