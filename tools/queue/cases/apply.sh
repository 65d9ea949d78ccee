# shellcheck shell=sh disable=SC2016,SC2046,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

t_apply_git() { # apply: commits on a git tree
	run 0 apply 5.10 "$linux" && same "$linux" &&
	says "$p3" && says "5 patches .* HEAD is $(git -C "$linux" rev-parse HEAD)" &&
	[ "$(git -C "$linux" rev-list --count base..)" -eq 5 ] &&
	[ "$(git -C "$linux" rev-parse 'HEAD^{tree}')" = \
	  "$(git -C "$series" rev-parse 'HEAD^{tree}')" ] &&
	[ -z "$(git -C "$linux" status --porcelain)" ]
}

t_apply_plain() { # apply: files of a plain tree, and nothing else
	plain
	run 0 apply 5.10 "$linux" && same "$linux" &&
	[ "$(find "$linux" -type f | wc -l)" -eq \
	  "$(git -C "$series" ls-files | wc -l)" ]
}

t_apply_foreign() { # apply: a plain tree inside a repository of something else
	plain
	(cd "$tmp/now" && git init -q . && git add linux && git commit -q -m mine)
	snapshot "$tmp/now/.git" >"$tmp/before"
	run 0 apply 5.10 "$linux" && same "$linux" &&
	snapshot "$tmp/now/.git" | diff "$tmp/before" -
}

t_apply_foreign_scratch() { # apply: scratch space inside a repository
	plain
	git init -q "$tmp/now/repo"
	export TMPDIR="$tmp/now/repo"
	run 0 apply 5.10 "$linux" && same "$linux" &&
	[ "$(ls "$tmp/now/repo")" = '' ]
}

t_apply_relative() { # apply: a relative directory, with a slash
	(cd "$tmp/now" && run 0 apply 5.10 linux/) && same "$linux"
}

t_applies() { # applies: own trees, one that fits and one that does not
	run 0 applies 5.10 "$linux" && says "^ok 1 - .*5.10.262" || return
	cp -Rp "$linux" "$linux-other"
	edit "$linux-other/$zsmalloc" 's/zs_42;/zs_other;/'
	snapshot "$tmp/now" | grep -v '/out/' >"$tmp/before"
	run 1 applies 5.10 "$linux" "$linux-other" &&
	says '^ok 1 - ' && says "^not ok 2 - .*$p5 does not fit" &&
	snapshot "$tmp/now" | grep -v '/out/' | diff "$tmp/before" -
}

t_apply_usage() { # apply: wrong usage
	run 2 apply 5.10 && run 2 apply 5.10 '' && run 2 apply 5.99 "$linux"
}

t_apply_offset() { # apply: hunks that moved, in another 5.10.y
	edit "$linux/$zsmalloc" '6s/^/int more;\n/'
	edit "$linux/Makefile" 's/262/250/'
	(cd "$linux" && commit 'mm: 5.10.250')
	run 0 apply 5.10 "$linux" && says "$p1 (1 hunks moved)" &&
	grep -q 'zs_10 = 1;' "$linux/$zsmalloc"
}

t_apply_fuzz() { # apply: a changed context does not fit, git tree untouched
	edit "$linux/$zsmalloc" 's/zs_42;/zs_other;/'
	(cd "$linux" && commit 'mm: other')
	refused "$linux" "$p5 does not fit .*: patch failed: $zsmalloc:" \
		apply 5.10 "$linux"
}

t_apply_fuzz_plain() { # apply: a changed context does not fit, files untouched
	plain
	edit "$linux/$zsmalloc" 's/zs_42;/zs_other;/'
	refused "$linux" "$p5 does not fit .*: patch failed: $zsmalloc:" \
		apply 5.10 "$linux"
}

t_apply_missing_file() { # apply: a file that the series needs is not there
	plain
	rm "$linux/drivers/block/zram/zram_drv.c"
	refused "$linux" "$p2 does not fit .*zram_drv.c" apply 5.10 "$linux"
}

t_apply_rt_hint() { # apply: a tree with the -rt patches
	plain
	echo -rt157 >"$linux/localversion-rt"
	edit "$linux/$zsmalloc" 's/zs_10;/zs_rt;/'
	refused "$linux" "BASE=5.10-rt" apply 5.10 "$linux"
}

t_apply_twice() { # apply: already applied, as commits
	run 0 apply 5.10 "$linux" &&
	refused "$linux" 'already applied' apply 5.10 "$linux" &&
	refused "$linux" 'already applied' apply 5.10 "$linux" 1-zram-fixes
}

t_apply_twice_plain() { # apply: already applied, plain
	plain
	run 0 apply 5.10 "$linux" &&
	refused "$linux" 'already applied' apply 5.10 "$linux"
}

t_apply_part() { # apply: a tree that carries a part
	plain
	run 0 apply 5.10 "$linux" 1-zram-fixes &&
	refused "$linux" "first 2 patches already, $p3" apply 5.10 "$linux"
}

t_apply_version() { # apply: another kernel
	edit "$linux/Makefile" 's/= 10/= 15/'
	refused "$linux" 'Linux 5.15.262, but patches/5.10 is for 5.10' \
		apply 5.10 "$linux"
}

t_apply_no_kernel() { # apply: no kernel tree
	refused "$project" 'no kernel tree' apply 5.10 "$project" &&
	edit "$linux/Makefile" '/SUBLEVEL/d' &&
	refused "$linux" 'no kernel tree' apply 5.10 "$linux" &&
	refused "$linux" 'no such directory' apply 5.10 "$linux/none"
}

t_apply_local() { # apply: a local change of a touched file
	echo mine >>"$linux/$zsmalloc"
	refused "$linux" "$zsmalloc: has local changes" apply 5.10 "$linux"
}

t_apply_local_other() { # apply: a local change of another file is kept
	echo mine >>"$linux/mm/slab.c"
	run 0 apply 5.10 "$linux" && grep -q mine "$linux/mm/slab.c"
}

t_apply_untracked() { # apply: an untracked, ignored file where a new one goes
	echo mine >"$linux/$lock"
	echo "$lock" >>"$linux/.git/info/exclude"
	refused "$linux" "$lock: has local changes" apply 5.10 "$linux"
}

t_apply_busy() { # apply: an am in progress
	edit "$linux/$zsmalloc" 's/zs_10;/zs_other;/'
	(cd "$linux" && commit 'mm: other' && git am -q "$patches/$p1" 2>/dev/null)
	refused "$linux" 'a git am is in progress' apply 5.10 "$linux"
}

t_apply_identity() { # apply: git does not know the person
	git -C "$linux" config user.name ''
	git -C "$linux" config user.email ''
	git -C "$linux" config user.useConfigOnly true
	refused "$linux" 'user.name' apply 5.10 "$linux"
}

t_apply_unborn() { # apply: a repository without a commit
	plain
	git init -q "$linux"
	refused "$linux" 'without a commit' apply 5.10 "$linux"
}

t_apply_hook() { # apply: git am stopped half way by a hook, all put back
	mkdir -p "$linux/.git/hooks"
	cat >"$linux/.git/hooks/applypatch-msg" <<-'END'
		#!/bin/sh
		! grep -q 'add a test' "$1" || { echo 'fatal: not that one' >&2; exit 1; }
	END
	chmod +x "$linux/.git/hooks/applypatch-msg"
	refused "$linux" 'not that one; the tree is as it was' apply 5.10 "$linux" &&
	git -C "$linux" pack-refs --all && git -C "$linux" checkout -q --detach &&
	refused "$linux" 'not that one; the tree is as it was' apply 5.10 "$linux" &&
	[ -z "$(git -C "$linux" status --porcelain)" ]
}

t_apply_killed() { # apply: git am killed half way, all put back
	mkdir -p "$linux/.git/hooks"
	cat >"$linux/.git/hooks/pre-applypatch" <<-'END'
		#!/bin/sh
		! grep -q zs_lock mm/zsmalloc.c || kill -TERM $PPID
	END
	chmod +x "$linux/.git/hooks/pre-applypatch"
	refused "$linux" 'the tree is as it was' apply 5.10 "$linux"
}

t_apply_half_landed() { # apply: a plain tree that cannot take all, all put back
	plain
	mkdir "$linux/tools"
	echo 'a file' >"$linux/tools/testing"
	refused "$linux" 'cannot be made a directory' apply 5.10 "$linux"
}

t_apply_links() { # apply: a farm of links into another tree
	mkdir "$tmp/now/farm"
	ln -s "$linux"/* "$tmp/now/farm/"
	refused "$tmp/now" 'a symbolic link' apply 5.10 "$tmp/now/farm"
}

t_apply_hard_links() { # apply: a tree of hard links leaves the other tree alone
	plain
	cp -Rp "$linux" "$tmp/now/copy"
	ln -f "$linux/$zsmalloc" "$tmp/now/copy/$zsmalloc"
	snapshot "$linux" >"$tmp/before"
	run 0 apply 5.10 "$tmp/now/copy" && same "$tmp/now/copy" &&
	snapshot "$linux" | diff "$tmp/before" -
}

t_apply_read_only() { # apply: a directory that cannot be written
	[ "$(id -u)" -ne 0 ] || skip 'root may write everywhere'
	plain
	chmod a-w "$linux/mm"
	refused "$linux" 'not writable' apply 5.10 "$linux"
	result=$?
	chmod u+w "$linux/mm"
	return $result
}

t_git_am() { # git am of all the patches just works
	(cd "$patches" && git -C "$linux" am -q $(sed '/^# == optional/,$d; /^#/d' series |
		sed "/./s,^,$patches/,")) && same "$linux"
}

t_quilt() { # quilt takes series as it is
	command -v quilt >/dev/null || skip 'quilt is not installed'
	plain
	(cd "$linux" && QUILT_PATCHES=$patches quilt --quiltrc=- push "$p5" >/dev/null 2>&1)
	same "$linux"
}
