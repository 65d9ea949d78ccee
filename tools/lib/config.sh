# shellcheck shell=sh disable=SC2154 # $base, $src and $dir are the script's
# SPDX-License-Identifier: GPL-2.0
#
# The configurations of the kernels, and the arguments that select one.  Sourced after
# harness.sh.

# check_config NAME: stop unless configs/NAME.config is a kernel to build, or NAME-RT
# asks for it on PREEMPT_RT.  Those in small letters are parts of kernels.
check_config() {
	! configs | grep -qxF -e "$1" || return 0
	! configs | sed 's/$/-RT/' | grep -qxF -e "$1" || on_rt "${1%-RT}" || return 0
	usage "unknown CONFIG '$1'; there is: $(configs | paste -sd' '), and -RT behind each"
}

# configs: the names of all kernels, one a line.
configs() { (cd "$HARNESS/configs" && printf '%s\n' [A-Z]*.config | sed 's/\.config$//'); }

# on_rt CONFIG: it is for PREEMPT_RT.
on_rt() { chain "$1" | grep -qx preempt-rt; }

# config_on_base CONFIG: the kernel of that name on a base with a PREEMPT_RT of its own.
config_on_base() {
	case $base,$1 in
	*-rt,RT | *-rt,*-RT) echo "$1" ;;
	*-rt,LOCKDEP) echo RT ;;
	*-rt,*) echo "$1-RT" ;;
	*) echo "$1" ;;
	esac
}

# chain NAME: what a configuration is made of, the most general part first.  It
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

# config_version: the folder of configs/ with what the kernel at hand needs besides: of
# those that are not newer than the kernel, the newest.
config_version() {
	config_version=${base%-rt}
	[ -z "${KERNEL_TREE-}" ] || config_version=$(kernel_version <"$KERNEL_TREE/Makefile")
	(cd "$HARNESS/configs" && printf '%s\n' [0-9]* "$config_version") | sort -V |
		sed "/^$config_version\$/q" | while read -r config_folder; do
		[ ! -d "$HARNESS/configs/$config_folder" ] || echo "$config_folder"
	done | tail -n 1
}

# config_files NAME KIND: the files of that kind along the chain, one a line; "common",
# which each kernel stands on, is the first part.
config_files() {
	config_folder=$(config_version)
	{ echo common; chain "$1"; } | awk '!seen[$0]++' | while read -r config_part; do
		for config_file in "$HARNESS/configs/$config_part.$2" \
			"$HARNESS/configs/$config_folder/$config_part.$2"; do
			[ ! -f "$config_file" ] || echo "$config_file"
		done
	done
}

# config_lines NAME KIND: these files, joined.
config_lines() {
	config_files "$1" "$2" | while read -r config_file; do cat "$config_file"; done
}

# arch CONFIG: the kernel's name for what it is for: x86 or arm64.
arch() {
	arch_listed=$(config_lines "$1" config | sed -n 's/^# arch: *//p')
	echo "${arch_listed:-x86}"
}

# package CONFIG: Debian's package of a kernel that is not built but released, if it is one.
package() { config_lines "$1" config | sed -n 's/^# package: *//p' | tail -n 1; }

# image CONFIG: the file that make makes of such a kernel.
image() { if [ "$(arch "$1")" = arm64 ]; then echo arch/arm64/boot/Image; else echo arch/x86/boot/bzImage; fi; }

# no_variant: stop if a variant is asked for, where the script selects its kernels.
no_variant() {
	[ -z "$VARIANT" ] ||
		usage "selects its kernels itself; leave SERIES, NR_PATCHES, EXTRA_PATCHES and KERNEL_TREE alone"
}

# no_guest_words: stop if the guest is to be another one, where all runs must be the
# same: it would test less.  KVM only makes it faster.
no_guest_words() {
	case ${ACCEL:-tcg},${APPEND-}${MEM-} in
	tcg, | kvm,) ;;
	*) usage "selects its guests itself; leave APPEND, MEM and ACCEL alone" ;;
	esac
}

# check_out: stop if the kernel's make could not work below OUT.
check_out() {
	case $OUT in
	*[[:space:]:]*) die "the kernel can't be built below '$OUT' (space or colon); move it: OUT=DIR" ;;
	esac
}

# check_upto BASE: stop if NR_PATCHES is more patches than the base has.
check_upto() {
	[ -z "${NR_PATCHES-}" ] || [ "$NR_PATCHES" -le "$(series "$1" | grep -c .)" ] ||
		usage "NR_PATCHES=$NR_PATCHES: $1 has $(series "$1" | grep -c .) patches"
}

# test_needs TEST: the option of the kernel without which that run can't be done.
test_needs() {
	check_name TEST "$1" "$(list "$HARNESS/tests.list" | cut -d'|' -f1)"
	list "$HARNESS/tests.list" | awk -F'|' -v test="$1" '$1 == test { print $2 }'
}

# config_has CONFIG OPTION: the last line counts, as for Kconfig.
config_has() {
	{
		config_lines "$1" config
		[ "${SERIES:-series}${NR_PATCHES-}" != series ] || config_lines "$1" series.config
		config_lines "$1" zs-scale.config
	} | sed -n "s/^CONFIG_$2=//p; s/^# CONFIG_$2 is not set/n/p" | tail -n 1 | grep -qx y
}

# configs_with OPTION: all that have it, in one line.
configs_with() {
	for configs_name in $(configs); do
		! config_has "$configs_name" "$1" || echo "$configs_name"
	done | paste -sd' '
}

# rt_bases: those that have PREEMPT_RT.
rt_bases() {
	for rt_base in $(bases); do
		[ "$(base_get "$rt_base" rt)" != yes ] || echo "BASE=$rt_base"
	done | paste -sd' '
}

# check_kernel_words BASE CONFIG: what build takes, and the variables that go with it.
check_kernel_words() {
	check_base "$1"
	check_config "$2"
	! on_rt "$2" || [ "$(base_get "$1" rt)" = yes ] ||
		usage "CONFIG=$2 is for PREEMPT_RT, which $1 has not; there is: $(rt_bases)"
	[ -z "${KERNEL_TREE-}" ] || [ -f "$KERNEL_TREE/Makefile" ] ||
		usage "KERNEL_TREE: there is no kernel tree in $KERNEL_TREE"
	[ -z "$(package "$2")" ] || { [ -z "$VARIANT" ] && ! on_rt "$2"; } ||
		usage "CONFIG=$2 is what Debian released; leave -RT, SERIES, NR_PATCHES, EXTRA_PATCHES and KERNEL_TREE alone"
	check_upto "$1"
	check_out
}

# check_words BASE CONFIG TEST: what boot takes.
check_words() {
	check_kernel_words "$1" "$2"
	words_need=$(test_needs "$3") || exit
	[ -z "$words_need" ] || config_has "$2" "$words_need" ||
		usage "TEST=$3 needs CONFIG_$words_need, which CONFIG=$2${SERIES:+ with SERIES=$SERIES} lacks; there is: $(configs_with "$words_need" | grep . || echo none)"
	case ${ACCEL:-tcg}-$(arch "$2") in
	tcg-* | icount-x86 | kvm-x86) ;;
	*) usage "ACCEL='${ACCEL-}' on $(arch "$2"); there is: tcg, and for x86 icount kvm" ;;
	esac
	check_number MEM "${MEM-}" MiB
	check_number TIMEOUT "${TIMEOUT-}" seconds
	check_number SLOW "${SLOW-}" "times the usual"
}

# check_number NAME VALUE UNIT: empty, or a number above 0.
check_number() {
	case $2 in
	'') ;;
	*[!0-9]* | 0* | ????????*) usage "$1 is a number of $3, not '$2'" ;;
	esac
}

# config_missing LOG: the options that merge_config.sh did not find in the final
# configuration as they were asked for.  One that is off and unknown is as asked for.
config_missing() {
	awk '/^Requested value: / { off = $3 == "#"; asked = off ? $4 "=n" : $3 }
	     /^Actual value: / && !(off && NF == 2) { print asked }' "$1" |
		sort | paste -sd' '
}

# cross_compile CONFIG: as the kernel's make wants to have it.
cross_compile() { [ "$(arch "$1")" != arm64 ] || echo aarch64-linux-gnu-; }

# kmake TARGET...: the kernel's make from $src into $dir, the same on every
# machine and day; $stamp is another day.
kmake() {
	ccache=
	! command -v ccache >/dev/null || ccache='ccache '
	cross=$(cross_compile "${config:-common}")
	# An empty LOCALVERSION keeps the kernel from adding a '+' to its name.  gcc lists the
	# headers of each file, so that ccache need not preprocess it.
	CCACHE_BASEDIR=$OUT CCACHE_DEPEND=1 \
	KBUILD_BUILD_TIMESTAMP=${stamp:-Sun Dec 13 22:41:30 UTC 2020} \
	KBUILD_BUILD_USER=harness KBUILD_BUILD_HOST=localhost KBUILD_BUILD_VERSION=1 \
	LOCALVERSION='' \
		make -C "$src" O="$dir" ARCH="$(arch "${config:-common}")" CROSS_COMPILE="$cross" \
		CC="${ccache}${cross}gcc" HOSTCC="${ccache}gcc" \
		V="${V:-0}" -j"${JOBS:-$(nproc)}" "$@" 2>&1
}
