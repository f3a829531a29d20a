/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "tally.h"

static bool add(void *ctx, const struct dmv_finding *x)
{
	struct dmv_tally *t = ctx;

	if (t->region != DMV_TALLY_ALL && x->region != t->region)
		return true;
	t->n[x->id][x->confidence]++;
	if (x->confidence == DMV_IN_TRANSITION) {
		t->transition++;
		return true;
	}
	if (!t->first[x->id].id)
		t->first[x->id] = *x;
	if (dmv_finding_warning(t->facts, x))
		t->warnings++;
	else
		t->errors++;
	return true;
}

void dmv_tally_make(struct dmv_tally *t, const struct dmv_judge *j, const struct dmv_facts *f,
		    uint32_t region)
{
	*t = (struct dmv_tally){ .region = region, .facts = f };
	dmv_findings(j, DMV_FIND_VIOLATIONS | DMV_FIND_GUARDS | DMV_FIND_LEAKS | DMV_FIND_STALE |
		     DMV_FIND_MAPPINGS | DMV_FIND_BOUNCE, add, t);
}

struct line {
	uint64_t count;
	const char *finding, *title, *confidence, *command;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct line, count, "COUNT", DMV_S_U64, "how many"),
	DMV_COL(struct line, title, "FINDING", DMV_S_STR, "what is wrong"),
	DMV_COL(struct line, finding, NULL, DMV_S_STR, "rule"),
	DMV_COL(struct line, confidence, "CONFIDENCE", DMV_S_STR, "certain, likely, in transition"),
	DMV_COL(struct line, command, "SHOWN BY", DMV_S_STR, "command that lists them"),
	{ 0 }
};

static const struct dmv_table table = { "findings", cols, NULL };

const char *dmv_finding_command(enum dmv_finding_id id)
{
	switch (id) {
	case DMV_F_VIOLATION:
		return "violations";
	case DMV_F_GUARD:
	case DMV_F_OVERLAP:
	case DMV_F_UNCHECKED:
		return "check";
	case DMV_F_STALE:
	case DMV_F_LATE_WRITE:
		return "stale";
	case DMV_F_BOUNCE_FULL:
	case DMV_F_BOUNCE_WAS_FULL:
	case DMV_F_BOUNCE_NEARLY:
	case DMV_F_BOUNCE_UNBOOKED:
		return "bounce";
	default:
		return "leaks";
	}
}

bool dmv_tally_say(struct dmv_ses *s, const struct dmv_tally *t)
{
	dmv_out_table(s->out, &table);
	for (const enum dmv_finding_id *id = dmv_findings_by_weight; *id; id++) {
		for (enum dmv_confidence c = DMV_CERTAIN; c <= DMV_IN_TRANSITION; c++) {
			struct line l = { t->n[*id][c], dmv_finding_rules[*id].name,
					  dmv_finding_rules[*id].title, dmv_confidence_word(c),
					  dmv_finding_command(*id) };

			if (l.count && !dmv_out_row(s->out, &table, &l))
				return false;
		}
	}
	return true;
}
