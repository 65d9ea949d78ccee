# shellcheck shell=sh disable=SC2154 # $tmp is common.sh's
# SPDX-License-Identifier: GPL-2.0
#
# What the queue tools share.  Sourced by each of them.

. "$(dirname "$0")/../lib/common.sh"

need git awk
export LC_ALL=C

# A git hook exports GIT_DIR and friends; none of them may steer these tools.
# shellcheck disable=SC2046 # one word per variable is what we want
unset $(git rev-parse --local-env-vars) GIT_DEFAULT_HASH GIT_EXTERNAL_DIFF \
	GIT_DIFF_OPTS

# shellcheck disable=SC2034 # read by the scripts that source this
tab=$(printf '\t')

# own_git ARGS: git for what is under $tmp.  Only git's own defaults count, because the
# user's configuration must not change a patch.  A repository that contains $tmp must not
# catch `git apply`.  Nothing there has to survive a power failure.
own_git() {
	GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 \
	HOME=$tmp XDG_CONFIG_HOME=$tmp GIT_CEILING_DIRECTORIES=$tmp \
	GIT_AUTHOR_NAME=queue GIT_AUTHOR_EMAIL=queue@invalid \
	GIT_COMMITTER_NAME=queue GIT_COMMITTER_EMAIL=queue@invalid \
	git -c core.fsync=none -c gc.auto=0 "$@"
}

# own_repo DIR: the repository $tmp/repo, which has the objects of the git tree DIR and
# none of its settings.  It cuts hunk headings as the kernel's .gitattributes does.
own_repo() {
	own_git init -q --template= "$tmp/repo" && mkdir -p "$tmp/repo/.git/info" &&
		printf '%s\n' '*.[ch] diff=cpp' '*.dts diff=dts' '*.dtsi diff=dts' \
			>"$tmp/repo/.git/info/attributes" || return
	own_objects=$(cd "$1" && realpath "$(git rev-parse --git-path objects)") &&
		own_shallow=$(cd "$1" && realpath "$(git rev-parse --git-path shallow)") &&
		printf '%s\n' "$own_objects" >"$tmp/repo/.git/objects/info/alternates" || return
	[ ! -f "$own_shallow" ] || cp "$own_shallow" "$tmp/repo/.git/shallow"
}

# git_says: the first error in $tmp/log, with the file below it, or else its last line.
git_says() {
	sed -nE '/^(error|fatal): /{ s///; /:$/N; s/\n//; p; q }' "$tmp/log" | grep . ||
		grep . "$tmp/log" | tail -n 1
}

# need_series BASE [TOPIC...]: stop unless BASE has a series, with these topics and all
# files that it names.  A series may be empty.
need_series() {
	check_base "$1"
	[ -f "$TOP/patches/$1/series" ] || die "patches/$1/series is missing"
	check_topics "$@"
	need_list=$(all_series "$1") || die "patches/$1/series: cannot be read"
	for need_patch in $need_list; do
		[ -f "$TOP/patches/$1/$need_patch" ] ||
			die "patches/$1/$need_patch is missing; 'make check' lists all problems"
	done
}

# stop_if_empty BASE: the end of the script, if its series is empty.
stop_if_empty() {
	[ -z "$(all_series "$1")" ] || return 0
	say "patches/$1 has no patches yet; nothing to do"
	exit
}

# cat_patches BASE: those that are named on stdin, in a row.
cat_patches() {
	(cd "$TOP/patches/$1" && xargs -r cat)
}

# touched BASE: of the patches named on stdin, the paths that they change.  In a patch
# only such a line starts with "diff", because hunks start with a sign.
touched() {
	cat_patches "$1" | sed -n 's,^diff --git a/[^ ]* b/,,p' | sort -u 2>/dev/null
}

# subjects DIR: "NAME, tab, subject" of each patch in DIR that is named on stdin.
subjects() {
	(cd "$1" && xargs -r awk '
		FNR == 1 { part = "head" }
		part == "subject" && /^ / { text = text $0; next }
		part == "subject" { print FILENAME "\t" text; part = "" }
		part == "head" && sub(/^Subject: (\[PATCH\] )?/, "") { text = $0; part = "subject" }')
}

# has_new_files BASE: do the new files of its series lie in this project?
has_new_files() { [ "${1%-rt}" = 5.10 ]; }

# new_files BASE DIR: make DIR under $tmp, with the files that the default topics of BASE
# create, as their hunks leave them.
new_files() {
	new_to=$2
	mkdir -p "$new_to" && series "$1" | cat_patches "$1" >"$tmp/patches" || return
	set --
	# shellcheck disable=SC2013 # no path has a blank
	for new_file in $(awk '/^diff --git / { path = substr($4, 3) }
			/^new file mode / { print path }' "$tmp/patches"); do
		set -- "$@" "--include=$new_file"
	done
	[ $# = 0 ] || own_git -C "$new_to" apply --whitespace=nowarn "$@" "$tmp/patches"
}

# same_file FILE FILE: the same contents, and both or neither executable.
same_file() {
	cmp -s "$1" "$2" || return
	if [ -x "$1" ]; then [ -x "$2" ]; else [ ! -x "$2" ]; fi
}
