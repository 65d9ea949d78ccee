# shellcheck shell=sh disable=SC2154 # $base and $config are the script's
# SPDX-License-Identifier: GPL-2.0
#
# What bench and cost share: two sides, 'base' without the series and 'series',
# each with a kernel of its own, booted in turn and compared.  Sourced by both,
# after lib.sh.

sides=$OUT/bench

# on SIDE TOOL ARG...: a step of the harness for the base or for the series.
on() {
	on_patches=series
	[ "$1" != base ] || on_patches=none
	on_tool=$HARNESS/$2
	shift 2
	PATCHES=$on_patches "$on_tool" "$@"
}

# run_dir SIDE WHAT: where boot records its runs.
run_dir() {
	case $1 in
	base) echo "$OUT/variant/run/$base/$config/$2" ;;
	series) echo "$OUT/run/$base/$config/$2" ;;
	esac
}

# check_sides: stop unless there are two sides of $base in $config.
check_sides() {
	check_base "$base"
	check_config "$config"
	[ -z "$VARIANT" ] || usage "$me builds both kernels itself; leave PATCHES and EXTRA alone"
}

# build_sides: both kernels, and nobody else is at work on them.
build_sides() {
	lock "$sides/$base-$config.lock"
	"$HARNESS/fetch" "$base" || exit
	for side in base series; do
		on $side patch "$base" && on $side build "$base" "$config" || exit
	done
}

# run_side SIDE WHAT NAME: boots and judges; the record is in $dir until the next
# boot of that side.  A run that does not pass its judge ends the script.
run_side() {
	run_log=$sides/$base-$config.log
	run_findings=$sides/$base-$config.findings
	dir=$(run_dir "$1" "$2")
	on "$1" boot "$base" "$config" "$2" >"$run_log" 2>&1 ||
		die "$3: $(tail -n 1 "$run_log")"
	"$HARNESS/judge" "$dir" >"$run_findings" 2>&1 ||
		die "$3: $(grep -m1 -E '^(BROKEN|FAIL)' "$run_findings" || head -n 1 "$run_findings"); see $dir"
}

# middle: the median of the numbers on stdin.
middle() {
	sort -n | awk '{ v[NR] = $1 }
		       END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

table_head() { printf '%-30s %10s %10s %7s\n' '' base series ratio; }

# table_row NAME DECIMALS BASE SERIES DECIMALS: the last ones are the ratio's.
table_row() {
	awk -v name="$1" -v number="%10.$2f" -v base="$3" -v series="$4" \
		-v quotient="%.$5f" 'BEGIN {
		ratio = base > 0 ? sprintf(quotient, series / base) : "-"
		printf "%-30s " number " " number " %7s\n", name, base, series, ratio }'
}
