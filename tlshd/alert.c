// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A TLS alert by hand.
 */
#include <config.h>

#include <sys/socket.h>

#include "alert.h"

void alert_plain(int fd, uint8_t description)
{
	/* Content type alert, legacy version 0x0303, length 2, level fatal. */
	const unsigned char alert[] = { 21, 3, 3, 0, 2, 2, description };

	send(fd, alert, sizeof(alert), MSG_DONTWAIT | MSG_NOSIGNAL);
}
