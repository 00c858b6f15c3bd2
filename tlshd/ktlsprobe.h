/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ciphers this kernel's kTLS takes: tried out, because neither headers nor versions prove it.
 */
#ifndef TLSHD_KTLSPROBE_H
#define TLSHD_KTLSPROBE_H

#include <stddef.h>

/**
 * ktlsprobe_run - load the tls module and try each cipher on a loopback connection of our own
 * @names: comma-separated GnuTLS names of the ciphers that work, e.g. "AES-128-GCM,AES-256-GCM"
 * @size: at least KTLSPROBE_NAMES_MAX
 *
 * Needs CAP_NET_ADMIN, without which the kernel does not load the module. Where no loopback connection can be
 * made (lo is down), the two AES-GCM ciphers, which every kTLS has, are named, with a warning.
 * Returns 0, -ENOENT where the kernel has no kTLS (CONFIG_TLS), or another negative errno.
 */
int ktlsprobe_run(char *names, size_t size);
#define KTLSPROBE_NAMES_MAX 128

#endif
