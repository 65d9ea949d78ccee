# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# Debian's archive, as this machine's apt reaches it.  Sourced, after lib.sh.

# archives: what this machine's apt reads, one a line: the address, and the suite.  apt
# only prints here, and needs no lists for that.
archives() {
	apt-get --print-uris update 2>/dev/null |
		sed -n "s,^'\([^']*\)/dists/\(.*\)/InRelease' .*,\1/ \2,p"
}

# main_uri: Debian's archive as this machine's apt reaches it.  Others may end in
# /debian/, too; Debian's own is the one with nothing before it, if there is one.
main_uri() {
	archives | awk '
		$1 ~ /^[a-z+]+:\/\/[^\/]*\/debian\/$/ { print $1; found = 1; exit }
		$1 ~ /\/debian\/$/ && !other { other = $1 }
		END { if (!found && other) print other }'
}

# security_uri: the security archive as this machine's apt reaches it; where apt knows
# none, the one that lies next to the main archive.
security_uri() {
	security_uri=$(archives | awk '
		$1 ~ /debian-security\/$/ { print $1; found = 1; exit }
		$2 ~ /-security$/ && !other { other = $1 }
		END { if (!found && other) print other }')
	[ -n "$security_uri" ] || security_uri=$(main_uri | sed 's,/debian/$,/debian-security/,')
	echo "$security_uri"
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
	mkdir -p "$1/lists/partial" "$1/archives/partial" "$1/empty" || exit 1
	: >"$1/status"
	printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
		"$private_uri" "$2" >"$1/sources.list"
	cat >"$1/apt.conf" <<-END
		Dir::State "$1";
		Dir::State::lists "$1/lists";
		Dir::State::status "$1/status";
		Dir::Cache "$1";
		Dir::Etc::sourcelist "$1/sources.list";
		Dir::Etc::sourceparts "$1/empty";
		Dir::Etc::preferencesparts "$1/empty";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "30";
		APT::Update::Error-Mode "any";
		APT::Sandbox::User "root";
	END
	export APT_CONFIG="$1/apt.conf"
}
