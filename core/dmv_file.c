/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Map register files: what one allocation gives a driver, and FreeMapRegisters. */
#include "dmv_int.h"

static void write_file(struct dmv_call *c, struct dmv_file *f, uint32_t list, uint32_t list_gen)
{
	struct dmv_abi_file *row = f->row;
	const bool shadow = f->hooked;

	dmv_ref_set(&row->adapter, f->adapter->index, f->adapter->row->gen);
	st64(&row->handle, (uintptr_t)dmv_file_handle(f));
	st32(&row->first, f->first);
	st32(&row->count, f->count);
	st32(&row->hooked, f->hooked);
	st32(&row->flags, list == DMV_ABI_NONE ? 0 : DMV_ABI_FILE_OF_LIST);
	st32(&row->mapped, 0);
	st32(&row->owner, c->site);
	st64(&row->bytes_mapped, 0);
	st64(&row->shadow_virt, shadow ? (uintptr_t)f->shadow : DMV_ABI_UNKNOWN);
	st64(&row->shadow_phys, shadow ? f->shadow_phys : DMV_ABI_UNKNOWN);
	st64(&row->shadow_bytes, (uint64_t)3 * f->hooked * c->v->page);
	st64(&row->data_offset, f->data_offset);
	st64(&row->data_stride, f->data_stride);
	dmv_ref_set(&row->list, list, list_gen);
	st64(&row->time, c->now);
	st64(&row->freed_time, 0);
	st32(&row->releaser, DMV_ABI_NONE);
}

static void count_registers(struct dmv *v, struct dmv_adapter *a, uint32_t taken, uint32_t given)
{
	struct dmv_adapter *pool = &v->adapter[0];

	a->registers += taken - given;
	a->registers_allocated += taken;
	a->registers_freed += given;
	pool->registers_allocated += taken;
	pool->registers_freed += given;
	if (a->registers > a->registers_high)
		a->registers_high = a->registers;
	dmv_adapter_count(pool);
}

/* The registers are there: the caller asked dmv_runs first. NULL: no row for the file itself. */
struct dmv_file *dmv_file_new(struct dmv_call *c, struct dmv_adapter *a, uint32_t n, uint32_t list)
{
	struct dmv *v = c->v;
	struct dmv_file *f;
	struct dmv_abi_file *row;
	uint32_t index, first = dmv_runs_take(&v->registers, n);

	if (first == DMV_ABI_NONE)
		return NULL;
	row = dmv_take(v, DMV_ABI_K_FILE, &index);
	if (!row) {
		dmv_runs_give(&v->registers, first, n);
		return NULL;
	}
	f = &v->file[index];
	*f = (struct dmv_file){ .row = row, .adapter = a, .index = index, .gen = row->gen,
				.first = first, .count = n, .list = list, .live = 1,
				.owner = c->site };
	dmv_shadow_take(v, f);
	write_file(c, f, list, list == DMV_ABI_NONE ? 0 : v->list[list].row->gen);
	dmv_live(v, DMV_ABI_K_FILE, row);
	count_registers(v, a, n, 0);
	st64(&a->row->register_base, (uintptr_t)dmv_file_handle(f));
	return f;
}

/* Registers still mapped are unmapped without a flush: the data is not what was asked for. */
bool dmv_file_end(struct dmv_call *c, struct dmv_file *f)
{
	struct dmv *v = c->v;
	struct dmv_adapter *a = f->adapter;

	for (uint32_t i = 0; i < f->count && !c->stopping; i++) {
		if (v->reg[f->first + i].bytes)
			dmv_check_mapped(c, f, i);
		else
			dmv_check_free(c, f, i, true);
	}
	if (c->stopping)
		return false;
	for (uint32_t i = 0; i < f->count; i++)
		if (v->reg[f->first + i].bytes)
			dmv_unmap(c, f, i, false);
	f->live = 0;
	st64(&f->row->freed_time, c->now);
	st32(&f->row->releaser, c->site);
	dmv_shadow_give(v, f);
	dmv_runs_give(&v->registers, f->first, f->count);
	count_registers(v, a, 0, f->count);
	dmv_adapter_count(a);
	dmv_retire(v, DMV_ABI_K_FILE, f->index, f->row);
	return true;
}

struct dmv_object dmv_file_object(const struct dmv_file *f)
{
	return (struct dmv_object){ DMV_ABI_K_FILE, f->index, f->gen, f->owner, f->row->time };
}

void dmv_file_freed(struct dmv_call *c, const struct dmv_file *f)
{
	const struct dmv_object o = dmv_file_object(f);

	if (f->mapped)
		dmv_raise(c, DMV_V_REGISTER_FREED_MAPPED, f->adapter, &o, NULL, f->mapped, 0, 0);
}

/* ---- FreeMapRegisters ---- */

/* Fewer than were allocated: the rest stays the driver's, and will be found as a leak. */
static void shrink(struct dmv_call *c, struct dmv_file *f, uint32_t n)
{
	struct dmv *v = c->v;

	for (uint32_t i = f->count - n; i < f->count; i++) {
		if (!v->reg[f->first + i].bytes)
			continue;
		dmv_check_mapped(c, f, i);
		dmv_unmap(c, f, i, false);
	}
	f->count -= n;
	if (f->cursor >= f->count)
		f->cursor = 0;
	st32(&f->row->count, f->count);
	dmv_runs_give(&v->registers, f->first + f->count, n);
	count_registers(v, f->adapter, 0, n);
	dmv_adapter_count(f->adapter);
}

void dmv_registers_free(struct dmv *v, struct dmv_adapter *a, void *base, uint32_t n,
			uint64_t caller)
{
	struct dmv_file *f;
	struct dmv_call c;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_REGISTERS, a);
	f = dmv_file_find(v, base, a);
	if (f)
		dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	if (!f || n > f->count) {
		const uint32_t extra = f ? n - f->count : n;

		dmv_raise(&c, DMV_V_REGISTER_EXTRA_FREE, a, NULL, NULL, extra, 0, 0);
	}
	if (f)
		dmv_file_freed(&c, f);
	if (f && !c.stopping) {
		dmv_event(&c, DMV_ABI_OP_FREE_REGISTERS, a, &(struct dmv_event_args){
			.kind = DMV_ABI_K_FILE, .row = f->index, .gen = f->gen, .size = n });
		if (n < f->count) {
			shrink(&c, f, n);
		} else {
			if (a->holder != DMV_ABI_NONE && v->channel[a->holder].file == f->index)
				v->channel[a->holder].file = DMV_ABI_NONE;
			dmv_file_end(&c, f);
		}
	}
	dmv_leave(&c);
}
