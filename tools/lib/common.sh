# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What every script under tools/ needs.  Sourced, never run.
#
# Exit status of every tool: 0 done, 1 failed, 2 wrong usage.

# The root of the project, whatever the caller's directory is.
TOP=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
# Trees, builds and results; ignored by git.  May be moved: make OUT=DIR.
OUT=${OUT:-$TOP/out}

me=${0##*/}

# say TEXT: a step that the person should see begin.
say() { printf '==> %s\n' "$*"; }

# note TEXT: a detail below a step.
note() { printf '    %s\n' "$*"; }

# die TEXT: one line that says what is wrong and what to do; status 1.
die() { printf '%s: %s\n' "$me" "$*" >&2; exit 1; }

# usage TEXT: the caller's words are wrong; status 2.
usage() { printf '%s: %s\n' "$me" "$*" >&2; exit 2; }

# need COMMAND...: stop unless each is there.
need() {
	for need_cmd; do
		command -v "$need_cmd" >/dev/null 2>&1 ||
			die "$need_cmd is not installed; run 'make deps'"
	done
}

# bases: the names of the bases that have a series, one a line.
bases() { (cd "$TOP/patches" && printf '%s\n' */base | sed -n 's,^\([^*]*\)/base$,\1,p'); }

# check_name KIND NAME LIST: stop unless NAME is a line of LIST.
check_name() {
	printf '%s\n' "$3" | grep -qxF -e "${2:-/}" ||
		usage "unknown $1 '$2'; there is: $(printf '%s\n' "$3" | paste -sd' ')"
}

# check_base NAME: stop unless patches/NAME holds a series.
check_base() { check_name BASE "$1" "$(bases)"; }

# base_get NAME KEY: the value of one 'key: value' line of patches/NAME/base.
base_get() {
	sed -n "s/^$2: *//p" "$TOP/patches/$1/base"
}

# patches_in: of a `series` on stdin, the patches, one a line, as paths below patches/BASE.
patches_in() { sed 's/[[:space:]]*#.*//; s/[[:space:]]*$//; /^$/d'; }

# all_series BASE: every patch of a base in apply order, the optional ones too.
all_series() { patches_in <"$TOP/patches/$1/series"; }

# series BASE [TOPIC...]: those of the topics.  Without a TOPIC, those that are applied by
# default: all before the line "# == optional ==".
series() {
	series_base=$1
	shift
	if [ $# = 0 ]; then
		sed '/^# == optional ==$/,$d' "$TOP/patches/$series_base/series" | patches_in
	else
		all_series "$series_base" |
			grep -E "^([0-9]+\.[^/]*/)?($(printf '%s\n' "$@" | paste -sd'|'))/[^/]*$"
	fi
}

# topic_of_each: of the patches on stdin.  A path in `series` may lead to another base
# (5.10/1-zram-fixes/...): that is its topic.
topic_of_each() { sed -e 's,/[^/]*$,,' -e 's,^[0-9]*\.[^/]*/,,'; }

# topics BASE: the names of all topics of a base in apply order, optional ones last.
topics() { all_series "$1" | topic_of_each | uniq; }

# check_topics BASE TOPIC...: stop unless the base has each of them.
check_topics() {
	check_topics_base=$1
	shift
	for check_topic; do
		check_name TOPIC "$check_topic" "$(topics "$check_topics_base")"
	done
}

# kernel_version <MAKEFILE: what 'make kernelversion' prints, as 5.10.262 or 7.3.0-rc7;
# fail if it is not the kernel's.
kernel_version() {
	tr -d '\r' | awk -F '[ \t]*=[ \t]*|[ \t]+$' '
		/^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=/ { v[$1] = $2 }
		END {
			print v["VERSION"] "." v["PATCHLEVEL"] "." v["SUBLEVEL"] v["EXTRAVERSION"]
			exit v["VERSION"] == "" || v["PATCHLEVEL"] == "" || v["SUBLEVEL"] == ""
		}'
}

# check_kernel BASE DIR NAME: stop unless DIR, a NAME for the person, is a kernel that the
# base is for; sets $kernel_version.
check_kernel() {
	{ [ -f "$2/Makefile" ] && [ -f "$2/mm/zsmalloc.c" ] &&
		kernel_version=$(kernel_version <"$2/Makefile"); } ||
		die "$3: no kernel tree; it needs the kernel's top Makefile and mm/zsmalloc.c"
	kernel_wanted=$(base_get "$1" version | cut -d. -f1,2)
	case $kernel_version. in
	"$kernel_wanted".*) ;;
	*) die "$3: Linux $kernel_version, but patches/$1 is for $kernel_wanted" ;;
	esac
}

# git_busy TREE: name what git is in the middle of in TREE, if anything.
git_busy() {
	git_busy_dir=$(git -C "$1" rev-parse --absolute-git-dir) || return
	for git_busy in rebase-apply:am rebase-merge:rebase MERGE_HEAD:merge \
		CHERRY_PICK_HEAD:cherry-pick REVERT_HEAD:revert BISECT_START:bisect; do
		[ ! -e "$git_busy_dir/${git_busy%:*}" ] || { echo "${git_busy#*:}"; return; }
	done
}

# What has to happen when the script ends: $at_exit is a command, $tmp a directory to
# remove, and $child is not empty while the last background command must not outlive
# the script.
at_exit=:
tmp=
child=

# catch_end: run all that at the end of the script, also when a signal ends it: dash
# runs an EXIT trap only if the script exits.  The shell runs a trap after the command in
# the foreground has ended, so that this command does not outlive the script either.  A
# second signal must not stop the cleanup.
catch_end() {
	trap 'signals_off; end_child; $at_exit; [ -z "$tmp" ] || rm -rf "$tmp"' EXIT
	trap 'signals_off; die interrupted' HUP INT QUIT PIPE TERM
}

# signals_off: signals are ignored from here on.
signals_off() { trap '' HUP INT QUIT PIPE TERM; }

# scratch: make the directory $tmp; it is removed when the script ends.
scratch() {
	{ tmp=$(mktemp -d) && tmp=$(cd "$tmp" && pwd -P); } ||
		die "cannot make a scratch directory; set TMPDIR to a writable place"
	catch_end
}

# end_child: stop the last background command.  It is a 'timeout -k 5', which uses force.
end_child() {
	[ -n "$child" ] || return 0
	child=
	kill "$!" 2>/dev/null
	wait "$!"
}

# make_out: create OUT.  Its file .unpin marks it for 'make clean' as made by the project,
# so a directory that already holds something gets none.
make_out() {
	make_out=${MAIN_OUT:-$OUT}
	[ ! -e "$make_out/.unpin" ] || return 0
	mkdir -p "$make_out" 2>/dev/null || die "can't create $make_out"
	# The project's own out/ is ours, even if older tools filled it.
	[ -n "$(ls -A "$make_out")" ] &&
		{ [ "$make_out" != "$TOP/out" ] || [ -h "$make_out" ]; } ||
		echo "This directory is removed by 'make clean'." >"$make_out/.unpin"
}

# replace_file FILE: write stdin to FILE, or leave FILE unchanged and end the script.
replace_file() {
	replace_text=$(cat)
	replace_new=
	if [ -n "$replace_text" ] && mkdir -p "$(dirname "$1")" &&
		replace_new=$(mktemp "$(dirname "$1")/.new.XXXXXX") &&
		printf '%s\n' "$replace_text" >"$replace_new" &&
		printf '%s\n' "$replace_text" | cmp -s - "$replace_new" &&
		chmod 644 "$replace_new" && mv "$replace_new" "$1"; then
		note "written: $1"
		return
	fi
	[ -z "$replace_new" ] || rm -f "$replace_new"
	die "cannot write $1; it is unchanged"
}
