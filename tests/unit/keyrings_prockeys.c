// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What /proc/keys says of keys, and what only looks like it.
 */
#include <config.h>

#include "x509/prockeys.h"

static void test_prockeys(void)
{
	static const char text[] =
		"0a1b2c3d I--Q---     1 expd 3f0b0000     0     0 user      host.1.crt: 444\n"
		"0a1b2c3e I--Q---     1 perm 3f0b0000     0     0 keyring   .nfs: 2\n"
		"0a1b2c3f I--Q---     1   5m 3f0b0000     0     0 user      two\n"
		"00000005 I--Q---     1 expd 3f0b0000     0     0 user      forged: 1: 2\n"
		"0a1b2c3f I--Q---     1 expd 3f0b0000     0     0 user      host.1.key: 4\n"
		"broken\n\n00000007 I--Q--- 1 perm\n00000008 I--Q---     1 1w   3f0b0000     0     "
		"0 user      last: x";
	struct prockeys_key key;

	g_assert_true(prockeys_find(text, 0x0a1b2c3d, &key));
	g_assert_cmpstr(key.description, ==, "host.1.crt");
	g_assert_cmpstr(key.expires, ==, "expd");
	g_assert_cmpstr(key.type, ==, "user");
	prockeys_clear(&key);
	g_assert_true(prockeys_find(text, 5, &key));
	g_assert_cmpstr(key.description, ==, "forged: 1");
	prockeys_clear(&key);
	g_assert_true(prockeys_find(text, 8, &key));
	g_assert_cmpstr(key.description, ==, "last: x");
	prockeys_clear(&key);
	/* Two lines of one number: one of them is somebody's description. */
	g_assert_false(prockeys_find(text, 0x0a1b2c3f, &key));
	prockeys_clear(&key);
	g_assert_false(prockeys_find(text, 7, &key));
	prockeys_clear(&key);
	g_autoptr(GArray) keyrings = prockeys_keyrings(text);
	g_assert_cmpuint(keyrings->len, ==, 1);
	g_assert_cmpint(g_array_index(keyrings, key_serial_t, 0), ==, 0x0a1b2c3e);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/prockeys/find", test_prockeys);
	return g_test_run();
}
