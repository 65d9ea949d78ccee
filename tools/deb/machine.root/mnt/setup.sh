# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# setup.sh VERSION PACKAGE...: runs in the new root of a machine.

set -e
# Debian's cloud kernel of that version, the newest that can be fetched.
kernel="^linux-image-${1%.*}\\..*[0-9]-cloud-amd64\$"
shift
for image in $(apt-cache pkgnames linux-image- | grep "$kernel" | sort -rV); do
	! apt-get -qy install "$image" || break
done
[ -e /vmlinuz ] || { echo "E: no kernel $kernel can be installed" >&2; exit 1; }
[ $# = 0 ] || apt-get -qy install --download-only "$@"

mkdir -p /boot/grub
cp -r /usr/lib/grub/i386-pc /boot/grub/
grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o /boot/grub/core.img \
	biosdisk part_msdos ext2
# Not earlier: the kernel's package would run update-grub.
cp /mnt/grub.cfg /boot/grub/

systemctl -q enable stage
systemctl -q mask serial-getty@ttyS0.service apt-daily.timer apt-daily-upgrade.timer \
	systemd-networkd-wait-online.service
