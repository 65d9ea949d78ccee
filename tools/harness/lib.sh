# shellcheck shell=sh disable=SC2154 # $src and $dir are the script's
# SPDX-License-Identifier: GPL-2.0
#
# What the steps of the harness share.  Sourced by each of them.
#
#	fetch	-> OUT/src/BASE			a git tree, tag 'base' = pristine
#	patch	-> its HEAD			the series, one commit a patch
#	build	-> OUT/build/BASE/CONFIG	kernel, initramfs.cpio
#	boot	-> OUT/run/BASE/CONFIG/WHAT	console, result, meta
#	judge, summary				read that directory, nothing else
#
# A variant is anything but the plain series: PATCHES=none (no series), UPTO=N (its
# first N patches), and EXTRA='FILE...' (patches on top).  All variants share OUT/variant, which has
# the same shape: so they never disturb what the series built, and going from
# one to the next compiles only what differs between them.
#
# TREE=DIR is another kernel to build and boot instead, unpatched; OUT/peer has its
# shape.
#
# Locks.  No step waits for one: it stops with one line if another run holds it.
# 1. fetch and patch hold OUT/src/BASE.lock while they change that tree; what compiles
#    from the tree holds the lock shared.
# 2. All that uses OUT/variant (OUT/peer) holds OUT/variant/BASE.lock.  A script that
#    runs several steps there holds the lock over all of them, and they inherit it.
# 3. A directory that one run writes has a lock of its own, DIR.lock.
# 4. Commands in the background do not inherit locks.

# shellcheck source=tools/lib.sh
. "$(dirname "$0")/../lib.sh"

HARNESS=$TOP/tools/harness
catch_end

# A caller's make, kernel, compiler, locale or git settings must not leak into our work.
# What the kernel's makefiles, Kconfig and gcc take from the environment would change the
# kernel, but is no part of what build remembers: so the kernel would be kept as good.
unset MAKEFILES MAKEFLAGS MFLAGS MAKELEVEL ARCH SUBARCH CROSS_COMPILE CROSS_COMPILE_COMPAT \
	CC CPP CXX LD AR AS NM OBJCOPY OBJDUMP READELF STRIP CHECK CF \
	CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX \
	GCC_COMPARE_DEBUG DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES SOURCE_DATE_EPOCH \
	CCACHE_COMPILER CCACHE_PREFIX INSTALL_MOD_PATH
# shellcheck disable=SC2046 # a list of names
unset $(env | sed -nE \
	's/^((KBUILD|KCONFIG|CONFIG|LLVM|HOST[A-Z]+)_[A-Za-z0-9_]*|LLVM|HOST(CC|CXX|LD|AR)|[A-Z_]*(FLAGS|LDLIBS)(_[A-Za-z0-9_]+)?)=.*/\1/p')
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY
export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
# KSRC may belong to somebody else: root runs this as well.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'

case $OUT in
/*) ;;
*) OUT=$PWD/$OUT ;;
esac

# Where fetch puts its tree, whatever the variant.
# shellcheck disable=SC2034
MAIN_OUT=$OUT

# variant: what PATCHES, UPTO, EXTRA and TREE ask for, in words; empty for the series.
variant() {
	case ${PATCHES:-series} in
	series) variant_is=series ;;
	none) variant_is=none ;;
	*) usage "unknown PATCHES '$PATCHES'; there is: series none" ;;
	esac
	[ -z "${TREE-}" ] || variant_is=peer
	case ${UPTO-} in
	*[!0-9]*) usage "UPTO is a number of patches, not '$UPTO'" ;;
	?*) [ "$variant_is" = series ] || usage "UPTO is for the series, not for PATCHES=$PATCHES" ;;
	esac
	[ -z "${UPTO-}" ] || variant_is="first $UPTO"
	for variant_extra in ${EXTRA-}; do
		[ -f "$variant_extra" ] || usage "EXTRA: there is no file $variant_extra"
		variant_is="$variant_is + $(basename "$variant_extra" .patch)"
	done
	[ "$variant_is" = series ] || echo "$variant_is"
}
VARIANT=$(variant) || exit
if [ -n "${TREE-}" ]; then
	OUT=$OUT/peer
elif [ -n "$VARIANT" ]; then
	OUT=$OUT/variant
fi

# check_config NAME: stop unless configs/NAME.config is a kernel to build, or NAME-RT
# asks for it on PREEMPT_RT.  Those in small letters are parts of kernels.
check_config() {
	case $1 in
	*[!A-Z0-9-]*) ;;
	?*)
		[ ! -f "$HARNESS/configs/$1.config" ] || return 0
		[ "$1" = "${1%-RT}" ] || [ ! -f "$HARNESS/configs/${1%-RT}.config" ] ||
			on_rt "${1%-RT}" || return 0
		;;
	esac
	usage "unknown CONFIG '$1'; there is: $(cd "$HARNESS/configs" &&
		printf '%s\n' [A-Z]*.config | sed 's/\.config$//' | paste -sd' '), and -RT behind each"
}

# on_rt CONFIG: it is for PREEMPT_RT.
on_rt() { chain "$1" | grep -qx preempt-rt; }

# config_on_base CONFIG: a base with PREEMPT_RT has kernels of its own.
config_on_base() {
	case $base,$1 in
	*-rt,RT | *-rt,*-RT) echo "$1" ;;
	*-rt,LOCKDEP) echo RT ;;
	*-rt,*) echo "$1-RT" ;;
	*) echo "$1" ;;
	esac
}

# chain NAME: what a configuration is made of, the most general one first.  It
# says by "# on: OTHER..." which ones it stands on.
chain() {
	if [ -f "$HARNESS/configs/$1.config" ]; then
		chain_on=$(sed -n 's/^# on: *//p' "$HARNESS/configs/$1.config")
	else
		chain_on="${1%-RT} preempt-rt"
	fi
	for chain_part in $chain_on; do
		(chain "$chain_part")
	done
	echo "$1"
}

# config_lines NAME KIND: the files of that kind along the chain, joined.
config_lines() {
	chain "$1" | while read -r config_part; do
		[ ! -f "$HARNESS/configs/$config_part.$2" ] ||
			cat "$HARNESS/configs/$config_part.$2"
	done
}

# list FILE: the lines of a list that say something, without blanks at the bars.
list() { sed -E '/^#/d; /^[[:space:]]*$/d; s/[[:space:]]*\|[[:space:]]*/|/g; s/[[:space:]]*$//' "$1"; }

# arch CONFIG: what it is for: x86, or arm64.
arch() {
	arch_listed=$(config_lines "$1" config | sed -n 's/^# arch: *//p')
	echo "${arch_listed:-x86}"
}

# image CONFIG: the file that make makes of such a kernel.
image() {
	case $(arch "$1") in
	arm64) echo arch/arm64/boot/Image ;;
	*) echo arch/x86/boot/bzImage ;;
	esac
}

# lock_file FILE: make sure that it can be locked.
lock_file() {
	make_out
	mkdir -p "$(dirname "$1")" 2>/dev/null || die "can't create $(dirname "$1")"
	{ : >>"$1"; } 2>/dev/null || die "can't write $1"
}

# lock FILE: one run at a time in the directory of FILE.
lock() {
	lock_file "$1"
	exec 9>>"$1"
	flock -n 9 || die "another run is at work in ${1%.lock}; wait for it to end"
}

# share_source BASE: no other run changes OUT/src/BASE until this script ends.
share_source() {
	lock_file "$MAIN_OUT/src/$1.lock"
	exec 7>>"$MAIN_OUT/src/$1.lock"
	flock -n -s 7 || die "another run changes $MAIN_OUT/src/$1; wait for it to end"
}

# lock_variant DIR BASE: what is in DIR, OUT/variant or OUT/peer, is this run's alone.
# The caller's lock is inherited.
lock_variant() {
	# shellcheck disable=SC3013 # dash has it
	[ ! /dev/fd/8 -ef "$1/$2.lock" ] || return 0
	lock_file "$1/$2.lock"
	exec 8>>"$1/$2.lock"
	flock -n 8 || die "another run uses $1 for $2; wait for it to end"
}

# check_space DIR MIB WHAT: stop early rather than with half a tree.
check_space() {
	space_left=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$space_left" -ge "$2" ] ||
		die "$3 needs $2 MiB and $1 has $space_left; free some or use OUT=DIR"
}

# status TEXT: one updating line on a terminal, else a line when TEXT changed.
status_last=
status() {
	[ "$1" != "$status_last" ] || return 0
	status_last=$1
	if [ -t 1 ]; then
		printf '\r    %s\033[K' "$1"
	else
		note "$1"
	fi
}

# percent LABEL N: as status, but off a terminal a line for each tenth only.
percent() {
	if [ -t 1 ]; then
		status "$1 $2%"
	else
		status "$1 $(($2 / 10 * 10))%"
	fi
}

# status_end: whatever line was being updated stays.
status_end() { [ ! -t 1 ] || echo; }

# hash: one word for what is read from stdin.
hash() { sha256sum | cut -d' ' -f1; }

# series_id BASE LOG: one word for all that the series changes in the end, but for texts
# and comments; a result is valid until it changes.  What patching says goes
# to LOG.
series_id() {
	"$HARNESS/patch" "$1" >"$2" 2>&1 || die "$(tail -n 1 "$2")"
	git -C "$OUT/src/$1" diff base HEAD -- . ':!Documentation' | awk '
		!/^[-+]/ || /^(---|\+\+\+) / { next }
		{ sub(/[ \t]*\/\*.*\*\/$/, "") }
		/^.[ \t]*(\/\*|\*[ \/]|\*$|$)/ { next }
		{ print }' | hash | cut -c1-12
}

# quiet_log FILE COMMAND...: all output to FILE; V=1 shows it too.
quiet_log() {
	quiet_file=$1
	shift
	"$@" >"$quiet_file" 2>&1
	quiet_status=$?
	[ "${V:-0}" != 1 ] || cat "$quiet_file"
	return $quiet_status
}

# as_root COMMAND...
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# check_root ELSE: stop, and say what to do else, unless as_root works.
check_root() {
	[ "$(id -u)" != 0 ] || return 0
	command -v sudo >/dev/null || die "not root and no sudo; $1"
	# sudo asks for the password on the terminal, not on stderr
	check_root_said=$(sudo sh -c : 2>&1) ||
		die "sudo refuses ($(echo "$check_root_said" | tail -n 1 | sed 's/^sudo: //')); $1"
}

# record DIR | record BASE CONFIG WHAT: the directory of a recorded run.
record() {
	case $# in
	1) record_dir=$1 ;;
	3) record_dir=$OUT/run/$1/$2/$3 ;;
	*) usage "usage: $me DIR | $me BASE CONFIG WHAT" ;;
	esac
	[ -d "$record_dir" ] || usage "there is no recorded run in $record_dir; boot one first"
	echo "$record_dir"
}

# meta KEY, result KEY: a value of the record in $dir; the last one counts.
meta() { sed -n "s/^$1: *//p" "$dir/meta" 2>/dev/null | tail -n 1; }
result() { results "$1" | tail -n 1; }

# results KEY: all of them, one a line.
results() { tr -d '\r' <"$dir/result" | sed -n "s/^$1: *//p"; }

# console: of the record in $dir, without control characters, time stamps and callers.
# A program's half line may stand before the kernel's, so that a line begins after
# each time stamp.
console() {
	tr -cd '\11\12\40-\176' <"$dir/console" | sed -E \
		-e 's/^\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? //' \
		-e 's/\[ *[0-9]+\.[0-9]+\](\[ *[TC][0-9]+\])? /\n/g'
}

# try BASE CONFIG WHAT: whatever PATCHES and EXTRA ask for is built, booted and
# judged.  What the steps say goes to $dir/log, the judge's words to
# $dir/findings; status 1, and why, if it did not come to that.
try() {
	{ "$HARNESS/patch" "$1" && "$HARNESS/build" "$1" "$2" &&
		"$HARNESS/boot" "$@"; } >"$dir/log" 2>&1 || {
		tail -n 1 "$dir/log"
		return 1
	}
	# Those of an earlier run must not count if these can't be written.
	rm -f "$dir/findings"
	"$HARNESS/judge" "$@" >"$dir/findings" 2>>"$dir/log"
	[ -s "$dir/findings" ] || {
		echo "no findings: $(tail -n 1 "$dir/log")"
		return 1
	}
}

# found REGEX: the first finding that it matches; status 1, and all of them, if
# there is none.
found() {
	grep -m1 -E "$1" "$dir/findings" || {
		echo "findings were: $(paste -sd';' "$dir/findings" | cut -c1-200)"
		return 1
	}
}

# configcheck: prints each option of $dir/fragments that $dir/.config does not have.
# The last of several lines for an option counts, as it does for Kconfig.
configcheck() {
	awk '
	function option(line,   name) {
		if (line ~ /^CONFIG_[A-Za-z0-9_]+=/) {
			name = line; sub(/=.*/, "", name); sub(/^[^=]*=/, "", line)
			value = line; return name
		}
		if (line ~ /^# CONFIG_[A-Za-z0-9_]+ is not set$/) {
			split(line, word, " "); value = "n"; return word[2]
		}
		return ""
	}
	{ name = option($0) }
	name == "" { next }
	FILENAME == ARGV[1] { want[name] = value; next }
	{ have[name] = value }
	END {
		for (name in want)
			if ((name in have ? have[name] : "n") != want[name])
				print name "=" want[name]
	}' "$dir/fragments" "$dir/.config"
}

# kmake TARGET...: the kernel's make from $src into $dir, the same on every
# machine and day; $stamp is another day.
kmake() {
	ccache=
	! command -v ccache >/dev/null || ccache='ccache '
	cross=
	case $(arch "${config:-common}") in
	arm64)
		cross=aarch64-linux-gnu-
		set -- ARCH=arm64 CROSS_COMPILE="$cross" "$@"
		;;
	esac
	# An empty LOCALVERSION keeps the kernel from adding a '+' to its name.
	CCACHE_BASEDIR=$OUT \
	KBUILD_BUILD_TIMESTAMP=${stamp:-Sun Dec 13 22:41:30 UTC 2020} \
	KBUILD_BUILD_USER=harness KBUILD_BUILD_HOST=localhost KBUILD_BUILD_VERSION=1 \
	LOCALVERSION='' \
		make -C "$src" O="$dir" CC="${ccache}${cross}gcc" HOSTCC="${ccache}gcc" \
		V="${V:-0}" -j"${JOBS:-$(nproc)}" "$@" 2>&1
}

# shellcheck source=tools/harness/words.sh
. "$HARNESS/words.sh"
