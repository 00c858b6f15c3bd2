// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel announces a request once, and only to whoever listens then: so the queue is asked until it says EAGAIN, and
 * asked again whenever we stopped before that.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include <glib.h>

#include "intake.h"
#include "log.h"
#include "privilege.h"

#define RESERVED_FILES 64	/* descriptors for anything but sockets of requests and generations */
#define RETRY_MS 1000
#define ERRORS_MAX 64		/* in a row; more of them would be an endless loop, not a queue of failed requests */

struct intake {
	struct upcall *upcall;
	unsigned int most, open;
	bool accepting;		/* in accept_all(): no recursion */
	bool full;		/* the limit is reached: requests may wait in the kernel */
	bool stopped;
	guint retry;
	void (*take)(void *user, const struct handshake_request *request, bool understood);
	void *user;
};

struct intake *intake_new(struct upcall *upcall,
			  void (*take)(void *user, const struct handshake_request *request, bool understood),
			  void *user)
{
	struct intake *intake = g_new0(struct intake, 1);

	intake->upcall = upcall;
	intake->take = take;
	intake->user = user;
	return intake;
}

void intake_free(struct intake *intake)
{
	g_clear_handle_id(&intake->retry, g_source_remove);
	g_free(intake);
}

unsigned int intake_open(const struct intake *intake)
{
	return intake->open;
}

static unsigned int limit(const struct generation *generation)
{
	struct rlimit files = { .rlim_cur = 1024 };
	unsigned int configured = generation_snapshot(generation)->settings.max_handshakes;

	getrlimit(RLIMIT_NOFILE, &files);
	unsigned int reserved = RESERVED_FILES + GENERATIONS_MAX * generation_files(generation);
	unsigned int possible = files.rlim_cur > 2 * reserved ? files.rlim_cur - reserved : files.rlim_cur / 2;
	return configured ? MIN(configured, possible) : possible;
}

/* The kernel has linked the request's keyring into our process keyring: the next request must not find it there. */
static void clear_keyring(void)
{
	int ret = privilege_clear_keyring();

	if (ret < 0)
		log_line(LOG_ERR, "cannot empty the process keyring: %s", strerror(-ret));
}

static void accept_all(struct intake *intake);

static gboolean try_again(gpointer user_data)
{
	struct intake *intake = user_data;

	intake->retry = 0;
	accept_all(intake);
	return G_SOURCE_REMOVE;
}

static void accept_all(struct intake *intake)
{
	struct handshake_request request;
	unsigned int errors = 0;

	if (intake->accepting || intake->stopped)
		return;
	intake->accepting = true;
	while (errors < ERRORS_MAX) {
		intake->full = intake->open >= intake->most;
		if (intake->full)
			break;
		int ret = upcall_accept(intake->upcall, &request);
		if (ret == -EAGAIN)
			break;
		if (ret == -EMFILE || ret == -ENFILE) {
			/* That one was an I/O error for its consumer; the others are safe in the queue. */
			log_line(LOG_ERR, "out of descriptors (%s): a request was lost, others wait: raise LimitNOFILE, or lower "
				 "max_handshakes", strerror(-ret));
			errors = ERRORS_MAX;
			continue;
		}
		if (request.fd < 0) {
			clear_keyring();
			log_line(LOG_ERR, "the kernel could not hand over a request (%s): its consumer was refused",
				 strerror(-ret));
			errors++;
			continue;
		}
		errors = 0;
		intake->open++;
		intake->take(intake->user, &request, ret == 0);
		clear_keyring();
	}
	intake->accepting = false;
	/* What is left in the queue is not announced again. */
	if (errors == ERRORS_MAX && !intake->retry)
		intake->retry = g_timeout_add(RETRY_MS, try_again, intake);
}

void intake_use(struct intake *intake, const struct generation *generation)
{
	intake->most = limit(generation);
	accept_all(intake);
}

void intake_wakeup(struct intake *intake)
{
	accept_all(intake);
}

void intake_answered(struct intake *intake)
{
	intake->open--;
	if (intake->full)
		accept_all(intake);
}

void intake_stop(struct intake *intake)
{
	intake->stopped = true;
}
