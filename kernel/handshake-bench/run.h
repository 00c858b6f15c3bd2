/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run: connections are made as the options say, until all are over; then there is a result. */
#ifndef RUN_H
#define RUN_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "consumer.h"
#include "options.h"
#include "stats.h"

struct link;

struct run {
	struct options		options;
	struct net		*net[CONSUMER_SIDES];
	struct sockaddr_storage	address;	/* where the server listens */
	struct workqueue_struct	*wq;
	struct work_struct	work;
	struct socket		*listener;	/* NULL: role=client, udp */
	struct mutex		accepting;	/* one connect() and its accept() */

	struct mutex		lock;		/* of what follows */
	wait_queue_head_t	wait;		/* for a change of it */
	struct list_head	links;
	unsigned int		in_flight, most_in_flight;
	bool			stop;
	bool			ended;		/* and the result is there */

	u64			connections, succeeded, late;
	struct tally		errors;		/* no connection was made */
	struct end_stats	ends[CONSUMER_SIDES];
	struct data_stats	data;
	ktime_t			first_arrival, last_arrival;	/* 0: none */
	u64			elapsed_ns;
	char			*json;
	size_t			json_size;
};

/**
 * run_start - in the caller's network namespace
 * @line: see options_parse()
 * @error: OPTIONS_ERROR_MAX bytes for the reason of a failure
 *
 * Return: the run, or an ERR_PTR
 */
struct run *run_start(char *line, char *error);

/* run_ended - whether json and json_size are valid; run->wait is woken then */
bool run_ended(struct run *run);

/* run_free - cancels all that is in flight and waits until nothing is */
void run_free(struct run *run);

/* For link.c: a link's result, and that nothing is left of it */
void run_take(struct run *run, struct link *l);
void run_link_gone(struct run *run);

#endif
