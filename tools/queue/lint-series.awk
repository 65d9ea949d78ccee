# SPDX-License-Identifier: GPL-2.0
#
# Reads a list of the patches that lie in a folder, then its `series`, and prints "file:
# problem" for each thing wrong in the latter.  Run by check, which sets
#   dir	the folder, patches/BASE

function bad(what) { print dir "/series: " what }

function rank(topic) { return topic ~ /^optional\// ? 1000000 : topic + 0 }

FILENAME == ARGV[1] { lies[$0]; next }

/^# == optional ==$/ { optional = 1 }
/^[ \t]*(#|$)/ { next }

{
	path = own = $0
	shared = sub(/^[0-9]+\.[^\/]*\//, "", own)
	if (path in seen)
		bad("names " path " twice")
	seen[path]
	if (!shared && !(dir "/" path in lies))
		bad("names " path ", which is not there")
	if (shared && "patches/" substr(path, 1, index(path, "/") - 1) "-rt" != dir)
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
	if (topic == last && own < before)
		bad(path " comes after " before "; the numbers are the order")
	if (++count[topic] == 21)
		bad(topic " has more than 20 patches")
	last = topic
	before = own
}

END {
	for (file in lies) {
		name = substr(file, length(dir) + 2)
		if (!(name in seen))
			print file ": is not in series"
	}
}
