/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 4: common buffers. */
#include "cmd_dma.h"

#include "words.h"

struct buffer {
	uint32_t region;
	uint64_t adapter, length, va, phys, bus, logical, age;
	bool cached;
	const char *owner, *state;
};

static const struct dmv_col buffer_cols[] = {
	DMV_COL(struct buffer, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct buffer, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct buffer, owner, "", DMV_S_STR, "who allocated it"),
	DMV_COL(struct buffer, length, "", DMV_S_HEX, "bytes"),
	DMV_COL(struct buffer, va, "", DMV_S_ADDR, "virtual address"),
	DMV_COL(struct buffer, phys, "", DMV_S_BARE, "physical address"),
	DMV_COL(struct buffer, bus, "", DMV_S_BARE, "logical address, for the device"),
	DMV_COL(struct buffer, cached, "", DMV_S_BOOL, "cached"),
	DMV_COL(struct buffer, age, "", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct buffer, state, "", DMV_S_STR, "live, in transition"),
	{ 0 }
};

static const struct dmv_table buffer_table = {
	"common_buffers", buffer_cols,
	"\n"
	"   Common buffer allocated by {owner|unknown}:\n"
	"      Length:           {length}\n"
	"      Virtual address:  {va|unknown}\n"
	"      Physical address: {phys|unknown}\n"
};
static const struct dmv_table buffer_logical_table = {
	"common_buffers", buffer_cols,
	"\n"
	"   Common buffer allocated by {owner|unknown}:\n"
	"      Length:           {length}\n"
	"      Virtual address:  {va|unknown}\n"
	"      Physical address: {phys|unknown}\n"
	"      Logical address:  {bus|unknown}\n"
};

bool dmv_dma_buffers(struct dmv_ses *s, uint32_t a, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;

	dmv_out_table(s->out, &buffer_table);
	for (uint32_t k = g->buffers.start[a]; k < g->buffers.start[a + 1]; k++) {
		const struct dmv_buffer_fact *b = &f->buffer[g->buffers.item[k]];
		struct buffer d = { .region = b->region, .adapter = f->adapter[a].handle,
			.length = b->bytes, .va = b->va, .phys = b->phys, .bus = b->bus,
			.cached = b->cached, .owner = dmv_site_owner(f, b->owner),
			.age = dmv_age(f, b->region, b->time), .state = dmv_life_word(b->life) };

		if (b->life == DMV_GONE)
			continue;
		if (!dmv_out_row(s->out, b->bus == b->phys ? &buffer_table : &buffer_logical_table,
				 &d))
			return false;
	}
	return true;
}
