/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests that change this machine's keyrings, in one of their own that ends with them. Type psk
 * comes with a kernel module, so the wrapped calls give keys of type user its name: link with
 * $(keyrings_fixture_ldflags).
 */
#ifndef TESTS_KEYRINGS_FIXTURE_H
#define TESTS_KEYRINGS_FIXTURE_H

#include <keyutils.h>

#include "status.h"

/**
 * fixture_keyring - a new keyring, possessed by way of the session; 0 where this machine does not
 * let us have keys
 */
key_serial_t fixture_keyring(void);

/**
 * fixture_fail_add - the call of add_key() for a key after so many good ones fails with this errno;
 * 0: none fails
 */
void fixture_fail_add(int after, int number);

/** fixture_count - keys in the keyring */
guint fixture_count(key_serial_t keyring);

#endif
