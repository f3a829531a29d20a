/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A bugcheck in words, for `bugcheck` and `analyze`. */
#ifndef DMV_DECODE_H
#define DMV_DECODE_H

#include "cmd.h"

/* Says what the quadruple means. Where facts are there, parameters that are objects are named. */
bool dmv_decode(struct dmv_ses *s, uint32_t region, uint32_t code, const uint64_t p[4]);

#endif
