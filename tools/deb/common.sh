# shellcheck shell=sh disable=SC2154 # $base and $all are the script's
# SPDX-License-Identifier: GPL-2.0
#
# The packages of a base, and what the READMEs say about them.  Sourced, after lib.sh.

# version: Debian's, and the day of the newest patch.
version() {
	version_day=$(sed -n 's/^Date: //p' "$TOP/patches/$base"/*.patch | date -u -f - +%Y%m%d |
		sort -n | tail -n 1)
	echo "$(base_get "$base" package-version)+unpin$version_day"
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
