// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who gets a PIN, and how often.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyfile.h"
#include "pin.h"
#include "proto.h"

struct pin_ledger {
	pthread_mutex_t lock;	/* of the ledger and of all its PINs: a token may ask in any signer's thread */
	unsigned int count;
	char *refused[PROTO_KEYS_MAX]; /* URLs of tokens; no more than there are keys */
};

struct pin {
	struct pin_ledger *ledger;
	struct keyfile *file;	/* until it is read */
	char *path;
	char *token;		/* URL of the token that was given it */
	enum pin_fate fate;
	bool known;
	char value[KEYURL_PIN_MAX + 1];
};

struct pin_ledger *pin_ledger_new(void)
{
	struct pin_ledger *ledger = calloc(1, sizeof(*ledger));

	if (ledger)
		pthread_mutex_init(&ledger->lock, NULL);
	return ledger;
}

void pin_ledger_free(struct pin_ledger *ledger)
{
	if (!ledger)
		return;
	for (unsigned int i = 0; i < ledger->count; i++)
		free(ledger->refused[i]);
	pthread_mutex_destroy(&ledger->lock);
	free(ledger);
}

int pin_open(const struct keyurl *url, struct pin_ledger *ledger, struct pin **out, char *why, size_t room)
{
	char file_why[PROTO_TEXT_MAX];
	int ret = -ENOMEM;

	*out = NULL;
	*why = '\0';
	struct pin *pin = calloc(1, sizeof(*pin));
	if (!pin)
		goto fail;
	pin->ledger = ledger;
	pin->known = url->pin != NULL;
	if (url->pin)
		snprintf(pin->value, sizeof(pin->value), "%s", url->pin);
	if (url->pin_file) {
		pin->path = strdup(url->pin_file);
		if (!pin->path)
			goto fail;
		ret = keyfile_open(url->pin_file, &pin->file, file_why, sizeof(file_why));
		if (*file_why)
			snprintf(why, room, "has its PIN in %s, which %s", url->pin_file, file_why);
		if (ret < 0)
			goto fail;
	}
	*out = pin;
	return 0;
fail:
	if (ret == -ENOMEM)
		snprintf(why, room, "cannot be loaded: no memory");
	pin_free(pin);
	return ret;
}

/* The line's end belongs to the file, not to the PIN. */
static int take(struct pin *pin, const char *text, size_t size)
{
	while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
		size--;
	if (size == 0 || size > KEYURL_PIN_MAX || memchr(text, '\0', size) || memchr(text, '\n', size))
		return -EINVAL;
	memcpy(pin->value, text, size);
	pin->value[size] = '\0';
	pin->known = true;
	return 0;
}

int pin_read(struct pin *pin, char *why, size_t room)
{
	uint8_t *data;
	size_t size;

	if (!pin->file)
		return 0;
	int ret = keyfile_read(pin->file, &data, &size);
	if (ret < 0) {
		snprintf(why, room, "has its PIN in %s, which cannot be read (%s)", pin->path, strerror(-ret));
		return ret;
	}
	ret = take(pin, (const char *)data, size);
	if (ret < 0)
		snprintf(why, room, "has its PIN in %s, which has to hold the PIN in one line, and nothing else",
			 pin->path);
	keyfile_wipe(data, size);
	keyfile_close(pin->file);
	pin->file = NULL;
	return ret;
}

void pin_free(struct pin *pin)
{
	if (!pin)
		return;
	keyfile_close(pin->file);
	free(pin->path);
	free(pin->token);
	explicit_bzero(pin, sizeof(*pin));
	free(pin);
}

static bool has_refused(const struct pin_ledger *ledger, const char *token)
{
	for (unsigned int i = 0; i < ledger->count; i++) {
		if (strcmp(ledger->refused[i], token) == 0)
			return true;
	}
	return false;
}

static void note_refusal(struct pin *pin)
{
	struct pin_ledger *ledger = pin->ledger;

	pin->fate = PIN_WRONG;
	if (!pin->token || has_refused(ledger, pin->token) || ledger->count >= PROTO_KEYS_MAX)
		return;
	ledger->refused[ledger->count++] = pin->token;
	pin->token = NULL;
}

static enum pin_fate decide(struct pin *pin, int attempt, const char *token, unsigned int flags)
{
	if (attempt > 0 || (flags & GNUTLS_PIN_WRONG)) {
		note_refusal(pin);
		return PIN_WRONG;
	}
	if (!pin->known)
		return PIN_MISSING;
	if (pin->fate == PIN_WRONG)
		return PIN_WRONG;
	if (has_refused(pin->ledger, token))
		return PIN_WRONG_BEFORE;
	/* The token counts, over all that use it: what was wrong then may be what we would try now. */
	return flags & (GNUTLS_PIN_COUNT_LOW | GNUTLS_PIN_FINAL_TRY) ? PIN_HELD_BACK : PIN_GIVEN;
}

int pin_give(void *data, int attempt, const char *token, const char *label, unsigned int flags, char *room, size_t size)
{
	struct pin *pin = data;
	int ret = -1;

	(void)label;
	pthread_mutex_lock(&pin->ledger->lock);
	pin->fate = decide(pin, attempt, token, flags);
	if (pin->fate == PIN_GIVEN) {
		free(pin->token);
		pin->token = strdup(token);
		/* Without a name for the ledger, or room for all of it, the token gets none: it was not refused, either. */
		if (pin->token && strlen(pin->value) < size) {
			strcpy(room, pin->value);
			ret = 0;
		} else {
			pin->fate = PIN_MISSING;
		}
	}
	pthread_mutex_unlock(&pin->ledger->lock);
	return ret;
}

void pin_refused(struct pin *pin)
{
	pthread_mutex_lock(&pin->ledger->lock);
	if (pin->fate == PIN_GIVEN)
		note_refusal(pin);
	pthread_mutex_unlock(&pin->ledger->lock);
}

enum pin_fate pin_fate(struct pin *pin)
{
	pthread_mutex_lock(&pin->ledger->lock);
	enum pin_fate fate = pin->fate;
	pthread_mutex_unlock(&pin->ledger->lock);
	return fate;
}
