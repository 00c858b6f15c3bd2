// SPDX-License-Identifier: GPL-2.0-or-later
/* A run: starts connections, at a pace or as others end, and adds up what became of them. */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/inet.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include "link.h"
#include "payload.h"
#include "run.h"
#include "sockets.h"

/* A wait shorter than this is slept exactly, and not ended by a stop. */
#define EXACT_WAIT_US	20000

static bool run_stops(struct run *run)
{
	return READ_ONCE(run->stop);
}

bool run_ended(struct run *run)
{
	/* Pairs with run_work(): who sees this sees the result, too. */
	return smp_load_acquire(&run->ended);
}

/* The moment of arrival number @n; whether it is still in the future is @wait_us. */
static void run_pace(struct run *run, ktime_t began, unsigned int n)
{
	u64 after = div_u64((u64)n * NSEC_PER_SEC, run->options.rate);
	s64 wait_us;

	for (;;) {
		wait_us = ktime_us_delta(ktime_add_ns(began, after), ktime_get());
		if (wait_us <= 0 || run_stops(run))
			break;
		if (wait_us > EXACT_WAIT_US)
			wait_event_idle_timeout(run->wait, run_stops(run),
						usecs_to_jiffies(wait_us - EXACT_WAIT_US / 2));
		else
			usleep_range(wait_us, wait_us + 50);
	}
}

static bool run_has_room(struct run *run)
{
	unsigned int most = run->options.concurrency ?: OPTIONS_CONCURRENCY_MAX;

	return READ_ONCE(run->in_flight) < most;
}

static void run_wait_for_room(struct run *run)
{
	if (run_has_room(run))
		return;
	if (run->options.rate)
		run->late++;
	wait_event_idle(run->wait, run_has_room(run) || run_stops(run));
}

static void run_count(struct run *run)
{
	mutex_lock(&run->lock);
	run->connections++;
	run->in_flight++;
	run->most_in_flight = max(run->most_in_flight, run->in_flight);
	mutex_unlock(&run->lock);
}

/* One more connection. @return: whether to go on */
static bool run_one(struct run *run)
{
	struct socket *accepted = NULL;
	int ret = 0;

	if (run->options.role == ROLE_SERVER) {
		ret = sockets_accept(run->listener, &accepted);
		if (run_stops(run)) {
			if (!ret)
				sockets_put(accepted);
			return false;
		}
	}
	if (!ret) {
		run_count(run);
		ret = link_start(run, accepted);
		if (!ret)
			return true;
		sockets_put(accepted);
		run_link_gone(run);
	}
	mutex_lock(&run->lock);
	tally_add(&run->errors, -ret);
	mutex_unlock(&run->lock);
	return false;
}

static bool run_duration_over(struct run *run, ktime_t began)
{
	return run->options.duration_ms &&
	       ktime_ms_delta(ktime_get(), began) >= run->options.duration_ms;
}

static void run_json(struct run *run)
{
	const struct options *o = &run->options;
	struct seq_buf json;

	run->json = kvmalloc(STATS_JSON_MAX, GFP_KERNEL);
	if (!run->json)
		return;
	seq_buf_init(&json, run->json, STATS_JSON_MAX);
	seq_buf_printf(&json, "{\"role\":\"%s\",\"auth\":\"%s\",\"peer\":\"%s\",",
		       options_role_name(o), options_auth_name(o),
		       options_peer_name(o));
	seq_buf_printf(&json, "\"connections\":%llu,\"succeeded\":%llu,",
		       run->connections, run->succeeded);
	seq_buf_printf(&json, "\"most_in_flight\":%u,\"late\":%llu,",
		       run->most_in_flight, run->late);
	seq_buf_printf(&json, "\"pending_limit\":%u,\"elapsed_ns\":%llu,",
		       stats_pending_limit(), run->elapsed_ns);
	seq_buf_printf(&json, "\"arrival_ns\":%lld,",
		       ktime_to_ns(ktime_sub(run->last_arrival,
					     run->first_arrival)));
	stats_rate_json(&json, "connections_per_s", run->succeeded,
			run->elapsed_ns);
	seq_buf_puts(&json, ",");
	stats_rate_json(&json, "handshakes_per_s",
			run->ends[CONSUMER_CLIENT].succeeded +
			run->ends[CONSUMER_SERVER].succeeded, run->elapsed_ns);
	seq_buf_puts(&json, ",");
	tally_json(&json, "connect_errors", &run->errors);
	seq_buf_puts(&json, ",");
	end_stats_json(&json, "client", &run->ends[CONSUMER_CLIENT]);
	seq_buf_puts(&json, ",");
	end_stats_json(&json, "server", &run->ends[CONSUMER_SERVER]);
	seq_buf_puts(&json, ",");
	data_stats_json(&json, &run->data);
	seq_buf_puts(&json, "}\n");
	if (seq_buf_has_overflowed(&json)) {
		seq_buf_clear(&json);
		seq_buf_puts(&json, "{\"error\":\"the result is too long\"}\n");
	}
	run->json_size = seq_buf_used(&json);
}

static void run_work(struct work_struct *work)
{
	struct run *run = container_of(work, struct run, work);
	ktime_t began = ktime_get();
	unsigned int n;

	for (n = 0; n < run->options.count; n++) {
		if (run->options.rate)
			run_pace(run, began, n);
		run_wait_for_room(run);
		if (run_stops(run) || run_duration_over(run, began) ||
		    !run_one(run))
			break;
	}
	if (run->listener && run->options.role == ROLE_SERVER)
		sockets_end(run->listener);
	wait_event_idle(run->wait, !READ_ONCE(run->in_flight));
	run->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), began));
	run_json(run);
	/* Pairs with run_ended(). */
	smp_store_release(&run->ended, true);
	wake_up_all(&run->wait);
}

static void run_add_data(struct run *run, const struct payload_result *r)
{
	unsigned int i, n;

	run->data.bytes += r->received;
	run->data.mismatches += r->mismatches;
	run->data.close_notify += r->close_notify;
	if (r->error)
		tally_add(&run->data.errors, r->error);
	if (r->alert)
		tally_add(&run->data.alerts, r->alert);
	for (i = 0; i < ARRAY_SIZE(r->records); i++)
		for (n = 0; n < r->records[i]; n++)
			tally_add(&run->data.records, payload_type(i));
}

/* When an end has submitted for the first time. */
static void run_note_arrival(struct run *run, ktime_t when)
{
	if (!run->first_arrival || ktime_before(when, run->first_arrival))
		run->first_arrival = when;
	if (ktime_after(when, run->last_arrival))
		run->last_arrival = when;
}

void run_take(struct run *run, struct link *l)
{
	int side;

	mutex_lock(&run->lock);
	if (l->error)
		tally_add(&run->errors, l->error);
	if (link_succeeded(l))
		run->succeeded++;
	for (side = 0; side < CONSUMER_SIDES; side++) {
		if (l->submits[side]) {
			end_stats_add(&run->ends[side], &l->end[side]);
			run_note_arrival(run, l->end[side].started);
		}
		if (l->exchanged && l->sock[side])
			run_add_data(run, &l->data[side]);
	}
	/* From here on run_free() does not find it. */
	list_del(&l->list);
	mutex_unlock(&run->lock);
}

void run_link_gone(struct run *run)
{
	mutex_lock(&run->lock);
	run->in_flight--;
	wake_up_all(&run->wait);
	mutex_unlock(&run->lock);
}

static int run_find_places(struct run *run, char *error)
{
	const struct options *o = &run->options;
	char port[8];
	int ret;

	run->net[CONSUMER_CLIENT] = get_net(current->nsproxy->net_ns);
	if (o->server_netns < 0) {
		run->net[CONSUMER_SERVER] = get_net(current->nsproxy->net_ns);
	} else {
		struct net *net = get_net_ns_by_fd(o->server_netns);

		if (IS_ERR(net)) {
			strscpy(error, "server_netns= is no network namespace",
				OPTIONS_ERROR_MAX);
			return PTR_ERR(net);
		}
		run->net[CONSUMER_SERVER] = net;
	}
	snprintf(port, sizeof(port), "%u", o->port);
	if (inet_pton_with_scope(run->net[CONSUMER_SERVER], AF_UNSPEC,
				 o->address, port, &run->address)) {
		strscpy(error, "address= is none", OPTIONS_ERROR_MAX);
		return -EINVAL;
	}
	if (o->role == ROLE_CLIENT || o->transport == TRANSPORT_UDP)
		return 0;
	ret = sockets_listen(run->net[CONSUMER_SERVER], &run->address,
			     &run->listener);
	if (ret)
		snprintf(error, OPTIONS_ERROR_MAX, "cannot listen at %s port %u: error %d",
			 o->address, o->port, -ret);
	return ret;
}

static int run_prepare(struct run *run, char *line, char *error)
{
	int side, ret;

	ret = options_parse(&run->options, line, error);
	if (ret)
		return ret;
	ret = run_find_places(run, error);
	if (ret)
		return ret;
	for (side = 0; side < CONSUMER_SIDES && !ret; side++)
		ret = end_stats_init(&run->ends[side], run->options.count);
	run->wq = alloc_workqueue("handshake-bench", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (ret || !run->wq) {
		strscpy(error, "no memory", OPTIONS_ERROR_MAX);
		return -ENOMEM;
	}
	return 0;
}

static void run_destroy(struct run *run)
{
	int side;

	if (run->wq)
		destroy_workqueue(run->wq);
	sockets_put(run->listener);
	for (side = 0; side < CONSUMER_SIDES; side++) {
		end_stats_free(&run->ends[side]);
		if (run->net[side])
			put_net(run->net[side]);
	}
	kvfree(run->json);
	kvfree(run);
}

struct run *run_start(char *line, char *error)
{
	struct run *run = kvzalloc(sizeof(*run), GFP_KERNEL);
	int ret;

	if (!run) {
		strscpy(error, "no memory", OPTIONS_ERROR_MAX);
		return ERR_PTR(-ENOMEM);
	}
	mutex_init(&run->lock);
	mutex_init(&run->accepting);
	init_waitqueue_head(&run->wait);
	INIT_LIST_HEAD(&run->links);
	INIT_WORK(&run->work, run_work);
	ret = run_prepare(run, line, error);
	if (ret) {
		run_destroy(run);
		return ERR_PTR(ret);
	}
	queue_work(run->wq, &run->work);
	return run;
}

void run_free(struct run *run)
{
	struct link *l;

	mutex_lock(&run->lock);
	run->stop = true;
	/* Whoever waits for a connection */
	if (run->listener)
		sockets_end(run->listener);
	list_for_each_entry(l, &run->links, list)
		link_stop(l);
	wake_up_all(&run->wait);
	mutex_unlock(&run->lock);
	wait_event(run->wait, run_ended(run));
	run_destroy(run);
}
