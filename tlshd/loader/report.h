/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader tells the log: problems with the place where each is to be mended.
 *
 * Every line reads FILE:LINE: KEY: what is wrong, why, what to do. An error makes the load fail, but the loader goes on
 * looking, so that one run names all of them.
 */
#ifndef TLSHD_LOADER_REPORT_H
#define TLSHD_LOADER_REPORT_H

#include <stdbool.h>

/* Where a problem is; the texts stay the caller's. */
struct place {
	const char *file;
	unsigned int line;	/* 0: the whole file */
	const char *key;	/* NULL: not about one key */
};

struct report;

/** report_new - report to the supervisor on @channel, which stays the caller's; free with report_free() */
struct report *report_new(int channel);
void report_free(struct report *report);

/** report_error - a problem that makes the load fail */
void report_error(struct report *report, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** report_warning - a problem that the service can run with */
void report_warning(struct report *report, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** report_failed - was there an error? */
bool report_failed(const struct report *report);

#endif
