// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever a worker sends: what proto_check() lets pass can be turned into a line of the log.
 */
#include <config.h>

#include <string.h>

#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct snapshot_settings settings;
	struct handshake_request request = { .role = PROTO_ROLE_SERVER, .auth = PROTO_AUTH_X509 };
	union proto_message message;
	char line[3000];

	/* The head is compared to the byte, so that only the rest is of interest. */
	proto_init(&message, PROTO_RESULT);
	if (size > sizeof(message.result) - sizeof(message.header))
		return 0;
	memcpy((char *)&message + sizeof(message.header), data, size);
	if (proto_check(&message, sizeof(message.result)) < 0)
		return 0;
	report_line(&(struct report){ .request = &request, .peer = "", .result = &message.result, .identity = "", .left_out = "",
				      .settings = &settings }, line, sizeof(line));
	return 0;
}
