/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The users that the children run as. They are looked up once, at start: later a name service might wait for storage.
 */
#ifndef TLSHD_USERS_H
#define TLSHD_USERS_H

struct user {
	char uid[16];	/* decimal, as the children's arguments have them */
	char gid[16];
};

struct users {
	struct user worker;
	struct user keeper;	/* the loader's, too */
};

/**
 * users_find - look both users up
 *
 * For a caller that is not root (tlshd --check-config) both are the caller. Returns 0, or a negative errno after
 * it has logged which user is missing and how to make it: there is no substitute, least of all `nobody`.
 */
int users_find(struct users *users);

#endif
