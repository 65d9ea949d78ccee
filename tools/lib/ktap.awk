# SPDX-License-Identifier: GPL-2.0
#
# Reads KTAP of one level (a program and its cases) or of two (suites and their cases, as
# of KUnit); deeper levels are the parameters of a case.  Knows both "ok 1 - name" of
# Linux 5.10 and "ok 1 name" of newer kernels.  Prints:
#
#	ok|not|skip SUITE NUMBER TEXT	a case; SUITE is "-" if there is only one level
#	broken SUITE TEXT		a plan that was not kept, or a suite without a result
#	suite SUITE ok|not|skip TEXT	the result line of a suite
#	total OK NOT SKIPPED		the number of cases; last line

function result() {
	if (/^not /)
		return "not"
	return /# SKIP/ ? "skip" : "ok"
}

function text() {
	sub(/^(not )?ok *[0-9]*( -)? *(# SKIP *)?/, "")
	sub(/ *# SKIP */, " ")
	return $0
}

function print_case(word, number, words) {
	count[word]++
	print word, name, number, words
}

function check_plan(level, name) {
	if (planned[level] != ran[level] + 0)
		print "broken", name, "planned " planned[level] " cases and ran " ran[level] + 0
}

function no_result() {
	if (suite != "")
		print "broken", suite, "did not run to its end"
}

/^        / { next }
{
	nested = sub(/^    /, "")
	name = nested ? suite : "-"
}

# Modules with suites of their own print another plan when they are loaded.
/^K?TAP version / && !nested {
	if (0 in planned)
		check_plan(0, name)
	delete planned[0]
	delete ran[0]
}

/^# Subtest: / && nested {
	no_result()
	suite = $3
	planned[1] = "?"
	ran[1] = 0
}

/^1\.\.[0-9]+/ {
	planned[nested] = substr($1, 4)
	if (sub(/.*# SKIP */, ""))
		print_case("skip", 0, $0)
}

/^Bail out!/ { print_case("not", ran[nested] + 1, $0) }

/^(not )?ok / {
	word = result()
	number = $1 == "not" ? $3 : $2
	if (nested || suite == "") {
		flat = flat || !nested
		ran[nested]++
		print_case(word, number, text())
		next
	}
	ran[0]++
	# A suite that failed may have been cut short by that.
	if (word != "not")
		check_plan(1, suite)
	print "suite", suite, word, text()
	suite = ""
}

END {
	no_result()
	if (flat && !(0 in planned))
		planned[0] = "?"
	if (0 in planned)
		check_plan(0, "-")
	print "total", count["ok"] + 0, count["not"] + 0, count["skip"] + 0
}
