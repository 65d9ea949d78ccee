# shellcheck shell=sh disable=SC2034,SC2154 # common.sh's $child, $at_exit, $me
# SPDX-License-Identifier: GPL-2.0
#
# A Debian of any suite: debian() installs one in a directory, machine() puts one on a disk,
# and guest() boots such a disk.  Sourced after harness.sh.

. "$TOP/tools/deb/deb.sh"

# debian SUITE DIR PACKAGES SOURCE HOOK: a small Debian in DIR, with these packages and one
# more source, until the script ends.  The command HOOK runs with DIR as $1 while DIR has
# /proc and a network.
debian() {
	[ -n "$(main_uri)" ] || no_archive ""
	check_root "as root: $me"
	debian=$2
	at_exit=no_debian
	no_debian
	apt-config dump | grep -i '^Acquire::.*proxy' >"$OUT/deb/proxy"
	say "installing Debian $1"
	as_root env TMPDIR="$OUT/deb" TOP="$TOP" mmdebstrap -v --variant=minbase --include="$3" \
		--skip=cleanup/apt --aptopt="$OUT/deb/proxy" --customize-hook="$5" "$1" "$2" \
		"deb $(main_uri) $1 main" "deb $(security_uri) $1-security main" "$4" \
		2>"$OUT/deb/debian.log" ||
		die "Debian $1: $(grep -m1 '^E: ' "$OUT/deb/debian.log"); see $OUT/deb/debian.log"
}

no_debian() { as_root rm -rf --one-file-system "$debian"; }

# machine SUITE BASE PACKAGES: $machine, the disk of a Debian with systemd, GRUB and its own
# kernel of the version of BASE.  It has no network, but can install PACKAGES.  Made once.
machine() {
	machine=$OUT/deb/$1-$2.img
	machine_made="$(tar -C "$TOP/tools/deb" -c machine.sh machine.root | hash) $3"
	[ "$(cat "$machine.made" 2>/dev/null)" != "$machine_made" ] || return 0
	check_space "$OUT" 6000 "a Debian on a disk"
	debian "$1" "$OUT/deb/root" \
		systemd-sysv,dbus,udev,kmod,initramfs-tools,zstd,grub2-common,grub-pc-bin,sudo \
		"deb $(security_uri) $(base_get "$2" suite) main" \
		'cp -r "$TOP/tools/deb/machine.root/." "$1/" && chroot "$1" sh /mnt/setup.sh '"$(base_get "$2" version) $3"
	quiet_log "$OUT/deb/disk.log" machine_disk "$OUT/deb/root" "$machine.part" ||
		die "can't make $machine: $(tail -n 1 "$OUT/deb/disk.log")"
	mv "$machine.part" "$machine" && echo "$machine_made" >"$machine.made" || exit
	no_debian
}

# machine_disk ROOT IMAGE: GRUB's first part lies before the only partition.
machine_disk() {
	cat "$1/boot/grub/i386-pc/boot.img" "$1/boot/grub/core.img" >"$2" &&
		truncate -s 4G "$2" &&
		echo '2048,,L,*' | as_root /sbin/sfdisk -q "$2" &&
		as_root /sbin/mke2fs -q -t ext4 -L root -E offset=1048576 -d "$1" "$2" 4095M
}

# guest DIR SECONDS DISK: boots DISK until the guest ends or reboots, or for that long.  The
# guest unpacks DIR/files in /mnt and runs its script "stage" there.  Its console goes to
# DIR/console, what the script says to DIR/result.  (GRUB hangs without a screen.)
guest() {
	: >"$1/result"
	tar -C "$1/files" -cf "$1/files.tar" . || die "can't pack $1/files"
	child=yes
	timeout -k 5 "$2" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 512 \
		-nodefaults -vga std -no-reboot -display none \
		-serial "file:$1/console" -serial "file:$1/result" -drive "file=$3,if=virtio" \
		-drive "file=$1/files.tar,format=raw,if=virtio,readonly=on" \
		</dev/null >"$1/qemu" 2>&1 7>&- 8>&- 9>&- &
	wait "$!"
	child=
}
