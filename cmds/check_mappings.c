/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "check_mappings.h"

#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "words.h"

struct row {
	uint64_t count, adapter, bus, bytes, phys, beside;
	const char *rule, *title, *confidence, *suffix, *device, *owner, *caller, *beside_device,
		*beside_caller, *cause, *fix;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct row, rule, "", DMV_S_STR, "rule"),
	DMV_COL(struct row, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct row, confidence, "", DMV_S_STR, "certain, likely, in transition"),
	DMV_COL(struct row, count, "", DMV_S_U64, "mappings of that device by that call"),
	DMV_COL(struct row, device, "", DMV_S_STR, "device or driver"),
	DMV_COL(struct row, adapter, "", DMV_S_ADDR, "its struct device"),
	DMV_COL(struct row, owner, "", DMV_S_STR, "function that made them"),
	DMV_COL(struct row, caller, "", DMV_S_STR, "the same with offset"),
	DMV_COL(struct row, bus, "", DMV_S_BARE, "bus address of the first"),
	DMV_COL(struct row, bytes, "", DMV_S_SIZE, "its length"),
	DMV_COL(struct row, phys, "", DMV_S_BARE, "its memory"),
	DMV_COL(struct row, beside, "", DMV_S_BARE, "bus address of the mapping it overlaps"),
	DMV_COL(struct row, beside_device, "", DMV_S_STR, "of which device"),
	DMV_COL(struct row, beside_caller, "", DMV_S_STR, "made by"),
	DMV_COL(struct row, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct row, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct row, suffix, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"misuse", cols,
	"{title} ({confidence})\n"
	"   Device:   {device|unknown}, mappings of it: {count}\n"
	"?caller|   By:       {caller}\n"
	"   First:    {bus|none}, {bytes|?} bytes at {phys|?}\n"
	"?beside|   Overlaps: {beside}, {beside_device|unknown}, by {beside_caller|unknown}\n"
	"   Cause:    {cause}\n"
	"   Fix:      {fix}\n"
};

struct all {
	struct dmv_finding *v;
	size_t n, room;
	bool no_memory;
};

static bool collect(void *ctx, const struct dmv_finding *x)
{
	struct all *a = ctx;

	if (a->n == a->room) {
		const size_t room = a->room ? a->room * 2 : 64;
		struct dmv_finding *v = realloc(a->v, room * sizeof(*v));

		a->no_memory = !v;
		if (!v)
			return false;
		a->v = v;
		a->room = room;
	}
	a->v[a->n++] = *x;
	return true;
}

/* What goes into one row is alike but for the object. */
static int alike(const struct dmv_finding *x, const struct dmv_finding *y)
{
	const uint32_t a[] = { x->id, x->confidence, x->owner, x->adapter };
	const uint32_t b[] = { y->id, y->confidence, y->owner, y->adapter };

	for (size_t i = 0; i < 4; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int order(const void *a, const void *b)
{
	const struct dmv_finding *x = a, *y = b;
	const int by_row = alike(x, y);

	return by_row ? by_row : x->object < y->object ? -1 : x->object > y->object;
}

static bool say(struct dmv_ses *s, const struct dmv_finding *x, uint64_t count)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_finding_rule *r = &dmv_finding_rules[x->id];
	const struct dmv_mapping_fact *m = &f->mapping[x->object];
	struct row d = {
		.count = count, .adapter = m->device, .bus = x->addr,
		.bytes = m->bytes.known ? m->bytes.value : UINT64_MAX, .phys = m->phys,
		.beside = DMV_NO_ADDR, .rule = r->name, .title = r->title, .cause = r->cause,
		.fix = r->fix, .confidence = dmv_confidence_word(x->confidence),
		.device = dmv_adapter_name(f, x->adapter), .owner = dmv_site_owner(f, x->owner),
		.caller = dmv_site_text(f, x->owner),
	};

	if (x->row < f->nmapping) {
		d.beside = dmv_object_addr(f, DMV_K_MAPPING, x->row);
		d.beside_device = dmv_adapter_name(f, f->mapping[x->row].adapter);
		d.beside_caller = dmv_site_text(f, f->mapping[x->row].owner);
	}
	dmv_about(s, m->device, x->addr);
	dmv_out_gap(s->out);
	return dmv_out_row(s->out, &table, &d);
}

static bool say_all(struct dmv_ses *s, const struct all *a, bool *any)
{
	for (size_t i = 0, next; i < a->n; i = next) {
		for (next = i + 1; next < a->n && !alike(&a->v[i], &a->v[next]);)
			next++;
		*any |= a->v[i].confidence != DMV_IN_TRANSITION;
		if (!say(s, &a->v[i], next - i))
			return false;
	}
	return true;
}

enum dmv_code dmv_check_mappings(struct dmv_ses *s, bool *any)
{
	struct dmv_judge *j = dmv_judge_new(&s->facts);
	struct all a = { 0 };
	bool go = false;

	if (!j)
		return dmv_no_memory(s);
	dmv_out_table(s->out, &table);
	if (dmv_findings(j, DMV_FIND_MAPPINGS, collect, &a)) {
		if (a.n)
			qsort(a.v, a.n, sizeof(*a.v), order);
		go = say_all(s, &a, any);
	}
	dmv_judge_free(j);
	free(a.v);
	if (a.no_memory)
		return dmv_no_memory(s);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}
