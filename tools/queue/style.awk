# SPDX-License-Identifier: GPL-2.0
#
# Reads files of this project and prints "file: problem" for words that its
# texts do not use.  Of a patch it reads the message and the added lines.  Run
# by check, which sets
#   later	a file of patterns, one a line: problems in files that one
#		matches come later.  A pattern that hides none is a problem.
#
# The added lines of a patch go by the name PATCH:PATH, so that a pattern can
# tell them from its message.

BEGIN {
	before = "(^|[^A-Za-z0-9_])"
	after = "([^A-Za-z0-9_]|$)"
	rule["pronoun"] = before "([Hh]e|[Hh]im|[Hh]is)" after
	rule["bare \"who\""] = "(^|[.;:,(] )[Ww]ho(ever)? "
	rule["word"] = before "([Ll]ets? go|[Mm]ee[t]s?|[Gg]oes awa[y]|[Bb]esid[e]|[Mm]eanwhil[e]|[Aa]s it i[s])" after
	rule["phrase"] = "(found|seen|shown) by readin[g]" after "|[Bb]y reading[.,;:)]"
	number = before "[Pp]atch(es)? #?[0-9]+([^0-9.]|\\.?$|\\. )"
	while ((getline line < later) > 0) {
		sub(/[ \t]*#.*/, "", line)
		if (line == "")
			continue
		pattern[++patterns] = line
		gsub(/[.+(){}|^$\\]/, "\\\\&", line)
		gsub(/\*/, ".*", line)
		regex[patterns] = "^" line "$"
	}
}

FNR == 1 {
	# Saved runs are data, and so are pictures and the license.
	skip = FILENAME ~ /^tools\/[^\/]*\/cases\/[^\/]*\/|\.svg$|COPYING$/
	patch = FILENAME ~ /\.patch$/
	prose = FILENAME ~ /(^|\/)README\.md$|\/cover\.txt$/
	part = "message"
	where = FILENAME
}

skip { next }

patch && part == "message" && /^---$/ { part = "diff" }
patch && part == "diff" && /^diff --git / { where = FILENAME ":" substr($4, 3); next }
patch && part == "diff" && !/^\+[^+]/ { next }

{
	text = $0
	if (patch && part == "diff")
		text = substr(text, 2)
	for (kind in rule)
		if (match(text, rule[kind]))
			found("style: " kind " in \"" around() "\"")
	if (prose && match(text, number))
		found("a patch is called by its number, which changes: \"" around() "\"")
}

# around: the words at the match.
function around(   at) {
	at = RSTART > 12 ? RSTART - 12 : 1
	return substr(text, at, RLENGTH + 24)
}

function found(problem,   i, hidden) {
	for (i = 1; i <= patterns; i++)
		if (where ~ regex[i])
			hidden = used[i] = 1
	if (!hidden)
		print where ": line " FNR ": " problem
}

END {
	for (i = 1; i <= patterns; i++)
		if (!(i in used))
			print later ": \"" pattern[i] "\" has nothing left that comes later; remove it"
}
