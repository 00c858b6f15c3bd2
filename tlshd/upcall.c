// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ACCEPT and DONE. The kernel carries both out inside sendmsg(), so the answer is there when it returns and the socket
 * never has to be waited for.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include "kernel/handshake.h"
#include "upcall.h"

struct upcall {
	struct nl_sock *socket;
	int family;
	int group;
};

static int to_errno(int nl_error)
{
	switch (abs(nl_error)) {
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	default:
		return -EIO;
	}
}

int upcall_open(struct upcall **out)
{
	struct upcall *upcall = calloc(1, sizeof(*upcall));
	int ret = -ENOMEM;

	if (!upcall)
		return ret;
	upcall->socket = nl_socket_alloc();
	if (!upcall->socket)
		goto fail;
	nl_socket_disable_auto_ack(upcall->socket);
	ret = genl_connect(upcall->socket);
	if (ret < 0) {
		ret = to_errno(ret);
		goto fail;
	}
	upcall->family = genl_ctrl_resolve(upcall->socket, HANDSHAKE_FAMILY_NAME);
	if (upcall->family < 0) {
		ret = to_errno(upcall->family);
		goto fail;
	}
	upcall->group = genl_ctrl_resolve_grp(upcall->socket, HANDSHAKE_FAMILY_NAME, HANDSHAKE_MCGRP_TLSHD);
	if (upcall->group < 0) {
		ret = to_errno(upcall->group);
		goto fail;
	}
	nl_socket_disable_seq_check(upcall->socket);
	nl_socket_set_nonblocking(upcall->socket);
	*out = upcall;
	return 0;
fail:
	upcall_free(upcall);
	return ret;
}

void upcall_free(struct upcall *upcall)
{
	if (!upcall)
		return;
	if (upcall->socket)
		nl_socket_free(upcall->socket);
	free(upcall);
}

int upcall_group(const struct upcall *upcall)
{
	return upcall->group;
}

/*
 * Send one command and take its answer: the message for @answer, or the kernel's error. An error is always answered, an
 * ACK only when @flags ask for one. Returns 0 or a negative errno.
 */
static int command(struct upcall *upcall, struct nl_msg *message, int flags, unsigned char **answer)
{
	struct sockaddr_nl from;
	unsigned char *buffer = NULL;

	nlmsg_hdr(message)->nlmsg_flags |= NLM_F_REQUEST | flags;
	int ret = nl_send_auto(upcall->socket, message);
	if (ret < 0)
		return to_errno(ret);
	int received = nl_recv(upcall->socket, &from, &buffer, NULL);
	if (received <= 0) {
		/* Nothing where an answer has to be: the receive buffer was full, or memory is short. */
		return received == 0 || received == -NLE_AGAIN ? -ENOBUFS : to_errno(received);
	}
	struct nlmsghdr *header = (struct nlmsghdr *)buffer;
	ret = -EBADMSG;
	if (from.nl_pid != 0 || !nlmsg_ok(header, received))
		goto out;
	if (header->nlmsg_type == NLMSG_ERROR) {
		if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct nlmsgerr)))
			ret = ((struct nlmsgerr *)nlmsg_data(header))->error;
		goto out;
	}
	if (header->nlmsg_type == upcall->family && answer) {
		*answer = buffer;
		return 0;
	}
out:
	free(buffer);
	return ret;
}

/* Empty the command socket: an answer left behind by a failure must not be taken for the next one. */
static void discard_answers(struct upcall *upcall)
{
	struct sockaddr_nl from;
	unsigned char *buffer = NULL;

	while (nl_recv(upcall->socket, &from, &buffer, NULL) > 0) {
		free(buffer);
		buffer = NULL;
	}
}

static struct nla_policy accept_policy[HANDSHAKE_A_ACCEPT_MAX + 1] = {
	[HANDSHAKE_A_ACCEPT_SOCKFD] = { .type = NLA_U32 },
	[HANDSHAKE_A_ACCEPT_MESSAGE_TYPE] = { .type = NLA_U32 },
	[HANDSHAKE_A_ACCEPT_TIMEOUT] = { .type = NLA_U32 },
	[HANDSHAKE_A_ACCEPT_AUTH_MODE] = { .type = NLA_U32 },
	[HANDSHAKE_A_ACCEPT_PEER_IDENTITY] = { .type = NLA_U32 },
	[HANDSHAKE_A_ACCEPT_CERTIFICATE] = { .type = NLA_NESTED },
	[HANDSHAKE_A_ACCEPT_PEERNAME] = { .type = NLA_STRING },
	[HANDSHAKE_A_ACCEPT_KEYRING] = { .type = NLA_U32 },
};

static uint32_t number(struct nlattr **attributes, int type)
{
	return attributes[type] ? nla_get_u32(attributes[type]) : 0;
}

/* A policy keeps the last of an attribute that repeats. */
static void find_peers(struct nlmsghdr *header, struct handshake_request *request)
{
	struct nlattr *attribute;
	int left = nlmsg_attrlen(header, GENL_HDRLEN);

	for (attribute = nlmsg_attrdata(header, GENL_HDRLEN); nla_ok(attribute, left);
	     attribute = nla_next(attribute, &left)) {
		if (nla_type(attribute) == HANDSHAKE_A_ACCEPT_PEER_IDENTITY && nla_len(attribute) == sizeof(int32_t) &&
		    request->peer_count < UPCALL_PEERS_MAX)
			request->peers[request->peer_count++] = nla_get_s32(attribute);
	}
}

/* The first certificate; consumers send one. */
static int find_certificate(struct nlattr *nest, struct handshake_request *request)
{
	static struct nla_policy policy[HANDSHAKE_A_X509_PRIVKEY + 1] = {
		[HANDSHAKE_A_X509_CERT] = { .type = NLA_U32 },
		[HANDSHAKE_A_X509_PRIVKEY] = { .type = NLA_U32 },
	};
	struct nlattr *attributes[HANDSHAKE_A_X509_PRIVKEY + 1] = { NULL };

	if (!nest)
		return 0;
	if (nla_parse_nested(attributes, HANDSHAKE_A_X509_PRIVKEY, nest, policy) < 0)
		return -EBADMSG;
	request->certificate = number(attributes, HANDSHAKE_A_X509_CERT);
	request->private_key = number(attributes, HANDSHAKE_A_X509_PRIVKEY);
	/* One without the other is of no use, and serials are positive. */
	return (request->certificate > 0) == (request->private_key > 0) && request->certificate >= 0 ? 0 : -EBADMSG;
}

/*
 * The descriptor, whatever else is wrong with the message: it is in our table, and wants a DONE and a close. Attributes
 * are walked by hand here, because a policy refuses a message as a whole.
 */
static int find_socket(struct nlmsghdr *header)
{
	struct nlattr *attribute;
	int left = nlmsg_attrlen(header, GENL_HDRLEN);

	for (attribute = nlmsg_attrdata(header, GENL_HDRLEN); nla_ok(attribute, left);
	     attribute = nla_next(attribute, &left)) {
		if (nla_type(attribute) == HANDSHAKE_A_ACCEPT_SOCKFD && nla_len(attribute) == sizeof(int32_t))
			return nla_get_s32(attribute);
	}
	return -1;
}

int upcall_parse(struct nlmsghdr *header, struct handshake_request *request)
{
	struct nlattr *attributes[HANDSHAKE_A_ACCEPT_MAX + 1] = { NULL };

	memset(request, 0, sizeof(*request));
	request->fd = -1;
	if (header->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -EBADMSG;
	request->fd = find_socket(header);
	if (request->fd < 0)
		return -EBADMSG;
	if (nlmsg_parse(header, GENL_HDRLEN, attributes, HANDSHAKE_A_ACCEPT_MAX, accept_policy) < 0)
		return -EBADMSG;
	request->role = number(attributes, HANDSHAKE_A_ACCEPT_MESSAGE_TYPE);
	request->auth = number(attributes, HANDSHAKE_A_ACCEPT_AUTH_MODE);
	request->timeout_ms = number(attributes, HANDSHAKE_A_ACCEPT_TIMEOUT);
	request->keyring = number(attributes, HANDSHAKE_A_ACCEPT_KEYRING);
	find_peers(header, request);
	struct nlattr *peername = attributes[HANDSHAKE_A_ACCEPT_PEERNAME];
	if (peername) {
		size_t length = strnlen(nla_data(peername), nla_len(peername));
		if (length >= sizeof(request->peername))
			return -EBADMSG;
		memcpy(request->peername, nla_data(peername), length);
	}
	if (find_certificate(attributes[HANDSHAKE_A_ACCEPT_CERTIFICATE], request) < 0)
		return -EBADMSG;
	if (request->role != HANDSHAKE_MSG_TYPE_CLIENTHELLO && request->role != HANDSHAKE_MSG_TYPE_SERVERHELLO)
		return -EBADMSG;
	if (request->auth < HANDSHAKE_AUTH_UNAUTH || request->auth > HANDSHAKE_AUTH_X509)
		return -EBADMSG;
	return 0;
}

int upcall_accept(struct upcall *upcall, struct handshake_request *request)
{
	unsigned char *answer = NULL;
	struct nl_msg *message = nlmsg_alloc();
	int ret = -ENOMEM;

	request->fd = -1;
	if (!message)
		return ret;
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, upcall->family, 0, 0, HANDSHAKE_CMD_ACCEPT,
			 HANDSHAKE_FAMILY_VERSION) ||
	    nla_put_u32(message, HANDSHAKE_A_ACCEPT_HANDLER_CLASS, HANDSHAKE_HANDLER_CLASS_TLSHD) < 0)
		goto out;
	ret = command(upcall, message, 0, &answer);
	if (ret == 0)
		ret = answer ? upcall_parse((struct nlmsghdr *)answer, request) : -EBADMSG;
	else if (ret != -EAGAIN)
		discard_answers(upcall);
	free(answer);
out:
	nlmsg_free(message);
	return ret;
}

int upcall_done(struct upcall *upcall, int fd, uint32_t status, uint32_t remote_auth)
{
	struct nl_msg *message = nlmsg_alloc();
	int ret = -ENOMEM;

	if (!message)
		return ret;
	if (!genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, upcall->family, 0, 0, HANDSHAKE_CMD_DONE,
			 HANDSHAKE_FAMILY_VERSION) ||
	    nla_put_u32(message, HANDSHAKE_A_DONE_STATUS, status) < 0 ||
	    nla_put_s32(message, HANDSHAKE_A_DONE_SOCKFD, fd) < 0 ||
	    (remote_auth && nla_put_u32(message, HANDSHAKE_A_DONE_REMOTE_AUTH, remote_auth) < 0))
		goto out;
	ret = command(upcall, message, NLM_F_ACK, NULL);
	if (ret < 0)
		discard_answers(upcall);
out:
	nlmsg_free(message);
	return ret;
}
