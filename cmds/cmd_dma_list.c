/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma without an argument: every adapter with its owner, the master adapter last. */
#include "cmd_dma.h"

#include <stdio.h>

#include "words.h"

struct line {
	uint32_t region;
	uint64_t adapter, record, device;
	const char *owner, *name, *driver, *state, *label;
	uint64_t caller;
	bool released, unverified, master;
	uint32_t registers_mapped;
	uint64_t bytes_mapped;
};

static const struct dmv_col list_cols[] = {
	DMV_COL(struct line, region, "REGION", DMV_S_REGION, "index of the region"),
	DMV_COL(struct line, adapter, "ADAPTER", DMV_S_ADDR, "the DMA_ADAPTER the driver holds"),
	DMV_COL(struct line, owner, "OWNER", DMV_S_STR, "module!function that asked for it"),
	DMV_COL(struct line, caller, "CALLER", DMV_S_ADDR, "the same as return address"),
	DMV_COL(struct line, name, "DEVICE", DMV_S_STR, "name of the device"),
	DMV_COL(struct line, driver, "DRIVER", DMV_S_STR, "name of the driver"),
	DMV_COL(struct line, device, "OBJECT", DMV_S_ADDR, "device object"),
	DMV_COL(struct line, record, "RECORD", DMV_S_ADDR, "its row in the region"),
	DMV_COL(struct line, state, "STATE", DMV_S_STR, "live, gone, in transition"),
	DMV_COL(struct line, released, "RELEASED", DMV_S_BOOL, "put by the driver"),
	DMV_COL(struct line, unverified, "UNVERIFIED", DMV_S_BOOL,
		"made while its driver was not verified"),
	DMV_COL(struct line, master, "MASTER", DMV_S_BOOL,
		"the hidden adapter that owns the registers"),
	DMV_COL(struct line, registers_mapped, "MAPPED", DMV_S_U32, "map registers mapped now"),
	DMV_COL(struct line, bytes_mapped, "BYTES", DMV_S_SIZE, "bytes mapped now"),
	DMV_COL(struct line, label, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table list_table = {
	"adapters", list_cols, "Adapter: {adapter}     Owner: {owner|unknown}{label}\n"
};
static const struct dmv_table master_table = {
	"master", list_cols, "Master adapter: {adapter}\n"
};

static void line_fill(const struct dmv_facts *f, size_t i, struct line *l, char *label, size_t size)
{
	const struct dmv_adapter_fact *a = &f->adapter[i];
	const char *name = dmv_adapter_name(f, (uint32_t)i);

	*l = (struct line){ .region = a->region, .adapter = a->handle, .record = a->record,
		.device = a->device, .owner = dmv_adapter_owner(f, (uint32_t)i), .name = a->name,
		.driver = a->driver_name, .state = dmv_life_word(a->life),
		.caller = dmv_site_addr(f, a->owner), .released = a->released,
		.unverified = a->unverified, .master = a->master,
		.registers_mapped = a->registers_mapped, .bytes_mapped = a->bytes_mapped,
		.label = label };
	snprintf(label, size, "%s%s%s%s%s%s", name ? " (" : "", name ? name : "", name ? ")" : "",
		 a->released || a->life == DMV_GONE ? " [released]" : "",
		 a->life == DMV_TRANSITION ? " [in transition]" : "",
		 a->unverified ? " [not verified]" : "");
}

static enum dmv_code list_region(struct dmv_ses *s, uint32_t r, bool all, size_t *hidden)
{
	const struct dmv_facts *f = &s->facts;
	struct line l;
	char label[256];

	for (int master = 0; master < 2; master++) {
		for (size_t i = 0; i < f->nadapter; i++) {
			const struct dmv_adapter_fact *a = &f->adapter[i];

			if (a->region != r || a->master != master)
				continue;
			if (!all && (a->life == DMV_GONE || (a->released && a->life == DMV_LIVE))) {
				++*hidden;
				continue;
			}
			line_fill(f, i, &l, label, sizeof(label));
			/* one that somebody drives tells more */
			if (l.driver || l.caller != DMV_NO_ADDR)
				dmv_about(s, l.adapter, DMV_NO_ADDR);
			if (!dmv_out_row(s->out, master ? &master_table : &list_table, &l))
				return DMV_E_STOPPED;
		}
	}
	return DMV_E_OK;
}

enum dmv_code dmv_dma_list(struct dmv_ses *s, bool all)
{
	size_t hidden = 0;

	dmv_out_table(s->out, &list_table);
	dmv_out_table(s->out, &master_table);
	dmv_out_line(s->out, "Dumping all DMA adapters...%s", s->facts.nregion > 1 ? "" : "\n");
	for (uint32_t r = 0; r < s->facts.nregion; r++) {
		dmv_region_head(s, r);
		if (list_region(s, r, all, &hidden))
			return DMV_E_STOPPED;
	}
	if (s->facts.ndevice && s->facts.nregion)
		dmv_out_line(s->out, "\nThe kernel's own devices:");
	if (s->facts.ndevice && list_region(s, DMV_NO_INDEX, all, &hidden))
		return DMV_E_STOPPED;
	if (!s->facts.nadapter)
		dmv_out_line(s->out, "No driver has asked for an adapter.");
	if (hidden)
		dmv_out_line(s->out, "%zu released: dma -a", hidden);
	return DMV_E_OK;
}
