# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What a kernel tree of the harness holds that neither fetch nor patch made: a user may
# work there.  Sourced after lib.sh.

# patched KERNEL_TREE: the commits that patch checked out there and in the other worktrees of
# its repository, by their files .git/patched; the last line is the current one: WANTED
# COMMIT.
patched() {
	(cd "$1" && cd "$(git rev-parse --git-common-dir)" &&
		cat patched worktrees/*/patched 2>/dev/null) | cut -s -d' ' -f2
}

# unkept_commits TREE [COMMIT]: the newest commit of HEAD, or of COMMIT, that no ref
# keeps and patch did not make; an error of git counts as one.
unkept_commits() {
	# shellcheck disable=SC2046 # a list of commits
	git -C "$1" log -1 --format='%h "%s"' --ignore-missing "${2:-HEAD}" --not base $(patched "$1") \
		--glob='refs/*' 2>/dev/null || echo "${2:-HEAD} can not be read"
}

# own_refs KERNEL_TREE: branches, tags and stashes but the tag 'base' and what is equal to it.
own_refs() {
	own_refs_base=$(git -C "$1" rev-parse base)
	git -C "$1" for-each-ref --format='%(objectname) %(refname)' |
		sed -e "/^$own_refs_base /d" -e '/ refs\/tags\/base$/d' -e 's/^[^ ]* //'
}

# worktrees KERNEL_TREE: "HEAD PATH" of each worktree of its repository.
worktrees() {
	git -C "$1" worktree list --porcelain |
		awk '{ word = $1; sub(/^[^ ]* /, "") }
		     word == "worktree" { path = $0 }
		     word == "HEAD" { print $0, path }'
}

# missing_worktrees KERNEL_TREE: of them, those that are not in their place, and whose HEAD is a
# commit that no ref keeps.  Only the repository knows such a HEAD, until git prunes it.
missing_worktrees() {
	worktrees "$1" | while read -r worktree_head worktree; do
		[ -e "$worktree" ] || [ -z "$(unkept_commits "$1" "$worktree_head")" ] ||
			echo "$worktree_head $worktree"
	done
}

# own_worktrees KERNEL_TREE: those that no step of the harness made, or that have a commit of
# the user's and are missing.
own_worktrees() {
	missing_worktrees "$1" | while read -r worktree_head worktree; do
		echo "$worktree is missing, with commit $(unkept_commits "$1" "$worktree_head")"
	done
	worktrees "$1" | while read -r worktree_head worktree; do
		for own in "$MAIN_OUT/src/${1##*/}" "$MAIN_OUT"/*/src/"${1##*/}"; do
			# shellcheck disable=SC3013 # dash has it
			[ ! "$worktree" -ef "$own" ] || continue 2
		done
		[ ! -e "$worktree" ] || echo "$worktree"
	done
}

# work_in KERNEL_TREE: in a few words, the user's work there; nothing if there is none.
work_in() {
	[ -n "$(ls -A "$1" 2>/dev/null)" ] || return 0
	if [ ! -e "$1/.git" ] || ! git -C "$1" rev-parse -q --verify base >/dev/null 2>&1; then
		echo "it is not the git tree that fetch makes"
		return
	fi
	work_in=$(git_busy "$1")
	[ -z "$work_in" ] || { echo "git $work_in is in progress"; return; }
	# Nothing is built in the tree, so an ignored file is the user's: to the kernel's
	# .gitignore, patches are such files.
	work_in=$(git --no-optional-locks -C "$1" status --porcelain --ignored --untracked-files=normal 2>&1 |
		head -n 1)
	[ -z "$work_in" ] || { echo "uncommitted: $work_in"; return; }
	work_in=$(unkept_commits "$1")
	[ -z "$work_in" ] || { echo "commit $work_in"; return; }
	work_in=$(own_refs "$1" | head -n 1)
	[ -z "$work_in" ] || { echo "$work_in"; return; }
	work_in=$(own_worktrees "$1" | head -n 1)
	[ -z "$work_in" ] || echo "worktree $work_in"
}

# repository KERNEL_TREE: the tree that has the repository, if TREE is a linked worktree.
repository() {
	[ -f "$1/.git" ] || return 0
	repository=$(git -C "$1" rev-parse --git-common-dir 2>/dev/null)
	echo "${repository%/.git}"
}

# check_no_work KERNEL_TREE: stop if there is any.  The commits of a linked worktree are in its
# repository, which has to be kept for them.
check_no_work() {
	check_no_work=$(work_in "$1")
	[ -n "$check_no_work" ] || return 0
	work_at=$(repository "$1")
	die "$1 holds work of yours ($check_no_work); to keep it: ${work_at:+commit all of it; git -C $1 branch NAME; }mv ${work_at:-$1} DIR; then run this again"
}

# check_beside_trees DIR: stop if the directory of trees holds anything but trees, and
# what fetch leaves next to them: locks, which are empty, and scratch files.
check_beside_trees() {
	find "$1/" -mindepth 1 -maxdepth 1 ! -name '*.lock' -o ! -empty | while read -r other; do
		other=$1/${other##*/}
		for base in $(bases); do
			case $other in
			"$1/.$base.old" | "$1/.$base.part" | "$1/.$base.part".*) continue 2 ;;
			esac
		done
		{ [ -d "$other" ] && [ ! -h "$other" ]; } ||
			die "$other is not the project's; move it away, then run this again"
		check_no_work "$other"
	done
}
