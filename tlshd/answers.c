// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sending answers, sooner or later; see answers.h.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "answers.h"
#include "log.h"

#define DONE_ATTEMPTS 3

struct answers {
	struct upcall *upcall;
	struct deadlines *deadlines;
	GQueue delayed;		/* of struct delayed */
	bool hurry;
	void (*sent)(void *user);
	void *user;
};

struct delayed {
	struct answers *answers;
	struct answer answer;
	struct deadline *due;
};

struct answers *answers_new(struct upcall *upcall, struct deadlines *deadlines, void (*sent)(void *user), void *user)
{
	struct answers *answers = g_new0(struct answers, 1);

	answers->upcall = upcall;
	answers->deadlines = deadlines;
	g_queue_init(&answers->delayed);
	answers->sent = sent;
	answers->user = user;
	return answers;
}

static void delayed_free(struct delayed *delayed)
{
	g_queue_remove(&delayed->answers->delayed, delayed);
	deadline_free(delayed->due);
	g_free(delayed);
}

void answers_free(struct answers *answers)
{
	struct delayed *delayed;

	while ((delayed = g_queue_peek_head(&answers->delayed))) {
		close(delayed->answer.fd);
		delayed_free(delayed);
	}
	g_free(answers);
}

/* Send DONE, then close: after DONE the socket is the consumer's. */
static void send_done(struct answers *answers, const struct answer *answer)
{
	int ret = -EAGAIN;

	/* Memory may be short for a moment; the kernel takes an answer once, so that to repeat it is safe. */
	for (int attempt = 0; attempt < DONE_ATTEMPTS && ret < 0; attempt++)
		ret = upcall_done(answers->upcall, answer->fd, answer->status, answer->remote_auth);
	close(answer->fd);
	log_line(LOG_DEBUG, "request %" PRIu64 ": answered with status %u", answer->number, answer->status);
	if (ret < 0)
		log_line(LOG_ERR, "the kernel did not take the answer to a handshake with %s: %s", answer->peer,
			 strerror(-ret));
}

static void send_delayed(void *user)
{
	struct delayed *delayed = user;
	struct answers *answers = delayed->answers;

	send_done(answers, &delayed->answer);
	delayed_free(delayed);
	answers->sent(answers->user);
}

bool answers_send(struct answers *answers, const struct answer *answer, uint32_t delay_ms)
{
	if (delay_ms == 0 || answers->hurry) {
		send_done(answers, answer);
		return true;
	}
	struct delayed *delayed = g_new0(struct delayed, 1);
	delayed->answers = answers;
	delayed->answer = *answer;
	delayed->due = deadline_new(answers->deadlines, send_delayed, delayed);
	g_queue_push_tail(&answers->delayed, delayed);
	deadline_set(delayed->due, proto_now_ms() + delay_ms);
	log_line(LOG_DEBUG, "request %" PRIu64 ": the answer waits for %u ms (delay_done)", answer->number, delay_ms);
	return false;
}

void answers_flush(struct answers *answers)
{
	struct delayed *delayed;

	answers->hurry = true;
	while ((delayed = g_queue_peek_head(&answers->delayed)))
		send_delayed(delayed);
}
