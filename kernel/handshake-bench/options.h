/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run shall do: the line that was written to the device, parsed. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <linux/socket.h>
#include <linux/types.h>

#include "consumer.h"

#define OPTIONS_LINE_MAX	4096	/* bytes of the line */
#define OPTIONS_PEERNAME_MAX	256	/* with its NUL */
#define OPTIONS_COUNT_MAX	(1 << 20) /* connections of a run */
#define OPTIONS_CONCURRENCY_MAX	16384	/* connections at a time */
/*
 * With data: each connection occupies a worker of the run's workqueue while it
 * sends, and a workqueue of 6.12 has 512 at most.
 */
#define OPTIONS_CONCURRENCY_DATA_MAX 256
#define OPTIONS_RATE_MAX	100000	/* connections per second */
#define OPTIONS_DATA_MAX	(1 << 30) /* bytes in each direction */
#define OPTIONS_MS_MAX		(24 * 3600 * 1000)
#define OPTIONS_ERROR_MAX	160	/* bytes of the reason, with its NUL */

/* The default for an agent that never answers; other consumers wait 5 to 10 s. */
#define OPTIONS_CANCEL_MS	30000
#define OPTIONS_DATA_MS		60000
#define OPTIONS_RETRY_MS	5
#define OPTIONS_INTERVAL_MS	500

enum options_role {
	ROLE_BOTH,
	ROLE_CLIENT,
	ROLE_SERVER,
};

enum options_transport {
	TRANSPORT_TCP,
	TRANSPORT_UDP,
};

enum options_peer {
	PEER_HANDSHAKE,
	PEER_SILENT,
	PEER_DRIP,
};

struct options {
	enum options_role	role;
	enum options_transport	transport;
	enum options_peer	peer;
	enum consumer_side	submits;	/* with a slow peer: which end asks */
	unsigned int		count;
	unsigned int		concurrency;	/* 0: no bound but the maximum */
	unsigned int		rate;		/* per second; 0: as they end */
	unsigned int		duration_ms;	/* no new ones after this; 0: none */
	unsigned int		retry;
	unsigned int		data;		/* bytes in each direction */
	unsigned int		data_ms;
	unsigned int		corrupt;	/* the client sends a wrong byte */
	unsigned int		hold_ms;	/* slow peers leave after this */
	unsigned int		interval_ms;	/* between bytes that drip */
	int			server_netns;	/* descriptor, or -1 */
	unsigned int		port;
	char			address[64];
	char			peername[OPTIONS_PEERNAME_MAX];
	struct consumer_config	consumer;
};

/**
 * options_parse - read a line of "key=value" words
 * @o: the result
 * @line: is cut to pieces
 * @error: OPTIONS_ERROR_MAX bytes, for the reason
 *
 * Return: 0 or -EINVAL, and then @error says why.
 */
int options_parse(struct options *o, char *line, char *error);

const char *options_role_name(const struct options *o);
const char *options_auth_name(const struct options *o);
const char *options_peer_name(const struct options *o);

#endif
