// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of what a peer can do.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "peer.h"

#define DRIP_MS 500
#define LONG_HELLO 17000	/* over 16 KiB, the limit by default, in two records */
#define CLIENT_HELLO 1
#define CERTIFICATE 11
#define CLAIMED 0xf00000

static const struct {
	const char *name;
	enum step step;
} steps[] = {
	{ "connect", STEP_CONNECTED }, { "probe", STEP_PROBED }, { "agreed", STEP_AGREED },
	{ "half", STEP_HALF },	       { "hello", STEP_SAID },	 { "answer", STEP_ANSWERED },
};

static bool parse_step(struct mode *mode, const char *name)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strcmp(steps[i].name, name) == 0) {
			mode->leave_at = steps[i].step;
			return true;
		}
	}
	return false;
}

static bool leave(struct mode *mode, const char *step, bool reset)
{
	mode->reset = reset;
	mode->speaks = true;
	bytes_hello(&mode->say);
	return parse_step(mode, step);
}

bool mode_parse(struct mode *mode, const char *name)
{
	mode->speaks = strcmp(name, "silent") != 0;
	if (strncmp(name, "close-", 6) == 0)
		return leave(mode, name + 6, false);
	if (strncmp(name, "reset-", 6) == 0)
		return leave(mode, name + 6, true);
	if (strcmp(name, "drip") == 0) {
		bytes_hello(&mode->say);
		mode->drip_ms = DRIP_MS;
	} else if (strcmp(name, "drip-ccs") == 0) {
		bytes_hello(&mode->say);
		bytes_change_cipher_spec(&mode->again);
		mode->drip_ms = DRIP_MS;
	} else if (strcmp(name, "garbage") == 0) {
		bytes_garbage(&mode->say);
	} else if (strcmp(name, "long-hello") == 0) {
		bytes_long_hello(&mode->say, LONG_HELLO);
	} else if (strcmp(name, "endless") == 0) {
		bytes_endless(&mode->say, mode->server ? CERTIFICATE : CLIENT_HELLO, CLAIMED);
	} else if (strcmp(name, "old-hello") == 0) {
		bytes_old_hello(&mode->say);
	} else if (strncmp(name, "alert-", 6) == 0) {
		bytes_alert(&mode->say, atoi(name + 6));
	} else if (strcmp(name, "full") == 0) {
		mode->tls = true;
	} else {
		return strcmp(name, "silent") == 0;
	}
	return true;
}
