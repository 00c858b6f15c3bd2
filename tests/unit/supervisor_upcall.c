// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests as the kernel sends them, and as it should never send them; and the search for another agent.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <glib.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>

#include "agent.h"
#include "kernel/handshake.h"
#include "upcall.h"

static struct nl_msg *accept_answer(void)
{
	struct nl_msg *message = nlmsg_alloc();

	genlmsg_put(message, 0, 0, 30, 0, 0, HANDSHAKE_CMD_ACCEPT, 1);
	return message;
}

static void nfs_client(void)
{
	struct nl_msg *message = accept_answer();
	struct handshake_request request;

	nla_put_s32(message, HANDSHAKE_A_ACCEPT_SOCKFD, 9);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_MESSAGE_TYPE, HANDSHAKE_MSG_TYPE_CLIENTHELLO);
	nla_put_string(message, HANDSHAKE_A_ACCEPT_PEERNAME, "nfs1.example.net");
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_AUTH_MODE, HANDSHAKE_AUTH_UNAUTH);
	nla_put_u32(message, 99, 7);		/* of a newer kernel */
	g_assert_cmpint(upcall_parse(nlmsg_hdr(message), &request), ==, 0);
	g_assert_cmpint(request.fd, ==, 9);
	g_assert_cmpuint(request.role, ==, PROTO_ROLE_CLIENT);
	g_assert_cmpuint(request.auth, ==, PROTO_AUTH_UNAUTH);
	g_assert_cmpuint(request.timeout_ms, ==, 0);
	g_assert_cmpstr(request.peername, ==, "nfs1.example.net");
	nlmsg_free(message);
}

static void nvme_host(void)
{
	struct nl_msg *message = accept_answer();
	struct handshake_request request;

	nla_put_s32(message, HANDSHAKE_A_ACCEPT_SOCKFD, 9);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_MESSAGE_TYPE, HANDSHAKE_MSG_TYPE_CLIENTHELLO);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_TIMEOUT, 10000);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_AUTH_MODE, HANDSHAKE_AUTH_PSK);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_PEER_IDENTITY, 4711);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_KEYRING, 4712);
	g_assert_cmpint(upcall_parse(nlmsg_hdr(message), &request), ==, 0);
	g_assert_cmpuint(request.timeout_ms, ==, 10000);
	g_assert_cmpint(request.keyring, ==, 4712);
	g_assert_cmpstr(request.peername, ==, "");
	nlmsg_free(message);
}

/* A request that makes no sense still has a socket that wants an answer. */
static void malformed(void)
{
	struct handshake_request request;
	struct nl_msg *message = accept_answer();

	g_assert_cmpint(upcall_parse(nlmsg_hdr(message), &request), ==, -EBADMSG);	/* nothing at all */
	g_assert_cmpint(request.fd, ==, -1);

	nla_put_u32(message, HANDSHAKE_A_ACCEPT_MESSAGE_TYPE, 77);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_AUTH_MODE, HANDSHAKE_AUTH_X509);
	nla_put_s32(message, HANDSHAKE_A_ACCEPT_SOCKFD, 5);
	g_assert_cmpint(upcall_parse(nlmsg_hdr(message), &request), ==, -EBADMSG);
	g_assert_cmpint(request.fd, ==, 5);
	nlmsg_free(message);

	message = accept_answer();			/* an attribute that is too short for its type */
	nla_put(message, HANDSHAKE_A_ACCEPT_AUTH_MODE, 1, "x");
	nla_put_s32(message, HANDSHAKE_A_ACCEPT_SOCKFD, 6);
	g_assert_cmpint(upcall_parse(nlmsg_hdr(message), &request), ==, -EBADMSG);
	g_assert_cmpint(request.fd, ==, 6);
	nlmsg_free(message);

	g_autofree char *name = g_strnfill(PROTO_NAME_MAX, 'a');
	message = accept_answer();			/* a name that no DNS has */
	nla_put_s32(message, HANDSHAKE_A_ACCEPT_SOCKFD, 7);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_MESSAGE_TYPE, HANDSHAKE_MSG_TYPE_CLIENTHELLO);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_AUTH_MODE, HANDSHAKE_AUTH_X509);
	nla_put_string(message, HANDSHAKE_A_ACCEPT_PEERNAME, name);
	g_assert_cmpint(upcall_parse(nlmsg_hdr(message), &request), ==, -EBADMSG);
	g_assert_cmpint(request.fd, ==, 7);
	nlmsg_free(message);
}

/* Cut at each byte, with lengths that lie: never a crash (the sanitizer build looks), never a success without a socket. */
static void truncated(void)
{
	struct nl_msg *message = accept_answer();
	struct handshake_request request;

	nla_put_s32(message, HANDSHAKE_A_ACCEPT_SOCKFD, 9);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_MESSAGE_TYPE, HANDSHAKE_MSG_TYPE_SERVERHELLO);
	nla_put_u32(message, HANDSHAKE_A_ACCEPT_AUTH_MODE, HANDSHAKE_AUTH_X509);
	nla_put_string(message, HANDSHAKE_A_ACCEPT_PEERNAME, "name");
	uint32_t whole = nlmsg_hdr(message)->nlmsg_len;
	for (uint32_t length = NLMSG_HDRLEN; length < whole; length++) {
		g_autofree struct nlmsghdr *cut = g_memdup2(nlmsg_hdr(message), length);
		cut->nlmsg_len = length;
		int ret = upcall_parse(cut, &request);
		g_assert_true(ret == -EBADMSG || (ret == 0 && request.fd == 9));
	}
	for (uint32_t at = NLMSG_HDRLEN; at < whole; at++) {
		g_autofree struct nlmsghdr *changed = g_memdup2(nlmsg_hdr(message), whole);
		((unsigned char *)changed)[at] ^= 0xff;
		upcall_parse(changed, &request);
	}
	nlmsg_free(message);
}

static void another_agent(void)
{
	static const char table[] =
		"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
		"0000000000000000 0   1          000405d1 0        0        0     2        0        1111\n"
		"0000000000000000 16  812        00000020 0        0        0     2        0        2222\n"
		"0000000000000000 16  0          00000000 0        0        0     2        0        3333\n"
		"0000000000000000 16  813        000000a0 0        0        0     2        0        4444";

	const char *rest = table;

	g_assert_cmpuint(agent_next_member(&rest, 6, 0), ==, 2222);
	g_assert_cmpuint(agent_next_member(&rest, 6, 0), ==, 4444);
	g_assert_cmpuint(agent_next_member(&rest, 6, 0), ==, 0);
	rest = table;
	g_assert_cmpuint(agent_next_member(&rest, 6, 2222), ==, 4444);
	rest = table;
	g_assert_cmpuint(agent_next_member(&rest, 5, 0), ==, 0);
	rest = table;
	g_assert_cmpuint(agent_next_member(&rest, 33, 0), ==, 0);
	rest = "garbage\n\n16 16 16\n";
	g_assert_cmpuint(agent_next_member(&rest, 6, 0), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/upcall/nfs-client", nfs_client);
	g_test_add_func("/upcall/nvme-host", nvme_host);
	g_test_add_func("/upcall/malformed", malformed);
	g_test_add_func("/upcall/truncated", truncated);
	g_test_add_func("/agent/another-agent", another_agent);
	return g_test_run();
}
