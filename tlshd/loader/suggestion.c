// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nearest name by edit distance: letters added, left out or exchanged.
 */
#include <config.h>

#include <glib.h>
#include <string.h>

#include "loader/suggestion.h"

#define WORD_MAX 63
#define FAR_MAX 3

static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned int diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned int exchanged =
				diagonal + (g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]));
			diagonal = row[j];
			row[j] = MIN(exchanged, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[b_length];
}

const char *suggestion_nearest(const char *word, const char *const *candidates)
{
	size_t length = strlen(word);
	const char *nearest = NULL;
	unsigned int best = MIN(length / 3, FAR_MAX) + 1;

	if (length > WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		if (strlen(*candidates) > WORD_MAX)
			continue;
		unsigned int far = distance(word, *candidates);
		if (far < best) {
			best = far;
			nearest = *candidates;
		}
	}
	return nearest;
}
