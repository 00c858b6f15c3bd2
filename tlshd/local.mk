# SPDX-License-Identifier: GPL-2.0-or-later
# What supervisor, keeper, workers and loader share.
noinst_LIBRARIES += libcontract.a
libcontract_a_SOURCES = tlshd/proto.c tlshd/proto.h
