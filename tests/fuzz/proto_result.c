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

	if (size > sizeof(message))
		return 0;
	memset(&message, 0, sizeof(message));
	memcpy(&message, data, size);
	if (proto_check(&message, size) < 0 || message.header.type != PROTO_RESULT)
		return 0;
	report_line(&(struct report){ .request = &request, .peer = "", .result = &message.result,
				      .settings = &settings }, line, sizeof(line));
	return 0;
}
