# shellcheck shell=sh disable=SC2154 # $dir is the script's
# SPDX-License-Identifier: GPL-2.0
#
# A recorded run: OUT/run/BASE/CONFIG/TEST.  Sourced after harness.sh.

# record DIR | record BASE CONFIG TEST: the directory of a recorded run.
record() {
	case $# in
	1) record_dir=$1 ;;
	3) record_dir=$OUT/run/$1/$2/$3 ;;
	*) usage "usage: $me DIR | $me BASE CONFIG TEST" ;;
	esac
	[ -d "$record_dir" ] || usage "there is no recorded run in $record_dir; boot one first"
	echo "$record_dir"
}

# meta KEY, result KEY: a value of the record in $dir; the last one counts.
meta() { sed -n "s/^$1: *//p" "$dir/meta" 2>/dev/null | tail -n 1; }
result() { results "$1" | tail -n 1; }

# results KEY: all of them, one a line.
results() { tr -d '\r' <"$dir/guest-report" | sed -n "s/^$1: *//p"; }

# console: of the record in $dir, without control characters, time stamps and callers.
# A program's half line may stand before the kernel's, so that a line begins after
# each time stamp.
console() {
	tr -cd '\11\12\40-\176' <"$dir/console" | sed -E \
		-e 's/^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? //' \
		-e 's/\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? /\n/g'
}

# values: all of the record in $dir, one a line: "meta KEY TEXT", "result KEY TEXT",
# "figure NAME TEXT", and "torture KEY TEXT" of zsmalloc_torture's last line of figures.  Of a
# key that is there twice, the last one counts.
values() {
	sed 's/^\([^:]*\): */meta \1 /' "$dir/meta" 2>/dev/null
	tr -d '\r' <"$dir/guest-report" |
		sed -e 's/^figure: /figure /' -e t -e 's/^\([^: ]*\): */result \1 /'
	console | sed -n 's/^zsmalloc_torture: \(alloc=.*\)/\1/p' | tail -n 1 |
		tr ' =' '\n ' | sed 's/^/torture /'
}

# kunit, selftests: what KUnit printed on the console, and the selftests of the record,
# in the form of ktap.awk; a selftest is a suite.
kunit() { console | awk -f "$TOP/tools/lib/ktap.awk"; }
selftests() {
	tr -d '\r' <"$dir/guest-report" | sed -n -E \
		-e 's/^selftest: /    # Subtest: /p' \
		-e 's/^ktap: /    /p' \
		-e 's/^selftest_status: [^ ]+ [04]$/ok 1/p' \
		-e 's/^selftest_status: [^ ]+ ([0-9]+)$/not ok 1 exit status \1/p' \
		-e 's/^selftest_status: [^ ]+ (signal .*)/not ok 1 killed by \1/p' |
		awk -f "$TOP/tools/lib/ktap.awk"
}
