/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration, read and checked as far as it can be without opening the files that it names.
 */
#ifndef TLSHD_LOADER_SETTINGS_H
#define TLSHD_LOADER_SETTINGS_H

#include <glib.h>

#include "loader/priority.h"
#include "loader/problems.h"
#include "snapshot.h"

/* The files that one role may name. */
enum settings_file {
	SETTINGS_TRUSTSTORE,
	SETTINGS_CRL,
	SETTINGS_CERTIFICATE,
	SETTINGS_PRIVATE_KEY,
	SETTINGS_PQ_CERTIFICATE,
	SETTINGS_PQ_PRIVATE_KEY,
	SETTINGS_FILES
};

/* One of them, with the place that names it. */
struct settings_path {
	struct place place;
	bool url;		/* a URL, which may hold a secret: only keyurl_name() of it may be shown */
	char *path;		/* absolute, unless it is a URL */
};

struct settings;

/**
 * settings_parse - read a configuration
 * @file: its path, for messages, and as the folder that relative paths in it start from
 * @text: its contents
 * @problems: where problems go
 *
 * Returns NULL only when the file as a whole cannot be read as a key file; otherwise problems_failed() tells whether
 * what is returned may be used. Free with settings_free().
 */
struct settings *settings_parse(const char *file, GBytes *text, struct problems *problems);
void settings_free(struct settings *settings);

/** settings_keyrings - the keyrings that are named, struct snapshot_keyring; stays the settings' */
const GArray *settings_keyrings(const struct settings *settings);

/** settings_preference - the ciphers that are to come first; whether there are such is not known yet */
const struct preference *settings_preference(const struct settings *settings);

/** settings_numbers - all numbers, defaults where nothing is configured */
const struct snapshot_settings *settings_numbers(const struct settings *settings);

/**
 * settings_path - a file that a role names
 * @role: enum proto_role
 *
 * Returns NULL where the configuration names none.
 */
const struct settings_path *settings_path(const struct settings *settings, guint32 role, enum settings_file which);

#endif
