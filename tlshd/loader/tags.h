/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that define session tags, which this version does not use.
 */
#ifndef TLSHD_LOADER_TAGS_H
#define TLSHD_LOADER_TAGS_H

#include "loader/problems.h"

/** tags_check - warn, once, where @folder has files that define tags (*.yml, *.yaml); it need not exist */
void tags_check(const char *folder, struct problems *problems);

#endif
