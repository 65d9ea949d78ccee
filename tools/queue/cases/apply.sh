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

t_apply_bisect() { # apply: a bisect in progress
	git -C "$linux" bisect start >/dev/null
	refused "$linux" 'a git bisect is in progress' apply 5.10 "$linux"
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

# kept DIR TOOL ARGS: succeeds and changes nothing.
kept() {
	victim=$1
	shift
	snapshot "$victim" >"$tmp/before"
	run 0 "$@" && snapshot "$victim" | diff "$tmp/before" -
}

# commits N: what $linux has on top of the base, all of it checked out.
commits() {
	[ "$(git -C "$linux" rev-list --count base..)" -eq "$1" ] &&
	[ -z "$(git -C "$linux" status --porcelain --ignored)" ]
}

# whole TREE: all default topics are in this git tree, and nothing else is.
whole() {
	[ "$(git -C "$1" rev-parse 'HEAD^{tree}')" = "$(git -C "$series" rev-parse 'HEAD^{tree}')" ] &&
	[ "$(git -C "$1" rev-list --count base..)" -eq "$(git -C "$series" rev-list --count base..)" ] &&
	[ -z "$(git -C "$1" status --porcelain --ignored)" ] && [ ! -e "$1/.git/index.lock" ]
}

t_apply_topics() { # apply: one topic, the next one, the rest
	run 0 apply 5.10 "$linux" 1-zram-fixes && commits 2 &&
	kept "$linux" apply 5.10 "$linux" 1-zram-fixes && says 'already applied; nothing to do' &&
	run 0 apply 5.10 "$linux" 2-locking && commits 4 &&
	run 0 apply 5.10 "$linux" && says 'there already: 1-zram-fixes 2-locking$' &&
	says '==> 1 patches applied' && whole "$linux" &&
	kept "$linux" apply 5.10 "$linux" && says 'already applied; nothing to do'
}

t_apply_topics_plain() { # apply: topics in any order of words, on a plain tree
	plain
	run 0 apply 5.10 "$linux" 2-locking 1-zram-fixes && [ -e "$linux/$lock" ] &&
	run 0 apply 5.10 "$linux" && same "$linux" &&
	kept "$linux" apply 5.10 "$linux" && says 'already applied; nothing to do'
}

t_apply_topic_alone() { # apply: the second topic before the first
	run 0 apply 5.10 "$linux" 2-locking && commits 2 &&
	run 0 apply 5.10 "$linux" && says 'there already: 2-locking$' && whole "$linux"
}

t_apply_topic_optional() { # apply: an optional topic only if it is named
	run 0 apply 5.10 "$linux" optional/latency && commits 1 && [ -e "$linux/mm/quick.h" ]
}

t_apply_topic_unknown() { # apply: an unknown TOPIC is wrong usage
	run 2 apply 5.10 "$linux" nonsense && says '1-zram-fixes 2-locking 3-sleep optional/latency'
}

t_apply_topic_missing() { # apply: a topic that needs another one
	refused "$linux" "$p5 does not fit .*zs_lock.h.*lacks topics that come before: 1-zram-fixes 2-locking$" \
		apply 5.10 "$linux" 3-sleep
}

t_apply_part() { # apply: a tree that carries a part of a topic
	git -C "$linux" am -q "$patches/$p1" &&
	refused "$linux" "first 1 of 2 patches of 1-zram-fixes; .* from $p2 on" apply 5.10 "$linux" &&
	git -C "$linux" am -q "$patches/$p2" "$patches/$p3" &&
	refused "$linux" "first 1 of 2 patches of 2-locking; .* from $p4 on" apply 5.10 "$linux"
}

t_apply_rt_hint() { # apply: -rt patches in the tree, but not BASE, and the reverse
	with_rt
	refused "$rt" "this is an -rt tree: try BASE=5.10-rt$" apply 5.10 "$rt" &&
	refused "$linux" "this is no -rt tree: try BASE=5.10$" apply 5.10-rt "$linux" &&
	run 0 apply 5.10-rt "$rt" && same_tree "$rt" "$series_rt"
}

same_tree() {
	[ "$(git -C "$1" rev-parse 'HEAD^{tree}')" = "$(git -C "$2" rev-parse 'HEAD^{tree}')" ]
}

t_apply_like_am() { # apply: the commits are those of git am, by the user
	cp -Rp "$linux" "$tmp/now/am" && form='%T %an %ae %ad %cn %ce%n%B' &&
	git -C "$tmp/now/am" am -q "$patches/$p1" "$patches/$p2" "$patches/$p3" "$patches/$p4" "$patches/$p5" &&
	run 0 apply 5.10 "$linux" && git -C "$linux" log --format="$form" >"$tmp/now/log" &&
	git -C "$tmp/now/am" log --format="$form" | diff "$tmp/now/log" - &&
	git -C "$linux" fsck --strict && git -C "$linux" diff-files --exit-code &&
	[ "$(git -C "$linux" reflog | wc -l)" -eq 2 ]
}

t_apply_hooks() { # apply: no hook of the user runs
	mkdir -p "$linux/.git/hooks"
	for hook in applypatch-msg pre-applypatch post-applypatch commit-msg post-checkout \
		post-index-change reference-transaction; do
		printf '%s\n' '#!/bin/sh' 'touch "$(git rev-parse --git-dir)/ran"' 'exit 1' >"$linux/.git/hooks/$hook"
		chmod +x "$linux/.git/hooks/$hook"
	done
	run 0 apply 5.10 "$linux" && [ ! -e "$linux/.git/ran" ] && same "$linux"
}

t_apply_stale_lock() { # apply: a stale index.lock is refused before any work
	git -C "$linux" update-ref ORIG_HEAD HEAD
	: >"$linux/.git/index.lock"
	refused "$linux" 'index.lock exists' apply 5.10 "$linux" && ! grep -q "$p1" "$tmp/out" &&
	rm "$linux/.git/index.lock" && run 0 apply 5.10 "$linux" && whole "$linux"
}

t_apply_ref_lock() { # apply: a branch that git cannot move, all put back
	: >"$linux/.git/refs/heads/main.lock"
	refused "$linux" 'main.lock.*the tree is as it was' apply 5.10 "$linux" &&
	rm "$linux/.git/refs/heads/main.lock" && run 0 apply 5.10 "$linux" && whole "$linux"
}

# lengthen: a fourth topic, so that more of a run is where patches land.
lengthen() {
	(cd "$series" && for n in $(seq 12); do
		echo "int long_$n;" >"mm/long_$n.c" && edit $zsmalloc "s/zs_5$((n % 10));/&	\\/* $n *\\//" &&
		commit "mm: add $n" || exit
	done) && topic "$series" HEAD~12.. "$patches/4-long" &&
	(cd "$patches" && printf '%s\n' 4-long/*.patch) >"$tmp/now/long" &&
	edit "$patches/series" -e "\,^$p5,r $tmp/now/long"
}

# moments N: so many moments in the time of one run, random in equal parts of it.
moments() {
	cp -Rp "$linux" "$tmp/now/timed" && begin=$(date +%s%N) &&
	run 0 apply 5.10 "$tmp/now/timed" && rm -rf "$tmp/now/timed" &&
	awk -v n="$1" -v seed="$$" -v run="$(($(date +%s%N) - begin))" 'BEGIN {
		srand(seed)
		for (i = 0; i < n; i++)
			printf "%.4f\n", run / 1e9 * (i + rand()) / n
	}'
}

# interrupt SECONDS SIGNAL: send it then to apply and all its children, as a terminal does.
interrupt() {
	env --default-signal timeout -s "$2" "$1" "$project/tools/queue/apply" 5.10 "$linux" \
		>"$tmp/out" 2>"$tmp/err"
}

# ended_well: everything is in, and nothing else.
ended_well() {
	[ -z "$(find "$linux" -name '*.new' -o -name '*.was' -o -name '*.lock')" ] || return
	if [ -e "$linux/.git" ]; then whole "$linux"; else same "$linux"; fi
}

# interrupts N SIGNAL: the tree is as before, or has everything.
interrupts() {
	moments "$1" >"$tmp/now/moments" || return
	rm -rf "$tmp/now/pristine"
	cp -Rp "$linux" "$tmp/now/pristine"
	snapshot "$linux" >"$tmp/before"
	while read -r moment; do
		interrupt "$moment" "$2"
		snapshot "$linux" >"$tmp/after"
		! cmp -s "$tmp/before" "$tmp/after" || continue
		ended_well || {
			echo "after $moment s:"
			cat "$tmp/out" "$tmp/err"
			diff "$tmp/before" "$tmp/after"
			return 1
		}
		rm -rf "$linux"
		cp -Rp "$tmp/now/pristine" "$linux"
	done <"$tmp/now/moments"
}

t_apply_interrupted() { # apply: Ctrl-C at 40 moments
	env --default-signal true 2>/dev/null || skip 'no env --default-signal'
	lengthen && interrupts 40 INT
}

t_apply_killed() { # apply: SIGTERM, SIGHUP and SIGQUIT at 10 moments each
	env --default-signal true 2>/dev/null || skip 'no env --default-signal'
	interrupts 10 TERM && interrupts 10 HUP && interrupts 10 QUIT
}

t_apply_pipe() { # apply: its reader ends before it does
	env --default-signal "$project/tools/queue/apply" 5.10 "$linux" 2>&1 | head -n 1 >/dev/null
	[ ! -e "$linux/.git/index.lock" ] && run 0 apply 5.10 "$linux" && whole "$linux"
}

t_apply_gap() { # apply: a topic without the one before it that it fits without
	run 0 apply 5.10 "$linux" 2-locking && says 'without the topics that come before: 1-zram-fixes'
}

t_apply_interrupted_plain() { # apply: Ctrl-C at 20 moments, on a plain tree
	env --default-signal true 2>/dev/null || skip 'no env --default-signal'
	plain
	interrupts 20 INT
}

# two_said STATUSES: one did it all; the other one was refused, or had nothing to do.
two_said() {
	cat "$tmp/now/first" "$tmp/out" "$tmp/err" >"$tmp/now/both"
	case $1 in
	0.0) grep -q 'already applied; nothing to do' "$tmp/now/both" ;;
	0.1 | 1.0) grep -q 'index.lock exists\|index.lock: cannot be made' "$tmp/now/both" ;;
	*) false ;;
	esac
}

t_apply_two() { # apply: two at once; the second one is refused, the tree whole
	moments 10 >"$tmp/now/moments" || return
	rm -rf "$tmp/now/pristine"
	cp -Rp "$linux" "$tmp/now/pristine"
	while read -r moment; do
		"$project/tools/queue/apply" 5.10 "$linux" >"$tmp/now/first" 2>&1 &
		sleep "$moment"
		"$project/tools/queue/apply" 5.10 "$linux" >"$tmp/out" 2>"$tmp/err"
		second=$?
		wait $!
		first=$?
		{ whole "$linux" && two_said "$first.$second"; } || {
			echo "after $moment s: $first, $second"
			cat "$tmp/now/first" "$tmp/out" "$tmp/err"
			return 1
		}
		rm -rf "$linux"
		cp -Rp "$tmp/now/pristine" "$linux"
	done <"$tmp/now/moments"
}

t_apply_second_signal() { # apply: an undo that is interrupted too
	env --default-signal true 2>/dev/null || skip 'no env --default-signal'
	snapshot "$linux" >"$tmp/before"
	env --default-signal sh -c 'exec "$0" 5.10 "$1"' "$project/tools/queue/apply" "$linux" >"$tmp/out" 2>&1 &
	for _ in $(seq 500); do
		[ ! -e "$linux/.git/index.lock" ] || break
		sleep 0.01
	done
	kill -INT $! && kill -INT $! 2>/dev/null
	wait $!
	[ $? -eq 130 ] && grep -qx 'apply: interrupted' "$tmp/out" &&
	snapshot "$linux" | diff "$tmp/before" -
}

t_apply_detached() { # apply: a detached HEAD, a linked work tree, packed refs
	git -C "$linux" worktree add -q "$tmp/now/linked" -b other && git -C "$linux" checkout -q --detach &&
	git -C "$linux" pack-refs --all && run 0 apply 5.10 "$linux" && whole "$linux" &&
	[ "$(git -C "$linux" rev-parse main)" = "$(git -C "$linux" rev-parse base)" ] &&
	run 0 apply 5.10 "$tmp/now/linked" && whole "$tmp/now/linked" &&
	[ "$(git -C "$linux" rev-parse 'other^{tree}')" = "$(git -C "$series" rev-parse 'main^{tree}')" ]
}

t_apply_clones() { # apply: a shallow, a partial and a shared clone, a tree in a blank
	echo >>"$linux/mm/slab.c" && (cd "$linux" && commit 'mm: more') && git -C "$linux" tag -f base &&
	git -C "$series" fetch -q "$linux" main &&
	git -C "$series" rebase -q --onto FETCH_HEAD base main &&
	git -C "$series" tag -f base FETCH_HEAD &&
	git -C "$linux" config uploadpack.allowFilter true &&
	for how in --depth=1 --filter=blob:none --filter=tree:0 --no-tags; do
		rm -rf "$tmp/now/a clone" &&
		git clone -q $how "file://$linux" "$tmp/now/a clone" &&
		git -C "$tmp/now/a clone" tag -f base && run 0 apply 5.10 "$tmp/now/a clone" &&
		whole "$tmp/now/a clone" || return
	done
	git clone -q -s "$linux" "$tmp/now/shared" && run 0 apply 5.10 "$tmp/now/shared" &&
	whole "$tmp/now/shared"
}

t_apply_git_config() { # apply: settings that change what git writes, all at once
	git -C "$linux" config core.splitIndex true
	git -C "$linux" config core.untrackedCache true
	git -C "$linux" config index.version 4
	git -C "$linux" config feature.manyFiles true
	git -C "$linux" config core.whitespace tab-in-indent
	git -C "$linux" config apply.whitespace error-all
	git -C "$linux" config apply.ignoreWhitespace change
	git -C "$linux" config am.threeWay true
	git -C "$linux" config diff.noprefix true
	git -C "$linux" config diff.renames copies
	git -C "$linux" config color.ui always
	git -C "$linux" config i18n.commitEncoding ISO-8859-1
	git -C "$linux" config core.abbrev 5
	git -C "$linux" config core.fsmonitor false
	git -C "$linux" config core.hooksPath /nonexistent
	git -C "$linux" config status.showUntrackedFiles no
	git -C "$linux" update-index --split-index && git -C "$linux" status >/dev/null
	run 0 apply 5.10 "$linux" && whole "$linux" && same "$linux" &&
	git -C "$linux" cat-file commit HEAD >"$tmp/out" && ! grep -q ^encoding "$tmp/out"
}

t_apply_crlf() { # apply: files that are checked out in another form
	git -C "$linux" config core.autocrlf true
	echo '*.h filter=shout' >"$linux/.git/info/attributes"
	git -C "$linux" config filter.shout.smudge 'tr a-z A-Z'
	git -C "$linux" config filter.shout.clean 'tr A-Z a-z'
	git -C "$linux" rm -q -r --cached . && git -C "$linux" reset -q --hard &&
	grep -q "$(printf '\r')" "$linux/$zsmalloc" && run 0 apply 5.10 "$linux" && whole "$linux" &&
	[ "$(grep -c "$(printf '\r')" "$linux/$zsmalloc")" -eq 61 ] &&
	grep -q '^#DEFINE ZS_TRYLOCK' "$linux/$lock"
}

t_apply_sparse() { # apply: a file that is not checked out, or whose changes git hides
	git -C "$linux" update-index -q --refresh
	git -C "$linux" sparse-checkout set --no-cone /Makefile /mm 2>/dev/null
	refused "$linux" 'zram_drv.c: is not in the sparse checkout' apply 5.10 "$linux" 1-zram-fixes &&
	run 0 apply 5.10 "$linux" 2-locking && [ -z "$(git -C "$linux" status --porcelain)" ] &&
	git -C "$linux" sparse-checkout disable && git -C "$linux" update-index --assume-unchanged $zsmalloc &&
	echo mine >>"$linux/$zsmalloc" && refused "$linux" "$zsmalloc: is not in .* or is assumed" apply 5.10 "$linux"
}

t_apply_signed() { # apply: commit.gpgSign, with a key and without one
	git -C "$linux" config commit.gpgSign true
	git -C "$linux" config gpg.program "$tmp/now/gpg"
	printf '%s\n' '#!/bin/sh' 'exit 1' >"$tmp/now/gpg" && chmod +x "$tmp/now/gpg"
	refused "$linux" 'gpg failed to sign.*the tree is as it was' apply 5.10 "$linux" &&
	printf '%s\n' '#!/bin/sh' 'cat >/dev/null; echo "[GNUPG:] SIG_CREATED " >&2' \
		'printf "%s\n" "-----BEGIN PGP SIGNATURE-----" "" "-----END PGP SIGNATURE-----"' >"$tmp/now/gpg" &&
	run 0 apply 5.10 "$linux" && whole "$linux" &&
	[ "$(git -C "$linux" log --format=%H base.. | git -C "$linux" cat-file --batch | grep -c ^gpgsig)" -eq 5 ]
}

t_apply_full_disk() { # apply: no room for the objects, the index or the files
	disk=$tmp/now/disk
	mkdir "$disk"
	mount -t tmpfs -o size=2m none "$disk" 2>/dev/null || skip 'cannot mount'
	result=0
	for room in 0 8 16 24 32 40 48 64 80; do
		rm -rf "$disk/t" "$disk/fill" && cp -Rp "$linux" "$disk/t" &&
		dd if=/dev/zero of="$disk/fill" bs=1k count=4k 2>/dev/null
		truncate -s "$(($(stat -c %s "$disk/fill") - room * 1024))" "$disk/fill"
		snapshot "$disk/t" >"$tmp/before"
		TMPDIR=$tmp/now "$project/tools/queue/apply" 5.10 "$disk/t" >"$tmp/out" 2>"$tmp/err" || {
			snapshot "$disk/t" | diff "$tmp/before" - && says 'the tree is as it was\|cannot be made\|cannot be written'
		} && continue
		whole "$disk/t" && continue
		echo "with $room KiB:"
		cat "$tmp/err"
		result=1
	done
	umount "$disk"
	return $result
}

t_apply_full_tmp() { # apply: no room for the copies
	disk=$tmp/now/disk
	mkdir "$disk"
	mount -t tmpfs -o size=64k none "$disk" 2>/dev/null || skip 'cannot mount'
	result=0
	for room in 0 1 2 3 4 5 6 8 10; do
		rm -f "$disk/fill"
		dd if=/dev/zero of="$disk/fill" bs=4k count=$((16 - room)) 2>/dev/null
		cp -Rp "$linux" "$tmp/now/t" && rm -rf "$tmp/now/t/.git"
		snapshot "$tmp/now/t" >"$tmp/before"
		TMPDIR=$disk "$project/tools/queue/apply" 5.10 "$tmp/now/t" >"$tmp/out" 2>"$tmp/err" ||
			snapshot "$tmp/now/t" | diff "$tmp/before" - && continue
		same "$tmp/now/t" && continue
		echo "with $room pages:"
		cat "$tmp/out" "$tmp/err"
		result=1
	done
	umount "$disk"
	return $result
}

t_apply_modes() { # apply: owners and modes of a plain tree stay, whatever the umask
	plain
	chmod 640 "$linux/$zsmalloc" && chmod 755 "$linux/drivers/block/zram/zram_drv.c"
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65533 "$linux"
	owner=$(stat -c %u:%g "$linux/Makefile")
	(umask 077 && run 0 apply 5.10 "$linux") || return
	test=tools/testing/selftests/zram
	(cd "$linux" && stat -c '%a %u:%g %n' $zsmalloc drivers/block/zram/zram_drv.c $lock \
		tools $test $test/test_x.sh) >"$tmp/out"
	sed "s/ / $owner /" >"$tmp/want" <<-END
		640 $zsmalloc
		755 drivers/block/zram/zram_drv.c
		644 $lock
		755 tools
		755 $test
		755 $test/test_x.sh
	END
	diff "$tmp/want" "$tmp/out"
}

t_apply_directory() { # apply: a directory where a new file goes
	mkdir "$linux/$lock"
	refused "$linux" "$lock: is a directory" apply 5.10 "$linux" && plain &&
	refused "$linux" "$lock: is a directory" apply 5.10 "$linux"
}

t_apply_blank() { # apply, applies: a path with blanks
	cp -Rp "$linux" "$tmp/now/a tree" && cp "$TOP/Makefile" . &&
	make -s applies KSRC="$tmp/now/a tree" && make -s apply KSRC="$tmp/now/a tree" TOPIC='1-zram-fixes 2-locking' &&
	make -s apply KSRC="$tmp/now/a tree" && whole "$tmp/now/a tree"
}

t_base_names() { # apply, applies, list, mbox: BASE is a folder's name, no path
	for name in 5.10/ ./5.10 5.10/../5.10 ../patches/5.10 . .. '' '5.10 '; do
		for tool in applies list mbox; do
			run 2 $tool "$name" && says 'unknown BASE' || return
		done
		run 2 apply "$name" "$linux" && says 'unknown BASE' || return
	done
}

t_applies_applied() { # applies: a tree that has the series, or a part of it
	run 0 apply 5.10 "$linux" 1-zram-fixes && run 0 applies 5.10 "$linux" && says '262$' &&
	run 0 apply 5.10 "$linux" && run 0 applies 5.10 "$linux" && says '^ok 1 - .*: already applied$'
}

t_list() { # list: absolute paths in apply order, which git am takes
	cp "$TOP/Makefile" . && with_rt
	make -s -C "$project" list BASE=5.10 >"$tmp/out" &&
	printf "$patches/%s\n" "$p1" "$p2" "$p3" "$p4" "$p5" | diff - "$tmp/out" &&
	git -C "$linux" am -q $(make -s -C "$project" list BASE=5.10 TOPIC=1-zram-fixes) && commits 2 &&
	git -C "$linux" am -q $(make -s -C "$project" list TOPIC='3-sleep 2-locking') && whole "$linux" &&
	git -C "$linux" am -q $(make -s -C "$project" list TOPIC=optional/latency) && commits 6 &&
	git -C "$rt" am -q $(make -s -C "$project" list BASE=5.10-rt) && same_tree "$rt" "$series_rt"
}

t_list_missing() { # list: nothing at all if a patch is missing
	rm "$patches/$p4"
	run 1 list 5.10 && says "$p4 is missing" && [ ! -s "$tmp/out" ] &&
	run 0 list 5.10 1-zram-fixes && run 2 list && run 2 list 5.10 nonsense
}

t_quilt() { # quilt: the default topics, one topic, and -rt, from list and through the link
	command -v quilt >/dev/null || skip 'quilt is not installed'
	cp "$TOP/Makefile" . && with_rt && plain && cp -Rp "$rt" "$tmp/now/rt2" && cp -Rp "$linux" "$tmp/now/linux2" &&
	HOME=$tmp/home &&
	(cd "$linux" && quilt import $(make -s -C "$project" list TOPIC=1-zram-fixes) && quilt push -a --fuzz=0 &&
	 quilt import $(make -s -C "$project" list TOPIC='2-locking 3-sleep') && quilt push -a --fuzz=0) && same "$linux" &&
	(cd "$rt" && quilt import $(make -s -C "$project" list BASE=5.10-rt) && quilt push -a --fuzz=0) &&
	cmp "$rt/$zsmalloc" "$series_rt/$zsmalloc" && cmp "$rt/$lock" "$series_rt/$lock" &&
	(cd "$tmp/now/rt2" && QUILT_PATCHES=$patches_rt quilt push --fuzz=0 "$r6") &&
	cmp "$tmp/now/rt2/$zsmalloc" "$series_rt/$zsmalloc" && [ ! -e "$tmp/now/rt2/mm/quick.h" ] &&
	(cd "$tmp/now/linux2" && QUILT_PATCHES=$patches quilt push --fuzz=0 "$p5") && same "$tmp/now/linux2"
}
