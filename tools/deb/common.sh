# shellcheck shell=sh disable=SC2154 # $base and $all are the script's
# SPDX-License-Identifier: GPL-2.0
#
# The packages of a base, and what the READMEs say about them.  Sourced, after lib.sh.

# newest: when the newest patch was made, in seconds.
newest() { sed -n 's/^Date: //p' "$TOP/patches/$base"/*.patch | date -f - +%s | sort -n | tail -n 1; }

# version: Debian's, and the time of the newest patch.
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
