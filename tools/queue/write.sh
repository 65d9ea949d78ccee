# shellcheck shell=sh disable=SC2034,SC2154 # what this sets and needs, others have
# SPDX-License-Identifier: GPL-2.0
#
# How export and refresh write patches/BASE.  Sourced, after common.sh.  The
# commits $rev..$tip of the scratch repository $repo become the patches of
# $base, each in a folder of its topic; the folder is replaced in one step.

base='' repo='' rev='' tip=''

# open_base NAME: take the lock of patches/, so that a second writer stops
# before it reads anything.  Then recover what a killed one left.
open_base() {
	base=$1
	case $base in
	*/* | .*) usage "unknown BASE '$base'; there is: $(bases | paste -sd' ')" ;;
	esac
	need flock
	{ exec 9<"$TOP/patches" && flock -n 9; } ||
		die "another export or refresh is writing patches/; run this again after it"
	home=$TOP/patches/$base next=$TOP/patches/.$base.new prev=$TOP/patches/.$base.old
	rm -rf "$next" || die "${next#"$TOP"/}: cannot be removed"
	if [ -d "$prev" ] && [ ! -d "$home" ]; then
		mv "$prev" "$home" || die "${prev#"$TOP"/}: cannot become patches/$base again"
		note "patches/$base: restored from ${prev#"$TOP"/}, which a killed run left"
	fi
	rm -rf "$prev" || die "${prev#"$TOP"/}: cannot be removed"
	check_base "$base"
}

# described BASE: one line "topic, path, subject" for each patch it has.
described() {
	[ -f "$TOP/patches/$1/series" ] || return 0
	(cd "$TOP/patches/$1" && all_series "$1" | subjects) | awk '{
		topic = $1
		sub(/\/[^\/]*$/, "", topic)
		sub(/^[0-9]+\.[^\/]*\//, "", topic)
		print topic "\t" $0
	}'
}

# make_patches: the commits as files in $tmp/all, in the one form that patches/
# holds.  No renames: quilt does not follow them.
make_patches() {
	own_git -C "$repo" format-patch -q --full-index --zero-commit --no-signature \
		--no-numbered --no-renames -o "$tmp/all" "$rev..$tip" ||
		die "git format-patch failed; see its message above"
	own_git -C "$repo" rev-list --reverse "$rev..$tip" >"$tmp/commits" ||
		die "git rev-list failed; see its message above"
	[ "$(grep -l '^diff --git ' "$tmp/all"/*.patch | wc -l)" -eq "$(wc -l <"$tmp/commits")" ] ||
		die "${dir-$repo}: a commit of the series changes nothing; drop it"
}

# plan ASKED: what each commit becomes, one line each in $tmp/plan: topic,
# name, file in $tmp/all, and the patch of the other base with its topic and
# subject, or "-".  The topic is the one that the file ASKED has for its
# subject, or else that of the current patch, or else that of the commit
# before it.  Of several with one subject the n-th commit is the n-th patch.
plan() {
	shared=
	case $base in
	*-rt) [ ! -d "$TOP/patches/${base%-rt}" ] || shared=${base%-rt} ;;
	esac
	{ sed -e '/^#/d' -e "s/[ $tab][ $tab]*/$tab/" "$1" >"$tmp/asked" &&
	  described "$base" >"$tmp/was" &&
	  described "${shared:-$base}" >"$tmp/other" &&
	  printf '%s\n' "$tmp/all"/*.patch | subjects >"$tmp/subjects"; } ||
		die "cannot write to $tmp; see the message above"
	awk -F '\t' -v shared="$shared" '
		function rank(topic) {
			return topic ~ /^optional\// ? 1000000 : topic + 0
		}
		function stop(what) { print "error\t" what; stopped = 1; exit }
		{ nth = ++seen[FILENAME, $NF] }
		FILENAME == ARGV[1] { topic_of[$2, nth] = $1; next }
		FILENAME == ARGV[2] {
			if (!(($3, nth) in topic_of))
				topic_of[$3, nth] = $1
			next
		}
		FILENAME == ARGV[3] { if (shared) pair[$1, $3, nth] = $2; next }
		{ file[++n] = $1; subject[n] = $2; at[n] = nth; topic[n] = topic_of[$2, nth] }
		END {
			for (i = 2; i <= n; i++)
				if (topic[i] == "")
					topic[i] = topic[i - 1]
			for (i = n - 1; i; i--)
				if (topic[i] == "")
					topic[i] = topic[i + 1]
			if (topic[1] == "")
				stop("no commit has a topic; name them: export --topics FILE, lines \"TOPIC SUBJECT\"")
			for (i = 1; i <= n; i++) {
				t = topic[i]
				if (i > 1 && t != topic[i - 1] &&
				    (t in count || rank(t) < rank(topic[i - 1])))
					stop("\"" subject[i] "\" of " t " comes after " topic[i - 1] \
					     "; reorder the commits, or name its topic with --topics FILE")
				name = file[i]
				sub(/.*\//, "", name)
				name = sprintf("%04d", ++count[t]) substr(name, 5)
				other = pair[t, subject[i], at[i]]
				if (other != "") {
					name = other
					sub(/.*\//, "", name)
				} else
					other = "-"
				print t "\t" name "\t" file[i] "\t" other
			}
		}' "$tmp/asked" "$tmp/was" "$tmp/other" "$tmp/subjects" >"$tmp/plan" ||
		die "cannot write to $tmp"
	! grep -q "^error$tab" "$tmp/plan" || die "$(sed -n "s/^error$tab//p" "$tmp/plan")"
	[ "$(wc -l <"$tmp/plan")" -eq "$(wc -l <"$tmp/commits")" ] || die "cannot write to $tmp"
}

# keep_optional: a tree without an optional commit says nothing of those.
keep_optional() {
	kept=
	! grep -q "^optional/" "$tmp/plan" && grep "^optional/" "$tmp/was" >"$tmp/kept" || return 0
	kept=yes
	note "$(wc -l <"$tmp/kept") optional patches stay as they are; no commit is in their topics"
}

# not_fewer: stop if patches would go.
not_fewer() {
	was=$(wc -l <"$tmp/was") now=$(wc -l <"$tmp/plan")
	[ ! "$kept" ] || now=$((now + $(wc -l <"$tmp/kept")))
	[ "$now" -ge "$was" ] ||
		die "patches/$base has $was patches, $dir $now: $((was - now)) would go; if they shall, export --drop (make: DROP=yes)"
}

# place: the patches into $tmp/new and their paths into $tmp/names.
place() {
	while IFS=$tab read -r topic name file other; do
		if [ "$other" != - ] &&
		   [ "$(text_id "$file")" = "$(text_id "$TOP/patches/$shared/$other")" ]; then
			echo "$shared/$other"
			continue
		fi
		{ mkdir -p "$tmp/new/$topic" && [ ! -e "$tmp/new/$topic/$name" ] &&
		  cp "$file" "$tmp/new/$topic/$name"; } || die "cannot write $topic/$name to $tmp"
		echo "$topic/$name"
	done <"$tmp/plan" >"$tmp/names"
	[ ! "$kept" ] || cut -f2 "$tmp/kept" >>"$tmp/names" || die "cannot write to $tmp"
}

# merge_series OLD NAMES: the series file OLD with the patches NAMES.  A
# comment stays above the patch that it is on; the head stays the head.
merge_series() {
	awk '
		function stem(path) {
			sub(/.*\//, "", path)
			sub(/^[0-9]+-/, "", path)
			return path
		}
		FILENAME == ARGV[1] && /^# == optional ==$/ { next }
		FILENAME == ARGV[1] && /^[ \t]*(#.*)?$/ {
			text = text $0 "\n"
			if (!old && !/#/) {
				head = text
				text = ""
			}
			next
		}
		FILENAME == ARGV[1] {
			old = stem($1)
			above[old] = above[old] text
			text = ""
			sub(/^[ \t]*[^ \t]+/, "")
			behind[old] = $0
			next
		}
		FNR == 1 {
			if (!old) {
				head = text
				text = ""
			}
			printf "%s", head
		}
		/^([0-9]+\.[^\/]*\/)?optional\// && !optional {
			print "# == optional =="
			optional = 1
		}
		{
			s = stem($1)
			printf "%s", above[s]
			print $1 behind[s]
			delete above[s]
		}
		END { printf "%s", text }' "$1" "$2"
}

# swap_patches: make $tmp/new and $tmp/names the patches of the base, in one
# step; say what changed.  Everything else in the folder stays.
swap_patches() {
	at_exit=drop_next
	cat "$home/series" >"$tmp/old-series" 2>/dev/null
	{
		mkdir -p "$tmp/new" && cp -RPp "$home" "$next" &&
		find "$next" -name '*.patch' ${kept:+! -path "$next/optional/*"} \
			-exec rm -f {} + &&
		cp -R "$tmp/new/." "$next" &&
		{ [ ! "$shared" ] || [ -L "$next/$shared" ] || ln -s "../$shared" "$next/$shared"; } &&
		merge_series "$tmp/old-series" "$tmp/names" >"$next/series" &&
		find "$next" -type d -empty -delete
	} || die "cannot write below $TOP/patches; patches/$base is as it was"
	whole || die "cannot write to $tmp; patches/$base is as it was"
	tell_changes "$home" "$next" "patches/$base" >"$tmp/changes" || die "cannot write to $tmp"
	if [ -s "$tmp/changes" ]; then
		signals_off
		{ mv "$home" "$prev" && mv "$next" "$home" && rm -rf "$prev"; } ||
			die "cannot swap patches/$base; the old one is ${prev#"$TOP"/}"
		cat "$tmp/changes"
	fi
}

drop_next() { rm -rf "$next"; }

# whole: is each commit a patch there?  A full disk cuts lists.
whole() {
	want=$(wc -l <"$tmp/commits")
	[ ! "$kept" ] || want=$((want + $(wc -l <"$tmp/kept")))
	sed -e 's/[[:space:]]*#.*//' -e '/^$/d' "$next/series" |
		(cd "$next" && n=0 && while read -r patch; do
			[ -s "$patch" ] || exit 1
			n=$((n + 1))
		done && [ "$n" -eq "$want" ])
}

# tell_changes OLD NEW LABEL: one line for each file that differs.
tell_changes() {
	(cd "$1" && find . -type f; cd "$2" && find . -type f) | sort -u |
	while read -r file; do
		file=${file#./}
		if [ ! -e "$1/$file" ]; then note "new: $3/$file"
		elif [ ! -e "$2/$file" ]; then note "gone: $3/$file"
		elif ! cmp -s "$1/$file" "$2/$file"; then note "changed: $3/$file"
		fi
	done
}

# write_base: all of it, once $tmp/plan is made.
write_base() {
	place
	swap_patches
	cut -f1 "$tmp/plan" | uniq | while read -r topic; do
		[ -f "$home/$topic/cover.txt" ] || [ -f "$home/$shared/$topic/cover.txt" ] ||
			note "next: write patches/$base/$topic/cover.txt"
	done
}

# --- readable files -----------------------------------------------------------

# same_blob FILE ID MODE: is the readable FILE what the series makes of it?
same_blob() {
	[ -f "$1" ] && [ "$(git hash-object --no-filters "$1")" = "$2" ] &&
		[ "$(mode_of "$1")" = "$3" ]
}
