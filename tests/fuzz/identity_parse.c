// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a certificate, as a file with certificate and private key, and as
 * PKCS#12 with an empty password.
 */
#include <config.h>

#include "x509/identity.h"
#include "x509/privatekey.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void parse(const struct identity_material *material)
{
	struct identity *identity = NULL;

	if (identity_parse(material, &identity, NULL) == 0)
		identity_check(identity, 1700000000, TRUE, NULL);
	identity_free(identity);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	const char *why = NULL;

	if (size == 0 || size > IDENTITY_FILE_MAX)
		return 0;
	/* What a key in the kernel holds. */
	certificate_free(certificate_new(data, size, &why));
	struct secret *file = secret_copy(data, size);
	struct secret *password = secret_new(1);
	parse(&(struct identity_material){.name = "a", .key_name = "b", .certificate = file});
	parse(&(struct identity_material){
		.name = "a", .key_name = "b", .pkcs12 = file, .password = password});
	secret_free(file);
	secret_free(password);
	return 0;
}
