/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers: centred in whole pages between tags and padding; never copied. */
#include "dmv_int.h"

/* ---- look-up by address ---- */

static struct dmv_buffer *find(struct dmv *v, const struct dmv_adapter *a, const void *va)
{
	uint32_t i = v->buffers.bucket[dmv_hash_slot(&v->buffers, (uintptr_t)va)];

	while (i != DMV_ABI_NONE && !(v->buffer[i].va == va && v->buffer[i].adapter == a))
		i = v->buffer[i].next;
	return i == DMV_ABI_NONE ? NULL : &v->buffer[i];
}

static void chain_add(struct dmv *v, struct dmv_buffer *b)
{
	uint32_t *head = &v->buffers.bucket[dmv_hash_slot(&v->buffers, (uintptr_t)b->va)];

	b->next = *head;
	*head = b->index;
}

static void chain_drop(struct dmv *v, const struct dmv_buffer *b)
{
	uint32_t *at = &v->buffers.bucket[dmv_hash_slot(&v->buffers, (uintptr_t)b->va)];

	while (*at != b->index)
		at = &v->buffer[*at].next;
	*at = b->next;
}

/* ---- allocation ---- */

struct block {
	char *base, *va;
	size_t pages;
	uint64_t bytes, phys;
};

/* Microsoft's published sample: equal padding in front and behind, in whole pages. */
static bool block_alloc(struct dmv *v, const struct dmv_adapter *a, uint64_t bytes,
			uint64_t max_bus, struct block *b)
{
	const uint64_t page = v->page, whole = (bytes + page - 1) / page * page;
	const uint64_t total = a->judged ? whole + 2 * page : whole;
	uint64_t start = 0;

	if (bytes == 0 || whole < bytes || total / page > SIZE_MAX / page)
		return false;
	b->pages = (size_t)(total / page);
	b->bytes = total;
	if (max_bus > a->max_address)
		max_bus = a->max_address;
	b->base = v->port.pages_alloc(v->port.host, b->pages, max_bus, &b->phys);
	if (!b->base)
		return false;
	if (a->judged)
		start = (total - bytes) / 2 / a->alignment * a->alignment;
	b->va = b->base + start;
	if (a->judged) {
		memset(b->base, 0x0F, (size_t)total);
		memset(b->va, 0, (size_t)bytes);
		memcpy(b->va - 8, v->header->tag, 8);
		memcpy(b->va + bytes, v->header->tag, 8);
	}
	return true;
}

static void write_buffer(struct dmv_call *c, const struct dmv_buffer *b, uint64_t phys)
{
	struct dmv_abi_buffer *row = b->row;

	dmv_ref_set(&row->adapter, b->adapter->index, b->adapter->row->gen);
	st64(&row->va, (uintptr_t)b->va);
	st64(&row->phys, phys);
	st64(&row->bus, b->bus);
	st64(&row->bytes, b->bytes);
	st64(&row->block_virt, (uintptr_t)b->block);
	st64(&row->block_bytes, b->block_bytes);
	st32(&row->flags, b->cached ? DMV_ABI_B_CACHED : 0);
	st32(&row->index, 0);
	dmv_ref_set(&row->vector, DMV_ABI_NONE, 0);
	st32(&row->owner, b->owner);
	st32(&row->releaser, DMV_ABI_NONE);
	st64(&row->time, c->now);
	st64(&row->freed_time, 0);
}

static void buffer_event(struct dmv_call *c, enum dmv_abi_op op, const struct dmv_buffer *b)
{
	dmv_event(c, op, b->adapter, &(struct dmv_event_args){
		.kind = DMV_ABI_K_BUFFER, .row = b->index, .gen = b->row->gen,
		.address = (uintptr_t)b->va, .bus = b->bus, .size = b->bytes });
}

void *dmv_buffer_alloc(struct dmv *v, struct dmv_adapter *a, uint64_t bytes, uint64_t max_bus,
		       bool cached, uint64_t caller, uint64_t *bus)
{
	struct dmv_call c;
	struct block block;
	struct dmv_abi_buffer *row;
	uint32_t index;

	if (!block_alloc(v, a, bytes, max_bus, &block))
		return NULL;
	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, a);
	row = dmv_take(v, DMV_ABI_K_BUFFER, &index);
	if (row) {
		struct dmv_buffer *b = &v->buffer[index];
		const uint64_t phys = block.phys + (uint64_t)(block.va - block.base);

		*b = (struct dmv_buffer){
			.row = row, .adapter = a, .block = block.base, .va = block.va,
			.bytes = bytes, .block_bytes = block.bytes, .bus = phys,
			.index = index, .live = 1, .owner = c.site, .cached = cached };
		write_buffer(&c, b, phys);
		dmv_live(v, DMV_ABI_K_BUFFER, row);
		chain_add(v, b);
		a->buffers_allocated++;
		if (++a->buffers > a->buffers_high)
			a->buffers_high = a->buffers;
		dmv_adapter_count(a);
		buffer_event(&c, DMV_ABI_OP_ALLOC_BUFFER, b);
		*bus = phys;
	}
	dmv_leave(&c);
	if (row)
		return block.va;
	v->port.pages_free(v->port.host, block.base, block.pages);
	return NULL;
}

/* ---- freeing ---- */

static void check_arguments(struct dmv_call *c, struct dmv_buffer *b, uint64_t bytes, uint64_t bus,
			    bool cached)
{
	const struct dmv_object o = dmv_buffer_object(b);

	if (bytes != b->bytes || bus != b->bus || cached != b->cached)
		dmv_raise(c, DMV_V_BUFFER_FREE_MISMATCH, b->adapter, &o, NULL, (uintptr_t)b->va,
			  bytes, b->bytes);
}

void dmv_buffer_free(struct dmv *v, struct dmv_adapter *a, void *va, uint64_t bytes, uint64_t bus,
		     bool cached, uint64_t caller)
{
	struct dmv_call c;
	struct dmv_buffer *b;
	char *block = NULL;
	size_t pages = 0;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_BUFFER, a);
	b = find(v, a, va);
	if (!b) {
		dmv_raise(&c, DMV_V_BUFFER_EXTRA_FREE, a, NULL, NULL, ++a->buffer_extra, 0, 0);
	} else {
		dmv_working_on(&c, DMV_ABI_K_BUFFER, b->index, b->row->gen);
		check_arguments(&c, b, bytes, bus, cached);
		dmv_check_buffer(&c, b);
		if (c.stopping)
			goto out;
		buffer_event(&c, DMV_ABI_OP_FREE_BUFFER, b);
		block = b->block;
		pages = (size_t)(b->block_bytes / v->page);
		chain_drop(v, b);
		b->live = 0;
		a->buffers--;
		a->buffers_freed++;
		st64(&b->row->freed_time, c.now);
		st32(&b->row->releaser, c.site);
		dmv_adapter_count(a);
		dmv_retire(v, DMV_ABI_K_BUFFER, b->index, b->row);
	}
out:
	dmv_leave(&c);
	if (block)
		v->port.pages_free(v->port.host, block, pages);
}
