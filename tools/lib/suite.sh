# shellcheck shell=sh disable=SC2154 # $dir is the script's
# SPDX-License-Identifier: GPL-2.0
#
# What the long runs share: a kernel and test by its name, and what is known of it.
# Sourced after harness.sh.

# series_id BASE LOG: one word for all that the series changes in the end, but for texts
# and comments; a result is valid until it changes.  What patching says goes
# to LOG.
series_id() {
	"$HARNESS/patch" "$1" >"$2" 2>&1 || die "$(tail -n 1 "$2")"
	git -C "$OUT/src/$1" diff base HEAD -- . ':!Documentation' | awk '
		!/^[-+]/ || /^(---|\+\+\+) / { next }
		{ sub(/[ \t]*\/\*.*\*\/$/, "") }
		/^.[ \t]*(\/\*|\*[ \/]|\*$|$)/ { next }
		{ print }' | hash | cut -c1-12
}

# try BASE CONFIG TEST: whatever SERIES and EXTRA_PATCHES ask for is built, booted and
# judged.  What the steps say goes to $dir/log, the judge's words to
# $dir/findings; status 1, and why, if it did not come to that.
try() {
	{ "$HARNESS/patch" "$1" && "$HARNESS/build" "$1" "$2" &&
		"$HARNESS/boot" "$@"; } >"$dir/log" 2>&1 || {
		tail -n 1 "$dir/log"
		return 1
	}
	# Those of an earlier run must not count if these can't be written.
	rm -f "$dir/findings"
	"$HARNESS/judge" "$@" >"$dir/findings" 2>>"$dir/log"
	[ -s "$dir/findings" ] || {
		echo "no findings: $(tail -n 1 "$dir/log")"
		return 1
	}
}

# found REGEX: the first finding that it matches; status 1, and all of them, if
# there is none.
found() {
	grep -m1 -E "$1" "$dir/findings" || {
		echo "findings were: $(paste -sd';' "$dir/findings" | cut -c1-200)"
		return 1
	}
}
