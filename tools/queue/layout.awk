# SPDX-License-Identifier: GPL-2.0
#
# Reads a list of the patches that lie in a folder, then its `series`, and
# prints "file: problem" for each thing wrong in the latter.  Run by check,
# which sets
#   dir	the folder, patches/BASE

function bad(what) { print dir "/series: " what }

function exists(file,   line, there) {
	there = (getline line < file) > 0
	close(file)
	return there
}

function rank(topic) { return topic ~ /^optional\// ? 1000000 : topic + 0 }

FILENAME == ARGV[1] { lies[$0]; next }

/^# == optional ==$/ {
	if (optional++)
		bad("has two lines \"# == optional ==\"")
	next
}
/^#+ *==/ { bad("line " FNR ": a heading; only \"# == optional ==\" is one") }
{ sub(/[ \t]*#.*/, ""); sub(/[ \t]+$/, "") }
$0 == "" { next }

{
	path = $0
	if (path in seen)
		bad("names " path " twice")
	seen[path]
	if (!exists(dir "/" path))
		bad("names " path ", which is not there")
	own = path
	if (sub(/^[0-9]+\.[^\/]*\//, "", own) && dir "/" !~ "^patches/" substr(path, 1, index(path, "/") - 1) "-rt/$")
		bad("names " path ", a patch of another base")
	topic = own
	sub(/\/[^\/]*$/, "", topic)
	if (own !~ /^([0-9]+|optional\/[a-z0-9])[a-z0-9-]*\/[0-9][0-9][0-9][0-9]-[^\/ ]*\.patch$/)
		bad(path " is no N-TOPIC/NNNN-SUBJECT.patch or optional/TOPIC/NNNN-SUBJECT.patch")
	if (topic ~ /^optional\// && !optional)
		bad(path " has to come after the line \"# == optional ==\"")
	if (topic !~ /^optional\// && optional)
		bad(path " comes after the line \"# == optional ==\"")
	if (topic != last && (topic in count || rank(topic) < rank(last)))
		bad(path " comes after " last "; each topic has one place")
	if (++count[topic] == 21)
		bad(topic " has more than 20 patches")
	last = topic
}

END {
	for (file in lies) {
		sub(/^patches\/[^\/]*\//, "", file)
		if (!(file in seen))
			print dir "/" file ": is not in series"
	}
}
