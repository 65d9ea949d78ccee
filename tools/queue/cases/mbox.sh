# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

boxes=out/mbox/5.10

t_mbox() { # mbox: a thread for each topic; git am makes of it what it makes of the patches
	run 0 mbox 5.10 && says '1-zram-fixes.mbox: 2 patches and a cover letter' && says 'Signed-off-by' &&
	[ "$(find out/mbox -type f | sort | paste -sd' ')" = \
	  "$boxes/1-zram-fixes.mbox $boxes/2-locking.mbox $boxes/3-sleep.mbox" ] &&
	box=$boxes/1-zram-fixes.mbox &&
	grep -q '^Subject: \[PATCH 5.10 0/2\] the topic 1-zram-fixes$' $box &&
	grep -q '^What it is good for.$' $box && grep -q '^Subject: \[PATCH 5.10 2/2\] ' $box &&
	! grep -q '^Signed-off-by' $box && [ "$(grep -c '^In-Reply-To: ' $box)" -eq 2 ] || return
	for box in "$boxes"/*; do
		rm -rf "$tmp/now/mails" && mkdir "$tmp/now/mails" &&
		git mailsplit -o"$tmp/now/mails" $box >/dev/null && rm "$tmp/now/mails/0001" &&
		git -C "$linux" am -q "$tmp/now/mails"/* || return
	done
	same "$linux"
}

t_mbox_topic() { # mbox: one topic, an optional one, an unknown one
	run 0 mbox 5.10 2-locking && [ "$(ls $boxes)" = 2-locking.mbox ] &&
	run 0 mbox 5.10 optional/latency && [ -s $boxes/optional/latency.mbox ] &&
	run 2 mbox 5.10 nonsense && run 2 mbox
}

t_mbox_rt() { # mbox: -rt has its own patches and 5.10's cover letters
	with_rt && run 0 mbox 5.10-rt &&
	grep -q '^Subject: \[PATCH 5.10-rt 0/2\] the topic 1-zram-fixes$' out/mbox/5.10-rt/1-zram-fixes.mbox &&
	grep -q '^Subject: \[PATCH 5.10-rt 0/2\] the topic 3-sleep$' out/mbox/5.10-rt/3-sleep.mbox &&
	grep -q 'fix the rt part$' out/mbox/5.10-rt/3-sleep.mbox &&
	printf '%s\n' 'Subject: of its own' '' 'Text.' >"$patches_rt/3-sleep/cover.txt" &&
	run 0 mbox 5.10-rt 3-sleep && grep -q ' 0/2\] of its own$' out/mbox/5.10-rt/3-sleep.mbox
}

t_mbox_prefix() { # mbox: PREFIX from make's command line, not from the environment
	cp "$TOP/Makefile" . && PREFIX=/usr/local make -s mbox TOPIC=3-sleep &&
	grep -q '^Subject: \[PATCH 5.10 1/1\] ' $boxes/3-sleep.mbox &&
	PREFIX=/usr/local make -s mbox TOPIC=3-sleep PREFIX='PATCH v2 stable' &&
	grep -q '^Subject: \[PATCH v2 stable 1/1\] ' $boxes/3-sleep.mbox &&
	SUBJECT_PREFIX='[x' run 2 mbox 5.10
}

t_mbox_cover_missing() { # mbox: no cover letter
	rm "$patches/2-locking/cover.txt"
	refused "$patches" '2-locking/cover.txt is missing' mbox 5.10 2-locking
}

t_mbox_in_the_way() { # mbox: a directory where the mailbox goes; a file where its directory goes
	mkdir -p $boxes/3-sleep.mbox && : >"$project/out/.unpin" &&
	refused "$project" '3-sleep.mbox: is a directory' mbox 5.10 3-sleep &&
	rm -r $boxes && : >$boxes && refused "$project" 'cannot be made a directory' mbox 5.10
}

t_mbox_full() { # mbox: a full disk; the old mailbox stays
	seq 4000 >>"$patches/1-zram-fixes/cover.txt"
	mkdir "$tmp/now/disk"
	mount -t tmpfs -o size=40k none "$tmp/now/disk" 2>/dev/null || skip 'cannot mount'
	result=0
	for room in 0 1 2; do
		mkdir -p "$tmp/now/disk/mbox/5.10"
		echo old >"$tmp/now/disk/mbox/5.10/1-zram-fixes.mbox"
		dd if=/dev/zero of="$tmp/now/disk/fill" bs=4k count=16 2>/dev/null
		truncate -s "-$((room * 4096))" "$tmp/now/disk/fill"
		OUT=$tmp/now/disk run 1 mbox 5.10 1-zram-fixes && says 'is the disk full?' && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
		[ "$(cat "$tmp/now/disk/mbox/5.10/1-zram-fixes.mbox")" = old ] &&
		[ "$(find "$tmp/now/disk" -name '*.mbox*' | wc -l)" -eq 1 ] || result=1
		rm "$tmp/now/disk/fill"
	done
	OUT=$tmp/now/disk run 0 mbox 5.10 1-zram-fixes || result=1
	umount "$tmp/now/disk"
	return $result
}

t_mbox_full_tmp() { # mbox: no room to check it in
	mkdir "$tmp/now/disk"
	mount -t tmpfs -o size=40k none "$tmp/now/disk" 2>/dev/null || skip 'cannot mount'
	dd if=/dev/zero of="$tmp/now/disk/fill" bs=4k count=16 2>/dev/null
	truncate -s -4096 "$tmp/now/disk/fill"
	TMPDIR=$tmp/now/disk run 1 mbox 5.10 1-zram-fixes && [ ! -e $boxes/1-zram-fixes.mbox ]
	result=$?
	umount "$tmp/now/disk"
	return $result
}

t_mbox_quoted() { # mbox: the command that it ends with can be pasted
	OUT="$tmp/now/it's here" run 0 mbox 5.10 3-sleep &&
	command=$(sed -n 's/^ *git send-email/printf "%s\\n"/p' "$tmp/out") &&
	[ "$(eval "$command" | tail -n 1)" = "$tmp/now/it's here/mbox/5.10/3-sleep.mbox" ]
}
