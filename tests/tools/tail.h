/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TLS client whose Finished, data and FIN leave together.
 */
#ifndef TESTS_TOOLS_TAIL_H
#define TESTS_TOOLS_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * tail_run - shake hands on a connected socket, and send the last flight with @data and FIN behind it in one go
 * @fd: the client's end, not blocking
 * @cipher: as GnuTLS names it
 *
 * Returns NULL, or what failed.
 */
const char *tail_run(int fd, const char *cipher, const uint8_t *data, size_t size);

#endif
