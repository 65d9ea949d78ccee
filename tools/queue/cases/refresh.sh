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
	for same in $p1 $p2 $p3 $p4 series; do
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

t_refresh_rt() { # refresh: an -rt base, whose files are not those of the other
	with_rt && echo '/* edit */' >>$lock &&
	refused "$project" "$zsmalloc: is not what patches/5.10-rt starts from" \
		refresh 5.10-rt "$linux" &&
	run 0 refresh 5.10-rt "$rt" && says 'next: make range-diff' &&
	says "changed: patches/5.10-rt/$r6"
}
