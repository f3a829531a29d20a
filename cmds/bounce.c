/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "bounce.h"

#include <stdio.h>

const char *dmv_share_text(uint64_t part, uint64_t all, char *buf)
{
	if (!all)
		return NULL;
	/* parts of slots, of which there are fewer than 2^57 */
	snprintf(buf, DMV_SHARE_TEXT, "%u %%",
		 part >= all ? 100u : (unsigned)((part & (UINT64_MAX >> 7)) * 100 / all));
	return buf;
}

uint64_t dmv_bounce_used(const struct dmv_pool_fact *p)
{
	return p->unread && p->used.known && p->used.value <= p->slots ? p->used.value : p->in_use;
}

const char *dmv_bounce_state(const struct dmv_facts *f, const struct dmv_slot_fact *s)
{
	const struct dmv_known *restricted = &f->pool[s->pool].restricted;

	if (s->unbooked)                /* between swiotlb's books and dma-debug's */
		return "in transition";
	if (s->original != DMV_NO_ADDR)
		return "mapped";
	return restricted->known && restricted->value ? "common buffer" : "in transition";
}

const char *dmv_said_word(enum dmv_said said)
{
	static const char *const words[] = {
		NULL, "the pool's only device", "dma-debug", "a verifier's region",
	};

	return (unsigned)said < sizeof(words) / sizeof(words[0]) ? words[said] : NULL;
}

struct brief {
	uint64_t pool, slots, used, high;
	uint32_t mappings;
	const char *kind, *full;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct brief, pool, "", DMV_S_ADDR, "struct io_tlb_mem of a bounce pool"),
	DMV_COL(struct brief, kind, "", DMV_S_STR, "default, restricted, its own (a device's)"),
	DMV_COL(struct brief, slots, "", DMV_S_U64, "of 2048 bytes each"),
	DMV_COL(struct brief, used, "", DMV_S_U64, "in use"),
	DMV_COL(struct brief, full, "", DMV_S_STR, "the same in per cent"),
	DMV_COL(struct brief, high, "", DMV_S_U64, "most that were in use at one time"),
	DMV_COL(struct brief, mappings, "", DMV_S_U32, "in them"),
	{ 0 }
};

static const struct dmv_table table = {
	"bounce", cols,
	"Bounced:    {used} of {slots} slots in use ({full}), mappings {mappings}, pool: {kind}\n"
	"?high|            {high} slots at most\n"
};

bool dmv_bounce_pool_brief(struct dmv_ses *s, const struct dmv_pool_fact *x)
{
	char full[DMV_SHARE_TEXT];
	struct brief b = { .pool = x->handle, .slots = x->slots, .used = dmv_bounce_used(x),
			   .mappings = x->mappings, .kind = x->name,
			   .high = x->high.known ? x->high.value : UINT64_MAX };

	b.full = dmv_share_text(b.used, b.slots, full);
	return dmv_out_row(s->out, &table, &b);
}

bool dmv_bounce_brief(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;

	if (f->npool)
		dmv_out_table(s->out, &table);
	for (size_t i = 0; i < f->npool; i++)
		if (f->pool[i].slots && !dmv_bounce_pool_brief(s, &f->pool[i]))
			return false;
	return true;
}
