/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "bounce.h"
#include "words.h"

struct row {
	uint64_t bounce, original, length, start, adapter, pool;
	int64_t offset;
	const char *as, *state, *device, *said;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct row, as, "AS", DMV_S_STR,
		"bounce buffer, its slots (around it), bounced memory; bounce pool: a free slot"),
	DMV_COL(struct row, bounce, "BOUNCE", DMV_S_BARE, "physical address in the pool"),
	DMV_COL(struct row, original, "ORIGINAL", DMV_S_BARE, "what is bounced, physical"),
	DMV_COL(struct row, length, "LENGTH", DMV_S_SIZE, "bytes of it"),
	DMV_COL(struct row, start, NULL, DMV_S_BARE, "start of the range that holds the address"),
	DMV_COL(struct row, offset, "OFFSET", DMV_S_OFFSET, "of the address in it"),
	DMV_COL(struct row, state, "STATE", DMV_S_STR,
		"mapped, common buffer, in transition, free"),
	DMV_COL(struct row, device, "DEVICE", DMV_S_STR, "whose it is, if that is known"),
	DMV_COL(struct row, said, NULL, DMV_S_STR, "who says so"),
	DMV_COL(struct row, adapter, NULL, DMV_S_ADDR, "its struct device"),
	DMV_COL(struct row, pool, NULL, DMV_S_ADDR, "struct io_tlb_mem"),
	{ 0 }
};

static const struct dmv_table table = { "bounced", cols, NULL };

static bool in(uint64_t addr, uint64_t start, uint64_t bytes)
{
	return addr != DMV_NO_ADDR && start != DMV_NO_ADDR && addr - start < bytes;
}

/* As what the slots have the address; NULL: they have not. What is said of lengths is cut to what
 * the slots can hold. */
static const char *as_what(const struct dmv_facts *f, const struct dmv_slot_fact *s, uint64_t addr,
			   uint64_t *start)
{
	const uint64_t room = (uint64_t)(s->count - s->padding) * DMV_BOUNCE_SLOT;
	const uint64_t bytes = s->bytes < room ? s->bytes : room;
	const uint64_t pool = f->bounce[s->bounce].start;
	const uint64_t slots = pool == DMV_NO_ADDR ? pool :
			       pool + (uint64_t)s->first * DMV_BOUNCE_SLOT;

	*start = s->addr;
	if (s->exact && in(addr, s->addr, bytes))
		return "bounce buffer";
	*start = s->original;
	if (in(addr, s->original, bytes))
		return "bounced memory";
	*start = slots;
	return in(addr, slots, (uint64_t)s->count * DMV_BOUNCE_SLOT) ? "its slots" : NULL;
}

static bool say_slot(struct dmv_ses *s, const struct dmv_slot_fact *x, const char *as,
		     uint64_t start, uint64_t addr)
{
	const struct dmv_facts *f = &s->facts;
	struct row r = {
		.as = as, .bounce = x->addr, .original = x->original, .length = x->bytes,
		.start = start, .offset = (int64_t)(addr - start),
		.state = dmv_bounce_state(f, x), .device = dmv_adapter_name(f, x->adapter),
		.said = dmv_said_word(x->said), .adapter = dmv_adapter_handle(f, x->adapter),
		.pool = f->pool[x->pool].handle,
	};

	dmv_about(s, r.adapter, r.bounce);
	return dmv_out_row(s->out, &table, &r);
}

static bool say_free(struct dmv_ses *s, uint64_t addr, uint64_t *hits)
{
	const struct dmv_facts *f = &s->facts;

	for (size_t i = 0; i < f->nbounce; i++) {
		const struct dmv_bounce_fact *b = &f->bounce[i];
		const uint64_t start = b->start;
		struct row r = { .as = "bounce pool", .start = start, .original = DMV_NO_ADDR,
				 .bounce = start, .length = b->bytes, .adapter = DMV_NO_ADDR,
				 .offset = (int64_t)(addr - start), .state = "free",
				 .pool = f->pool[b->pool].handle };

		if (!in(addr, start, b->bytes))
			continue;
		++*hits;
		return dmv_out_row(s->out, &table, &r);
	}
	return true;
}

bool dmv_bounce_who(struct dmv_ses *s, uint64_t addr, uint64_t phys, uint64_t *hits)
{
	const uint64_t before = *hits;
	const struct dmv_facts *f = &s->facts;
	const uint64_t as[] = { addr, phys == addr ? DMV_NO_ADDR : phys };

	if (!f->npool)
		return true;
	dmv_out_table(s->out, &table);
	for (size_t i = 0; i < f->nslot; i++) {
		for (size_t k = 0; k < 2; k++) {
			uint64_t start;
			const char *what = as_what(f, &f->slot[i], as[k], &start);

			if (!what)
				continue;
			++*hits;
			if (!say_slot(s, &f->slot[i], what, start, as[k]))
				return false;
		}
		if ((i & 4095) == 0 && dmv_stopped(s))
			return false;
	}
	if (*hits == before && !say_free(s, addr, hits))
		return false;
	return *hits != before || say_free(s, phys, hits);
}
