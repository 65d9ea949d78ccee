# shellcheck shell=sh disable=SC2154,SC2034 # $tmp and $at_exit are lib.sh's
# SPDX-License-Identifier: GPL-2.0
#
# What the queue tools share.  Sourced, after ../lib.sh.

need git awk
LC_ALL=C
export LC_ALL

# A git hook exports GIT_DIR and friends; none of them may steer these tools.
# shellcheck disable=SC2046 # one word per variable is what we want
unset $(git rev-parse --local-env-vars) GIT_DEFAULT_HASH GIT_EXTERNAL_DIFF \
	GIT_DIFF_OPTS

# Read by the scripts that source this.
# shellcheck disable=SC2034
zero_id=0000000000000000000000000000000000000000
# shellcheck disable=SC2034
tab=$(printf '\t')

# own_git ARGS: git for repositories under $tmp.  Only git's own defaults count,
# because the user's configuration must not change a patch.  A repository that
# contains $tmp must not catch `git apply`.  No gc in the background: it would
# keep a lock of its caller.  Nothing there has to survive a power failure.
own_git() {
	GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 \
	HOME=$tmp XDG_CONFIG_HOME=$tmp GIT_CEILING_DIRECTORIES=$tmp \
	GIT_AUTHOR_NAME=queue GIT_AUTHOR_EMAIL=queue@invalid \
	GIT_COMMITTER_NAME=queue GIT_COMMITTER_EMAIL=queue@invalid \
	git -c core.fsync=none -c gc.auto=0 "$@"
}

# own_repo DIR: an empty repository that cuts hunk headings as the kernel's
# own .gitattributes does, so that every tool here writes the same patch.
own_repo() {
	own_git init -q --template= "$1" && mkdir -p "$1/.git/info" || return 1
	printf '%s\n' '*.[ch] diff=cpp' '*.dts diff=dts' '*.dtsi diff=dts' \
		>"$1/.git/info/attributes"
}

# kernel_version: read a top Makefile, print "5.10.262"; fail if it is none.
kernel_version() {
	awk -F '[ \t]*=[ \t]*' '
		$1 == "VERSION" { v = $2 }
		$1 == "PATCHLEVEL" { p = $2 }
		$1 == "SUBLEVEL" { s = $2 }
		END {
			if (v == "" || p == "" || s == "")
				exit 1
			print v "." p "." s
		}'
}

# all_series BASE: every patch of a base in apply order, the optional ones too.
all_series() {
	# shellcheck disable=SC2046 # one word per topic is what we want
	series "$1" $(topics "$1")
}

# has_readable BASE: do the new files of its series lie in this project?
has_readable() { [ "${1%-rt}" = 5.10 ]; }

# subjects: of the patches on stdin, one line "path, subject" for each.
subjects() {
	awk '
		function subject_of(file,   line, on, text) {
			while ((getline line < file) > 0 && line != "") {
				if (line ~ /^Subject: /) {
					text = substr(line, 10)
					on = 1
				} else if (on && line ~ /^[ \t]/) {
					sub(/^[ \t]+/, " ", line)
					text = text line
				} else
					on = 0
			}
			close(file)
			sub(/^\[PATCH\] /, "", text)
			return text
		}
		{ print $0 "\t" subject_of($0) }'
}

# text_id PATCH: an id of its author, message and diff, without blob ids and
# line numbers.  A shared patch is the same in both bases but for those.
text_id() {
	sed -e 1d -e '2,/^$/{/^Date: /d;}' \
		-e '/^diff --git /,${/^index /d;s/^@@ [^@]* @@.*/@@/;}' "$1" |
		git hash-object --stdin
}

# mode_of FILE: as git would record it.
mode_of() {
	if [ -x "$1" ]; then echo 100755; else echo 100644; fi
}

# need_series BASE: stop unless patches/BASE has a series and all its files.
need_series() {
	check_base "$1"
	[ -f "$TOP/patches/$1/series" ] ||
		die "patches/$1/series is missing; run 'make export BASE=$1 KSRC=DIR' first"
	series "$1" >"$tmp/series" || die "cannot write to $tmp"
	[ -s "$tmp/series" ] || die "patches/$1/series names no patch"
	while read -r patch; do
		[ -f "$TOP/patches/$1/$patch" ] ||
			die "patches/$1/$patch is missing; 'make check' tells more"
	done <"$tmp/series"
}

# wanted_topics BASE [TOPIC...]: these in apply order; without one, all that are not
# optional.
wanted_topics() {
	wanted_base=$1
	shift
	if [ $# = 0 ]; then
		topics "$wanted_base" | grep -v '^optional/'
	else
		topics "$wanted_base" | grep -xF -e "$(printf '%s\n' "$@")"
	fi
}

# touched DIR: of the patches in DIR named on stdin, the paths they change.
# In a patch only such a line starts with "diff": hunks start with a sign.
touched() {
	while read -r patch; do
		sed -n 's,^diff --git a/[^ ]* b/,,p' "$1/$patch"
	done | sort -u
}

# git_files DIR NAME...: where the git tree DIR keeps each, one a line.
git_files() {
	git_dir=$1
	shift
	for name; do
		shift
		set -- "$@" --git-path "$name"
	done
	(cd "$git_dir" && git rev-parse "$@" | while read -r file; do
		case $file in
		/*) printf '%s\n' "$file" ;;
		*) printf '%s\n' "$PWD/$file" ;;
		esac
	done)
}
