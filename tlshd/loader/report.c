// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Problems go to the supervisor as PROTO_NOTICE, one line each.
 */
#include <config.h>

#include <glib.h>
#include <stdarg.h>
#include <syslog.h>

#include "loader/report.h"
#include "proto.h"

/* A file with thousands of bad lines is one mistake, not thousands of log lines. */
#define REPORT_LINES_MAX 100

struct report {
	int channel;
	unsigned int lines;
	bool failed;
};

struct report *report_new(int channel)
{
	struct report *report = g_new0(struct report, 1);

	report->channel = channel;
	return report;
}

void report_free(struct report *report)
{
	g_free(report);
}

/* Names from files may hold anything; a log line must stay one line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if (g_ascii_iscntrl(*text))
			*text = '?';
	}
}

static void say(struct report *report, int priority, const struct place *place, const char *format, va_list args)
{
	if (report->lines > REPORT_LINES_MAX)
		return;
	if (report->lines++ == REPORT_LINES_MAX) {
		proto_notice(report->channel, priority, "%s: more problems than %d: mend these first, then check again",
			     place->file, REPORT_LINES_MAX);
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
	proto_notice(report->channel, priority, "%s", line->str);
	g_string_free(line, TRUE);
}

void report_error(struct report *report, const struct place *place, const char *format, ...)
{
	va_list args;

	report->failed = true;
	va_start(args, format);
	say(report, LOG_ERR, place, format, args);
	va_end(args);
}

void report_warning(struct report *report, const struct place *place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(report, LOG_WARNING, place, format, args);
	va_end(args);
}

bool report_failed(const struct report *report)
{
	return report->failed;
}
