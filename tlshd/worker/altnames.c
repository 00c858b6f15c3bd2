// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subject alternative names of a certificate.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/gnutls.h>

#include "altnames.h"

#define OID_SUBJECT_ALT_NAME "2.5.29.17"

int altnames_read(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t *names)
{
	gnutls_datum_t der = { NULL, 0 };
	int ret = -EBADMSG;

	if (gnutls_x509_crt_get_extension_by_oid2(certificate, OID_SUBJECT_ALT_NAME, 0, &der, NULL) < 0)
		return -ENOENT;
	if (der.size > ALTNAMES_MAX) {
		ret = -E2BIG;
		goto out;
	}
	if (gnutls_subject_alt_names_init(names) < 0) {
		ret = -ENOMEM;
		goto out;
	}
	if (gnutls_x509_ext_import_subject_alt_names(&der, *names, 0) < 0)
		gnutls_subject_alt_names_deinit(*names);
	else
		ret = 0;
out:
	gnutls_free(der.data);
	return ret;
}
