/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system's policy on the strength of certificates, as far as the library does not tell it.
 */
#ifndef TLSHD_LOADER_POLICY_H
#define TLSHD_LOADER_POLICY_H

#include <gnutls/x509.h>

/**
 * policy_profile - the verification profile to ask for: MEDIUM, or the system's where that is higher
 * @file: the library's system-wide configuration (gnutls_get_system_config_file()); it need not exist
 * @problem: NULL, or why the file could not be understood; g_free()
 *
 * The library enforces min-verification-profile by itself, but a profile that is part of a default priority string
 * would be lost with that string, so it is looked for here.
 */
gnutls_certificate_verification_profiles_t policy_profile(const char *file, char **problem);

#endif
