/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pre-shared keys in the kernel's keyrings: keys of type psk, whose description is the TLS identity and whose payload is
 * the TLS pre-shared key (drivers/nvme/common/keyring.c). What a key gives is read at the moment of use, so that a key that
 * was replaced, revoked or added since is seen.
 */
#ifndef TLSHD_PSK_H
#define TLSHD_PSK_H

#include <keyutils.h>
#include <stdbool.h>

#include "proto.h"

#define PSK_TYPE "psk"

/* One key, with its secret: wipe with psk_wipe(). */
struct psk {
	key_serial_t serial;
	uint32_t hash;			/* enum proto_psk_hash */
	uint32_t identity_length;
	uint32_t key_length;
	uint8_t identity[PROTO_PSK_IDENTITY_MAX];
	uint8_t key[PROTO_PSK_MAX];
};

/**
 * psk_read - the key with this serial number
 * @psk: filled in on success only; wiped otherwise
 *
 * Returns 0; -ENOKEY, -EKEYREVOKED or -EKEYEXPIRED for one that certainly cannot be used; -EINVAL for one that is no
 * pre-shared key or too long; or another negative errno that may pass.
 */
int psk_read(key_serial_t serial, struct psk *psk);

/**
 * psk_find - the key of an identity in a keyring
 * @keyring: has to be in our possession
 * @identity, @length: any bytes; only an exact match counts, where the kernel's own search takes a prefix for it
 *
 * Returns as psk_read().
 */
int psk_find(key_serial_t keyring, const uint8_t *identity, size_t length, struct psk *psk);

/** psk_hash_served - can the TLS library use a key with this hash? SHA-384 needs GnuTLS 3.8.11. */
bool psk_hash_served(uint32_t hash);

/** psk_certain - is this errno a certain no, rather than something that may pass? Decides ENOKEY. */
bool psk_certain(int error);

/** psk_lasting - does this errno stay, whenever it is tried again? The key is none that serves, or not ours to read. */
bool psk_lasting(int error);

void psk_wipe(struct psk *psk);

/** psk_wipe_key - wipe the secret alone: serial, hash and identity stay */
void psk_wipe_key(struct psk *psk);

#endif
