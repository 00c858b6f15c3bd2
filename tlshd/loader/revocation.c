// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revocation lists; see revocation.h.
 *
 * They are verified here and not by the worker's trust list: that would drop a list that is past its next update without
 * a word, and whom it revokes would be let in from that minute on.
 */
#include <config.h>

#include <gnutls/x509.h>

#include "loader/checkup.h"
#include "loader/pem.h"
#include "loader/revocation.h"
#include "snapshot.h"

/* From here on a worker feels it: per thousand entries about 0.8 MB of locked memory and 0.4 ms of each handshake. */
#define ENTRIES_NOTICE 20000
#define ENTRY_BYTES 840
#define ENTRY_NS 370

struct revocation {
	GPtrArray *lists;	/* GBytes */
};

/* One list while it is looked at, and where it is. */
struct subject {
	gnutls_x509_crl_t crl;
	char *name;		/* "FILE:LINE", for messages */
	const struct place *place;
	struct problems *problems;
	guint64 entries;	/* of all lists so far */
};

static char *describe_issuer(gnutls_x509_crl_t crl)
{
	gnutls_datum_t name;

	if (gnutls_x509_crl_get_issuer_dn3(crl, &name, 0) < 0)
		return g_strdup("(no name)");
	char *text = g_utf8_make_valid((const char *)name.data, name.size);
	gnutls_free(name.data);
	return text;
}

/* What one anchor says about a list. */
enum verdict {
	NOT_ITS_LIST,
	FORGED,
	NO_RIGHT,	/* signed well, by one whose key usage does not allow to */
	VERIFIED,
};

/* Whether the list is in time is check_time()'s question. */
static enum verdict judge(gnutls_x509_crl_t crl, GBytes *der)
{
	gsize size;
	const void *data = g_bytes_get_data(der, &size);
	gnutls_datum_t datum = { (unsigned char *)data, size };
	enum verdict verdict = NOT_ITS_LIST;
	unsigned int status = 0, usage = 0;
	gnutls_x509_crt_t anchor;

	if (gnutls_x509_crt_init(&anchor) < 0)
		return NOT_ITS_LIST;
	if (gnutls_x509_crt_import(anchor, &datum, GNUTLS_X509_FMT_DER) < 0 ||
	    gnutls_x509_crl_check_issuer(crl, anchor) != 1)
		goto out;
	int ret = gnutls_x509_crl_verify(crl, &anchor, 1, GNUTLS_VERIFY_DISABLE_CA_SIGN, &status);
	if (ret < 0 || (status & (GNUTLS_CERT_SIGNATURE_FAILURE | GNUTLS_CERT_INSECURE_ALGORITHM |
				  GNUTLS_CERT_SIGNER_NOT_FOUND)))
		verdict = FORGED;
	else if (gnutls_x509_crt_get_key_usage(anchor, &usage, NULL) == 0 && !(usage & GNUTLS_KEY_CRL_SIGN))
		verdict = NO_RIGHT;
	else
		verdict = VERIFIED;
out:
	gnutls_x509_crt_deinit(anchor);
	return verdict;
}

/* Two anchors may have one name, when an authority has renewed its certificate: the better verdict counts. */
static void check_signature(const struct subject *subject, const struct trust *trust)
{
	enum verdict best = NOT_ITS_LIST;

	for (guint32 i = 0; i < trust_count(trust) && best != VERIFIED; i++)
		best = MAX(best, judge(subject->crl, trust_anchor(trust, i)));
	char *issuer = describe_issuer(subject->crl);
	if (best == NOT_ITS_LIST)
		problems_warning(subject->problems, subject->place, "%s: the list's issuer \"%s\" is no trust anchor, so its "
				 "signature cannot be verified; it is used all the same: check that it is the right file, or "
				 "add the issuer to x509.truststore", subject->name, issuer);
	else if (best == FORGED)
		problems_error(subject->problems, subject->place, "%s: the list's signature is not that of its issuer \"%s\": "
			       "fetch it anew from the authority", subject->name, issuer);
	else if (best == NO_RIGHT)
		problems_warning(subject->problems, subject->place, "%s: the key usage of the list's issuer \"%s\" lacks "
				 "cRLSign; the list is used all the same: have the authority's certificate made anew with it",
				 subject->name, issuer);
	g_free(issuer);
}

static void check_time(const struct subject *subject, time_t now)
{
	time_t from = gnutls_x509_crl_get_this_update(subject->crl);
	time_t until = gnutls_x509_crl_get_next_update(subject->crl);
	char *issuer = describe_issuer(subject->crl), *from_text = checkup_time(from), *until_text = checkup_time(until);

	if (from != (time_t)-1 && now < from)
		problems_warning(subject->problems, subject->place, "%s: the list of \"%s\" is of %s, which is still to "
			       "come; it is used all the same: check this host's clock", subject->name, issuer, from_text);
	/* A list need not say when the next one comes. */
	if (until != (time_t)-1 && now > until)
		problems_warning(subject->problems, subject->place, "%s: the list of \"%s\" should have been replaced by %s; "
			       "it is used all the same, but who was revoked since then is let in: fetch the new one, and "
			       "send SIGHUP", subject->name, issuer, until_text);
	g_free(issuer);
	g_free(from_text);
	g_free(until_text);
}

static int keep(struct revocation *revocation, gnutls_x509_crl_t crl)
{
	gnutls_datum_t der;

	int ret = gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der);
	if (ret < 0)
		return ret;
	g_ptr_array_add(revocation->lists, g_bytes_new(der.data, der.size));
	gnutls_free(der.data);
	return 0;
}

static void read_list(struct revocation *revocation, struct subject *subject, const gnutls_datum_t *datum,
		      gnutls_x509_crt_fmt_t format, const struct trust *trust, time_t now)
{
	subject->crl = NULL;
	int ret = gnutls_x509_crl_init(&subject->crl);
	if (ret == 0)
		ret = gnutls_x509_crl_import(subject->crl, datum, format);
	if (ret == 0)
		ret = keep(revocation, subject->crl);
	if (ret < 0) {
		problems_error(subject->problems, subject->place, "%s: the revocation list that begins here cannot be read "
			       "(%s): fetch it anew from the authority", subject->name, gnutls_strerror(ret));
	} else {
		check_signature(subject, trust);
		check_time(subject, now);
		subject->entries += MAX(gnutls_x509_crl_get_crt_count(subject->crl), 0);
	}
	if (subject->crl)
		gnutls_x509_crl_deinit(subject->crl);
}

static void read_pem(struct revocation *revocation, GBytes *bytes, const char *path, const struct trust *trust, time_t now,
		     struct subject *subject)
{
	struct pem_walk walk = pem_walk(bytes);
	struct pem_block block;
	bool seen = false;

	while (pem_next(&walk, &block)) {
		gnutls_datum_t datum = { (unsigned char *)block.start, block.size };
		if (!pem_is(&block, "X509 CRL"))
			continue;
		seen = true;
		subject->name = g_strdup_printf("%s:%u", path, block.line);
		if (block.size > 0)
			read_list(revocation, subject, &datum, GNUTLS_X509_FMT_PEM, trust, now);
		else
			problems_error(subject->problems, subject->place, "%s: a revocation list begins here and has no END "
				       "line: the file is cut; fetch it anew from the authority", subject->name);
		g_clear_pointer(&subject->name, g_free);
	}
	if (!seen)
		problems_error(subject->problems, subject->place, "%s: there is no revocation list in this file (no line "
			       "\"-----BEGIN X509 CRL-----\"): name the file that the authority publishes, in PEM or DER "
			       "form", path);
}

static void read_der(struct revocation *revocation, GBytes *bytes, const char *path, const struct trust *trust, time_t now,
		     struct subject *subject)
{
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);
	gnutls_datum_t datum = { (unsigned char *)data, size };

	subject->name = g_strdup(path);
	read_list(revocation, subject, &datum, GNUTLS_X509_FMT_DER, trust, now);
	g_clear_pointer(&subject->name, g_free);
}

struct revocation *revocation_new(GBytes *bytes, const char *path, const struct trust *trust, time_t now,
				  const struct place *place, struct problems *problems)
{
	struct revocation *revocation = g_new0(struct revocation, 1);
	struct subject subject = { .place = place, .problems = problems };

	revocation->lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	if (g_bytes_get_size(bytes) == 0)
		problems_error(problems, place, "%s: the file is empty, so nobody would be refused: fetch the revocation list "
			       "from the authority", path);
	else if (pem_looks_like_der(bytes))
		read_der(revocation, bytes, path, trust, now, &subject);
	else
		read_pem(revocation, bytes, path, trust, now, &subject);
	if (subject.entries >= ENTRIES_NOTICE)
		problems_warning(problems, place, "%s: %" G_GUINT64_FORMAT " revoked certificates: each worker keeps about "
				 "%" G_GUINT64_FORMAT " MB for them, and each handshake takes up to %" G_GUINT64_FORMAT " ms longer: let "
				 "an authority of its own issue what storage needs, or have expired certificates left out", path, subject.entries,
				 subject.entries * ENTRY_BYTES / 1000000, subject.entries * ENTRY_NS / 1000000);
	if (revocation->lists->len > SNAPSHOT_CRLS_MAX)
		problems_error(problems, place, "%s: %u revocation lists, at most %u are allowed: keep those of the authorities "
			       "that your peers' certificates come from", path, revocation->lists->len, SNAPSHOT_CRLS_MAX);
	return revocation;
}

void revocation_free(struct revocation *revocation)
{
	if (!revocation)
		return;
	g_ptr_array_unref(revocation->lists);
	g_free(revocation);
}

guint32 revocation_count(const struct revocation *revocation)
{
	return revocation ? revocation->lists->len : 0;
}

GBytes *revocation_list(const struct revocation *revocation, guint32 n)
{
	return g_ptr_array_index(revocation->lists, n);
}
