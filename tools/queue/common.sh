# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# What the queue tools share.  Sourced, after ../lib.sh.

need git awk
LC_ALL=C
export LC_ALL

# A git hook exports GIT_DIR and friends; none of them may steer these tools.
# shellcheck disable=SC2046 # one word per variable is what we want
unset $(git rev-parse --local-env-vars) GIT_DEFAULT_HASH GIT_EXTERNAL_DIFF

# Read by the scripts that source this.
# shellcheck disable=SC2034
zero_id=0000000000000000000000000000000000000000
# shellcheck disable=SC2034
tab=$(printf '\t')

# scratch: make the directory $tmp.  Whatever ends the script removes it,
# after running $at_exit, which a script sets while it has things to undo.
at_exit=:
scratch() {
	{ tmp=$(mktemp -d) && tmp=$(cd "$tmp" && pwd -P); } ||
		die "cannot make a scratch directory; set TMPDIR to a writable place"
	trap '$at_exit; rm -rf "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# own_git ARGS: git for repositories under $tmp.  What the person configured
# must not change a patch, so only git's own defaults count; and a repository
# that happens to lie around $tmp must not catch `git apply`.  Nothing there
# has to outlive a power cut.
own_git() {
	GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1 \
	HOME=$tmp XDG_CONFIG_HOME=$tmp GIT_CEILING_DIRECTORIES=$tmp \
	GIT_AUTHOR_NAME=queue GIT_AUTHOR_EMAIL=queue@invalid \
	GIT_COMMITTER_NAME=queue GIT_COMMITTER_EMAIL=queue@invalid \
	git -c core.fsync=none "$@"
}

# own_repo DIR: an empty repository that cuts hunk headings as the kernel's
# own .gitattributes does, so that every tool here writes the same patch.
own_repo() {
	own_git init -q --template= "$1" && mkdir -p "$1/.git/info" || return 1
	printf '%s\n' '*.[ch] diff=cpp' '*.dts diff=dts' '*.dtsi diff=dts' \
		>"$1/.git/info/attributes"
}

# format_series REPO REV TIP TO: the commits REV..TIP as files in TO, in the
# one form that patches/ holds.  No renames: quilt does not follow them.
format_series() {
	own_git -C "$1" format-patch -q --full-index --zero-commit \
		--no-signature --no-numbered --no-renames -o "$4" "$2..$3"
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

# need_series BASE: stop unless patches/BASE has a series and all its files.
need_series() {
	check_base "$1"
	[ -f "$TOP/patches/$1/series" ] ||
		die "patches/$1/series is missing; run 'make export BASE=$1 KSRC=DIR' first"
	series "$1" >"$tmp/series"
	[ -s "$tmp/series" ] || die "patches/$1/series names no patch"
	while read -r patch; do
		[ -f "$TOP/patches/$1/$patch" ] ||
			die "patches/$1/$patch is missing; 'make check' tells more"
	done <"$tmp/series"
}

# touched DIR: of the patches in DIR named on stdin, the paths they change.
# In a patch only such a line starts with "diff": hunks start with a sign.
touched() {
	while read -r patch; do
		sed -n 's,^diff --git a/[^ ]* b/,,p' "$1/$patch"
	done | sort -u
}

# file_ids DIR: of the patches in DIR named on stdin, in that order, one line
# "path, id before the series, id after it, mode, last patch" for each path.
# A "new file" has id zero before, a removed one after.
file_ids() {
	while read -r patch; do
		printf '%s\n' "$1/$patch"
	done | awk '
		function scan(file, name,   line, f, path, ids) {
			while ((getline line < file) > 0) {
				split(line, f, " ")
				if (line ~ /^diff --git /)
					path = substr(f[4], 3)
				else if (path == "")
					continue
				else if (line ~ /^(new file|deleted file) mode /)
					mode[path] = f[4]
				else if (line ~ /^new mode /)
					mode[path] = f[3]
				else if (line ~ /^index [0-9a-f]+\.\.[0-9a-f]+/) {
					split(f[2], ids, /\.\./)
					if (!(path in post))
						pre[path] = ids[1]
					post[path] = ids[2]
					if (f[3] != "")
						mode[path] = f[3]
				} else
					continue
				last[path] = name
			}
			close(file)
		}
		{ name = $0; sub(/.*\//, "", name); scan($0, name) }
		END {
			for (path in post)
				print path "\t" pre[path] "\t" post[path] \
					"\t" mode[path] "\t" last[path]
		}' | sort
}

# mode_of FILE: as git would record it.
mode_of() {
	if [ -x "$1" ]; then echo 100755; else echo 100644; fi
}

# same_blob FILE ID MODE: is the readable FILE what the series makes of it?
same_blob() {
	[ -f "$1" ] && [ "$(git hash-object --no-filters "$1")" = "$2" ] &&
		[ "$(mode_of "$1")" = "$3" ]
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

# git_busy DIR: name what git is in the middle of in DIR, if anything.
git_busy() {
	git_files "$1" rebase-apply rebase-merge MERGE_HEAD CHERRY_PICK_HEAD \
		REVERT_HEAD | while read -r busy; do
		[ -e "$busy" ] || continue
		case $busy in
		*/rebase-apply) echo am ;;
		*/rebase-merge) echo rebase ;;
		*/MERGE_HEAD) echo merge ;;
		*) echo cherry-pick or revert ;;
		esac
	done
}

# merge_series OLD NAMES: the series file OLD with its patches replaced by
# NAMES (a list, in order).  Patches are matched by subject: inserting one
# renumbers the rest.  Comments stay before the patch that they preceded, or
# before what took its place; a new patch follows the one that precedes it.
merge_series() {
	awk '
		function stem(name) { sub(/^[0-9]+-/, "", name); return name }
		FNR == NR { new[++n] = $1; is_new[stem($1)] = 1; next }
		/^[ \t]*(#|$)/ { head[o + 1] = head[o + 1] $0 "\n"; next }
		{
			old[++o] = stem($1)
			at[old[o]] = o
			sub(/^[ \t]*[^ \t]+/, "")
			tail[old[o]] = $0
		}
		END {
			next_old = 1
			for (i = 1; i <= n; i++) {
				s = stem(new[i])
				upto = (s in at) ? at[s] : 0
				if (!upto && next_old <= o &&
				    (i == 1 || !(old[next_old] in is_new)))
					upto = next_old
				for (; next_old <= upto; next_old++)
					printf "%s", head[next_old]
				print new[i] tail[s]
			}
			for (; next_old <= o + 1; next_old++)
				printf "%s", head[next_old]
		}' "$2" "$1"
}

# swap_patches BASE NEW: make the patches in the directory NEW those of BASE,
# in one step; say what changed.  Everything else in the folder stays.
swap_patches() {
	home=$TOP/patches/$1
	next=$TOP/patches/.$1.new
	prev=$TOP/patches/.$1.old
	rm -rf "$next" "$prev"
	at_exit=drop_next
	(cd "$2" && ls) >"$tmp/names"
	cat "$home/series" >"$tmp/old-series" 2>/dev/null
	{
		cp -Rp "$home" "$next" && rm -f "$next"/*.patch &&
		cp "$2"/*.patch "$next" &&
		merge_series "$tmp/old-series" "$tmp/names" >"$next/series"
	} || die "cannot write below $TOP/patches; patches/$1 is as it was"
	tell_changes "$home" "$next" "patches/$1" >"$tmp/changes"
	if [ -s "$tmp/changes" ]; then
		trap '' HUP INT TERM
		{ mv "$home" "$prev" && mv "$next" "$home" && rm -rf "$prev"; } ||
			die "cannot swap patches/$1; the old one is ${prev#"$TOP"/}"
		cat "$tmp/changes"
	fi
}

drop_next() { rm -rf "$next"; }

# tell_changes OLD NEW LABEL: one line for each file that differs.
tell_changes() {
	(cd "$1" && ls; cd "$2" && ls) | sort -u | while read -r file; do
		if [ ! -e "$1/$file" ]; then note "new: $3/$file"
		elif [ ! -e "$2/$file" ]; then note "gone: $3/$file"
		elif ! cmp -s "$1/$file" "$2/$file"; then note "changed: $3/$file"
		fi
	done
}
