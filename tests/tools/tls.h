/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One side of a TLS connection by a library of choice, on a connected socket that blocks with a time limit.
 */
#ifndef TESTS_TOOLS_TLS_H
#define TESTS_TOOLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_NO_ALERT (-1)

/* What this side is to do; a NULL leaves it to the library. */
struct tls_wish {
	bool server;
	const char *certificate;	/* file with the chain, PEM */
	const char *key;
	const char *trust;		/* verify the other side by these authorities */
	const char *policy;		/* GnuTLS: priority string; OpenSSL: groups */
	unsigned int record;		/* take records of so many bytes at most (RFC 8449); 0: of any size */
	bool old;			/* speak TLS 1.2 at most */
	bool ask;			/* server: ask for a certificate, take any and none */
	bool tickets;			/* server: send session tickets */
	const uint8_t *early;		/* server: data right behind Finished, before the client's is there */
	size_t early_size;
	unsigned int leave;		/* end the connection after so many records that were sent; 0: do not */
	bool half;			/* and half of the next one */
	bool reset;			/* leave with RST */
};

/* What became of it; kept up to date. */
struct tls_facts {
	int alert;			/* received, or TLS_NO_ALERT */
	unsigned int hellos;		/* ClientHello messages: two with a HelloRetryRequest */
	unsigned int tickets;		/* session tickets sent */
	unsigned int sent;		/* records, as far as they are counted (leave) */
	bool left;
	char group[32];
	char error[160];		/* why a call failed */
};

struct tls;

struct tls_library {
	const char *name;

	/* Both pointers and the descriptor outlive it. Ends the program when the wish cannot be fulfilled. */
	struct tls *(*new)(const struct tls_wish *wish, int fd, struct tls_facts *facts);
	bool (*shake)(struct tls *tls);

	/* Returns how much, 0 at the end (close_notify or FIN), -1 for an error, an alert or the time limit. */
	ssize_t (*receive)(struct tls *tls, void *data, size_t size);
	bool (*send)(struct tls *tls, const void *data, size_t size);
	bool (*pending)(struct tls *tls);
	void (*free)(struct tls *tls);
};

extern const struct tls_library tls_gnutls;
#ifdef HAVE_OPENSSL
extern const struct tls_library tls_openssl;
#endif

/** tls_cannot - end the program because a wish cannot be fulfilled */
void tls_cannot(const char *what, const char *why) __attribute__((noreturn));

#endif
