# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# How a tool writes its file in results/: a title and sections.  A section is one base, kernel
# or benchmark; a tool replaces its own and keeps the others.  It begins with its verdict:
#
#	PASS, v2-rc1, commit 0123456789ab, 2026-11-30: `make races BASE=5.10`
#
# Only a complete run is written.  The texts are kept in memory, because a scratch file
# on a full disk would lose a part of them.

RESULTS=${RESULTS:-$TOP/results}

# results_version: the version of the series, from patches/VERSION.
results_version() { sed -n 1p "$TOP/patches/VERSION" 2>/dev/null | grep . || echo unknown; }

# results_commit: the commit of this project, with -dirty if a file differs that a
# result may depend on.  results/ and *.md are not such files.
results_commit() {
	if results_id=$(git -C "$TOP" --git-dir=.git rev-parse --short=12 HEAD 2>/dev/null) &&
		results_changed=$(git -C "$TOP" --git-dir=.git status --porcelain -- . ':!results' ':!*.md'); then
		echo "$results_id${results_changed:+-dirty}"
	else
		echo unknown
	fi
}

# results_stamp COMMAND: version, commit, date and command.  Take it before the run.
results_stamp() {
	printf '%s, commit %s, %s: `%s`\n' "$(results_version)" "$(results_commit)" \
		"$(date -u +%F)" "$1"
}

# results_code: each line of stdin as Markdown code that fits into a table cell.
results_code() {
	sed -e "s/\`/'/g" -e 's/|/\\|/g' -e 's/.*/`&`/'
}

# results_write FILE TITLE SECTION VERDICT STAMP: stdin becomes the section.
results_write() {
	results_body=$(cat)
	[ -n "$results_body" ] || die "nothing to write to $1"
	mkdir -p "$RESULTS" || die "cannot create $RESULTS"
	results_old=$RESULTS/$1
	[ -e "$results_old" ] || results_old=/dev/null
	# Two bases may be written concurrently.
	(
		flock 6
		results_others=$(awk -v section="$3" '
			/^## / { name = substr($0, 4) }
			name != "" && name != section' "$results_old") ||
			die "cannot read $results_old"
		{
			printf '# %s\n\nWritten by a tool; see [README.md](README.md).\n' "$2"
			[ -z "$results_others" ] || printf '\n%s\n' "$results_others"
			printf '\n## %s\n\n%s, %s\n\n%s\n' "$3" "$4" "$5" "$results_body"
		} | replace_file "$RESULTS/$1"
	) 6<"$RESULTS"
}
