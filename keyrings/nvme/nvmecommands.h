/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions behind nvme.c's table; each is a struct command's run().
 */
#ifndef KEYRINGS_NVMECOMMANDS_H
#define KEYRINGS_NVMECOMMANDS_H

#include "command.h"

int nvmegenerate_run(const struct command *command, int argc, char **argv, GError **error);
int nvmeimport_run(const struct command *command, int argc, char **argv, GError **error);
int nvmederive_run(const struct command *command, int argc, char **argv, GError **error);
int nvmelist_run(const struct command *command, int argc, char **argv, GError **error);
int nvmeremove_run(const struct command *command, int argc, char **argv, GError **error);
int nvmedoctor_run(const struct command *command, int argc, char **argv, GError **error);
int nvmerotate_run(const struct command *command, int argc, char **argv, GError **error);

#endif
