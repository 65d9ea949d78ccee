# shellcheck shell=sh disable=SC2034 # lib.sh looks at $child
# SPDX-License-Identifier: GPL-2.0
#
# A Debian in QEMU.  Sourced by machine and test, after lib.sh.

# stage_disk DIR FILE...: files of DIR as the disk "stage", DIR/stage.img.
stage_disk() {
	stage_dir=$1
	shift
	rm -rf "$stage_dir/files" "$stage_dir/stage.img"
	mkdir "$stage_dir/files" || return
	for stage_file; do
		cp -L "$stage_dir/$stage_file" "$stage_dir/files/" || return
	done
	stage_mib=$(($(du -sm "$stage_dir/files" | cut -f1) + 16))
	quiet_log "$stage_dir/mke2fs.log" mke2fs -q -t ext4 -L stage -d "$stage_dir/files" \
		"$stage_dir/stage.img" "${stage_mib}M"
}

# guest DIR SECONDS ARG...: boots until the guest ends, or for that long.  It gets
# the disk "stage" as its second one, and a reboot ends it.  Its console goes to
# DIR/console, what the stage says to DIR/result.  (GRUB hangs without a screen.)
guest() {
	guest_dir=$1
	guest_limit=$2
	shift 2
	: >"$guest_dir/result"
	child=yes
	qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 512 \
		-nodefaults -vga std -no-reboot -display none \
		-serial "file:$guest_dir/console" -serial "file:$guest_dir/result" \
		"$@" -drive "file=$guest_dir/stage.img,format=raw,if=virtio,readonly=on" \
		</dev/null 2>"$guest_dir/qemu" 7>&- 8>&- 9>&- &
	guest_pid=$!
	guest_begin=$(date +%s)
	while kill -0 "$guest_pid" 2>/dev/null; do
		sleep 1
		guest_spent=$(($(date +%s) - guest_begin))
		[ "$guest_spent" -lt "$guest_limit" ] || kill "$guest_pid" 2>/dev/null
		guest_part=$(tr -d '\r' <"$guest_dir/result" | sed -n 's/^== //p' | tail -n 1)
		status "${guest_part:-booting}"
	done
	wait "$guest_pid"
	child=
	status_end
}
