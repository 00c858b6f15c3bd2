/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the configuration lies when nobody says so. It is found anew each time it is read: an administrator who moves it
 * to its place of today only has to reload.
 */
#ifndef TLSHD_LOADER_CONFIGPLACE_H
#define TLSHD_LOADER_CONFIGPLACE_H

/**
 * configplace_choose
 * @legacy: the old place, which wins as long as there is a file
 * @usual: the place of today
 * @notice: for the log, NULL when there is nothing to say; a g_free() text
 *
 * Does not open either of them. Returns one of the two.
 */
const char *configplace_choose(const char *legacy, const char *usual, char **notice);

#endif
