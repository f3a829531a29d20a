/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The world of the commands' tests, and how a line is run in it. */
#include "store.h"
#include "world.h"

/* ---- facts ---- */

static const uint64_t frames[] = { 0x9fe24351, 0x80500000 };
static const uint64_t sg_frames[] = { 0x9fe24400 };

static const struct dmv_stack stacks[] = {
	{ .frame = frames, .depth = 2, .text = "NDIS!NdisMAllocateMapRegisters+0x51",
	  .owner = "NDIS!NdisMAllocateMapRegisters" },
	{ .frame = sg_frames, .depth = 1, .text = "NDIS!NdisMAllocateSharedMemory+0x8",
	  .owner = "NDIS!NdisMAllocateSharedMemory" },
};
static const struct dmv_file_fact file = {
	.life = DMV_LIVE, .adapter = 0, .list = DMV_NO_INDEX, .count = 2, .hooked = 2,
	.shadow_phys = DMV_NO_ADDR, .shadow_bytes = 0x5000, .data_offset = 0x1000,
	.data_stride = 0x2000, .owner = DMV_NO_INDEX, .releaser = DMV_NO_INDEX,
};

void world_make(struct world *w, struct dmv_facts *f)
{
	static const uint64_t lengths[] = { 0x1000, 0x12010, 0x4300, 0x4800 };
	static const uint64_t vas[] = { 0x82e77000, 0x82e817f8, 0x82e95680, 0x82e9d400 };
	static const uint64_t physs[] = { 0x2a77000, 0x2a817f8, 0x2a95680, 0x2a9d400 };

	*w = (struct world){ 0 };
	memcpy(w->stack, stacks, sizeof(stacks));
	w->region[0] = (struct dmv_region_fact){ .id = 0x11, .virt = 0x80000000,
		.phys = DMV_NO_ADDR, .how = DMV_BY_SYMBOL, .authentic = true, .major = 1,
		.page_bytes = 4096, .address_bits = 32, .machine = 3, .writer = "ndis",
		.version = "5.1", .release = "", .tick_hz = 1000000, .start_ticks = 1,
		.last_ticks = 5000000, .ncpu = 1, .mode = 2, .bytes = 0x10000, .segments = 1,
		.extents = 10, .guard_fill = 0xF, .tag = "DmaVrfy0",
		.bug_violation = DMV_NO_INDEX };
	w->region[1] = w->region[0];
	w->region[1].id = 0x22;
	w->driver[0] = (struct dmv_driver){ .life = DMV_LIVE, .name = "ndis", .options = 3 };
	w->adapter[0] = (struct dmv_adapter_fact){ .life = DMV_LIVE, .handle = 0x82f06cd0,
		.record = 0x80001000, .device = 0x82f98690, .driver = 0, .driver_name = "ndis",
		.name = "", .owner = 0, .releaser = DMV_NO_INDEX, .time = 1000000, .refs = 1,
		.max_registers = 2, .registers_allocated = 0x840, .buffers_allocated = 4,
		.channels_allocated = 0x420, .channels_freed = 0x420, .bytes_mapped = 0xF2,
		.registers_mapped = 2, .wait_block = 0x82f2b604, .bus_master = true,
		.max_address = 0xFFFFFFFF };
	w->adapter[1] = w->adapter[0];
	w->adapter[1].handle = 0x80076800;
	w->adapter[1].record = 0x80001100;
	w->adapter[1].driver = DMV_NO_INDEX;
	w->adapter[1].driver_name = "";
	w->adapter[1].device = DMV_NO_ADDR;
	w->adapter[1].master = true;
	w->adapter[2] = w->adapter[0];
	w->adapter[2].handle = 0x82f88930;
	w->adapter[2].record = 0x80001200;
	w->adapter[2].device = 0x82f98700;
	w->adapter[2].name = "e1000";
	for (int i = 0; i < 3; i++)
		w->file[i] = file;
	w->file[0].handle = 0x82f06c58;
	w->file[0].shadow_virt = 0x82f05000;
	w->file[1].handle = 0x82f06228;
	w->file[1].shadow_virt = 0x82e05000;
	w->file[1].mapped = 1;
	w->file[2].handle = 0x82fa5ad8;
	w->file[2].shadow_virt = 0x82d05000;
	w->file[2].mapped = 1;
	w->reg[0] = (struct dmv_register_fact){ .life = DMV_LIVE, .file = 1, .bytes = 0xBC,
		.owner = 0, .hooked = true, .first = true, .va = 0xf83c003c, .phys = 0x103c,
		.bus = 0x2e0603c, .original_virt = 0xf83c003c, .shadow_virt = 0x82e0603c,
		.mdl = 0x82f1b678, .time = 4000000, .to_device = true };
	w->reg[1] = w->reg[0];
	w->reg[1].file = 2;
	w->reg[1].bytes = 0x36;
	w->reg[1].va = 0x82d17102;
	w->reg[1].phys = 0x2102;
	w->reg[1].shadow_virt = 0x82d06102;
	for (int i = 0; i < 4; i++)
		w->buffer[i] = (struct dmv_buffer_fact){ .life = DMV_LIVE, .adapter = 0,
			.vector = DMV_NO_INDEX, .va = vas[i], .phys = physs[i], .bus = physs[i],
			.bytes = lengths[i], .block_virt = vas[i] & ~(uint64_t)0xFFF,
			.block_bytes = 0x20000, .owner = 1, .releaser = DMV_NO_INDEX,
			.time = 2000000 };
	*f = (struct dmv_facts){ .provider = "region", .verified = true };
#define HAVE(name, many) (f->name = w->name, f->n##name = (many))
	HAVE(region, 1);
	HAVE(driver, 1);
	HAVE(adapter, 2);
	HAVE(file, 3);
	HAVE(reg, 2);
	HAVE(buffer, 4);
	HAVE(stack, 2);
#undef HAVE
	f->list = w->list;
	f->violation = w->violation;
	f->event = w->event;
	f->guard = w->guard;
	f->stale = w->stale;
	f->cpu = w->cpu;
	f->note = w->note;
}

bool world_answers(const struct dmv_cmd *c)
{
	return c != &dmv_cmd_target && c != &dmv_cmd_save;
}

/* ---- running a line ---- */

struct answer ask_in(struct dmv_ses *s, enum dmv_format format, const char *line)
{
	struct store text = { 0 };
	struct answer a;

	s->out = dmv_out_new(format, store_keep, &text);
	a.code = dmv_run(s, line);
	a.err = s->err;
	a.text = text.p ? text.p : calloc(1, 1);
	dmv_out_free(s->out);
	s->out = NULL;
	return a;
}

struct answer ask(enum dmv_format format, const struct dmv_facts *f, const char *line)
{
	struct dmv_ses s = { .target = "core", .loaded = f != NULL,
			     .load_err = { .addr = DMV_NO_ADDR } };

	if (f) {
		s.facts = *f;
		s.load_notes = f->nnote;
	}
	return ask_in(&s, format, line);
}
