/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service as a whole: which generation serves, and what reload, the death of a keeper and the end mean for it.
 */
#ifndef TLSHD_SERVICE_H
#define TLSHD_SERVICE_H

#include "notify.h"
#include "upcall.h"
#include "users.h"

#define SERVICE_END_MS 2000		/* what jobs in flight get at SIGTERM */

#define SERVICE_CANCEL_MS 200		/* what workers then get to tell the peers */

/*
 * Exit status: a token's PIN is in the way, and each further start could be the try that locks it (systemd:
 * RestartPreventExitStatus).
 */
#define SERVICE_EXIT_PIN 4

struct service;

struct service_options {
	const char *config;		/* path of the configuration; NULL: in its usual places */
	const char *ktls;		/* ciphers of the kernel */
	const struct users *users;
	struct upcall *upcall;
	struct notify *notify;
};

/**
 * service_new - load the configuration and start to serve
 * @on_end: called when the service has ended, with the exit status of the program
 *
 * The notify group is joined when the first generation is ready; a first generation that fails ends the service.
 */
struct service *service_new(const struct service_options *options, void (*on_end)(void *user, int status), void *user);
void service_free(struct service *service);

/** service_reload - read the configuration again; what fails to load leaves the old one in service */
void service_reload(struct service *service);

/** service_end - no more ACCEPT; jobs in flight get SERVICE_END_MS, then ETIMEDOUT */
void service_end(struct service *service);

#endif
