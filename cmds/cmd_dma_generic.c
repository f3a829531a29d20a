/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 1: one adapter and what the verifier counted, as on the published screen. */
#include "cmd_dma.h"

#include "words.h"

struct detail {
	uint32_t region;
	uint64_t adapter, caller, master_adapter, adapter_base, register_base, wait_block;
	uint64_t registers_mapped, registers_live, max_registers, device;
	uint64_t registers_allocated, registers_freed, lists_allocated, lists_freed;
	uint64_t buffers_allocated, buffers_freed, channels_allocated, channels_freed, bytes_mapped;
	uint64_t max_address, released_age, record;
	uint32_t refs, version, alignment, controller, line;
	uint32_t registers_high, lists_high, buffers_high, channels_high;
	const char *owner, *name, *driver, *state, *releaser;
	uint32_t injected_registers, injected_buffers, injected_lists;
	uint64_t never, has_injected;
	bool released, unverified, let_go;
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
	DMV_COL(struct detail, controller, "", DMV_S_U32, "number of that controller"),
	DMV_COL(struct detail, line, "", DMV_S_U32, "its line that the device is at"),
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
		"made while its driver was not verified, or let go"),
	DMV_COL(struct detail, let_go, "", DMV_S_BOOL,
		"its driver's verification was switched off while it lived"),
	DMV_COL(struct detail, injected_registers, "", DMV_S_U32,
		"requests for channels that the verifier made fail"),
	DMV_COL(struct detail, injected_buffers, "", DMV_S_U32, "the same of common buffers"),
	DMV_COL(struct detail, injected_lists, "", DMV_S_U32, "the same of scatter/gather lists"),
	DMV_COL(struct detail, has_injected, NULL, DMV_S_MARK, ""),
	DMV_COL(struct detail, never, NULL, DMV_S_MARK, ""),
	{ 0 }
};

static const struct dmv_table detail_table = {
	"adapter", detail_cols,
	"Adapter: {adapter}     Owner: {owner|unknown} (0x{caller|0})\n"
	" MasterAdapter:       {master_adapter}\n"
	"   Adapter base Va      {adapter_base|unknown}\n"
	"   Map register base:   {register_base}\n"
	" WCB:                 {wait_block}\n"
	"   Map registers: {registers_mapped} mapped, {registers_live} allocated, "
	"{max_registers} max\n"
	"\n"
	"?let_go|   Let go: its driver's verification was switched off while it lived.\n"
	"?never|   Not verified: made while its driver was not.\n"
	"!unverified|   Dma verifier additional information:\n"
	"!unverified|   DeviceObject: {device}\n"
	"!unverified|   Map registers:        {registers_allocated} allocated, "
	"{registers_freed} freed\n"
	"!unverified|   Scatter-gather lists: {lists_allocated} allocated, {lists_freed} freed\n"
	"!unverified|   Common buffers:       {buffers_allocated} allocated, "
	"{buffers_freed} freed\n"
	"!unverified|   Adapter channels:     {channels_allocated} allocated, "
	"{channels_freed} freed\n"
	"!unverified|   Bytes mapped since last flush: {bytes_mapped}\n"
	"?has_injected|   Made to fail on purpose: {injected_registers} channels, "
	"{injected_buffers} common buffers, {injected_lists} scatter-gather lists\n"
	"?name|   Device: {name}\n"
	"?line|   System DMA: controller {controller}, line {line}\n"
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

static uint64_t mark(bool there)
{
	return there ? 1 : UINT64_MAX;
}

/* Only a device behind a system DMA controller has a port there. */
static uint64_t base_of(const struct dmv_adapter_fact *a)
{
	if (a->system_dma)
		return a->controller_base;
	return a->bus_master || a->description.master ? 0 : DMV_NO_ADDR;
}

static bool say(struct dmv_ses *s, uint32_t i, const struct dmv_table *t)
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
		.owner = dmv_adapter_owner(f, i),
		.name = a->name,
		.driver = a->driver_name,
		.state = dmv_life_word(a->life),
		.releaser = a->released ? dmv_site_text(f, a->releaser) : NULL,
		.released = a->released,
		.unverified = a->unverified,
		.let_go = a->let_go,
		.injected_registers = a->injected_registers,
		.injected_buffers = a->injected_buffers,
		.injected_lists = a->injected_lists,
		.has_injected = mark(a->injected_registers || a->injected_buffers ||
				     a->injected_lists),
		.never = mark(a->unverified && !a->let_go),
		.adapter_base = base_of(a),
		.controller = a->system_dma ? a->controller : UINT32_MAX,
		.line = a->system_dma ? a->line : UINT32_MAX,
	};

	return dmv_out_row(s->out, t, &d);
}

bool dmv_dma_head(struct dmv_ses *s, uint32_t adapter)
{
	return say(s, adapter, &head_table);
}

bool dmv_dma_generic(struct dmv_ses *s, uint32_t adapter, const struct dmv_dma_sorted *g)
{
	(void)g;
	if (dmv_device_of(&s->facts, adapter))
		return dmv_dma_device(s, adapter);
	return say(s, adapter, &detail_table);
}
