/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Map register files: guards and fill around the mapped bytes of a shadow, and the shadow against
 * the driver's own buffer.
 */
#include <inttypes.h>

#include "facts_verify_int.h"

/* A file whose shadow's geometry is sound. */
struct shadow {
	const struct dmv_file_fact *file;
	struct dmv_where block;
	uint64_t page;
	uint64_t lead;                  /* guard bytes in front of data page 0 */
	uint64_t gap;                   /* between two data pages */
	uint64_t tail;                  /* behind the last */
};

/* Are there data pages for all hooked registers, inside the shadow? *span: up to the last one's
 * end. */
static bool fits(const struct dmv_file_fact *x, uint64_t page, uint64_t *span)
{
	if (x->data_stride < page || x->data_stride % page || x->data_offset % page)
		return false;
	if (x->data_stride > x->shadow_bytes || x->data_offset > x->shadow_bytes ||
	    x->shadow_bytes / x->data_stride + 1 < x->hooked)
		return false;
	*span = x->data_offset + (x->hooked - 1) * x->data_stride + page;
	if (*span > x->shadow_bytes || *span < x->data_offset)
		return false;
	if (x->shadow_virt != DMV_NO_ADDR && x->shadow_bytes > UINT64_MAX - x->shadow_virt)
		return false;
	return x->shadow_phys == DMV_NO_ADDR || x->shadow_bytes <= UINT64_MAX - x->shadow_phys;
}

static bool geometry(struct dmv_check *c, const struct dmv_file_fact *x, struct shadow *ret)
{
	const uint64_t page = c->g->page_bytes;
	uint64_t span;

	if (x->hooked > x->count || x->count > c->g->rows[DMV_K_REGISTER]) {
		DMV_NOTE_ROW(c, "file", x, "hooked %u of count %u: the register table has %u rows",
			     x->hooked, x->count, c->g->rows[DMV_K_REGISTER]);
		return false;
	}
	if (!fits(x, page, &span)) {
		DMV_NOTE_ROW(c, "file", x, "shadow_bytes 0x%" PRIx64 " cannot hold %u registers "
			     "at data_offset 0x%" PRIx64 ", data_stride 0x%" PRIx64,
			     x->shadow_bytes, x->hooked, x->data_offset, x->data_stride);
		return false;
	}
	*ret = (struct shadow){ x, { x->shadow_virt, x->shadow_phys }, page, x->data_offset,
				x->data_stride - page, x->shadow_bytes - span };
	return true;
}

static struct dmv_where data_page(const struct shadow *s, uint32_t i)
{
	return dmv_plus(s->block, s->file->data_offset + i * s->file->data_stride);
}

/* Guard bytes in front of data page i that belong to it: half of what stands between two. */
static uint64_t front_of(const struct shadow *s, uint32_t i)
{
	return i ? s->gap / s->page / 2 * s->page : s->lead;
}

static uint64_t back_of(const struct shadow *s, uint32_t i)
{
	return i + 1 < s->file->hooked ? s->gap - front_of(s, i + 1) : s->tail;
}

/* `data`: the first mapped byte of the shadow, or the data page of a free register. */
static void file_guard(struct dmv_check *c, const struct shadow *s, const struct dmv_damage *d,
		       enum dmv_guard_what what, const struct dmv_register_fact *g,
		       struct dmv_where data)
{
	struct dmv_guard_fact *x = dmv_verify_guard(c, d, what);

	if (!x)
		return;
	x->object_kind = DMV_K_FILE;
	x->object = (uint32_t)(s->file - c->f->file);
	x->adapter = s->file->adapter;
	x->start = g ? g->va : dmv_where_name(data);
	x->length = g ? g->bytes : 0;
	x->offset = (int64_t)(x->addr - dmv_where_name(data));
	x->owner = g ? g->owner : s->file->owner;
}

static void check_free(struct dmv_check *c, const struct shadow *s, uint32_t i)
{
	uint64_t front = front_of(s, i);
	struct dmv_damage d = { 0 };

	dmv_verify_fill(c, &d, dmv_plus(data_page(s, i), -front), front + s->page + back_of(s, i));
	file_guard(c, s, &d, DMV_G_FREE, NULL, data_page(s, i));
}

static void book_stale(struct dmv_check *c, const struct shadow *s,
		       const struct dmv_register_fact *g, struct dmv_where shadow, uint32_t first,
		       uint32_t i, uint32_t differ)
{
	struct dmv_stale_fact *x = DMV_PUSH(c->f->stale, c->f->nstale);

	if (!x) {
		c->spent = true;
		return;
	}
	x->region = (uint32_t)(c->g - c->f->region);
	x->reg = first;
	x->adapter = s->file->adapter;
	x->file = (uint32_t)(s->file - c->f->file);
	x->list = s->file->list;
	x->to_device = g->to_device;
	x->va = g->va;
	x->bytes = g->bytes;
	x->offset = i;
	x->shadow_addr = dmv_where_name(dmv_plus(shadow, i));
	x->differ = differ;
	x->age = c->g->last_ticks > g->time ? c->g->last_ticks - g->time : 0;
	x->owner = g->owner;
	x->n = g->bytes - i < sizeof(x->shadow) ? g->bytes - i : (uint32_t)sizeof(x->shadow);
	memcpy(x->shadow, c->buf + i, x->n);
	memcpy(x->original, c->other + i, x->n);
}

static void check_stale(struct dmv_check *c, const struct shadow *s,
			const struct dmv_register_fact *g, struct dmv_where shadow, uint32_t first)
{
	struct dmv_where original = { g->original_virt, g->phys };
	uint32_t differ = 0, at_byte = 0;

	if (!g->bytes)
		return;
	if (g->bytes > DMV_PIECE || !dmv_verify_spend(c, 2 * (uint64_t)g->bytes) ||
	    !dmv_verify_read(c, shadow, c->buf, g->bytes) ||
	    !dmv_verify_read(c, original, c->other, g->bytes)) {
		if (!c->f->shadows_unreadable++)
			c->lost_shadow_at = dmv_where_name(shadow);
		return;
	}
	c->f->shadows_compared++;
	if (!memcmp(c->buf, c->other, g->bytes))
		return;
	for (uint32_t i = g->bytes; i-- > 0;)
		if (c->buf[i] != c->other[i]) {
			differ++;
			at_byte = i;
		}
	book_stale(c, s, g, shadow, first, at_byte, differ);
}

static void check_mapped(struct dmv_check *c, const struct shadow *s, uint32_t i,
			 const struct dmv_register_fact *g, uint32_t first)
{
	struct dmv_where page = data_page(s, i);
	uint64_t into = g->shadow_virt - page.virt, front = front_of(s, i);
	struct dmv_damage before = { 0 }, after = { 0 };
	struct dmv_where data;

	if (page.virt == DMV_NO_ADDR)
		into = g->va & (s->page - 1);
	data = dmv_plus(page, into);
	if (into > s->page || g->bytes > s->page - into) {
		DMV_NOTE_ROW(c, "register", g, "shadow_virt 0x%" PRIx64 " with bytes %u lies "
			     "outside its data page at 0x%" PRIx64, g->shadow_virt, g->bytes,
			     page.virt);
		return;
	}
	/* The nearer bytes first: the first damage found is shown. */
	dmv_verify_fill(c, &before, page, into);
	dmv_verify_fill(c, &before, dmv_plus(page, -front), front);
	file_guard(c, s, &before, DMV_G_BEFORE, g, data);
	dmv_verify_fill(c, &after, dmv_plus(page, into + g->bytes),
			s->page - into - g->bytes + back_of(s, i));
	file_guard(c, s, &after, DMV_G_AFTER, g, data);
	check_stale(c, s, g, data, first);
}

void dmv_verify_file(struct dmv_check *c, const struct dmv_file_fact *x, const uint32_t *g,
		     size_t n)
{
	struct shadow s;
	uint32_t first = DMV_NO_INDEX;
	size_t k = 0;

	if (!geometry(c, x, &s))
		return;
	for (uint32_t i = 0; i < x->hooked && !dmv_verify_stopped(c); i++, c->done++) {
		const struct dmv_register_fact *reg = NULL;

		while (k < n && c->f->reg[g[k]].row - x->first < i)
			k++;
		if (k < n && c->f->reg[g[k]].row - x->first == i &&
		    c->f->reg[g[k]].life != DMV_GONE)
			reg = &c->f->reg[g[k]];
		if (reg && (reg->first || first == DMV_NO_INDEX))
			first = g[k];
		if (!reg)
			check_free(c, &s, i);
		else if (reg->hooked && reg->life == DMV_LIVE)
			check_mapped(c, &s, i, reg, first);
	}
}
