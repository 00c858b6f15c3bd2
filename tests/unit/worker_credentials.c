// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which of our identities a peer gets, by the list of signatures that it can verify.
 */
#include <config.h>

#include "tests/unit/worker_fixture.h"

static const struct issued *make(gnutls_pk_algorithm_t pk, unsigned int bits)
{
	static const struct issued *ca;

	if (!ca)
		ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	return issue(&(struct wish){ .issuer = ca, .pk = pk, .bits = bits, .dns = "us.example" });
}

static void add(struct scene *scene, const struct issued *identity)
{
	const struct issued *chain[] = { identity, NULL };

	scene_identity(scene, &scene->server, chain);
}

static void expect(const struct scene *scene, int place, const gnutls_sign_algorithm_t *offered, size_t count)
{
	g_assert_cmpint(credentials_choose(scene->server_credentials, offered, count), ==, place);
}

#define EXPECT(place, ...)                                                                                             \
	expect(&scene, place, (const gnutls_sign_algorithm_t[]){ __VA_ARGS__ },                                        \
	       sizeof((const gnutls_sign_algorithm_t[]){ __VA_ARGS__ }) / sizeof(gnutls_sign_algorithm_t))

/* A new kind of key first, then those that everybody knows; our order counts, the peer's does not. */
static void test_order(void)
{
	struct scene scene;

	scene_init(&scene);
	add(&scene, make(GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)));
	add(&scene, make(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)));
	add(&scene, make(GNUTLS_PK_RSA, 2048));
	scene_ready(&scene);
	EXPECT(0, GNUTLS_SIGN_EDDSA_ED25519, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256);
	EXPECT(0, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, GNUTLS_SIGN_EDDSA_ED25519);
	EXPECT(1, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384);
	EXPECT(2, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384);
	/* Another curve, another padding, what is for certificates only. */
	EXPECT(2, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256);
	EXPECT(-1, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, GNUTLS_SIGN_RSA_PSS_SHA256, GNUTLS_SIGN_RSA_SHA256);
	EXPECT(-1, GNUTLS_SIGN_UNKNOWN, GNUTLS_SIGN_EDDSA_ED448, (gnutls_sign_algorithm_t)4711);
	expect(&scene, -1, NULL, 0);
	scene_done(&scene);
}

static void test_none(void)
{
	struct scene scene;

	scene_init(&scene);
	scene_ready(&scene);
	EXPECT(-1, GNUTLS_SIGN_EDDSA_ED25519, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256);
	scene_done(&scene);
}

/* An identity of a kind that no library here can make. */
static void test_post_quantum(void)
{
	if (gnutls_pk_get_id("ML-DSA-65") == GNUTLS_PK_UNKNOWN)
		g_test_skip("this TLS library has no ML-DSA keys");
	else
		g_test_skip("the keeper makes no ML-DSA signatures yet");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/credentials/order", test_order);
	g_test_add_func("/credentials/none", test_none);
	g_test_add_func("/credentials/post-quantum", test_post_quantum);
	int ret = g_test_run();
	issued_done();
	return ret;
}
