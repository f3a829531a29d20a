/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 8: scatter/gather lists and their elements. */
#include "cmd_dma.h"

#include "words.h"

struct sg {
	uint32_t region;
	uint64_t adapter, list, mdl, va, length, file, age;
	uint32_t elements;
	bool to_device, caller_memory;
	const char *owner, *state, *direction;
};

static const struct dmv_col sg_cols[] = {
	DMV_COL(struct sg, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct sg, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct sg, list, "", DMV_S_ADDR, "the SCATTER_GATHER_LIST the driver holds"),
	DMV_COL(struct sg, elements, "", DMV_S_U32, "elements"),
	DMV_COL(struct sg, mdl, "", DMV_S_ADDR, "the driver's MDL"),
	DMV_COL(struct sg, va, "", DMV_S_ADDR, "driver's buffer"),
	DMV_COL(struct sg, length, "", DMV_S_HEX, "bytes"),
	DMV_COL(struct sg, to_device, "", DMV_S_BOOL, "direction"),
	DMV_COL(struct sg, caller_memory, "", DMV_S_BOOL, "built in memory of the driver"),
	DMV_COL(struct sg, file, "", DMV_S_ADDR, "map register file"),
	DMV_COL(struct sg, owner, "", DMV_S_STR, "who got it"),
	DMV_COL(struct sg, age, "", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct sg, state, "", DMV_S_STR, "live, in transition"),
	DMV_COL(struct sg, direction, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table sg_table = {
	"scatter_gather_lists", sg_cols,
	"\n"
	"   Scatter/gather list {list} ({elements} elements) by {owner|unknown}:\n"
	"      Mdl:              {mdl}\n"
	"      Virtual address:  {va}\n"
	"      Length:           {length}, {direction}\n"
	"      Map registers:    {file|none}\n"
};

struct element {
	uint32_t region, index;
	uint64_t list, bus, bytes;
};

static const struct dmv_col element_cols[] = {
	DMV_COL(struct element, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct element, list, "", DMV_S_ADDR, "its list"),
	DMV_COL(struct element, index, "", DMV_S_U32, "of the first map register"),
	DMV_COL(struct element, bus, "", DMV_S_ADDR, "address the device was told"),
	DMV_COL(struct element, bytes, "", DMV_S_HEX, "length"),
	{ 0 }
};

static const struct dmv_table element_table = {
	"elements", element_cols, "        {bus}: {bytes} bytes\n"
};

/* Registers that follow each other on the bus make one element. */
static bool say_elements(struct dmv_ses *s, const struct dmv_list_fact *l,
			 const struct dmv_group *regs)
{
	const struct dmv_facts *f = &s->facts;
	struct element e = { .region = l->region, .list = l->handle };

	if (l->file >= f->nfile)
		return true;
	for (uint32_t k = regs->start[l->file]; k < regs->start[l->file + 1]; k++) {
		const struct dmv_register_fact *r = &f->reg[regs->item[k]];

		if (r->life == DMV_GONE)
			continue;
		if (e.bytes && e.bus + e.bytes == r->bus) {
			e.bytes += r->bytes;
			continue;
		}
		if (e.bytes && !dmv_out_row(s->out, &element_table, &e))
			return false;
		e.index = r->index;
		e.bus = r->bus;
		e.bytes = r->bytes;
	}
	return !e.bytes || dmv_out_row(s->out, &element_table, &e);
}

bool dmv_dma_lists(struct dmv_ses *s, uint32_t a, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false;

	dmv_out_table(s->out, &sg_table);
	dmv_out_table(s->out, &element_table);
	for (uint32_t k = g->lists.start[a]; k < g->lists.start[a + 1]; k++) {
		const struct dmv_list_fact *l = &f->list[g->lists.item[k]];
		struct sg d = { .region = l->region,
				.adapter = f->adapter[a].handle,
				.list = l->handle,
				.mdl = l->mdl,
				.va = l->va,
				.length = l->bytes,
				.elements = l->elements,
				.file = dmv_object_addr(f, DMV_K_FILE, l->file),
				.to_device = l->to_device,
				.caller_memory = l->caller_memory,
				.owner = dmv_site_owner(f, l->owner),
				.age = dmv_age(f, l->region, l->time),
				.state = dmv_life_word(l->life),
				.direction = l->to_device ? "to device" : "from device" };

		if (l->life == DMV_GONE)
			continue;
		any = true;
		if (!dmv_out_row(s->out, &sg_table, &d) || !say_elements(s, l, &g->regs))
			return false;
	}
	if (!any)
		dmv_out_line(s->out, "\n   Scatter/gather lists: %s", dmv_device_of(f, a) ?
			     "their segments are among the mappings (2)" : "none");
	return true;
}
