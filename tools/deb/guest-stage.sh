# shellcheck shell=sh disable=SC2154 # test-package puts before it: boot, base, release, tap.sh
# SPDX-License-Identifier: GPL-2.0
#
# What runs in the Debian that test-package boots, in /mnt with the package and the README's
# commands.

# readme: the README's commands, from the project's directory.
readme() {
	echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/90answer
	mkdir -p "/root/unpin/out/deb/$base"
	cp /mnt/*.deb "/root/unpin/out/deb/$base/"
	(cd /root/unpin && sh -ex /mnt/commands 2>&1)
}

# packaged MODULE: it is loaded, and from the package.
packaged() {
	grep -q "^$1 " /proc/modules &&
		[ "$(dpkg -S "$(modinfo -n "$1")")" = "linux-image-$release: $(modinfo -n "$1")" ]
}

# load: swaps 96 MiB more than there is memory, and verifies each page.
load() {
	pages=$(awk '/^MemAvailable:/ { print int($2 / 4 + 96 * 256) }' /proc/meminfo)
	./swapload 0 "$pages" 1 0 | tee load.log | grep -v '^progress'
	grep -q '^load0_verified: [1-9]' load.log && grep -qx 'load0_lost: 0' load.log &&
		awk '/^pswp(in|out) / && $2 > 10000 { n++ } END { exit n != 2 }' /proc/vmstat
}

no_report() { ! dmesg | grep -E 'WARNING|BUG|Oops|Call Trace|taint'; }

kernel=$(uname -r)
case $boot in
1)
	tap "Debian's kernel $kernel runs at first" [ "$kernel" != "$release" ]
	tap 'the commands to install work' readme
	tap 'the kernel and its modules are there' \
		ls -d "/boot/vmlinuz-$release" "/boot/initrd.img-$release" "/lib/modules/$release"
	;;
2)
	tap "GRUB boots $release by default" [ "$kernel" = "$release" ]
	tap 'swap is on zram after the reboot' grep -q ^/dev/zram0 /proc/swaps
	tap 'zram comes from the package' packaged zram
	tap 'zsmalloc comes from the package' packaged zsmalloc
	tap 'zsmalloc has the series' grep -q ' zs_obj_read_begin' /proc/kallsyms
	tap 'the commands to check work' readme
	tap 'each page that was swapped is intact' load
	tap 'the kernel reports nothing' no_report
	;;
3)
	tap 'the commands to remove it work' readme
	tap 'nothing of it is left' \
		[ -z "$(ls -d /boot/*"$release" "/lib/modules/$release" 2>/dev/null)" ]
	;;
4)
	tap "GRUB boots Debian's kernel $kernel again" [ "$kernel" != "$release" ]
	tap 'swap is on zram as before' grep -q ^/dev/zram0 /proc/swaps
	;;
esac
echo "end: $boot"
journalctl -b --no-pager -p warning 2>/dev/null | tail -n 40 | sed 's/^/# /'
systemctl reboot
