# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# Debian's archive, as this machine's apt reaches it.  Sourced after common.sh.

# archives: "ADDRESS SUITE" of each one that this machine's apt reads.  apt only prints
# here, and needs no lists for that.
archives() {
	apt-get --print-uris update 2>/dev/null |
		sed -n "s,^'\([^']*\)/dists/\(.*\)/InRelease' .*,\1/ \2,p"
}

# main_uri: Debian's archive.  Other archives may end in /debian/, too; Debian's own has
# the fewest folders before it.
main_uri() {
	archives | cut -d' ' -f1 | awk -F/ '/\/debian\/$/ { print NF, $0 }' | sort -ns |
		sed -n '1s/.* //p'
}

# security_uri: the security archive; where apt knows none, the one next to main_uri.
security_uri() {
	{ archives | grep 'debian-security/ ' || archives | grep -e '-security$' ||
		main_uri | sed 's,/debian/$,/debian-security/,'; } | sed -n '1s, .*,,; 1p'
}

# no_archive ELSE: stop, as apt can't name one.
no_archive() {
	no_archive=$(apt-get --print-uris update 2>&1 | grep -m1 '^E: ' || echo "see /etc/apt")
	die "apt's sources name no Debian archive ($no_archive); mend them$1"
}

# private_apt DIR SUITE [main|security]: an apt with lists, state and one source of its own,
# so that the machine's own lists are neither needed nor changed.
private_apt() {
	private_uri=$("${3:-security}_uri")
	[ -n "$private_uri" ] || no_archive ", or give KTAR= or KSRC="
	mkdir -p "$1/lists/partial" "$1/archives/partial" || exit 1
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $private_uri $2 main" \
		>"$1/sources.list"
	cat >"$1/apt.conf" <<-END
		Dir::State "$1";
		Dir::State::status "/dev/null";
		Dir::Cache "$1";
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "30";
		APT::Update::Error-Mode "any";
		APT::Sandbox::User "root";
	END
	export APT_CONFIG="$1/apt.conf"
}
