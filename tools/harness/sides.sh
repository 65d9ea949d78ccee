# shellcheck shell=sh disable=SC2154 # $base is the script's
# SPDX-License-Identifier: GPL-2.0
#
# What bench and bench-each share: the sides that are compared, each with a kernel
# of its own.  Sourced by both, after lib.sh.
#
#	base	the bare base, and zsmalloc's performance test, whose patch
#		applies to it
#	series	the whole series
#	peer	another kernel, PEER=DIR: an unpacked tree, which is not changed

bench=$OUT/bench/$base
scale_patch=$(series "$base" | grep -- '-zsmalloc-add-a-performance-test\.patch$') ||
	die "patches/$base/series has no performance test of zsmalloc"
scale_patch=$TOP/patches/$base/$scale_patch

# on SIDE TOOL ARG...: a step of the harness for that side.
on() {
	on_side=$1
	on_tool=$HARNESS/$2
	shift 2
	case $on_side in
	base) TREE='' PATCHES=none EXTRA=$scale_patch "$on_tool" "$@" ;;
	series) TREE='' PATCHES=series EXTRA='' "$on_tool" "$@" ;;
	peer) TREE=$PEER PATCHES=none EXTRA='' "$on_tool" "$@" ;;
	esac
}

# run_dir SIDE CONFIG WHAT: where boot records its runs.
run_dir() {
	case $1 in
	base) echo "$OUT/variant/run/$base/$2/$3" ;;
	series) echo "$OUT/run/$base/$2/$3" ;;
	peer) echo "$OUT/peer/run/$base/$2/$3" ;;
	esac
}

# config_on_base CONFIG: PREEMPT_RT has kernels of its own.
config_on_base() {
	case $base in
	*-rt) echo "$1-RT" ;;
	*) echo "$1" ;;
	esac
}

# check_sides: stop unless the sides can be built here.
check_sides() {
	check_base "$base"
	[ -z "$VARIANT" ] || usage "$me builds its kernels itself; leave PATCHES and EXTRA alone"
}

# build_side SIDE CONFIG
build_side() {
	if [ "$1" != peer ]; then
		"$HARNESS/fetch" "$base" && on "$1" patch "$base" || return
	fi
	on "$1" build "$base" "$2"
}

# run_side SIDE CONFIG WHAT NAME: boots and judges; the record is in $dir until the
# next boot of that side.  A run that does not pass its judge ends the script,
# unless only a test failed ($may_fail).
run_side() {
	dir=$(run_dir "$1" "$2" "$3")
	on "$1" boot "$base" "$2" "$3" >"$bench/log" 2>&1 ||
		die "$4: $(tail -n 1 "$bench/log")"
	! "$HARNESS/judge" "$dir" >"$bench/findings" 2>&1 || return 0
	[ -z "${may_fail-}" ] || grep -q '^BROKEN' "$bench/findings" || return 0
	die "$4: $(grep -m1 -E '^(BROKEN|FAIL)' "$bench/findings" || head -n 1 "$bench/findings"); see $dir"
}

# middle: the median of the numbers on stdin.
middle() {
	sort -g | awk '{ v[NR] = $1 }
		       END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# list FILE: the lines of a list that say something, without blanks at the bars.
list() { sed -E '/^#/d; /^[[:space:]]*$/d; s/[[:space:]]*\|[[:space:]]*/|/g; s/[[:space:]]*$//' "$1"; }
