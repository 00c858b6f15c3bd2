/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The certificate that a request names, in place of the configuration's; its private key is in the keeper, for this job.
 */
#ifndef TLSHD_WORKER_REQUESTED_H
#define TLSHD_WORKER_REQUESTED_H

#include <gnutls/abstract.h>

#include "proto.h"
#include "sign.h"

struct requested;

/**
 * requested_new - read and parse it
 * @fd: what came with the job; stays the caller's
 * @sign: outlives it
 * @code: after an error: the library's code, or 0
 *
 * Returns REASON_OK, REASON_CERTIFICATE for what is no certificate, REASON_KEY_MISMATCH where the private key is another
 * one's, or REASON_RESOURCES.
 */
enum proto_reason requested_new(const struct proto_job *job, int fd, struct sign *sign, struct requested **out, int *code);
void requested_free(struct requested *requested);

/** requested_select - for the certificate callback; chain and key stay ours */
void requested_select(const struct requested *requested, gnutls_pcert_st **chain, unsigned int *length,
		      gnutls_privkey_t *key);

#endif
