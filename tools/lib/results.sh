# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# How a tool writes its file in results/.  Sourced after lib.sh; does nothing by itself.
#
# A results file is a head and sections; a section is one base, one kernel or one row of
# a benchmark.  A tool replaces its own section and keeps the others.  The line below
# the heading says what the section is worth:
#
#	PASS, v2-rc1, commit 0123456789ab, 2026-11-30: `make races BASE=5.10`
#
# Only a complete run is written.

RESULTS=${RESULTS:-$TOP/results}

# results_version: the version of the series, from patches/VERSION.
results_version() { sed -n 1p "$TOP/patches/VERSION" 2>/dev/null | grep . || echo unknown; }

# results_commit: the commit of this project, with -dirty if a file differs that a
# result may depend on.  What is in results/ and *.md is no such file.
results_commit() {
	if ! results_id=$(git -C "$TOP" rev-parse --short=12 HEAD 2>/dev/null) ||
		[ -n "$(git -C "$TOP" rev-parse --show-prefix)" ]; then
		echo unknown
		return
	fi
	results_changed=$(git -C "$TOP" status --porcelain -- . ':!results' ':!*.md' 2>&1) ||
		results_changed=unknown
	echo "$results_id${results_changed:+-dirty}"
}

# results_stamp COMMAND: version, commit, date and command.  Take it before the run.
results_stamp() {
	# shellcheck disable=SC2016 # Markdown, no command
	printf '%s, commit %s, %s: `%s`\n' "$(results_version)" "$(results_commit)" \
		"$(date -u +%F)" "$1"
}

# results_code: each line of stdin as Markdown code that fits into a table cell.
results_code() {
	# shellcheck disable=SC2016 # Markdown, no command
	sed -e "s/\`/'/g" -e 's/|/\\|/g' -e 's/.*/`&`/'
}

# results_copy FROM FILE: FROM becomes results/FILE.
results_copy() {
	mkdir -p "$RESULTS" || die "cannot create $RESULTS"
	results_new=$(mktemp "$RESULTS/.new.XXXXXX") || die "cannot write in $RESULTS"
	if cp "$1" "$results_new" && cmp -s "$1" "$results_new" && chmod 644 "$results_new" &&
		mv "$results_new" "$RESULTS/$2"; then
		note "written: $RESULTS/$2"
		return
	fi
	rm -f "$results_new"
	die "cannot write $RESULTS/$2; it is unchanged"
}

# results_write FILE TITLE SECTION VERDICT STAMP: stdin becomes the section.  Its last
# line must be "end", so that a body that was cut off is never taken for a result.
results_write() {
	make_out
	mkdir -p "$RESULTS" "$OUT" || die "cannot create $RESULTS"
	# Two bases may be written at the same time.
	(flock 8 && results_replace "$@") 8>"$OUT/results.lock" ||
		die "cannot write $RESULTS/$1; it is unchanged"
	note "written: $RESULTS/$1, section $3"
}

# results_replace: as results_write, which holds the lock.
results_replace() {
	results_old=$RESULTS/$1
	[ -f "$results_old" ] || results_old=/dev/null
	results_new=$(mktemp "$RESULTS/.new.XXXXXX") || return
	TITLE=$2 SECTION=$3 VERDICT=$4 STAMP=$5 awk '
	function trimmed(text) { sub(/^\n+/, "", text); sub(/\n+$/, "", text); return text }
	# The body comes first; one line of it is held back, as the last one is the mark.
	NR == FNR { body = body held; held = $0 "\n"; next }
	/^## / { name = substr($0, 4); text[name] = ""; next }
	name != "" { text[name] = text[name] $0 "\n" }
	END {
		if (held != "end\n")
			exit 1
		text[ENVIRON["SECTION"]] = ENVIRON["VERDICT"] ", " ENVIRON["STAMP"] "\n\n" body
		for (name in text) {
			for (i = ++n; i > 1 && sorted[i - 1] > name; i--)
				sorted[i] = sorted[i - 1]
			sorted[i] = name
		}
		print "# " ENVIRON["TITLE"]
		print "\nWritten by a tool; see [README.md](README.md). Last change: " ENVIRON["STAMP"]
		for (i = 1; i <= n; i++)
			print "\n## " sorted[i] "\n\n" trimmed(text[sorted[i]])
	}' - "$results_old" >"$results_new" &&
		chmod 644 "$results_new" && mv "$results_new" "$RESULTS/$1" && return
	rm -f "$results_new"
	return 1
}
