# SPDX-License-Identifier: GPL-2.0
#
# Reads files of this project and prints "file: problem" for words that its texts do not
# use.  Of a patch it reads the message and the added lines.

BEGIN {
	before = "(^|[^A-Za-z0-9_])"
	# A word before a parenthesis is the name of a function.
	after = "([^A-Za-z0-9_(]|$)"
	rule["pronoun"] = before "([Hh]e|[Hh]im|[Hh]is)" after
	rule["bare \"who\""] = "(^|[.;:,(] )[Ww]ho(ever)? "
	rule["word"] = before "([Ll]ets? go|[Mm]ee[t]s?|[Gg]oes awa[y]|[Bb]esid[e]|[Mm]eanwhil[e]|[Aa]s it i[s])" after
	rule["phrase"] = "(found|seen|shown) by readin[g]" after "|[Bb]y reading[.,;:)]"
	number = before "[Pp]atch(es)? #?[0-9]+([^0-9.]|\\.?$|\\. )"
}

FNR == 1 {
	# Saved runs are data, the tables of check have such words as cases, and pictures
	# and the license are not ours to word.
	skip = FILENAME ~ /^tools\/[^\/]*\/cases\/|\.svg$|COPYING$/
	prose = FILENAME ~ /(^|\/)README\.md$|\/cover\.txt$/
	part = FILENAME ~ /\.patch$/ ? "message" : "text"
}

skip { next }
part == "message" && /^---$/ { part = "diff" }
part == "diff" && !/^\+[^+]/ { next }

{
	text = part == "diff" ? substr($0, 2) : $0
	for (kind in rule)
		if (match(text, rule[kind]))
			found("style: " kind " in")
	if (prose && match(text, number))
		found("a patch is called by its number, which changes:")
}

# found PROBLEM: with the words at the match.
function found(problem,   at) {
	at = RSTART > 12 ? RSTART - 12 : 1
	print FILENAME ": line " FNR ": " problem " \"" substr(text, at, RLENGTH + 24) "\""
}
