# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# The kernel trees below OUT belong to the harness, but a user may work in one.  patch,
# fetch and clean refuse to change a tree that holds anything that fetch and patch did not
# make.  Sourced after harness.sh.

# patched_list TREE: the file where patch notes "WANTED COMMIT" for all worktrees.
patched_list() {
	echo "$(git -C "$1" rev-parse --path-format=absolute --git-common-dir)/patched"
}

# own_commit TREE COMMIT: the newest commit of the user that COMMIT contains.
own_commit() {
	# shellcheck disable=SC2046 # a list of commits
	git -C "$1" log -1 --format='commit %h "%s"' --ignore-missing "$2" --not base \
		$(cut -s -d' ' -f2 "$(patched_list "$1")" 2>/dev/null) 2>&1
}

# work_in TREE: in a few words, the user's work in the files and at HEAD; nothing
# if there is none.  No build writes into the tree, so an ignored file is the user's.
work_in() {
	{ [ -e "$1/.git" ] && git -C "$1" rev-parse -q --verify base >/dev/null 2>&1; } ||
		{ echo "not a tree that fetch made"; return; }
	git_busy "$1" | sed 's/.*/git & in progress/' | grep . ||
		git --no-optional-locks -C "$1" status --porcelain --ignored 2>&1 | head -n 1 | grep . ||
		own_commit "$1" HEAD
}

# work_in_repository TREE: the same for each worktree of its repository, and for
# branches, tags and stashes.  A missing worktree still has a HEAD.
work_in_repository() {
	work_in "$1" | grep . && return
	git -C "$1" for-each-ref --no-merged=base --count=1 --format='%(refname)' | grep . && return
	git -C "$1" worktree list --porcelain |
		sed -n -e 's/^worktree //p' -e 's/^HEAD //p' | while read -r path && read -r head; do
		case $path in
		"$(cd "$MAIN_OUT" && pwd -P)"/*) ;;
		*) echo "worktree $path"; continue ;;
		esac
		own_commit "$1" "$head"
		[ ! -e "$path" ] || work_in "$path"
	done | head -n 1
}
