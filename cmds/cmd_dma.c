/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma: the adapters, and one adapter in detail, in the manner of WinDbg's !dma.
 * On 64-bit targets addresses have 16 digits; labels and order are those of the published screens.
 */
#include "cmd.h"

#include <stdio.h>

#include "group.h"
#include "words.h"

enum {
	GENERIC = 1, REGISTERS = 2, BUFFERS = 4, LISTS = 8, DESCRIPTION = 0x10, WAIT_BLOCK = 0x20,
	EVERYTHING = 0x3F,
};

/* ---- the list ---- */

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
		.device = a->device, .owner = dmv_site_owner(f, a->owner), .name = a->name,
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

static void region_head(struct dmv_ses *s, size_t r)
{
	const struct dmv_region_fact *x = &s->facts.region[r];
	char process[40] = "";

	if (s->facts.nregion < 2)
		return;
	if (x->pid)
		snprintf(process, sizeof(process), ", process %llu", (unsigned long long)x->pid);
	dmv_out_line(s->out, "%sRegion %zu, id %llx: %s%s", r ? "\n" : "", r,
		     (unsigned long long)x->id, x->writer ? x->writer : "", process);
}

static enum dmv_code list_region(struct dmv_ses *s, size_t r, bool all, size_t *hidden)
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
			if (!dmv_out_row(s->out, master ? &master_table : &list_table, &l))
				return DMV_E_STOPPED;
		}
	}
	return DMV_E_OK;
}

static enum dmv_code list(struct dmv_ses *s, bool all)
{
	size_t hidden = 0;

	dmv_out_table(s->out, &list_table);
	dmv_out_table(s->out, &master_table);
	dmv_out_line(s->out, "Dumping all DMA adapters...\n");
	for (size_t r = 0; r < s->facts.nregion; r++) {
		region_head(s, r);
		if (list_region(s, r, all, &hidden))
			return DMV_E_STOPPED;
	}
	if (!s->facts.nadapter)
		dmv_out_line(s->out, "No driver has asked for an adapter.");
	if (hidden)
		dmv_out_line(s->out, "%zu released: dma -a", hidden);
	return DMV_E_OK;
}

/* ---- one adapter: generic and verifier's block ---- */

struct detail {
	uint32_t region;
	uint64_t adapter, caller, master_adapter, adapter_base, register_base, wait_block;
	uint64_t registers_mapped, registers_live, max_registers, device;
	uint64_t registers_allocated, registers_freed, lists_allocated, lists_freed;
	uint64_t buffers_allocated, buffers_freed, channels_allocated, channels_freed, bytes_mapped;
	uint64_t max_address, released_age, record;
	uint32_t refs, version, alignment;
	uint32_t registers_high, lists_high, buffers_high, channels_high;
	const char *owner, *name, *driver, *state, *releaser;
	bool released, unverified;
};

static const struct dmv_col detail_cols[] = {
	DMV_COL(struct detail, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct detail, adapter, "", DMV_S_ADDR, "the DMA_ADAPTER the driver holds"),
	DMV_COL(struct detail, owner, "", DMV_S_STR, "module!function that asked for it"),
	DMV_COL(struct detail, caller, "", DMV_S_ADDR, "the same as return address"),
	DMV_COL(struct detail, name, "", DMV_S_STR, "name of the device"),
	DMV_COL(struct detail, driver, "", DMV_S_STR, "name of the driver"),
	DMV_COL(struct detail, state, "", DMV_S_STR, "live, gone, in transition"),
	DMV_COL(struct detail, record, "", DMV_S_ADDR, "its row in the region"),
	DMV_COL(struct detail, master_adapter, "", DMV_S_ADDR,
		"owner of the pool of map registers"),
	DMV_COL(struct detail, adapter_base, "", DMV_S_ADDR, "port of a system DMA controller"),
	DMV_COL(struct detail, register_base, "", DMV_S_ADDR, "map register base granted last"),
	DMV_COL(struct detail, wait_block, "", DMV_S_ADDR, "wait context block"),
	DMV_COL(struct detail, registers_mapped, "", DMV_S_X8, "map registers mapped now"),
	DMV_COL(struct detail, registers_live, "", DMV_S_X8, "map registers allocated now"),
	DMV_COL(struct detail, max_registers, "", DMV_S_X8, "most for one request"),
	DMV_COL(struct detail, device, "", DMV_S_ADDR, "device object"),
	DMV_COL(struct detail, registers_allocated, "", DMV_S_X8, "map registers allocated so far"),
	DMV_COL(struct detail, registers_freed, "", DMV_S_X8, "and freed"),
	DMV_COL(struct detail, lists_allocated, "", DMV_S_X8,
		"scatter/gather lists allocated so far"),
	DMV_COL(struct detail, lists_freed, "", DMV_S_X8, "and freed"),
	DMV_COL(struct detail, buffers_allocated, "", DMV_S_X8, "common buffers allocated so far"),
	DMV_COL(struct detail, buffers_freed, "", DMV_S_X8, "and freed"),
	DMV_COL(struct detail, channels_allocated, "", DMV_S_X8,
		"adapter channels allocated so far"),
	DMV_COL(struct detail, channels_freed, "", DMV_S_X8, "and freed"),
	DMV_COL(struct detail, bytes_mapped, "", DMV_S_X8, "bytes mapped now"),
	DMV_COL(struct detail, registers_high, "", DMV_S_U32, "most map registers at one time"),
	DMV_COL(struct detail, lists_high, "", DMV_S_U32, "most lists at one time"),
	DMV_COL(struct detail, buffers_high, "", DMV_S_U32, "most common buffers at one time"),
	DMV_COL(struct detail, channels_high, "", DMV_S_U32, "most channels at one time"),
	DMV_COL(struct detail, max_address, "", DMV_S_ADDR, "highest address the device reaches"),
	DMV_COL(struct detail, alignment, "", DMV_S_U32, "bytes"),
	DMV_COL(struct detail, refs, "", DMV_S_U32, "references"),
	DMV_COL(struct detail, version, "", DMV_S_U32, "of the operations table"),
	DMV_COL(struct detail, released, "", DMV_S_BOOL, "put by the driver"),
	DMV_COL(struct detail, releaser, "", DMV_S_STR, "who put it"),
	DMV_COL(struct detail, released_age, "", DMV_S_AGE, "nanoseconds since"),
	DMV_COL(struct detail, unverified, "", DMV_S_BOOL,
		"made while its driver was not verified"),
	{ 0 }
};

static const struct dmv_table detail_table = {
	"adapter", detail_cols,
	"Adapter: {adapter}     Owner: {owner|unknown} (0x{caller|0})\n"
	" MasterAdapter:       {master_adapter}\n"
	"   Adapter base Va      {adapter_base|unknown}\n"
	"   Map register base:   {register_base}\n"
	" WCB:                 {wait_block}\n"
	"   Map registers: {registers_mapped} mapped, {registers_live} allocated, {max_registers} max\n"
	"\n"
	"?unverified|   Not verified: made while its driver was not.\n"
	"!unverified|   Dma verifier additional information:\n"
	"!unverified|   DeviceObject: {device}\n"
	"!unverified|   Map registers:        {registers_allocated} allocated, {registers_freed} freed\n"
	"!unverified|   Scatter-gather lists: {lists_allocated} allocated, {lists_freed} freed\n"
	"!unverified|   Common buffers:       {buffers_allocated} allocated, {buffers_freed} freed\n"
	"!unverified|   Adapter channels:     {channels_allocated} allocated, {channels_freed} freed\n"
	"!unverified|   Bytes mapped since last flush: {bytes_mapped}\n"
	"?name|   Device: {name}\n"
	"?driver|   Driver: {driver}\n"
	"?released|   Released by {releaser|unknown}, {released_age|?} before the end\n"
};
static const struct dmv_table head_table = {
	"adapter", detail_cols, "Adapter: {adapter}     Owner: {owner|unknown}\n"
};

static uint64_t master_of(const struct dmv_facts *f, uint32_t region)
{
	for (size_t i = 0; i < f->nadapter; i++)
		if (f->adapter[i].master && f->adapter[i].region == region)
			return f->adapter[i].handle;
	return 0;
}

static uint64_t outstanding(uint64_t allocated, uint64_t freed)
{
	return allocated > freed ? allocated - freed : 0;
}

static bool say_detail(struct dmv_ses *s, uint32_t i, bool generic)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_adapter_fact *a = &f->adapter[i];
	struct detail d = {
		.region = a->region,
		.adapter = a->handle,
		.caller = dmv_site_addr(f, a->owner),
		.master_adapter = master_of(f, a->region),
		.register_base = a->register_base,
		.wait_block = a->wait_block,
		.registers_mapped = a->registers_mapped,
		.registers_live = outstanding(a->registers_allocated, a->registers_freed),
		.max_registers = a->max_registers,
		.device = a->device,
		.registers_allocated = a->registers_allocated,
		.registers_freed = a->registers_freed,
		.lists_allocated = a->lists_allocated,
		.lists_freed = a->lists_freed,
		.buffers_allocated = a->buffers_allocated,
		.buffers_freed = a->buffers_freed,
		.channels_allocated = a->channels_allocated,
		.channels_freed = a->channels_freed,
		.bytes_mapped = a->bytes_mapped,
		.max_address = a->max_address,
		.released_age = a->released ? dmv_age(f, a->region, a->released_time) : UINT64_MAX,
		.record = a->record,
		.refs = a->refs,
		.version = a->version,
		.alignment = a->alignment,
		.registers_high = a->registers_high,
		.lists_high = a->lists_high,
		.buffers_high = a->buffers_high,
		.channels_high = a->channels_high,
		.owner = dmv_site_owner(f, a->owner),
		.name = a->name,
		.driver = a->driver_name,
		.state = dmv_life_word(a->life),
		.releaser = a->released ? dmv_site_text(f, a->releaser) : NULL,
		.released = a->released,
		.unverified = a->unverified,
		/* only a device behind a system DMA controller has a port there */
		.adapter_base = a->bus_master || a->description.master ? 0 : DMV_NO_ADDR,
	};

	return dmv_out_row(s->out, generic ? &detail_table : &head_table, &d);
}

/* ---- map registers ---- */

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

struct sorted {                 /* what belongs to whom, made once a command */
	struct dmv_group files, regs, buffers, lists, channels;
};

static void sorted_free(struct sorted *g)
{
	dmv_group_free(&g->files);
	dmv_group_free(&g->regs);
	dmv_group_free(&g->buffers);
	dmv_group_free(&g->lists);
	dmv_group_free(&g->channels);
}

static bool sorted_make(const struct dmv_facts *f, struct sorted *g)
{
#define GROUP(to, rows, type, field, owners)                                                       \
	dmv_group_make(&g->to, f->rows, f->n##rows, sizeof(struct type),                           \
		       offsetof(struct type, field), owners)
	*g = (struct sorted){ 0 };
	if (GROUP(files, file, dmv_file_fact, adapter, f->nadapter) &&
	    GROUP(regs, reg, dmv_register_fact, file, f->nfile) &&
	    GROUP(buffers, buffer, dmv_buffer_fact, adapter, f->nadapter) &&
	    GROUP(lists, list, dmv_list_fact, adapter, f->nadapter) &&
	    GROUP(channels, channel, dmv_channel_fact, adapter, f->nadapter))
		return true;
#undef GROUP
	sorted_free(g);
	return false;
}

static bool say_files(struct dmv_ses *s, uint32_t a, const struct sorted *g)
{
	const struct dmv_facts *f = &s->facts;
	uint64_t adapter = f->adapter[a].handle;

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
		if (!dmv_out_row(s->out, &file_table, &d) ||
		    !say_registers(s, i, adapter, &g->regs))
			return false;
	}
	return true;
}

/* ---- common buffers ---- */

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

static bool say_buffers(struct dmv_ses *s, uint32_t a, const struct dmv_group *g)
{
	const struct dmv_facts *f = &s->facts;

	dmv_out_table(s->out, &buffer_table);
	for (uint32_t k = g->start[a]; k < g->start[a + 1]; k++) {
		const struct dmv_buffer_fact *b = &f->buffer[g->item[k]];
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

/* ---- scatter/gather lists ---- */

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

static bool say_lists(struct dmv_ses *s, uint32_t a, const struct sorted *g)
{
	const struct dmv_facts *f = &s->facts;

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
		if (!dmv_out_row(s->out, &sg_table, &d) || !say_elements(s, l, &g->regs))
			return false;
	}
	return true;
}

/* ---- device description ---- */

struct description {
	uint32_t region;
	uint64_t adapter;
	uint32_t version, bus_number, channel, width, speed, port, address_width, controller,
		request_line;
	uint64_t maximum_length, device_address;
	bool master, scatter_gather, demand_mode, auto_initialize, dma32, dma64, ignore_count;
	const char *interface;
	uint64_t version3;
};

static const struct dmv_col description_cols[] = {
	DMV_COL(struct description, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct description, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct description, version, "", DMV_S_CODE, "Version"),
	DMV_COL(struct description, master, "", DMV_S_BOOL, "Master"),
	DMV_COL(struct description, scatter_gather, "", DMV_S_BOOL, "ScatterGather"),
	DMV_COL(struct description, demand_mode, "", DMV_S_BOOL, "DemandMode"),
	DMV_COL(struct description, auto_initialize, "", DMV_S_BOOL, "AutoInitialize"),
	DMV_COL(struct description, dma32, "", DMV_S_BOOL, "Dma32BitAddresses"),
	DMV_COL(struct description, dma64, "", DMV_S_BOOL, "Dma64BitAddresses"),
	DMV_COL(struct description, ignore_count, "", DMV_S_BOOL, "IgnoreCount"),
	DMV_COL(struct description, bus_number, "", DMV_S_CODE, "BusNumber"),
	DMV_COL(struct description, channel, "", DMV_S_CODE, "DmaChannel"),
	DMV_COL(struct description, interface, "", DMV_S_STR, "InterfaceType"),
	DMV_COL(struct description, width, "", DMV_S_CODE, "DmaWidth"),
	DMV_COL(struct description, speed, "", DMV_S_CODE, "DmaSpeed"),
	DMV_COL(struct description, maximum_length, "", DMV_S_HEX, "MaximumLength"),
	DMV_COL(struct description, port, "", DMV_S_CODE, "DmaPort"),
	DMV_COL(struct description, address_width, "", DMV_S_CODE, "DmaAddressWidth"),
	DMV_COL(struct description, controller, "", DMV_S_CODE, "DmaControllerInstance"),
	DMV_COL(struct description, request_line, "", DMV_S_CODE, "DmaRequestLine"),
	DMV_COL(struct description, device_address, "", DMV_S_ADDR, "DeviceAddress"),
	DMV_COL(struct description, version3, NULL, DMV_S_MARK, ""),
	{ 0 }
};

static const struct dmv_table description_table = {
	"device_description", description_cols,
	"\n"
	"   Device description:\n"
	"      Version:           {version}\n"
	"      Master:            {master}\n"
	"      ScatterGather:     {scatter_gather}\n"
	"      DemandMode:        {demand_mode}\n"
	"      AutoInitialize:    {auto_initialize}\n"
	"      Dma32BitAddresses: {dma32}\n"
	"      Dma64BitAddresses: {dma64}\n"
	"      IgnoreCount:       {ignore_count}\n"
	"      BusNumber:         {bus_number}\n"
	"      DmaChannel:        {channel}\n"
	"      InterfaceType:     {interface}\n"
	"      DmaWidth:          {width}\n"
	"      DmaSpeed:          {speed}\n"
	"      MaximumLength:     {maximum_length}\n"
	"      DmaPort:           {port}\n"
	"?version3|      DmaAddressWidth:   {address_width}\n"
	"?version3|      DmaController:     {controller}\n"
	"?version3|      DmaRequestLine:    {request_line}\n"
	"?version3|      DeviceAddress:     {device_address}\n"
};

static bool say_description(struct dmv_ses *s, uint32_t a)
{
	const struct dmv_adapter_fact *x = &s->facts.adapter[a];
	const struct dmv_description *p = &x->description;
	struct description d = { .region = x->region,
				 .adapter = x->handle,
				 .version = p->version,
				 .bus_number = p->bus_number,
				 .channel = p->channel,
				 .width = p->width,
				 .speed = p->speed,
				 .port = p->port,
				 .address_width = p->address_width,
				 .controller = p->controller,
				 .request_line = p->request_line,
				 .maximum_length = p->maximum_length,
				 .device_address = p->device_address,
				 .master = p->master,
				 .scatter_gather = p->scatter_gather,
				 .demand_mode = p->demand_mode,
				 .auto_initialize = p->auto_initialize,
				 .dma32 = p->dma32,
				 .dma64 = p->dma64,
				 .ignore_count = p->ignore_count,
				 .interface = dmv_interface_word(p->interface_type),
				 .version3 = p->version >= 3 ? 3 : UINT64_MAX };

	dmv_out_table(s->out, &description_table);
	if (p->present)
		return dmv_out_row(s->out, &description_table, &d);
	dmv_out_line(s->out, "\n   Device description: not kept");
	return true;
}

/* ---- wait context blocks ---- */

struct wait {
	uint32_t region;
	uint64_t adapter, wait_block, device, routine, context, irp, file, age;
	uint32_t registers;
	const char *owner, *status;
};

static const struct dmv_col wait_cols[] = {
	DMV_COL(struct wait, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct wait, adapter, "", DMV_S_ADDR, "its adapter"),
	DMV_COL(struct wait, wait_block, "", DMV_S_ADDR, "its row in the region"),
	DMV_COL(struct wait, status, "", DMV_S_STR, "waiting, running, held"),
	DMV_COL(struct wait, routine, "", DMV_S_ADDR, "DeviceRoutine"),
	DMV_COL(struct wait, context, "", DMV_S_ADDR, "DeviceContext"),
	DMV_COL(struct wait, registers, "", DMV_S_CODE, "NumberOfMapRegisters"),
	DMV_COL(struct wait, device, "", DMV_S_ADDR, "DeviceObject"),
	DMV_COL(struct wait, irp, "", DMV_S_ADDR, "CurrentIrp"),
	DMV_COL(struct wait, file, "", DMV_S_ADDR, "map register base granted"),
	DMV_COL(struct wait, owner, "", DMV_S_STR, "who asked"),
	DMV_COL(struct wait, age, "", DMV_S_AGE, "nanoseconds"),
	{ 0 }
};

static const struct dmv_table wait_table = {
	"wait_context_blocks", wait_cols,
	"\n"
	"   Wait context block {wait_block} ({status}):\n"
	"      DeviceRoutine:        {routine}\n"
	"      DeviceContext:        {context}\n"
	"      NumberOfMapRegisters: {registers}\n"
	"      DeviceObject:         {device}\n"
	"      CurrentIrp:           {irp}\n"
	"      Map register base:    {file|none}\n"
	"?owner|      Allocated by {owner}, {age|?} ago\n"
};

static const char *channel_word(const struct dmv_channel_fact *c)
{
	static const char *const words[] = { "unknown", "waiting", "running", "held" };

	return c->status < 4 ? words[c->status] : words[0];
}

static bool say_waits(struct dmv_ses *s, uint32_t a, const struct dmv_group *g)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false;

	dmv_out_table(s->out, &wait_table);
	for (uint32_t k = g->start[a]; k < g->start[a + 1]; k++) {
		const struct dmv_channel_fact *c = &f->channel[g->item[k]];
		struct wait d = { .region = c->region, .adapter = f->adapter[a].handle,
			.wait_block = c->record, .device = c->device, .routine = c->routine,
			.context = c->context, .irp = c->irp, .registers = c->registers,
			.file = dmv_object_addr(f, DMV_K_FILE, c->file),
			.owner = dmv_site_owner(f, c->owner), .age = dmv_age(f, c->region, c->time),
			.status = channel_word(c) };

		if (c->life == DMV_GONE)
			continue;
		any = true;
		if (!dmv_out_row(s->out, &wait_table, &d))
			return false;
	}
	if (!any)
		dmv_out_line(s->out, "\n   Wait context block: none");
	return true;
}

/* ---- the command ---- */

static bool say_adapter(struct dmv_ses *s, uint32_t i, uint64_t flags, const struct sorted *g)
{
	return say_detail(s, i, flags & GENERIC) &&
	       (!(flags & REGISTERS) || say_files(s, i, g)) &&
	       (!(flags & BUFFERS) || say_buffers(s, i, &g->buffers)) &&
	       (!(flags & LISTS) || say_lists(s, i, g)) &&
	       (!(flags & DESCRIPTION) || say_description(s, i)) &&
	       (!(flags & WAIT_BLOCK) || say_waits(s, i, &g->channels));
}

static enum dmv_code say_all(struct dmv_ses *s, uint32_t only, uint64_t flags)
{
	struct sorted g;
	bool go = true, first = true;

	if (!sorted_make(&s->facts, &g))
		return dmv_fail(&s->err, DMV_E_MEMORY, "not enough memory for the answer");
	/* the master adapter last, as in the list */
	for (int master = 0; go && master < 2; master++) {
		for (uint32_t i = 0; go && i < s->facts.nadapter; i++) {
			const struct dmv_adapter_fact *a = &s->facts.adapter[i];

			if (a->master != master ||
			    (only != DMV_NO_INDEX ? i != only : a->life == DMV_GONE))
				continue;
			if (!first)
				dmv_out_line(s->out, "%s", "");
			first = false;
			go = say_adapter(s, i, flags, &g);
		}
	}
	sorted_free(&g);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}

static uint32_t topics_of(uint64_t flags)
{
	return (flags & REGISTERS ? DMV_TOPIC(DMV_K_FILE) | DMV_TOPIC(DMV_K_REGISTER) : 0) |
	       (flags & BUFFERS ? DMV_TOPIC(DMV_K_BUFFER) | DMV_TOPIC(DMV_K_VECTOR) : 0) |
	       (flags & LISTS ? DMV_TOPIC(DMV_K_LIST) | DMV_TOPIC(DMV_K_REGISTER) : 0) |
	       (flags & WAIT_BLOCK ? DMV_TOPIC(DMV_K_CHANNEL) : 0);
}

static void short_help(struct dmv_ses *s)
{
	dmv_out_line(
		s->out,
		"dma                          lists the adapters\n"
		"dma ADAPTER|NAME|0 [FLAGS]   shows one, or all (0)\n"
		"  FLAGS: 1 generic (default), 2 map registers, 4 common buffers,\n"
		"         8 scatter/gather lists, 10 device description, 20 wait context block");
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	uint64_t zero = 1, flags = av->v[1].set ? av->v[1].num : GENERIC;
	uint32_t only = DMV_NO_INDEX;
	enum dmv_code code;

	if (!av->v[0].set)
		return list(s, av->v[2].set);
	if (flags & ~(uint64_t)EVERYTHING) {
		short_help(s);
		return dmv_fail(&s->err, DMV_E_USAGE,
				"flags are 1, 2, 4, 8, 10, 20 or a sum of them");
	}
	if (!(dmv_number(av->v[0].word, &zero) && !zero)) {
		code = dmv_find_adapter(s, &av->v[0], &only);
		if (code) {
			short_help(s);
			return code;
		}
	}
	s->topics |= topics_of(flags ? flags : (uint64_t)EVERYTHING);
	return say_all(s, only, flags ? flags : (uint64_t)EVERYTHING);
}

static const struct dmv_arg args[] = {
	{ "ADAPTER", DMV_ARG_ADAPTER, false,
	  "address or name of an adapter, device or driver; 0: all" },
	{ "FLAGS", DMV_ARG_NUMBER, false, "what to show, a sum; default 1, 0: everything" },
	{ "-a", DMV_ARG_FLAG, false, "list released adapters too" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_dma = {
	.name = "dma",
	.summary = "adapters, and one adapter in detail",
	.help = "Without an argument: every adapter with the function that asked for it, then\n"
		"the master adapter. With an adapter: its counters and, by FLAGS,\n"
		"   1  generic information and what the verifier counted\n"
		"   2  map register files and their registers\n"
		"   4  common buffers\n"
		"   8  scatter/gather lists\n"
		"  10  device description\n"
		"  20  wait context block\n"
		"Numbers are hexadecimal. A word that is a number and a name is refused; 0x...\n"
		"and name:... decide.",
	.examples = "dma  lists the adapters\n"
		    "dma 7f3a1c002010 7  one adapter, its map registers and common buffers\n"
		    "dma edu 0  all about the adapter of device or driver edu\n"
		    "dma 0 2  map registers of all adapters",
	.args = args,
	.needs_facts = true,
	.topics = DMV_TOPICS_NAMES,
	.run = run,
};
