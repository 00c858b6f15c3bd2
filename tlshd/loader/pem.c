// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding certificates in a PEM file. The library decodes each; the blocks are found here, because the library does not
 * say which of many is broken.
 */
#include <config.h>

#include <string.h>

#include "loader/pem.h"

#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"
#define DER_SEQUENCE 0x30

struct block {
	const char *start;	/* of the BEGIN line */
	size_t size;		/* to the end of the END line, 0: there is none */
	const char *label;
	size_t label_length;
};

static void certificate_clear(gpointer data)
{
	struct pem_certificate *certificate = data;

	gnutls_x509_crt_deinit(certificate->crt);
}

static const char *find(const char *at, const char *end, const char *what)
{
	return at < end ? memmem(at, end - at, what, strlen(what)) : NULL;
}

static bool next_block(const char *at, const char *end, struct block *block)
{
	block->start = find(at, end, BEGIN);
	if (!block->start)
		return false;
	block->label = block->start + strlen(BEGIN);
	const char *stop = find(block->label, end, DASHES);
	block->label_length = stop ? stop - block->label : 0;
	const char *last = stop ? find(stop + strlen(DASHES), end, END) : NULL;
	const char *next = stop ? find(stop + strlen(DASHES), end, BEGIN) : NULL;
	/* An END line that comes after the next BEGIN line belongs to that one. */
	const char *close = last && (!next || last < next) ? find(last + strlen(END), end, DASHES) : NULL;
	block->size = close ? close + strlen(DASHES) - block->start : 0;
	return true;
}

static bool has_label(const struct block *block, const char *label)
{
	return block->label_length == strlen(label) && memcmp(block->label, label, block->label_length) == 0;
}

static void read_certificate(const struct block *block, unsigned int line, GArray *found, const char *path,
			     const struct place *place, struct problems *problems)
{
	struct pem_certificate certificate = { NULL, line };
	gnutls_datum_t datum = { (unsigned char *)block->start, block->size };

	if (block->size == 0) {
		problems_error(problems, place, "%s:%u: a certificate begins here and has no END line: the file is cut; copy "
			     "it again", path, line);
		return;
	}
	int ret = gnutls_x509_crt_init(&certificate.crt);
	if (ret == 0)
		ret = gnutls_x509_crt_import(certificate.crt, &datum, GNUTLS_X509_FMT_PEM);
	if (ret == 0) {
		g_array_append_val(found, certificate);
		return;
	}
	if (certificate.crt)
		gnutls_x509_crt_deinit(certificate.crt);
	problems_error(problems, place, "%s:%u: the certificate that begins here cannot be read (%s): copy it again", path,
		     line, gnutls_strerror(ret));
}

static void explain_nothing(GBytes *bytes, const char *path, const struct place *place, struct problems *problems)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(bytes, &size);

	if (size == 0)
		problems_error(problems, place, "%s: the file is empty: put the certificate there, in PEM form", path);
	else if (data[0] == DER_SEQUENCE)
		problems_error(problems, place, "%s: not PEM, but it looks like DER: convert it (openssl x509 -inform DER -in "
			     "FILE -out NEWFILE)", path);
	else
		problems_error(problems, place, "%s: there is no certificate in this file (no line \"" BEGIN "CERTIFICATE"
			     DASHES "\"): name the file of the certificate, in PEM form", path);
}

GArray *pem_certificates(GBytes *bytes, const char *path, const struct place *place, struct problems *problems)
{
	GArray *found = g_array_new(FALSE, TRUE, sizeof(struct pem_certificate));
	struct block block;
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size) ?: ""; /* GLib has no pointer for no bytes */
	const char *end = data + size, *at = data;
	unsigned int line = 1, seen = 0;

	g_array_set_clear_func(found, certificate_clear);
	while (next_block(at, end, &block)) {
		for (; at < block.start; at++)
			line += *at == '\n';
		if (has_label(&block, "CERTIFICATE") || has_label(&block, "X509 CERTIFICATE")) {
			seen++;
			read_certificate(&block, line, found, path, place, problems);
		} else if (has_label(&block, "TRUSTED CERTIFICATE")) {
			seen++;
			problems_error(problems, place, "%s:%u: a certificate in OpenSSL's own \"trusted\" form: convert it "
				     "(openssl x509 -in FILE -out NEWFILE)", path, line);
		}
		at = block.start + (block.size > 0 ? block.size : strlen(BEGIN));
		for (const char *passed = block.start; passed < at; passed++)
			line += *passed == '\n';
	}
	if (seen == 0)
		explain_nothing(bytes, path, place, problems);
	return found;
}
