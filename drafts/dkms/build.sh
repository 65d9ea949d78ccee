#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# build.sh check KVER [KDIR]: whether zram can be built for the kernel KVER.
#	Prints one line and exits with 77, which dkms takes for "skip", if not.
# build.sh build KVER [KDIR]: check, then build build/zram.ko from Debian's
#	sources of that kernel and the patches.
# build.sh initramfs KVER: rebuild the initramfs of KVER if it has zram.
# build.sh clean: remove what build made.
#
# KDIR has the headers of KVER; by default /lib/modules/KVER/build.
# Changes nothing outside of this directory, but for the initramfs.

set -eu

SRC=${ZRAM_FIXED_SRC:-/usr/src}	# where linux-source-* is; for tests
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 022

usage() {
	echo "usage: build.sh check|build KVER [KDIR] | initramfs KVER | clean" >&2
	exit 2
}

# refuse REASON: not a failure of a build, and not this package's zram.
refuse() {
	echo "zram-fixed: no zram for $kver, Debian's stays in use: $1" >&2
	exit 77
}

fail() {
	echo "zram-fixed: zram for $kver cannot be built: $1" >&2
	exit 1
}

# package_version PACKAGE: that of its source; nothing if it is not installed.
package_version() {
	# shellcheck disable=SC2016 # these are dpkg's variables
	dpkg-query -W -f '${db:Status-Status} ${source:Version}\n' "$1" \
		2>/dev/null | sed -n 's/^installed //p'
}

# find_kernel: sets source, version and patches from the line of kver.
find_kernel() {
	source='' known=''
	while read -r release pkg ver dir; do
		case $release in
		'' | '#'*) continue ;;
		esac
		known="$known $ver"
		case $kver in
		"$release"-*)
			source=$pkg version=$ver patches=$dir
			break
			;;
		esac
	done <kernels
	[ -n "$source" ] ||
		refuse "there are patches only for Debian's kernels$known"
}

# dkms_setting NAME DEFAULT: a path from the configuration of dkms.
dkms_setting() {
	value=$(cat /etc/dkms/framework.conf /etc/dkms/framework.conf.d/*.conf \
		2>/dev/null | sed -n "s/^[[:space:]]*$1=\"\{0,1\}\([^\"]*\).*/\1/p" |
		tail -n 1)
	echo "${value:-$2}"
}

must_be_signed() {
	var=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	if [ -r "$var" ] &&
		[ "$(od -A n -t u1 -j 4 -N 1 "$var" | tr -d ' ')" = 1 ]; then
		return 0
	fi
	lockdown=/sys/kernel/security/lockdown
	[ -r "$lockdown" ] && ! grep -qF '[none]' "$lockdown"
}

# An unsigned module in updates/ would not load, and hide the one that does.
check_signing() {
	must_be_signed || return 0
	key=$(dkms_setting mok_signing_key /var/lib/dkms/mok.key)
	cert=$(dkms_setting mok_certificate /var/lib/dkms/mok.pub)
	if [ ! -r "$key" ] || [ ! -r "$cert" ]; then
		refuse "Secure Boot is on and dkms has no key ($key)"
	fi
	command -v mokutil >/dev/null ||
		refuse "Secure Boot is on; install mokutil to check the key"
	mokutil --test-key "$cert" 2>&1 | grep -q 'already enrolled' ||
		refuse "Secure Boot is on; enroll the key: mokutil --import $cert"
}

check() {
	find_kernel
	headers=linux-headers-$kver
	if [ ! -f "$kdir/Makefile" ] || [ ! -f "$kdir/include/config/auto.conf" ]; then
		refuse "install $headers"
	fi
	have=$(package_version "$headers")
	[ "$have" = "$version" ] ||
		refuse "needs $headers $version, found ${have:-no such package}"
	grep -qx 'CONFIG_ZRAM=m' "$kdir/include/config/auto.conf" ||
		refuse "zram is not a module of that kernel"

	tarball=$SRC/$source.tar.xz
	have=$(package_version "$source")
	[ "$have" = "$version" ] ||
		refuse "needs $source $version, found ${have:-no such package}"
	[ -r "$tarball" ] || refuse "there is no $tarball; reinstall $source"
	[ -d "patches/$patches" ] || refuse "patches/$patches is missing"
	check_signing
}

clean() {
	rm -rf build
}

build() {
	check
	clean
	mkdir build
	tar -x -J -f "$tarball" -C build "$source/drivers/block/zram" ||
		fail "$tarball has no drivers/block/zram"
	for patch in "patches/$patches"/*.patch; do
		patch -d "build/$source" -p 1 -F 0 -s --no-backup-if-mismatch \
			<"$patch" || fail "${patch##*/} does not apply"
	done

	dir=$PWD/build/$source/drivers/block/zram
	# The loaded module shows this in /sys/module/zram/version.
	echo "MODULE_VERSION(\"$version zram-fixed $(package)\");" \
		>>"$dir/zram_drv.c"
	make -C "$kdir" M="$dir" modules || fail "the compiler reports errors"
	mv "$dir/zram.ko" build/zram.ko
}

# package: the version of this package.
package() {
	sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf
}

# dkms calls this after it installed or removed the module.
initramfs() {
	image=/boot/initrd.img-$kver
	# For a new kernel, the initramfs is made later.
	[ -f "$image" ] || return 0
	if ! command -v lsinitramfs >/dev/null ||
		! command -v update-initramfs >/dev/null; then
		echo "zram-fixed: if $image has zram, rebuild it" >&2
		return 0
	fi
	lsinitramfs "$image" | grep -q '/zram\.ko' || return 0
	# update-initramfs finds the module that depmod prefers.
	depmod "$kver"
	update-initramfs -u -k "$kver"
}

cd "$(dirname "$0")"
[ $# -ge 1 ] || usage
command=$1
kver=${2:-}
kdir=${3:-/lib/modules/$kver/build}

case $command in
check | build | initramfs)
	[ -n "$kver" ] || usage
	"$command"
	;;
clean)
	clean
	;;
*)
	usage
	;;
esac
