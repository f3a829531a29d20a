/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * One verdict of `analyze`: what happened, to which adapter and object, the stacks, the bytes,
 * cause and fix. Each returns false to stop.
 */
#ifndef DMV_VERDICT_H
#define DMV_VERDICT_H

#include "cmd.h"
#include "finding.h"

/* A violation on record. `finding`: "bugcheck" or "violation". `e`: bytes that were saved elsewhere
 * and go before the row's own; may be NULL. */
bool dmv_verdict_violation(struct dmv_ses *s, const struct dmv_violation_fact *v,
			   const char *finding, const struct dmv_evidence *e);
/* The bugcheck of a region whose violation row did not make it. */
bool dmv_verdict_bare(struct dmv_ses *s, uint32_t region);
/* Any other finding. */
bool dmv_verdict_finding(struct dmv_ses *s, const struct dmv_finding *x);

#endif
