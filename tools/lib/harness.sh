# shellcheck shell=sh disable=SC2154 # $src and $dir are the script's
# SPDX-License-Identifier: GPL-2.0
#
# What the steps of the harness share.  fetch makes OUT/src/BASE, a git tree with the tag
# 'base'; patch commits the series on top of it; build makes OUT/build/BASE/CONFIG, and boot
# OUT/run/BASE/CONFIG/TEST, which is all that judge and summary read.  Variants and locks: see
# tools/harness/README.md.

. "$(dirname "$0")/../lib/common.sh"
. "$TOP/tools/lib/config.sh"
. "$TOP/tools/lib/run-record.sh"
. "$TOP/tools/lib/results.sh"

# shellcheck disable=SC2034 # for the scripts that source this
HARNESS=$TOP/tools/harness SUITES=$TOP/tools/suites BENCH=$TOP/tools/bench

# harness_init: what every script does first.  With CHECK_ONLY=yes the script ends at
# args_end(): so make can have it look at its arguments before anything is downloaded or
# built.
#
# Sets MAIN_OUT, where fetch puts its trees, and VARIANT, what is asked for in words
# (empty for the series); a variant has an OUT of its own.
harness_init() {
	catch_end
	clean_environment
	case $OUT in
	/*) ;;
	*) OUT=$PWD/$OUT ;;
	esac
	# shellcheck disable=SC2034
	MAIN_OUT=$OUT
	VARIANT=$(variant) || exit
	if [ -n "${KERNEL_TREE-}" ]; then
		OUT=$OUT/peer
	elif [ -n "$VARIANT" ]; then
		OUT=$OUT/variant
	fi
}

# args_end: all arguments are right.
args_end() {
	[ -z "${CHECK_ONLY-}" ] || exit 0
}

# clean_environment: a caller's make, kernel, compiler, locale or git settings must not
# leak into our work.  What the kernel's makefiles, Kconfig and gcc take from the
# environment would change the kernel, but is no part of what build remembers: so the
# kernel would be kept as good.
clean_environment() {
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
}

# variant: what SERIES, NR_PATCHES, EXTRA_PATCHES and KERNEL_TREE ask for, in words.
variant() {
	variant_is=${SERIES:-series}
	check_name SERIES "$variant_is" "$(printf '%s\n' series none)"
	[ -z "${KERNEL_TREE-}" ] || variant_is=peer
	case ${NR_PATCHES-} in
	*[!0-9]*) usage "NR_PATCHES is a number of patches, not '$NR_PATCHES'" ;;
	?*) [ "$variant_is" = series ] || usage "NR_PATCHES is for the series, not for SERIES=$SERIES" ;;
	esac
	[ -z "${NR_PATCHES-}" ] || variant_is="first $NR_PATCHES"
	for variant_extra in ${EXTRA_PATCHES-}; do
		[ -f "$variant_extra" ] || usage "EXTRA_PATCHES: there is no file $variant_extra"
		variant_is="$variant_is + $(basename "$variant_extra" .patch)"
	done
	[ "$variant_is" = series ] || echo "$variant_is"
}

# list FILE: the lines of a list that say something, without blanks at the bars.
list() { sed -E '/^#/d; /^[[:space:]]*$/d; s/[[:space:]]*\|[[:space:]]*/|/g; s/[[:space:]]*$//' "$1"; }

# take FD FILE RUN [-s]: lock FILE, or share it, as FD until the script ends; RUN is what holds
# it otherwise.
take() {
	make_out
	mkdir -p "$(dirname "$2")" 2>/dev/null || die "can't create $(dirname "$2")"
	{ : >>"$2"; } 2>/dev/null || die "can't write $2"
	eval "exec $1>>\"\$2\""
	flock -n ${4+"$4"} "$1" || die "another run $3; wait for it to end"
}

# lock FILE: one run at a time in the directory of FILE.
lock() { take 9 "$1" "is at work in ${1%.lock}"; }

# share_source BASE: no other run changes OUT/src/BASE until this script ends.
share_source() { take 7 "$MAIN_OUT/src/$1.lock" "changes $MAIN_OUT/src/$1" -s; }

# lock_variant DIR BASE: what is in DIR, OUT/variant or OUT/peer, is this run's alone.
# The caller's lock is inherited.
lock_variant() {
	# shellcheck disable=SC3013 # dash has it
	[ /dev/fd/8 -ef "$1/$2.lock" ] || take 8 "$1/$2.lock" "uses $1 for $2"
}

# check_space DIR MIB WHAT: stop early rather than with half a tree.
check_space() {
	space_left=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
	[ "$space_left" -ge "$2" ] ||
		die "$3 needs $2 MiB and $1 has $space_left; free some or use OUT=DIR"
}

# hash: one word for what is read from stdin.
hash() { sha256sum | cut -d' ' -f1; }

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
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# check_root ELSE: stop, and say what to do else, unless as_root works.
check_root() {
	[ "$(id -u)" != 0 ] || return 0
	command -v sudo >/dev/null || die "not root and no sudo; $1"
	# sudo asks for the password on the terminal, not on stderr
	check_root_said=$(sudo sh -c : 2>&1) ||
		die "sudo refuses ($(echo "$check_root_said" | tail -n 1 | sed 's/^sudo: //')); $1"
}
