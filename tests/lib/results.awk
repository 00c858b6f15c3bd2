# SPDX-License-Identifier: GPL-2.0-or-later
#
# Count the results in one test program's output; prints "PASSED FAILED SKIPPED" and then a line for each failure.
#
#	awk -v name=NAME -v status=EXIT-STATUS -v must=1 -f results.awk OUTPUT
#
# Two forms are understood: ours ("plan N", "pass NAME", "fail NAME reason", "skip NAME reason") and TAP at the outer
# level ("1..N", "ok N - name", "not ok N - name"). With must=1 a program without any result is a failure; otherwise its
# exit status is its one result, as automake has it (77 is a skip).

BEGIN { planned = -1 }

{ sub(/\r$/, "") }

$1 == "plan" && NF == 2 { planned = $2; next }
/^1\.\.[0-9]+/ {
	planned = substr($1, 4)
	if (planned == 0)
		skipped++
	next
}
$1 == "pass" && NF >= 2 { passed++; next }
$1 == "skip" && NF >= 2 { skipped++; next }
$1 == "fail" && NF >= 2 { failure(substr($0, 6)); next }
/^not ok( |$)/ {
	if (tolower($0) ~ /# todo/)
		skipped++
	else
		failure(name ": " $0)
	next
}
/^ok( |$)/ {
	if (tolower($0) ~ /# skip/)
		skipped++
	else
		passed++
	next
}

function failure(text)
{
	failed++
	reasons = reasons text "\n"
}

END {
	results = passed + failed + skipped
	if (results == 0 && planned < 0 && !must) {
		if (status == 0)
			passed++
		else if (status == 77)
			skipped++
		else
			failure(name ": exit status " status)
	} else {
		if (planned < 0)
			failure(name ": it ended before it said what it would do")
		# Each missing result is a failure: a program that dies half-way must not look better for it.
		for (i = results; i < planned; i++)
			failure(name ": ended before its plan was complete: result " i + 1 " of " planned " is missing")
		if (planned > 0 && results > planned)
			failure(name ": " results " results, " planned " planned")
		# "1..0 # SKIP" and status 77 say the same.
		if (status != 0 && failed == 0 && !(status == 77 && planned == 0 && passed + failed == 0))
			failure(name ": exit status " status " although no result failed")
	}
	print passed + 0, failed + 0, skipped + 0
	printf "%s", reasons
}
