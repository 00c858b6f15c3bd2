// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The message contract: what is not exactly a message is refused, and descriptors that nobody asked for are closed.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <glib.h>

#include "proto.h"

/* A message of each type that passes proto_check(). */
static void make_valid(union proto_message *message, unsigned int type)
{
	proto_init(message, type);
	switch (type) {
	case PROTO_JOB:
		message->job.job = 1;
		message->job.role = PROTO_ROLE_CLIENT;
		message->job.auth = PROTO_AUTH_X509;
		break;
	case PROTO_JOB_PSK:
		message->job.job = 1;
		message->job.role = PROTO_ROLE_CLIENT;
		message->job.auth = PROTO_AUTH_PSK;
		message->job.psk_hash = PROTO_PSK_SHA256;
		message->job_psk.identity_length = 1;
		message->job_psk.key_length = 1;
		break;
	case PROTO_CANCEL:
		message->cancel.job = 1;
		break;
	case PROTO_RESULT:
		message->result.job = 1;
		break;
	case PROTO_SIGN:
		message->sign.job = 1;
		break;
	case PROTO_SIGNATURE:
		message->signature.length = 64;
		break;
	case PROTO_PSK:
		message->psk.job = 1;
		message->psk.identity_length = 1;
		break;
	case PROTO_PSK_KEY:
		message->psk_key.status = -ENOKEY;
		break;
	case PROTO_OPEN:
		message->open.job = 1;
		break;
	case PROTO_CLOSE:
		message->close.job = 1;
		break;
	case PROTO_LOAD:
		message->load.job = 1;
		message->load.serial = 1;
		break;
	case PROTO_KEY_LOADED:
		message->key_loaded.job = 1;
		message->key_loaded.spki_length = 90;
		break;
	case PROTO_KEY:
		message->key.spki_length = 90;
		break;
	case PROTO_NOTICE:
		message->notice.priority = LOG_INFO;
		break;
	}
}

static void sizes_are_exact(void)
{
	union proto_message message;

	for (unsigned int type = 1; type < PROTO_TYPES; type++) {
		make_valid(&message, type);
		size_t size = proto_size(type);
		g_assert_cmpint(proto_check(&message, size), ==, 0);
		for (size_t other = 0; other <= sizeof(message); other++) {
			if (other != size)
				g_assert_cmpint(proto_check(&message, other), ==, -EBADMSG);
		}
		message.header.size++;
		g_assert_cmpint(proto_check(&message, size), ==, -EBADMSG);
		message.header.size--;
		message.header.version++;
		g_assert_cmpint(proto_check(&message, size), ==, -EPROTONOSUPPORT);
		g_assert_cmpstr(proto_name(type), !=, "unknown");
	}
	make_valid(&message, PROTO_JOB);
	message.header.type = PROTO_TYPES;
	g_assert_cmpint(proto_check(&message, sizeof(message.job)), ==, -EBADMSG);
	message.header.type = 0;
	g_assert_cmpint(proto_check(&message, sizeof(message.job)), ==, -EBADMSG);
}

#define REFUSED(type, change) do { \
	make_valid(&message, type); \
	change; \
	g_assert_cmpint(proto_check(&message, proto_size(type)), ==, -EBADMSG); \
} while (0)

static void bodies_are_checked(void)
{
	union proto_message message;

	REFUSED(PROTO_JOB, message.job.job = 0);
	REFUSED(PROTO_JOB, message.job.role = 0);
	REFUSED(PROTO_JOB, message.job.role = 3);
	REFUSED(PROTO_JOB, message.job.auth = 4);
	REFUSED(PROTO_JOB, message.job.deadline_ms = -1);
	REFUSED(PROTO_JOB, memset(message.job.peername, 'a', sizeof(message.job.peername)));
	REFUSED(PROTO_RESULT, message.result.job = 0);
	REFUSED(PROTO_RESULT, message.result.reason = REASON_CODES);
	REFUSED(PROTO_RESULT, message.result.status = EACCES);			/* a failure without a reason */
	REFUSED(PROTO_RESULT, message.result.reason = REASON_DEADLINE);		/* a reason without a failure */
	REFUSED(PROTO_RESULT, (message.result.status = 4096, message.result.reason = REASON_DEADLINE));
	REFUSED(PROTO_RESULT, message.result.verify = PROTO_VERIFY_ALL + 1);
	REFUSED(PROTO_RESULT, message.result.peer_authenticated = 2);
	REFUSED(PROTO_RESULT, memset(message.result.peer_subject, 'a', sizeof(message.result.peer_subject)));
	REFUSED(PROTO_RESULT, memset(message.result.peer_san, 'a', sizeof(message.result.peer_san)));
	REFUSED(PROTO_RESULT, memset(message.result.peer_serial, 'a', sizeof(message.result.peer_serial)));
	REFUSED(PROTO_RESULT, memset(message.result.cipher, 'a', sizeof(message.result.cipher)));
	REFUSED(PROTO_SIGN, message.sign.length = PROTO_SIGN_INPUT_MAX + 1);
	REFUSED(PROTO_SIGN, message.sign.key = PROTO_KEY_REQUESTED + 1);
	REFUSED(PROTO_SIGNATURE, message.signature.length = PROTO_SIGNATURE_MAX + 1);
	REFUSED(PROTO_SIGNATURE, message.signature.length = 0);
	REFUSED(PROTO_SIGNATURE, message.signature.status = -EIO);
	REFUSED(PROTO_KEY, message.key.spki_length = PROTO_SPKI_MAX + 1);
	REFUSED(PROTO_KEY, message.key.key = PROTO_KEYS_MAX);
	REFUSED(PROTO_NOTICE, message.notice.priority = LOG_DEBUG + 1);
	REFUSED(PROTO_NOTICE, message.notice.priority = LOG_EMERG);
	REFUSED(PROTO_NOTICE, memset(message.notice.text, 'a', sizeof(message.notice.text)));
}

/* A client's key goes with its job, and with no other's. */
static void keys_are_checked(void)
{
	union proto_message message;

	REFUSED(PROTO_JOB, (message.job.auth = PROTO_AUTH_PSK, message.job.psk_hash = PROTO_PSK_SHA256));
	REFUSED(PROTO_JOB, message.job.psk_hash = PROTO_PSK_SHA256);
	REFUSED(PROTO_JOB_PSK, message.job.job = 0);
	REFUSED(PROTO_JOB_PSK, memset(message.job.peername, 'a', sizeof(message.job.peername)));
	REFUSED(PROTO_JOB_PSK, message.job.role = PROTO_ROLE_SERVER);
	REFUSED(PROTO_JOB_PSK, (message.job.role = PROTO_ROLE_SERVER, message.job.psk_hash = 0));
	REFUSED(PROTO_JOB_PSK, message.job.auth = PROTO_AUTH_X509);
	REFUSED(PROTO_JOB_PSK, (message.job.auth = PROTO_AUTH_X509, message.job.psk_hash = 0));
	REFUSED(PROTO_JOB_PSK, (message.job.auth = PROTO_AUTH_UNAUTH, message.job.psk_hash = 0));
	REFUSED(PROTO_JOB_PSK, message.job.psk_hash = 0);
	REFUSED(PROTO_JOB_PSK, message.job.psk_hash = PROTO_PSK_SHA256 | PROTO_PSK_SHA384);
	REFUSED(PROTO_JOB_PSK, (message.job.certificate_length = 1, message.job.spki_length = 1));
	REFUSED(PROTO_JOB_PSK, message.job_psk.identity_length = 0);
	REFUSED(PROTO_JOB_PSK, message.job_psk.identity_length = PROTO_PSK_IDENTITY_MAX + 1);
	REFUSED(PROTO_JOB_PSK, message.job_psk.key_length = 0);
	REFUSED(PROTO_JOB_PSK, message.job_psk.key_length = PROTO_PSK_MAX + 1);
	REFUSED(PROTO_PSK, message.psk.job = 0);
	REFUSED(PROTO_PSK, message.psk.identity_length = 0);
	REFUSED(PROTO_PSK, message.psk.identity_length = PROTO_PSK_IDENTITY_MAX + 1);
	REFUSED(PROTO_PSK_KEY, message.psk_key.status = 0);
	REFUSED(PROTO_PSK_KEY, message.psk_key.status = 1);
	REFUSED(PROTO_PSK_KEY, message.psk_key.key_length = 1);
	REFUSED(PROTO_PSK_KEY, (message.psk_key.status = 0, message.psk_key.key_length = PROTO_PSK_MAX + 1));
	make_valid(&message, PROTO_JOB_PSK);
	message.job.psk_hash = PROTO_PSK_SHA384;
	message.job_psk.identity_length = PROTO_PSK_IDENTITY_MAX;
	message.job_psk.key_length = PROTO_PSK_MAX;
	g_assert_cmpint(proto_check(&message, sizeof(message.job_psk)), ==, 0);
}

static unsigned int open_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void descriptors(void)
{
	union proto_message message;
	int pair[2], fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), ==, 0);
	unsigned int before = open_fds();
	make_valid(&message, PROTO_JOB);

	/* One for which there is room. */
	g_assert_cmpint(proto_send(pair[0], &message, (int[]){ 0 }, 1), ==, 0);
	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, fds, 1), ==, 0);
	g_assert_cmpint(fds[0], >=, 0);
	close(fds[0]);

	/* One more than expected, and any where none is: refused and closed. */
	g_assert_cmpint(proto_send(pair[0], &message, (int[]){ 0, 1 }, 2), ==, 0);
	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, fds, 1), ==, -EBADMSG);
	g_assert_cmpint(fds[0], ==, -1);
	make_valid(&message, PROTO_JOB);
	g_assert_cmpint(proto_send(pair[0], &message, (int[]){ 0, 1 }, 2), ==, 0);
	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, NULL, 0), ==, -EBADMSG);
	g_assert_cmpuint(open_fds(), ==, before);

	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, NULL, 0), ==, -EAGAIN);
	close(pair[0]);
	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, NULL, 0), ==, -EPIPE);
	make_valid(&message, PROTO_JOB);
	g_assert_cmpint(proto_send(pair[1], &message, NULL, 0), ==, -EPIPE);
	close(pair[1]);
}

static void oversized(void)
{
	static char garbage[4 * sizeof(union proto_message)];
	union proto_message message;
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), ==, 0);
	make_valid(&message, PROTO_KEEPER_READY);
	memcpy(garbage, &message, sizeof(message));
	g_assert_cmpint(send(pair[0], garbage, sizeof(garbage), 0), ==, sizeof(garbage));
	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, NULL, 0), ==, -EBADMSG);
	proto_notice(pair[0], LOG_ERR, "%5000s", "long");
	g_assert_cmpint(proto_receive(pair[1], &message, MSG_DONTWAIT, NULL, 0), ==, 0);
	g_assert_cmpuint(strlen(message.notice.text), ==, PROTO_TEXT_MAX - 1);
	close(pair[0]);
	close(pair[1]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proto/sizes-are-exact", sizes_are_exact);
	g_test_add_func("/proto/bodies-are-checked", bodies_are_checked);
	g_test_add_func("/proto/keys-are-checked", keys_are_checked);
	g_test_add_func("/proto/descriptors", descriptors);
	g_test_add_func("/proto/oversized", oversized);
	return g_test_run();
}
