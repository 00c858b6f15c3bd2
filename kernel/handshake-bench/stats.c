// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts, percentiles, JSON. */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "stats.h"

/* One request for each 25 pages of the unit of si_meminfo(), as net/handshake has it. */
#define PENDING_SHARE	25
#define PENDING_LEAST	3
#define PENDING_MOST	50

unsigned int stats_pending_limit(void)
{
	struct sysinfo si = { };

	si_meminfo(&si);
	return clamp_t(unsigned long, si.totalram / (PENDING_SHARE * si.mem_unit),
		       PENDING_LEAST, PENDING_MOST);
}

void tally_add(struct tally *t, s64 value)
{
	unsigned int i;

	for (i = 0; i < t->used; i++) {
		if (t->value[i] == value) {
			t->count[i]++;
			return;
		}
	}
	if (t->used == TALLY_MAX) {
		t->others++;
		return;
	}
	t->value[t->used] = value;
	t->count[t->used++] = 1;
}

int end_stats_init(struct end_stats *s, u32 samples)
{
	s->latency.size = samples;
	s->latency.us = kvmalloc_array(samples, sizeof(u32), GFP_KERNEL);
	s->total.size = samples;
	s->total.us = kvmalloc_array(samples, sizeof(u32), GFP_KERNEL);
	/* The caller frees in any case. */
	return s->latency.us && s->total.us ? 0 : -ENOMEM;
}

void end_stats_free(struct end_stats *s)
{
	kvfree(s->latency.us);
	kvfree(s->total.us);
	s->latency.us = NULL;
	s->total.us = NULL;
}

static void samples_add(struct samples *s, ktime_t from, ktime_t to)
{
	if (s->used < s->size)
		s->us[s->used++] = min_t(s64, ktime_us_delta(to, from), U32_MAX);
}

void end_stats_add(struct end_stats *s, const struct consumer *c)
{
	s->submits++;
	s->retries += c->refusals;
	switch (c->how) {
	case CONSUMER_REFUSED:
		tally_add(&s->refused, c->status);
		break;
	case CONSUMER_TIMED_OUT:
		s->timed_out++;
		break;
	case CONSUMER_CANCELLED:
		s->cancelled++;
		break;
	case CONSUMER_ANSWERED:
		tally_add(&s->results, c->status);
		tally_add(&s->peerids, c->peerid);
		if (!c->status)
			s->succeeded++;
		samples_add(&s->latency, c->submitted, c->finished);
		samples_add(&s->total, c->started, c->finished);
		break;
	}
}

void tally_json(struct seq_buf *json, const char *name, const struct tally *t)
{
	unsigned int i;

	seq_buf_printf(json, "\"%s\":{", name);
	for (i = 0; i < t->used; i++)
		seq_buf_printf(json, "%s\"%lld\":%llu", i ? "," : "",
			       t->value[i], t->count[i]);
	if (t->others)
		seq_buf_printf(json, ",\"others\":%llu", t->others);
	seq_buf_puts(json, "}");
}

static int compare_u32(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The smallest sample that so many of hundred do not exceed. */
static u32 percentile(const struct samples *s, unsigned int of_hundred)
{
	u64 rank = div_u64((u64)s->used * of_hundred + 99, 100);

	return s->used ? s->us[rank ? rank - 1 : 0] : 0;
}

static void samples_json(struct seq_buf *json, const char *name,
			 struct samples *s)
{
	sort(s->us, s->used, sizeof(u32), compare_u32, NULL);
	seq_buf_printf(json,
		       "\"%s\":{\"samples\":%u,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"max\":%u}",
		       name, s->used, percentile(s, 50), percentile(s, 90),
		       percentile(s, 99), percentile(s, 100));
}

void end_stats_json(struct seq_buf *json, const char *name,
		    struct end_stats *s)
{
	seq_buf_printf(json, "\"%s\":{\"submits\":%llu,\"succeeded\":%llu,",
		       name, s->submits, s->succeeded);
	seq_buf_printf(json, "\"timed_out\":%llu,\"cancelled\":%llu,\"retries\":%llu,",
		       s->timed_out, s->cancelled, s->retries);
	tally_json(json, "results", &s->results);
	seq_buf_puts(json, ",");
	tally_json(json, "submit_errors", &s->refused);
	seq_buf_puts(json, ",");
	tally_json(json, "peerids", &s->peerids);
	seq_buf_puts(json, ",");
	samples_json(json, "latency_us", &s->latency);
	seq_buf_puts(json, ",");
	samples_json(json, "total_us", &s->total);
	seq_buf_puts(json, "}");
}

void data_stats_json(struct seq_buf *json, const struct data_stats *s)
{
	seq_buf_printf(json,
		       "\"data\":{\"bytes\":%llu,\"mismatches\":%llu,\"close_notify\":%llu,",
		       s->bytes, s->mismatches, s->close_notify);
	tally_json(json, "errors", &s->errors);
	seq_buf_puts(json, ",");
	tally_json(json, "records", &s->records);
	seq_buf_puts(json, ",");
	tally_json(json, "alerts", &s->alerts);
	seq_buf_puts(json, "}");
}

void stats_rate_json(struct seq_buf *json, const char *name, u64 number,
		     u64 ns)
{
	u64 hundredths = ns ? mul_u64_u64_div_u64(number, 100ULL * NSEC_PER_SEC, ns) : 0;
	u32 rest;

	hundredths = div_u64_rem(hundredths, 100, &rest);
	seq_buf_printf(json, "\"%s\":%llu.%02u", name, hundredths, rest);
}
