/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Slots of a piece of bounce memory (struct io_tlb_slot, kernel/dma/swiotlb.c) as mappings. A slot
 * that is free has list > 0. Of those that one mapping holds the k-th has the first one's orig_addr
 * and 2048 k more, its alloc_size and 2048 k less, which may go below 0: so they are told from
 * those of the next mapping. Since 6.10 padding may come first, which has no orig_addr and is
 * counted in pad_slots of the first that has one.
 */
#include <inttypes.h>

#include "linux_swiotlb.h"
#include "mem_int.h"

enum {
	BLOCK = 1 << 16,
	PAGE = 4096,                    /* what is missing is missing to the end of one, at least */
	STRIDE_MAX = 1024,
};

struct slot {
	uint64_t orig, size, pad;
	bool used;
};

/* Members of a slot that this kernel has; the rest has bytes 0. */
struct layout {
	uint64_t stride;
	struct dmv_member orig, size, list, pad;
};

struct run {
	struct dmv_swiotlb *w;
	struct layout at;
	uint64_t first, n;              /* slots that belong together so far */
	struct slot start, last;        /* start: the first that is not padding */
	uint64_t padding;
	uint64_t in_use;
};

/* ---- layout ---- */

static void member(struct dmv_linux *l, enum dmv_linux_field id, uint64_t stride,
		   struct dmv_member *ret)
{
	struct dmv_member m;

	*ret = (struct dmv_member){ 0 };
	if (!dmv_linux_field(l, id, &m) || m.bits || m.offset + m.size > stride ||
	    (m.size != 2 && m.size != 4 && m.size != 8))
		return;
	*ret = m;
}

static bool layout(struct dmv_linux *l, struct layout *ret)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	uint64_t stride = 0;

	if (dmv_names_size(l->n, "io_tlb_slot", &stride, &e) || !stride || stride > STRIDE_MAX) {
		dmv_note_add(l->f, DMV_TOPIC_BOUNCE, DMV_NO_ADDR, "slots of bounce pools cannot be "
			     "read: the size of struct io_tlb_slot is not known%s%s",
			     e.code ? ": " : "", e.msg);
		return false;
	}
	ret->stride = stride;
	member(l, DMV_L_SLOT_ORIG, stride, &ret->orig);
	member(l, DMV_L_SLOT_SIZE, stride, &ret->size);
	member(l, DMV_L_SLOT_LIST, stride, &ret->list);
	member(l, DMV_L_SLOT_PAD, stride, &ret->pad);
	return ret->list.size || ret->orig.size;
}

static uint64_t value(const struct dmv_mem *m, const uint8_t *row, const struct dmv_member *at,
		      uint64_t absent)
{
	return at->size ? dmv_get(row + at->offset, (unsigned)at->size, m->big_endian) : absent;
}

static struct slot decode(const struct dmv_mem *m, const struct layout *at, const uint8_t *row)
{
	struct slot s = {
		.orig = value(m, row, &at->orig, DMV_NO_ADDR),
		.size = value(m, row, &at->size, 0),
		.pad = value(m, row, &at->pad, 0),
	};

	if (at->orig.size == 4 && s.orig == UINT32_MAX)
		s.orig = DMV_NO_ADDR;
	s.used = at->list.size ? !value(m, row, &at->list, 0) : s.orig != DMV_NO_ADDR;
	return s;
}

/* ---- mappings ---- */

static void end(struct run *r)
{
	struct dmv_facts *f = r->w->l->f;
	const uint32_t bounce = (uint32_t)(f->nbounce - 1);
	const uint64_t start = f->bounce[bounce].start;
	struct dmv_slot_fact *s;

	if (!r->n)
		return;
	s = DMV_PUSH(f->slot, f->nslot);
	if (!s) {
		r->w->no_memory = true;
		return;
	}
	*s = (struct dmv_slot_fact){
		.pool = f->bounce[bounce].pool, .bounce = bounce,
		.adapter = DMV_NO_INDEX, .object = DMV_NO_INDEX,
		.first = (uint32_t)r->first, .count = (uint32_t)r->n,
		.padding = (uint32_t)r->padding, .original = r->start.orig,
		.bytes = r->at.size.size ? r->start.size : UINT64_MAX,
		.addr = start == DMV_NO_ADDR ? DMV_NO_ADDR :
			start + (r->first + r->padding) * DMV_BOUNCE_SLOT,
	};
	r->n = r->padding = 0;
}

static bool goes_on(const struct run *r, const struct slot *s)
{
	const struct slot *a = &r->last;

	if (r->at.size.size && a->size - s->size != DMV_BOUNCE_SLOT)
		return false;
	if (s->orig == DMV_NO_ADDR)
		return a->orig == DMV_NO_ADDR;
	if (a->orig == DMV_NO_ADDR)             /* all before it is its padding? */
		return s->pad == r->n;
	return s->orig - a->orig == DMV_BOUNCE_SLOT;
}

static void take(struct run *r, uint64_t i, const struct slot *s)
{
	if (!s->used) {
		end(r);
		return;
	}
	r->in_use++;
	if (r->n && !goes_on(r, s))
		end(r);
	if (!r->n) {
		r->first = i;
		r->start = *s;
	} else if (r->last.orig == DMV_NO_ADDR && s->orig != DMV_NO_ADDR) {
		r->padding = r->n;
		r->start = *s;
	}
	r->last = *s;
	r->n++;
}

/* ---- the array ---- */

/* Reads rows [i, i + n) and takes them; returns how many it took before something is missing. */
static uint64_t block(struct run *r, uint64_t slots, uint64_t i, uint64_t n, uint8_t *buf,
		      struct dmv_err *e)
{
	struct dmv_mem *m = r->w->l->m;
	const uint64_t at = slots + i * r->at.stride;

	if (dmv_mem_read(m, DMV_VIRT, at, buf, (size_t)(n * r->at.stride), e)) {
		n = e->addr > at && e->addr - at < n * r->at.stride ?
			(e->addr - at) / r->at.stride : 0;
		if (!n || dmv_mem_read(m, DMV_VIRT, at, buf, (size_t)(n * r->at.stride), NULL))
			return 0;
	}
	for (uint64_t k = 0; k < n; k++) {
		const struct slot s = decode(m, &r->at, buf + k * r->at.stride);

		take(r, i + k, &s);
	}
	return n;
}

/* The first row behind the page that row i, which cannot be read, lies in or reaches into. */
static uint64_t behind(const struct run *r, uint64_t slots, uint64_t i, const struct dmv_err *e)
{
	const uint64_t at = slots + i * r->at.stride, next = at + r->at.stride;
	const uint64_t bad = e->addr >= at && e->addr < next ? e->addr : at;
	const uint64_t page = (bad | (PAGE - 1)) + 1;

	return page <= next ? i + 1 : i + (page - at + r->at.stride - 1) / r->at.stride;
}

void dmv_swiotlb_slots(struct dmv_swiotlb *w, uint64_t slots)
{
	struct dmv_linux *l = w->l;
	struct dmv_bounce_fact *b = &l->f->bounce[l->f->nbounce - 1];
	struct run r = { .w = w };
	uint8_t buf[BLOCK];
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	uint64_t i = 0, lost = 0, lost_at = 0;

	if (!layout(l, &r.at)) {
		l->f->pool[b->pool].unread += b->slots;
		return;
	}
	while (i < b->slots && !w->no_memory && !dmv_linux_stopped(l)) {
		uint64_t n = BLOCK / r.at.stride, done;

		n = n < b->slots - i ? n : b->slots - i;
		done = block(&r, slots, i, n, buf, &e);
		i += done;
		if (done == n || i >= b->slots)
			continue;
		end(&r);                        /* it may go on where nothing can be read */
		n = behind(&r, slots, i, &e);
		n = n < b->slots ? n : b->slots;
		if (!lost)
			lost_at = slots + i * r.at.stride;
		lost += n - i;
		i = n;
	}
	end(&r);
	b->in_use = r.in_use;
	l->f->pool[b->pool].in_use += r.in_use;
	l->f->pool[b->pool].unread += lost;
	if (lost)
		dmv_note_add(l->f, DMV_TOPIC_BOUNCE, lost_at, "%" PRIu64 " of %" PRIu64 " slots of "
			     "the bounce pool at 0x%" PRIx64 " cannot be read, the first of them "
			     "at 0x%" PRIx64 ": %s", lost, b->slots, b->start, lost_at, e.msg);
}
