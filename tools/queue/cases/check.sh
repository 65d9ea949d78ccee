# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

t_check_clean() { # check: nothing wrong
	run 0 check && says '6 patches in 1 bases, 0 problems'
}

t_check_git() { # check: in a repository, ignored files do not count
	git init -q . && echo '*.o' >.gitignore && git add . &&
	echo x >mm/zsmalloc.o && run 0 check
}

t_check_series_missing() { # check: series names a patch that is not there
	edit "$patches/series" "s,^$p4,&\n2-locking/0003-none.patch,"
	finds 'series: names 2-locking/0003-none.patch, which is not there'
}

t_check_series_extra() { # check: a patch that is not in series
	edit "$patches/series" "\,$p5,d" && rm "$patches/3-sleep/cover.txt"
	run 1 check && says "$p5: is not in series"
}

t_check_series_twice() { # check: a patch that is twice in series
	edit "$patches/series" "s,^$p2,&\n&,"
	run 1 check && says "series: names $p2 twice"
}

t_check_series_order() { # check: series in another order
	edit "$patches/series" -e "\,$p1,d" -e "s,^$p2,&\n$p1,"
	run 1 check && says "$p2: export would name it 1-zram-fixes/0001"
}

t_check_topic_order() { # check: topics that are not in order, or in two places
	edit "$patches/series" -e "\,$p5,d" -e "s,^$p1,$p5\n&," && run 1 check &&
	says "series: $p1 comes after 3-sleep" &&
	cp "$tmp/project/patches/5.10/series" "$patches" &&
	edit "$patches/series" -e "\,$p2,d" -e "s,^$p3,&\n$p2," && run 1 check &&
	says "series: $p2 comes after 2-locking"
}

t_check_topic_name() { # check: a patch outside a topic
	mv "$patches/$p6" "$patches/0001-mm-slab-be-quick.patch" && edit "$patches/series" 's,^opt.*/,,'
	run 1 check && says 'series: 0001-mm-slab-be-quick.patch is no N-TOPIC'
}

t_check_topic_size() { # check: a topic of 21 patches
	(cd "$series" && for n in $(seq 20); do
		echo "int more_$n;" >>mm/more.c && commit "mm: more $n" || exit 1
	 done) && run 0 export --readable 5.10 "$series" &&
	finds 'series: 3-sleep has more than 20 patches'
}

t_check_optional() { # check: optional patches without the line, or before it
	edit "$patches/series" '/^# == optional ==/d' && finds "series: $p6 has to come after" &&
	edit "$patches/series" "s,^$p5,# == optional ==\n&," && run 1 check && says "series: $p5 comes after the line" &&
	edit "$patches/series" -e '/^# ==/d' -e "s,^$p6,# == optional ==\n# == optional ==\n&," &&
	finds 'has two lines "# == optional =="' &&
	edit "$patches/series" '1,/^# == opt/s/^# == opt/# == more ==\n&/' && run 1 check && says 'a heading'
}

t_check_linked() { # check: 5.10 lists a patch of another base
	with_rt && ln -s . "$patches/5.10" && edit "$patches/series" "s,^$p1,5.10/&,"
	run 1 check && says "series: names 5.10/$p1, a patch of another base"
}

t_check_no_series() { # check: no series
	rm "$patches/series"
	finds 'series: is missing'
}

t_check_cover() { # check: what a cover letter has to be
	cover=2-locking/cover.txt
	rm "$patches/$cover" && finds "$cover: is missing" &&
	printf '%s\n' 'Subject: x' '' "$(seq 78)" >"$patches/$cover" && run 0 check &&
	echo more >>"$patches/$cover" && finds "$cover: is over 80 lines" &&
	echo 'No subject' >"$patches/$cover" && finds "$cover: the first line has to be" &&
	echo 'Subject: [PATCH 5.10 0/2] x' >"$patches/$cover" && finds "$cover: the first line has to be" &&
	printf '%s\n' 'Subject: x' 'text' >"$patches/$cover" && finds "$cover: the line after" &&
	printf '%s\n' 'Subject: x' '' 'Signed-off-by: A <a@b.invalid>' >"$patches/$cover" &&
	finds "$cover: has a Signed-off-by" && cp "$tmp/project/patches/5.10/$cover" "$patches/$cover" &&
	mkdir "$patches/4-none" && mv "$patches/$cover" "$patches/4-none" && run 1 check &&
	says '4-none/cover.txt: is of no topic'
}


t_check_rt() { # check: an -rt base, and each key that it has to have
	with_rt && run 0 check && says '8 patches in 2 bases, 0 problems' &&
	for key in patch patch-sha256 patch-adds; do
		edit "$patches_rt/base" "/^$key:/d" && finds "base: has no \"$key\"" &&
		cp "$tmp/patches-rt/base" "$patches_rt/base" || return 1
	done
}

t_check_rt_alone() { # check: an -rt base without the other one
	with_rt && rm -r "$patches"
	run 1 check && says '^patches/5.10-rt: there is no patches/5.10 to'
}

t_check_rt_link() { # check: another link, a copy, none
	with_rt && rm "$patches_rt/5.10" && ln -s "$patches" "$patches_rt/5.10" &&
	finds '5.10-rt/5.10: has to be a symbolic link to ../5.10' &&
	rm "$patches_rt/5.10" && cp -R "$patches" "$patches_rt/5.10" && run 1 check &&
	says '5.10-rt/5.10: has to be a symbolic link' && rm -r "$patches_rt/5.10" &&
	run 1 check && says '5.10-rt/5.10: has to be a symbolic link' &&
	says "5.10-rt/series: names 5.10/$p1, which is not there"
}

t_check_rt_lacks() { # check: a patch that -rt does not have and does not mention
	with_rt && edit "$patches_rt/series" "\,^5.10/$p2,d" &&
	finds "5.10-rt/series: lacks $p2 of 5.10, and no comment" &&
	echo '# Not 0002-zram-fix-twenty, because.' >>"$patches_rt/series" && run 0 check
}

t_check_rt_copy() { # check: -rt has a copy of a patch that is the same
	with_rt && mkdir -p "$patches_rt/2-locking" && cp "$patches/$p4" "$patches_rt/$p4" &&
	edit "$patches_rt/series" "s,5.10/$p4,$p4," &&
	finds "5.10-rt/$p4: is the same as in 5.10"
}

t_check_rt_names() { # check: the names of -rt patches: a pair has one, others are counted
	with_rt && edit "$patches_rt/series" -e "s,^$r6,3-sleep/0001-mm-zsmalloc-fix-the-rt-part.patch," &&
	(cd "$patches_rt/3-sleep" && mv 0002* 0001-mm-zsmalloc-fix-the-rt-part.patch) &&
	finds "export would name it $r6"
}

t_check_rt_readable() { # check: a new file that the hunks of -rt make otherwise
	with_rt && edit "$patches_rt/$p5" 's/^+#define zs_trylock()/& 1/' &&
	finds "5.10-rt/5.10/$p3: the hunks of $lock do not give its id"
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
	mv "$patches/$p1" "$patches/1-zram-fixes/0001-fix-ten.patch"
	edit "$patches/series" "s,$p1,1-zram-fixes/0001-fix-ten.patch,"
	finds 'no subsystem prefix'
}

t_check_name() { # check: a file name that export would not give
	edit "$patches/$p1" 's/^\(Subject: .*\)ten/\1eleven/'
	finds "$p1: export would name it 1-zram-fixes/0001-mm-zsmalloc-fix-eleven.patch"
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
		s/^index [0-9a-f]*/index $(printf '%040d' 0)/; s/^index \\(.*\\) 100644/new file mode 100644\nindex \\1/; }"
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

t_check_annotation() { # check: an access without a comment
	edit "$patches/$p2" 's/^+.*zram_20 = 1;$/+int zram_20 = READ_ONCE(zram->shared[zs_1]);/'
	finds "$p2: no comment says what else accesses 'shared'"
}

t_check_annotation_told() { # check: one comment is enough, near or at the declaration
	(cd "$series" &&
	 printf '%s\n' '	/* the reset clears it */' '	WRITE_ONCE(zram->shared, 1);' \
		'	return READ_ONCE(zram->shared) + READ_ONCE(zram->bits[1]);' \
		'	unsigned long bits[2];	/* set by the reader */' >>mm/slab.c &&
	 commit 'zram: tell' && git cherry-pick optional >/dev/null) && run 0 export 5.10 "$series" && run 0 check
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
		--no-signature --no-numbered --start-number 2 -o "$patches/3-sleep")
	edit "$patches/series" "s,^$p5,&\n3-sleep/0002-mm-rename.patch,"
	run 1 check && says '0002-mm-rename.patch: renames mm/slab.c'
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
	printf '%s\n' '#!/bin/sh' 'cd $1' >tools/x
	printf '%s\n' '# shellcheck shell=sh' 'cd $1' >tools/part
	export SHELLCHECK=shellcheck
	run 1 check && says '^tools/x: line 2: .*SC2164' && says '^tools/part: line 2: .*SC2164'
}

t_check_shell_options() { # check: the user's shellcheck settings do not count
	command -v shellcheck >/dev/null || skip 'shellcheck is not installed'
	export HOME="$tmp/now/home" SHELLCHECK=shellcheck SHELLCHECK_OPTS='-o all'
	mkdir "$HOME" && echo 'enable=all' >"$HOME/.shellcheckrc"
	run 0 check && printf '%s\n' '#!/bin/sh' 'cd $1' >tools/x &&
	export SHELLCHECK_OPTS='-e SC2164,SC2086' && run 1 check && says '^tools/x: line 2'
}

t_check_no_shellcheck() { # check: shellcheck is not installed
	export SHELLCHECK=none-such
	run 0 check && says 'shellcheck not installed, skipped'
}

t_check_version() { # check: the version of the series
	echo v2-rc >patches/VERSION && finds 'patches/VERSION: has to be' &&
	printf 'v2\nv3\n' >patches/VERSION && finds 'patches/VERSION: has to be' &&
	rm patches/VERSION && finds 'patches/VERSION: has to be' &&
	echo v3 >patches/VERSION && run 0 check
}

t_check_readme() { # check: a long README, and prose that counts patches
	seq 150 >README.md && run 0 check && echo >>README.md && finds '^README.md: is over 150 lines' &&
	for text in 'see patch 25.' 'patches 1-17 fix' 'Patch #3' 'as patch 25'; do
		echo "$text" >README.md && finds '^README.md: line 1: a patch is called by its number' ||
			return 1
	done &&
	echo 'Its 80 patches patch 5.10.262; dispatch 3 of them.' >README.md && run 0 check &&
	printf 'Subject: x\n\nIt needs patch 3.\n' >"$patches/2-locking/cover.txt" &&
	finds '2-locking/cover.txt: line 3: a patch is called'
}

t_check_left() { # check: what a killed export left
	mkdir patches/.5.10.old
	finds '^patches/.5.10.old: a killed export'
}

t_check_fixes() { # check: Fixes: that is too short, or has no subject
	for fixes in '1234567890a ("x: y")' '1234567890ab' '1234567890ab (x: y)' '1234567890AB ("x: y")'; do
		cp "$tmp/project/patches/5.10/$p2" "$patches/$p2" &&
		edit "$patches/$p2" "s/^Why this.*/&\n\nFixes: $fixes/" &&
		finds "$p2: line 8: has to be 'Fixes:" || return 1
	done
	edit "$patches/$p2" 's/^Fixes: .*/Fixes: 1234567890ab ("zram: y")/' && run 0 check
}

t_check_conflicts() { # check: a list of conflicts
	edit "$patches/$p2" 's/^Why this.*/&\n\n# Conflicts:\n#	mm\/x.c/'
	finds "$p2: line 8 of the message lists conflicts"
}

t_check_blank() { # check: an empty line of context without its blank
	edit "$patches/$p2" 's/^ $//'
	finds "$p2: line .*: an empty line of context lacks its blank"
}

t_check_style() { # check: pronouns, a bare who, and words
	for text in 'He is.' 'All of his.' 'Whoever is it' 'a lock, who has it' 'It lets go' 'two meet' \
		'Beside it' 'found by reading' 'leave as it is' 'meanwhile'; do
		echo "$text" >README.md && finds '^README.md: line 1: style: ' || return 1
	done
	echo 'The hero besides; metre, this; a task who; by reading /proc' >README.md && run 0 check
}

t_check_style_patch() { # check: style in the message of a patch and in its lines
	edit "$patches/$p2" 's/^Why this.*/He is./' &&
	finds "^patches/5.10/$p2: line 6: style: pronoun" &&
	edit "$patches/$p2" -e 's/^He is./It is./' -e 's/^+.*zram_20 = 1;$/& \/* his *\//' &&
	finds "^patches/5.10/$p2:drivers/.*: line .*: style: pronoun" &&
	echo 'patches/5.10/1-*:drivers/*' >>tools/queue/style.later && run 0 check &&
	edit "$patches/$p2" 's/ his / its /' && finds 'style.later: "patches/5.10/1-.* has nothing left'
}

# fake_checkpatch FILE: it finds zram_20, and says so each time that it runs.
fake_checkpatch() {
	mkdir -p "${1%/scripts/*}/scripts" && cat >"$1" <<-'END'
		my $bad = 0;
		while (<STDIN>) { print "-:$.: WARNING:ZRAM: bad\n" if /^\+.*zram_20 = 1/ && ++$bad }
		open(my $runs, ">>", "$ENV{RUNS}"); print $runs "@ARGV\n";
		print "total: 0 errors\n" if $bad && !$ENV{SHORT};
		exit $bad;
	END
	printf '%s\n' 'VERSION = '"$2" 'PATCHLEVEL = 3' 'SUBLEVEL = 0' >"${1%/scripts/*}/Makefile"
}

t_check_checkpatch() { # check: checkpatch of the newest kernel, once for each patch
	command -v perl >/dev/null || skip 'perl is not installed'
	export RUNS="$tmp/now/runs"
	fake_checkpatch out/src/5.10/scripts/checkpatch.pl 5 && fake_checkpatch out/src/7.3/scripts/checkpatch.pl 7 &&
	sed -i s/ZRAM/NEW/ out/src/7.3/scripts/checkpatch.pl &&
	finds "^patches/5.10/$p2: line .*: checkpatch: WARNING:NEW: bad" &&
	finds 'WARNING:NEW' && [ "$(wc -l <"$RUNS")" -eq 6 ] && edit "$patches/$p2" 's/^Why/But why/' &&
	finds 'WARNING:NEW' && [ "$(wc -l <"$RUNS")" -eq 7 ] &&
	CHECKPATCH=out/src/5.10/scripts/checkpatch.pl && export CHECKPATCH && finds 'WARNING:ZRAM' &&
	CHECKPATCH=none && run 1 check && says 'checkpatch failed'
}

t_check_checkpatch_fails() { # check: a checkpatch that stops early, or has no room for its results
	command -v perl >/dev/null || skip 'perl is not installed'
	export RUNS="$tmp/now/runs" SHORT=yes CHECKPATCH="$tmp/now/kernel/scripts/checkpatch.pl"
	fake_checkpatch "$CHECKPATCH" 7 && run 1 check && says 'checkpatch failed' && SHORT='' &&
	echo >"$tmp/now/out" && OUT=$tmp/now/out && export OUT && run 1 check && says 'checkpatch failed'
}

t_check_full() { # check: a full disk is no success
	echo '/* edit */' >>$lock
	full_disk || skip 'only root can mount'
	run 1 check && ! grep ' 0 problems' "$tmp/out"
	status=$?
	umount "$TMPDIR"
	return $status
}

t_check_unwritable() { # check: neither is a TMPDIR that cannot be written, nor a closed output
	TMPDIR=$tmp/now/none && export TMPDIR && run 1 check && says 'TMPDIR' && TMPDIR=$tmp &&
	! tools/queue/check >/dev/full 2>/dev/null
}

t_check_tools() { # check: a tool that it needs fails
	mkdir "$tmp/now/bin" && path=$PATH || return
	for tool in awk grep sed find git cut uniq; do
		printf '%s\n' '#!/bin/sh' 'exit 3' >"$tmp/now/bin/$tool" && chmod +x "$tmp/now/bin/$tool"
		PATH=$tmp/now/bin:$path tools/queue/check >"$tmp/out" 2>&1 &&
			{ echo "$tool"; return 1; }
		! grep ' 0 problems' "$tmp/out" || { echo "$tool"; return 1; }
		rm "$tmp/now/bin/$tool"
	done
}
