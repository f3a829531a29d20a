/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffers: centred in whole pages between tags and padding; never copied. */
#include "dmv_int.h"

/* ---- look-up by address ---- */

/* Entries of vectors are freed by their index. */
static struct dmv_buffer *find(struct dmv *v, const struct dmv_adapter *a, const void *va)
{
	uint32_t i = v->buffers.bucket[dmv_hash_slot(&v->buffers, (uintptr_t)va)];

	while (i != DMV_ABI_NONE && !(v->buffer[i].va == va && v->buffer[i].adapter == a &&
				      v->buffer[i].vector == DMV_ABI_NONE))
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

/* Microsoft's published sample: equal padding in front and behind, in whole pages. */
bool dmv_block_alloc(struct dmv *v, const struct dmv_adapter *a, const struct dmv_buffer_request *r,
		     struct dmv_block *b)
{
	const uint64_t page = v->page, whole = (r->bytes + page - 1) / page * page;
	const bool guarded = dmv_guarded(v, a);
	const uint64_t total = guarded ? whole + 2 * page : whole;
	uint64_t start = 0;

	if (r->bytes == 0 || whole < r->bytes || total / page > SIZE_MAX / page)
		return false;
	b->pages = (size_t)(total / page);
	b->bytes = total;
	b->base = v->port.pages_alloc(v->port.host, b->pages,
				      r->max_bus < a->max_address ? r->max_bus : a->max_address,
				      &b->phys);
	if (!b->base)
		return false;
	if (b->phys < r->min_bus) {
		dmv_block_free(v, b);
		return false;
	}
	if (guarded)
		start = (total - r->bytes) / 2 / a->alignment * a->alignment;
	b->va = b->base + start;
	if (guarded) {
		memset(b->base, 0x0F, (size_t)total);
		memset(b->va, 0, (size_t)r->bytes);
		memcpy(b->va - 8, v->header->tag, 8);
		memcpy(b->va + r->bytes, v->header->tag, 8);
	}
	return true;
}

void dmv_block_free(struct dmv *v, const struct dmv_block *b)
{
	if (b->pages)
		v->port.pages_free(v->port.host, b->base, b->pages);
}

/* ---- buffers in their memory ---- */

static uint32_t flags_of(const struct dmv_buffer *b, const struct dmv_block *block)
{
	return (b->cached ? DMV_ABI_B_CACHED : 0) |
	       (block->pages ? 0 : DMV_ABI_B_FROM_MDL) |
	       (b->vector == DMV_ABI_NONE ? 0 : DMV_ABI_B_OF_VECTOR);
}

static void write_buffer(struct dmv_call *c, const struct dmv_buffer *b,
			 const struct dmv_block *block, const struct dmv_vector *vector)
{
	struct dmv_abi_buffer *row = b->row;

	dmv_ref_set(&row->adapter, b->adapter->index, b->adapter->row->gen);
	st64(&row->va, (uintptr_t)b->va);
	st64(&row->phys, b->bus);
	st64(&row->bus, b->bus);
	st64(&row->bytes, b->bytes);
	st64(&row->block_virt, (uintptr_t)b->block);
	st64(&row->block_bytes, b->block_bytes);
	st32(&row->flags, flags_of(b, block));
	st32(&row->index, b->entry);
	dmv_ref_set(&row->vector, b->vector, vector ? vector->row->gen : 0);
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

struct dmv_buffer *dmv_buffer_new(struct dmv_call *c, struct dmv_adapter *a,
				  const struct dmv_block *block, const struct dmv_buffer_request *r,
				  const struct dmv_vector *vector, uint32_t entry)
{
	struct dmv *v = c->v;
	uint32_t index;
	struct dmv_abi_buffer *row = dmv_take(v, DMV_ABI_K_BUFFER, &index);
	struct dmv_buffer *b;

	if (!row)
		return NULL;
	b = &v->buffer[index];
	*b = (struct dmv_buffer){
		.row = row, .adapter = a, .block = block->base, .va = block->va,
		.bytes = r->bytes, .block_bytes = block->bytes,
		.bus = block->phys + (uint64_t)(block->va - block->base),
		.index = index, .live = 1, .owner = c->site, .cached = r->cached,
		.vector = vector ? vector->index : DMV_ABI_NONE, .entry = entry,
		.own = block->pages };
	write_buffer(c, b, block, vector);
	dmv_live(v, DMV_ABI_K_BUFFER, row);
	chain_add(v, b);
	a->buffers_allocated++;
	if (++a->buffers > a->buffers_high)
		a->buffers_high = a->buffers;
	dmv_adapter_count(a);
	buffer_event(c, DMV_ABI_OP_ALLOC_BUFFER, b);
	return b;
}

bool dmv_buffer_end(struct dmv_call *c, struct dmv_buffer *b, struct dmv_block *ret)
{
	struct dmv *v = c->v;
	struct dmv_adapter *a = b->adapter;

	dmv_check_buffer(c, b);
	if (c->stopping)
		return false;
	buffer_event(c, DMV_ABI_OP_FREE_BUFFER, b);
	*ret = (struct dmv_block){ .base = b->block,
				   .pages = b->own ? (size_t)(b->block_bytes / v->page) : 0 };
	chain_drop(v, b);
	b->live = 0;
	a->buffers--;
	a->buffers_freed++;
	st64(&b->row->freed_time, c->now);
	st32(&b->row->releaser, c->site);
	dmv_adapter_count(a);
	dmv_retire(v, DMV_ABI_K_BUFFER, b->index, b->row);
	return true;
}

/* ---- one at a time ---- */

void *dmv_buffer_alloc(struct dmv *v, struct dmv_adapter *a, const struct dmv_buffer_request *r,
		       uint64_t caller, uint64_t *bus)
{
	struct dmv_call c;
	struct dmv_block block;
	const struct dmv_buffer *b;

	if (dmv_fault_buffer(v, a, caller) || !dmv_block_alloc(v, a, r, &block))
		return NULL;
	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, a);
	b = dmv_buffer_new(&c, a, &block, r, NULL, 0);
	if (b)
		*bus = b->bus;
	dmv_leave(&c);
	if (b)
		return block.va;
	dmv_block_free(v, &block);
	return NULL;
}

int dmv_buffer_adopt(struct dmv *v, struct dmv_adapter *a, void *va, uint64_t bytes, uint64_t bus,
		     uint64_t caller)
{
	const struct dmv_block block = { .base = va, .va = va, .bytes = bytes, .phys = bus };
	const struct dmv_buffer_request r = { .bytes = bytes, .cached = true };
	const struct dmv_buffer *b;
	struct dmv_call c;

	if (dmv_fault_buffer(v, a, caller))
		return DMV_NO_MEMORY;
	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, a);
	b = dmv_buffer_new(&c, a, &block, &r, NULL, 0);
	dmv_leave(&c);
	return b ? DMV_OK : DMV_NO_MEMORY;
}

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
	struct dmv_block block = { 0 };
	struct dmv_call c;
	struct dmv_buffer *b;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_BUFFER, a);
	b = find(v, a, va);
	if (!b) {
		dmv_raise(&c, DMV_V_BUFFER_EXTRA_FREE, a, NULL, NULL, ++a->buffer_extra, 0, 0);
	} else {
		dmv_working_on(&c, DMV_ABI_K_BUFFER, b->index, b->row->gen);
		check_arguments(&c, b, bytes, bus, cached);
		dmv_buffer_end(&c, b, &block);
	}
	dmv_leave(&c);
	dmv_block_free(v, &block);
}
