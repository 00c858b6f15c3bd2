// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trying kTLS out.
 */
#include <config.h>

#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "ktlsprobe.h"
#include "log.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TCP_ULP
#define TCP_ULP 31
#endif

/* In the order of GnuTLS's own preference; only sizes matter here, the keys are zero. */
static const struct {
	const char *name;
	unsigned short type;
	size_t size;
} ciphers[] = {
	{ "AES-256-GCM", TLS_CIPHER_AES_GCM_256, sizeof(struct tls12_crypto_info_aes_gcm_256) },
	{ "CHACHA20-POLY1305", TLS_CIPHER_CHACHA20_POLY1305, sizeof(struct tls12_crypto_info_chacha20_poly1305) },
	{ "AES-128-GCM", TLS_CIPHER_AES_GCM_128, sizeof(struct tls12_crypto_info_aes_gcm_128) },
	{ "AES-128-CCM", TLS_CIPHER_AES_CCM_128, sizeof(struct tls12_crypto_info_aes_ccm_128) },
};

/* An unconnected socket answers ENOTCONN once the module is there. */
static int load_module(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 && errno != ENOTCONN)
		ret = -errno;
	close(fd);
	return ret;
}

static int connect_pair(int pair[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pair[1] = -1;
	if (listener < 0 || pair[0] < 0 || bind(listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(listener, 1) < 0 || getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
	    connect(pair[0], (struct sockaddr *)&address, length) < 0)
		ret = -errno;
	if (ret == 0) {
		pair[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (pair[1] < 0)
			ret = -errno;
	}
	if (listener >= 0)
		close(listener);
	if (ret < 0 && pair[0] >= 0)
		close(pair[0]);
	return ret;
}

/* 0: works; -EOPNOTSUPP: not this cipher; another error: could not be tried. */
static int try_cipher(unsigned short type, size_t size)
{
	union {
		struct tls_crypto_info info;
		char room[128];
	} crypto;
	int pair[2], ret = connect_pair(pair);

	if (ret < 0)
		return ret;
	memset(&crypto, 0, sizeof(crypto));
	crypto.info.version = TLS_1_3_VERSION;
	crypto.info.cipher_type = type;
	if (setsockopt(pair[0], SOL_TCP, TCP_ULP, "tls", sizeof("tls")) < 0)
		ret = -errno;
	else if (setsockopt(pair[0], SOL_TLS, TLS_TX, &crypto, size) < 0 ||
		 setsockopt(pair[0], SOL_TLS, TLS_RX, &crypto, size) < 0)
		ret = -EOPNOTSUPP;
	close(pair[0]);
	close(pair[1]);
	return ret;
}

int ktlsprobe_run(char *names, size_t size)
{
	int ret = load_module();

	names[0] = '\0';
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++) {
		ret = try_cipher(ciphers[i].type, ciphers[i].size);
		if (ret == -EOPNOTSUPP)
			continue;
		if (ret < 0) {
			log_line(LOG_WARNING, "cannot try out kTLS on a loopback connection (%s; is lo up?): only AES-GCM "
				 "is used", strerror(-ret));
			g_strlcpy(names, "AES-256-GCM,AES-128-GCM", size);
			return 0;
		}
		if (names[0])
			g_strlcat(names, ",", size);
		g_strlcat(names, ciphers[i].name, size);
	}
	return names[0] ? 0 : -EOPNOTSUPP;
}
