# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

t_export_round() { # export: am and export again give the same bytes
	run 0 apply 5.10 "$linux" && cp -Rp "$project" "$tmp/now/was" &&
	rm "$patches"/*.patch && run 0 export 5.10 "$linux" &&
	diff -r "$tmp/now/was" "$project" &&
	run 0 export 5.10 "$linux" && says 'nothing to export'
}

t_export_config() { # export: the person's settings do not show
	cp -Rp "$project" "$tmp/now/was"
	git -C "$series" config diff.noprefix true
	git -C "$series" config diff.context 8
	git -C "$series" config diff.algorithm histogram
	git -C "$series" config format.signature 'Yours'
	git -C "$series" config format.numbered true
	git -C "$series" config format.subjectPrefix RFC
	run 0 export 5.10 "$series" && diff -r "$tmp/now/was" "$project"
}

t_export_shallow() { # export: a shallow clone and a base by its id
	git clone -q --depth 6 "file://$series" "$tmp/now/clone" &&
	cp -Rp "$project" "$tmp/now/was" &&
	run 0 export 5.10 "$tmp/now/clone" \
		"$(git -C "$series" rev-parse base)" &&
	diff -r "$tmp/now/was" "$project"
}

t_export_insert() { # export: an inserted patch, one less, one reworded
	(cd "$series" && git checkout -q HEAD~4 &&
	 echo 'int new;' >>mm/slab.c && commit 'mm: insert' &&
	 git cherry-pick main~2 main~1 >/dev/null 2>&1 && git cherry-pick main >/dev/null 2>&1 &&
	 git commit -q --amend -m 'mm/zsmalloc: reworded' -m 'A body.')
	run 0 export 5.10 "$series" || return
	cmp "$patches/series" - <<-END || { cat "$patches/series"; return 1; }
		# The head of it.

		# == fixes ==
		$p1
		0002-mm-insert.patch
		# == zram meta ==
		$p3

		# == tests ==
		# The tests.
		$p4
		# == sleep ==
		0005-mm-zsmalloc-reworded.patch
		# The end.
	END
	[ ! -e "$patches/$p2" ] && [ ! -e "$patches/$p5" ] && run 0 check
}

t_export_readable() { # export: a new file that differs, refused and --readable
	(cd "$series" && echo '/* more */' >>$lock && commit 'mm/zsmalloc: more')
	refused "$project" "$lock: differs" export 5.10 "$series" &&
	run 0 export --readable 5.10 "$series" && says "readable: $lock" &&
	cmp "$series/$lock" $lock && run 0 check
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
	run 2 export 5.10 '' && run 2 export 5.10
}

t_export_remark() { # export: a remark stays with its patch
	with_rt && rm "$patches_rt"/*.patch && run 0 export 5.10-rt "$series_rt" &&
	diff -r "$tmp/patches-rt" "$patches_rt" &&
	(cd "$series_rt" && git checkout -q base && echo 'int new;' >>mm/slab.c &&
	 commit 'mm: first' && git cherry-pick base..main >/dev/null 2>&1) &&
	run 0 export 5.10-rt "$series_rt" && says 'next: make range-diff' &&
	head -n 7 "$patches_rt/series" >"$tmp/now/head" && cmp "$tmp/now/head" - <<-END
		# The head of it.

		# == rt ==
		0001-mm-first.patch
		# Why this
		# is only in -rt.
		0002-Revert-the-rt-part.patch
	END
}

t_export_first() { # export: into a series that has only its head
	printf '%s\n' '# The head of it.' '' '# == all ==' >"$patches/series"
	run 0 export 5.10 "$series" && sed -n '3,4p;$p' "$patches/series" >"$tmp/now/lines" &&
	cmp "$tmp/now/lines" - <<-END
		# == all ==
		$p1
		$p5
	END
}
