// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Problems go to the supervisor as PROTO_NOTICE, one line each.
 */
#include <config.h>

#include <glib.h>
#include <stdarg.h>
#include <syslog.h>

#include "loader/problems.h"
#include "proto.h"

/* A file with thousands of bad lines is one mistake, not thousands of log lines. */
#define PROBLEMS_LINES_MAX 100

struct problems {
	int channel;
	unsigned int lines;
	bool failed;
};

struct problems *problems_new(int channel)
{
	struct problems *problems = g_new0(struct problems, 1);

	problems->channel = channel;
	return problems;
}

void problems_free(struct problems *problems)
{
	g_free(problems);
}

/* Names from files may hold anything; a log line must stay one line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (g_ascii_iscntrl(*text))
			*text = '?';
	}
}

static void say(struct problems *problems, int priority, const struct place *place, const char *format, va_list args)
{
	if (problems->lines > PROBLEMS_LINES_MAX)
		return;
	if (problems->lines++ == PROBLEMS_LINES_MAX) {
		proto_notice(problems->channel, priority, "%s: more problems than %d: mend these first, then check again",
			     place->file, PROBLEMS_LINES_MAX);
		return;
	}

	GString *line = g_string_new(place->file);
	if (place->line > 0)
		g_string_append_printf(line, ":%u", place->line);
	g_string_append(line, ": ");
	if (place->key)
		g_string_append_printf(line, "%s: ", place->key);
	g_string_append_vprintf(line, format, args);
	make_printable(line->str);
	proto_notice(problems->channel, priority, "%s", line->str);
	g_string_free(line, TRUE);
}

void problems_error(struct problems *problems, const struct place *place, const char *format, ...)
{
	va_list args;

	problems->failed = true;
	va_start(args, format);
	say(problems, LOG_ERR, place, format, args);
	va_end(args);
}

void problems_warning(struct problems *problems, const struct place *place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(problems, LOG_WARNING, place, format, args);
	va_end(args);
}

bool problems_failed(const struct problems *problems)
{
	return problems->failed;
}
