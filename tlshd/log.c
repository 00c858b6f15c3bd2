// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log, without ever waiting for its reader.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "log.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"
#define IDENTIFIER "tlshd"
#define LINE_MAX_BYTES 3072	/* below PIPE_BUF, so that a pipe takes a line whole or not at all */

/* A place that lines go to. Each has its own reader, and must not suffer from what another one's does. */
struct place {
	bool used;
	unsigned long unsaid;	/* lines lost since the reader was last told */
};

/* There is one log in a process, and every module writes to it: the one piece of state that is not passed. */
static struct {
	int system_fd;		/* connected datagram socket, or -1 */
	bool journal;		/* system_fd speaks the journal's protocol */
	struct place stderr_place;
	mode_t stderr_type;	/* S_IFMT of standard error; 0: not looked at yet */
	struct place system_place;
	int threshold;
	unsigned long dropped;
} state = { .system_fd = -1, .stderr_place.used = true, .threshold = LOG_INFO };

static int connect_datagram(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void connect_system(void)
{
	if (state.system_fd >= 0)
		close(state.system_fd);
	state.system_fd = connect_datagram(JOURNAL_SOCKET);
	state.journal = state.system_fd >= 0;
	if (!state.journal)
		state.system_fd = connect_datagram(SYSLOG_SOCKET);
}

void log_open(enum log_target target)
{
	struct stat status;

	state.stderr_type = fstat(STDERR_FILENO, &status) == 0 ? status.st_mode & S_IFMT : 0;
	if (target != LOG_TARGET_STDERR)
		connect_system();
	state.system_place.used = state.system_fd >= 0;
	state.stderr_place.used = target != LOG_TARGET_SYSTEM || !state.system_place.used;
}

void log_threshold(int priority)
{
	state.threshold = priority;
}

unsigned long log_dropped(void)
{
	return state.dropped;
}

void log_escape(char *out, size_t size, const char *text)
{
	size_t used = 0;

	while (*text) {
		gunichar c = g_utf8_get_char_validated(text, -1);
		bool valid = c != (gunichar)-1 && c != (gunichar)-2 && g_unichar_isprint(c);
		size_t length = valid ? (size_t)(g_utf8_next_char(text) - text) : 1;
		if (used + (valid ? length : 4) >= size)
			break;
		if (valid)
			memcpy(out + used, text, length);
		else
			snprintf(out + used, 5, "\\x%02x", (unsigned char)*text);
		used += valid ? length : 4;
		text += length;
	}
	out[used] = '\0';
}

static GString *journal_text(int priority, const struct log_field *fields, size_t count, const char *line)
{
	GString *text = g_string_sized_new(512);

	g_string_printf(text, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\nSYSLOG_PID=%d\n", line,
			priority, LOG_DAEMON >> 3, IDENTIFIER, (int)getpid());
	for (size_t i = 0; i < count; i++) {
		char value[LINE_MAX_BYTES];
		log_escape(value, sizeof(value), fields[i].value);
		g_string_append_printf(text, "%s=%s\n", fields[i].name, value);
	}
	return text;
}

static GString *syslog_text(int priority, const char *line)
{
	GString *text = g_string_sized_new(512);
	char stamp[32];
	time_t now = time(NULL);
	struct tm local;

	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", localtime_r(&now, &local));
	g_string_printf(text, "<%d>%s %s[%d]: %s", LOG_DAEMON | priority, stamp, IDENTIFIER, (int)getpid(), line);
	return text;
}

/*
 * A datagram is taken whole or not at all. A reader that went away (restart of the journal) is looked for once more, and
 * who is found then may speak the other protocol.
 */
static bool write_system(int priority, const struct log_field *fields, size_t count, const char *line)
{
	if (state.system_fd < 0)
		connect_system();
	for (int attempt = 0; attempt < 2 && state.system_fd >= 0; attempt++) {
		GString *text = state.journal ? journal_text(priority, fields, count, line) : syslog_text(priority, line);
		ssize_t sent = send(state.system_fd, text->str, text->len, MSG_DONTWAIT | MSG_NOSIGNAL);
		int error = errno;
		g_string_free(text, TRUE);
		if (sent >= 0)
			return true;
		if (error != ECONNREFUSED && error != ENOTCONN && error != ECONNRESET)
			return false;
		connect_system();
	}
	return false;
}

/*
 * Standard error may be a pipe or a socket that nobody reads: a pipe that polls writable takes PIPE_BUF bytes. A file never
 * waits for a reader.
 */
static bool write_stderr(int priority, const struct log_field *fields, size_t count, const char *line)
{
	struct pollfd pollfd = { .fd = STDERR_FILENO, .events = POLLOUT };
	char text[LINE_MAX_BYTES + 16];
	int length = snprintf(text, sizeof(text), "%s: %s\n", IDENTIFIER, line);

	(void)priority;
	(void)fields;
	(void)count;
	if (state.stderr_type == S_IFSOCK)
		return send(STDERR_FILENO, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) == length;
	if (state.stderr_type != S_IFREG && (poll(&pollfd, 1, 0) != 1 || !(pollfd.revents & POLLOUT)))
		return false;
	return write(STDERR_FILENO, text, length) == length;
}

typedef bool (*write_fn)(int priority, const struct log_field *fields, size_t count, const char *line);

/* What was lost is said as soon as the reader takes lines again, before the next one. */
static void write_place(struct place *place, write_fn write_line, int priority, const struct log_field *fields,
			size_t count, const char *line)
{
	char lost[96];

	if (!place->used)
		return;
	if (place->unsaid > 0) {
		snprintf(lost, sizeof(lost), "%lu log lines were lost because the log's reader did not take them",
			 place->unsaid);
		if (write_line(LOG_WARNING, NULL, 0, lost))
			place->unsaid = 0;
	}
	/* A smaller line that would still find room must not make the count wrong. */
	if (place->unsaid > 0 || !write_line(priority, fields, count, line)) {
		place->unsaid++;
		state.dropped++;
	}
}

void log_event(int priority, const struct log_field *fields, size_t count, const char *message)
{
	char line[LINE_MAX_BYTES];

	if (priority > state.threshold)
		return;
	log_escape(line, sizeof(line), message);
	write_place(&state.system_place, write_system, priority, fields, count, line);
	write_place(&state.stderr_place, write_stderr, priority, fields, count, line);
}

void log_line(int priority, const char *format, ...)
{
	char message[LINE_MAX_BYTES];
	va_list args;

	if (priority > state.threshold)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_event(priority, NULL, 0, message);
}
