# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What a kernel tree of the harness holds that neither fetch nor patch made: a user may
# work there.  Sourced after lib.sh.

# patched TREE: the commits that patch checked out there, by its file .git/patched; the
# last line is the current one: WANTED COMMIT.
patched() {
	cut -s -d' ' -f2 "$(git -C "$1" rev-parse --absolute-git-dir)/patched" 2>/dev/null
}

# unkept_commits TREE: the newest commit of HEAD that no ref keeps and patch did not
# make; an error of git counts as one.
unkept_commits() {
	# shellcheck disable=SC2046 # a list of commits
	git -C "$1" log -1 --format='%h "%s"' --ignore-missing HEAD --not base $(patched "$1") \
		--glob='refs/*' 2>/dev/null || echo 'HEAD can not be read'
}

# own_refs TREE: branches, tags and stashes but the tag 'base' and what is equal to it.
own_refs() {
	own_refs_base=$(git -C "$1" rev-parse base)
	git -C "$1" for-each-ref --format='%(objectname) %(refname)' |
		sed -e "/^$own_refs_base /d" -e '/ refs\/tags\/base$/d' -e 's/^[^ ]* //'
}

# own_worktrees TREE: those that no step of the harness made.
own_worktrees() {
	git -C "$1" worktree list --porcelain | sed -n 's/^worktree //p' |
		while read -r worktree; do
			for own in "$MAIN_OUT/src/${1##*/}" "$MAIN_OUT"/*/src/"${1##*/}"; do
				# shellcheck disable=SC3013 # dash has it
				[ ! "$worktree" -ef "$own" ] || continue 2
			done
			[ ! -e "$worktree" ] || echo "$worktree"
		done
}

# work_in TREE: in a few words, the user's work there; nothing if there is none.
work_in() {
	[ -n "$(ls -A "$1" 2>/dev/null)" ] || return 0
	if [ ! -e "$1/.git" ] || ! git -C "$1" rev-parse -q --verify base >/dev/null 2>&1; then
		echo "it is not the git tree that fetch makes"
		return
	fi
	work_in=$(git_busy "$1")
	[ -z "$work_in" ] || { echo "git $work_in is in progress"; return; }
	work_in=$(git --no-optional-locks -C "$1" status --porcelain --untracked-files=normal 2>&1 | head -n 1)
	[ -z "$work_in" ] || { echo "uncommitted: $work_in"; return; }
	work_in=$(unkept_commits "$1")
	[ -z "$work_in" ] || { echo "commit $work_in"; return; }
	work_in=$(own_refs "$1" | head -n 1)
	[ -z "$work_in" ] || { echo "$work_in"; return; }
	work_in=$(own_worktrees "$1" | head -n 1)
	[ -z "$work_in" ] || echo "worktree $work_in"
}

# check_no_work TREE: stop if there is any.
check_no_work() {
	check_no_work=$(work_in "$1")
	[ -z "$check_no_work" ] ||
		die "$1 holds work of yours ($check_no_work); to keep it: mv $1 DIR, then run this again"
}
