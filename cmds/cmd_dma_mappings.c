/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 2 and 4 of a Linux device: what dma-debug has on record as mapped and allocated. */
#include "cmd_dma.h"

#include <inttypes.h>
#include <stdio.h>

#include "words.h"

struct mapping {
	uint64_t adapter, entry, bytes, phys;
	uint32_t bucket, sg_calls, sg_mapped, site;
	const char *bus, *at, *kind, *type, *direction, *error, *owner, *caller, *state, *note;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct mapping, adapter, "", DMV_S_ADDR, "its device, the struct device"),
	DMV_COL(struct mapping, kind, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct mapping, type, "", DMV_S_STR,
		"single, page, sg, coherent, resource, noncoherent, phys"),
	DMV_COL(struct mapping, direction, "", DMV_S_STR,
		"to device, from device, both ways, none"),
	DMV_COL(struct mapping, bus, "", DMV_S_STR,
		"address that the device was told; all ones: the mapping failed"),
	DMV_COL(struct mapping, at, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct mapping, bytes, "", DMV_S_HEX, "bytes"),
	DMV_COL(struct mapping, phys, "", DMV_S_BARE, "physical address of the driver's memory"),
	DMV_COL(struct mapping, error, "", DMV_S_STR,
		"whether the driver asked if the mapping failed"),
	DMV_COL(struct mapping, sg_calls, "", DMV_S_U32, "entries of the list it is of"),
	DMV_COL(struct mapping, sg_mapped, "", DMV_S_U32, "segments that these became"),
	DMV_COL(struct mapping, state, "", DMV_S_STR, "live, in transition"),
	DMV_COL(struct mapping, owner, "", DMV_S_STR, "function that made it"),
	DMV_COL(struct mapping, caller, "", DMV_S_STR, "the same with offset"),
	DMV_COL(struct mapping, site, "", DMV_S_U32, "number of its call site"),
	DMV_COL(struct mapping, entry, "", DMV_S_ADDR, "its struct dma_debug_entry"),
	DMV_COL(struct mapping, bucket, "", DMV_S_U32, "where in dma-debug's hash"),
	DMV_COL(struct mapping, note, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table table = {
	"mappings", cols,
	"      {at|?}: {bytes|?} bytes at {phys|?}, {kind}, {direction|?}{note}\n"
	"?caller|         by {caller}\n"
};

static uint32_t small(const struct dmv_known *k)
{
	return k->known && k->value < UINT32_MAX ? (uint32_t)k->value : UINT32_MAX;
}

static const char *note_of(const struct dmv_mapping_fact *x)
{
	if (x->life == DMV_TRANSITION)
		return ", in transition";
	if (x->failed)
		return ", failed";
	return x->error.known && x->error.value == DMV_ERR_NOT_CHECKED ?
	       ", not checked for errors" : "";
}

static bool say(struct dmv_ses *s, uint32_t i)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_mapping_fact *x = &f->mapping[i];
	char bus[24];
	struct mapping d = {
		.adapter = x->device, .entry = x->entry, .bytes = dmv_or_none(&x->bytes),
		.phys = x->phys, .bucket = x->bucket,
		.sg_calls = small(&x->sg_calls), .sg_mapped = small(&x->sg_mapped),
		.site = x->owner, .kind = dmv_object_word(f, DMV_K_MAPPING, i),
		.type = dmv_map_type_word(x->type), .state = dmv_life_word(x->life),
		.direction = dmv_map_direction_word(&x->direction),
		.error = dmv_map_error_word(&x->error), .owner = dmv_site_owner(f, x->owner),
		.caller = dmv_site_text(f, x->owner), .note = note_of(x),
	};

	if (x->bus.known) {
		snprintf(bus, sizeof(bus), "0x%" PRIx64, x->bus.value);
		d.bus = bus;
		d.at = x->failed ? "none" : bus + 2;
	}
	return dmv_out_row(s->out, &table, &d);
}

static bool section(struct dmv_ses *s, uint32_t adapter, const struct dmv_dma_sorted *g,
		    const char *head, bool buffers)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false, go = true;

	if (!f->debug.there) {
		dmv_out_line(s->out, "\n   %s: not kept: the kernel has no dma-debug", head);
		return true;
	}
	dmv_out_table(s->out, &table);
	for (uint32_t k = g->mappings.start[adapter]; go && k < g->mappings.start[adapter + 1];
	     k++) {
		const uint32_t i = g->mappings.item[k];

		if (dmv_map_is_buffer(f->mapping[i].type) != buffers)
			continue;
		if (!any)
			dmv_out_line(s->out, "\n   %s:", head);
		any = true;
		dmv_stacks_use(g->stacks, f->mapping[i].owner);
		go = say(s, i);
	}
	if (!any)
		dmv_out_line(s->out, "\n   %s: none", head);
	return go;
}

bool dmv_dma_mappings(struct dmv_ses *s, uint32_t adapter, const struct dmv_dma_sorted *g)
{
	return section(s, adapter, g, "Mappings", false);
}

bool dmv_dma_coherent(struct dmv_ses *s, uint32_t adapter, const struct dmv_dma_sorted *g)
{
	return section(s, adapter, g, "Common buffers", true);
}

bool dmv_dma_strays(struct dmv_ses *s, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false, go = true;

	for (uint32_t i = 0; go && i < f->nmapping; i++) {
		if (f->mapping[i].adapter < f->nadapter)
			continue;
		if (!any)
			dmv_out_line(s->out, "\nMappings of no device that is listed:");
		any = true;
		dmv_stacks_use(g->stacks, f->mapping[i].owner);
		go = say(s, i);
	}
	return go;
}
