/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Transfers over chained MDLs: MapTransferEx and FlushAdapterBuffersEx, and what lists share. */
#include "dmv_int.h"

/* ---- the spans ---- */

static const struct dmv_span *span_at(const struct dmv_transfer *t, uint32_t k)
{
	return k ? &t->chain[k - 1] : &t->span;
}

uint64_t dmv_transfer_bytes(const struct dmv_transfer *t)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k <= t->chained; k++)
		n += span_at(t, k)->bytes;
	return n;
}

/* 0: it cannot be mapped. */
static uint64_t pages_of(const struct dmv *v, const struct dmv_transfer *t)
{
	uint64_t n = 0;

	for (uint32_t k = 0; k <= t->chained; k++) {
		const uint32_t pages = dmv_span_pages(v, span_at(t, k));

		if (pages == 0)
			return 0;
		n += pages;
	}
	return n;
}

bool dmv_transfer_fits(const struct dmv *v, const struct dmv_transfer *t, uint32_t registers)
{
	const uint64_t pages = pages_of(v, t);

	return pages && pages <= registers;
}

bool dmv_transfer_clash(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_transfer *t)
{
	for (uint32_t k = 0; k <= t->chained; k++)
		if (dmv_map_clash(c, a, span_at(t, k)))
			return true;
	return false;
}

bool dmv_transfer_map(struct dmv_call *c, struct dmv_file *f, const struct dmv_transfer *t,
		      uint64_t bytes)
{
	uint32_t at = 0;

	for (uint32_t k = 0; k <= t->chained && bytes; k++) {
		struct dmv_span s = *span_at(t, k);

		if (s.bytes > bytes)
			s.bytes = bytes;
		if (!dmv_map_range(c, f, at, &s, t->to_device))
			return false;
		at += dmv_span_pages(c->v, &s);
		bytes -= s.bytes;
	}
	return true;
}

/* ---- MapTransferEx ---- */

/* How much of a transfer fits the registers of a file and the elements of a list. */
struct plan {
	uint64_t bytes, end;                    /* end: bus address behind the last byte */
	uint32_t pages, elements;
};

static bool plan_page(const struct dmv_file *f, const struct dmv_element *e, uint32_t max,
		      struct plan *p)
{
	const bool joins = p->pages && e->bus == p->end;

	if (p->pages == f->count)
		return false;
	if (!joins && p->pages && !(f->adapter->flags & DMV_ABI_A_SCATTER_GATHER))
		return false;                   /* the device is given one address */
	if (!joins && p->elements == max)
		return false;
	p->elements += !joins;
	p->pages++;
	p->bytes += e->bytes;
	p->end = e->bus + e->bytes;
	return true;
}

static struct plan plan(const struct dmv *v, const struct dmv_file *f, const struct dmv_transfer *t,
			uint32_t max)
{
	struct plan p = { 0 };

	for (uint32_t k = 0; k <= t->chained; k++) {
		const struct dmv_span *s = span_at(t, k);
		const uint32_t pages = dmv_span_pages(v, s);

		for (uint32_t i = 0; i < pages; i++) {
			const struct dmv_element e = dmv_span_page(v, f, p.pages, s, i);

			if (!plan_page(f, &e, max, &p))
				return p;
		}
	}
	return p;
}

static bool refused(struct dmv_call *c, struct dmv_adapter *a, struct dmv_file *f,
		    const struct dmv_transfer *t, uint64_t pages)
{
	if (dmv_too_many_bytes(c, a, dmv_transfer_bytes(t)) || dmv_transfer_clash(c, a, t))
		return true;
	/* One map a flush: a file that maps anything has no register free. */
	if (!f || !f->count || f->mapped) {
		dmv_no_registers(c, a, f, &t->span, f && f->mapped ? 1 : (uint32_t)pages);
		return true;
	}
	return false;
}

int dmv_map_transfer(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_transfer *t,
		     uint64_t caller, struct dmv_element *out, uint32_t max,
		     struct dmv_map_reach *ret)
{
	const uint64_t pages = pages_of(v, t);
	struct dmv_call c;
	struct dmv_file *f;
	struct plan p;
	int result = DMV_VIOLATED;

	if (pages == 0 || pages > UINT32_MAX || max == 0)
		return DMV_VIOLATED;
	dmv_enter(&c, v, caller, DMV_ABI_OP_MAP, a);
	f = dmv_file_find(v, base, a);
	if (refused(&c, a, f, t, pages))
		goto out;
	p = plan(v, f, t, max);
	dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	if (!dmv_transfer_map(&c, f, t, p.bytes))
		goto out;
	f->oldest = f->first;
	dmv_elements(v, f, out, p.elements);
	*ret = (struct dmv_map_reach){ p.bytes, p.elements };
	dmv_event(&c, DMV_ABI_OP_MAP, a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_FILE, .row = f->index, .gen = f->gen,
		.direction = t->to_device ? 1 : 2, .address = t->span.va, .bus = out[0].bus,
		.size = p.bytes });
	result = DMV_OK;
out:
	dmv_leave(&c);
	return result;
}

/* ---- FlushAdapterBuffersEx ---- */

struct flush {
	const struct dmv_transfer *t;
	uint64_t total, left;                   /* bytes asked for; of the MDLs from there on */
	bool unmap;                             /* else: only looks */
};

/* Page `page` of span s, which is number n of the transfer, `at` bytes behind its start. */
static bool flush_page(struct dmv_call *c, struct dmv_file *f, const struct flush *x,
		       const struct dmv_span *s, uint32_t page, uint32_t n, uint32_t *guess,
		       uint64_t at)
{
	const uint32_t i = dmv_span_register(c->v, f, s, page, *guess);

	if (i == DMV_ABI_NONE && x->unmap)
		return true;                    /* a register that maps two of them is done */
	if (i == DMV_ABI_NONE) {
		dmv_not_mapped(c, f, s, n > 0 && n >= f->count, x->left > at ? x->left - at : 0,
			       x->total - at);
		return false;
	}
	if (!x->unmap && page == 0 && dmv_mdl_changed(c, f, s, i))
		return false;
	if (x->unmap)
		dmv_unmap(c, f, i - f->first, true);
	else
		dmv_check_transfer(c, f, i - f->first);
	*guess = i + 1;
	return true;
}

static bool flush_pages(struct dmv_call *c, struct dmv_file *f, const struct flush *x)
{
	uint32_t guess = f->first, n = 0;
	uint64_t at = 0;

	for (uint32_t k = 0; k <= x->t->chained; k++) {
		const struct dmv_span *s = span_at(x->t, k);
		const uint32_t pages = dmv_span_pages(c->v, s);

		for (uint32_t i = 0; i < pages; i++, n++) {
			const uint32_t bytes = dmv_span_page(c->v, f, 0, s, i).bytes;

			if (!flush_page(c, f, x, s, i, n, &guess, at))
				return false;
			at += bytes;
		}
	}
	return true;
}

int dmv_flush_transfer(struct dmv *v, struct dmv_adapter *a, void *base,
		       const struct dmv_transfer *t, uint64_t mdl_left, uint64_t caller)
{
	struct flush x = { .t = t, .total = dmv_transfer_bytes(t), .left = mdl_left };
	struct dmv_call c;
	struct dmv_file *f;
	int result = DMV_VIOLATED;

	if (pages_of(v, t) == 0)
		return DMV_VIOLATED;
	dmv_enter(&c, v, caller, DMV_ABI_OP_FLUSH, a);
	f = dmv_file_find(v, base, a);
	if (dmv_nothing_mapped(&c, a, f, base) || !flush_pages(&c, f, &x) || c.stopping)
		goto out;
	dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	x.unmap = true;
	flush_pages(&c, f, &x);
	f->oldest = f->first;
	if (f->mapped == 0)
		f->cursor = 0;
	dmv_event(&c, DMV_ABI_OP_FLUSH, a, &(struct dmv_event_args){
		.kind = DMV_ABI_K_FILE, .row = f->index, .gen = f->gen,
		.direction = t->to_device ? 1 : 2, .address = t->span.va, .bus = DMV_ABI_UNKNOWN,
		.size = x.total });
	result = DMV_OK;
out:
	dmv_leave(&c);
	return result;
}
