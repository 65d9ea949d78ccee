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

# The next functions replay the series $base in $repo, a scratch repository
# of only the files that the series touches.  They come from $dir, a tree of
# the pristine base: of a git tree the tag `base`, or HEAD without one.
base='' dir='' repo=''

# find_base HINT: how to read DIR: of which commit, or empty for its plain
# files.  HINT says how to name another DIR.
find_base() {
	[ -d "$dir" ] ||
		die "$dir: no such directory; run 'make fetch BASE=$base', or name a pristine tree: $1"
	rev=
	[ -e "$dir/.git" ] || return 0
	rev=$(git -C "$dir" rev-parse -q --verify 'base^{commit}' ||
	      git -C "$dir" rev-parse -q --verify 'HEAD^{commit}') ||
		die "$dir: git finds no commit there"
}

# read_base PATH: write PATH as DIR has it to standard output.
read_base() {
	if [ "$rev" ]; then
		git -C "$dir" cat-file blob "$rev:$1"
	else
		cat "$dir/$1"
	fi
}

# base_is_exec PATH
base_is_exec() {
	case $rev in
	'') [ -x "$dir/$1" ] ;;
	*) git -C "$dir" ls-tree "$rev" -- "$1" | grep -q '^100755 ' ;;
	esac
}

# start_repo: the scratch repository with the base's files, each checked to
# be what the series was made from.
start_repo() {
	own_repo "$repo" || die "cannot make a scratch repository in $tmp"
	while IFS=$tab read -r path pre _ _ patch; do
		[ "$pre" != $zero_id ] || continue
		mkdir -p "$repo/$(dirname "$path")"
		read_base "$path" >"$repo/$path" 2>/dev/null ||
			die "$dir/$path: is missing; the pristine base is needed"
		[ "$(git hash-object --no-filters "$repo/$path")" = "$pre" ] ||
			die "$dir/$path: is not what patches/$base starts from; the pristine base is needed"
		! base_is_exec "$path" || chmod +x "$repo/$path"
	done <"$tmp/ids"
	own_git -C "$repo" add -f . &&
		own_git -C "$repo" commit -q --allow-empty -m base &&
		own_git -C "$repo" tag base
}

# replay AFTER: every patch as a commit, whose author, date and message are
# those of the patch.  AFTER is a command that gets the patch once it is in.
replay() {
	while read -r patch; do
		own_git -C "$repo" am -q "$TOP/patches/$base/$patch" \
			>"$tmp/log" 2>&1 </dev/null ||
			die "$patch: does not apply to the patches before it; see 'make check'"
		"$1" "$patch"
	done <"$tmp/series"
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
# before what took its place; a new patch follows the one that precedes it,
# and a new first one the head of the file, but not the old one's remark.
merge_series() {
	awk '
		function stem(name) { sub(/^[0-9]+-/, "", name); return name }
		FNR == NR { new[++n] = $1; is_new[stem($1)] = 1; next }
		/^[ \t]*$/ || /^# *== .* == *$/ {
			head[o + 1] = head[o + 1] remark[o + 1] $0 "\n"
			remark[o + 1] = ""
			next
		}
		/^[ \t]*#/ { remark[o + 1] = remark[o + 1] $0 "\n"; next }
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
				if (!upto && next_old <= o && !(old[next_old] in is_new))
					upto = next_old
				for (; next_old <= upto; next_old++)
					printf "%s", head[next_old] remark[next_old]
				if (i == 1 && next_old == 1) {
					printf "%s", head[1]
					head[1] = ""
				}
				print new[i] tail[s]
			}
			for (; next_old <= o + 1; next_old++)
				printf "%s", head[next_old] remark[next_old]
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

# --- 5.10-rt against 5.10 ---------------------------------------------------

# have_patches BASE: does `series` name patches, and are all of them there?
have_patches() {
	{ [ -f "$TOP/patches/$1/series" ] && [ -n "$(series "$1")" ]; } || return 1
	series "$1" | while read -r patch; do
		[ -f "$TOP/patches/$1/$patch" ] || exit 1
	done
}

# patch_texts BASE: for each patch, in order, "id, subject".  The id is that
# of what git range-diff compares: author, message, and the diff without ids
# and line numbers.
patch_texts() {
	rm -rf "$tmp/texts"
	mkdir "$tmp/texts" || return
	# shellcheck disable=SC2046 # one word per patch is what we want
	set -- "$TOP/patches/$1" $(series "$1")
	(cd "$1" && shift && awk -v to="$tmp/texts/" '
		FNR == 1 {
			close(out)
			out = to FILENAME
			part = "header"
			head["From:"] = head["Subject:"] = ""
		}
		part == "header" && $0 == "" {
			sub(/^\[PATCH\] /, "", head["Subject:"])
			print FILENAME "\t" head["Subject:"]
			print head["From:"] "\n" head["Subject:"] >out
			part = "message"
		}
		part == "header" && !sub(/^[ \t]+/, " ") {
			field = $1
			$0 = substr($0, length($1) + 2)
		}
		part == "header" { head[field] = head[field] $0 }
		part == "message" && /^---$/ { part = "stat" }
		part == "stat" && /^diff --git / { part = "diff" }
		part == "diff" && /^index / { next }
		part == "diff" { sub(/^@@ [^@]* @@/, "@@") }
		part == "message" || part == "diff" { print >out }' "$@") >"$tmp/subjects"
	cut -f1 "$tmp/subjects" | (cd "$tmp/texts" &&
		git hash-object --no-filters --stdin-paths) |
		paste - "$tmp/subjects" | cut -f1,3
}

# range_lines RT: the lines of its range-diff.txt that name patches, as git
# writes them, without commit ids; patches of one subject are a pair.  Below
# a pair that differs, the ids of both texts tell if what follows is stale.
range_lines() {
	patch_texts "${1%-rt}" >"$tmp/old-texts"
	patch_texts "$1" >"$tmp/new-texts"
	awk -F '\t' '
		function line(a, sign, b, subject) {
			printf form, a, sign, b, subject
		}
		# The old ones that are only there, up to the next that is not.
		function pass() {
			for (; i <= o && (shown[i] || !(key[i] in at)); i++)
				if (!shown[i])
					line(i, "<", "-", subject[i])
		}
		{ k = $2 "\t" ++times[FILENAME, $2] }
		FILENAME == ARGV[1] {
			key[++o] = k
			was[k] = o
			subject[o] = $2
			old_id[o] = $1
			next
		}
		{ at[k] = ++n; new_key[n] = k; new_subject[n] = $2; new_id[n] = $1 }
		END {
			width = length((o > n ? o : n) "")
			form = "%" width "s: %s %" width "s: %s\n"
			i = 1
			for (j = 1; j <= n; j++) {
				pass()
				a = was[new_key[j]]
				if (!a) {
					line("-", ">", j, new_subject[j])
					continue
				}
				shown[a] = 1
				line(a, old_id[a] == new_id[j] ? "=" : "!", j, subject[a])
				if (old_id[a] != new_id[j])
					print "    index " substr(old_id[a], 1, 12) \
						".." substr(new_id[j], 1, 12)
			}
			pass()
		}' "$tmp/old-texts" "$tmp/new-texts"
}

# range_diff_stale RT: does range-diff.txt not say what the patches do?
range_diff_stale() {
	range_lines "$1" >"$tmp/range-lines"
	! sed '/^    [-+ @\\]/d' "$TOP/patches/$1/range-diff.txt" 2>/dev/null |
		cmp -s - "$tmp/range-lines"
}

# tell_range_diff BASE: say it if the range-diff with BASE in it is stale.
tell_range_diff() {
	rt=${1%-rt}-rt
	if have_patches "$rt" && have_patches "${1%-rt}" && range_diff_stale "$rt"; then
		note "next: make range-diff"
	fi
}
