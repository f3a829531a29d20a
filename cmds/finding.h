/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Our judgement over facts, by a table of rules. Facts say what is there; a finding says what is
 * wrong with it and how sure that is. What belongs to an unverified adapter is never judged.
 */
#ifndef DMV_FINDING_H
#define DMV_FINDING_H

#include "object.h"

enum dmv_confidence {
	DMV_CERTAIN = 1,
	DMV_LIKELY,
	DMV_IN_TRANSITION, /* an operation on it was in progress: shown, not counted as wrong */
};

enum dmv_finding_id {
	DMV_F_NONE = 0,
	DMV_F_LEAK_RELEASED,
	DMV_F_LEAK_RELEASING,
	DMV_F_LEAK_UNLOADED,
	DMV_F_LEAK_ORPHAN,
	DMV_F_LEAK_ADAPTER,
	DMV_F_GUARD,
	DMV_F_STALE,
	DMV_F_LATE_WRITE,
	DMV_F_VIOLATION,
	DMV_F_LEAK_UNBOUND,             /* from here on: of a kernel's mappings */
	DMV_F_LEAK_NO_DEVICE,
	DMV_F_OVERLAP,
	DMV_F_UNCHECKED,
	DMV_F_BOUNCE_FULL,              /* from here on: of a kernel's bounce pools */
	DMV_F_BOUNCE_WAS_FULL,
	DMV_F_BOUNCE_NEARLY,
	DMV_F_BOUNCE_UNBOOKED,
	DMV_F_COUNT
};

struct dmv_finding_rule {
	const char *name;       /* key: "leak-released" */
	bool warning;
	const char *title, *cause, *fix;
};

extern const struct dmv_finding_rule dmv_finding_rules[DMV_F_COUNT];
/* Worst first; ends with DMV_F_NONE. */
extern const enum dmv_finding_id dmv_findings_by_weight[];

struct dmv_finding {
	enum dmv_finding_id id;         /* DMV_F_NONE: nothing is wrong */
	enum dmv_confidence confidence;
	uint32_t region, kind, object;  /* kind NONE: of no object */
	uint32_t adapter, owner, row;   /* row: index in guard, stale or violation;
					 * of an overlap the other mapping; of a pool
					 * the pool, unbooked: the slots' fact */
	uint64_t addr;
	bool stopped;                   /* in transition because the bugcheck stopped its flush */
};

struct dmv_judge;

struct dmv_judge *dmv_judge_new(const struct dmv_facts *f);     /* NULL: no memory */
void dmv_judge_free(struct dmv_judge *j);
struct dmv_finding dmv_judge_object(const struct dmv_judge *j, const struct dmv_object *o);

enum { DMV_FIND_LEAKS = 1, DMV_FIND_GUARDS = 2, DMV_FIND_STALE = 4, DMV_FIND_VIOLATIONS = 8,
       DMV_FIND_MAPPINGS = 16,          /* what is wrong with a kernel's, but leaks */
       DMV_FIND_BOUNCE = 32 };          /* and with its bounce pools */

typedef bool dmv_finding_fn(void *ctx, const struct dmv_finding *x);

/* Says each finding of the classes in `what`; false: fn said so and ended it. Guards and stale
 * shadows are there only after dmv_verify. */
bool dmv_findings(const struct dmv_judge *j, unsigned what,
		  dmv_finding_fn *fn, void *ctx);

/* This file, list or mapping is live because the bugcheck stopped the call that flushed it. */
bool dmv_flush_stopped(const struct dmv_facts *f, uint32_t region, uint32_t kind, uint32_t index);

const char *dmv_confidence_word(enum dmv_confidence c);
/* Why a finding is in transition; NULL: an operation was in progress, or it is not. */
const char *dmv_finding_reason(const struct dmv_finding *x);
/* Severity of a finding: that of its rule, or of the violation it is. */
bool dmv_finding_warning(const struct dmv_facts *f, const struct dmv_finding *x);

#endif
