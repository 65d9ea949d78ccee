# shellcheck shell=sh disable=SC2016,SC2086,SC2154,SC2317
# SPDX-License-Identifier: GPL-2.0
#
# Cases for ../test, which runs each function t_...() by name.

t_mbox() { # mbox: git am makes of it what it makes of the patches
	run 0 mbox 5.10 && says '5 patches and a cover letter' && says 'Signed-off-by' &&
	box=$project/out/mbox/5.10.mbox &&
	grep -q '^Subject: \[PATCH 5.10 0/5\] ' "$box" &&
	grep -q '^Subject: \[PATCH 5.10 5/5\] ' "$box" &&
	! grep -q '^Signed-off-by' "$box" &&
	[ "$(grep -c '^In-Reply-To: ' "$box")" -eq 5 ] &&
	mkdir "$tmp/now/mails" && git mailsplit -o"$tmp/now/mails" "$box" &&
	rm "$tmp/now/mails/0001" && cd "$linux" && git am -q "$tmp/now/mails"/* &&
	same "$linux"
}
