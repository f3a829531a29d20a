/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The log of the target's kernel: which lines are about DMA, and what they mean. */
#ifndef DMV_LOG_H
#define DMV_LOG_H

#include "cmd.h"

/* "12.345678" seconds; returns buf. */
const char *dmv_log_time(const struct dmv_log_fact *l, char *buf, size_t size);
/* Has the text a word of DMA, of an IOMMU or of bouncing? */
bool dmv_log_about_dma(const char *text);
/* Decodes each line that reports a mistake or a fault, each kind once; *n: how many. false: stop,
 * or no memory, which s->err says. */
bool dmv_log_decode(struct dmv_ses *s, size_t *n);

#endif
