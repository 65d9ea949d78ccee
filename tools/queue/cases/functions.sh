# shellcheck shell=sh disable=SC2034,SC2086,SC2154,SC2317 # test sets the names and runs these
# SPDX-License-Identifier: GPL-2.0
#
# What the lines of the tables call, and the cases of ../test that are no lines: signals,
# full disks, and two at the same time.

plain() { rm -rf "$linux/.git"; }

# same DIR: the files of the series are in DIR as its last commit has them, and nothing
# is left of the tool's own.
same() {
	[ -z "$(find "$1" -name '.apply*' -o -name '*.lock')" ] &&
	git -C "$series" ls-files | while read -r file; do
		same_file "$series/$file" "$1/$file" || exit 1
	done
}

# whole TREE SERIES: the default topics are in this git tree, as git am writes them, and
# nothing else is.
whole() {
	form='%T %an %ae %ad %B'
	[ -z "$(git -C "$1" status --porcelain --ignored)" ] &&
	[ -z "$(find "$1/" -name '.apply*' -o -name '*.lock')" ] &&
	[ "$(git -C "$1" worktree list | grep -c /am)" = 0 ] &&
	[ "$(git -C "$1" log --format="$form" base..)" = "$(git -C "$2" log --format="$form" base..main)" ]
}

# unchanged: the project is to the last byte what it was.
unchanged() { diff -r -x out -x .git "$tmp/fixture/project" "$project"; }

# forget DIR: remove the patches of a base, and its series.
forget() { find "$1" -name '*.patch' -exec rm {} + && rm "$1/series"; }

# settings TREE: what changes what git writes, and hooks that fail.
settings() {
	while read -r key value; do
		git -C "$1" config "$key" "$value" || return
	done <"$TOP/tools/queue/cases/awkward-git-settings"
	git -C "$1" config core.hooksPath "$now/hooks"
	mkdir "$now/hooks"
	for hook in applypatch-msg pre-applypatch post-checkout post-merge reference-transaction; do
		printf '%s\n' '#!/bin/sh' "touch '$1/.git/ran'" 'exit 1' >"$now/hooks/$hook"
		chmod +x "$now/hooks/$hook"
	done
}

fetched() { mkdir -p out/src && mv "$linux" out/src/5.10; }

# checkpatch BASE TYPE: a kernel whose checkpatch finds zram_20 as TYPE, and counts its
# runs in $RUNS.
checkpatch() {
	command -v perl >/dev/null || tap_skip 'perl is not installed'
	export RUNS="$project/out/runs"
	mkdir -p "out/src/$1/scripts"
	printf '%s\n' "VERSION = ${1%.*}" "PATCHLEVEL = ${1#*.}" 'SUBLEVEL = 0' >"out/src/$1/Makefile"
	sed "s/TYPE/$2/" "$TOP/tools/queue/cases/checkpatch.pl" >"out/src/$1/scripts/checkpatch.pl"
}

# --- long cases -----------------------------------------------------------------------

long_cases='apply_interrupted apply_two apply_full_disk apply_full_disk_plain
	mbox_full_disk check_full_disk export_full_disk'

run_long() { fresh && "$1"; }

# run_tool TOOL BASE ARG
run_tool() { "$project/tools/queue/$1" "$2" "$3" >"$tmp/out" 2>"$tmp/err"; }

# interrupts: Ctrl-C to apply and all its children, as from a terminal, at 15 moments of the
# time that it takes; then $linux is as before, or has everything.
interrupts() {
	rm -rf "$tmp/was" && cp -Rp "$linux" "$tmp/was" && snapshot "$linux" >"$tmp/before" &&
		begin=$(date +%s%N) && run_tool apply 5.10 "$linux" || return
	part=$((($(date +%s%N) - begin) / 16000))
	for moment in $(seq 15); do
		rm -rf "$linux" && cp -Rp "$tmp/was" "$linux"
		env --default-signal timeout -s INT "$((moment * part))e-6" \
			"$project/tools/queue/apply" 5.10 "$linux" >"$tmp/out" 2>"$tmp/err"
		snapshot "$linux" >"$tmp/after"
		cmp -s "$tmp/before" "$tmp/after" || ended_well || {
			echo "in part $moment of 16:"
			cat "$tmp/out" "$tmp/err"
			diff "$tmp/before" "$tmp/after"
			return 1
		}
	done
	rm -rf "$linux" && cp -Rp "$tmp/was" "$linux"
}

ended_well() {
	if [ -e "$linux/.git" ]; then whole "$linux" "$series"; else same "$linux"; fi
}

apply_interrupted() { interrupts && plain && interrupts; }

# One does it all; the other one is refused, or has nothing to do.
apply_two() {
	for moment in 0 0.05 0.1 0.15 0.2 0.25 0.3 0.4 0.5; do
		"$project/tools/queue/apply" 5.10 "$linux" >"$tmp/out" 2>&1 &
		sleep $moment
		"$project/tools/queue/apply" 5.10 "$linux" >"$tmp/err" 2>&1
		second=$?
		wait $! || [ $second = 0 ] || { cat "$tmp/out" "$tmp/err"; return 1; }
		whole "$linux" "$series" || { echo "after $moment s: not whole"; return 1; }
		git -C "$linux" reset -q --hard base
	done
}

# on_full_disk FIRST FUNCTION KIB...: run it with so much room on $disk, after FIRST.
on_full_disk() {
	first=$1 function=$2 disk=$now/disk result=0
	shift 2
	mkdir "$disk"
	mount -t tmpfs -o size=2m none "$disk" 2>/dev/null || tap_skip 'cannot mount'
	for room; do
		find "$disk" -mindepth 1 -delete
		"$first"
		head -c 4M /dev/zero >"$disk/fill" 2>/dev/null
		truncate -s "$(($(stat -c %s "$disk/fill") - room * 1024))" "$disk/fill"
		"$function" >"$tmp/log" 2>&1 || {
			echo "with $room KiB:"
			cat "$tmp/out" "$tmp/err" "$tmp/log"
			result=1
		}
	done
	umount "$disk"
	return $result
}

# No room for the objects, the index or the files.
full_tree_first() { cp -Rp "$now/linux" "$disk/t" && linux=$disk/t && snapshot "$linux" >"$tmp/before"; }
full_tree() {
	TMPDIR=$now run_tool apply 5.10 "$linux" && ended_well && return
	snapshot "$linux" | diff "$tmp/before" - && grep 'the tree is as it was\|no room\|annot' "$tmp/err"
}

apply_full_disk() { on_full_disk full_tree_first full_tree 0 16 32 64 128 256 512 600 800; }
apply_full_disk_plain() { plain && on_full_disk full_tree_first full_tree 0 4 8 12 16 24 32 48; }

# The old mailbox stays.
full_out_first() { mkdir -p "$disk/mbox/5.10" && echo old >"$disk/mbox/5.10/1-zram-fixes.mbox"; }
full_out() {
	! OUT=$disk run_tool mbox 5.10 1-zram-fixes && grep 'cannot write' "$tmp/err" &&
		[ "$(cat "$disk/mbox/5.10"/*)" = old ]
}
mbox_full_disk() { seq 9000 >>"$patches/1-zram-fixes/cover.txt" && on_full_disk full_out_first full_out 0 4 8 16 32; }

# A full disk is no success, also where something is wrong.
full_check() {
	! TMPDIR=$disk tools/queue/check >"$tmp/out" 2>"$tmp/err" && ! grep ' 0 problems' "$tmp/out"
}
check_full_disk() {
	echo '/* edit */' >>$lock
	on_full_disk : full_check 0 4 8 16 32 64 && ! tools/queue/check >/dev/full
}

# The patches stay as they were.
full_export() { ! TMPDIR=$disk run_tool export 5.10 "$series" && unchanged; }
export_full_disk() {
	git -C "$series" commit -q --amend -m 'mm/zsmalloc: try the lock' -m 'Other words.'
	on_full_disk : full_export 0 8 16 24
}
