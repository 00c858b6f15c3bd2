// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Errors of GnuTLS; see tlsfault.h.
 */
#include <config.h>

#include <stdarg.h>

#include <gnutls/gnutls.h>

#include "pki/tlsfault.h"
#include "status.h"

int tlsfault_set(GError **error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return status_set(error, STATUS_FAILURE, "%s: %s; the library's or the system's policy may forbid it "
			  "(`gnutls-cli --list` shows what is allowed)", what, gnutls_strerror(code));
}
