/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tlshd --check-config: what a start or a reload would say of the configuration, without serving.
 */
#ifndef TLSHD_CHECK_H
#define TLSHD_CHECK_H

#include "users.h"

/**
 * check_config - load the configuration and its keys, say what is wrong
 * @config: path of the configuration file
 *
 * Runs the same loader and keeper as the service. Returns the program's exit status: 0 where the configuration can be
 * served (warnings included), 1 where it cannot.
 */
int check_config(const struct users *users, const char *config);

#endif
