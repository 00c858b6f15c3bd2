// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The peer's record size limit, out of its hello.
 */
#include <config.h>

#include "recordlimit.h"

#define EXTENSION_MAX_FRAGMENT_LENGTH 1		/* RFC 6066, 4 */
#define EXTENSION_RECORD_SIZE_LIMIT 28		/* RFC 8449, 4 */

struct found {
	unsigned int limit;	/* by record_size_limit; 0: not there */
	unsigned int fragment;	/* by max_fragment_length; 0: not there */
};

static int look_at(void *context, unsigned int extension, const unsigned char *data, unsigned int size)
{
	struct found *found = context;

	/* In TLS 1.3 the limit counts the byte of the content's type, too (RFC 8449, 4). */
	if (extension == EXTENSION_RECORD_SIZE_LIMIT && size == 2)
		found->limit = data[0] << 8 | data[1];
	else if (extension == EXTENSION_MAX_FRAGMENT_LENGTH && size == 1 && data[0] >= 1 && data[0] <= 4)
		found->fragment = 256u << data[0];
	return 0;
}

unsigned int recordlimit_read(const gnutls_datum_t *message, bool client_hello)
{
	struct found found = { 0 };
	unsigned int limit = RECORDLIMIT_NONE;

	if (gnutls_ext_raw_parse(&found, look_at, message,
				 client_hello ? GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO : 0) < 0)
		return RECORDLIMIT_NONE;
	/* record_size_limit takes the place of max_fragment_length (RFC 8449, 5). */
	if (found.limit > 1)
		limit = found.limit - 1;
	else if (found.fragment)
		limit = found.fragment;
	return limit < RECORDLIMIT_NONE ? limit : RECORDLIMIT_NONE;
}
