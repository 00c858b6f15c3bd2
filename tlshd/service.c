// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Generations come and go here. At most one is being loaded or started at a time.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "backoff.h"
#include "dispatch.h"
#include "loading.h"
#include "log.h"
#include "service.h"

struct service {
	struct service_options options;
	struct deadlines *deadlines;
	struct dispatch *dispatch;
	struct loading *loading;
	struct generation *current;	/* takes new jobs; may have lost its keeper */
	struct generation *starting;
	GQueue retired;			/* of struct generation, with jobs in flight */
	struct deadline *sweep;		/* frees what is retired and idle, outside of its own callbacks */
	struct deadline *restart;	/* of a generation whose keeper died */
	struct deadline *end, *end_now;
	struct backoff backoff;
	unsigned int next_number;
	const char *config;		/* what the generation in service was read from */
	const char *starting_config;	/* the same of the one that starts */
	bool reload_wanted;
	bool reread;			/* the next restart reads the configuration again: key files may have changed */
	bool joined;
	bool ending;
	void (*on_end)(void *user, int status);
	void *user;
};

static void load(struct service *service);

/* Once, before anything is served: later, systemd may be waiting for storage that waits for us, and this call for it. */
static void tell_ready(void)
{
#ifdef HAVE_LIBSYSTEMD
	sd_notify(0, "READY=1");
#endif
}

static unsigned int live(const struct service *service)
{
	return (service->current != NULL) + (service->starting != NULL) + g_queue_get_length((GQueue *)&service->retired);
}

static void retire(struct service *service, struct generation *generation)
{
	generation_retire(generation);
	g_queue_push_tail(&service->retired, generation);
	deadline_set(service->sweep, 0);
}

static void sweep(void *user)
{
	struct service *service = user;

	for (GList *entry = service->retired.head, *next; entry; entry = next) {
		struct generation *generation = entry->data;
		next = entry->next;
		if (generation_jobs(generation) > 0)
			continue;
		log_line(LOG_DEBUG, "generation %u has ended", generation_number(generation));
		g_queue_delete_link(&service->retired, entry);
		generation_free(generation);
	}
	if (service->reload_wanted)
		load(service);
}

static void finish(struct service *service, int status)
{
	service->on_end(service->user, status);
}

static void apply_loglevel(const struct snapshot *snapshot)
{
	const struct snapshot_settings *settings = &snapshot->settings;

	log_threshold(settings->loglevel || settings->tls_debug || settings->nl_debug ? LOG_DEBUG : LOG_INFO);
}

static void wakeup(void *user)
{
	struct service *service = user;

	dispatch_wakeup(service->dispatch);
}

/* From now on the kernel announces requests to us. What waits in its queue already is taken at once. */
static int join(struct service *service)
{
	int ret = notify_join(service->options.notify, upcall_group(service->options.upcall), wakeup, service);

	if (ret < 0) {
		log_line(LOG_ERR, "cannot join the multicast group of the handshake family: %s", strerror(-ret));
		return ret;
	}
	notify_store(service->options.notify);
	tell_ready();
	service->joined = true;
	return 0;
}

static void generation_ready(void *user, struct generation *generation)
{
	struct service *service = user;
	struct generation *old = service->current;

	service->starting = NULL;
	service->current = generation;
	service->config = service->starting_config;
	service->reread = false;
	deadline_clear(service->restart);
	apply_loglevel(generation_snapshot(generation));
	if (!service->joined && join(service) < 0) {
		finish(service, 1);
		return;
	}
	dispatch_use(service->dispatch, generation);
	if (old)
		retire(service, old);
	log_line(LOG_NOTICE, "READY: serving with configuration %s (generation %u, kTLS %s)", service->config,
		 generation_number(generation), service->options.ktls);
	if (service->reload_wanted)
		deadline_set(service->sweep, 0);
}

static void start_again(struct service *service)
{
	uint32_t delay_ms = backoff_death(&service->backoff, proto_now_ms());

	if (delay_ms > 0)
		log_line(LOG_WARNING, "keepers died %d times within %d s: the next one is started in %u ms", BACKOFF_DEATHS,
			 BACKOFF_WINDOW_MS / 1000, delay_ms);
	deadline_set(service->restart, proto_now_ms() + delay_ms);
}

/*
 * A configuration that cannot be used leaves the one in service, and ends us where there is none. Nothing that failed for a
 * token's PIN is tried again before a person asks for it.
 */
static void stay(struct service *service, bool pin_trouble)
{
	if (!service->current) {
		log_line(LOG_ERR, "tlshd cannot serve: mend what the lines above name, and start it again");
		finish(service, pin_trouble ? SERVICE_EXIT_PIN : 1);
		return;
	}
	if (generation_is_whole(service->current)) {
		log_line(LOG_ERR, "the new configuration is not used: generation %u stays in service",
			 generation_number(service->current));
	} else {
		log_line(LOG_ERR, "generation %u has lost its keeper: until another one is ready, handshakes that need a "
			 "private key wait and then fail%s", generation_number(service->current), pin_trouble ?
			 "; because of the PIN none is started before the next reload (SIGHUP)" : "");
		service->reread = !service->reread;
		if (!pin_trouble)
			start_again(service);
	}
	if (service->reload_wanted)
		deadline_set(service->sweep, 0);
}

static void generation_failed(void *user, struct generation *generation)
{
	struct service *service = user;

	if (service->ending)
		return;
	if (generation == service->current) {
		/* Its keeper died. Jobs that need no key go on here until a new generation of the same snapshot is ready. */
		start_again(service);
		return;
	}
	if (generation != service->starting)
		return;
	service->starting = NULL;
	retire(service, generation);
	stay(service, generation_pin_trouble(generation));
}

static void capacity(void *user, struct generation *generation)
{
	struct service *service = user;

	if (generation == service->current)
		dispatch_capacity(service->dispatch);
}

static void result(void *user, struct working *working, const struct proto_result *result_message)
{
	struct service *service = user;

	dispatch_result(service->dispatch, working, result_message);
	if (!g_queue_is_empty(&service->retired))
		deadline_set(service->sweep, 0);
}

static void key_loaded(void *user, const struct proto_key_loaded *answer)
{
	struct service *service = user;

	dispatch_key_loaded(service->dispatch, answer);
}

static void psk(void *user, struct working *working, const struct proto_psk *call)
{
	struct service *service = user;

	dispatch_psk(service->dispatch, working, call);
}

static void worker_lost(void *user, struct working *working)
{
	struct service *service = user;

	dispatch_worker_lost(service->dispatch, working);
	if (!g_queue_is_empty(&service->retired))
		deadline_set(service->sweep, 0);
}

static const struct generation_events events = {
	.ready = generation_ready,
	.failed = generation_failed,
	.capacity = capacity,
	.result = result,
	.loaded = key_loaded,
	.psk = psk,
	.worker_lost = worker_lost,
};

static int start(struct service *service, int snapshot_fd, int keys_fd)
{
	return generation_start(&service->starting, ++service->next_number, service->deadlines, service->options.users,
				snapshot_fd, keys_fd, &events, service);
}

static void loaded(void *user, const char *config, int snapshot_fd, int keys_fd)
{
	struct service *service = user;
	int ret = -EINVAL;

	service->loading = NULL;
	if (snapshot_fd >= 0) {
		service->starting_config = config;
		ret = start(service, snapshot_fd, keys_fd);
		close(snapshot_fd);
		close(keys_fd);
	}
	if (ret < 0)
		stay(service, false);
}

/* One at a time, and never a fourth generation: what cannot start now is wanted still, and starts when it can. */
static void load(struct service *service)
{
	service->reload_wanted = service->loading || service->starting || live(service) >= GENERATIONS_MAX;
	if (service->reload_wanted || service->ending)
		return;
	if (loading_start(&service->loading, service->options.users, service->options.config, service->options.ktls,
			  loaded, service) < 0)
		loaded(service, NULL, -1, -1);
}

/*
 * The keeper of the generation in service died: the same snapshot again, with a new keeper and new workers. Where that
 * fails, the files may have changed since, and the next attempt reads the configuration again.
 */
static void restart(void *user)
{
	struct service *service = user;
	int snapshot_fd, keys_fd;

	if (service->ending || service->starting || service->loading)
		return;		/* what is starting takes its place */
	if (live(service) >= GENERATIONS_MAX) {
		deadline_set(service->restart, proto_now_ms() + BACKOFF_FIRST_MS);
		return;
	}
	if (service->reread) {
		load(service);
		return;
	}
	service->starting_config = service->config;
	generation_fds(service->current, &snapshot_fd, &keys_fd);
	if (start(service, snapshot_fd, keys_fd) < 0)
		start_again(service);
}

struct service *service_new(const struct service_options *options, void (*on_end)(void *user, int status), void *user)
{
	struct service *service = g_new0(struct service, 1);

	service->options = *options;
	service->on_end = on_end;
	service->user = user;
	service->deadlines = deadlines_new();
	service->dispatch = dispatch_new(options->upcall, service->deadlines);
	service->sweep = deadline_new(service->deadlines, sweep, service);
	service->restart = deadline_new(service->deadlines, restart, service);
	g_queue_init(&service->retired);
	load(service);
	return service;
}

void service_reload(struct service *service)
{
	log_line(LOG_NOTICE, "reading the configuration again");
	load(service);
}

static void ended(void *user)
{
	struct service *service = user;

	finish(service, 0);
}

static void end_now(void *user)
{
	struct service *service = user;

	dispatch_abort(service->dispatch);
}

/* Peers are told by the workers, which alone can still speak to them; those that do not answer at once are passed over. */
static void end_soon(void *user)
{
	struct service *service = user;

	log_line(LOG_NOTICE, "%u handshakes did not end in time and are answered with ETIMEDOUT",
		 dispatch_open(service->dispatch));
	service->end_now = deadline_new(service->deadlines, end_now, service);
	deadline_set(service->end_now, proto_now_ms() + SERVICE_CANCEL_MS);
	dispatch_cancel(service->dispatch);
}

void service_end(struct service *service)
{
	if (service->ending)
		return;
	service->ending = true;
	service->end = deadline_new(service->deadlines, end_soon, service);
	deadline_set(service->end, proto_now_ms() + SERVICE_END_MS);
	dispatch_stop(service->dispatch, ended, service);
}

void service_free(struct service *service)
{
	dispatch_free(service->dispatch);
	generation_free(service->current);
	generation_free(service->starting);
	for (GList *entry = service->retired.head; entry; entry = entry->next)
		generation_free(entry->data);
	g_queue_clear(&service->retired);
	deadline_free(service->sweep);
	deadline_free(service->restart);
	deadline_free(service->end);
	deadline_free(service->end_now);
	deadlines_free(service->deadlines);
	g_free(service);
}
