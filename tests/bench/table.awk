# SPDX-License-Identifier: GPL-2.0-or-later
#
# All that "./quickstart bench" has measured, as one table on standard output, and what is judged of it as lines of JSON.
#
#	awk -v figures=FILE -f statistics.awk -f table.awk NATIVE.JSON RECORDS... SKIPPED FAILED
#
# NATIVE.JSON is tests/bench/native's, RECORDS lines of JSON (tests/lib/record.sh), SKIPPED and FAILED lines "PART REASON".

function get(key,   at, text)
{
	at = index($0, "\"" key "\":")
	if (!at)
		return ""
	text = substr($0, at + length(key) + 3)
	if (text ~ /^"/) {
		sub(/^"/, "", text)
		sub(/".*/, "", text)
	} else {
		sub(/[,}].*/, "", text)
	}
	return text
}

# number KEY: the value as a number; what get() gives would be compared as a string
function number(key)
{
	return get(key) + 0
}

# take GROUP KEY...: one more member of a group, with the numbers that this line has
function take(group, list,   names, count, i, n)
{
	if (!(group in pairs))
		order[++groups] = group
	n = ++pairs[group]
	count = split(list, names, " ")
	for (i = 1; i <= count; i++)
		if (get(names[i]) != "")
			value[group, n, names[i]] = number(names[i])
	return n
}

# take_ratio GROUP N NAME A B: a column of a member, where there is such a ratio
function take_ratio(group, n, name, a, b)
{
	if (quotient(a, b) != "")
		value[group, n, name] = quotient(a, b)
}

FILENAME ~ /skipped$/ { skipped[++skips] = $0; next }
FILENAME ~ /failed$/ { failed[++failures] = $0; next }

# row NAME: a line of the tables of efficiency, "CASE TRUST CONCURRENCY"
function row(name)
{
	if (!(name in seen))
		rows[++row_count] = name
	seen[name] = 1
}

FILENAME ~ /native\.json$/ {
	if ($0 ~ /^\{"case"/ && get("efficiency") != "") {
		name = get("case") " " get("trust") " " get("concurrency")
		row(name)
		group = "native " name
		n = take(group, "efficiency supervisor_us keeper_us worker_us switches_supervisor switches_keeper switches_worker" \
			" per_cpu_s ceiling_per_cpu_s per_s")
		value[group, n, "p50_ms"] = number("latency_p50_ms")
		value[group, n, "p99_ms"] = number("latency_p99_ms")
		native_spread[name] = sprintf("%5.3f (%5.3f-%5.3f)", number("efficiency"), number("least"), number("most"))
	} else if ($0 ~ /^\{"case"/) {
		called[++called_count] = get("case")
		calls[get("case")] = get("supervisor") " " get("keeper") " " get("worker")
	} else if ($0 ~ /^"/) {
		gsub(/[",]/, "")
		facts[++fact_count] = $0
	}
	next
}

{ kind = get("kind") }

kind == "guest" {
	guests[++guest_count] = sprintf("kernel %s, %s processor(s), %s MB, GnuTLS %s, ktls-utils %s, %s authorities; clock: %s",
		get("kernel"), get("processors"), get("memory_mb"), get("gnutls"), get("reference"), get("authorities"),
		get("clock"))
}

kind == "efficiency" {
	name = get("case") " " get("trust") " " get("concurrency")
	row(name)
	group = (get("clock") == "time" ? "guest " : "instructions ") number("processors") " " name
	n = take(group, "supervisor_us keeper_us worker_us switches_supervisor switches_keeper switches_worker" \
		" per_cpu_s ceiling_per_cpu_s per_s p50_ms p99_ms")
	take_ratio(group, n, "efficiency", number("per_cpu_s"), number("ceiling_per_cpu_s"))
}

kind == "reference" {
	name = get("case") " " get("trust")
	if (!(name in compared_seen)) { compared_seen[name]; compared[++compared_count] = name }
	group = "reference " name
	# Where it lost all there is nothing to compare with: no ratio, which is not a ratio of 0.
	n = take(group, "per_s reference_per_s reference_cpu_us reference_p50_ms count succeeded")
	take_ratio(group, n, "ratio", number("per_s"), number("reference_per_s"))
	compared_rows[name] += number("count")
	compared_lost[name] += number("count") - number("succeeded")
}

kind == "pace" || kind == "burst" || kind == "psk" || kind == "defaults" { last[kind] = $0 }
kind == "memory" {
	memory[number("silent")] = number("supervisor_kb") + number("workers_kb")
	memory_text[number("silent")] = get("supervisor_kb") " + " get("workers_kb")
}
kind == "beside" {
	take("beside " number("silent"), "per_s per_cpu_s")
	if (number("silent") > most_silent)
		most_silent = number("silent")
}
kind == "data" {
	if (!(get("cipher") in data_seen)) { data_seen[get("cipher")]; ciphers[++cipher_count] = get("cipher") }
	take("data " get("cipher"), "write_mb_per_s read_mb_per_s")
}

# judge NAME VALUE TARGET AT-LEAST: a word for the table, and a line for the file; neither where there is no value
function judge(name, figure, target, least,   met)
{
	if (figure !~ /[0-9]/)
		return "-"
	figure += 0
	met = least ? figure >= target : figure <= target
	if (figures)
		printf "%s{\"figure\":\"%s\",\"value\":%.4g,\"%s\":%s,\"met\":%s}", (judged ? ",\n" : ""), name, figure,
			(least ? "at_least" : "at_most"), target, (met ? "true" : "false") >figures
	judged++
	if (!met)
		missed++
	return (met ? "met" : "MISSED") " (" (least ? ">= " : "<= ") target ")"
}

# places NUMBER N: with so many places, "-" where there is none
function places(figure, n)
{
	return figure == "" ? "-" : sprintf("%." n "f", figure)
}

# spread GROUP COLUMN FORMAT: the median with the lowest and the highest; NONE where there is none
function spread(group, column, format, none,   middle)
{
	middle = median(group, column)
	if (middle == "")
		return none
	return sprintf(format " (" format "-" format ")", middle, LEAST, MOST)
}

# say_efficiency WHERE TITLE FIGURE X509-TARGET PSK-TARGET: a table of the groups "WHERE NAME", where there are any
function say_efficiency(where, title, figure, x509, psk,   i, name, group, part, said)
{
	for (i = 1; i <= row_count; i++) {
		name = rows[i]
		group = where " " name
		if (!(group in pairs))
			continue
		if (!said++) {
			printf "\n%-30s  %-19s  %17s  %23s  %17s  %8s  %15s\n", title ":", "efficiency", "per CPU second",
				"CPU us for a handshake", "context switches", "", "ms"
			printf "%-18s %-7s %3s  %-19s  %8s %8s  %7s %7s %7s  %5s %5s %5s  %8s  %7s %7s\n", "case", "trust", "at",
				"median (spread)", "ours", "ceiling", "super.", "keeper", "worker", "sup.", "keep.", "work.", "/s", "p50", "p99"
		}
		split(name, part, " ")
		printf "%-18s %-7s %3d  %-19s  %8.2f %8.2f  %7.0f %7.0f %7.0f  %5.1f %5.1f %5.1f  %8.2f  %7.1f %7.1f  %s\n", part[1],
			part[2], part[3], (where == "native" ? native_spread[name] : spread(group, "efficiency", "%5.3f", "-")),
			median(group, "per_cpu_s"), median(group, "ceiling_per_cpu_s"), median(group, "supervisor_us"),
			median(group, "keeper_us"), median(group, "worker_us"), median(group, "switches_supervisor"),
			median(group, "switches_keeper"), median(group, "switches_worker"), median(group, "per_s"),
			median(group, "p50_ms"), median(group, "p99_ms"),
			judge(figure " " name, median(group, "efficiency"), (part[1] ~ /^psk/ ? psk : x509), 1)
	}
}

# Whether throughput is the same whatever the trust store's size: the system's beside one authority, at 8 and 64
function say_trust(where, title,   i, name, other, group, base, part, said)
{
	for (i = 1; i <= row_count; i++) {
		name = rows[i]
		split(name, part, " ")
		other = part[1] " ca " part[3]
		group = where " " name
		base = where " " other
		if (part[2] != "system" || part[1] ~ /^psk/ || part[3] < 8 || !(group in pairs) || !(base in pairs))
			continue
		if (!said++)
			printf "\n%s, the system's trust store beside that of one authority:\n", title
		printf "%-18s %3d at a time  %.2f/s beside %.2f/s, %s times; per CPU second %s times  %s\n", part[1], part[3],
			median(group, "per_s"), median(base, "per_s"), places(quotient(median(group, "per_s"), median(base, "per_s")), 2),
			places(quotient(median(group, "per_cpu_s"), median(base, "per_cpu_s")), 2),
			judge(title ", independent of the trust store: " part[1] " " part[3],
				quotient(median(group, "per_s"), median(base, "per_s")), 0.9, 1)
	}
}

function target_of(name)
{
	if (name ~ /^mutual:rsa/)
		return name ~ /system$/ ? 5 : 2
	return name ~ /system$/ ? 10 : 3
}

function say_reference(   i, name, group, part)
{
	if (!compared_count)
		return
	printf "\n%-18s %-7s  %9s %12s  %-21s %-14s  %s\n", "8 at a time", "trust", "ours /s", "reference /s", "times (spread)",
		"its CPU ms, p50", ""
	for (i = 1; i <= compared_count; i++) {
		name = compared[i]
		split(name, part, " ")
		group = "reference " name
		printf "%-18s %-7s  %9.2f %12.2f  %-21s %7.0f %6.0f  %s%s\n", part[1], part[2], median(group, "per_s"),
			median(group, "reference_per_s"), spread(group, "ratio", "%.2f", "lost all"), median(group, "reference_cpu_us") / 1000,
			median(group, "reference_p50_ms"),
			judge("times the reference " name, median(group, "ratio"), target_of(name), 1),
			(compared_lost[name] ? sprintf("; the reference lost %d of %d", compared_lost[name], compared_rows[name]) : "")
	}
}

# Whether throughput scales with the cores, at 8 and 64
function say_cores(   i, name, one, two, part, ratio, said)
{
	for (i = 1; i <= row_count; i++) {
		name = rows[i]
		split(name, part, " ")
		one = "guest 1 " name
		two = "guest 2 " name
		if (part[3] < 8 || !(one in pairs) || !(two in pairs))
			continue
		ratio = quotient(median(two, "per_s"), median(one, "per_s"))
		printf "%s%-18s %-7s %3d at a time  %.2f/s with two processors, %.2f/s with one, %s times  %s\n", (said++ ? "" : "\n"),
			part[1], part[2], part[3], median(two, "per_s"), median(one, "per_s"), places(ratio, 2),
			judge("scales with the cores: " name, ratio, 1.5, 1)
	}
}

function say_storms(   per)
{
	if ("pace" in last) {
		$0 = last["pace"]
		printf "\nstorms and silent peers, with a time-out of 600 s named by the consumer and hello_timeout_ms=0; clock: %s\n",
			get("clock")
		printf "paced requests, none refused: ours up to %s/s, the reference up to %s/s (the kernel lets %s wait)  %s\n",
			get("ours"), get("reference"), get("pending_limit"),
			(get("ratio") ~ /^[0-9]/ ? judge("pace, times the reference", number("ratio"), 10, 1) : "no ratio")
	}
	if ("burst" in last) {
		$0 = last["burst"]
		printf "%d connections at once: %d succeeded  %s, %s/s, p50 %.1f s, p99 %.1f s; p99 to burst / usual throughput (%s/s): %s  %s\n",
			number("connections"), number("succeeded"),
			judge("burst, failures", number("connections") - number("succeeded"), 0, 0), get("per_s"),
			number("p50_ms") / 1000, number("p99_ms") / 1000,
			get("usual_per_s"), get("p99_of_usual"), judge("burst, p99 to burst / throughput", get("p99_of_usual"), 1.5, 0)
	}
	if ("psk" in last) {
		$0 = last["psk"]
		printf "pre-shared keys with the request's keyring, 64 at a time: %d of %d succeeded, %s/s  %s\n", number("succeeded"),
			number("connections"), get("per_s"), judge("pre-shared keys, failures", number("connections") - number("succeeded"), 0, 0)
	}
	if (most_silent && ("beside " most_silent) in pairs) {
		printf "mutual ECDSA beside %d silent peers: %.2f/s, with none %.2f/s  %s\n", most_silent,
			median("beside " most_silent, "per_s"), median("beside 0", "per_s"),
			judge("throughput beside silent peers",
				quotient(median("beside " most_silent, "per_s"), median("beside 0", "per_s")), 0.9, 1)
		per = (memory[most_silent] - memory[0]) / most_silent
		printf "memory (Pss, KB): supervisor + workers %s with none", memory_text[0]
		if (100 in memory && most_silent != 100)
			printf ", %s with 100", memory_text[100]
		printf ", %s with %d: %.1f KB for each  %s\n", memory_text[most_silent], most_silent, per,
			judge("KB for a silent handshake", per, 100, 0)
	}
	if ("defaults" in last) {
		$0 = last["defaults"]
		printf "the same with the defaults, %d at once and %d silent: %d succeeded; as client %s, as server %s; silent ones %s" \
			" (STATUS*COUNT; 110: ETIMEDOUT)\n", number("connections"), number("silent"), number("succeeded"), get("client"),
			get("server"), get("silent_server")
	}
}

function say_data(   i)
{
	if (!cipher_count)
		return
	printf "\n%-20s %10s %10s\n", "NFS in the guest", "write MB/s", "read MB/s"
	for (i = 1; i <= cipher_count; i++)
		printf "%-20s %10.1f %10.1f\n", ciphers[i], median("data " ciphers[i], "write_mb_per_s"),
			median("data " ciphers[i], "read_mb_per_s")
}

function say_facts(   i, part, name)
{
	for (i = 1; i <= called_count; i++) {
		name = called[i]
		split(calls[name], part, " ")
		printf "native system calls per handshake, %s: supervisor %s, keeper %s, worker %s\n", name, part[1], part[2], part[3]
	}
	for (i = 1; i <= fact_count; i++) {
		split(facts[i], part, " ")
		if (part[1] == "idle")
			printf "native, idle for %d s: %d voluntary context switches  %s\n", part[2], part[3],
				judge("idle wake-ups", part[3], 0, 0)
		else if (part[1] == "start")
			printf "native, start to READY, trust store %s: %d ms (%d-%d)  %s\n", part[5], part[2], part[3], part[4],
				judge("start, ms", part[2], 100, 0)
		else if (part[1] == "memory")
			printf "native, memory with %d silent handshakes: supervisor %d KB (Pss), busiest worker %d KB\n", part[2], part[4],
				part[6]
		else if (part[1] == "beside")
			printf "native, mutual ECDSA beside %d silent handshakes: %.0f/s, %.0f per CPU second\n", part[2], part[3], part[4]
	}
}

END {
	for (i = 1; i <= guest_count; i++)
		print "guest: " guests[i]
	say_efficiency("native", "on this machine", "native efficiency", 0.85, 0.6)
	say_facts()
	say_trust("native", "native")
	say_efficiency("guest 1", "in the guest", "guest efficiency", 0.9, 0.8)
	say_efficiency("instructions 1", "the same, by instructions", "efficiency by instructions", 0.9, 0.8)
	say_trust("guest 1", "guest")
	say_trust("instructions 1", "guest, by instructions")
	say_reference()
	say_cores()
	say_storms()
	say_data()
	for (i = 1; i <= skips; i++)
		print "skipped: " skipped[i]
	for (i = 1; i <= failures; i++)
		print "FAILED: " failed[i]
	printf "\n%d figures, %d missed%s\n", judged, missed, (failures ? "; " failures " FAILED" : "")
}
