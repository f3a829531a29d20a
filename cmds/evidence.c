/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "evidence.h"

#include "hexdump.h"

bool dmv_evidence_say(struct dmv_out *o, const struct dmv_evidence *e)
{
	if (!e->n)
		return true;
	if (e->expected == UINT32_MAX)
		dmv_out_line(o, "\nEvidence: %u byte%s changed", e->bad, e->bad == 1 ? "" : "s");
	else
		dmv_out_line(o, "\nEvidence: %u byte%s changed, %02x was laid there", e->bad,
			     e->bad == 1 ? "" : "s", e->expected);
	return dmv_hexdump(o, dmv_out_format(o) == DMV_JSON ? "evidence" : NULL, e->addr,
			   e->offset, e->bytes, e->n < sizeof(e->bytes) ? e->n : sizeof(e->bytes));
}

bool dmv_evidence_guard(struct dmv_out *o, const struct dmv_guard_fact *g)
{
	struct dmv_evidence e = { .addr = g->addr, .offset = g->offset, .bad = g->bad,
				  .expected = g->expected, .n = g->n };

	for (uint32_t i = 0; i < g->n && i < sizeof(e.bytes); i++)
		e.bytes[i] = g->bytes[i];
	return dmv_evidence_say(o, &e);
}

bool dmv_evidence_stale_bytes(struct dmv_out *o, const struct dmv_stale_fact *t)
{
	uint64_t at = t->va == DMV_NO_ADDR ? t->va : t->va + t->offset;

	return dmv_hexdump(o, "driver's buffer", at, (int64_t)t->offset, t->original, t->n) &&
	       dmv_hexdump(o, "double buffer", t->shadow_addr, (int64_t)t->offset, t->shadow,
			   t->n);
}

bool dmv_evidence_stale(struct dmv_out *o, const struct dmv_stale_fact *t)
{
	dmv_out_line(o, "\nEvidence: %llu byte%s from offset 0x%llx on",
		     (unsigned long long)t->differ, t->differ == 1 ? " differs," : "s differ,",
		     (unsigned long long)t->offset);
	return dmv_evidence_stale_bytes(o, t);
}
