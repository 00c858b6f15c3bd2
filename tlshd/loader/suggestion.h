/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A suggestion for a misspelt name: "did you mean".
 */
#ifndef TLSHD_LOADER_SUGGESTION_H
#define TLSHD_LOADER_SUGGESTION_H

/**
 * suggestion_nearest - the candidate that is nearest to a word
 * @word: what was written
 * @candidates: NULL-terminated
 *
 * Returns NULL when none is near: a third of the word's letters, and at most three, may differ.
 */
const char *suggestion_nearest(const char *word, const char *const *candidates);

#endif
