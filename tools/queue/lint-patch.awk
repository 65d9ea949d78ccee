# SPDX-License-Identifier: GPL-2.0
#
# Reads patches, and prints "file: problem" for what git takes but this project does not.
# Run by check, which sets
#   chain	if the patches follow from each other: all of a base in their order

FNR == 1 {
	part = "header"
	if (!/^From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001$/)
		bad("first line is not that of format-patch --zero-commit")
}

function bad(what) { print FILENAME ": " what }

part == "header" && /^Subject: / && !/^Subject: \[PATCH\] ([A-Za-z0-9_.,\/ -]+: +[^ ]|Revert )/ {
	bad("no 'Subject: [PATCH] subsystem: ...' without a number")
}
part == "header" && /^$/ { part = "message" }

part == "message" && /^---$/ { part = "stat"; next }
part == "message" && /^[A-Za-z-]*[Ss]igned-[Oo]ff-[Bb]y:/ { bad("has a Signed-off-by; the sender adds it") }
part == "message" && /^[Ff]ixes:/ &&
(!/^Fixes: [0-9a-f]+ \(".+"\)$/ || length($2) < 12 || length($2) > 40) {
	bad("line " FNR ": has to be 'Fixes: <12 digits> (\"subject\")'")
}

/^diff --git / && part != "message" {
	part = "diff"
	path = substr($4, 3)
}
part == "stat" && NF && !/^ .* \| +[0-9]|^ [0-9]+ files? changed|^ (create|delete) mode |^ mode change / {
	bad("line " FNR ": text after '---' is lost by git am")
}
part != "diff" { next }

/^index / {
	ids = split($2, id, /\.\./)
	if (ids != 2 || length(id[1]) != 40 || length(id[2]) != 40)
		bad(path " has no full ids; use format-patch --full-index")
	else if (chain && path in last && last[path] != id[1])
		bad(path " is not as " by[path] " leaves it")
	last[path] = id[2]
	by[path] = FILENAME
}
!/^[-+ @\\]|^(diff|index|new file mode|deleted file mode|old mode|new mode) / {
	bad("line " FNR " does not belong into a diff")
}
