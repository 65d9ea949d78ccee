# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# The words that the steps take.  Wrong ones are refused before any work: with --check
# as its first word, a script that calls words_end() does nothing else, so that make can
# have it look at its words before anything is downloaded or built.  Sourced by lib.sh.

only_check=
[ "${1-}" != --check ] || { only_check=yes; shift; }

# words_end: all words are right; with --check, that was it.
words_end() { [ -z "$only_check" ] || exit 0; }

# no_variant: stop if a variant is asked for, where the script selects its kernels.
no_variant() {
	[ -z "$VARIANT" ] ||
		usage "selects its kernels itself; leave PATCHES, UPTO, EXTRA and TREE alone"
}

# no_guest_words: stop if the guest is to be another one, where all runs must be the
# same: it would test less.  KVM only makes it faster.
no_guest_words() {
	case ${ACCEL:-tcg},${APPEND-}${MEM-} in
	tcg, | kvm,) ;;
	*) usage "selects its guests itself; leave APPEND, MEM and ACCEL alone" ;;
	esac
}

# check_out: stop if the kernel's make could not work below OUT.
check_out() {
	case $OUT in
	*[[:space:]:]*) die "the kernel can't be built below '$OUT' (space or colon); move it: OUT=DIR" ;;
	esac
}

# check_upto BASE: stop if UPTO is more patches than the base has.
check_upto() {
	[ -z "${UPTO-}" ] || [ "$UPTO" -le "$(series "$1" | grep -c .)" ] ||
		usage "UPTO=$UPTO: $1 has $(series "$1" | grep -c .) patches"
}

# what_needs WHAT: the option of the kernel without which that run can't be done.
what_needs() {
	case $1 in
	kunit) echo KUNIT ;;
	faults) echo FAULT_INJECTION ;;
	scale) echo ZSMALLOC_SCALE_TEST ;;
	move) echo MEMORY_HOTREMOVE ;;
	suspend) echo SUSPEND ;;
	throttle) echo CGROUP_SCHED ;;
	torture) echo ZSMALLOC_TORTURE_TEST ;;
	swap | selftest | all | io | cost | latency | shell) ;;
	*) usage "unknown WHAT '$1'; there is: kunit swap selftest all io faults cost scale latency throttle move suspend torture shell" ;;
	esac
}

# config_has CONFIG OPTION: the last line counts, as for Kconfig.
config_has() {
	{
		config_lines "$1" config
		[ "${PATCHES:-series}" = none ] || config_lines "$1" series
		config_lines "$1" scale
	} | sed -n "s/^CONFIG_$2=//p; s/^# CONFIG_$2 is not set/n/p" | tail -n 1 | grep -qx y
}

# configs_with OPTION: all that have it, in one line.
configs_with() {
	for configs_file in "$HARNESS"/configs/[A-Z]*.config; do
		configs_name=$(basename "$configs_file" .config)
		! config_has "$configs_name" "$1" || echo "$configs_name"
	done | paste -sd' '
}

# check_kernel_words BASE CONFIG: what build takes, and the variables that go with it.
check_kernel_words() {
	check_base "$1"
	check_config "$2"
	! on_rt "$2" || [ ! -f "$TOP/patches/$1-rt/base" ] ||
		usage "CONFIG=$2 is for PREEMPT_RT: take BASE=$1-rt"
	[ -z "${TREE-}" ] || [ -f "$TREE/Makefile" ] ||
		usage "TREE: there is no kernel tree in $TREE"
	check_upto "$1"
	check_out
}

# check_words BASE CONFIG WHAT: what boot takes.
check_words() {
	check_kernel_words "$1" "$2"
	words_need=$(what_needs "$3") || exit
	[ -z "$words_need" ] || config_has "$2" "$words_need" ||
		usage "WHAT=$3 needs CONFIG_$words_need, which CONFIG=$2${PATCHES:+ with PATCHES=$PATCHES} lacks; there is: $(configs_with "$words_need" | grep . || echo none)"
	case ${ACCEL:-tcg}-$(arch "$2") in
	tcg-* | icount-x86 | kvm-x86) ;;
	*) usage "ACCEL='${ACCEL-}' on $(arch "$2"); there is: tcg, and for x86 icount kvm" ;;
	esac
	check_number MEM "${MEM-}" MiB
	check_number TIMEOUT "${TIMEOUT-}" seconds
}

# check_number NAME VALUE UNIT: empty, or a number above 0.
check_number() {
	case $2 in
	'') ;;
	*[!0-9]* | 0* | ????????*) usage "$1 is a number of $3, not '$2'" ;;
	esac
}
