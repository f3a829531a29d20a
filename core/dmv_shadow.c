/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Shadow pages and guards. A hooked map register has three pages: guard, data, guard. For a device
 * that does scatter/gather they lie in that order, register after register; for one that does not,
 * the data pages of a file lie together, its guards in front and behind.
 */
#include "dmv_int.h"

#define FILL 0x0F

/* ---- patterns and digests ---- */

/* Index of the first byte that is not FILL, or n. */
static size_t fill_check(const struct dmv *v, const char *p, size_t n)
{
	size_t i = 0;

	if (v->port.fill_check)
		return v->port.fill_check(p, n, FILL);
	/* all fill if the first bytes are and each byte equals the one eight before it */
	while (i < n && i < 8 && (unsigned char)p[i] == FILL)
		i++;
	if (i == n || (i == 8 && memcmp(p, p + 8, n - 8) == 0))
		return n;
	while (i < n && (unsigned char)p[i] == FILL)
		i++;
	return i;
}

void dmv_shadow_empty(struct dmv *v, char *shadow, char *original, size_t n)
{
	if (original && v->port.copy_fill) {
		v->port.copy_fill(original, shadow, n, FILL);
		return;
	}
	if (original)
		memcpy(original, shadow, n);
	memset(shadow, FILL, n);
}

static uint32_t count_bad(const char *p, size_t n)
{
	uint32_t bad = 0;

	for (size_t i = 0; i < n; i++)
		bad += (unsigned char)p[i] != FILL;
	return bad;
}

uint64_t dmv_digest64(const char *p, size_t n)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * UINT64_C(0x100000001B3);
	return h;
}

/* Not for the region: only to see, at the flush, whether the device wrote. Four lanes of words. */
uint32_t dmv_digest32(const char *p, size_t n)
{
	uint64_t lane[4] = { n, 1, 2, 3 }, w;
	size_t i = 0;

	for (; i + 32 <= n; i += 32)
		for (size_t l = 0; l < 4; l++) {
			memcpy(&w, p + i + 8 * l, 8);
			lane[l] = (lane[l] ^ w) * UINT64_C(0x9E3779B97F4A7C15);
			lane[l] ^= lane[l] >> 29;
		}
	for (; i < n; i++)
		lane[0] = (lane[0] ^ (unsigned char)p[i]) * UINT64_C(0x100000001B3);
	w = (lane[0] ^ lane[1] * 3 ^ lane[2] * 5 ^ lane[3] * 7) * UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)(w >> 32);
}

/* ---- blocks ---- */

static bool interleaved(const struct dmv_file *f)
{
	return f->adapter->flags & DMV_ABI_A_SCATTER_GATHER;
}

/* How many registers of the file get a shadow: the driver's quota, and what the pool can give. */
static uint32_t hooks(const struct dmv *v, const struct dmv_file *f)
{
	const struct dmv_driver_book *d = &v->driver[f->adapter->driver];
	const uint32_t left = d->quota > d->hooked ? d->quota - d->hooked : 0;

	if (!f->adapter->shadowed || v->shadow.units == 0)
		return 0;
	if (interleaved(f))
		return f->count < left ? f->count : left;
	return f->count <= left ? f->count : 0;
}

void dmv_shadow_take(struct dmv *v, struct dmv_file *f)
{
	const uint32_t want = hooks(v, f);
	struct dmv_driver_book *d = &v->driver[f->adapter->driver];
	const uint64_t page = v->page;

	f->shadow_page = DMV_ABI_NONE;
	if (want == 0)
		return;
	f->shadow_page = dmv_runs_take(&v->shadow, 3 * want);
	if (f->shadow_page == DMV_ABI_NONE ||
	    v->shadow_phys[f->shadow_page + 3 * want - 1] > f->adapter->max_address) {
		if (f->shadow_page != DMV_ABI_NONE)
			dmv_runs_give(&v->shadow, f->shadow_page, 3 * want);
		f->shadow_page = DMV_ABI_NONE;
		st32(&v->header->shadow_short, v->header->shadow_short + want);
		return;
	}
	f->hooked = want;
	f->shadow = (char *)(uintptr_t)v->shadow_va[f->shadow_page];
	f->shadow_phys = v->shadow_phys[f->shadow_page];
	f->data_offset = interleaved(f) ? page : want * page;
	f->data_stride = interleaved(f) ? 3 * page : page;
	d->hooked += want;
	st32(&d->row->hooked, d->hooked);
}

void dmv_shadow_give(struct dmv *v, struct dmv_file *f)
{
	struct dmv_driver_book *d = &v->driver[f->adapter->driver];

	if (f->shadow_page == DMV_ABI_NONE)
		return;
	dmv_runs_give(&v->shadow, f->shadow_page, 3 * f->hooked);
	d->hooked -= f->hooked;
	st32(&d->row->hooked, d->hooked);
	f->shadow_page = DMV_ABI_NONE;
	f->hooked = 0;
}

char *dmv_shadow_data(const struct dmv_file *f, uint32_t i)
{
	return f->shadow + f->data_offset + i * f->data_stride;
}

/* ---- checks ---- */

struct guard {
	char *at;
	size_t n;
};

static bool guard_bad(const struct dmv *v, const struct guard *g, struct dmv_found *found)
{
	const size_t i = fill_check(v, g->at, g->n);

	if (i == g->n)
		return false;
	*found = (struct dmv_found){ .at = g->at + i, .bad = count_bad(g->at + i, g->n - i),
				     .expected = FILL };
	return true;
}

/* So that it is reported once; but a host that stops shall show in its dump what was found. */
static void lay_again(const struct dmv_call *c, const struct guard *g)
{
	if (!c->stopping)
		memset(g->at, FILL, g->n);
}

static struct dmv_object register_object(struct dmv *v, const struct dmv_file *f, uint32_t i)
{
	const struct dmv_register *r = &v->reg[f->first + i];

	if (r->bytes)
		return (struct dmv_object){ DMV_ABI_K_REGISTER, f->first + i, r->row->gen, r->owner,
					    r->row->time };
	return (struct dmv_object){ DMV_ABI_K_FILE, f->index, f->gen, f->owner, f->row->time };
}

/*
 * What guards the data page of register i in front and behind. Data pages that lie together guard
 * each other while they are free; at the ends stand the guard pages.
 */
static void guard_pages(const struct dmv *v, const struct dmv_file *f, uint32_t i,
			struct guard *before, struct guard *after)
{
	char *data = dmv_shadow_data(f, i);
	const size_t page = v->page;

	before->n = after->n = 0;
	if (interleaved(f)) {
		*before = (struct guard){ data - page, page };
		*after = (struct guard){ data + page, page };
		return;
	}
	if (i == 0)
		*before = (struct guard){ f->shadow, (size_t)f->hooked * page };
	else if (!v->reg[f->first + i - 1].bytes)
		*before = (struct guard){ data - page, page };
	if (i + 1 == f->hooked)
		*after = (struct guard){ data + page, (size_t)f->hooked * page };
	else if (!v->reg[f->first + i + 1].bytes)
		*after = (struct guard){ data + page, page };
}

/* Before a map the data page alone: its guards are looked at by the flush, once a transfer. */
void dmv_check_free(struct dmv_call *c, struct dmv_file *f, uint32_t i, bool guards)
{
	struct dmv *v = c->v;
	struct guard g[3] = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	struct dmv_found found;
	bool raised = false;

	if (i >= f->hooked)
		return;
	g[1] = (struct guard){ dmv_shadow_data(f, i), v->page };
	if (guards)
		guard_pages(v, f, i, &g[0], &g[2]);
	for (int k = 0; k < 3; k++) {
		if (g[k].n == 0 || !guard_bad(v, &g[k], &found))
			continue;
		const struct dmv_object o = register_object(v, f, i);

		found.offset = found.at - g[1].at;
		if (!raised)
			raised = dmv_raise(c, DMV_V_FREE_REGISTER_WRITTEN, f->adapter, &o, &found,
					   0, (uintptr_t)found.at, 0);
		lay_again(c, &g[k]);
	}
}

/* Where the driver's buffer starts: the first register of the transfer that register i is of. */
static uint64_t buffer_start(const struct dmv *v, const struct dmv_file *f, uint32_t i)
{
	while (i > 0 && !(v->reg[f->first + i].flags & DMV_ABI_R_FIRST) &&
	       v->reg[f->first + i - 1].bytes)
		i--;
	return v->reg[f->first + i].va;
}

static void check_side(struct dmv_call *c, struct dmv_file *f, uint32_t i, enum dmv_rule rule,
		       const struct guard *near, const struct guard *far)
{
	struct dmv *v = c->v;
	const struct dmv_register *r = &v->reg[f->first + i];
	char *start = dmv_shadow_data(f, i) + r->offset;
	const struct guard *side[2] = { near, far };
	struct dmv_found found;
	bool raised = false;

	for (int k = 0; k < 2; k++) {
		if (side[k]->n == 0 || !guard_bad(v, side[k], &found))
			continue;
		const struct dmv_object o = register_object(v, f, i);

		found.offset = found.at - start;
		found.shadow = start;
		found.original = r->original;
		found.bytes = r->bytes;
		if (!raised)
			raised = dmv_raise(c, rule, f->adapter, &o, &found, 0,
					   buffer_start(v, f, i), (uintptr_t)found.at);
		lay_again(c, side[k]);
	}
}

void dmv_check_mapped(struct dmv_call *c, struct dmv_file *f, uint32_t i)
{
	struct dmv *v = c->v;
	const struct dmv_register *r = &v->reg[f->first + i];
	struct guard far_before, far_after, before, after;
	char *data;

	if (i >= f->hooked)
		return;
	data = dmv_shadow_data(f, i);
	guard_pages(v, f, i, &far_before, &far_after);
	before = (struct guard){ data, r->offset };
	after = (struct guard){ data + r->offset + r->bytes, v->page - r->offset - r->bytes };
	check_side(c, f, i, DMV_V_GUARD_BEFORE, &before, &far_before);
	check_side(c, f, i, DMV_V_GUARD_AFTER, &after, &far_after);
}

void dmv_check_file(struct dmv_call *c, struct dmv_file *f)
{
	for (uint32_t i = 0; i < f->hooked && i < f->count; i++) {
		if (c->v->reg[f->first + i].bytes)
			dmv_check_mapped(c, f, i);
		else
			dmv_check_free(c, f, i, true);
	}
}

static bool tag_bad(const char *at, const uint8_t want[8], struct dmv_found *found)
{
	uint32_t first = 8, bad = 0;

	for (uint32_t i = 0; i < 8; i++) {
		if ((uint8_t)at[i] == want[i])
			continue;
		if (first == 8)
			first = i;
		bad++;
	}
	*found = (struct dmv_found){ .at = at + first, .bad = bad, .expected = DMV_ABI_NONE };
	return bad;
}

/* Tag first: it is the nearest to the driver's bytes; then the padding up to the block's end. */
static void buffer_side(struct dmv_call *c, struct dmv_buffer *b, enum dmv_rule rule, char *mark,
			struct guard padding)
{
	const uint8_t *want = c->v->header->tag;
	const struct dmv_object o = dmv_buffer_object(b);
	struct dmv_found found;

	if (!tag_bad(mark, want, &found) && !guard_bad(c->v, &padding, &found))
		return;
	found.offset = found.at - b->va;
	dmv_raise(c, rule, b->adapter, &o, &found, 0, b->bytes, (uintptr_t)b->va);
	if (!c->stopping)
		memcpy(mark, want, 8);
	lay_again(c, &padding);
}

void dmv_check_buffer(struct dmv_call *c, struct dmv_buffer *b)
{
	char *end = b->va + b->bytes, *block_end = b->block + b->block_bytes;

	if (b->block == b->va)          /* not verified: neither tags nor padding */
		return;
	buffer_side(c, b, DMV_V_TAG_BEFORE, b->va - 8,
		    (struct guard){ b->block, (size_t)(b->va - 8 - b->block) });
	buffer_side(c, b, DMV_V_TAG_AFTER, end,
		    (struct guard){ end + 8, (size_t)(block_end - end - 8) });
}

/* ---- what nobody flushed ---- */

static size_t first_difference(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	if (memcmp(a, b, n) == 0)
		return n;
	while (a[i] == b[i])
		i++;
	return i;
}

/* The driver reads its own bytes, and the device's are older than the limit. */
static void check_stale(struct dmv_call *c, const struct dmv_file *f, uint32_t i)
{
	struct dmv_register *r = &c->v->reg[f->first + i];
	const struct dmv_object o = { DMV_ABI_K_REGISTER, f->first + i, r->row->gen, r->owner,
				      r->row->time };
	const char *shadow = dmv_shadow_data(f, i) + r->offset;
	struct dmv_found found;
	size_t at;

	if (c->now - r->row->time <= c->v->stale || r->digest == r->row->gen)
		return;
	at = first_difference(shadow, r->original, r->bytes);
	if (at == r->bytes)
		return;
	r->digest = r->row->gen;
	found = (struct dmv_found){ .at = shadow + at, .offset = (int64_t)at, .bad = 1,
				    .expected = DMV_ABI_NONE, .shadow = shadow,
				    .original = r->original, .bytes = r->bytes };
	for (size_t k = at + 1; k < r->bytes; k++)
		found.bad += shadow[k] != r->original[k];
	dmv_raise(c, DMV_V_STALE_SHADOW, f->adapter, &o, &found, r->va, r->va + at,
		  c->now - r->row->time);
}

static bool may_be_stale(const struct dmv *v, const struct dmv_register *r)
{
	return v->stale && r->bytes && (r->flags & DMV_ABI_R_HOOKED) &&
	       !(r->flags & DMV_ABI_R_TO_DEVICE);
}

static void check_stale_file(struct dmv_call *c, const struct dmv_file *f)
{
	for (uint32_t i = 0; c->v->stale && i < f->hooked && i < f->count; i++)
		if (may_be_stale(c->v, &c->v->reg[f->first + i]))
			check_stale(c, f, i);
}

/* ---- a page at a time ---- */

/* A page of a file's block: which register answers for it, and whether it is that one's data. */
struct block_page {
	uint32_t i;
	bool data;
};

static struct block_page page_of(const struct dmv_file *f, uint32_t page)
{
	if (interleaved(f))
		return (struct block_page){ page / 3, page % 3 == 1 };
	if (page < f->hooked)
		return (struct block_page){ 0, false };
	page -= f->hooked;
	return page < f->hooked ? (struct block_page){ page, true }
				: (struct block_page){ f->hooked - 1, false };
}

/* Is all of the page fill, but for what the register maps there? */
static bool page_bad(const struct dmv *v, const struct dmv_file *f, uint32_t page,
		     const struct block_page *p)
{
	const struct dmv_register *r = &v->reg[f->first + p->i];
	char *at = f->shadow + (uint64_t)page * v->page;
	const uint32_t end = r->offset + r->bytes;
	const struct guard whole = { at, v->page }, before = { at, r->offset };
	const struct guard after = { at + end, v->page - end };
	struct dmv_found found;

	if (!p->data || !r->bytes)
		return guard_bad(v, &whole, &found);
	return guard_bad(v, &before, &found) || guard_bad(v, &after, &found);
}

void dmv_check_page(struct dmv_call *c, struct dmv_file *f, uint32_t page)
{
	const struct block_page p = page_of(f, page);
	const struct dmv_register *r = &c->v->reg[f->first + p.i];

	if (p.i >= f->count)            /* of registers that were freed before the others */
		return;
	if (page_bad(c->v, f, page, &p)) {
		if (r->bytes)
			dmv_check_mapped(c, f, p.i);
		else
			dmv_check_free(c, f, p.i, true);
	}
	if (p.data && may_be_stale(c->v, r))
		check_stale(c, f, p.i);
}

/* ---- everything ---- */

void dmv_check_all(struct dmv *v, uint64_t caller)
{
	struct dmv_call c;

	dmv_iommu_report(v);
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_BUFFER]; i++) {
		struct dmv_buffer *b = &v->buffer[i];

		dmv_enter(&c, v, caller, DMV_ABI_OP_CHECK, NULL);
		if (b->live)
			dmv_check_buffer(&c, b);
		dmv_leave(&c);
	}
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_FILE]; i++) {
		struct dmv_file *f = &v->file[i];

		dmv_enter(&c, v, caller, DMV_ABI_OP_CHECK, NULL);
		if (f->live) {
			dmv_check_file(&c, f);
			check_stale_file(&c, f);
		}
		dmv_leave(&c);
	}
}
