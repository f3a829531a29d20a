/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Scatter/gather lists: a map register file of their own, and the elements the driver is given. */
#include "dmv_int.h"

/* ---- look-up by the driver's handle ---- */

static struct dmv_list *find(struct dmv *v, const struct dmv_adapter *a, const void *handle)
{
	uint32_t i = v->lists.bucket[dmv_hash_slot(&v->lists, (uintptr_t)handle)];

	while (i != DMV_ABI_NONE && !(v->list[i].handle == handle && v->list[i].adapter == a))
		i = v->list[i].next;
	return i == DMV_ABI_NONE ? NULL : &v->list[i];
}

static void chain_add(struct dmv *v, struct dmv_list *l)
{
	uint32_t *head = &v->lists.bucket[dmv_hash_slot(&v->lists, (uintptr_t)l->handle)];

	l->next = *head;
	*head = l->index;
}

static void chain_drop(struct dmv *v, const struct dmv_list *l)
{
	uint32_t *at = &v->lists.bucket[dmv_hash_slot(&v->lists, (uintptr_t)l->handle)];

	while (*at != l->index)
		at = &v->list[*at].next;
	*at = l->next;
}

/* ---- making ---- */

/* The row stays WRITING until dmv_list_start. */
struct dmv_list *dmv_list_new(struct dmv_call *c, struct dmv_adapter *a,
			      const struct dmv_request *r)
{
	struct dmv *v = c->v;
	uint32_t index;
	struct dmv_abi_list *row = dmv_take(v, DMV_ABI_K_LIST, &index);
	struct dmv_list *l;

	if (!row)
		return NULL;
	l = &v->list[index];
	*l = (struct dmv_list){ .row = row, .adapter = a, .handle = r->memory, .index = index,
				.file = DMV_ABI_NONE, .to_device = r->transfer.to_device,
				.caller_memory = r->caller_memory };
	return l;
}

void dmv_list_drop(struct dmv_call *c, struct dmv_list *l)
{
	st32(&l->row->state, DMV_ABI_FREE);
	dmv_fifo_give(&c->v->fifo[DMV_ABI_K_LIST], l->index);
}

/* Bytes from register i on that the device sees in one piece; *next: the register behind them. */
static struct dmv_element element(const struct dmv *v, const struct dmv_file *f, uint32_t i,
				  uint32_t *next)
{
	const struct dmv_register *r = &v->reg[f->first + i];
	struct dmv_element e = { r->row->bus, r->bytes };

	for (i++; i < f->count; i++) {
		r = &v->reg[f->first + i];
		if (!r->bytes || r->row->bus != e.bus + e.bytes || e.bytes + r->bytes < e.bytes)
			break;
		e.bytes += r->bytes;
	}
	*next = i;
	return e;
}

static uint32_t count_elements(const struct dmv *v, const struct dmv_file *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->count && v->reg[f->first + i].bytes; n++)
		element(v, f, i, &i);
	return n;
}

void dmv_elements(const struct dmv *v, const struct dmv_file *f, struct dmv_element *out,
		  uint32_t max)
{
	for (uint32_t n = 0, i = 0; n < max && i < f->count && v->reg[f->first + i].bytes; n++)
		out[n] = element(v, f, i, &i);
}

/* Everything is mapped: the list goes live. Returns how many elements it has. */
uint32_t dmv_list_start(struct dmv_call *c, struct dmv_list *l, const struct dmv_file *f,
			const struct dmv_request *r)
{
	struct dmv *v = c->v;
	struct dmv_adapter *a = l->adapter;
	struct dmv_abi_list *row = l->row;
	const uint32_t n = count_elements(v, f);

	l->file = f->index;
	l->live = 1;
	dmv_ref_set(&row->adapter, a->index, a->row->gen);
	st64(&row->handle, (uintptr_t)l->handle);
	st32(&row->elements, n);
	st32(&row->flags, (l->to_device ? DMV_ABI_L_TO_DEVICE : 0) |
	     (l->caller_memory ? DMV_ABI_L_CALLER_MEMORY : 0));
	dmv_ref_set(&row->file, f->index, f->gen);
	st64(&row->mdl, r->transfer.span.mdl);
	st64(&row->va, r->transfer.span.va);
	st64(&row->bytes, dmv_transfer_bytes(&r->transfer));
	st32(&row->owner, c->site);
	st32(&row->releaser, DMV_ABI_NONE);
	st64(&row->time, c->now);
	st64(&row->freed_time, 0);
	dmv_live(v, DMV_ABI_K_LIST, row);
	chain_add(v, l);
	a->lists_allocated++;
	if (++a->lists > a->lists_high)
		a->lists_high = a->lists;
	dmv_adapter_count(a);
	return n;
}

void dmv_grant_elements(struct dmv *v, const struct dmv_grant *g, struct dmv_element *out)
{
	const struct dmv_list *l;

	v->port.lock(v->port.host);
	l = find(v, g->adapter, g->handle);
	if (l)
		dmv_elements(v, &v->file[l->file], out, g->elements);
	v->port.unlock(v->port.host);
}

static struct dmv_part part(const struct dmv *v, const struct dmv_file *f, uint32_t i)
{
	const struct dmv_register *r = &v->reg[f->first + i];
	const bool hooked = r->flags & DMV_ABI_R_HOOKED;

	return (struct dmv_part){ r->row->bus, r->va,
				  hooked ? dmv_shadow_data(f, i) + r->offset : r->original,
				  r->bytes };
}

uint32_t dmv_list_parts(struct dmv *v, struct dmv_adapter *a, const void *handle,
			struct dmv_part *out, uint32_t max, bool *copied)
{
	const struct dmv_list *l;
	uint32_t n = 0;

	*copied = false;
	v->port.lock(v->port.host);
	l = find(v, a, handle);
	if (l) {
		const struct dmv_file *f = &v->file[l->file];

		for (; n < f->count && v->reg[f->first + n].bytes; n++) {
			*copied |= (v->reg[f->first + n].flags & DMV_ABI_R_HOOKED) != 0;
			if (n < max)
				out[n] = part(v, f, n);
		}
	}
	v->port.unlock(v->port.host);
	return n;
}

bool dmv_list_attach(struct dmv *v, struct dmv_adapter *a, const void *handle, void *what)
{
	struct dmv_list *l;
	bool done = false;

	v->port.lock(v->port.host);
	l = find(v, a, handle);
	if (l && !l->attached) {
		l->attached = what;
		done = true;
	}
	v->port.unlock(v->port.host);
	return done;
}

/* ---- ending ---- */

bool dmv_list_put(struct dmv *v, struct dmv_adapter *a, void *handle, bool to_device,
		  uint64_t caller, void **attached)
{
	struct dmv_call c;
	struct dmv_list *l;
	bool ours = false;

	*attached = NULL;
	dmv_enter(&c, v, caller, DMV_ABI_OP_PUT_LIST, a);
	l = find(v, a, handle);
	if (!l) {
		dmv_raise(&c, DMV_V_LIST_EXTRA_FREE, a, NULL, NULL, a->lists_allocated,
			  a->lists_freed + 1, 0);
	} else {
		struct dmv_file *f = &v->file[l->file];

		dmv_working_on(&c, DMV_ABI_K_LIST, l->index, l->row->gen);
		dmv_event(&c, DMV_ABI_OP_PUT_LIST, a, &(struct dmv_event_args){
			.kind = DMV_ABI_K_LIST, .row = l->index, .gen = l->row->gen,
			.direction = to_device ? 1 : 2,
			.address = l->row->va, .size = l->row->bytes });
		for (uint32_t i = 0; i < f->count; i++)
			if (v->reg[f->first + i].bytes)
				dmv_check_transfer(&c, f, i);
		if (c.stopping)
			goto out;
		for (uint32_t i = 0; i < f->count; i++)
			if (v->reg[f->first + i].bytes)
				dmv_unmap(&c, f, i, true);
		if (!dmv_file_end(&c, f))
			goto out;
		chain_drop(v, l);
		l->live = 0;
		ours = !l->caller_memory;
		*attached = l->attached;
		a->lists--;
		a->lists_freed++;
		st64(&l->row->freed_time, c.now);
		st32(&l->row->releaser, c.site);
		dmv_adapter_count(a);
		dmv_retire(v, DMV_ABI_K_LIST, l->index, l->row);
	}
out:
	dmv_leave(&c);
	return ours;
}
