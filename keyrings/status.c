// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Errors; see status.h.
 */
#include <config.h>

#include <stdarg.h>

#include "status.h"

G_DEFINE_QUARK(tlskey - status, status_error)

int status_set(GError **error, enum status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	GError *made = g_error_new_valist(STATUS_ERROR, status, format, arguments);
	va_end(arguments);
	g_propagate_error(error, made);
	return status;
}

int status_of(const GError *error)
{
	if (!error)
		return STATUS_SUCCESS;
	if (error->domain == STATUS_ERROR)
		return error->code;
	return error->domain == G_OPTION_ERROR ? STATUS_USAGE : STATUS_FAILURE;
}
