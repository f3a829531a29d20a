/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rows of drivers, adapters and what adapters have: registers, lists, buffers, channels. */
#include "facts_rows_int.h"

enum dmv_code dmv_fact_driver(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_life life = dmv_fact_life(r, p, at, DMV_ABI_K_DRIVER);
	struct dmv_driver *d;

	if (!life)
		return DMV_E_OK;
	d = DMV_FACT(driver);
	if (!d)
		return DMV_E_MEMORY;
	d->region = r->index;
	d->row = at->row;
	d->life = life;
	d->name = dmv_ref_string(r, PTR(driver, name));
	d->options = U32(driver, options);
	d->hook_quota = U32(driver, hook_quota);
	d->hooked = U32(driver, hooked);
	d->adapters = U32(driver, adapters);
	d->base = U64(driver, base);
	d->bytes = U64(driver, bytes);
	d->time = U64(driver, time);
	d->unload_time = U64(driver, unload_time);
	d->fault_kinds = U32(driver, fault_kinds);
	d->fault_every = U32(driver, fault_every);
	d->fault_after = U32(driver, fault_after);
	d->fault_times = U32(driver, fault_times);
	d->injected_registers = U32(driver, injected_registers);
	d->injected_buffers = U32(driver, injected_buffers);
	d->injected_lists = U32(driver, injected_lists);
	return DMV_E_OK;
}

/* ---- adapters ---- */

#define D32(field) DMV_U32(r, p, dmv_abi_description, field)
#define D8(field) p[offsetof(struct dmv_abi_description, field)]

static void description(struct dmv_reading *r, const uint8_t *p, struct dmv_description *d)
{
	d->present = true;
	d->version = D32(version);
	d->master = D8(master);
	d->scatter_gather = D8(scatter_gather);
	d->demand_mode = D8(demand_mode);
	d->auto_initialize = D8(auto_initialize);
	d->dma32 = D8(dma32);
	d->ignore_count = D8(ignore_count);
	d->reserved1 = D8(reserved1);
	d->dma64 = D8(dma64);
	d->bus_number = D32(bus_number);
	d->channel = D32(channel);
	d->interface_type = D32(interface_type);
	d->width = D32(width);
	d->speed = D32(speed);
	d->maximum_length = D32(maximum_length);
	d->port = D32(port);
	d->address_width = D32(address_width);
	d->controller = D32(controller);
	d->request_line = D32(request_line);
	d->device_address = DMV_U64(r, p, dmv_abi_description, device_address);
}

static void adapter_counters(struct dmv_reading *r, const uint8_t *p, struct dmv_adapter_fact *a)
{
	a->registers_allocated = U64(adapter, registers_allocated);
	a->registers_freed = U64(adapter, registers_freed);
	a->lists_allocated = U64(adapter, lists_allocated);
	a->lists_freed = U64(adapter, lists_freed);
	a->buffers_allocated = U64(adapter, buffers_allocated);
	a->buffers_freed = U64(adapter, buffers_freed);
	a->channels_allocated = U64(adapter, channels_allocated);
	a->channels_freed = U64(adapter, channels_freed);
	a->bytes_mapped = U64(adapter, bytes_mapped);
	a->registers_mapped = U32(adapter, registers_mapped);
	a->registers_high = U32(adapter, registers_high);
	a->lists_high = U32(adapter, lists_high);
	a->buffers_high = U32(adapter, buffers_high);
	a->channels_high = U32(adapter, channels_high);
	a->injected_registers = U32(adapter, injected_registers);
	a->injected_buffers = U32(adapter, injected_buffers);
	a->injected_lists = U32(adapter, injected_lists);
}

enum dmv_code dmv_fact_adapter(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_adapter_fact *a = DMV_OBJECT(DMV_ABI_K_ADAPTER, adapter, &code);
	const size_t end = offsetof(struct dmv_abi_adapter, description) +
			   sizeof(struct dmv_abi_description);
	uint32_t flags = U32(adapter, flags);

	if (!a)
		return code;
	a->released = flags & DMV_ABI_A_RELEASED;
	a->unverified = flags & DMV_ABI_A_UNVERIFIED;
	a->let_go = flags & DMV_ABI_A_LET_GO;
	a->master = flags & DMV_ABI_A_MASTER;
	a->scatter_gather = flags & DMV_ABI_A_SCATTER_GATHER;
	a->bus_master = flags & DMV_ABI_A_BUS_MASTER;
	a->handle = U64(adapter, handle);
	a->record = at->record;
	a->device = U64(adapter, device);
	a->driver = dmv_ref_index(r, DMV_ABI_K_DRIVER, PTR(adapter, driver));
	a->driver_name = a->driver == DMV_NO_INDEX ? "" : r->f->driver[a->driver].name;
	a->name = dmv_ref_string(r, PTR(adapter, name));
	a->owner = dmv_ref_site(r, U32(adapter, owner));
	a->releaser = dmv_ref_site(r, U32(adapter, releaser));
	a->time = U64(adapter, time);
	a->released_time = U64(adapter, released_time);
	a->refs = U32(adapter, refs);
	a->max_registers = U32(adapter, max_registers);
	a->version = U32(adapter, version);
	a->alignment = U32(adapter, alignment);
	a->max_address = U64(adapter, max_address);
	a->linux_device = DMV_NO_INDEX;
	a->register_base = U64(adapter, register_base);
	a->wait_block = U64(adapter, wait_block);
	a->system_dma = flags & DMV_ABI_A_SYSTEM_DMA;
	a->controller_base = U64(adapter, controller_base);
	a->controller = U32(adapter, controller);
	a->line = U32(adapter, line);
	adapter_counters(r, p, a);
	if (at->stride >= end && !a->master)
		description(r, PTR(adapter, description), &a->description);
	return DMV_E_OK;
}

/* By whom and when it was made and ended. */
#define SPAN(x, type) ((x)->owner = dmv_ref_site(r, U32(type, owner)), \
		       (x)->releaser = dmv_ref_site(r, U32(type, releaser)), \
		       (x)->time = U64(type, time), (x)->freed_time = U64(type, freed_time))

/* ---- files, registers, lists ---- */

enum dmv_code dmv_fact_file(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_file_fact *f = DMV_OBJECT(DMV_ABI_K_FILE, file, &code);
	struct dmv_pending *w = r->pending;
	struct dmv_row_ref *list;

	if (!f)
		return code;
	list = DMV_PUSH(w->file_list, w->nfile_list);
	if (!list)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for facts");
	*list = dmv_ref_read(r, PTR(file, list));
	f->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(file, adapter));
	f->list = DMV_NO_INDEX;
	f->handle = U64(file, handle);
	f->record = at->record;
	f->first = U32(file, first);
	f->count = U32(file, count);
	f->hooked = U32(file, hooked);
	f->mapped = U32(file, mapped);
	f->flags = U32(file, flags);
	f->bytes_mapped = U64(file, bytes_mapped);
	f->shadow_virt = U64(file, shadow_virt);
	f->shadow_phys = U64(file, shadow_phys);
	f->shadow_bytes = U64(file, shadow_bytes);
	f->data_offset = U64(file, data_offset);
	f->data_stride = U64(file, data_stride);
	SPAN(f, file);
	return DMV_E_OK;
}

enum dmv_code dmv_fact_register(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_register_fact *g = DMV_OBJECT(DMV_ABI_K_REGISTER, reg, &code);
	uint32_t flags = U32(register, flags);
	bool gone;

	if (!g)
		return code;
	g->file = dmv_ref_follow(r, DMV_ABI_K_FILE, dmv_ref_read(r, PTR(register, file)), &gone);
	/* A register is mapped only as long as its file lives. */
	if (g->life == DMV_LIVE && gone)
		g->life = DMV_GONE;
	g->index = U32(register, index);
	g->bytes = U32(register, bytes);
	g->owner = dmv_ref_site(r, U32(register, owner));
	g->to_device = flags & DMV_ABI_R_TO_DEVICE;
	g->hooked = flags & DMV_ABI_R_HOOKED;
	g->first = flags & DMV_ABI_R_FIRST;
	g->va = U64(register, va);
	g->phys = U64(register, phys);
	g->original_virt = U64(register, original_virt);
	g->bus = U64(register, bus);
	g->shadow_virt = U64(register, shadow_virt);
	g->mdl = U64(register, mdl);
	g->time = U64(register, time);
	return DMV_E_OK;
}

enum dmv_code dmv_fact_list(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_list_fact *l = DMV_OBJECT(DMV_ABI_K_LIST, list, &code);
	uint32_t flags = U32(list, flags);

	if (!l)
		return code;
	l->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(list, adapter));
	l->file = dmv_ref_index(r, DMV_ABI_K_FILE, PTR(list, file));
	l->handle = U64(list, handle);
	l->mdl = U64(list, mdl);
	l->va = U64(list, va);
	l->bytes = U64(list, bytes);
	l->elements = U32(list, elements);
	l->to_device = flags & DMV_ABI_L_TO_DEVICE;
	l->caller_memory = flags & DMV_ABI_L_CALLER_MEMORY;
	SPAN(l, list);
	return DMV_E_OK;
}

/* ---- vectors, buffers, channels ---- */

enum dmv_code dmv_fact_vector(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_vector_fact *v = DMV_OBJECT(DMV_ABI_K_VECTOR, vector, &code);

	if (!v)
		return code;
	v->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(vector, adapter));
	v->handle = U64(vector, handle);
	v->entry_bytes = U64(vector, entry_bytes);
	v->count = U32(vector, count);
	v->live = U32(vector, live);
	SPAN(v, vector);
	return DMV_E_OK;
}

enum dmv_code dmv_fact_buffer(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_buffer_fact *b = DMV_OBJECT(DMV_ABI_K_BUFFER, buffer, &code);
	uint32_t flags = U32(buffer, flags);

	if (!b)
		return code;
	b->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(buffer, adapter));
	b->vector = dmv_ref_index(r, DMV_ABI_K_VECTOR, PTR(buffer, vector));
	b->index = U32(buffer, index);
	b->va = U64(buffer, va);
	b->phys = U64(buffer, phys);
	b->bus = U64(buffer, bus);
	b->bytes = U64(buffer, bytes);
	b->block_virt = U64(buffer, block_virt);
	b->block_bytes = U64(buffer, block_bytes);
	b->cached = flags & DMV_ABI_B_CACHED;
	b->from_mdl = flags & DMV_ABI_B_FROM_MDL;
	SPAN(b, buffer);
	return DMV_E_OK;
}

_Static_assert(DMV_T_NONE == (int)DMV_ABI_T_NONE && DMV_T_TO_DEVICE == DMV_ABI_T_TO_DEVICE &&
	       DMV_T_AUTO_INITIALIZE == DMV_ABI_T_AUTO_INITIALIZE &&
	       DMV_T_DEMAND == DMV_ABI_T_DEMAND, "the facts' words are the region's");

static void transfer(struct dmv_reading *r, const uint8_t *p, struct dmv_channel_fact *c)
{
	c->transfer = U32(channel, transfer);
	c->transfer_flags = U32(channel, transfer_flags);
	c->transfer_bytes = U64(channel, transfer_bytes);
	c->transfer_left = U64(channel, transfer_left);
	c->completion = U64(channel, completion);
	c->completion_context = U64(channel, completion_context);
	c->transfer_time = U64(channel, transfer_time);
}

enum dmv_code dmv_fact_channel(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at)
{
	enum dmv_code code;
	struct dmv_channel_fact *c = DMV_OBJECT(DMV_ABI_K_CHANNEL, channel, &code);

	if (!c)
		return code;
	c->adapter = dmv_ref_index(r, DMV_ABI_K_ADAPTER, PTR(channel, adapter));
	c->file = dmv_ref_index(r, DMV_ABI_K_FILE, PTR(channel, file));
	c->status = U32(channel, status);
	c->registers = U32(channel, registers);
	c->record = at->record;
	c->device = U64(channel, device);
	c->routine = U64(channel, routine);
	c->context = U64(channel, context);
	c->irp = U64(channel, irp);
	SPAN(c, channel);
	transfer(r, p, c);
	if (c->life == DMV_LIVE && (c->status < DMV_ABI_CH_WAITING || c->status > DMV_ABI_CH_HELD))
		DMV_NOTE(r, 0, at->record, "channel row %u: status %u is unknown", at->row,
			 c->status);
	return DMV_E_OK;
}
