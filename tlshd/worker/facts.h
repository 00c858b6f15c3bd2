/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the log says about a peer's certificate, as text that cannot do harm.
 *
 * The peer may have chosen every byte. What leaves here is valid UTF-8 without control characters, cut to the room
 * there is; within a list of names a comma or space of a name itself is escaped, so that one name cannot pass for two.
 */
#ifndef TLSHD_WORKER_FACTS_H
#define TLSHD_WORKER_FACTS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>

#include "proto.h"

/**
 * facts_of_certificate - fill in the peer_ fields, but for peer_authenticated and peer_issuer
 * @names: the certificate's, or NULL
 */
void facts_of_certificate(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t names, struct proto_result *result);

/** facts_copy - fill in what facts_of_certificate() does, as it is in another result */
void facts_copy(struct proto_result *to, const struct proto_result *from);

/** facts_of_issuer - fill in peer_issuer, which only the refusal of an untrusted peer is interested in */
void facts_of_issuer(gnutls_x509_crt_t certificate, struct proto_result *result);

/** facts_of_session - fill in version, cipher, group, signature and alpn, as far as they are negotiated */
void facts_of_session(gnutls_session_t session, struct proto_result *result);

#endif
