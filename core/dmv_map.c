/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Map registers: who maps which bytes; MapTransfer and FlushAdapterBuffers. */
#include "dmv_int.h"

/* ---- spans ---- */

static uint32_t span_pages(const struct dmv *v, uint64_t va, uint64_t bytes)
{
	return (uint32_t)(((va & (v->page - 1)) + bytes + v->page - 1) >> v->page_shift);
}

static uint64_t span_frame(const struct dmv *v, const struct dmv_span *s, uint32_t page)
{
	return s->frame ? s->frame[page] : (s->phys >> v->page_shift) + page;
}

/* The part of a span that lies on its page number `page`. */
struct piece {
	uint64_t frame, at;             /* at: bytes from the start of the span */
	uint32_t offset, bytes;         /* in the page */
};

static struct piece piece_of(const struct dmv *v, const struct dmv_span *s, uint32_t page)
{
	const uint32_t first = (uint32_t)(s->va & (v->page - 1));
	const uint64_t start = page ? ((uint64_t)page << v->page_shift) - first : 0;
	const uint32_t offset = page ? 0 : first;
	const uint64_t left = s->bytes - start;

	return (struct piece){ span_frame(v, s, page), start, offset,
			       left < v->page - offset ? (uint32_t)left : v->page - offset };
}

static struct dmv_span head_of(const struct dmv_span *s, uint64_t bytes)
{
	struct dmv_span h = *s;

	h.bytes = bytes;
	return h;
}

/* ---- which bytes are mapped: registers chained by page frame ---- */

static void chain_add(struct dmv *v, uint32_t i)
{
	struct dmv_register *r = &v->reg[i];
	uint32_t *head = &v->pages.bucket[dmv_hash_slot(&v->pages, r->frame)];

	r->next = *head;
	*head = i;
}

static void chain_drop(struct dmv *v, uint32_t i)
{
	struct dmv_register *r = &v->reg[i];
	uint32_t *at = &v->pages.bucket[dmv_hash_slot(&v->pages, r->frame)];

	while (*at != i)
		at = &v->reg[*at].next;
	*at = r->next;
}

static bool maps(const struct dmv_register *r, const struct piece *p, uint32_t file)
{
	return r->frame == p->frame && (file == DMV_ABI_NONE || r->file == file) &&
	       r->offset < p->offset + p->bytes && p->offset < r->offset + r->bytes;
}

/* A register that maps a byte of the piece; of `file` only, unless that is NONE. */
static uint32_t chain_find(const struct dmv *v, const struct piece *p, uint32_t file)
{
	uint32_t i = v->pages.bucket[dmv_hash_slot(&v->pages, p->frame)];

	while (i != DMV_ABI_NONE && !maps(&v->reg[i], p, file))
		i = v->reg[i].next;
	return i;
}

static struct dmv_object mapped_object(const struct dmv *v, uint32_t i)
{
	const struct dmv_register *r = &v->reg[i];

	return (struct dmv_object){ DMV_ABI_K_REGISTER, i, r->row->gen, r->owner, r->row->time };
}

static __attribute__((noinline)) bool page_clash(struct dmv_call *c, struct dmv_adapter *a,
						 const struct dmv_span *s, uint32_t k)
{
	struct dmv *v = c->v;
	const struct piece p = piece_of(v, s, k);
	const uint32_t i = chain_find(v, &p, DMV_ABI_NONE);

	if (i == DMV_ABI_NONE)
		return false;
	const struct dmv_object o = mapped_object(v, i);
	const uint32_t at = v->reg[i].offset > p.offset ? v->reg[i].offset : p.offset;

	return dmv_raise(c, DMV_V_ALREADY_MAPPED, a, &o, NULL, s->va, s->va + s->bytes,
			 s->va + p.at + (at - p.offset));
}

bool dmv_map_clash(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_span *s)
{
	const uint32_t pages = span_pages(c->v, s->va, s->bytes);

	for (uint32_t k = 0; k < pages; k++)
		if (page_clash(c, a, s, k))
			return true;
	return false;
}

/* ---- mapping ---- */

static void write_register(struct dmv_call *c, const struct dmv_file *f, uint32_t i, uint64_t mdl)
{
	const struct dmv *v = c->v;
	const struct dmv_register *r = &v->reg[f->first + i];
	struct dmv_abi_register *row = r->row;
	const uint64_t phys = (r->frame << v->page_shift) + r->offset;
	const bool hooked = r->flags & DMV_ABI_R_HOOKED;
	char *shadow = hooked ? dmv_shadow_data(f, i) + r->offset : NULL;

	dmv_row_begin(row);
	dmv_ref_set(&row->file, f->index, f->gen);
	st32(&row->index, i);
	st32(&row->flags, r->flags);
	st32(&row->bytes, r->bytes);
	st32(&row->owner, c->site);
	st64(&row->va, r->va);
	st64(&row->phys, phys);
	st64(&row->original_virt, r->original ? (uintptr_t)r->original : DMV_ABI_UNKNOWN);
	st64(&row->bus, hooked ? f->shadow_phys + (uint64_t)(shadow - f->shadow) : phys);
	st64(&row->shadow_virt, hooked ? (uintptr_t)shadow : DMV_ABI_UNKNOWN);
	st64(&row->mdl, mdl);
	st64(&row->time, c->now);
}

static void fill_shadow(struct dmv *v, const struct dmv_file *f, uint32_t i)
{
	struct dmv_register *r = &v->reg[f->first + i];
	char *shadow = dmv_shadow_data(f, i) + r->offset;

	memcpy(shadow, r->original, r->bytes);
	if (r->flags & DMV_ABI_R_TO_DEVICE)
		r->digest = dmv_digest32(shadow, r->bytes);
}

/* Page k of the span into register i; the loops around it mostly run once. */
static __attribute__((noinline)) void map_page(struct dmv_call *c, struct dmv_file *f, uint32_t i,
					       const struct dmv_span *s, uint32_t k, uint32_t flags)
{
	struct dmv *v = c->v;
	const struct piece p = piece_of(v, s, k);
	struct dmv_register *r = &v->reg[f->first + i];

	r->frame = p.frame;
	r->file = f->index;
	r->offset = p.offset;
	r->bytes = p.bytes;
	r->owner = c->site;
	r->flags = flags;
	r->va = s->va + p.at;
	r->original = NULL;
	if (s->original) {
		r->original = s->original + p.at;
		if (i < f->hooked) {
			r->flags |= DMV_ABI_R_HOOKED;
			fill_shadow(v, f, i);
		}
	}
	write_register(c, f, i, s->mdl);
	dmv_live(v, DMV_ABI_K_REGISTER, r->row);
	chain_add(v, f->first + i);
}

static __attribute__((noinline)) bool
check_free_run(struct dmv_call *c, struct dmv_file *f, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n && i < f->hooked; i++)
		dmv_check_free(c, f, i, false);
	return !c->stopping;
}

/*
 * Maps the span into registers [first, first + pages) of the file, which are free. To-device bytes
 * are copied for the device; from-device ones too, so that a partial write harms nothing.
 * false: a free register was written to, and the host stops: nothing was mapped.
 */
bool dmv_map_range(struct dmv_call *c, struct dmv_file *f, uint32_t first, const struct dmv_span *s,
		   bool to_device)
{
	struct dmv_adapter *a = f->adapter;
	const uint32_t pages = span_pages(c->v, s->va, s->bytes);

	if (first < f->hooked && !check_free_run(c, f, first, pages))
		return false;
	for (uint32_t k = 0; k < pages; k++)
		map_page(c, f, first + k, s, k,
			 (to_device ? DMV_ABI_R_TO_DEVICE : 0) | (k ? 0 : DMV_ABI_R_FIRST));
	f->mapped += pages;
	f->bytes_mapped += s->bytes;
	a->mapped += pages;
	a->bytes_mapped += s->bytes;
	st32(&f->row->mapped, f->mapped);
	st64(&f->row->bytes_mapped, f->bytes_mapped);
	st32(&a->row->registers_mapped, a->mapped);
	st64(&a->row->bytes_mapped, a->bytes_mapped);
	return true;
}

/* The shadow changed although the device was only to read it: where, against the driver's bytes. */
static void report_written(struct dmv_call *c, struct dmv_file *f, uint32_t i, const char *shadow)
{
	struct dmv *v = c->v;
	const struct dmv_register *r = &v->reg[f->first + i];
	const struct dmv_object o = mapped_object(v, f->first + i);
	uint32_t first = 0, bad = 0;

	for (uint32_t k = r->bytes; k-- > 0;)
		if (shadow[k] != r->original[k]) {
			first = k;
			bad++;
		}
	const struct dmv_found found = { .at = shadow + first, .offset = first, .bad = bad,
					 .expected = DMV_ABI_NONE, .shadow = shadow,
					 .original = r->original, .bytes = r->bytes };

	dmv_raise(c, DMV_V_TO_DEVICE_WRITTEN, f->adapter, &o, &found, r->va,
		  (uintptr_t)shadow + first, bad);
}

void dmv_check_transfer(struct dmv_call *c, struct dmv_file *f, uint32_t i)
{
	struct dmv *v = c->v;
	const struct dmv_register *r = &v->reg[f->first + i];

	if (!(r->flags & DMV_ABI_R_HOOKED))
		return;
	dmv_check_mapped(c, f, i);
	if (r->flags & DMV_ABI_R_TO_DEVICE) {
		const char *shadow = dmv_shadow_data(f, i) + r->offset;

		if (dmv_digest32(shadow, r->bytes) != r->digest)
			report_written(c, f, i, shadow);
	}
}

void dmv_unmap(struct dmv_call *c, struct dmv_file *f, uint32_t i, bool flush)
{
	struct dmv *v = c->v;
	struct dmv_adapter *a = f->adapter;
	struct dmv_register *r = &v->reg[f->first + i];

	if (r->flags & DMV_ABI_R_HOOKED) {
		char *shadow = dmv_shadow_data(f, i) + r->offset;

		if (flush && !(r->flags & DMV_ABI_R_TO_DEVICE))
			memcpy(r->original, shadow, r->bytes);
		memset(shadow, 0x0F, r->bytes);
	}
	dmv_row_history(v, DMV_ABI_K_REGISTER, r->row);
	chain_drop(v, f->first + i);
	f->mapped--;
	f->bytes_mapped -= r->bytes;
	a->mapped--;
	a->bytes_mapped -= r->bytes;
	r->bytes = 0;
	st32(&f->row->mapped, f->mapped);
	st64(&f->row->bytes_mapped, f->bytes_mapped);
	st32(&a->row->registers_mapped, a->mapped);
	st64(&a->row->bytes_mapped, a->bytes_mapped);
}

/* ---- MapTransfer ---- */

/* First of k consecutive free registers from the cursor on, once around; NONE: not that many. */
static __attribute__((noinline)) uint32_t search_run(const struct dmv *v, const struct dmv_file *f,
						     uint32_t k)
{
	uint32_t run = 0;

	if (k > f->count || k > f->count - f->mapped)
		return DMV_ABI_NONE;
	for (uint32_t n = 0, i = f->cursor; n < 2 * f->count; n++, i++) {
		if (i >= f->count) {
			i = 0;
			run = 0;
		}
		run = v->reg[f->first + i].bytes ? 0 : run + 1;
		if (run == k)
			return i + 1 - k;
	}
	return DMV_ABI_NONE;
}

static uint32_t free_run(const struct dmv *v, const struct dmv_file *f, uint32_t k)
{
	if (k == 1 && f->count && !v->reg[f->first + f->cursor].bytes)
		return f->cursor;
	return search_run(v, f, k);
}

/*
 * How much of the span can go in one piece: the device is given one address. A hooked register of
 * a scatter/gather device stands alone between its guards; pages without a shadow must be adjacent.
 */
static uint64_t one_piece(const struct dmv *v, const struct dmv_file *f, const struct dmv_span *s)
{
	const bool sg = f->adapter->flags & DMV_ABI_A_SCATTER_GATHER;
	const uint32_t pages = span_pages(v, s->va, s->bytes);
	struct piece p;
	uint64_t bytes, frame;

	if (pages == 1 || (s->original && f->hooked && !sg))
		return s->bytes;
	p = piece_of(v, s, 0);
	bytes = p.bytes;
	frame = p.frame;
	if (s->original && f->hooked)
		return bytes;
	for (uint32_t k = 1; k < pages; k++) {
		p = piece_of(v, s, k);
		if (p.frame != ++frame)
			break;
		bytes += p.bytes;
	}
	return bytes;
}

static bool map_refused(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_span *s)
{
	const uint64_t most = (uint64_t)a->max_registers << c->v->page_shift;

	if (a->bytes_mapped && a->bytes_mapped + s->bytes > most) {
		const struct dmv_object o = { DMV_ABI_K_ADAPTER, a->index, a->gen,
					      DMV_ABI_NONE, 0 };

		if (dmv_raise(c, DMV_V_TOO_MANY_BYTES, a, &o, NULL, a->bytes_mapped + s->bytes,
			      most, 0))
			return true;
	}
	return dmv_map_clash(c, a, s);
}

/* No free run: either the request is larger than the file, or transfers before it fill it. */
static void no_registers(struct dmv_call *c, struct dmv_adapter *a, struct dmv_file *f,
			 const struct dmv_span *s, uint32_t pages)
{
	struct dmv *v = c->v;
	uint32_t i = f ? f->cursor : 0;

	if (!f || pages > f->count) {
		dmv_raise(c, DMV_V_TOO_MANY_REGISTERS, a, NULL, NULL, pages, f ? f->count : 0, 0);
		return;
	}
	for (uint32_t n = 0; n < f->count; n++, i++) {
		if (i >= f->count)
			i = 0;
		if (v->reg[f->first + i].bytes)
			break;
	}
	const struct dmv_object o = mapped_object(v, f->first + i);

	dmv_raise(c, DMV_V_REGISTER_REMAPPED, a, &o, NULL, (uintptr_t)v->reg[f->first + i].row,
		  v->reg[f->first + i].va, s->va);
}

static inline __attribute__((always_inline)) void
transfer_event(struct dmv_call *c, enum dmv_abi_op op, struct dmv_file *f, const struct dmv_span *s,
	       bool to_device, uint64_t bus)
{
	dmv_event_write(c, op, f->adapter, &(struct dmv_event_args){
		.kind = DMV_ABI_K_FILE, .row = f->index, .gen = f->gen,
		.direction = to_device ? 1 : 2, .address = s->va, .bus = bus, .size = s->bytes });
}

int dmv_map(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_span *s,
	    bool to_device, uint64_t caller, uint64_t *bytes, uint64_t *bus)
{
	struct dmv_file *f;
	struct dmv_call c;
	struct dmv_span part;
	uint32_t first, pages;
	uint64_t whole;
	int result = DMV_VIOLATED;

	dmv_enter(&c, v, caller, DMV_ABI_OP_MAP, a);
	f = dmv_file_find(v, base, a);
	if (map_refused(&c, a, s))
		goto out;
	whole = f ? one_piece(v, f, s) : s->bytes;
	if (whole != s->bytes) {
		part = head_of(s, whole);
		s = &part;
	}
	pages = span_pages(v, s->va, s->bytes);
	first = f ? free_run(v, f, pages) : DMV_ABI_NONE;
	if (first == DMV_ABI_NONE) {
		no_registers(&c, a, f, s, pages);
		goto out;
	}
	dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	if (!dmv_map_range(&c, f, first, s, to_device))
		goto out;
	f->cursor = first + pages < f->count ? first + pages : 0;
	*bytes = s->bytes;
	*bus = v->reg[f->first + first].row->bus;
	transfer_event(&c, DMV_ABI_OP_MAP, f, s, to_device, *bus);
	result = DMV_OK;
out:
	dmv_leave(&c);
	return result;
}

/* ---- FlushAdapterBuffers ---- */

/* Register of the file that maps page k of the span; mostly register `guess` is the one. */
static __attribute__((noinline)) uint32_t
mapped_by(const struct dmv *v, const struct dmv_file *f, const struct dmv_span *s, uint32_t k,
	  uint32_t guess)
{
	struct piece p;

	if (s->frame && k >= s->frames)
		return DMV_ABI_NONE;
	p = piece_of(v, s, k);
	if (guess - f->first < f->count && v->reg[guess].bytes &&
	    maps(&v->reg[guess], &p, f->index))
		return guess;
	return chain_find(v, &p, f->index);
}

static bool nothing_mapped(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_file *f,
			   void *base)
{
	const bool hooked = f && f->hooked;
	const uint64_t at = hooked ? (uintptr_t)dmv_shadow_data(f, 0) : (uintptr_t)base;

	if (f && f->mapped)
		return false;
	dmv_raise(c, DMV_V_FLUSH_NOT_MAPPED, a, NULL, NULL, at, (uintptr_t)a->row, 0);
	return true;
}

/*
 * Page k is not mapped by the file: it lies behind its last register, or the driver flushes another
 * part.
 */
static void not_this_part(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
			  uint32_t k, uint32_t first, uint64_t mdl_left)
{
	const uint64_t at = ((uint64_t)k << c->v->page_shift) - (k ? s->va & (c->v->page - 1) : 0);
	const struct dmv_object o = dmv_file_object(f);

	if (k > 0 && first - f->first + k >= f->count)
		dmv_raise(c, DMV_V_FLUSH_PAST_FILE, f->adapter, &o, NULL, 0,
			  mdl_left > at ? mdl_left - at : 0, s->bytes - at);
	else
		dmv_raise(c, DMV_V_FLUSH_OTHER_PART, f->adapter, &o, NULL,
			  (uintptr_t)dmv_file_handle(f), s->va, s->mdl);
}

int dmv_flush(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_span *s,
	      bool to_device, uint64_t mdl_left, uint64_t caller)
{
	const uint32_t pages = span_pages(v, s->va, s->bytes);
	struct dmv_file *f;
	struct dmv_call c;
	uint32_t first = 0, i = 0;
	int result = DMV_VIOLATED;

	dmv_enter(&c, v, caller, DMV_ABI_OP_FLUSH, a);
	f = dmv_file_find(v, base, a);
	if (nothing_mapped(&c, a, f, base))
		goto out;
	for (uint32_t k = 0; k < pages; k++) {
		i = mapped_by(v, f, s, k, k ? i + 1 : f->oldest);
		if (k == 0)
			first = i;
		if (i == DMV_ABI_NONE) {
			not_this_part(&c, f, s, k, first, mdl_left);
			goto out;
		}
		dmv_check_transfer(&c, f, i - f->first);
	}
	if (c.stopping)
		goto out;
	dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	for (uint32_t k = 0; k < pages; k++) {
		i = k ? mapped_by(v, f, s, k, i + 1) : first;
		if (i != DMV_ABI_NONE)
			dmv_unmap(&c, f, i - f->first, true);
	}
	f->oldest = i + 1;
	if (f->mapped == 0)
		f->cursor = 0;
	transfer_event(&c, DMV_ABI_OP_FLUSH, f, s, to_device, DMV_ABI_UNKNOWN);
	result = DMV_OK;
out:
	dmv_leave(&c);
	return result;
}
