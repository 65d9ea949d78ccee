# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

# unchanged: the project is to the last byte what it was.
unchanged() { diff -r "$tmp/project" "$project"; }

# unchanged_rt: the same for -rt.
unchanged_rt() { diff -r --no-dereference "$tmp/patches-rt" "$patches_rt" && [ -L "$patches_rt/5.10" ]; }

# forget DIR: remove the patches of a base, and its series.
forget() {
	find "$1" -name '*.patch' -exec rm {} + && rm "$1/series"
}

# by_topic: the topics of the made-up commits, for a base that has none.
by_topic() {
	cat <<-END
		# a comment
		1-zram-fixes	mm/zsmalloc: fix ten
		2-locking mm/zsmalloc: add a lock
		3-sleep	mm/zsmalloc: try the lock
		optional/latency	mm/slab: be quick
	END
}

t_export_round() { # export: a tree of all patches gives the same bytes
	git -C "$series" checkout -q optional
	run 0 export 5.10 "$series" && says 'nothing to export, all 6' && unchanged &&
	find "$patches" -name '*.patch' -exec sed -i '/^Why/d' {} + &&
	run 0 export 5.10 "$series" && says "changed: patches/5.10/$p6" && unchanged
}

t_export_no_optional() { # export: a tree without the optional patches keeps them
	run 0 export 5.10 "$series" && says '1 optional patches stay' && unchanged
}

t_export_start() { # export: start a base, with topics from a file
	forget "$patches"
	git -C "$series" checkout -q optional
	refused "$project" 'no commit has a topic.*--topics' export 5.10 "$series" &&
	by_topic >"$tmp/now/topics" &&
	run 0 export --topics "$tmp/now/topics" 5.10 "$series" &&
	sed -e '/^# The tests/d' -e '/^# The head/,/^$/d' "$tmp/project/patches/5.10/series" |
		diff - "$patches/series" &&
	cp "$tmp/project/patches/5.10/series" "$patches/series" && unchanged &&
	run 2 export --topics "$tmp/none" 5.10 "$series"
}

t_export_start_rt() { # export: start -rt, with its link
	with_rt && git -C "$series_rt" checkout -q optional && forget "$patches_rt" &&
	rm "$patches_rt/5.10" && by_topic >"$tmp/now/topics" &&
	run 0 export --topics "$tmp/now/topics" 5.10-rt "$series_rt" &&
	grep -v '^#' "$tmp/patches-rt/series" | sed 1d >"$tmp/now/want" &&
	grep -v '^#' "$patches_rt/series" | diff "$tmp/now/want" - &&
	cp "$tmp/patches-rt/series" "$patches_rt/series" && unchanged_rt
}

t_export_rt() { # export: -rt lists what is the same, and keeps what differs
	with_rt && git -C "$series_rt" checkout -q optional &&
	run 0 export 5.10-rt "$series_rt" && says 'nothing to export' && unchanged_rt &&
	run 0 export 5.10-rt "$series_rt" base && unchanged_rt
}

t_export_rt_differs() { # export: an author, a message or a line of a diff that differs
	with_rt || return
	for change in "--author=Any_One <any@kernel.invalid>" '-mmm/slab: be quick' 2; do
		(cd "$series_rt" && git checkout -q -B optional-now optional && case $change in
		 2) echo 'int more;' >>mm/slab.c && git commit -qa --amend --no-edit ;;
		 *) git commit -q --amend --no-edit "$change" || git commit -q --amend "$change" ;;
		 esac) 2>/dev/null &&
		run 0 export 5.10-rt "$series_rt" &&
		says "new: patches/5.10-rt/$p6" && grep "^$p6\$" "$patches_rt/series" &&
		git -C "$series_rt" checkout -q optional &&
		run 0 export 5.10-rt "$series_rt" && says "gone: patches/5.10-rt/$p6" &&
		unchanged_rt || return 1
	done
}

t_export_config() { # export: the user's settings do not show
	git -C "$series" config diff.noprefix true
	git -C "$series" config diff.context 8
	git -C "$series" config diff.algorithm histogram
	git -C "$series" config diff.suppressBlankEmpty true
	git -C "$series" config format.signature 'Yours'
	git -C "$series" config format.numbered true
	git -C "$series" config format.subjectPrefix RFC
	HOME=$tmp/now/home && mkdir "$HOME" && export HOME &&
	git config --global diff.suppressBlankEmpty true &&
	GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=diff.suppressBlankEmpty GIT_CONFIG_VALUE_0=true &&
	export GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0
	forget "$patches" && by_topic >"$tmp/now/topics" &&
	cp "$tmp/project/patches/5.10/series" "$patches" &&
	git -C "$series" checkout -q optional &&
	run 0 export --topics "$tmp/now/topics" 5.10 "$series" && unchanged &&
	grep -q '^ $' "$patches/$p2"
}

t_export_shallow() { # export: a shallow clone, a base by its id, a name with blanks
	git clone -q --depth 6 "file://$series" "$tmp/now/a clone" &&
	run 0 export 5.10 "$tmp/now/a clone" "$(git -C "$series" rev-parse base)" &&
	unchanged
}

t_export_insert() { # export: an inserted patch, one less, one reworded
	(cd "$series" && git checkout -q HEAD~4 &&
	 echo 'int new;' >>mm/slab.c && commit 'mm: insert' &&
	 git cherry-pick main~2 main~1 >/dev/null 2>&1 && git cherry-pick main >/dev/null 2>&1 &&
	 git commit -q --amend -m 'mm/zsmalloc: reworded' -m 'A body.')
	run 0 export 5.10 "$series" || return
	cmp "$patches/series" - <<-END || { cat "$patches/series"; return 1; }
		# The head of it.

		$p1
		1-zram-fixes/0002-mm-insert.patch
		$p3
		# The tests.
		$p4
		2-locking/0003-mm-zsmalloc-reworded.patch
		# == optional ==
		$p6
	END
	[ ! -e "$patches/$p2" ] && [ ! -e "$patches/$p5" ]
}

t_export_first() { # export: a new first patch follows the head, without the old one's comment
	edit "$patches/series" "s,^1-.*-ten,# Why.\n&,"
	(cd "$series" && git checkout -q base && echo 'int new;' >>mm/zram.h &&
	 commit 'mm: first' && git cherry-pick base..main >/dev/null 2>&1)
	run 0 export --readable 5.10 "$series" && head -n 5 "$patches/series" >"$tmp/now/head" &&
	cmp "$tmp/now/head" - <<-END
		# The head of it.

		1-zram-fixes/0001-mm-first.patch
		# Why.
		1-zram-fixes/0002-mm-zsmalloc-fix-ten.patch
	END
}

t_export_order() { # export: commits that are not in the order of the topics
	(cd "$series" && git checkout -q base &&
	 git cherry-pick main~3 main~4 main~2 main~1 main >/dev/null 2>&1) &&
	run 0 export 5.10 "$series" && says "new: patches/5.10/1-zram-fixes/0002-mm-zsmalloc-fix-ten" &&
	(cd "$series" && git checkout -q base &&
	 git cherry-pick main~4 main~2 main~3 main~1 main >/dev/null 2>&1) &&
	refused "$project" '"zram: fix twenty" of 1-zram-fixes comes after 2-locking' \
		export 5.10 "$series" &&
	printf '2-locking\tzram: fix twenty\n' >"$tmp/now/topics" &&
	run 0 export --topics "$tmp/now/topics" 5.10 "$series" &&
	says 'new: patches/5.10/2-locking/0002-zram-fix-twenty.patch'
}

t_export_twice() { # export: two patches of one subject, in two topics
	(cd "$series" && echo 'int two;' >>mm/slab.c && commit 'zram: fix twenty') &&
	run 0 export 5.10 "$series" && says 'new: patches/5.10/3-sleep/0002-zram-fix-twenty' &&
	(cd "$series" && echo 'int three;' >>mm/slab.c && commit 'zram: more') &&
	run 0 export 5.10 "$series" && says 'new: patches/5.10/3-sleep/0003-zram-more' &&
	! says "changed: patches/5.10/$p2"
}

t_export_fewer() { # export: a tree with a part of the series
	git -C "$series" reset -q --hard HEAD~3 &&
	refused "$project" '6 patches, .* 3: 3 would go.*--drop' export 5.10 "$series" &&
	run 0 export --drop 5.10 "$series" && says "gone: patches/5.10/$p5" &&
	[ ! -e "$patches/$p5" ] && [ -e "$patches/$p6" ]
}

t_export_readable() { # export: a new file that differs, refused and --readable
	(cd "$series" && echo '/* more */' >>$lock && commit 'mm/zsmalloc: more')
	refused "$project" "$lock: differs" export 5.10 "$series" &&
	run 0 export --readable 5.10 "$series" && says "readable: $lock" &&
	cmp "$series/$lock" $lock
}

t_export_readable_optional() { # export: readable is what the default topics make
	(cd "$series" && git checkout -q optional && echo '/* quick */' >>$lock &&
	 git commit -qa --amend --no-edit) &&
	run 0 export 5.10 "$series" && says "changed: patches/5.10/$p6" && cmp "$tmp/project/$lock" $lock
}

t_export_dirty() { # export: uncommitted changes
	echo mine >>"$series/$zsmalloc"
	refused "$project" 'uncommitted changes' export 5.10 "$series"
}

t_export_base() { # export: no base, a base elsewhere, a base of another version
	refused "$project" "no commit 'none'" export 5.10 "$series" none &&
	refused "$project" 'no commit after' export 5.10 "$linux" &&
	(cd "$series" && git checkout -q --orphan other && commit 'mm: other') &&
	refused "$project" 'is not below HEAD' export 5.10 "$series" &&
	(cd "$series" && git checkout -q -B other main~4 &&
	 edit Makefile 's/262/263/' && commit 'Linux 5.10.263' &&
	 git tag -f base >/dev/null && echo >>$zsmalloc && commit 'mm: on it') &&
	refused "$project" 'is Linux 5.10.263' export 5.10 "$series"
}

t_export_merge() { # export: a merge
	(cd "$series" && git checkout -q -b side base && echo >>mm/slab.c &&
	 commit 'mm: side' && git checkout -q main && git merge -q side -m 'a merge')
	refused "$project" 'has a merge' export 5.10 "$series"
}

t_export_empty() { # export: a commit that changes nothing
	git -C "$series" commit -q --allow-empty -m 'mm: nothing'
	refused "$project" 'changes nothing' export 5.10 "$series"
}

t_export_plain() { # export: no git tree; wrong usage
	plain
	refused "$project" 'not the top of a git work tree' export 5.10 "$linux" &&
	run 2 export 5.10 '' && run 2 export 5.10 && run 2 export 5.10/ "$series" &&
	run 2 export 5.10/../5.10 "$series"
}

t_export_lock() { # export, refresh: two at once
	git -C "$series" commit -q --amend -m 'mm/zsmalloc: try the lock' -m 'Other words.'
	exec 8<patches && flock 8 &&
	refused "$project" 'another export or refresh' export 5.10 "$series" &&
	refused "$project" 'another export or refresh' refresh 5.10 "$linux" &&
	flock -u 8 && run 0 export 5.10 "$series" && [ ! -e patches/.5.10.old ] &&
	[ ! -e patches/.5.10.new ]
}

t_export_race() { # refresh: several at once, and one of them does it
	echo '/* edit */' >>$lock
	for n in 1 2 3; do
		tools/queue/refresh 5.10 "$linux" >"$tmp/now/$n" 2>&1 &
	done
	wait
	[ -f patches/5.10/base ] && grep -l '^==> folding' "$tmp/now"/[123] &&
	run 0 refresh 5.10 "$linux" && says 'nothing to refresh'
}

t_export_stale() { # export, refresh: what a killed run left
	mv patches/5.10 patches/.5.10.old && cp -R patches/.5.10.old patches/.5.10.new &&
	run 0 refresh 5.10 "$linux" && says 'patches/5.10: restored from patches/.5.10.old' &&
	unchanged && cp -R patches/5.10 patches/.5.10.old &&
	run 0 export 5.10 "$series" && unchanged
}

t_export_full() { # export: a full disk leaves the patches as they were
	full_disk || skip 'only root can mount'
	git -C "$series" commit -q --amend -m 'mm/zsmalloc: try the lock' -m 'Other words.'
	run 1 export 5.10 "$series"
	status=$?
	umount "$TMPDIR"
	[ "$status" -eq 0 ] && unchanged
}
