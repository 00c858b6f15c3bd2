// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Searches the memory of processes for the secret numbers of private keys, in both byte orders, and for the text of the
 * key file.
 *
 *	memsearch PID KEY-FILE...
 *
 * Prints a line "KEY-FILE NAME: N" for each number, N being the places where a piece of it lies, and a last line with
 * how much was searched. A number is looked for in pieces of 16 bytes: memory that was freed keeps parts only. The exit
 * status says only whether the search took place.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keynumbers.h"

#define PIECE 16
#define PIECES_MAX 512
#define BLOCK (1024 * 1024)

struct piece {
	unsigned char bytes[PIECE];
	unsigned int number;		/* which it belongs to */
};

struct found {
	char name[PATH_MAX + 32];
	unsigned long count;
};

struct search {
	struct piece pieces[PIECES_MAX];
	unsigned int piece_count;
	struct found found[KEYNUMBERS_MAX * 8];
	unsigned int found_count;
	unsigned char *block;
	uint64_t searched, unreadable;
	/* Which two first bytes a piece begins with: nearly all places are ruled out by one look. */
	unsigned char begins[65536];
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "memsearch: %s: %s\n", what, why);
	exit(2);
}

static void add_pieces(struct search *search, const unsigned char *data, size_t size)
{
	for (size_t at = 0; at + PIECE <= size; at += PIECE) {
		if (search->piece_count == PIECES_MAX)
			die("key", "too large");
		struct piece *piece = &search->pieces[search->piece_count++];
		memcpy(piece->bytes, data + at, PIECE);
		piece->number = search->found_count;
		search->begins[piece->bytes[0] << 8 | piece->bytes[1]] = 1;
	}
}

static void end_number(struct search *search, const char *file, const char *name)
{
	snprintf(search->found[search->found_count++].name, sizeof(search->found[0].name), "%s %s", file, name);
}

static void add_number(struct search *search, const char *file, const struct keynumber *number)
{
	unsigned char *reversed = malloc(number->value.size);

	for (unsigned int i = 0; i < number->value.size; i++)
		reversed[i] = number->value.data[number->value.size - 1 - i];
	add_pieces(search, number->value.data, number->value.size);
	add_pieces(search, reversed, number->value.size);
	end_number(search, file, number->name);
	free(reversed);
}

/* The lines between the PEM markers; the first two begin with what all keys of a type have in common. */
static void add_text(struct search *search, const char *file)
{
	char line[256];
	FILE *stream = fopen(file, "r");
	unsigned int count = 0;
	bool inside = false;

	while (stream && fgets(line, sizeof(line), stream)) {
		if (strncmp(line, "-----BEGIN ", 11) == 0 && strstr(line, "PRIVATE KEY"))
			inside = true;
		else if (strncmp(line, "-----END ", 9) == 0)
			inside = false;
		else if (inside && (count++ >= 2 || strlen(line) < 64))
			add_pieces(search, (unsigned char *)line, strcspn(line, "\n"));
	}
	if (stream)
		fclose(stream);
	end_number(search, file, "text");
}

static void add_key(struct search *search, const char *file)
{
	struct keynumber numbers[KEYNUMBERS_MAX];

	int count = keynumbers_read(file, numbers);
	if (count < 0)
		die(file, gnutls_strerror(count));
	for (int i = 0; i < count; i++)
		add_number(search, file, &numbers[i]);
	add_text(search, file);
}

static void search_block(struct search *search, size_t size)
{
	const unsigned char *block = search->block;

	for (size_t at = 0; at + PIECE <= size; at++) {
		if (!search->begins[block[at] << 8 | block[at + 1]])
			continue;
		for (unsigned int i = 0; i < search->piece_count; i++) {
			if (memcmp(block + at, search->pieces[i].bytes, PIECE) == 0)
				search->found[search->pieces[i].number].count++;
		}
	}
}

/* Blocks overlap, so that no piece hides between two of them. */
static void search_range(struct search *search, int fd, uint64_t from, uint64_t to)
{
	while (from < to) {
		size_t want = to - from < BLOCK ? to - from : BLOCK;
		ssize_t got = pread(fd, search->block, want, from);
		if (got <= 0) {
			search->unreadable += want;
			from += want;
			continue;
		}
		search_block(search, got);
		search->searched += got;
		from += (size_t)got > PIECE && from + got < to ? (size_t)got - PIECE + 1 : (size_t)got;
	}
}

static void search_memory(struct search *search, const char *pid)
{
	char path[64], line[512], rights[8];
	uint64_t from, to;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path, strerror(errno));
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	FILE *maps = fopen(path, "r");
	if (!maps)
		die(path, strerror(errno));
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, rights) == 3 && !strstr(line, "[v"))
			search_range(search, fd, from, to);
	}
	fclose(maps);
	close(fd);
}

/* Files in memory that the process holds without mapping them. */
static void search_memfds(struct search *search, const char *pid)
{
	char path[64], link[PATH_MAX], file[PATH_MAX + 64];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		if (length < 0)
			continue;
		link[length] = '\0';
		if (strncmp(link, "/memfd:", 7) != 0)
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		int fd = open(file, O_RDONLY);
		if (fd >= 0) {
			search_range(search, fd, 0, lseek(fd, 0, SEEK_END));
			close(fd);
		}
	}
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	struct search *search = calloc(1, sizeof(*search));

	if (argc < 3 || !search) {
		fprintf(stderr, "usage: memsearch PID KEY-FILE...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		add_key(search, argv[i]);
	search->block = malloc(BLOCK);
	if (!search->block)
		die("memory", strerror(errno));
	search_memory(search, argv[1]);
	search_memfds(search, argv[1]);
	for (unsigned int i = 0; i < search->found_count; i++)
		printf("%s: %lu\n", search->found[i].name, search->found[i].count);
	printf("searched %" PRIu64 " bytes, could not read %" PRIu64 "\n", search->searched, search->unreadable);
	return search->searched > 0 ? 0 : 2;
}
