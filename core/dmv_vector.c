/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Common buffer vectors: equal common buffers under one handle, each freed by its index. */
#include "dmv_int.h"

/* NULL: not the handle of a live vector of this adapter; any value is safe. */
static struct dmv_vector *find(const struct dmv *v, const struct dmv_adapter *a, const void *handle)
{
	const uintptr_t at = (uintptr_t)handle - (uintptr_t)v->vector;
	struct dmv_vector *x = &v->vector[at / sizeof(*x)];

	if (at % sizeof(*x) || at / sizeof(*x) >= v->cfg.rows[DMV_ABI_K_VECTOR])
		return NULL;
	return x->live && x->adapter == a ? x : NULL;
}

static struct dmv_object object(const struct dmv_vector *x)
{
	return (struct dmv_object){ DMV_ABI_K_VECTOR, x->index, x->row->gen, x->row->owner,
				    x->row->time };
}

/* ---- its buffers, in a chain ---- */

static struct dmv_buffer *entry_of(const struct dmv *v, const struct dmv_vector *x, uint32_t index)
{
	uint32_t i = x->first;

	while (i != DMV_ABI_NONE && v->buffer[i].entry != index)
		i = v->buffer[i].sibling;
	return i == DMV_ABI_NONE ? NULL : &v->buffer[i];
}

static void chain_drop(struct dmv *v, struct dmv_vector *x, const struct dmv_buffer *b)
{
	uint32_t *at = &x->first;

	while (*at != b->index)
		at = &v->buffer[*at].sibling;
	*at = b->sibling;
}

static void count_entry(struct dmv_vector *x, uint32_t by)
{
	x->left += by;
	x->adapter->entries += by;
	st32(&x->row->live, x->left);
}

static bool entry_new(struct dmv *v, struct dmv_vector *x, const struct dmv_buffer_request *r,
		      uint32_t index, uint64_t caller)
{
	struct dmv_block block;
	struct dmv_buffer *b;
	struct dmv_call c;

	if (dmv_fault_buffer(v, x->adapter, caller) || !dmv_block_alloc(v, x->adapter, r, &block))
		return false;
	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, x->adapter);
	b = dmv_buffer_new(&c, x->adapter, &block, r, x, index);
	if (b) {
		b->sibling = x->first;
		x->first = b->index;
		count_entry(x, 1);
	}
	dmv_leave(&c);
	if (!b)
		dmv_block_free(v, &block);
	return b;
}

/* false: the host stops. */
static bool entry_end(struct dmv_call *c, struct dmv_vector *x, struct dmv_buffer *b,
		      struct dmv_block *ret)
{
	dmv_working_on(c, DMV_ABI_K_BUFFER, b->index, b->row->gen);
	if (!dmv_buffer_end(c, b, ret))
		return false;
	chain_drop(c->v, x, b);
	count_entry(x, (uint32_t)-1);
	return true;
}

/* ---- making one ---- */

static struct dmv_vector *vector_new(struct dmv_call *c, struct dmv_adapter *a, uint32_t count,
				     uint64_t entry_bytes)
{
	uint32_t index;
	struct dmv_abi_vector *row = dmv_take(c->v, DMV_ABI_K_VECTOR, &index);
	struct dmv_vector *x;

	if (!row)
		return NULL;
	x = &c->v->vector[index];
	*x = (struct dmv_vector){ .row = row, .adapter = a, .index = index, .count = count,
				  .first = DMV_ABI_NONE };
	dmv_ref_set(&row->adapter, a->index, a->row->gen);
	st64(&row->handle, (uintptr_t)x);
	st64(&row->entry_bytes, entry_bytes);
	st32(&row->count, count);
	st32(&row->live, 0);
	st32(&row->owner, c->site);
	st32(&row->releaser, DMV_ABI_NONE);
	st64(&row->time, c->now);
	st64(&row->freed_time, 0);
	return x;
}

static void vector_live(struct dmv_call *c, struct dmv_vector *x)
{
	x->live = 1;
	x->adapter->vectors++;
	dmv_live(c->v, DMV_ABI_K_VECTOR, x->row);
}

/* Memory ran out: gives back what there is of it. */
static void give_up(struct dmv *v, struct dmv_vector *x, uint64_t caller)
{
	struct dmv_call c;

	while (x->first != DMV_ABI_NONE) {
		struct dmv_block block = { 0 };

		dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_BUFFER, x->adapter);
		if (!entry_end(&c, x, &v->buffer[x->first], &block)) {
			dmv_leave(&c);
			return;
		}
		dmv_leave(&c);
		dmv_block_free(v, &block);
	}
	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_BUFFER, x->adapter);
	st32(&x->row->state, DMV_ABI_FREE);
	dmv_fifo_give(&v->fifo[DMV_ABI_K_VECTOR], x->index);
	dmv_leave(&c);
}

int dmv_vector_alloc(struct dmv *v, struct dmv_adapter *a, uint32_t count,
		     const struct dmv_buffer_request *r, uint64_t caller, void **ret)
{
	struct dmv_vector *x;
	struct dmv_call c;

	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, a);
	x = vector_new(&c, a, count, r->bytes);
	dmv_leave(&c);
	if (!x)
		return DMV_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++)
		if (!entry_new(v, x, r, i, caller)) {
			give_up(v, x, caller);
			return DMV_NO_MEMORY;
		}
	dmv_enter(&c, v, caller, DMV_ABI_OP_ALLOC_BUFFER, a);
	vector_live(&c, x);
	dmv_event(&c, DMV_ABI_OP_ALLOC_BUFFER, a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_VECTOR, .row = x->index, .gen = x->row->gen,
		.address = (uintptr_t)x, .bus = DMV_ABI_UNKNOWN, .size = r->bytes * count });
	dmv_leave(&c);
	*ret = x;
	return DMV_OK;
}

/* ---- using it ---- */

static bool in_range(struct dmv_call *c, const struct dmv_vector *x, uint32_t index)
{
	const struct dmv_object o = object(x);

	return index < x->count || !dmv_raise(c, DMV_V_VECTOR_INDEX, x->adapter, &o, NULL,
					      x->count, index, 0);
}

bool dmv_vector_get(struct dmv *v, struct dmv_adapter *a, void *handle, uint32_t index,
		    uint64_t caller, void **va, uint64_t *bus)
{
	const struct dmv_buffer *b = NULL;
	const struct dmv_vector *x;
	struct dmv_call c;

	dmv_enter(&c, v, caller, DMV_ABI_OP_CHECK, a);
	x = find(v, a, handle);
	if (x && in_range(&c, x, index))
		b = entry_of(v, x, index);
	if (b) {
		*va = b->va;
		*bus = b->bus;
	}
	dmv_leave(&c);
	return b;
}

void dmv_vector_free_entry(struct dmv *v, struct dmv_adapter *a, void *handle, uint32_t index,
			   uint64_t caller)
{
	struct dmv_block block = { 0 };
	struct dmv_vector *x;
	struct dmv_buffer *b;
	struct dmv_call c;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_BUFFER, a);
	x = find(v, a, handle);
	if (x && in_range(&c, x, index)) {
		const struct dmv_object o = object(x);

		b = entry_of(v, x, index);
		if (b)
			entry_end(&c, x, b, &block);
		else if (index < x->count)
			dmv_raise(&c, DMV_V_VECTOR_ENTRY_FREED, a, &o, NULL, index, 0, 0);
	}
	dmv_leave(&c);
	dmv_block_free(v, &block);
}

/* Buffers are left: the one with the lowest index is named. */
static bool refused(struct dmv_call *c, const struct dmv_vector *x)
{
	const struct dmv_object o = object(x);
	const struct dmv_buffer *b, *lowest = NULL;

	for (uint32_t i = x->first; i != DMV_ABI_NONE; i = b->sibling) {
		b = &c->v->buffer[i];
		if (!lowest || b->entry < lowest->entry)
			lowest = b;
	}
	if (!lowest)
		return false;
	dmv_raise(c, DMV_V_VECTOR_ENTRIES_LIVE, x->adapter, &o, NULL, lowest->entry,
		  (uintptr_t)lowest->va, lowest->bus);
	return true;
}

static void vector_end(struct dmv_call *c, struct dmv_vector *x)
{
	dmv_working_on(c, DMV_ABI_K_VECTOR, x->index, x->row->gen);
	dmv_event(c, DMV_ABI_OP_FREE_BUFFER, x->adapter, &(struct dmv_event_args){
		.kind = DMV_ABI_K_VECTOR, .row = x->index, .gen = x->row->gen,
		.address = (uintptr_t)x, .bus = DMV_ABI_UNKNOWN });
	x->live = 0;
	x->adapter->vectors--;
	st64(&x->row->freed_time, c->now);
	st32(&x->row->releaser, c->site);
	dmv_retire(c->v, DMV_ABI_K_VECTOR, x->index, x->row);
}

void dmv_vector_free(struct dmv *v, struct dmv_adapter *a, void *handle, uint64_t caller)
{
	struct dmv_vector *x;
	struct dmv_call c;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FREE_BUFFER, a);
	x = find(v, a, handle);
	if (!x)
		dmv_raise(&c, DMV_V_BUFFER_EXTRA_FREE, a, NULL, NULL, ++a->buffer_extra, 0, 0);
	else if (!refused(&c, x))
		vector_end(&c, x);
	dmv_leave(&c);
}
