// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An application that uses a mount and must never see an error: writes records, syncs them, reads them back from the
 * server and compares, until SIGTERM.
 *
 *	ioload FILE STATUS-FILE
 *
 * The status file, which must lie on a file system that is always there, holds one line: "rounds N errors N longest_ms N
 * last TEXT". Exit status 0 if there was no error.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RECORD 65536
#define RECORDS 4
#define PAUSE_NS 100000000	/* between two rounds: a load, not a benchmark */

static volatile sig_atomic_t end;	/* the one thing that a signal handler may touch */

struct load {
	const char *path;
	int status_fd;
	unsigned long rounds, errors;
	int64_t longest_ms;
	char last[128];
	uint64_t *record, *back;
};

static void on_term(int number)
{
	(void)number;
	end = 1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note(struct load *load, const char *step, const char *what)
{
	load->errors++;
	snprintf(load->last, sizeof(load->last), "%s: %s (round %lu)", step, what, load->rounds);
}

static void tell(struct load *load)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "rounds %lu errors %lu longest_ms %" PRId64 " last %-100s\n", load->rounds,
			      load->errors, load->longest_ms, load->last[0] ? load->last : "none");

	if (pwrite(load->status_fd, text, length, 0) != length)
		exit(2);
}

/* Each record differs from all before it, so that an old one in its place is noticed. */
static void fill(struct load *load, unsigned long place)
{
	for (size_t i = 0; i < RECORD / sizeof(uint64_t); i++)
		load->record[i] = ((uint64_t)load->rounds << 32) ^ (place << 24) ^ i;
}

static void write_records(struct load *load)
{
	int fd = open(load->path, O_RDWR | O_CREAT, 0600);

	if (fd < 0) {
		note(load, "open for writing", strerror(errno));
		return;
	}
	for (unsigned long place = 0; place < RECORDS; place++) {
		fill(load, place);
		ssize_t written = pwrite(fd, load->record, RECORD, place * RECORD);
		if (written != RECORD)
			note(load, "write", written < 0 ? strerror(errno) : "short");
	}
	if (fsync(fd) < 0)
		note(load, "fsync", strerror(errno));
	if (close(fd) < 0)
		note(load, "close", strerror(errno));
}

/* Past the page cache, which would answer without the server. */
static void read_records(struct load *load)
{
	int fd = open(load->path, O_RDONLY | O_DIRECT);

	if (fd < 0) {
		note(load, "open for reading", strerror(errno));
		return;
	}
	for (unsigned long place = 0; place < RECORDS; place++) {
		fill(load, place);
		ssize_t got = pread(fd, load->back, RECORD, place * RECORD);
		if (got != RECORD)
			note(load, "read", got < 0 ? strerror(errno) : "short");
		else if (memcmp(load->record, load->back, RECORD) != 0)
			note(load, "compare", "what was read is not what was written");
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct load load = { 0 };
	const struct timespec pause_time = { .tv_nsec = PAUSE_NS };
	const struct sigaction action = { .sa_handler = on_term, .sa_flags = SA_RESTART };

	if (argc != 3) {
		fprintf(stderr, "usage: ioload FILE STATUS-FILE\n");
		return 2;
	}
	load.path = argv[1];
	load.status_fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (load.status_fd < 0 || posix_memalign((void **)&load.record, 4096, RECORD) ||
	    posix_memalign((void **)&load.back, 4096, RECORD)) {
		fprintf(stderr, "ioload: %s: %s\n", argv[2], strerror(errno));
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	while (!end) {
		int64_t began = now_ms();
		write_records(&load);
		read_records(&load);
		load.rounds++;
		if (now_ms() - began > load.longest_ms)
			load.longest_ms = now_ms() - began;
		tell(&load);
		nanosleep(&pause_time, NULL);
	}
	return load.errors ? 1 : 0;
}
