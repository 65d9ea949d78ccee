# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# Debian's archive, as this machine's apt reaches it.  Sourced, after lib.sh.

# security_uri: the security archive as this machine's apt reaches it; where
# apt knows none, the one that lies beside the main archive.
security_uri() {
	# The word is apt's, not the shell's.
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		awk '/security/ { print; found = 1; exit }
		     sub(/\/debian\/*$/, "/debian-security/") && !beside { beside = $0 }
		     END { if (!found && beside) print beside }'
}

# main_uri: Debian's archive as this machine's apt reaches it.
main_uri() {
	# The words are apt's, not the shell's.
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
		awk '$1 ~ /\/debian\/*$/ { print $1; exit }'
}

# private_apt DIR SUITE: an apt with lists, state and one source of its own, so that
# the machine's own lists are neither needed nor changed.  SUITE is a security one.
private_apt() {
	private_uri=$(security_uri)
	[ -n "$private_uri" ] || die "apt knows no Debian archive to ask; give KTAR= or KSRC="
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
