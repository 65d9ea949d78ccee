# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

t_refresh_none() { # refresh: nothing to do
	refresh_was=$(snapshot "$project")
	run 0 refresh 5.10 "$linux" && says 'nothing to refresh' &&
	[ "$(snapshot "$project")" = "$refresh_was" ]
}

t_refresh_edit() { # refresh: an edit goes into the last patch of the file
	cp -Rp patches "$tmp/now/was"
	echo '/* edit */' >>$lock
	run 0 refresh 5.10 "$linux" && says "changed: patches/5.10/$p5" &&
	run 0 check && run 0 apply 5.10 "$linux" && cmp $lock "$linux/$lock" &&
	for same in $p1 $p2 $p3 $p4 $p6 series; do
		cmp "$tmp/now/was/5.10/$same" "patches/5.10/$same" || return 1
	done &&
	grep -q '^Date: Sat, 3 Feb 2024 04:05:06 +0700$' "$patches/$p5" &&
	grep -q '^From: Some One <one@kernel.invalid>$' "$patches/$p5"
}

t_refresh_plain() { # refresh: two files at once, on a plain base
	plain
	echo '/* edit */' >>$lock
	echo 'true' >>tools/testing/selftests/zram/test_x.sh
	run 0 refresh 5.10 "$linux" && says "changed: patches/5.10/$p4" &&
	says "changed: patches/5.10/$p5" && run 0 check
}

t_refresh_mode() { # refresh: a file that is no longer executable
	chmod -x tools/testing/selftests/zram/test_x.sh
	run 0 refresh 5.10 "$linux" && run 0 check &&
	grep -q '^new file mode 100644$' "$patches/$p4"
}

t_refresh_tag() { # refresh: takes the tag `base` of a tree that has moved on
	echo '/* edit */' >>$lock
	run 0 refresh 5.10 "$series" && run 0 check
}

t_refresh_default() { # refresh: the tree that was fetched, or what to do
	echo '/* edit */' >>$lock
	refused "$project" 'make fetch BASE=5.10' refresh 5.10 &&
	mkdir -p out/src && cp -Rp "$linux" out/src/5.10 &&
	run 0 refresh 5.10 && run 0 check
}

t_refresh_wrong_base() { # refresh: another base
	echo '/* edit */' >>$lock
	edit "$linux/$zsmalloc" '1s/^/int more;\n/'
	git -C "$linux" commit -qa -m more
	git -C "$linux" tag -d base >/dev/null
	refused "$project" "$zsmalloc: is not what patches/5.10 starts from" \
		refresh 5.10 "$linux"
}

t_refresh_missing() { # refresh: a readable file that was removed
	rm $lock
	refused "$project" "$lock: is missing" refresh 5.10 "$linux"
}

t_refresh_optional() { # refresh: a file of an optional patch; one that it changes, too
	(cd "$series" && seq -f '#define zs_%g' 9 >>$lock && commit 'mm: more' &&
	 git cherry-pick optional >/dev/null && echo '/* quick */' >>$lock &&
	 git commit -qa --amend --no-edit) && seq -f '#define zs_%g' 9 >>$lock &&
	run 0 export 5.10 "$series" && run 0 check && edit $lock '1s/$/ do { } while (0)/' && echo 'int more;' >>mm/quick.h &&
	run 0 refresh 5.10 "$linux" && says "$lock -> 3-sleep/0002-mm-more" && says "mm/quick.h -> $p6" &&
	run 0 check && grep -q '^+int more;' "$patches/$p6"
}

t_refresh_rt() { # refresh: a shared patch in 5.10, then what -rt has of its own
	with_rt && echo 'exit 1' >>tools/testing/selftests/zram/test_x.sh &&
	refused "$project" "test_x.sh: its patch is in patches/5.10; run 'make refresh" \
		refresh 5.10-rt "$rt" &&
	run 0 refresh 5.10 "$linux" && says "changed: patches/5.10/$p4" &&
	! says 'next:' && run 0 refresh 5.10-rt "$rt" && says 'nothing to refresh' && run 0 check
}

t_refresh_rt_own() { # refresh: a file that both bases change last in a patch of their own
	with_rt && echo '/* edit */' >>$lock &&
	run 0 refresh 5.10 "$linux" && says 'next: make refresh BASE=5.10-rt' && run 1 check &&
	refused "$project" 'does not apply.*must be the pristine 5.10-rt' refresh 5.10-rt "$linux" &&
	run 0 refresh 5.10-rt "$rt" && says "changed: patches/5.10-rt/$p5" &&
	! says "patches/5.10/" && ! says 'next:' && run 0 check &&
	sed "s/^# == optional.*/&/" "$tmp/patches-rt/series" | cmp - "$patches_rt/series"
}

t_refresh_other() { # refresh: a base whose new files are not readable here
	cp -R "$patches" patches/7.3 && edit patches/7.3/base 's/5.10.262/7.3.0/' &&
	refused "$project" 'no readable file is of patches/7.3' refresh 7.3 "$linux"
}
