# SPDX-License-Identifier: GPL-2.0-or-later
#
# From what tests/bench/native noted to a table on standard output and a file of JSON.
#
#	awk -v out=FILE -f statistics.awk -f native.awk ROWS CALLS FACTS

FILENAME ~ /rows$/ {
	group = $1 " " $2 " " $3
	if (!(group in pairs))
		groups[++group_count] = group
	n = ++pairs[group]
	for (i = 4; i <= NF; i++)
		value[group, n, i] = $i + 0
	if (quotient($4, $5) != "")
		value[group, n, "efficiency"] = quotient($4, $5)
}

FILENAME ~ /calls$/ { calls[$1, $2] = $3; if ($2 == "worker") called[++called_count] = $1 }

FILENAME ~ /facts$/ { facts[++fact_count] = $0 }

function number(name, group, column)
{
	return sprintf(",\"%s\":%.4g", name, median(group, column))
}

function write_rows(   i, g, part)
{
	for (i = 1; i <= group_count; i++) {
		g = groups[i]
		split(g, part, " ")
		printf "%s\n{\"case\":\"%s\",\"trust\":\"%s\",\"concurrency\":%d", (i > 1 ? "," : ""), part[1], part[2], part[3] >out
		printf ",\"efficiency\":%.3f", median(g, "efficiency") >out
		printf ",\"least\":%.3f,\"most\":%.3f", LEAST, MOST >out
		printf "%s%s%s%s", number("per_cpu_s", g, 4), number("ceiling_per_cpu_s", g, 5), number("supervisor_us", g, 6),
			number("keeper_us", g, 7) >out
		printf "%s%s%s%s", number("worker_us", g, 8), number("switches_supervisor", g, 9), number("switches_keeper", g, 10),
			number("switches_worker", g, 11) >out
		printf "%s%s%s}", number("per_s", g, 12), number("latency_p50_ms", g, 13), number("latency_p99_ms", g, 14) >out
	}
}

function write_json(   i, part)
{
	printf "{\"rows\":[" >out
	write_rows()
	printf "\n],\"system_calls\":[" >out
	for (i = 1; i <= called_count; i++)
		printf "%s\n{\"case\":\"%s\",\"supervisor\":%s,\"keeper\":%s,\"worker\":%s}", (i > 1 ? "," : ""), called[i],
			calls[called[i], "supervisor"], calls[called[i], "keeper"], calls[called[i], "worker"] >out
	printf "\n],\"facts\":[" >out
	for (i = 1; i <= fact_count; i++)
		printf "%s\n\"%s\"", (i > 1 ? "," : ""), facts[i] >out
	printf "\n]}\n" >out
}

function say_facts(   i, part)
{
	for (i = 1; i <= fact_count; i++) {
		split(facts[i], part, " ")
		if (part[1] == "idle")
			printf "idle for %d s: %d voluntary context switches\n", part[2], part[3]
		else if (part[1] == "start")
			printf "start to READY, trust store %s: %d ms (%d-%d)\n", part[5], part[2], part[3], part[4]
		else if (part[1] == "memory")
			printf "memory with %d silent handshakes: supervisor %d KB (Pss %d), busiest worker %d KB (Pss %d)\n", part[2],
				part[3], part[4], part[5], part[6]
		else if (part[1] == "beside")
			printf "mutual ECDSA beside %d silent handshakes: %.0f/s, %.0f per CPU second\n", part[2], part[3], part[4]
		else
			print facts[i]
	}
}

END {
	printf "%-18s %-7s %3s  %-18s %8s %8s  %6s %6s %6s  %5s %5s %5s  %7s %8s\n", "", "", "", "efficiency", "ours", "ceiling",
		"super.", "keeper", "worker", "", "", "", "", "p50"
	printf "%-18s %-7s %3s  %-18s %8s %8s  %20s  %17s  %7s %8s\n", "case", "trust", "at", "median (spread)", "/CPU s", "/CPU s",
		"us per handshake", "context switches", "/s", "ms"
	for (i = 1; i <= group_count; i++) {
		g = groups[i]
		split(g, part, " ")
		e = median(g, "efficiency")
		printf "%-18s %-7s %3d  %.3f (%.3f-%.3f) %8.1f %8.1f  %6.0f %6.0f %6.0f  %5.1f %5.1f %5.1f  %7.0f %8.1f\n", part[1],
			part[2], part[3], e, LEAST, MOST, median(g, 4), median(g, 5), median(g, 6), median(g, 7), median(g, 8),
			median(g, 9), median(g, 10), median(g, 11), median(g, 12), median(g, 13)
	}
	for (i = 1; i <= called_count; i++)
		printf "system calls per handshake, %s: supervisor %s, keeper %s, worker %s\n", called[i], calls[called[i], "supervisor"],
			calls[called[i], "keeper"], calls[called[i], "worker"]
	say_facts()
	if (out)
		write_json()
}
