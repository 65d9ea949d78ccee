# shellcheck shell=sh disable=SC2154 # check sets the names
# SPDX-License-Identifier: GPL-2.0
#
# The part of check that looks at files and folders, not into patches.

base_keys='version package package-version suite deb-sha256 tar-sha256'
rt_keys='patch patch-sha256 patch-adds'

# check_folders: what lies in patches/, and the length of the README.
check_folders() {
	for folder in patches/*/; do
		[ -f "${folder}base" ] || echo "${folder}base: is missing"
	done
	for folder in patches/.*.old patches/.*.new; do
		[ ! -e "$folder" ] || echo "$folder: a killed export or refresh left it; run that again"
	done
	{ grep -qx 'v[0-9][0-9]*\(-rc[0-9][0-9]*\)\{0,1\}' patches/VERSION 2>/dev/null &&
	  [ "$(wc -l <patches/VERSION)" -eq 1 ]; } ||
		echo "patches/VERSION: has to be one line like v2 or v2-rc1"
	[ ! -f README.md ] || [ "$(wc -l <README.md)" -le 150 ] ||
		echo "README.md: is over 150 lines"
}

# check_base_file BASE: `base` has its keys.
check_base_file() {
	keys=$base_keys
	case $1 in
	*-rt) keys="$keys $rt_keys" ;;
	esac
	awk -v keys="$keys" '
		function bad(what) { print FILENAME ": " what }
		{ key = $1; sub(/:$/, "", key); value[key] = $2 }
		END {
			n = split(keys, names, " ")
			for (i = 1; i <= n; i++) {
				key = names[i]
				v = value[key]
				if (v == "")
					bad("has no \"" key "\"")
				else if (key ~ /-sha256$/ &&
					 (length(v) != 64 || v ~ /[^0-9a-f]/))
					bad("\"" key "\" is no sha256")
				else if (key == "version" && v !~ /^[0-9]+\.[0-9.]+$/)
					bad("\"version\" is no kernel version")
			}
		}' "patches/$1/base" || broken 'awk failed'
}

# check_series BASE: `series` lists each patch once, topic by topic, and each
# topic has its cover letter.
check_series() {
	keep present find "patches/$1" -name '*.patch' -type f
	[ -s "$tmp/listed" ] || echo "patches/$1/series: names no patch"
	awk -v dir="patches/$1" -f tools/queue/layout.awk "$tmp/present" "patches/$1/series" ||
		broken 'layout.awk failed'
	link=
	case $1 in
	*-rt) link=${1%-rt}; check_rt "$1" ;;
	esac
	keep topics topics "$1"
	while read -r topic; do
		cover=patches/$1/$topic/cover.txt
		[ -s "$cover" ] || [ -z "$link" ] || cover=patches/$link/$topic/cover.txt
		if [ -s "$cover" ]; then
			check_list "$1" "$topic" "$cover"
		else
			echo "patches/$1/$topic/cover.txt: is missing"
		fi
	done <"$tmp/topics"
	keep covers find "patches/$1" -name cover.txt -type f
	while read -r cover; do
		check_cover "$cover"
		topic=${cover#"patches/$1/"}
		grep -qxF -e "${topic%/cover.txt}" "$tmp/topics" ||
			echo "$cover: is of no topic in series"
	done <"$tmp/covers"
}

check_cover() {
	awk '
		function bad(what) { print FILENAME ": " what }
		NR == 1 && !/^Subject: [^[ ]/ {
			bad("the first line has to be \"Subject: ...\", without [PATCH]; mbox adds that")
		}
		NR == 2 && NF { bad("the line after the subject has to be empty") }
		/^[ \t]*[A-Za-z-]*[Ss]igned-[Oo]ff-[Bb]y:/ {
			bad("has a Signed-off-by; the sender adds it")
		}
		END { if (NR > 80) bad("is over 80 lines") }' "$1" || broken 'awk failed'
}

# check_list BASE TOPIC COVER: below its heading "Patches", if it has one, COVER has the
# subjects of the topic in apply order.
check_list() {
	(cd "patches/$1" && series "$1" "$2" | subjects) >"$tmp/subjects" || broken 'cannot list subjects'
	awk -v topic="$1 $2" '
		NR == FNR { sub(/^[^\t]*\t/, ""); want[++n] = $0; next }
		on && /^-+$/ { on = 0; m-- }
		last == "Patches" && /^-+$/ { on = listed = 1 }
		on && NF && !/^-+$/ { got[++m] = $0 }
		{ last = $0 }
		END {
			for (i = 1; listed && i <= (n > m ? n : m); i++)
				if (want[i] != got[i]) {
					print FILENAME ": patch " i " of " topic " is \"" want[i] \
						"\", not \"" got[i] "\""
					exit
				}
		}' "$tmp/subjects" "$3" || broken 'awk failed'
}

# check_rt RT: where it takes patches of the other base from, and which.
check_rt() {
	if [ ! -f "patches/$link/base" ]; then
		echo "patches/$1: there is no patches/$link to take patches from"
		return
	fi
	[ "$(readlink "patches/$1/$link")" = "../$link" ] ||
		echo "patches/$1/$link: has to be a symbolic link to ../$link"
	keep other series "$link"
	awk -v link="$link" '
		FILENAME == ARGV[1] { want[++n] = $0; next }
		/^[ \t]*#/ { remarks = remarks $0 "\n"; next }
		{ has[$1] }
		END {
			for (i = 1; i <= n; i++) {
				name = want[i]
				sub(/.*\//, "", name)
				sub(/\.patch$/, "", name)
				if (!(want[i] in has) && !((link "/" want[i]) in has) &&
				    !index(remarks, name))
					print FILENAME ": lacks " want[i] " of " link \
						", and no comment names it"
			}
		}' "$tmp/other" "patches/$1/series" || broken 'awk failed'
	while read -r patch; do
		{ [ -f "patches/$1/$patch" ] && [ -f "patches/$link/$patch" ]; } || continue
		[ "$(text_id "patches/$1/$patch")" != "$(text_id "patches/$link/$patch")" ] ||
			echo "patches/$1/$patch: is the same as in $link; list $link/$patch instead"
	done <"$tmp/listed"
}
