// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One thread for each worker: receive a call, ask the oracle, sign, answer.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "signer.h"

/*
 * RSA-8192 needs less than 64 KiB, and all of a stack is locked in memory. The sanitizers pad each variable.
 */
#ifdef WITH_SANITIZERS
#define STACK_SIZE (2 * 1024 * 1024)
#else
#define STACK_SIZE (256 * 1024)
#endif
/* What a vendor's module needs nobody knows. */
#define STACK_SIZE_MODULES (2 * 1024 * 1024)

struct signer {
	struct signer_shared *shared;
	uint32_t worker;
	uint32_t refused;
	int fd;
};

/* A worker that asks for what it may not have, over and over, must not fill the log: count 1, 2, 4, 8 ... is told. */
static void report_refusal(struct signer *signer, const struct proto_sign *call, const char *why)
{
	signer->refused++;
	if (signer->refused & (signer->refused - 1))
		return;
	proto_notice(signer->shared->supervisor, LOG_WARNING,
		     "worker %u was refused a signature (job %llu, key %u, scheme 0x%04x, %u bytes): %s; "
		     "%u refused so far",
		     signer->worker, (unsigned long long)call->job, call->key, call->scheme, call->length, why,
		     signer->refused);
}

static int authorise(struct signer *signer, const struct proto_sign *call, const struct scheme **scheme)
{
	struct signer_shared *shared = signer->shared;
	const char *why = "";

	shared->grants(shared->context);
	int ret = oracle_authorise(shared->oracle, signer->worker, call, scheme, &why);
	if (ret == -ENOENT) {
		/* OPEN is sent before the worker gets the job, but that of a key that the request names may be unread yet. */
		shared->catch_up(shared->context);
		ret = oracle_authorise(shared->oracle, signer->worker, call, scheme, &why);
	}
	if (ret < 0)
		report_refusal(signer, call, why);
	return ret == -ENOENT ? -EPERM : ret;
}

static void answer(struct signer *signer, const struct proto_sign *call, union proto_message *message)
{
	const struct signer_shared *shared = signer->shared;
	struct proto_signature *signature = &message->signature;
	const struct scheme *scheme;
	const char *why = "";

	proto_init(message, PROTO_SIGNATURE);
	signature->call = call->call;
	signature->status = authorise(signer, call, &scheme);
	if (signature->status < 0)
		return;
	bool requested = call->key == PROTO_KEY_REQUESTED;
	const struct key *key = requested ? requested_take(shared->requested, call->job) :
				keys_get(shared->keys, call->key);
	if (!key) {
		/* Closed a moment ago. */
		signature->status = -EPERM;
		return;
	}
	signature->status = key_sign(key, scheme, call->input, call->length, signature->signature, &signature->length,
				     &why);
	if (requested)
		requested_put(shared->requested, key);
	if (signature->status < 0)
		proto_notice(shared->supervisor, LOG_ERR, "%s failed to sign (%s, %s)",
			     requested ? "the private key that a mount names" : keys_name(shared->keys, call->key), scheme->name,
			     why);
}

static void serve(struct signer *signer)
{
	union proto_message call, message;

	for (;;) {
		int ret = proto_receive(signer->fd, &call, 0, NULL, 0);
		if (ret == -EPIPE)
			return;
		if (ret == 0 && call.header.type != PROTO_SIGN)
			ret = -EBADMSG;
		if (ret < 0) {
			proto_notice(signer->shared->supervisor, LOG_WARNING,
				     "worker %u broke the contract of its sign channel (%s): it gets no "
				     "signature any more",
				     signer->worker, strerror(-ret));
			return;
		}
		answer(signer, &call.sign, &message);
		if (proto_send(signer->fd, &message, NULL, 0) < 0)
			return;
	}
}

static void signer_free(struct signer *signer)
{
	close(signer->fd);
	__atomic_sub_fetch(&signer->shared->running, 1, __ATOMIC_RELAXED);
	free(signer);
}

static void *run(void *argument)
{
	serve(argument);
	signer_free(argument);
	/* Returning, not pthread_exit(): that would load a library, and there are no files any more. */
	return NULL;
}

static int spawn(struct signer *signer)
{
	pthread_attr_t attributes;
	pthread_t thread;

	int ret = pthread_attr_init(&attributes);
	if (ret)
		return -ret;
	ret = pthread_attr_setstacksize(&attributes,
					keys_in_tokens(signer->shared->keys) ? STACK_SIZE_MODULES : STACK_SIZE);
	if (ret == 0)
		ret = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (ret == 0)
		ret = pthread_create(&thread, &attributes, run, signer);
	pthread_attr_destroy(&attributes);
	return -ret;
}

int signer_start(struct signer_shared *shared, uint32_t worker, int fd)
{
	struct signer *signer = calloc(1, sizeof(*signer));
	int ret;

	if (!signer) {
		close(fd);
		return -ENOMEM;
	}
	signer->shared = shared;
	signer->worker = worker;
	signer->fd = fd;
	if (__atomic_add_fetch(&shared->running, 1, __ATOMIC_RELAXED) > SIGNERS_MAX) {
		ret = -EMFILE;
		goto out;
	}
	/* The thread waits in recvmsg(), whatever the maker of the pair thought of. */
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		ret = -errno;
		goto out;
	}
	ret = spawn(signer);
out:
	if (ret < 0)
		signer_free(signer);
	return ret;
}
