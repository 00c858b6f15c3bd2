// SPDX-License-Identifier: GPL-2.0-or-later
/* The line of "key=value" words, one table of keys, and what does not go together. */
#include <linux/kernel.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "options.h"

enum kind {
	NUMBER,		/* 0 to limit */
	SERIAL,		/* of a key or keyring */
	SERIALS,	/* with commas between */
	WORD,		/* one of names, its index is kept */
	TEXT,		/* shorter than limit */
};

struct option {
	const char		*name;
	enum kind		kind;
	size_t			offset;
	unsigned int		limit;
	const char *const	*names;
};

static const char *const roles[] = { "both", "client", "server", NULL };
static const char *const auths[] = { "anon", "x509", "psk", NULL };
static const char *const transports[] = { "tcp", "udp", NULL };
static const char *const peers[] = { "handshake", "silent", "drip", NULL };
static const char *const sides[] = { "client", "server", NULL };

#define OPTION(name, kind, field, limit) \
	{ name, kind, offsetof(struct options, field), limit, NULL }
#define CHOICE(name, field, names) \
	{ name, WORD, offsetof(struct options, field), 0, names }

static const struct option options[] = {
	CHOICE("role", role, roles),
	CHOICE("auth", consumer.auth, auths),
	CHOICE("transport", transport, transports),
	CHOICE("peer", peer, peers),
	CHOICE("submits", submits, sides),
	OPTION("count", NUMBER, count, OPTIONS_COUNT_MAX),
	OPTION("concurrency", NUMBER, concurrency, OPTIONS_CONCURRENCY_MAX),
	OPTION("rate", NUMBER, rate, OPTIONS_RATE_MAX),
	OPTION("duration_ms", NUMBER, duration_ms, OPTIONS_MS_MAX),
	OPTION("retry", NUMBER, retry, 1),
	OPTION("timeout_ms", NUMBER, consumer.timeout_ms, OPTIONS_MS_MAX),
	OPTION("cancel_ms", NUMBER, consumer.cancel_ms, OPTIONS_MS_MAX),
	OPTION("data", NUMBER, data, OPTIONS_DATA_MAX),
	OPTION("data_ms", NUMBER, data_ms, OPTIONS_MS_MAX),
	OPTION("corrupt", NUMBER, corrupt, 1),
	OPTION("hold_ms", NUMBER, hold_ms, OPTIONS_MS_MAX),
	OPTION("interval_ms", NUMBER, interval_ms, OPTIONS_MS_MAX),
	OPTION("server_netns", NUMBER, server_netns, INT_MAX),
	OPTION("port", NUMBER, port, U16_MAX),
	OPTION("address", TEXT, address, sizeof_field(struct options, address)),
	OPTION("peername", TEXT, peername, OPTIONS_PEERNAME_MAX),
	OPTION("keyring", SERIAL, consumer.keyring, INT_MAX),
	OPTION("keys", SERIALS, consumer.keys, INT_MAX),
	OPTION("cert", SERIAL, consumer.cert[CONSUMER_CLIENT], INT_MAX),
	OPTION("privkey", SERIAL, consumer.privkey[CONSUMER_CLIENT], INT_MAX),
	OPTION("server_cert", SERIAL, consumer.cert[CONSUMER_SERVER], INT_MAX),
	OPTION("server_privkey", SERIAL, consumer.privkey[CONSUMER_SERVER], INT_MAX),
};

/* All fields of the kinds NUMBER, SERIAL and WORD are 32 bits wide. */
static_assert(sizeof(key_serial_t) == sizeof(u32));
static_assert(sizeof(enum options_role) == sizeof(u32));

const char *options_role_name(const struct options *o)
{
	return roles[o->role];
}

const char *options_auth_name(const struct options *o)
{
	return auths[o->consumer.auth];
}

const char *options_peer_name(const struct options *o)
{
	return peers[o->peer];
}

static int parse_number(const struct option *option, const char *text, u32 *value)
{
	if (kstrtou32(text, 10, value) || *value > option->limit)
		return -EINVAL;
	return option->kind == NUMBER || *value ? 0 : -EINVAL;
}

static int parse_serials(struct options *o, const struct option *option, char *text)
{
	char *word;
	u32 value;

	o->consumer.num_keys = 0;
	while ((word = strsep(&text, ","))) {
		if (o->consumer.num_keys == CONSUMER_KEYS_MAX ||
		    parse_number(option, word, &value))
			return -EINVAL;
		o->consumer.keys[o->consumer.num_keys++] = value;
	}
	return 0;
}

static int parse_value(struct options *o, const struct option *option, char *text)
{
	void *field = (char *)o + option->offset;
	int index;

	switch (option->kind) {
	case NUMBER:
	case SERIAL:
		return parse_number(option, text, field);
	case SERIALS:
		return parse_serials(o, option, text);
	case WORD:
		for (index = 0; option->names[index]; index++) {
			if (!strcmp(option->names[index], text)) {
				*(u32 *)field = index;
				return 0;
			}
		}
		return -EINVAL;
	case TEXT:
		if (!*text || strlen(text) >= option->limit)
			return -EINVAL;
		strscpy(field, text, option->limit);
		return 0;
	}
	return -EINVAL;
}

static const struct option *find_option(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

/* Why these values do not go together; NULL when they do. */
static const char *contradiction(const struct options *o)
{
	if (!o->count)
		return "count: at least 1";
	if (!o->rate && !o->concurrency)
		return "concurrency=0 is for rate=";
	if (o->data && (!o->concurrency ||
			o->concurrency > OPTIONS_CONCURRENCY_DATA_MAX))
		return "data= needs a concurrency of at most "
		       __stringify(OPTIONS_CONCURRENCY_DATA_MAX);
	if (o->data && o->peer != PEER_HANDSHAKE)
		return "data= needs peer=handshake";
	if (o->data && o->transport != TRANSPORT_TCP)
		return "data= needs transport=tcp";
	if (o->corrupt && (!o->data || o->role == ROLE_SERVER))
		return "corrupt=1 needs data= and a client";
	if (o->peer != PEER_HANDSHAKE && o->role != ROLE_BOTH)
		return "a slow peer needs role=both";
	if (o->peer == PEER_DRIP && !o->interval_ms)
		return "interval_ms: at least 1";
	if (o->role != ROLE_BOTH && !o->port)
		return "role=client and role=server need port=";
	if (o->role == ROLE_SERVER && o->transport != TRANSPORT_TCP)
		return "role=server needs transport=tcp";
	if (o->role != ROLE_BOTH && o->server_netns >= 0)
		return "server_netns= needs role=both";
	if (o->consumer.auth == CONSUMER_PSK && !o->consumer.num_keys &&
	    o->role != ROLE_SERVER &&
	    (o->peer == PEER_HANDSHAKE || o->submits == CONSUMER_CLIENT))
		return "a client with auth=psk needs keys=";
	return NULL;
}

int options_parse(struct options *o, char *line, char *error)
{
	const struct option *option;
	const char *reason;
	char *word, *value;
	bool empty = true;

	memset(o, 0, sizeof(*o));
	o->count = 1;
	o->concurrency = 1;
	o->submits = CONSUMER_SERVER;
	o->data_ms = OPTIONS_DATA_MS;
	o->interval_ms = OPTIONS_INTERVAL_MS;
	o->server_netns = -1;
	o->consumer.auth = CONSUMER_X509;
	strscpy(o->address, "127.0.0.1", sizeof(o->address));

	while ((word = strsep(&line, " \t\n"))) {
		if (!*word)
			continue;
		empty = false;
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		option = find_option(word);
		if (!option || !value) {
			snprintf(error, OPTIONS_ERROR_MAX,
				 "there is no key %.32s=", word);
			return -EINVAL;
		}
		/* The value may be cut to pieces, the reason does without it. */
		if (parse_value(o, option, value)) {
			snprintf(error, OPTIONS_ERROR_MAX,
				 "%s= has an impossible value", option->name);
			return -EINVAL;
		}
	}
	/* An agent that was given a time answers within it. */
	if (!o->consumer.cancel_ms)
		o->consumer.cancel_ms = o->consumer.timeout_ms ?:
					OPTIONS_CANCEL_MS;
	reason = empty ? "an empty line" : contradiction(o);
	if (reason) {
		strscpy(error, reason, OPTIONS_ERROR_MAX);
		return -EINVAL;
	}
	o->consumer.retry_ms = o->retry ? OPTIONS_RETRY_MS : 0;
	o->consumer.peername = o->peername[0] ? o->peername : NULL;
	return 0;
}
