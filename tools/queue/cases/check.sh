# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

t_check_clean() { # check: nothing wrong
	run 0 check && says '5 patches in 1 bases, 0 problems'
}

t_check_git() { # check: in a repository, ignored files do not count
	git init -q . && echo '*.o' >.gitignore && git add . &&
	echo x >mm/zsmalloc.o && run 0 check
}

t_check_series_missing() { # check: series names a patch that is not there
	echo 0006-none.patch >>"$patches/series"
	finds 'series: names 0006-none.patch, which is not there'
}

t_check_series_extra() { # check: a patch that is not in series
	edit "$patches/series" "/$p5/d"
	finds "$p5: is not in series"
}

t_check_series_order() { # check: series in another order
	edit "$patches/series" -e "/$p1/d" -e "s/^$p2/&\n$p1/"
	finds 'series: is not in the order'
}

t_check_no_series() { # check: no series
	rm "$patches/series"
	finds 'series: is missing'
}

t_check_cover() { # check: no cover letter
	rm "$patches/cover-letter.txt"
	finds 'cover-letter.txt: is missing'
}

t_check_cover_patch() { # check: a cover letter that git am would take
	sed '/^---$/,$d' "$patches/$p1" >"$patches/0000-cover-letter.patch"
	run 1 check && says '0000-cover-letter.patch: no diff in it'
}

t_check_rt() { # check: an -rt base, and each key that it has to have
	with_rt && run 0 check && says '11 patches in 2 bases, 0 problems' &&
	for key in patch patch-sha256 patch-adds; do
		edit "$patches_rt/base" "/^$key:/d" && finds "base: has no \"$key\"" &&
		cp "$tmp/patches-rt/base" "$patches_rt/base" || return 1
	done
}

t_check_rt_alone() { # check: an -rt base without the other one
	with_rt && rm -r "$patches"
	finds '^patches/5.10-rt: there is no patches/5.10 to'
}


t_check_no_base() { # check: a folder without the file base
	mkdir patches/5.15
	finds 'patches/5.15/base: is missing'
}

t_check_base_key() { # check: a key that is missing
	edit "$patches/base" '/^suite/d'
	finds 'base: has no "suite"'
}

t_check_base_sum() { # check: a sum that is none
	edit "$patches/base" '/^deb-sha256/s/0$//'
	finds 'base: "deb-sha256" is no sha256'
}

t_check_from_line() { # check: a commit id in the From line
	edit "$patches/$p1" '1s/0000 /1234 /'
	finds "$p1: first line is not"
}

t_check_author() { # check: no author
	edit "$patches/$p1" '/^From: /d'
	finds "$p1: no From: header"
}

t_check_date() { # check: no date
	edit "$patches/$p1" '/^Date: /d'
	finds "$p1: no Date: header"
}

t_check_numbered() { # check: [PATCH 1/5]
	edit "$patches/$p1" 's/^Subject: \[PATCH\]/Subject: [PATCH 1\/5]/'
	finds "$p1: no 'Subject: \[PATCH\]"
}

t_check_prefix() { # check: a subject without a subsystem
	edit "$patches/$p1" 's/^\(Subject: .PATCH.\) .*/\1 fix ten/'
	mv "$patches/$p1" "$patches/0001-fix-ten.patch"
	edit "$patches/series" "s/$p1/0001-fix-ten.patch/"
	finds 'no subsystem prefix'
}

t_check_name() { # check: a file name that export would not give
	edit "$patches/$p1" 's/^\(Subject: .*\)ten/\1eleven/'
	finds "$p1: export would name it 0001-mm-zsmalloc-fix-eleven.patch"
}

t_check_subject_long() { # check: a long subject
	edit "$patches/$p1" "s/^\\(Subject: .*\\)/\\1\\n $(seq -s ' ' 1 40)/"
	run 1 check && says "$p1: the subject is over 75 columns"
}

t_check_body() { # check: no body
	edit "$patches/$p2" '/^Why this/d'
	finds "$p2: the message has no body"
}

t_check_long() { # check: a long line in the message
	edit "$patches/$p2" "s/^Why this.*/$(seq -s ' ' 1 40)/"
	finds "$p2: line 6 of the message is over 75 columns"
}

t_check_utf8() { # check: columns are counted, not bytes
	long=$(printf '%040d' 0 | sed "s/0/$(printf '\303\244')/g")
	edit "$patches/$p2" "s/^Why this.*/$long/"
	run 0 check
}

t_check_sign_off() { # check: a sign-off
	edit "$patches/$p2" 's/^Why this.*/&\n\nSigned-off-by: A <a@b.invalid>/'
	finds "$p2: has a Signed-off-by"
}

t_check_below() { # check: remarks that git am would lose
	edit "$patches/$p2" 's/^---$/---\nChanges since the last version./'
	finds "$p2: line 8: text after '---'"
}

t_check_diff_in_text() { # check: a message that git am would cut
	edit "$patches/$p2" 's/^Why this.*/&\ndiff -u a b/'
	finds "$p2: git am takes the line 'diff -u a b'"
}

t_check_in_body() { # check: a message that starts like a header
	edit "$patches/$p2" 's/^Why this.*/From: the start, this is needed./'
	finds "$p2: git am takes the line 'From: ...' of the message"
}

t_check_short_ids() { # check: abbreviated ids
	edit "$patches/$p2" 's/^index \(.......\)[^.]*\.\.\(.......\)[^ ]*/index \1..\2/'
	finds "$p2: .* has no full ids"
}

t_check_chain() { # check: a patch that starts from something else
	edit "$patches/$p5" "/^index .* 100644\$/s/index ......../index 12345678/"
	run 1 check && says "$p5: $zsmalloc is not as $p3 leaves it"
}

t_check_created_twice() { # check: a file that is created twice
	edit "$patches/$p5" "/^diff .*zs_lock/,/^+++/{
		s/^index [0-9a-f]*/index $zero_id/; s/^index \\(.*\\) 100644/new file mode 100644\nindex \\1/; }"
	run 1 check && says "$p5: creates $lock, which $p3"
}

t_check_readable() { # check: a readable file that was edited
	echo '/* edit */' >>$lock
	finds "^$lock: differs from patches/5.10; run 'make refresh"
}

t_check_readable_missing() { # check: a readable file that is missing
	rm $lock
	finds "^$lock: is missing"
}

t_check_readable_mode() { # check: a readable file with another mode
	chmod +x $lock
	finds "^$lock: has another mode"
}

t_check_stray() { # check: a file at a kernel path that no patch creates
	mkdir -p Documentation/vm && echo x >Documentation/vm/stray.rst
	finds '^Documentation/vm/stray.rst: is created by no patch'
}

t_check_hunk_edited() { # check: a hunk of a new file that was edited by hand
	edit "$patches/$p4" 's/^+exit 0/+exit 1/'
	finds "$p4: the hunks of .*test_x.sh do not give its id"
}

t_check_cut_hunk() { # check: a patch that ends inside a hunk
	edit "$patches/$p2" '$d'
	run 1 check && says "$p2: ends inside a hunk" &&
	says "$p2: git cannot read it"
}

t_check_cut_file() { # check: a patch that lacks its last file
	edit "$patches/$p5" '/^diff .*zsmalloc.c/,$d'
	finds "$p5: diffstat and hunks disagree"
}

t_check_hunk_counts() { # check: a hunk with wrong counts
	edit "$patches/$p2" '/^@@/s/,7 @@/,8 @@/'
	run 1 check && says "$p2: ends inside a hunk"
}

t_check_hunk_lines() { # check: a hunk with wrong line numbers
	edit "$patches/$p2" '/^@@/s/+17/+18/'
	finds "$p2: line .*: the hunk's line numbers"
}

t_check_space() { # check: trailing white space
	edit "$patches/$p2" 's/^+.*zram_20 = 1;$/& /'
	finds "$p2: line .*: trailing white space"
}

t_check_annotation() { # check: an access beside others that no comment explains
	edit "$patches/$p2" 's/^+.*zram_20 = 1;$/+int zram_20 = READ_ONCE(zram->shared[zs_1]);/'
	finds "$p2: no comment says who else is at 'shared'"
}

t_check_annotation_told() { # check: one comment is enough, near or at the declaration
	(cd "$series" &&
	 printf '%s\n' '	/* the reset clears it */' '	WRITE_ONCE(zram->shared, 1);' \
		'	return READ_ONCE(zram->shared) + READ_ONCE(zram->bits[1]);' \
		'	unsigned long bits[2];	/* set by who reads */' >>mm/slab.c &&
	 commit 'zram: tell') && run 0 export 5.10 "$series" && run 0 check
}

t_check_signature() { # check: a mail signature
	printf '%s\n' '-- ' 2.39.5 '' >>"$patches/$p2"
	finds "$p2: has a signature"
}

t_check_trash() { # check: text after the diff
	echo 'more' >>"$patches/$p2"
	finds "$p2: line .* does not belong into a diff"
}

t_check_rename() { # check: a rename
	(cd "$series" && git mv mm/slab.c mm/slub.c &&
	 commit 'mm: rename' && git format-patch -q -1 -M --full-index --zero-commit \
		--no-signature --no-numbered --start-number 6 -o "$patches")
	echo 0006-mm-rename.patch >>"$patches/series"
	run 1 check && says '0006-mm-rename.patch: renames mm/slab.c'
}

t_check_place() { # check: a file that names this checkout
	mkdir -p tools/harness && echo "cd $project/out" >tools/harness/x
	finds '^tools/harness/x: names the directory of this checkout'
}

t_check_mirror() { # check: a file that names the mirror
	command -v apt-get >/dev/null || skip 'apt is not installed'
	host=mirror.made-up
	echo "deb http://me:word@$host.invalid:80/debian x main" \
		>"$tmp/now/sources.list"
	cat >"$tmp/now/apt.conf" <<-END
		Dir::Etc::sourcelist "$tmp/now/sources.list";
		Dir::Etc::sourceparts "/dev/null";
	END
	APT_GET=apt-get APT_CONFIG=$tmp/now/apt.conf
	export APT_GET APT_CONFIG
	run 0 check && echo "see $host.invalid" >README.md &&
	finds "^README.md: names the mirror"
}

t_check_shell() { # check: a shell script that shellcheck dislikes
	command -v shellcheck >/dev/null || skip 'shellcheck is not installed'
	find tools -type f -exec rm {} + && mkdir -p tools/queue tools/testing/selftests/zram
	cp "$tmp/project/tools/lib.sh" tools/ &&
	cp -R "$tmp/project/tools/testing" tools/ &&
	cp "$tmp/project/tools/queue"/c* tools/queue/ &&
	printf '%s\n' '#!/bin/sh' 'cd $1' >tools/queue/x
	export SHELLCHECK=shellcheck
	run 1 check && says '^tools/queue/x: line 2: .*SC2164'
}

t_check_no_shellcheck() { # check: shellcheck is not installed
	export SHELLCHECK=none-such
	run 0 check && says 'shellcheck not installed, skipped'
}
