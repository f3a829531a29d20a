/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Judgement over a kernel's mappings taken together. For finding.c. */
#ifndef DMV_FINDING_MAPPING_H
#define DMV_FINDING_MAPPING_H

#include "finding.h"

struct dmv_mappings_judged;

/* NULL: no memory. f is borrowed. */
struct dmv_mappings_judged *dmv_mappings_judge(const struct dmv_facts *f);
void dmv_mappings_judged_free(struct dmv_mappings_judged *j);   /* NULL allowed */

/* Is it a leak by itself? id NONE: it is not, or nobody can tell. */
struct dmv_finding dmv_mapping_leak(const struct dmv_facts *f, uint32_t i);
/* Each overlap and each unchecked mapping; false: fn said so. */
bool dmv_mappings_findings(const struct dmv_mappings_judged *j, dmv_finding_fn *fn, void *ctx);

#endif
