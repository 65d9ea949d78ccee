# SPDX-License-Identifier: GPL-2.0
#
# Reads the patches of one series, in order, and prints "file: problem" for
# all that can be seen in the patches alone.  Of a patch that belongs to
# another base only the ids count, since its own series reports the rest.  Run
# by check, which sets
#   dir	the folder of the series, with which the name of each patch begins
#   facts	a file for one line per file that the series changes: path, id
#		before it, id after it, mode, first patch, last patch.  What an
#		optional patch does to a file of the others does not count
#
# A patch is a mail header, a message, a diffstat and a diff; `part` says
# where the current line is.  No regular-expression intervals here: old mawk
# does not have them.

function bad(what) {
	if (!shared)
		print dir "/" name ": " what
}

function all(string, set) { gsub(set, "", string); return string == "" }

function is_id(id) { return length(id) == 40 && all(id, "[0-9a-f]") }

# columns: the width of a line of UTF-8, read as bytes.
function columns(line) { gsub(/[\200-\277]/, "", line); return length(line) }

# file_name: what format-patch makes of a subject, without the number.
function file_name(subject) {
	gsub(/[^A-Za-z0-9._]+/, "-", subject)
	gsub(/\.\.+/, ".", subject)
	sub(/^[-.]+/, "", subject)
	sub(/[-.]+$/, "", subject)
	return subject
}

function begin_patch() {
	name = substr(FILENAME, length(dir) + 2)
	shared = name ~ /^[0-9]+\.[^\/]*\//
	topic = name
	sub(/\/[^\/]*$/, "", topic)
	sub(/^[0-9]+\.[^\/]*\//, "", topic)
	count[topic]++
	if (topic ~ /^optional\// && !optional++)
		for (path in last)
			fact[path] = fact_of(path)
	part = "header"
	header["From:"] = header["Date:"] = header["Subject:"] = ""
	body = path = totals = ""
	added = removed = old_left = new_left = diffs = 0
	if (!/^From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001$/)
		bad("first line is not that of format-patch --zero-commit")
}

function fact_of(path,   text) {
	text = path "\t" before[path] "\t" last[path] "\t" modes[path]
	return text "\t" first[path] "\t" by[path]
}

function end_patch() {
	if (name == "")
		return
	end_file()
	check_name()
	if (header["From:"] !~ /^[^ ].* <[^ ]+@[^ ]+>$/)
		bad("no From: header with a name and an address")
	if (header["Date:"] == "")
		bad("no Date: header")
	if (body == "")
		bad("the message has no body")
	if (!diffs)
		bad("no diff in it; git am stops at such a file")
	else if (totals != added " " removed)
		bad("diffstat and hunks disagree; truncated or edited by hand?")
}

function check_name(   subject, want) {
	subject = header["Subject:"]
	if (subject !~ /^\[PATCH\] /) {
		bad("no 'Subject: [PATCH] ...' without a number")
		return
	}
	sub(/^\[PATCH\] /, "", subject)
	if (subject !~ /^[A-Za-z0-9_.,\/ -]+: +[^ ]/ && subject !~ /^Revert /)
		bad("the subject has no subsystem prefix ('mm/zsmalloc: ...')")
	if (columns(subject) > 75)
		bad("the subject is over 75 columns")
	want = sprintf("%04d-%s", number(), file_name(subject))
	want = topic "/" substr(want, 1, 57) ".patch"
	if (subject !~ /=\?/ && name != want)
		bad("export would name it " want)
}

# number: of the patch in its topic.  One that replaces a patch of another base
# has its name.
function number(   file, line, there) {
	if (dir ~ /-rt$/) {
		file = dir
		sub(/-rt$/, "", file)
		file = file "/" name
		there = (getline line < file) > 0
		close(file)
	}
	return there ? substr(name, length(topic) + 2, 4) : count[topic]
}

# A header may go on in the next lines, which then start with a blank.
function check_header() {
	if ($0 == "")
		part = "message"
	else if (sub(/^[ \t]+/, " "))
		header[field] = header[field] $0
	else {
		field = $1
		header[field] = substr($0, length($1) + 2)
	}
}

# The message.  Text that has to be long may be: what is quoted, drawn or
# indented, addresses, and trailers.
function check_message() {
	if (/^[A-Za-z-]*[Ss]igned-[Oo]ff-[Bb]y:/)
		bad("has a Signed-off-by; the sender adds it")
	if (/^#? *Conflicts:/)
		bad("line " FNR " of the message lists conflicts")
	if (/^[Ff]ixes:/ && !is_fixes())
		bad("line " FNR ": has to be 'Fixes: <12 digits> (\"subject\")'")
	if (/^(diff -|Index: |--- )/)
		bad("git am takes the line '" substr($0, 1, 20) "' for the diff")
	if (body == "" && /^(From|Date|Subject): /)
		bad("git am takes the line '" $1 " ...' of the message for a header")
	if (/^(Fixes|Link|Closes|Cc|[A-Z][a-z]+(-[a-z]+)*-by): /)
		return
	if (NF)
		body = "yes"
	if (/^[ \t>|+]/ || /:\/\//)
		return
	if (columns($0) > 75)
		bad("line " FNR " of the message is over 75 columns")
}

function is_fixes() {
	return /^Fixes: [0-9a-f]+ \(".+"\)$/ && length($2) >= 12 && length($2) <= 40
}

# Between the message and the diff only the diffstat outlives git am.
function check_stat(   i) {
	if (/^ [0-9]+ files? changed/) {
		for (i = 2; i <= NF; i++) {
			if ($i ~ /^insertion/)
				plus = $(i - 1)
			if ($i ~ /^deletion/)
				minus = $(i - 1)
		}
		totals = plus + 0 " " minus + 0
		plus = minus = 0
	} else if (NF && !/^ [^ ].* \| +[0-9]+( [+-]+)?$/ &&
		   !/^ (create|delete) mode [0-9]+ / && !/^ mode change /)
		bad("line " FNR ": text after '---' is lost by git am")
}

function begin_file() {
	diffs++
	part = "file"
	path = substr($4, 3)
	shift = 0
	created = removing = mode = ""
	if ($3 != "a/" path)
		bad("renames " substr($3, 3) "; quilt does not follow that")
}

function end_file() {
	if (old_left > 0 || new_left > 0)
		bad("ends inside a hunk of " path)
	old_left = new_left = 0
}

function check_file_line() {
	if (/^new file mode /) { created = 1; mode = $4 }
	else if (/^new mode /) { mode = $3; if (path in last) modes[path] = $3 }
	else if (/^deleted file mode /) removing = 1
	else if (/^index /) check_ids()
	else if (/^@@ /) begin_hunk()
	else if (/^(GIT binary patch|Binary files )/) bad(path " is binary")
	else if (!/^(old mode|---|\+\+\+) /)
		bad("line " FNR " does not belong into a diff")
}

# The id before this patch is the id after the last one that touched the file;
# but the ids of a shared patch are those of its own base.
function check_ids(   dots, pre, post) {
	dots = index($2, "..")
	pre = substr($2, 1, dots - 1)
	post = substr($2, dots + 2)
	if (!is_id(pre) || !is_id(post)) {
		bad(path " has no full ids; use format-patch --full-index")
		return
	}
	if (created && path in last && last[path] !~ /^0+$/)
		bad("creates " path ", which " by[path] " has created")
	else if (path in last && last[path] != pre && (!mixed[path] || path in creator))
		bad(path " is not as " by[path] " leaves it (id " substr(pre, 1, 12) \
		    ", not " substr(last[path], 1, 12) ")")
	if (created) {
		if (pre !~ /^0+$/)
			bad("creates " path " from something")
		creator[path] = name
	}
	if (removing)
		delete creator[path]
	if (!(path in last)) {
		before[path] = pre
		first[path] = name
	}
	last[path] = post
	by[path] = name
	if (shared)
		mixed[path] = 1
	if (mode == "" && NF > 2)
		mode = $3
	modes[path] = mode
}

function begin_hunk(   n, old, new, old_at, new_at) {
	part = "hunk"
	n = split(substr($2, 2), old, ",")
	old_left = n > 1 ? old[2] + 0 : 1
	n = split(substr($3, 2), new, ",")
	new_left = n > 1 ? new[2] + 0 : 1
	# A side without lines is counted from the line before it.
	old_at = old[1] + (old_left ? 0 : 1)
	new_at = new[1] + (new_left ? 0 : 1)
	if (new_at - old_at != shift)
		bad("line " FNR ": the hunk's line numbers are wrong")
}

function check_hunk_line(   sign) {
	sign = substr($0, 1, 1)
	if (sign == "+") {
		new_left--
		added++
		shift++
		if (/[ \t\r]$/)
			bad("line " FNR ": trailing white space in an added line")
	} else if (sign == "-") {
		old_left--
		removed++
		shift--
	} else if (sign == " ") {
		old_left--
		new_left--
	} else if (sign == "") {
		bad("line " FNR ": an empty line of context lacks its blank; was it edited by hand?")
		old_left--
		new_left--
	} else if (sign != "\\") {
		bad("ends inside a hunk of " path " (line " FNR ")")
		old_left = new_left = 0
	}
	if (old_left < 0 || new_left < 0)
		bad("line " FNR ": the hunk is longer than it says")
}

function check_after_hunk() {
	if (/^@@ /)
		begin_hunk()
	else if (/^-- ?$/) {
		bad("has a signature; use format-patch --no-signature")
		part = "end"
	} else if (!/^\\ /)
		bad("line " FNR " does not belong into a diff")
}

FNR == 1 { end_patch(); begin_patch(); next }

part == "header" { check_header(); next }

part == "end" { next }

/^diff --git / && old_left <= 0 && new_left <= 0 { begin_file(); next }
/^diff --git / && part == "hunk" { end_file(); begin_file(); next }

part == "message" { if (/^---$/) part = "stat"; else check_message(); next }
part == "stat" { check_stat(); next }
part == "file" { check_file_line(); next }
old_left > 0 || new_left > 0 { check_hunk_line(); next }
{ check_after_hunk() }

END {
	end_patch()
	for (path in last)
		print (path in fact) ? fact[path] : fact_of(path) >facts
}
