// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restart delays.
 */
#include <config.h>

#include "backoff.h"

uint32_t backoff_death(struct backoff *backoff, int64_t now_ms)
{
	/* The slot that is overwritten holds the oldest of the last five deaths, before this one is counted. */
	int64_t last = backoff->deaths[(backoff->next + BACKOFF_DEATHS - 1) % BACKOFF_DEATHS];
	backoff->deaths[backoff->next] = now_ms;
	backoff->next = (backoff->next + 1) % BACKOFF_DEATHS;
	int64_t oldest = backoff->deaths[backoff->next];

	/* Many that die at a time are one failure: the start that is waited for brings all of them back. */
	if (now_ms < backoff->until_ms)
		return backoff->until_ms - now_ms;
	if (backoff->delay_ms > 0 && now_ms - last > (int64_t)backoff->delay_ms + BACKOFF_WINDOW_MS)
		backoff->delay_ms = 0;
	if (backoff->delay_ms == 0 && (oldest == 0 || now_ms - oldest > BACKOFF_WINDOW_MS))
		return 0;
	backoff->delay_ms = backoff->delay_ms == 0 ? BACKOFF_FIRST_MS : backoff->delay_ms * 2;
	if (backoff->delay_ms > BACKOFF_LAST_MS)
		backoff->delay_ms = BACKOFF_LAST_MS;
	backoff->until_ms = now_ms + backoff->delay_ms;
	return backoff->delay_ms;
}
