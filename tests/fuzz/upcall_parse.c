// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Netlink attributes of an ACCEPT answer.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <netlink/netlink.h>

#include "upcall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handshake_request request;
	struct nlmsghdr *header = calloc(1, NLMSG_HDRLEN + size);

	header->nlmsg_len = NLMSG_HDRLEN + size;
	memcpy((char *)header + NLMSG_HDRLEN, data, size);
	if (upcall_parse(header, &request) == 0 &&
	    (request.fd < 0 || !memchr(request.peername, '\0', sizeof(request.peername))))
		abort();
	free(header);
	return 0;
}
