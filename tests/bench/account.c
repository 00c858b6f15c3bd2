// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading other processes' clocks and counters.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/account.h"

const char *const account_names[ACCOUNT_KINDS] = { "supervisor", "keeper", "worker" };

static void add_switches(const char *path, struct account *account, enum account_kind kind)
{
	char line[256];
	long long count;
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "voluntary_ctxt_switches: %lld", &count) == 1) {
			account->switches[kind] += count;
			account->waits[kind] += count;
		} else if (sscanf(line, "nonvoluntary_ctxt_switches: %lld", &count) == 1) {
			account->switches[kind] += count;
		}
	}
	if (file)
		fclose(file);
}

/* The process' clock is the scheduler's own sum over its threads; /proc/PID/stat would have hundredths of a second. */
static int add(pid_t pid, struct account *account, enum account_kind kind)
{
	struct timespec used;
	clockid_t clock;
	char path[300];

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
		return -ESRCH;
	account->cpu_ns[kind] += (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);
	if (!tasks)
		return -errno;
	for (struct dirent *entry = readdir(tasks); entry; entry = readdir(tasks)) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/status", (int)pid, entry->d_name);
		add_switches(path, account, kind);
	}
	closedir(tasks);
	return 0;
}

/* Returns whether @pid is a child of @parent, and of which kind. */
static int kind_of(const char *pid, pid_t parent, enum account_kind *kind)
{
	char path[300], name[32] = "";
	int of = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	int fields = fscanf(file, "%*d (%31[^)]) %*c %d", name, &of);
	fclose(file);
	if (fields != 2 || of != parent)
		return 0;
	for (*kind = ACCOUNT_KEEPER; *kind < ACCOUNT_KINDS; (*kind)++) {
		if (strncmp(name, account_names[*kind], strlen(account_names[*kind])) == 0)
			return 1;
	}
	return 0;
}

int account_take(pid_t pid, struct account *account)
{
	enum account_kind kind;

	memset(account, 0, sizeof(*account));
	int ret = add(pid, account, ACCOUNT_SUPERVISOR);
	DIR *processes = opendir("/proc");
	if (!processes)
		return -errno;
	for (struct dirent *entry = readdir(processes); ret == 0 && entry; entry = readdir(processes)) {
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && kind_of(entry->d_name, pid, &kind))
			ret = add(atoi(entry->d_name), account, kind);
	}
	closedir(processes);
	return ret;
}

void account_print(FILE *to, const struct account *before, const struct account *after, unsigned int handshakes)
{
	int64_t total_ns = 0;

	for (int i = 0; i < ACCOUNT_KINDS; i++) {
		int64_t used_ns = after->cpu_ns[i] - before->cpu_ns[i];
		total_ns += used_ns;
		fprintf(to, ",\"cpu_%s_us\":%.1f,\"switches_%s\":%.2f,\"waits_%s\":%" PRId64, account_names[i],
			handshakes ? used_ns / 1e3 / handshakes : used_ns / 1e3, account_names[i],
			(double)(after->switches[i] - before->switches[i]) / (handshakes ? handshakes : 1), account_names[i],
			after->waits[i] - before->waits[i]);
	}
	fprintf(to, ",\"cpu_us\":%.1f,\"per_cpu_s\":%.2f", handshakes ? total_ns / 1e3 / handshakes : total_ns / 1e3,
		total_ns ? handshakes * 1e9 / total_ns : 0);
}
