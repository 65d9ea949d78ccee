# shellcheck shell=sh disable=SC2034,SC2086,SC2154 # no name has a blank; test sets the names
# SPDX-License-Identifier: GPL-2.0
#
# The made-up kernel trees and project of ../test, in $tmp/fixture.

# edit FILE SED-ARGS: change FILE, keeping its mode.
edit() {
	edited=$1
	shift
	sed "$@" "$edited" >"$tmp/edited" && cat "$tmp/edited" >"$edited"
}

# commit SUBJECT [TEXT]: all changes in the current directory.
commit() {
	git add -A . && git commit -q --author='Some One <one@kernel.invalid>' \
		--date='2024-02-03T04:05:06+0700' -m "$1" \
		-m "${2:-Why this is needed, in a sentence.}"
}

# make_linux DIR: a kernel tree, as far as these tools look.
make_linux() {
	mkdir -p "$1/mm" "$1/drivers/block/zram" &&
	printf '%s\n' 'VERSION = 5' 'PATCHLEVEL = 10' 'SUBLEVEL = 262' 'EXTRAVERSION =' \
		>"$1/Makefile" &&
	seq 1 60 | sed 's,.*,static int zs_&;,' >"$1/mm/zsmalloc.c" &&
	seq 1 60 | sed 's,.*,static int zram_&;,; 21s/$/\n/' >"$1/drivers/block/zram/zram_drv.c" &&
	echo 'int unrelated;' >"$1/mm/slab.c" &&
	git init -q "$1" && (cd "$1" && commit base && git tag base)
}

# make_commits: the made-up series, in the current directory, and the optional topic on
# top of it as branch `optional`.
make_commits() {
	edit mm/zsmalloc.c 's/zs_10;/zs_10 = 1;/' &&
	commit 'mm/zsmalloc: fix ten' &&
	edit drivers/block/zram/zram_drv.c 's/zram_20;/zram_20 = 1;/' &&
	commit 'zram: fix twenty' &&
	printf '%s\n' '#define zs_lock()' '#define zs_unlock()' >$lock &&
	edit mm/zsmalloc.c '1s/^/#include "zs_lock.h"\n/' &&
	commit 'mm/zsmalloc: add a lock' &&
	mkdir -p "${test_x%/*}" && printf '%s\n' '#!/bin/sh' 'exit 0' >$test_x && chmod +x $test_x &&
	commit 'selftests/zram: add a test' &&
	echo '#define zs_trylock()' >>$lock && edit mm/zsmalloc.c "s/zs_40\(.*\);/zs_40\1 = 1;/" &&
	commit 'mm/zsmalloc: try the lock'
}

make_optional() {
	git checkout -q -b optional && edit mm/slab.c '1s/^/int quick;\n/' &&
	commit 'mm/slab: be quick' && git checkout -q main
}

# topic TREE RANGE DIR: the commits of RANGE as the patches of a topic.
topic() {
	git -C "$1" format-patch -q --full-index --zero-commit --no-signature \
		--no-numbered --no-renames -o "$PWD/$3" "$2" &&
	printf '%s\n' "Subject: the topic ${3##*/}" '' 'What it is good for.' >"$3/cover.txt"
}

# make_base DIR VERSION [KEY LINE...]: the file DIR/base.
make_base() {
	to=$1 version=$2 sum=$(printf '%064d' 0)
	shift 2
	mkdir -p "$to" && printf '%s\n' "version: $version" 'package: linux-source-5.10' \
		'package-version: 5.10.262-1' 'suite: some' \
		"deb-sha256: $sum" "tar-sha256: $sum" "$@" >"$to/base"
}

# make_empty: a base without patches, in the project of a case.
make_empty() { make_base patches/7.3 7.3.0-rc7 && echo '# Nothing yet.' >patches/7.3/series; }

# make_project DIR: these tools, with the commits of the series as patches, which the
# tools that are to be tested did not write.
make_project() {
	mkdir -p "$1/tools/lib" && cp "$TOP/Makefile" "$1" &&
	cp "$TOP/tools/lib/common.sh" "$TOP/tools/lib/apt.sh" "$1/tools/lib" &&
	cp -R "$TOP/tools/queue" "$1/tools/" && rm -r "$1/tools/queue/cases" "$1/tools/queue/test" &&
	make_base "$1/patches/5.10" 5.10.262 && echo v2-rc1 >"$1/patches/VERSION" &&
	topic series base..main~3 "$1/patches/5.10/1-zram-fixes" &&
	topic series main~3..main~1 "$1/patches/5.10/2-locking" &&
	topic series main~1..main "$1/patches/5.10/3-sleep" &&
	topic series main..optional "$1/patches/5.10/optional/latency" &&
	git -C series archive main $lock tools/testing | tar -x -C "$1" &&
	printf '%s\n' '# The head of it.' '' "$p1" "$p2" "$p3" "$p4" "$p5" \
		'# == optional ==' '# Only if named.' "$p6" >"$1/patches/5.10/series" &&
	git init -q "$1" && echo /out/ >"$1/.gitignore"
}

# make_rt: the same for -rt, with its folder of patches as patches-rt.  Its kernel has
# another zs_40 and one line more, so its fifth patch differs, and a sixth follows.
make_rt() {
	cp -Rp linux rt && (cd rt &&
	 edit mm/zsmalloc.c -e 's/zs_40;/zs_40_rt;/' -e '30s/$/\nstatic int rt;/' &&
	 echo -rt157 >localversion-rt && commit 'rt base' && git tag -f base) &&
	cp -Rp rt series-rt && (cd series-rt &&
	 make_commits && edit mm/zsmalloc.c 's/ rt;/ rt = 1;/' &&
	 commit 'mm/zsmalloc: fix the rt part' && make_optional) &&
	make_base patches-rt 5.10.262 'patch: linux-patch-5.10-rt.patch.xz' \
		"patch-sha256: $(printf '%064d' 0)" 'patch-adds: localversion-rt' &&
	ln -s ../5.10 patches-rt/5.10 &&
	topic series-rt main~2..main patches-rt/3-sleep && rm patches-rt/3-sleep/cover.txt &&
	printf '%s\n' '# The head of it.' '' "5.10/$p1" "5.10/$p2" "5.10/$p3" "5.10/$p4" "$p5" \
		"$r6" '# == optional ==' "5.10/$p6" >patches-rt/series
}

# with_rt: the -rt base in the project of a case, and its trees.
with_rt() { cp -Rp "$tmp/fixture-rt/." "$now" && cp -Rp "$now/patches-rt" patches/5.10-rt; }

# make_fixture: nothing that the person configured reaches a test.
make_fixture() {
	mkdir "$tmp/home" "$tmp/fixture" || return
	HOME=$tmp/home GIT_CONFIG_NOSYSTEM=1 stubs=$tmp/bin PATH=$tmp/bin:$PATH
	export HOME GIT_CONFIG_NOSYSTEM PATH
	unset OUT XDG_CONFIG_HOME GIT_CONFIG_GLOBAL
	cp "$TOP/tools/queue/cases/gitconfig" "$HOME/.gitconfig" &&
	cd "$tmp/fixture" && make_linux linux && cp -Rp linux series &&
	(cd series && make_commits && make_optional) && make_project project && make_rt &&
	for repo in linux series rt series-rt; do git -C $repo gc -q || return; done &&
	mkdir "$tmp/fixture-rt" && mv rt series-rt patches-rt "$tmp/fixture-rt"
}
