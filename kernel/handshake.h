/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The generic-netlink family `handshake`, as the kernel's specification has it
 * (Documentation/netlink/specs/handshake.yaml). Many build machines have no linux/handshake.h, and those that have one
 * may lack the newest attributes; the numbers are ABI, so this file always serves.
 */
#ifndef KERNEL_HANDSHAKE_H
#define KERNEL_HANDSHAKE_H

#define HANDSHAKE_FAMILY_NAME "handshake"
#define HANDSHAKE_FAMILY_VERSION 1
#define HANDSHAKE_MCGRP_TLSHD "tlshd"

enum handshake_command {
	HANDSHAKE_CMD_READY = 1,	/* event: a request waits */
	HANDSHAKE_CMD_ACCEPT,
	HANDSHAKE_CMD_DONE,
};

enum handshake_handler_class {
	HANDSHAKE_HANDLER_CLASS_NONE,
	HANDSHAKE_HANDLER_CLASS_TLSHD,
};

enum handshake_message_type {
	HANDSHAKE_MSG_TYPE_UNSPEC,
	HANDSHAKE_MSG_TYPE_CLIENTHELLO,
	HANDSHAKE_MSG_TYPE_SERVERHELLO,
};

enum handshake_auth_mode {
	HANDSHAKE_AUTH_UNSPEC,
	HANDSHAKE_AUTH_UNAUTH,
	HANDSHAKE_AUTH_PSK,
	HANDSHAKE_AUTH_X509,
};

enum handshake_certificate_attribute {
	HANDSHAKE_A_X509_CERT = 1,	/* s32, key serial */
	HANDSHAKE_A_X509_PRIVKEY,	/* s32, key serial */
};

enum handshake_accept_attribute {
	HANDSHAKE_A_ACCEPT_SOCKFD = 1,	/* s32 */
	HANDSHAKE_A_ACCEPT_HANDLER_CLASS, /* u32, to the kernel */
	HANDSHAKE_A_ACCEPT_MESSAGE_TYPE, /* u32 */
	HANDSHAKE_A_ACCEPT_TIMEOUT,	/* u32, ms */
	HANDSHAKE_A_ACCEPT_AUTH_MODE,	/* u32 */
	HANDSHAKE_A_ACCEPT_PEER_IDENTITY, /* u32, repeats */
	HANDSHAKE_A_ACCEPT_CERTIFICATE,	/* nest, repeats */
	HANDSHAKE_A_ACCEPT_PEERNAME,	/* string */
	HANDSHAKE_A_ACCEPT_KEYRING,	/* u32; not in 6.12 */
	HANDSHAKE_A_ACCEPT_MAX = HANDSHAKE_A_ACCEPT_KEYRING,
};

enum handshake_done_attribute {
	HANDSHAKE_A_DONE_STATUS = 1,	/* u32, positive errno */
	HANDSHAKE_A_DONE_SOCKFD,	/* s32 */
	HANDSHAKE_A_DONE_REMOTE_AUTH,	/* u32, repeats */
};

#endif
