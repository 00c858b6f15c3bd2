/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connected TCP pairs on loopback, as a consumer and its peer would have them.
 */
#ifndef TLSHD_BENCH_PAIR_H
#define TLSHD_BENCH_PAIR_H

enum { PAIR_CLIENT, PAIR_SERVER, PAIR_ENDS };

/** pair_listen - a listener for pair_connect(); a descriptor or a negative errno */
int pair_listen(void);

/** pair_connect - make a pair; 0 or a negative errno */
int pair_connect(int listener, int fds[PAIR_ENDS]);

/** pair_close - close both ends without leaving a port behind in TIME_WAIT: there are 28,000 of them */
void pair_close(const int fds[PAIR_ENDS]);

#endif
