/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 4: common buffers, and the vectors of them that one call made. */
#include "cmd_dma.h"

#include "words.h"

struct vector {
	uint32_t region, count, live;
	uint64_t adapter, vector, entry_length, age;
	const char *owner, *state;
};

static const struct dmv_col vector_cols[] = {
	DMV_COL(struct vector, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct vector, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct vector, vector, "", DMV_S_ADDR, "the vector the driver holds"),
	DMV_COL(struct vector, count, "", DMV_S_U32, "entries"),
	DMV_COL(struct vector, live, "", DMV_S_U32, "entries that are not freed"),
	DMV_COL(struct vector, entry_length, "", DMV_S_HEX, "bytes of an entry"),
	DMV_COL(struct vector, owner, "", DMV_S_STR, "who allocated it"),
	DMV_COL(struct vector, age, "", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct vector, state, "", DMV_S_STR, "live, in transition"),
	{ 0 }
};

static const struct dmv_table vector_table = {
	"common_buffer_vectors", vector_cols,
	"\n"
	"   Common buffer vector {vector} allocated by {owner|unknown}:\n"
	"      Entries:          {count}, live {live}\n"
	"      Entry length:     {entry_length}\n"
};

struct buffer {
	uint32_t region, entry;
	uint64_t adapter, length, va, phys, bus, logical, vector, age;
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
	DMV_COL(struct buffer, vector, "", DMV_S_ADDR, "vector it is an entry of"),
	DMV_COL(struct buffer, entry, "", DMV_S_U32, "its index there"),
	DMV_COL(struct buffer, age, "", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct buffer, state, "", DMV_S_STR, "live, in transition"),
	DMV_COL(struct buffer, logical, NULL, DMV_S_MARK, ""),
	{ 0 }
};

static const struct dmv_table buffer_table = {
	"common_buffers", buffer_cols,
	"\n"
	"   Common buffer allocated by {owner|unknown}:\n"
	"?vector|      Vector:           {vector}, entry {entry}\n"
	"      Length:           {length}\n"
	"      Virtual address:  {va|unknown}\n"
	"      Physical address: {phys|unknown}\n"
	"?logical|      Logical address:  {bus}\n"
};

static bool say_vectors(struct dmv_ses *s, uint32_t a, bool *any)
{
	const struct dmv_facts *f = &s->facts;

	for (size_t i = 0; i < f->nvector; i++) {
		const struct dmv_vector_fact *v = &f->vector[i];
		struct vector d = { .region = v->region, .count = v->count, .live = v->live,
				    .adapter = f->adapter[a].handle, .vector = v->handle,
				    .entry_length = v->entry_bytes,
				    .owner = dmv_site_owner(f, v->owner),
				    .age = dmv_age(f, v->region, v->time),
				    .state = dmv_life_word(v->life) };

		if (v->adapter != a || v->life == DMV_GONE)
			continue;
		*any = true;
		if (!dmv_out_row(s->out, &vector_table, &d))
			return false;
	}
	return true;
}

bool dmv_dma_buffers(struct dmv_ses *s, uint32_t a, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false;

	if (dmv_device_of(f, a))
		return dmv_dma_coherent(s, a, g);
	dmv_out_table(s->out, &buffer_table);
	dmv_out_table(s->out, &vector_table);
	if (!say_vectors(s, a, &any))
		return false;
	for (uint32_t k = g->buffers.start[a]; k < g->buffers.start[a + 1]; k++) {
		const struct dmv_buffer_fact *b = &f->buffer[g->buffers.item[k]];
		bool entry = b->vector < f->nvector;
		struct buffer d = { .region = b->region, .adapter = f->adapter[a].handle,
			.length = b->bytes, .va = b->va, .phys = b->phys, .bus = b->bus,
			.logical = b->bus == b->phys ? DMV_NO_ADDR : b->bus, .cached = b->cached,
			.vector = entry ? f->vector[b->vector].handle : DMV_NO_ADDR,
			.entry = entry ? b->index : UINT32_MAX,
			.owner = dmv_site_owner(f, b->owner),
			.age = dmv_age(f, b->region, b->time), .state = dmv_life_word(b->life) };

		if (b->life == DMV_GONE)
			continue;
		any = true;
		if (!dmv_out_row(s->out, &buffer_table, &d))
			return false;
	}
	if (!any)
		dmv_out_line(s->out, "\n   Common buffers: none");
	return true;
}
