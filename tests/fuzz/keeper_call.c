// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any sequence of OPEN, CLOSE and sign calls, compared with a model that is too simple to be wrong.
 *
 * Input: for each step a byte that says what (bits 0-1: open, close, call), whose (bits 2-3) and which job (bits 4-6),
 * then the mask of an OPEN, or the body of a call.
 */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "keeper/oracle.h"

#define JOBS 8
#define KEYS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t p256[] = { 0x0403, 0 };
static const uint16_t rsa[] = { 0x0804, 0x0805, 0x0806, 0 };
static const uint16_t ed25519[] = { 0x0807, 0 };
static const uint16_t *const schemes[KEYS] = { p256, rsa, ed25519 };

struct model {
	bool open;
	uint32_t worker;
	uint32_t keys;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What is granted is exactly one of these. */
static bool input_right(const struct proto_sign *call)
{
	static const char server[] = "TLS 1.3, server CertificateVerify",
			  client[] = "TLS 1.3, client CertificateVerify";

	switch (call->key << 16 | call->scheme) {
	case 0 << 16 | 0x0403:
	case 1 << 16 | 0x0804:
		return call->length == 32;
	case 1 << 16 | 0x0805:
		return call->length == 48;
	case 1 << 16 | 0x0806:
		return call->length == 64;
	case 2 << 16 | 0x0807:
		for (unsigned int i = 0; i < 64; i++)
			if (call->input[i] != ' ')
				return false;
		return (call->length == 130 || call->length == 146 || call->length == 162) &&
		       (memcmp(call->input + 64, server, 34) == 0 || memcmp(call->input + 64, client, 34) == 0);
	default:
		return false;
	}
}

static void ask(struct oracle *oracle, struct model *job, uint32_t worker, const union proto_message *message)
{
	const struct proto_sign *call = &message->sign;
	const struct scheme *scheme;
	const char *why = NULL;

	if (proto_check(message, sizeof(message->sign)) < 0)
		return;
	bool theirs = job->open && job->worker == worker && call->key < PROTO_KEYS_MAX && (job->keys & 1u << call->key);
	bool granted = oracle_authorise(oracle, worker, call, &scheme, &why) == 0;
	require(granted == (theirs && input_right(call)));
	require(granted ? scheme->code == call->scheme : !scheme && why);
	if (theirs)
		job->keys &= ~(1u << call->key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t body = sizeof(struct proto_sign) - offsetof(struct proto_sign, call);
	struct oracle *oracle = oracle_new(schemes, KEYS, JOBS - 1);
	struct model jobs[JOBS] = { 0 };
	unsigned int open = 0;

	while (size > 0) {
		uint8_t what = data[0] & 3, worker = data[0] >> 2 & 3, number = data[0] >> 4 & 7;
		struct model *job = &jobs[number];
		data++, size--;
		if (what == 0 && size >= 1) {
			bool fits = !job->open && open < JOBS - 1;
			require((oracle_open(oracle, number + 1, worker, data[0], NULL) == 0) == fits);
			if (fits) {
				*job = (struct model){ true, worker, data[0] };
				open++;
			}
			data++, size--;
		} else if (what == 1) {
			require((oracle_close(oracle, number + 1) == 0) == job->open);
			open -= job->open;
			job->open = false;
		} else if (what >= 2) {
			union proto_message message;
			size_t got = size < body ? size : body;
			proto_init(&message, PROTO_SIGN);
			memcpy(&message.sign.call, data, got);
			message.sign.job = number + 1;
			ask(oracle, job, worker, &message);
			data += got, size -= got;
		}
	}
	oracle_free(oracle);
	return 0;
}
