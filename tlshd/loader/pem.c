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

static void certificate_clear(gpointer data)
{
	struct pem_certificate *certificate = data;

	gnutls_x509_crt_deinit(certificate->crt);
}

static const char *find(const char *at, const char *end, const char *what)
{
	return at < end ? memmem(at, end - at, what, strlen(what)) : NULL;
}

struct pem_walk pem_walk(GBytes *bytes)
{
	gsize size;
	const char *data = g_bytes_get_data(bytes, &size) ?: ""; /* GLib has no pointer for no bytes */

	return (struct pem_walk){ data, data + size, 1 };
}

/* Go on to @to, counting lines. */
static void pass(struct pem_walk *walk, const char *to)
{
	for (; walk->at < to; walk->at++)
		walk->line += *walk->at == '\n';
}

bool pem_next(struct pem_walk *walk, struct pem_block *block)
{
	const char *end = walk->end;

	block->start = find(walk->at, end, BEGIN);
	if (!block->start)
		return false;
	pass(walk, block->start);
	block->line = walk->line;
	block->label = block->start + strlen(BEGIN);
	const char *stop = find(block->label, end, DASHES);
	block->label_length = stop ? stop - block->label : 0;
	const char *last = stop ? find(stop + strlen(DASHES), end, END) : NULL;
	const char *next = stop ? find(stop + strlen(DASHES), end, BEGIN) : NULL;
	/* An END line that comes after the next BEGIN line belongs to that one. */
	const char *close = last && (!next || last < next) ? find(last + strlen(END), end, DASHES) : NULL;
	block->size = close ? close + strlen(DASHES) - block->start : 0;
	pass(walk, block->start + (block->size > 0 ? block->size : strlen(BEGIN)));
	return true;
}

bool pem_is(const struct pem_block *block, const char *label)
{
	return block->label_length == strlen(label) && memcmp(block->label, label, block->label_length) == 0;
}

bool pem_looks_like_der(GBytes *bytes)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(bytes, &size);

	return size > 0 && data[0] == DER_SEQUENCE;
}

static void read_certificate(const struct pem_block *block, GArray *found, const char *path, const struct place *place,
			     struct problems *problems)
{
	struct pem_certificate certificate = { NULL, block->line };
	gnutls_datum_t datum = { (unsigned char *)block->start, block->size };

	if (block->size == 0) {
		problems_error(problems, place, "%s:%u: a certificate begins here and has no END line: the file is cut; copy "
			     "it again", path, block->line);
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
		     block->line, gnutls_strerror(ret));
}

static void explain_nothing(GBytes *bytes, const char *path, const struct place *place, struct problems *problems)
{
	if (g_bytes_get_size(bytes) == 0)
		problems_error(problems, place, "%s: the file is empty: put the certificate there, in PEM form", path);
	else if (pem_looks_like_der(bytes))
		problems_error(problems, place, "%s: not PEM, but it looks like DER: convert it (openssl x509 -inform DER -in "
			     "FILE -out NEWFILE)", path);
	else
		problems_error(problems, place, "%s: there is no certificate in this file (no line \"" BEGIN "CERTIFICATE"
			     DASHES "\"): name the file of the certificate, in PEM form", path);
}

GArray *pem_certificates(GBytes *bytes, const char *path, const struct place *place, struct problems *problems)
{
	GArray *found = g_array_new(FALSE, TRUE, sizeof(struct pem_certificate));
	struct pem_walk walk = pem_walk(bytes);
	struct pem_block block;
	unsigned int seen = 0;

	g_array_set_clear_func(found, certificate_clear);
	while (pem_next(&walk, &block)) {
		if (pem_is(&block, "CERTIFICATE") || pem_is(&block, "X509 CERTIFICATE")) {
			seen++;
			read_certificate(&block, found, path, place, problems);
		} else if (pem_is(&block, "TRUSTED CERTIFICATE")) {
			seen++;
			problems_error(problems, place, "%s:%u: a certificate in OpenSSL's own \"trusted\" form: convert it "
				     "(openssl x509 -in FILE -out NEWFILE)", path, block.line);
		}
	}
	if (seen == 0)
		explain_nothing(bytes, path, place, problems);
	return found;
}
