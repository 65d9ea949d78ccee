# shellcheck shell=sh disable=SC2154 # cases() is of the suite
# SPDX-License-Identifier: GPL-2.0
#
# The engine of matrix, races, mutants, torture and live.  Sourced after harness.sh.
# A case is a kernel that is built and booted, and a finding that the judge must print of
# that run.  A suite defines cases(), which prints those of $base:
#
#	NAME|SERIES|EXTRA_PATCHES|CONFIG|TEST|APPEND|WHAT IT IS|FINDING (a regular expression)
# A case that was ok is not run again until its line or the code changes, or ONLY='NAME...'
# names it: so an interrupted run continues where it stopped.  OUT/SUITE/BASE/known keeps
# what is known of each case, OUT/SUITE/BASE/run their records.  When all cases of a base
# are known, results/SUITE.md is written.

# rows FILE: the lines of a list whose second column names $base.
rows() { list "$1" | awk -F'|' -v base="$base" 'index(" " $2 " ", " " base " ")'; }

# each_case COMMAND: for each case of $base, until it fails.  The columns are in variables;
# $id is one word for all that the result depends on.
each_case() {
	while IFS='|' read -r name SERIES EXTRA_PATCHES config test APPEND what finding <&3; do
		id=$({
			printf '%s\n' "$code $SERIES $config $test $APPEND $finding"
			[ -z "$EXTRA_PATCHES" ] || cat "$EXTRA_PATCHES"
		} | hash | cut -c1-12)
		"$1" || return
	done 3<<-END
		$(cases)
	END
}

# code_id: one word for the base and all that the series changes in it, but for texts and
# comments.
code_id() {
	"$HARNESS/patch" "$base" >"$dir/log" 2>&1 || die "$(tail -n 1 "$dir/log")"
	{
		git -C "$OUT/src/$base" rev-parse 'base^{tree}'
		git -C "$OUT/src/$base" diff base HEAD -- . ':!Documentation' | awk '
			!/^[-+]/ || /^(---|\+\+\+) / { next }
			{ sub(/[ \t]*\/\*.*\*\/$/, "") }
			/^.[ \t]*(\/\*|\*[ \/]|\*$|$)/ { next }
			{ print }'
	} | hash
}

# known: NAME|ID|ok or not ok|SECONDS|COMMIT|FINDING of the last run of the case, if any.
known() {
	awk -v key="$name|$id|" 'index($0, key) == 1 { line = $0 } END { if (line) print line }' \
		"$dir/known"
}

# is_ok: the last run of the case was.
is_ok() { known | grep -qF -e "$name|$id|ok|"; }

# what_was_done: what the run in $dir did, in one line.
what_was_done() {
	{
		echo "$(console | grep -c '^    ok [0-9]* - ') KUnit cases"
		echo "$(results ktap | grep '^ok ' | grep -cv '# SKIP') selftest cases"
		results 'load[0-9]*_verified' | awk '{ n += $1 } END { print n + 0, "pages verified" }'
		echo "$(result pages_migrated) pages migrated"
		[ "$(meta test)" != torture ] || {
			console | sed -n 's/^zsmalloc_torture: \(alloc=.*[^ ]\) *$/zsmalloc: \1/p' | tail -n 1
			results ktap | sed -n 's/^ok [0-9]* \(.*: [0-9]* done\).*/\1/p'
		}
	} | sed '/^0* /d' | paste -sd';' | sed 's/;/; /g'
}

# run_case: builds, boots and judges; prints the finding, or what went wrong.  Of a run
# that just had to pass, it prints what the run did.  Called in a subshell.
run_case() {
	run=$OUT/run/$base/$config/$test
	[ "$SERIES$EXTRA_PATCHES" = series ] || run=$OUT/variant/run/$base/$config/$test
	{ "$HARNESS/patch" "$base" && "$HARNESS/build" "$base" "$config" &&
		"$HARNESS/boot" "$base" "$config" "$test"; } >"$dir/log" 2>&1 || {
		tail -n 1 "$dir/log"
		return 1
	}
	rm -rf "${dir:?}/run/$name"
	mkdir -p "$dir/run/$name" && cp "$run"/* "$dir/run/$name/"
	findings=$("$HARNESS/judge" "$run" 2>&1 | grep -v '^note')
	found=$(printf '%s\n' "$findings" | grep -m1 -E -e "$finding") || {
		echo "findings were: $(printf '%s\n' "$findings" | paste -sd';' | cut -c1-200)"
		return 1
	}
	dir=$run
	[ "$found" != 'verdict: PASS' ] || found=$(what_was_done)
	printf '%s\n' "${found:-nothing was counted}"
}

# do_case: a line of TAP.  The case is run unless it is ok, or anew if ONLY names it, or
# what is above the slash in its name.
do_case() {
	case " ${ONLY-} " in
	'  ' | *" $name "* | *" ${name%/*} "*) ;;
	*) return 0 ;;
	esac
	count=$((count + 1))
	if [ -n "${ONLY-}${again-}" ] || ! is_ok; then
		began=$(date +%s)
		word=ok
		said=$(run_case) || word='not ok'
		printf '%s\n' "$name|$id|$word|$(($(date +%s) - began))|$commit|$said" >>"$dir/known"
	fi
	known | (
		IFS='|' read -r _ _ word seconds _ said
		printf '%s\n' "${word:-not ok} $count - $name ($seconds s): $said"
	)
	is_ok || failed=$((failed + 1))
}

# row: the case as a line of the results file; status 1 if it was not run.
row() {
	known | (
		IFS='|' read -r _ _ word seconds row_commit said || exit
		printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$name" "$what" "$config" "$word" \
			"$(printf '%s\n' "$said" | results_code)" "$seconds" "$row_commit"
	)
}

# report: write the results file, unless a case was not run.
report() {
	report_rows=$(each_case row) || {
		note "not all cases of $base were run; results/$suite.md is not written"
		return
	}
	verdict=PASS
	each_case is_ok || verdict=FAIL
	printf '%s\n' '| case | what it is | kernel | | finding | seconds | commit |' \
		'| --- | --- | --- | --- | --- | ---: | --- |' "$report_rows" |
		results_write "$suite.md" "$title" "$base" "$verdict" "$stamp"
}

# one_base: all selected cases of $base; status 1 if one failed.
one_base() {
	dir=$OUT/$suite/$base
	command="make $suite BASE=$base${MINUTES:+ MINUTES=$MINUTES}"
	[ -z "${ONLY-}" ] || command="$command ONLY='$ONLY'"
	stamp=$(results_stamp "$command")
	commit=$(results_commit)
	lock "$dir.lock"
	{ mkdir -p "$dir" && : >>"$dir/known"; } || die "cannot write in $dir"
	! cases | cut -d'|' -f2,3 | grep -qvx 'series|' || lock_variant "$OUT/variant" "$base"
	"$HARNESS/fetch" "$base" || return
	code=$(code_id) || exit
	count=0
	failed=0
	say "$suite, $base"
	each_case do_case
	echo "1..$count"
	[ -n "${again-}" ] || report || return
	[ "$failed" = 0 ]
}

# suite NAME TITLE [BASE...]: what the script does; for each base that has a case
# if none is given.  With $again set, no case is kept and nothing is written to results/.
suite() {
	suite=$1
	title=$2
	shift 2
	harness_init
	# shellcheck disable=SC2046 # a list of words
	[ $# -gt 0 ] || set -- $(for base in $(bases | sort -V); do [ -z "$(cases)" ] || echo "$base"; done)
	no_variant
	no_guest_words
	for base; do
		check_base "$base"
		[ -n "$(cases)" ] || usage "$base has no case of $suite"
	done
	names=$(for base; do cases; done | sed 's/|.*//; p; s,/.*,,' | sort -u)
	for name in ${ONLY-}; do
		printf '%s\n' "$names" | grep -qxF -e "$name" ||
			usage "unknown ONLY '$name'; there is: $(printf '%s\n' "$names" | grep -v / | paste -sd' ')"
	done
	args_end
	export OUT SERIES EXTRA_PATCHES APPEND TIMEOUT
	status=0
	for base; do one_base || status=1; done
	exit $status
}
