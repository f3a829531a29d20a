/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "rules.h"

#define DMV_P_ANY (-1)
#define ERROR false
#define WARNING true
#define YES true
#define LATER false
#define DMV_RULE(name, id, code, p1, p2, severity, raised, title, m2, m3, m4, cause, fix) \
	{ #name, id, code, p1, p2, severity, raised, title, { m2, m3, m4 }, cause, fix },

const struct dmv_rule_text dmv_rules[] = {
#include "dmv_violation.def"
};

#undef DMV_RULE
#undef LATER
#undef YES
#undef WARNING
#undef ERROR

const size_t dmv_nrules = sizeof(dmv_rules) / sizeof(dmv_rules[0]);

static bool matches(int64_t word, uint64_t p)
{
	return word == DMV_P_ANY || (uint64_t)word == p;
}

const struct dmv_rule_text *dmv_rule_of(uint32_t code, const uint64_t p[4])
{
	for (size_t i = 0; i < dmv_nrules; i++)
		if (dmv_rules[i].code == code && matches(dmv_rules[i].p1, p[0]) &&
		    matches(dmv_rules[i].p2, p[1]))
			return &dmv_rules[i];
	return NULL;
}

const struct dmv_rule_text *dmv_rule_by_id(uint32_t id)
{
	for (size_t i = 0; i < dmv_nrules; i++)
		if (dmv_rules[i].id == id)
			return &dmv_rules[i];
	return NULL;
}

const struct dmv_rule_text *dmv_guard_rule(unsigned what)
{
	const uint64_t p[4] = { 0x0F, what, 0, 0 };

	return dmv_rule_of(0xE6, p);
}

bool dmv_rule_of_flush(uint32_t code, const uint64_t p[4])
{
	if (code != 0xE6)
		return false;
	switch (p[0]) {
	case 0x00:
		return p[1] == 1;
	case 0x0F:
		return p[1] >= 3;
	case 0x20:
	case 0x23:
	case 0x80000004:
		return true;
	default:
		return false;
	}
}
