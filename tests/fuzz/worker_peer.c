// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as what a peer sends in the clear. The first byte chooses our role and where the peer pauses.
 *
 * Whatever comes, the handshake ends, the result keeps the message contract, and no key reaches the kernel.
 */
#include <config.h>

#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scene scene;

static void set_up(void)
{
	const struct issued *ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	const struct issued *chain[] = { issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }), NULL };

	scene_init(&scene);
	scene_trust(&scene.client, ca);
	scene_trust(&scene.server, ca);
	scene_identity(&scene, &scene.server, chain);
	scene_ready(&scene);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handshake *handshake;
	union proto_message message;
	int fd, peer_fd;

	if (!scene.sign)
		set_up();
	if (size < 1)
		return 0;
	bool client = data[0] & 1;
	size_t pause = data[0] >> 1;
	struct proto_job job = make_job(client ? PROTO_ROLE_CLIENT : PROTO_ROLE_SERVER,
					client ? PROTO_AUTH_UNAUTH : PROTO_AUTH_X509, client ? "peer.example" : "");
	data++;
	size--;
	pause = MIN(pause, size);

	tcp_pair(&fd, &peer_fd);
	OK(handshake_new(&scene.context, &job, fd, -1, &handshake));
	OK(send(peer_fd, data, pause, MSG_NOSIGNAL));
	handshake_step(handshake);
	(void)!send(peer_fd, data + pause, size - pause, MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(peer_fd, SHUT_WR);
	for (int i = 0; i < 10000 && handshake_step(handshake) != HANDSHAKE_OVER; i++)
		;
	handshake_result(handshake, &message);
	g_assert_cmpint(proto_check(&message, sizeof(message.result)), ==, 0);
	g_assert_cmpint(message.result.status, !=, 0);
	g_assert_cmpint(kernel.tx.size + kernel.rx.size, ==, 0);
	handshake_free(handshake);
	close(fd);
	close(peer_fd);
	return 0;
}
