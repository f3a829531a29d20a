/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The bytes that prove a finding, for `analyze` and `stale`. Each returns false to stop. */
#ifndef DMV_EVIDENCE_H
#define DMV_EVIDENCE_H

#include "facts.h"
#include "out.h"

/* How many bytes changed, what was laid there, and what stands there; nothing if e holds none. */
bool dmv_evidence_say(struct dmv_out *o, const struct dmv_evidence *e);
bool dmv_evidence_guard(struct dmv_out *o, const struct dmv_guard_fact *g);
bool dmv_evidence_stale(struct dmv_out *o, const struct dmv_stale_fact *t);

/* Only the bytes: the driver's and those of the double buffer, from the first difference on. */
bool dmv_evidence_stale_bytes(struct dmv_out *o, const struct dmv_stale_fact *t);

#endif
