# SPDX-License-Identifier: GPL-2.0
#
# Reads the patches of one series, in order, and prints "file: problem" for
# each variable that they access by READ_ONCE() and the like without a comment
# on what it races with.  A patch of another base is read for its comments.
# Run by check, which sets
#   dir	the folder of the series, with which the name of each patch begins
#
# One comment is enough for a variable, wherever the series has it: at most
# three lines above such an access, in kernel-doc, or where it is declared.
# Barriers are checkpatch's.

FNR == 1 {
	name = substr(FILENAME, length(dir) + 2)
	hunk = 0
}

/^@@ / { hunk = 1; since = 9; next }
/^(diff |-)/ || !hunk { next }

{
	since = /\*\/$/ ? 0 : since + 1
	if (/^\+/)
		look_for_access()
	look_for_word()
}

# variable: the last name in the first argument of what the line goes on with.
function variable(text,   i, c, depth) {
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c ~ /[(\[]/)
			depth++
		else if (c ~ /[)\]]/ && --depth < 0)
			break
		else if (c == "," && !depth)
			break
	}
	text = substr(text, 1, i - 1)
	gsub(/\[[^\]]*\]/, "", text)
	gsub(/[^A-Za-z0-9_]+$/, "", text)
	gsub(/.*[^A-Za-z0-9_]/, "", text)
	return text
}

function look_for_access(   text, var) {
	text = $0
	while (match(text, /(READ_ONCE|WRITE_ONCE|data_race|smp_load_acquire|smp_store_release)\(/)) {
		text = substr(text, RSTART + RLENGTH)
		var = variable(text)
		if (!(var in where)) {
			where[var] = name
			order[++count] = var
		}
		if (since <= 3)
			told[var] = 1
	}
}

# A declaration, or a line of kernel-doc
function look_for_word(   text, n, i, names) {
	if (/^[+ ] \* @[a-z_]+: /) {
		text = $3
		gsub(/[@:]/, "", text)
		told[text] = 1
	} else if (/^[+ ][\t a-z0-9_*]+[ *][][a-z0-9_, *]+;/ && (/\/\*/ || since == 1)) {
		text = substr($0, 2)
		sub(/;.*/, "", text)
		n = split(text, names, /[^A-Za-z0-9_]+/)
		for (i = 1; i <= n; i++)
			told[names[i]] = 1
	}
}

END {
	for (i = 1; i <= count; i++)
		if (!(order[i] in told) && where[order[i]] !~ /^[0-9]+\.[^\/]*\//)
			print dir "/" where[order[i]] ": no comment says what else accesses '" \
				order[i] "'"
}
