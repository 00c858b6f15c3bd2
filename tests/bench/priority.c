// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints the priority string that the loader makes of this system's policy, for tests/bench/ceiling.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "loader/priority.h"

int main(void)
{
	struct problems *problems = problems_new(-1);
	char *priority = priority_new("AES-256-GCM,CHACHA20-POLY1305,AES-128-GCM,AES-128-CCM", NULL, problems);

	if (priority)
		printf("%s\n", priority);
	return priority ? EXIT_SUCCESS : EXIT_FAILURE;
}
