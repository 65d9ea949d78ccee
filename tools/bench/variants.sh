# shellcheck shell=sh disable=SC2154 # $base is the script's
# SPDX-License-Identifier: GPL-2.0
#
# What bench, bench-each, bench-results, table and plot share: the sides that are
# compared, each with a kernel of its own.  Sourced after lib.sh.
#
#	base	the unpatched base with zsmalloc's performance test, whose patch
#		applies to it
#	series	the default topics
#	peer	another kernel, COMPARE_TREE=DIR: an unpacked tree, which is not changed

bench=$OUT/bench/$base
# Percent by which two boots under icount may differ.
# shellcheck disable=SC2034 # for those that source this
apart=0.5
scale_patch=$(series "$base" | grep -- '-zsmalloc-add-a-performance-test\.patch$') ||
	die "patches/$base/series has no performance test of zsmalloc"
scale_patch=$TOP/patches/$base/$scale_patch

# on SIDE TOOL ARG...: a step of the harness for that side.
on() {
	on_side=$1
	on_tool=$HARNESS/$2
	shift 2
	case $on_side in
	base) KERNEL_TREE='' SERIES=none EXTRA_PATCHES=$scale_patch "$on_tool" "$@" ;;
	series) KERNEL_TREE='' SERIES=series EXTRA_PATCHES='' "$on_tool" "$@" ;;
	peer) KERNEL_TREE=$COMPARE_TREE SERIES=none EXTRA_PATCHES='' "$on_tool" "$@" ;;
	esac
}

# run_dir SIDE CONFIG TEST: where boot records its runs.
run_dir() {
	case $1 in
	base) echo "$OUT/variant/run/$base/$2/$3" ;;
	series) echo "$OUT/run/$base/$2/$3" ;;
	peer) echo "$OUT/peer/run/$base/$2/$3" ;;
	esac
}

# build_dir SIDE CONFIG: where its kernel is.
build_dir() {
	build_dir_run=$(run_dir "$1" "$2" x)
	echo "${build_dir_run%/run/*}/build/$base/$2"
}

# rows_of_base: all rows that the base supports; PREEMPT_RT has no THP.
rows_of_base() {
	case $base in
	*-rt) list "$BENCH/bench.rows" | cut -d'|' -f1 | grep -v '^latency-thp$' ;;
	*) list "$BENCH/bench.rows" | cut -d'|' -f1 ;;
	esac
}

# check_sides: stop unless the sides can be built here.
check_sides() {
	check_base "$base"
	no_variant
}

# build_side SIDE CONFIG
build_side() {
	if [ "$1" != peer ]; then
		"$HARNESS/fetch" "$base" && on "$1" patch "$base" || return
	fi
	on "$1" build "$base" "$2"
}

# run_side SIDE CONFIG TEST NAME: boots and judges; the record is in $dir until the
# next boot of that side.  Status 1, and the reason, if it did not pass its judge.  With
# $may_fail set, a failed test is ignored, a broken run is not.
run_side() {
	dir=$(run_dir "$1" "$2" "$3")
	on "$1" boot "$base" "$2" "$3" >"$bench/log" 2>&1 || {
		note "$4: $(tail -n 1 "$bench/log")"
		return 1
	}
	! "$HARNESS/judge" "$dir" >"$bench/findings" 2>&1 || return 0
	[ -z "${may_fail-}" ] || ! grep -qx 'verdict: FAIL' "$bench/findings" || return 0
	note "$4: $(grep -m1 -E '^(BROKEN|FAIL)' "$bench/findings" || head -n 1 "$bench/findings"); see $dir"
	return 1
}

# middle: the median of the numbers on stdin.
middle() {
	sort -g | awk '{ v[NR] = $1 }
		       END { if (NR) print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}
