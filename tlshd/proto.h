/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages between supervisor, keeper, workers and loader: the one place that says what they look like.
 *
 * Every channel is a SOCK_SEQPACKET pair between two programs of one build, so a message is one datagram that is
 * exactly one of the structures below: the size has to match to the byte, text is NUL-terminated within its array, and
 * enumerations are in range. proto_check() tests all that a message can be tested for without context; both sides
 * treat what it refuses as a broken contract and end the other side, never themselves.
 *
 * Times are CLOCK_MONOTONIC in milliseconds, so that both sides mean the same moment. Numbers are in host order.
 */
#ifndef TLSHD_PROTO_H
#define TLSHD_PROTO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Raised with every change of a structure below. Programs of different builds refuse each other. */
#define PROTO_VERSION 5

#define PROTO_NAME_MAX 256	/* a DNS name has up to 253 bytes */
#define PROTO_TEXT_MAX 1024	/* a sentence for the log */
#define PROTO_SPKI_MAX 4096	/* SubjectPublicKeyInfo; ML-DSA-87 needs 2614, RSA-8192 1062 */
#define PROTO_SIGNATURE_MAX 5120 /* ML-DSA-87 needs 4627, RSA-8192 1024 */
#define PROTO_SIGN_INPUT_MAX 256 /* a CertificateVerify input is at most 64 + 34 + 64 bytes (RFC 8446, 4.4.3) */
#define PROTO_KEYS_MAX 32	/* private keys of one generation */
#define PROTO_KEY_REQUESTED PROTO_KEYS_MAX /* the key that the request itself names, as a number in PROTO_SIGN */
#define PROTO_CERTIFICATE_MAX 32767 /* payload of a kernel's key of type user (security/keys/user_defined.c) */
#define PROTO_PSK_IDENTITY_MAX 1024 /* NVMe needs up to 9 + 223 + 1 + 223 + 1 + 64 (nvmexpress.org, NVMe/TCP, 3.6.1) */
#define PROTO_PSK_MAX 256	/* bytes of a pre-shared key; NVMe has 32 and 48 */
#define PROTO_MESSAGE_MAX 8192	/* no message is larger */

enum proto_type {
	/* supervisor -> worker, on the job channel */
	PROTO_JOB = 1,		/* carries the socket */
	PROTO_JOB_PSK,		/* instead of it for a client with a pre-shared key; carries the socket, too */
	PROTO_CANCEL,
	/* worker -> supervisor, on the job channel */
	PROTO_WORKER_READY,
	PROTO_RESULT,		/* exactly one for each job, also for a cancelled one */
	/* worker -> keeper and back, on the worker's sign channel */
	PROTO_SIGN,
	PROTO_SIGNATURE,
	/* worker -> supervisor and back, on the worker's PSK channel */
	PROTO_PSK,
	PROTO_PSK_KEY,
	/* supervisor -> keeper, on the control channel */
	PROTO_ATTACH,		/* carries the keeper's end of a worker's sign channel */
	PROTO_OPEN,		/* these two on the channel of grants, too */
	PROTO_CLOSE,
	PROTO_GRANTS,		/* read the channel of grants, before it is full */
	PROTO_LOAD,
	PROTO_PING,
	/* keeper -> supervisor, on the control channel */
	PROTO_KEY,		/* one for each key, before PROTO_KEEPER_READY */
	PROTO_KEEPER_READY,
	PROTO_PIN_TROUBLE,	/* instead of it: a person has to see to a PIN before any keeper tries again */
	PROTO_PONG,
	PROTO_KEY_LOADED,	/* the answer to PROTO_LOAD */
	/* loader -> supervisor */
	PROTO_LOADED,		/* carries the snapshot and the key list */
	/* any child -> supervisor: a line for the log; a child that fails says why and then exits */
	PROTO_NOTICE,
	PROTO_TYPES
};

/* The values of the handshake family, so that nothing is translated on the way (linux/handshake.h). */
enum proto_role {
	PROTO_ROLE_CLIENT = 1,	/* HANDSHAKE_MSG_TYPE_CLIENTHELLO */
	PROTO_ROLE_SERVER = 2,	/* HANDSHAKE_MSG_TYPE_SERVERHELLO */
};

enum proto_auth {
	PROTO_AUTH_UNAUTH = 1,	/* HANDSHAKE_AUTH_UNAUTH: the client shows no certificate */
	PROTO_AUTH_PSK = 2,
	PROTO_AUTH_X509 = 3,
};

/* The hash that belongs to a pre-shared key (RFC 8446, 4.2.11); one bit each. */
enum proto_psk_hash {
	PROTO_PSK_SHA256 = 1,
	PROTO_PSK_SHA384 = 2,
};

/* Why a handshake ended as it did. report.c has the sentence for each. */
enum proto_reason {
	REASON_OK = 0,
	/* found by the worker */
	REASON_DEADLINE,	/* the deadline of the whole handshake passed */
	REASON_HELLO_TIMEOUT,	/* server: the peer sent no byte at all */
	REASON_PEER_CLOSED,	/* FIN before the peer's Finished */
	REASON_PEER_RESET,	/* RST, or another error of the connection; .error has the errno */
	REASON_PEER_ALERT,	/* fatal alert from the peer; .alert_received has it */
	REASON_UNTRUSTED,	/* certificate: .verify has the PROTO_VERIFY_ bits */
	REASON_NAME,		/* certificate is valid but for another name */
	REASON_CHAIN_LENGTH,	/* more certificates than max_certificates */
	REASON_KEY_SIZE,	/* an RSA key in the chain over max_rsa_bits */
	REASON_MESSAGE_SIZE,	/* a handshake message over max_message, or a ClientHello over max_client_hello */
	REASON_NOTHING_COMMON,	/* no version, cipher, group or signature scheme in common */
	REASON_PROTOCOL,	/* malformed or unexpected bytes; .library_error says which */
	REASON_ALPN,		/* the peer's ALPN offer does not hold sunrpc */
	REASON_NO_IDENTITY,	/* x509 asked for, but the configuration has no certificate for this role */
	REASON_NO_TRUST,	/* there is no trust anchor to verify the peer with */
	REASON_NO_NAME,		/* client: the kernel gave no peer name, so nothing can be verified */
	REASON_SIGN_TIMEOUT,	/* the keeper did not sign within the call limit */
	REASON_SIGN_FAILED,	/* the keeper answered that it cannot or will not sign */
	REASON_SIGN_LOST,	/* the keeper is gone */
	REASON_ULP,		/* setsockopt(TCP_ULP) failed; .error has the errno */
	REASON_KTLS,		/* setsockopt(SOL_TLS) failed; .error has the errno */
	REASON_READ_AHEAD,	/* the library holds bytes that belong to the consumer */
	REASON_RESOURCES,	/* out of memory or descriptors */
	REASON_LIBRARY,		/* any other failure of the library; .library_error has it */
	REASON_CANCELLED,	/* the supervisor sent PROTO_CANCEL */
	REASON_UNSUPPORTED,	/* an auth mode that this build cannot serve */
	REASON_PSK_UNKNOWN,	/* server: no key for the identity that the peer offers */
	REASON_PSK_MISMATCH,	/* server: the peer's key is another one (its binder is wrong) */
	REASON_PSK_FAILED,	/* the supervisor could not look for the key; .error has the errno */
	REASON_KEY_MISMATCH,	/* certificate and private key that the request names do not belong together */
	REASON_CERTIFICATE,	/* the certificate that the request names is none; .library_error says why */
	REASON_PSK_LOST,	/* the supervisor did not answer within the call limit */
	/* found by the supervisor */
	REASON_WORKER_LOST,	/* the worker died or was killed */
	REASON_NO_WORKER,	/* the deadline passed before a worker was free */
	REASON_NOT_TCP,		/* the socket is not TCP */
	REASON_SHUTDOWN,	/* the service is ending */
	REASON_REQUEST,		/* the kernel's request is malformed */
	REASON_REQUEST_CERTIFICATE, /* the certificate that the request names cannot be read; .error has the errno */
	REASON_REQUEST_PRIVATE_KEY, /* nor can its private key be used; .error has the errno */
	REASON_PSK_NO_KEY,	/* client: none of the request's keys exists and is valid; .error has the errno */
	REASON_PSK_HASH,	/* client: the key needs a hash that this TLS library cannot use with it */
	REASON_CODES
};

/* What is wrong with a certificate chain; several may be set, report.c names the first of them in this order. */
enum proto_verify {
	PROTO_VERIFY_REVOKED = 1 << 0,
	PROTO_VERIFY_EXPIRED = 1 << 1,
	PROTO_VERIFY_NOT_YET = 1 << 2,
	PROTO_VERIFY_UNKNOWN_CA = 1 << 3,
	PROTO_VERIFY_NOT_CA = 1 << 4,	/* an issuer in the chain may not sign certificates */
	PROTO_VERIFY_PURPOSE = 1 << 5,	/* extended key usage does not allow this role */
	PROTO_VERIFY_KEY_USAGE = 1 << 6, /* key usage lacks digitalSignature */
	PROTO_VERIFY_WEAK = 1 << 7,	/* key or signature algorithm below the policy's minimum */
	PROTO_VERIFY_SIGNATURE = 1 << 8, /* a signature in the chain is wrong */
	PROTO_VERIFY_OTHER = 1 << 9,
};
#define PROTO_VERIFY_ALL ((1 << 10) - 1)

#define PROTO_NO_ALERT 0xffffu

struct proto_header {
	uint32_t version;
	uint16_t type;
	uint16_t size;		/* of the whole message */
};

/*
 * A handshake to be made on the socket that comes with the message. Where the request names its own certificate, a memfd
 * comes behind it: the certificate in DER, and directly behind that the SubjectPublicKeyInfo of the private key.
 */
struct proto_job {
	struct proto_header header;
	uint64_t job;		/* never used twice, never 0 */
	int64_t deadline_ms;	/* when the worker gives up */
	int64_t hello_deadline_ms; /* when it gives up if the peer has sent nothing; 0: no such limit */
	uint32_t role;		/* enum proto_role; the snapshot has one profile for each */
	uint32_t auth;		/* enum proto_auth */
	uint32_t certificate_length; /* 0: the configuration's certificate is used, and there is no memfd */
	uint32_t spki_length;
	uint32_t psk_hash;	/* client with a pre-shared key: enum proto_psk_hash; else 0 */
	char peername[PROTO_NAME_MAX]; /* client: the name or address to verify; else empty */
};

/*
 * A client's job with the pre-shared key to offer: both are read, or neither. Whoever has this message wipes it. Where a
 * struct proto_job is asked for, it may be the beginning of this one, as its header says.
 */
struct proto_job_psk {
	struct proto_job job;
	uint32_t identity_length;
	uint32_t key_length;
	uint8_t identity[PROTO_PSK_IDENTITY_MAX];
	uint8_t key[PROTO_PSK_MAX];
};

struct proto_cancel {
	struct proto_header header;
	uint64_t job;
};

struct proto_worker_ready {
	struct proto_header header;
};

/* The worker has closed its copy of the socket before it sends this. */
struct proto_result {
	struct proto_header header;
	uint64_t job;
	uint32_t status;	/* 0, or the positive errno for the consumer */
	uint32_t reason;	/* enum proto_reason; REASON_OK if and only if status is 0 */
	uint32_t verify;	/* PROTO_VERIFY_ bits */
	int32_t error;		/* positive errno behind the reason, or 0 */
	int32_t library_error;	/* GnuTLS error code, or 0 */
	uint16_t alert_sent;	/* PROTO_NO_ALERT: none */
	uint16_t alert_received;
	uint32_t peer_authenticated; /* 1: the peer showed a certificate and it was verified */
	uint32_t signatures;	/* calls that the keeper answered */
	uint32_t sign_timeouts;	/* calls that it did not answer in time */
	int64_t peer_not_before; /* seconds since 1970; 0 where there is no certificate */
	int64_t peer_not_after;
	char version[16];	/* "TLS1.3" */
	char cipher[32];	/* names as GnuTLS prints them; empty where the handshake did not get so far */
	char group[32];
	char signature[32];	/* of the server's CertificateVerify */
	char alpn[32];
	/* From the peer's certificate: the peer may have chosen every byte. */
	char peer_subject[256];
	char peer_san[512];	/* "DNS:a.example, IP:192.0.2.7" */
	char peer_issuer[256];
	char peer_serial[64];	/* hexadecimal */
};

/* "Sign this CertificateVerify input", the only operation there is. */
struct proto_sign {
	struct proto_header header;
	uint64_t job;
	uint32_t call;		/* returned in the answer, so that a late one is recognised */
	uint32_t key;		/* index in the generation's key list */
	uint16_t scheme;	/* TLS SignatureScheme (RFC 8446, 4.2.3) */
	uint16_t length;	/* bytes of input in use: a digest, or for Ed25519 and Ed448 the message */
	uint8_t input[PROTO_SIGN_INPUT_MAX];
};

struct proto_signature {
	struct proto_header header;
	uint32_t call;
	int32_t status;		/* 0, or a negative errno: -EPERM not opened, -EBADMSG malformed, -EIO the key failed */
	uint32_t length;
	uint8_t signature[PROTO_SIGNATURE_MAX];
};

/* "The pre-shared key of this identity", for a server's job. A client never asks: its key comes with its job. */
struct proto_psk {
	struct proto_header header;
	uint64_t job;
	uint32_t call;		/* returned in the answer, so that a late one is recognised */
	uint32_t identity_length;
	uint8_t identity[PROTO_PSK_IDENTITY_MAX]; /* as the peer sent it: any bytes */
};

struct proto_psk_key {
	struct proto_header header;
	uint32_t call;
	int32_t status;		/* 0, or a negative errno: -ENOKEY no such key, -EPERM not this worker's job; others pass */
	uint32_t key_length;
	uint8_t key[PROTO_PSK_MAX];
};

struct proto_attach {
	struct proto_header header;
	uint32_t worker;	/* never used twice within a keeper's life */
};

/* From here to CLOSE, one signature with each key of the set may be asked for by this worker in this job. */
struct proto_open {
	struct proto_header header;
	uint64_t job;
	uint32_t worker;
	uint32_t keys;		/* bit n: key n of the key list */
	uint32_t requested;	/* 1: and PROTO_KEY_REQUESTED, which was loaded before */
};

/* Read a kernel's key, which the keeper possesses until it has answered; it is wiped at CLOSE. */
struct proto_load {
	struct proto_header header;
	uint64_t job;
	int32_t serial;		/* of a key with a private key in DER */
};

struct proto_key_loaded {
	struct proto_header header;
	uint64_t job;
	int32_t status;		/* 0, or a negative errno; the reason is in the log */
	uint32_t spki_length;
	uint8_t spki[PROTO_SPKI_MAX];
};

struct proto_close {
	struct proto_header header;
	uint64_t job;
};

/* Nobody waits on the channel of grants: whoever wants to sign reads it before. */
struct proto_grants {
	struct proto_header header;
};

struct proto_ping {
	struct proto_header header;
	uint32_t serial;	/* PROTO_PONG has the same structure and the same number */
};

/* A key whose trial took longer is slow: its handshakes get workers of their own, so that they delay no others. */
#define PROTO_SLOW_US 5000

struct proto_key {
	struct proto_header header;
	uint32_t key;		/* index in the key list */
	uint32_t trial_us;	/* how long a trial signature took */
	uint32_t spki_length;
	uint8_t spki[PROTO_SPKI_MAX]; /* SubjectPublicKeyInfo, DER */
};

struct proto_keeper_ready {
	struct proto_header header;
	uint32_t keys;		/* how many PROTO_KEY were sent */
};

struct proto_pin_trouble {
	struct proto_header header;
};

/* The places of the configuration: today's, and the old one. */
#define PROTO_CONFIG_USUAL SYSCONFDIR "/tlshd/config"
#define PROTO_CONFIG_LEGACY SYSCONFDIR "/tlshd.conf"

/* Comes with two sealed memfds: the snapshot, and the key list for the keeper. */
struct proto_loaded {
	struct proto_header header;
	uint32_t keys;		/* entries of the key list */
	uint32_t legacy;	/* the configuration was PROTO_CONFIG_LEGACY, where nobody had named one */
};

struct proto_notice {
	struct proto_header header;
	uint32_t priority;	/* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO or LOG_DEBUG of syslog.h */
	char text[PROTO_TEXT_MAX];
};

/* Where a child finds its channels and files: the supervisor puts them there before exec. */
enum proto_fd {
	PROTO_FD_SUPERVISOR = 3, /* worker: job channel; keeper: control channel; loader: its answer */
	PROTO_FD_SIGN = 4,	/* worker: sign channel, -1 (closed) where the generation has no private key */
	PROTO_FD_SNAPSHOT = 5,	/* worker: the snapshot; keeper: the key list */
	PROTO_FD_PSK = 6,	/* worker: PSK channel */
	PROTO_FD_GRANTS = 6,	/* keeper: channel of grants */
	PROTO_FD_END		/* nothing from here on is a child's */
};

/* Room for any message, aligned for all of them. */
union proto_message {
	struct proto_header header;
	struct proto_job job;
	struct proto_job_psk job_psk;
	struct proto_cancel cancel;
	struct proto_worker_ready worker_ready;
	struct proto_result result;
	struct proto_sign sign;
	struct proto_signature signature;
	struct proto_psk psk;
	struct proto_psk_key psk_key;
	struct proto_attach attach;
	struct proto_open open;
	struct proto_close close;
	struct proto_grants grants;
	struct proto_load load;
	struct proto_key_loaded key_loaded;
	struct proto_ping ping;
	struct proto_key key;
	struct proto_keeper_ready keeper_ready;
	struct proto_pin_trouble pin_trouble;
	struct proto_loaded loaded;
	struct proto_notice notice;
};

/**
 * proto_init - fill in a message's header and clear the rest of it
 * @message: the message
 * @type: enum proto_type
 *
 * Clearing matters: unused bytes of an array go to the other side, too.
 */
void proto_init(union proto_message *message, enum proto_type type);

/** proto_size - the exact size in bytes of a message of this type; 0 for an unknown type */
size_t proto_size(unsigned int type);

/** proto_name - a type's name for the log */
const char *proto_name(unsigned int type);

/**
 * proto_check - is this a well-formed message?
 * @message: what was received
 * @received: how many bytes that was
 *
 * Version, type, exact size, termination of every text, range of every enumeration and length.
 * Returns 0, -EPROTONOSUPPORT for another version, or -EBADMSG.
 */
int proto_check(const union proto_message *message, size_t received);

/**
 * proto_send - send one message
 * @fd: channel
 * @message: made with proto_init()
 * @fds: descriptors that go along, or NULL
 * @nfds: how many, at most 2
 *
 * Blocks or not as the channel does. Never raises SIGPIPE.
 * Returns 0 or a negative errno (-EAGAIN, -EPIPE, -ETOOMANYREFS ...).
 */
int proto_send(int fd, const union proto_message *message, const int *fds, unsigned int nfds);

/**
 * proto_receive - receive and check one message
 * @fd: channel
 * @message: room for it
 * @flags: MSG_DONTWAIT or 0
 * @fds: room for descriptors, filled with -1 where none came; NULL gives the sender no room for control data
 * @nfds: room in @fds, at most 2
 *
 * A message with more descriptors than there is room for is refused, and all that came are closed.
 * Returns 0, -EAGAIN, -EPIPE when the other side is gone, -EBADMSG or -EPROTONOSUPPORT for a broken contract, or
 * another negative errno. The caller owns the descriptors after 0; after an error there are none.
 */
int proto_receive(int fd, union proto_message *message, int flags, int *fds, unsigned int nfds);

/**
 * proto_notice - say a line to the supervisor's log
 * @fd: channel to the supervisor
 * @priority: as in syslog.h
 * @format: printf format; cut at PROTO_TEXT_MAX - 1 bytes
 */
void proto_notice(int fd, int priority, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** proto_now_ms - CLOCK_MONOTONIC in milliseconds */
int64_t proto_now_ms(void);

#endif
