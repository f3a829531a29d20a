/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Judgement over a kernel's bounce pools. For finding.c, and who asks about them alone. */
#ifndef DMV_FINDING_BOUNCE_H
#define DMV_FINDING_BOUNCE_H

#include "finding.h"

/* Each pool that is full, was, or nearly is (adapter: who holds more than half of the slots), and
 * each mapping that dma-debug should have on its books; false: fn said so. */
bool dmv_bounce_findings(const struct dmv_facts *f, dmv_finding_fn *fn, void *ctx);
/* Is anything of it wrong, not only in transition? */
bool dmv_bounce_wrong(const struct dmv_facts *f);

#endif
