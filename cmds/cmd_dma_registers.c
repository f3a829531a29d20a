/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 2: map register files and what each register maps. */
#include "cmd_dma.h"

#include <stdio.h>

#include "words.h"

struct file {
	uint32_t region;
	uint64_t adapter, file, double_buffer, double_buffer_phys, double_buffer_bytes, age;
	uint32_t mapped, total, hooked;
	uint64_t list;
	const char *owner, *state;
};

static const struct dmv_col file_cols[] = {
	DMV_COL(struct file, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct file, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct file, file, "", DMV_S_ADDR, "the MapRegisterBase the driver holds"),
	DMV_COL(struct file, mapped, "", DMV_S_U32, "map registers mapped"),
	DMV_COL(struct file, total, "", DMV_S_U32, "map registers"),
	DMV_COL(struct file, hooked, "", DMV_S_U32, "map registers with a double buffer"),
	DMV_COL(struct file, double_buffer, "", DMV_S_ADDR, "double buffer"),
	DMV_COL(struct file, double_buffer_phys, "", DMV_S_ADDR, "its physical address"),
	DMV_COL(struct file, double_buffer_bytes, "", DMV_S_SIZE, "its bytes, guards included"),
	DMV_COL(struct file, list, "", DMV_S_ADDR, "scatter/gather list it was made for"),
	DMV_COL(struct file, owner, "", DMV_S_STR, "who allocated it"),
	DMV_COL(struct file, age, "", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct file, state, "", DMV_S_STR, "live, in transition"),
	{ 0 }
};

static const struct dmv_table file_table = {
	"map_register_files", file_cols,
	"\n"
	"  Map register file {file} ({mapped}/{total} mapped)\n"
	"?double_buffer|     Double buffer mdl: {double_buffer} ({double_buffer_bytes} bytes)\n"
	"!double_buffer|     Double buffer mdl: none, not hooked\n"
	"?list|     Scatter/gather list: {list}\n"
	"?owner|     Allocated by {owner}\n"
	"     Map registers:\n"
};

struct reg {
	uint32_t region, index;
	uint64_t adapter, file, map_register, va, phys, bus, mdl, age;
	uint32_t bytes;
	bool mapped, hooked, to_device;
	const char *owner, *label, *where;
};

static const struct dmv_col reg_cols[] = {
	DMV_COL(struct reg, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct reg, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct reg, file, "", DMV_S_ADDR, "its map register file"),
	DMV_COL(struct reg, index, "", DMV_S_U32, "in the file"),
	DMV_COL(struct reg, map_register, "", DMV_S_ADDR,
		"page the device sees; absent if unhooked"),
	DMV_COL(struct reg, mapped, "", DMV_S_BOOL, "maps something"),
	DMV_COL(struct reg, hooked, "", DMV_S_BOOL, "transfer is double-buffered"),
	DMV_COL(struct reg, bytes, "", DMV_S_X4, "mapped"),
	DMV_COL(struct reg, va, "", DMV_S_ADDR, "driver's buffer"),
	DMV_COL(struct reg, phys, "", DMV_S_ADDR, "its physical address"),
	DMV_COL(struct reg, bus, "", DMV_S_ADDR, "what the device was told"),
	DMV_COL(struct reg, mdl, "", DMV_S_ADDR, "the driver's MDL"),
	DMV_COL(struct reg, to_device, "", DMV_S_BOOL, "direction"),
	DMV_COL(struct reg, owner, "", DMV_S_STR, "who mapped it"),
	DMV_COL(struct reg, age, "", DMV_S_AGE, "nanoseconds"),
	DMV_COL(struct reg, label, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct reg, where, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table reg_table = {
	"map_registers", reg_cols,
	"?mapped|        {label}: {bytes} bytes mapped to {va}{where}\n"
	"!mapped|        {label}: Not mapped\n"
};

static bool say_register(struct dmv_ses *s, const struct dmv_file_fact *x, uint64_t adapter,
			 uint32_t index, const struct dmv_register_fact *r)
{
	const struct dmv_facts *f = &s->facts;
	bool hooked = x->shadow_virt != DMV_NO_ADDR && index < x->hooked;
	struct reg d = { .region = x->region,
			 .index = index,
			 .adapter = adapter,
			 .file = x->handle,
			 .map_register =
				 hooked ? x->shadow_virt + x->data_offset + index * x->data_stride
					: DMV_NO_ADDR,
			 .va = DMV_NO_ADDR,
			 .phys = DMV_NO_ADDR,
			 .bus = DMV_NO_ADDR,
			 .mdl = DMV_NO_ADDR,
			 .age = UINT64_MAX,
			 .hooked = hooked };
	char label[24], where[48];

	if (hooked)
		snprintf(label, sizeof(label), "%0*llx",
			 x->region < f->nregion && f->region[x->region].address_bits == 32 ? 8 : 16,
			 (unsigned long long)d.map_register);
	else
		snprintf(label, sizeof(label), "[%x]", index);
	d.label = label;
	if (r) {
		d.mapped = true;
		d.bytes = r->bytes;
		d.va = r->va;
		d.phys = r->phys;
		d.bus = r->bus;
		d.mdl = r->mdl;
		d.to_device = r->to_device;
		d.owner = dmv_site_owner(f, r->owner);
		d.age = dmv_age(f, r->region, r->time);
		snprintf(where, sizeof(where), ", %s device%s%s", r->to_device ? "to" : "from",
			 hooked ? "" : ", not hooked",
			 r->life == DMV_TRANSITION ? ", in transition" : "");
		d.where = where;
	}
	return dmv_out_row(s->out, &reg_table, &d);
}

/* Registers that map something have a fact; those between them do not. */
static bool say_registers(struct dmv_ses *s, uint32_t i, uint64_t adapter,
			  const struct dmv_group *regs)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_file_fact *x = &f->file[i];
	uint32_t next = 0;

	for (uint32_t k = regs->start[i]; k < regs->start[i + 1]; k++) {
		const struct dmv_register_fact *r = &f->reg[regs->item[k]];

		if (r->life == DMV_GONE || r->index < next || r->index >= x->count)
			continue;
		for (; next < r->index; next++)
			if (!say_register(s, x, adapter, next, NULL))
				return false;
		if (!say_register(s, x, adapter, next++, r))
			return false;
	}
	for (; next < x->count; next++)
		if (!say_register(s, x, adapter, next, NULL))
			return false;
	return true;
}

bool dmv_dma_registers(struct dmv_ses *s, uint32_t a, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;
	uint64_t adapter = f->adapter[a].handle;
	bool any = false;

	if (dmv_device_of(f, a))
		return dmv_dma_mappings(s, a, g);
	dmv_out_table(s->out, &file_table);
	dmv_out_table(s->out, &reg_table);
	for (uint32_t k = g->files.start[a]; k < g->files.start[a + 1]; k++) {
		uint32_t i = g->files.item[k];
		const struct dmv_file_fact *x = &f->file[i];
		struct file d = { .region = x->region,
				  .adapter = adapter,
				  .file = x->handle,
				  .mapped = x->mapped,
				  .total = x->count,
				  .hooked = x->hooked,
				  .double_buffer = x->shadow_virt,
				  .double_buffer_phys = x->shadow_phys,
				  .double_buffer_bytes = x->shadow_virt == DMV_NO_ADDR
								 ? UINT64_MAX
								 : x->shadow_bytes,
				  .list = dmv_object_addr(f, DMV_K_LIST, x->list),
				  .owner = dmv_site_owner(f, x->owner),
				  .age = dmv_age(f, x->region, x->time),
				  .state = dmv_life_word(x->life) };

		if (x->life == DMV_GONE)
			continue;
		any = true;
		if (!dmv_out_row(s->out, &file_table, &d) ||
		    !say_registers(s, i, adapter, &g->regs))
			return false;
	}
	if (!any)
		dmv_out_line(s->out, "\n  Map register files: none");
	return true;
}
