/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may have what signed: the table of open jobs and the rules of a sign call. Decides, and does nothing else.
 *
 * The default is no. A call is granted when the supervisor opened its job for this worker, the key is one of the job's
 * and has not been asked for before, the scheme fits the key, and the input can be a CertificateVerify. A worker that
 * an attacker has taken over can so ask for one signature per handshake that the supervisor gave it, which is what an
 * honest one does.
 *
 * All functions may be called from any thread.
 */
#ifndef TLSHD_KEEPER_ORACLE_H
#define TLSHD_KEEPER_ORACLE_H

#include <stdint.h>

#include "proto.h"
#include "scheme.h"

#define ORACLE_SCHEMES_MAX 4
#define ORACLE_JOBS_MAX 65536	/* open at one time; the supervisor opens at most one per descriptor that it has */

struct oracle;

/**
 * oracle_new - an oracle without jobs
 * @schemes: for each key what it may sign, code points with a 0 at the end; has to outlive the oracle
 * @count: keys, at most PROTO_KEYS_MAX
 * @jobs_max: jobs that may be open at one time
 *
 * Returns the oracle, free with oracle_free(); NULL when there is no memory.
 */
struct oracle *oracle_new(const uint16_t *const *schemes, uint32_t count, uint32_t jobs_max);
void oracle_free(struct oracle *oracle);

/**
 * oracle_open - from now on @worker may ask for one signature with each key of @keys for @job
 * @requested: what the request's own key may sign, code points with a 0 at the end, at most ORACLE_SCHEMES_MAX of them;
 *	NULL: it names none
 *
 * Returns 0, -EEXIST for a job that is open (it stays as it was), or -ENOSPC when the table is full.
 */
int oracle_open(struct oracle *oracle, uint64_t job, uint32_t worker, uint32_t keys, const uint16_t *requested);

/** oracle_close - no signature for @job any more; returns 0, or -ENOENT for a job that is not open */
int oracle_close(struct oracle *oracle, uint64_t job);

/**
 * oracle_authorise - may this worker have this signature?
 * @worker: whose channel the call came on
 * @call: a message that proto_check() accepted
 * @scheme: after 0: the scheme to sign with
 * @why: after an error: the reason, for the log
 *
 * A key is spent with the first call of its worker, whether that is granted or malformed. Another worker's call spends
 * nothing.
 *
 * Returns 0; -ENOENT for an unknown job (perhaps its OPEN has not been read yet); -EPERM for another worker's job, a
 * key that is not the job's, or one that is spent; -EBADMSG for a scheme that does not fit the key, or an input that
 * does not fit the scheme (RFC 8446, 4.2.3 and 4.4.3).
 */
int oracle_authorise(struct oracle *oracle, uint32_t worker, const struct proto_sign *call,
		     const struct scheme **scheme, const char **why);

#endif
