# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# The packages of a base, and the commands in the READMEs.  Sourced after harness.sh.

. "$TOP/tools/lib/apt.sh"

# changed: when the patches were last committed, in seconds.
changed() { git -C "$TOP" log -1 --format=%ct -- patches | grep . || stat -c %Y "$TOP/patches"; }

# version BASE: Debian's, and that time.
version() {
	echo "$(base_get "$1" package-version)+unpin$(date -u -d "@$(changed)" +%Y%m%d.%H%M)"
}

# image_deb BASE: the package with the kernel; status 1 if there is none.
image_deb() { ls "$OUT/deb/$1"/linux-image-*_"$(version "$1")"_amd64.deb 2>/dev/null; }

# commands FILE WORDS: the first block of commands in FILE that has these words; if there
# is none, a command that fails.
commands() {
	awk -v words="$2" '
		/^    / { block = block substr($0, 5) "\n"; next }
		index(block, words) { exit }
		{ block = "" }
		END { printf "%s", index(block, words) ? block : "echo \"no " words "\"; false\n" }' "$1"
}
