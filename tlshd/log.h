/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: journal (native protocol, with fields), else syslog, else standard error. It never blocks, because whoever
 * reads it may be waiting for storage that waits for us: what does not fit is dropped, counted, and the count is said
 * with the next line that gets through.
 */
#ifndef TLSHD_LOG_H
#define TLSHD_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

enum log_target {
	LOG_TARGET_SYSTEM,		/* the journal or syslog; standard error where there is neither */
	LOG_TARGET_SYSTEM_AND_STDERR,	/* option -s */
	LOG_TARGET_STDERR,		/* --check-config: for the person at the terminal */
};

/* A journal field; NAME is upper case, value is text. */
struct log_field {
	const char *name;
	const char *value;
};

/**
 * log_open - find the log's places; before that, and where there is none, lines go to standard error
 * @target: where to
 */
void log_open(enum log_target target);

/** log_threshold - lines of a higher priority number than this are not written; LOG_INFO at start */
void log_threshold(int priority);

/**
 * log_line - one line
 * @priority: LOG_ERR and so on
 *
 * Control characters are escaped, so that one call is one line whoever supplied the text.
 */
void log_line(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** log_event - one line with journal fields; the line itself has to say all that matters, for the other places */
void log_event(int priority, const struct log_field *fields, size_t count, const char *message);

/** log_dropped - lines lost so far because nobody read them */
unsigned long log_dropped(void);

/**
 * log_escape - copy text, control characters and invalid bytes written as \xNN
 * @out: at least one byte; always terminated
 *
 * Cuts at the end of @out, never within an escape.
 */
void log_escape(char *out, size_t size, const char *text);

#endif
