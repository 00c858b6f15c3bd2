/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts and times of a run, and the JSON object that it ends with. */
#ifndef STATS_H
#define STATS_H

#include <linux/seq_buf.h>
#include <linux/types.h>

#include "consumer.h"

#define TALLY_MAX	48	/* different values; more are counted together */
#define STATS_JSON_MAX	16384	/* bytes of the result */

/* How often each value occurred. */
struct tally {
	unsigned int	used;
	s64		value[TALLY_MAX];
	u64		count[TALLY_MAX];
	u64		others;
};

/* All samples: percentiles are exact. */
struct samples {
	u32	*us;
	u32	used, size;
};

/* What became of one end of all connections. */
struct end_stats {
	struct tally	results, refused, peerids;
	struct samples	latency, total;
	u64		submits, retries, timed_out, cancelled, succeeded;
};

struct data_stats {
	u64		bytes, mismatches, close_notify;
	struct tally	errors, records, alerts;
};

void tally_add(struct tally *t, s64 value);

int end_stats_init(struct end_stats *s, u32 samples);
void end_stats_free(struct end_stats *s);

/* end_stats_add - one that is over */
void end_stats_add(struct end_stats *s, const struct consumer *c);

/* Each writes a member of a JSON object, or one with its value. */
void tally_json(struct seq_buf *json, const char *name, const struct tally *t);
void end_stats_json(struct seq_buf *json, const char *name,
		    struct end_stats *s);
void data_stats_json(struct seq_buf *json, const struct data_stats *s);

/* stats_rate_json - so many per second, with two decimal places */
void stats_rate_json(struct seq_buf *json, const char *name, u64 number,
		     u64 ns);

/*
 * stats_pending_limit - how many requests the kernel lets wait for an agent,
 * in one network namespace. It does not tell; this is its formula.
 */
unsigned int stats_pending_limit(void);

#endif
