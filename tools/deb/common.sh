# shellcheck shell=sh disable=SC2154 # $base and $all are the script's
# SPDX-License-Identifier: GPL-2.0
#
# The packages of a base, and what the READMEs say about them.  Sourced, after lib.sh.

# patch_files: those of the base, where they really are: a base may take another's.
patch_files() { series "$base" | sed "s|^|$TOP/patches/$base/|" | xargs realpath; }

# newest: when the patches were last changed, in seconds.  Their own dates don't tell:
# they stay when a patch is mended.  The covers do not count.
newest() {
	# shellcheck disable=SC2046 # a list of files
	newest=$(git -C "$TOP" log -1 --format=%ct -- "patches/$base/series" $(patch_files) 2>/dev/null)
	[ -n "$newest" ] || newest=$(patch_files | xargs stat -c %Y | sort -n | tail -n 1)
	echo "$newest"
}

# version: Debian's, and that time.
version() {
	echo "$(base_get "$base" package-version)+unpin$(date -u -d "@$(newest)" +%Y%m%d.%H%M)"
}

# image_deb: the package with the kernel; nothing if there is none.
image_deb() {
	for image_deb in "$all"/linux-image-*_"$(version)"_amd64.deb; do
		[ ! -f "$image_deb" ] || echo "$image_deb"
	done
}

# release DEB: the kernel's own name, uname -r.
release() { dpkg-deb -f "$1" Package | sed 's/^linux-image-//'; }

# block FILE SECTION N: the Nth block of commands of that section.
block() {
	awk -v section="$2" -v n="$3" '
		/^## / { inside = $0 == "## " section }
		!inside { next }
		/^    / { if (!block) i++; block = 1; if (i == n) print substr($0, 5); next }
		{ block = 0 }' "$1"
}
