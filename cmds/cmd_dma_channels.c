/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* dma ADAPTER 20: wait context blocks, one an adapter channel. */
#include "cmd_dma.h"

#include "words.h"

struct wait {
	uint32_t region;
	uint64_t adapter, wait_block, device, routine, context, irp, file, age;
	uint64_t transfer_length, transfer_left, transfer_age, completion, completion_context;
	uint32_t registers;
	const char *owner, *status, *transfer, *direction;
	bool auto_initialize, demand;
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
	DMV_COL(struct wait, transfer, "", DMV_S_STR,
		"of a system DMA controller: running, complete, cancelled, failed, stopped"),
	DMV_COL(struct wait, direction, "", DMV_S_STR, "to device, from device"),
	DMV_COL(struct wait, transfer_length, "", DMV_S_HEX, "its bytes"),
	DMV_COL(struct wait, transfer_left, "", DMV_S_HEX,
		"of them, when the controller was last asked"),
	DMV_COL(struct wait, transfer_age, "", DMV_S_AGE, "nanoseconds since it began"),
	DMV_COL(struct wait, auto_initialize, "", DMV_S_BOOL, "it begins again at its end"),
	DMV_COL(struct wait, demand, "", DMV_S_BOOL, "demand mode"),
	DMV_COL(struct wait, completion, "", DMV_S_ADDR, "DmaCompletionRoutine"),
	DMV_COL(struct wait, completion_context, "", DMV_S_ADDR, "CompletionContext"),
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
	"?transfer|      System DMA:           {transfer}, {transfer_length} bytes {direction}, "
	"{transfer_left|?} left, began {transfer_age|?} ago\n"
	"?auto_initialize|      AutoInitialize:       it begins again at its end\n"
	"?demand|      DemandMode:           in demand mode\n"
	"?completion|      DmaCompletionRoutine: {completion}\n"
	"?completion|      CompletionContext:    {completion_context}\n"
};

static const char *channel_word(const struct dmv_channel_fact *c)
{
	static const char *const words[] = { "unknown", "waiting", "running", "held" };

	return c->status < 4 ? words[c->status] : words[0];
}

static void transfer(const struct dmv_facts *f, const struct dmv_channel_fact *c, struct wait *d)
{
	const bool any = c->transfer != DMV_T_NONE;

	d->transfer = any ? dmv_transfer_word(c->transfer) : NULL;
	d->direction = !any ? NULL :
		       c->transfer_flags & DMV_T_TO_DEVICE ? "to device" : "from device";
	d->transfer_length = any ? c->transfer_bytes : UINT64_MAX;
	d->transfer_left = any ? c->transfer_left : UINT64_MAX;
	d->transfer_age = any ? dmv_age(f, c->region, c->transfer_time) : UINT64_MAX;
	d->auto_initialize = any && (c->transfer_flags & DMV_T_AUTO_INITIALIZE);
	d->demand = any && (c->transfer_flags & DMV_T_DEMAND);
	d->completion = any && c->completion ? c->completion : DMV_NO_ADDR;
	d->completion_context = any && c->completion ? c->completion_context : DMV_NO_ADDR;
}

bool dmv_dma_channels(struct dmv_ses *s, uint32_t a, const struct dmv_dma_sorted *g)
{
	const struct dmv_facts *f = &s->facts;
	bool any = false;

	dmv_out_table(s->out, &wait_table);
	for (uint32_t k = g->channels.start[a]; k < g->channels.start[a + 1]; k++) {
		const struct dmv_channel_fact *c = &f->channel[g->channels.item[k]];
		struct wait d = { .region = c->region, .adapter = f->adapter[a].handle,
			.wait_block = c->record, .device = c->device, .routine = c->routine,
			.context = c->context, .irp = c->irp, .registers = c->registers,
			.file = dmv_object_addr(f, DMV_K_FILE, c->file),
			.owner = dmv_site_owner(f, c->owner), .age = dmv_age(f, c->region, c->time),
			.status = channel_word(c) };

		if (c->life == DMV_GONE)
			continue;
		transfer(f, c, &d);
		any = true;
		if (!dmv_out_row(s->out, &wait_table, &d))
			return false;
	}
	if (!any)
		dmv_out_line(s->out, "\n   Wait context block: none");
	return true;
}
