/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader tells the log: problems with the place where each is to be mended.
 *
 * Every line reads FILE:LINE: KEY: what is wrong, why, what to do. An error makes the load fail, but the loader goes on
 * looking, so that one run names all of them.
 */
#ifndef TLSHD_LOADER_PROBLEMS_H
#define TLSHD_LOADER_PROBLEMS_H

#include <stdbool.h>

/* Where a problem is; the texts stay the caller's. */
struct place {
	const char *file;
	unsigned int line;	/* 0: the whole file */
	const char *key;	/* NULL: not about one key */
};

struct problems;

/** problems_new - say problems to the supervisor on @channel, which stays the caller's; free with problems_free() */
struct problems *problems_new(int channel);
void problems_free(struct problems *problems);

/** problems_error - a problem that makes the load fail */
void problems_error(struct problems *problems, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** problems_warning - a problem that the service can run with */
void problems_warning(struct problems *problems, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** problems_failed - was there an error? */
bool problems_failed(const struct problems *problems);

#endif
