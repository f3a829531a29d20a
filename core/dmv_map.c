/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Map registers: who maps which bytes; MapTransfer and FlushAdapterBuffers. */
#include "dmv_int.h"

/* ---- spans, cut at page boundaries ---- */

/* The part of a span that lies on one page. */
struct piece {
	uint64_t frame, at;             /* at: bytes from the start of the span */
	uint32_t offset, bytes;         /* in the page */
};

/*
 * Most transfers are one page: its piece is there from the start, and what is done with it stands
 * in the calls themselves. The pages behind it have functions of their own, called ..._rest.
 */
struct cut {
	const struct dmv_span *span;
	uint32_t pages;
	struct piece first;
};

/* Pages are counted in 32 bits, and there is a first one. */
static bool can_be_cut(const struct dmv_span *s)
{
	return s->bytes - 1 < UINT32_MAX;
}

static uint64_t span_frame(const struct dmv *v, const struct dmv_span *s, uint32_t page)
{
	if (s->frame)
		return page < s->frames ? s->frame[page] : UINT64_MAX;
	return (s->phys >> v->page_shift) + page;
}

DMV_HOT struct cut cut(const struct dmv *v, const struct dmv_span *s)
{
	const uint32_t offset = (uint32_t)(s->va & (v->page - 1));
	const uint32_t room = v->page - offset;

	return (struct cut){
		s, (uint32_t)((offset + s->bytes + v->page - 1) >> v->page_shift),
		{ span_frame(v, s, 0), 0, offset, s->bytes < room ? (uint32_t)s->bytes : room } };
}

uint32_t dmv_span_pages(const struct dmv *v, const struct dmv_span *s)
{
	return can_be_cut(s) ? cut(v, s).pages : 0;
}

static __attribute__((noinline)) struct piece piece_behind(const struct dmv *v, const struct cut *t,
							  uint32_t page)
{
	const uint64_t at = ((uint64_t)page << v->page_shift) - t->first.offset;
	const uint64_t left = t->span->bytes - at;

	return (struct piece){ span_frame(v, t->span, page), at, 0,
			       left < v->page ? (uint32_t)left : v->page };
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
DMV_HOT uint32_t chain_find(const struct dmv *v, const struct piece *p, uint32_t file)
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

static __attribute__((cold)) bool raise_clash(struct dmv_call *c, struct dmv_adapter *a,
					      const struct dmv_span *s, const struct piece *p,
					      uint32_t i)
{
	const struct dmv *v = c->v;
	const struct dmv_object o = mapped_object(v, i);
	const uint32_t at = v->reg[i].offset > p->offset ? v->reg[i].offset : p->offset;

	return dmv_raise(c, DMV_V_ALREADY_MAPPED, a, &o, NULL, s->va, s->va + s->bytes,
			 s->va + p->at + (at - p->offset));
}

DMV_HOT bool page_clash(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_span *s,
			      const struct piece *p)
{
	const uint32_t i = chain_find(c->v, p, DMV_ABI_NONE);

	return i != DMV_ABI_NONE && raise_clash(c, a, s, p, i);
}

static __attribute__((noinline)) bool clash_rest(struct dmv_call *c, struct dmv_adapter *a,
						 const struct cut *t)
{
	for (uint32_t k = 1; k < t->pages; k++) {
		const struct piece p = piece_behind(c->v, t, k);

		if (page_clash(c, a, t->span, &p))
			return true;
	}
	return false;
}

DMV_HOT bool map_clash(struct dmv_call *c, struct dmv_adapter *a, const struct cut *t)
{
	return page_clash(c, a, t->span, &t->first) || (t->pages > 1 && clash_rest(c, a, t));
}

bool dmv_map_clash(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_span *s)
{
	const struct cut t = cut(c->v, s);

	return map_clash(c, a, &t);
}

/* ---- mapping ---- */

DMV_HOT void write_register(struct dmv_call *c, const struct dmv_file *f, uint32_t i, uint64_t mdl)
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

static __attribute__((noinline)) void fill_shadow(struct dmv *v, const struct dmv_file *f,
						  uint32_t i)
{
	struct dmv_register *r = &v->reg[f->first + i];
	char *shadow = dmv_shadow_data(f, i) + r->offset;

	memcpy(shadow, r->original, r->bytes);
	if (r->flags & DMV_ABI_R_TO_DEVICE)
		r->digest = dmv_digest32(shadow, r->bytes);
}

DMV_HOT void map_page(struct dmv_call *c, struct dmv_file *f, uint32_t i,
			    const struct dmv_span *s, const struct piece *p, uint32_t flags)
{
	struct dmv *v = c->v;
	struct dmv_register *r = &v->reg[f->first + i];

	r->frame = p->frame;
	r->file = f->index;
	r->offset = p->offset;
	r->bytes = p->bytes;
	r->owner = c->site;
	r->flags = flags;
	r->va = s->va + p->at;
	r->original = NULL;
	if (s->original) {
		r->original = s->original + p->at;
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

/* `more` registers and bytes mapped of the file and its adapter: less, if they wrap. */
DMV_HOT void count_mapped(struct dmv_file *f, uint32_t more, uint64_t bytes)
{
	struct dmv_adapter *a = f->adapter;

	f->mapped += more;
	f->bytes_mapped += bytes;
	a->mapped += more;
	a->bytes_mapped += bytes;
	st32(&f->row->mapped, f->mapped);
	st64(&f->row->bytes_mapped, f->bytes_mapped);
	st32(&a->row->registers_mapped, a->mapped);
	st64(&a->row->bytes_mapped, a->bytes_mapped);
}

static __attribute__((noinline)) void map_rest(struct dmv_call *c, struct dmv_file *f,
					       uint32_t first, const struct cut *t, uint32_t flags)
{
	for (uint32_t k = 1; k < t->pages; k++) {
		const struct piece p = piece_behind(c->v, t, k);

		map_page(c, f, first + k, t->span, &p, flags);
	}
}

DMV_HOT bool map_range(struct dmv_call *c, struct dmv_file *f, uint32_t first,
			     const struct cut *t, bool to_device)
{
	const uint32_t flags = (to_device ? DMV_ABI_R_TO_DEVICE : 0) | t->span->flags;

	if (first < f->hooked && !check_free_run(c, f, first, t->pages))
		return false;
	map_page(c, f, first, t->span, &t->first, flags | DMV_ABI_R_FIRST);
	if (t->pages > 1)
		map_rest(c, f, first, t, flags);
	count_mapped(f, t->pages, t->span->bytes);
	return true;
}

/*
 * Maps the span into registers [first, first + pages) of the file, which are free. To-device bytes
 * are copied for the device; from-device ones too, so that a partial write harms nothing.
 * false: a free register was written to, and the host stops: nothing was mapped.
 */
bool dmv_map_range(struct dmv_call *c, struct dmv_file *f, uint32_t first, const struct dmv_span *s,
		   bool to_device)
{
	const struct cut t = cut(c->v, s);

	return map_range(c, f, first, &t, to_device);
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

static __attribute__((noinline)) void check_hooked(struct dmv_call *c, struct dmv_file *f,
						   uint32_t i)
{
	const struct dmv_register *r = &c->v->reg[f->first + i];

	dmv_check_mapped(c, f, i);
	if (r->flags & DMV_ABI_R_TO_DEVICE) {
		const char *shadow = dmv_shadow_data(f, i) + r->offset;

		if (dmv_digest32(shadow, r->bytes) != r->digest)
			report_written(c, f, i, shadow);
	}
}

void dmv_check_transfer(struct dmv_call *c, struct dmv_file *f, uint32_t i)
{
	if (c->v->reg[f->first + i].flags & DMV_ABI_R_HOOKED)
		check_hooked(c, f, i);
}

static __attribute__((noinline)) void empty_shadow(struct dmv *v, const struct dmv_file *f,
						   uint32_t i, bool flush)
{
	const struct dmv_register *r = &v->reg[f->first + i];
	char *original = flush && !(r->flags & DMV_ABI_R_TO_DEVICE) ? r->original : NULL;

	dmv_shadow_empty(v, dmv_shadow_data(f, i) + r->offset, original, r->bytes);
}

DMV_HOT void unmap(struct dmv_call *c, struct dmv_file *f, uint32_t i, bool flush)
{
	struct dmv *v = c->v;
	struct dmv_register *r = &v->reg[f->first + i];

	if (r->flags & DMV_ABI_R_HOOKED)
		empty_shadow(v, f, i, flush);
	dmv_row_history(v, DMV_ABI_K_REGISTER, r->row);
	chain_drop(v, f->first + i);
	count_mapped(f, (uint32_t)-1, 0 - (uint64_t)r->bytes);
	r->bytes = 0;
}

void dmv_unmap(struct dmv_call *c, struct dmv_file *f, uint32_t i, bool flush)
{
	unmap(c, f, i, flush);
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
static __attribute__((noinline)) uint64_t one_piece(const struct dmv *v, const struct dmv_file *f,
						    const struct cut *t)
{
	const bool sg = f->adapter->flags & DMV_ABI_A_SCATTER_GATHER;
	const bool hooked = t->span->original && f->hooked;
	uint64_t bytes = t->first.bytes, frame = t->first.frame;

	if (hooked)
		return sg ? bytes : t->span->bytes;
	for (uint32_t k = 1; k < t->pages; k++) {
		const struct piece p = piece_behind(v, t, k);

		if (p.frame != ++frame)
			break;
		bytes += p.bytes;
	}
	return bytes;
}

bool dmv_too_many_bytes(struct dmv_call *c, struct dmv_adapter *a, uint64_t bytes)
{
	const uint64_t most = (uint64_t)a->max_registers << c->v->page_shift;
	const uint64_t want = a->bytes_mapped + bytes;
	const struct dmv_object o = { DMV_ABI_K_ADAPTER, a->index, a->gen, DMV_ABI_NONE, 0 };

	return a->bytes_mapped && want > most &&
	       dmv_raise(c, DMV_V_TOO_MANY_BYTES, a, &o, NULL, want, most, 0);
}

DMV_HOT bool map_refused(struct dmv_call *c, struct dmv_adapter *a, const struct cut *t)
{
	return (a->bytes_mapped && dmv_too_many_bytes(c, a, t->span->bytes)) || map_clash(c, a, t);
}

/* No free run: either the request is larger than the file, or transfers before it fill it. */
void dmv_no_registers(struct dmv_call *c, struct dmv_adapter *a, struct dmv_file *f,
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

DMV_HOT void
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
	struct cut t = cut(v, s);
	uint32_t first;
	int result = DMV_VIOLATED;

	if (!can_be_cut(s))
		return DMV_VIOLATED;
	dmv_enter_hot(&c, v, caller, DMV_ABI_OP_MAP, a);
	f = dmv_file_find(v, base, a);
	if (map_refused(&c, a, &t))
		goto out;
	if (f && t.pages > 1) {
		part = head_of(s, one_piece(v, f, &t));
		t = cut(v, &part);
	}
	first = f ? free_run(v, f, t.pages) : DMV_ABI_NONE;
	if (first == DMV_ABI_NONE) {
		dmv_no_registers(&c, a, f, t.span, t.pages);
		goto out;
	}
	dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	if (!map_range(&c, f, first, &t, to_device))
		goto out;
	f->cursor = first + t.pages < f->count ? first + t.pages : 0;
	*bytes = t.span->bytes;
	*bus = v->reg[f->first + first].row->bus;
	transfer_event(&c, DMV_ABI_OP_MAP, f, t.span, to_device, *bus);
	result = DMV_OK;
out:
	dmv_leave_hot(&c);
	return result;
}

/* ---- FlushAdapterBuffers ---- */

/* Register of the file that maps this piece; mostly register `guess` is the one. */
DMV_HOT uint32_t mapped_by(const struct dmv *v, const struct dmv_file *f,
				 const struct piece *p, uint32_t guess)
{
	if (guess - f->first < f->count && v->reg[guess].bytes && maps(&v->reg[guess], p, f->index))
		return guess;
	return chain_find(v, p, f->index);
}

static __attribute__((cold)) void raise_not_mapped(struct dmv_call *c, struct dmv_adapter *a,
						   const struct dmv_file *f, void *base)
{
	const bool hooked = f && f->hooked;
	const uint64_t at = hooked ? (uintptr_t)dmv_shadow_data(f, 0) : (uintptr_t)base;

	dmv_raise(c, DMV_V_FLUSH_NOT_MAPPED, a, NULL, NULL, at, (uintptr_t)a->row, 0);
}

DMV_HOT bool nothing_mapped(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_file *f,
			    void *base)
{
	if (f && f->mapped)
		return false;
	raise_not_mapped(c, a, f, base);
	return true;
}

bool dmv_nothing_mapped(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_file *f,
			void *base)
{
	return nothing_mapped(c, a, f, base);
}

/*
 * Flags that mapping the MDL's pages changes, and taking that back: MAPPED_TO_SYSTEM_VA,
 * PARTIAL_HAS_BEEN_MAPPED, PARENT_MAPPED_SYSTEM_VA, FREE_EXTRA_PTES, MAPPING_CAN_FAIL of wdm.h.
 */
#define MAPPING_FLAGS ((0x0001u | 0x0020u | 0x0100u | 0x0200u | 0x2000u) << 16)

/* It may be another MDL of the same pages. */
static __attribute__((cold)) bool raise_mdl_changed(struct dmv_call *c, const struct dmv_file *f,
						    const struct dmv_span *s, uint32_t i,
						    uint32_t changed)
{
	const struct dmv_object o = mapped_object(c->v, i);

	return c->v->reg[i].row->mdl == s->mdl &&
	       dmv_raise(c, DMV_V_MDL_MANGLED, f->adapter, &o, NULL, s->mdl, s->flags >> 16,
			 changed >> 16);
}

/* Register i maps a page of the span. */
DMV_HOT bool mdl_changed(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
			 uint32_t i)
{
	const uint32_t changed = (c->v->reg[i].flags ^ s->flags) & DMV_ABI_R_MDL & ~MAPPING_FLAGS;

	return changed && raise_mdl_changed(c, f, s, i, changed);
}

bool dmv_mdl_changed(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
		     uint32_t i)
{
	return mdl_changed(c, f, s, i);
}

/* It lies behind the file's last register, or the driver flushes another part. */
void dmv_not_mapped(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
		    bool behind, uint64_t left, uint64_t asked)
{
	const struct dmv_object o = dmv_file_object(f);

	if (behind)
		dmv_raise(c, DMV_V_FLUSH_PAST_FILE, f->adapter, &o, NULL, 0, left, asked);
	else
		dmv_raise(c, DMV_V_FLUSH_OTHER_PART, f->adapter, &o, NULL,
			  (uintptr_t)dmv_file_handle(f), s->va, s->mdl);
}

/* Page k is not mapped by the file. */
static void not_this_part(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
			  uint32_t k, uint32_t first, uint64_t mdl_left)
{
	const uint64_t at = ((uint64_t)k << c->v->page_shift) - (k ? s->va & (c->v->page - 1) : 0);

	dmv_not_mapped(c, f, s, k > 0 && first - f->first + k >= f->count,
		       mdl_left > at ? mdl_left - at : 0, s->bytes - at);
}

/* False: raised, that one of the pages behind the first is not mapped by the file. */
static __attribute__((noinline)) bool check_rest(struct dmv_call *c, struct dmv_file *f,
						 const struct cut *t, uint32_t first,
						 uint64_t mdl_left)
{
	uint32_t i = first;

	for (uint32_t k = 1; k < t->pages; k++) {
		const struct piece p = piece_behind(c->v, t, k);

		i = mapped_by(c->v, f, &p, i + 1);
		if (i == DMV_ABI_NONE) {
			not_this_part(c, f, t->span, k, first, mdl_left);
			return false;
		}
		dmv_check_transfer(c, f, i - f->first);
	}
	return true;
}

/* Returns the last register. */
static __attribute__((noinline)) uint32_t unmap_rest(struct dmv_call *c, struct dmv_file *f,
						     const struct cut *t, uint32_t first)
{
	uint32_t i = first;

	for (uint32_t k = 1; k < t->pages; k++) {
		const struct piece p = piece_behind(c->v, t, k);

		i = mapped_by(c->v, f, &p, i + 1);
		if (i != DMV_ABI_NONE)          /* a register that maps two of them is done */
			dmv_unmap(c, f, i - f->first, true);
	}
	return i;
}

int dmv_flush(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_span *s,
	      bool to_device, uint64_t mdl_left, uint64_t caller)
{
	const struct cut t = cut(v, s);
	struct dmv_file *f;
	struct dmv_call c;
	uint32_t first, last;
	int result = DMV_VIOLATED;

	if (!can_be_cut(s))
		return DMV_VIOLATED;
	dmv_enter_hot(&c, v, caller, DMV_ABI_OP_FLUSH, a);
	f = dmv_file_find(v, base, a);
	if (nothing_mapped(&c, a, f, base))
		goto out;
	first = last = mapped_by(v, f, &t.first, f->oldest);
	if (first == DMV_ABI_NONE) {
		not_this_part(&c, f, s, 0, first, mdl_left);
		goto out;
	}
	if (mdl_changed(&c, f, s, first))
		goto out;
	dmv_check_transfer(&c, f, first - f->first);
	if (t.pages > 1 && !check_rest(&c, f, &t, first, mdl_left))
		goto out;
	if (c.stopping)
		goto out;
	dmv_working_on(&c, DMV_ABI_K_FILE, f->index, f->gen);
	unmap(&c, f, first - f->first, true);
	if (t.pages > 1)
		last = unmap_rest(&c, f, &t, first);
	f->oldest = last + 1;
	if (f->mapped == 0)
		f->cursor = 0;
	transfer_event(&c, DMV_ABI_OP_FLUSH, f, s, to_device, DMV_ABI_UNKNOWN);
	result = DMV_OK;
out:
	dmv_leave_hot(&c);
	return result;
}

/* ---- for transfers over several spans ---- */

static struct piece piece_of(const struct dmv *v, const struct dmv_span *s, uint32_t page)
{
	const struct cut t = cut(v, s);

	return page ? piece_behind(v, &t, page) : t.first;
}

struct dmv_element dmv_span_page(const struct dmv *v, const struct dmv_file *f, uint32_t i,
				 const struct dmv_span *s, uint32_t page)
{
	const struct piece p = piece_of(v, s, page);
	uint64_t bus = p.frame << v->page_shift;

	if (s->original && i < f->hooked)
		bus = f->shadow_phys + f->data_offset + i * f->data_stride;
	return (struct dmv_element){ bus + p.offset, p.bytes };
}

uint32_t dmv_span_register(const struct dmv *v, const struct dmv_file *f, const struct dmv_span *s,
			   uint32_t page, uint32_t guess)
{
	const struct piece p = piece_of(v, s, page);

	return mapped_by(v, f, &p, guess);
}
