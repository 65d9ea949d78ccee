# shellcheck shell=sh disable=SC2154 # $stubs is the script's
# SPDX-License-Identifier: GPL-2.0
#
# What a script of tests needs: one line of TAP for each case.  Sourced.

tap_count=0
tap_failed=0

# tap NAME COMMAND...: a case, in a subshell.  It fails when the command does, and
# shows what the command printed.
tap() {
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	tap_said=$("$@" 2>&1 </dev/null)
	case $? in
	0) echo "ok $tap_count - $tap_name" ;;
	77) echo "ok $tap_count - $tap_name # SKIP $tap_said" ;;
	*)
		echo "not ok $tap_count - $tap_name"
		printf '%s\n' "$tap_said" | sed 's/^/# /'
		tap_failed=$((tap_failed + 1))
		;;
	esac
}

# tap_skip REASON: ends a case that can't run here.
tap_skip() {
	echo "$*"
	exit 77
}

# stub NAME TEXT: a command of the script's in its directory $stubs.
stub() {
	mkdir -p "$stubs" && printf '%s\n' '#!/bin/sh' "$2" >"$stubs/$1" && chmod +x "$stubs/$1"
}

# full_disk COMMAND...: it can write no file, as on a full disk.
full_disk() (
	trap '' XFSZ
	ulimit -f 0
	"$@"
)

# tap_end: the plan; its status is that of the script.
tap_end() {
	echo "1..$tap_count"
	[ "$tap_count" -gt 0 ] && [ "$tap_failed" = 0 ]
}
