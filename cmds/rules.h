/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The list of violations (core/dmv_violation.def) as a table to look things up in. */
#ifndef DMV_RULES_H
#define DMV_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dmv_rule_text {
	const char *name;
	uint32_t id, code;
	int64_t p1, p2;                 /* -1: this word carries data */
	bool warning;                   /* recorded, never stops */
	bool raised;                    /* the verifier raises it, it does not only decode it */
	const char *title;
	const char *means[3];           /* of P2, P3, P4; "" unused */
	const char *cause, *fix;
};

extern const struct dmv_rule_text dmv_rules[];
extern const size_t dmv_nrules;

/* The rule of a quadruple, NULL if there is none. */
const struct dmv_rule_text *dmv_rule_of(uint32_t code, const uint64_t p[4]);
const struct dmv_rule_text *dmv_rule_by_id(uint32_t id);

/* The rule that an overwritten guard breaks (enum dmv_guard_what is the P2 of 0xE6/0x0F). */
const struct dmv_rule_text *dmv_guard_rule(unsigned what);
/* Raised by a flush (or the put of a list) about the transfer that it was to end. */
bool dmv_rule_of_flush(uint32_t code, const uint64_t p[4]);

#endif
