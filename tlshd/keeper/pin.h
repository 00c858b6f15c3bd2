/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PINs of tokens. A token locks itself after a few wrong ones, so a PIN that a token has refused is never tried again:
 * not by this keeper, for whichever key, and not by a later one where the token says that somebody was wrong before.
 */
#ifndef TLSHD_KEEPER_PIN_H
#define TLSHD_KEEPER_PIN_H

#include <stddef.h>

#include "keyurl.h"

/* What the keys of one keeper have in common: the tokens that have refused a PIN. */
struct pin_ledger;

/* The PIN of one URL; it may have none. */
struct pin;

/* What became of it, most telling first. */
enum pin_fate {
	PIN_NOT_ASKED,		/* the token has not asked */
	PIN_GIVEN,		/* the token was given it */
	PIN_MISSING,		/* the token asked, and the URL has none */
	PIN_WRONG,		/* the token refused it */
	PIN_WRONG_BEFORE,	/* not given: the token refused one for another key of this keeper */
	PIN_HELD_BACK,		/* not given: the token says that the last PIN was wrong */
};

/** pin_ledger_new - returns NULL when there is no memory */
struct pin_ledger *pin_ledger_new(void);
void pin_ledger_free(struct pin_ledger *ledger);

/**
 * pin_open - the PIN of a URL; opens pin-source, as root, and reads nothing
 * @ledger: outlives the PIN
 * @out: the PIN; free with pin_free()
 * @why: what is wrong with the file, or a warning; the rest of a sentence that begins with the URL's name
 *
 * Returns 0 or a negative errno, as keyfile_open() does.
 */
int pin_open(const struct keyurl *url, struct pin_ledger *ledger, struct pin **out, char *why, size_t room);

/** pin_read - read pin-source, no longer as root; returns 0 or a negative errno with the reason in @why */
int pin_read(struct pin *pin, char *why, size_t room);

/** pin_free - wipe and free; NULL is fine */
void pin_free(struct pin *pin);

/** pin_give - the library's callback (gnutls_pin_callback_t), from any thread; @pin: a struct pin */
int pin_give(void *pin, int attempt, const char *token, const char *label, unsigned int flags, char *room, size_t size);

/** pin_refused - the token did not take what it was given, without asking again */
void pin_refused(struct pin *pin);

/** pin_fate - what became of it */
enum pin_fate pin_fate(struct pin *pin);

#endif
