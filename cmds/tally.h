/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Findings counted by rule, for `analyze` and `summary`. */
#ifndef DMV_TALLY_H
#define DMV_TALLY_H

#include "cmd.h"
#include "finding.h"

enum { DMV_TALLY_ALL = UINT32_MAX - 1 };

struct dmv_tally {
	uint64_t n[DMV_F_COUNT][4];     /* by rule and enum dmv_confidence */
	uint64_t errors, warnings, transition;
	uint32_t region;                /* only this one; DMV_NO_INDEX: the
					 * kernel's own; DMV_TALLY_ALL */
	struct dmv_finding first[DMV_F_COUNT];  /* first of each rule that is not in transition */
	const struct dmv_facts *facts;
};

void dmv_tally_make(struct dmv_tally *t, const struct dmv_judge *j, const struct dmv_facts *f,
		    uint32_t region);

/* The command that lists what a rule finds. */
const char *dmv_finding_command(enum dmv_finding_id id);
/* A row for each rule that found something; false: stop. */
bool dmv_tally_say(struct dmv_ses *s, const struct dmv_tally *t);

#endif
