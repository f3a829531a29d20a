/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Compares the bytes of the dump: tags and padding of common buffers, guards and fill of map
 * registers, shadows against the driver's own buffers. Bytes that are not there are counted, never
 * taken for equal or different. What is in transition is not judged.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "facts_int.h"

#define CHUNK (1u << 20)                /* a mapping is at most a page, a page at most this */
#define PAGE 4096u
#define PADDING_PAGES 64u               /* more padding around a buffer than this is no padding */

struct check {
	struct dmv_facts *f;
	struct dmv_mem *m;
	const struct dmv_region_fact *g;
	const bool *stop;
	/* Objects of a sound region do not share memory, so all of them together are no larger than
	 * the target. A region that says otherwise must not keep us for hours. */
	uint64_t budget;
	bool spent;
	uint64_t lost_guard_at, lost_shadow_at;
	uint8_t buf[CHUNK], other[CHUNK];
};

/* A byte in both of its spaces; either may be unknown. */
struct where {
	uint64_t virt, phys;
};

static struct where at(struct where w, uint64_t offset)
{
	return (struct where){ w.virt == DMV_NO_ADDR ? DMV_NO_ADDR : w.virt + offset,
			       w.phys == DMV_NO_ADDR ? DMV_NO_ADDR : w.phys + offset };
}

static uint64_t name_of(struct where w)
{
	return w.virt != DMV_NO_ADDR ? w.virt : w.phys;
}

static bool read_in(struct check *c, enum dmv_space s, uint64_t addr, void *buf, size_t n)
{
	return addr != DMV_NO_ADDR && c->m->nrange[s] && !dmv_mem_read(c->m, s, addr, buf, n, NULL);
}

/* In the space the region was found in, else the other. */
static bool read_at(struct check *c, struct where w, void *buf, size_t n)
{
	if (c->g->space == DMV_PHYS)
		return read_in(c, DMV_PHYS, w.phys, buf, n) || read_in(c, DMV_VIRT, w.virt, buf, n);
	return read_in(c, DMV_VIRT, w.virt, buf, n) || read_in(c, DMV_PHYS, w.phys, buf, n);
}

static bool spend(struct check *c, uint64_t n)
{
	c->spent |= n > c->budget;
	if (!c->spent)
		c->budget -= n;
	return !c->spent;
}

/* ---- an area that must hold a pattern ---- */

/* Bytes in which a guard differs from what was laid. */
struct damage {
	bool any, lost;
	struct where addr;              /* of the first bad byte */
	uint64_t lost_at;
	uint32_t bad, expected;
	uint32_t n;
	uint8_t bytes[32];
};

static void keep_damage(struct damage *d, struct where w, const uint8_t *p, size_t n, size_t i,
			uint32_t expected)
{
	if (!d->any) {
		d->any = true;
		d->addr = at(w, i);
		d->expected = expected;
		d->n = (uint32_t)(n - i < sizeof(d->bytes) ? n - i : sizeof(d->bytes));
		memcpy(d->bytes, p + i, d->n);
	}
	if (d->bad != UINT32_MAX)
		d->bad++;
}

static void compare_fill(struct damage *d, struct where w, const uint8_t *p, size_t n, uint8_t fill)
{
	if (p[0] == fill && (n == 1 || !memcmp(p, p + 1, n - 1)))
		return;
	for (size_t i = 0; i < n; i++)
		if (p[i] != fill)
			keep_damage(d, w, p, n, i, fill);
}

static void lose(struct damage *d, struct where w)
{
	if (!d->lost)
		d->lost_at = name_of(w);
	d->lost = true;
}

/* Page by page where a larger piece cannot be read. */
static void check_piece(struct check *c, struct damage *d, struct where w, size_t n)
{
	size_t part;

	if (read_at(c, w, c->buf, n)) {
		compare_fill(d, w, c->buf, n, c->g->guard_fill);
		return;
	}
	for (size_t i = 0; i < n; i += part) {
		part = PAGE - (size_t)((name_of(w) + i) & (PAGE - 1));
		part = part < n - i ? part : n - i;
		if (read_at(c, at(w, i), c->buf, part))
			compare_fill(d, at(w, i), c->buf, part, c->g->guard_fill);
		else
			lose(d, at(w, i));
	}
}

static void check_fill(struct check *c, struct damage *d, struct where w, uint64_t n)
{
	if (n && !spend(c, n)) {
		lose(d, w);
		return;
	}
	for (uint64_t i = 0; i < n; i += CHUNK)
		check_piece(c, d, at(w, i), (size_t)(n - i < CHUNK ? n - i : CHUNK));
}

static void check_tag(struct check *c, struct damage *d, struct where w)
{
	uint8_t found[8];

	if (!spend(c, 8) || !read_at(c, w, found, sizeof(found))) {
		lose(d, w);
		return;
	}
	for (size_t i = 0; i < sizeof(found); i++)
		if (found[i] != (uint8_t)c->g->tag[i])
			keep_damage(d, w, found, sizeof(found), i, UINT32_MAX);
}

/* Counts one guard, and books it if it is damaged. NULL: it is sound or unreadable. */
static struct dmv_guard_fact *book(struct check *c, const struct damage *d,
				   enum dmv_guard_what what)
{
	struct dmv_guard_fact *x;

	if (d->lost) {
		if (!c->f->guards_unreadable++)
			c->lost_guard_at = d->lost_at;
	} else {
		c->f->guards_checked++;
	}
	if (!d->any)
		return NULL;
	x = DMV_PUSH(c->f->guard, c->f->nguard);
	if (!x) {
		c->spent = true;
		return NULL;
	}
	x->region = (uint32_t)(c->g - c->f->region);
	x->what = what;
	x->addr = name_of(d->addr);
	x->bad = d->bad;
	x->expected = d->expected;
	x->n = d->n;
	memcpy(x->bytes, d->bytes, d->n);
	return x;
}

#define NOTE_ROW(c, what, x, fmt, ...)                                                             \
	dmv_note_add((c)->f, DMV_TOPIC_VERIFY, DMV_NO_ADDR, what " row %u: " fmt, (x)->row,        \
		     __VA_ARGS__)

/* ---- common buffers ---- */

static bool judged(const struct dmv_facts *f, uint32_t adapter)
{
	return adapter == DMV_NO_INDEX || !f->adapter[adapter].unverified;
}

static void buffer_guard(struct check *c, const struct dmv_buffer_fact *b, const struct damage *d,
			 enum dmv_guard_what what)
{
	struct dmv_guard_fact *x = book(c, d, what);

	if (!x)
		return;
	x->object_kind = DMV_K_BUFFER;
	x->object = (uint32_t)(b - c->f->buffer);
	x->adapter = b->adapter;
	x->start = b->va;
	x->length = b->bytes;
	x->offset = (int64_t)(x->addr - b->va);
	x->owner = b->owner;
}

static void check_buffer(struct check *c, const struct dmv_buffer_fact *b)
{
	const uint64_t limit = (uint64_t)PADDING_PAGES * c->g->page_bytes;
	uint64_t front = b->va - b->block_virt, back = b->block_bytes - front - b->bytes;
	struct where start = { b->va, b->phys }, end, block;
	struct damage before = { 0 }, after = { 0 };

	if (b->va == b->block_virt)             /* not verified: neither tags nor padding */
		return;
	if (b->va < b->block_virt || front < 8 || front > limit ||
	    b->bytes > UINT64_MAX - b->va - limit || front > b->block_bytes ||
	    b->bytes > b->block_bytes - front || back < 8 || back > limit ||
	    (b->phys != DMV_NO_ADDR &&
	     (b->phys < front || b->phys > UINT64_MAX - b->bytes - limit))) {
		NOTE_ROW(c, "buffer", b,
			 "va 0x%" PRIx64 " and bytes 0x%" PRIx64 " do not fit block_virt 0x%" PRIx64
			 " and block_bytes 0x%" PRIx64,
			 b->va, b->bytes, b->block_virt, b->block_bytes);
		return;
	}
	block = at(start, -front);
	end = at(start, b->bytes);
	/* Tags first: they stand next to the driver's bytes, and the first damage found
	 * is shown. */
	check_tag(c, &before, at(start, (uint64_t)-8));
	check_fill(c, &before, block, front - 8);
	buffer_guard(c, b, &before, DMV_G_TAG_BEFORE);
	check_tag(c, &after, end);
	check_fill(c, &after, at(end, 8), back - 8);
	buffer_guard(c, b, &after, DMV_G_TAG_AFTER);
}

/* ---- map registers ---- */

/* A file whose shadow's geometry is sound. */
struct shadow {
	const struct dmv_file_fact *file;
	struct where block;
	uint64_t page;
	uint64_t lead;                  /* guard bytes in front of data page 0 */
	uint64_t gap;                   /* between two data pages */
	uint64_t tail;                  /* behind the last */
};

static bool geometry(struct check *c, const struct dmv_file_fact *x, struct shadow *ret)
{
	const uint64_t page = c->g->page_bytes;
	uint64_t span;

	if (x->hooked > x->count || x->count > c->g->rows[DMV_K_REGISTER]) {
		NOTE_ROW(c, "file", x, "hooked %u of count %u: the register table has %u rows",
			 x->hooked, x->count, c->g->rows[DMV_K_REGISTER]);
		return false;
	}
	if (x->data_stride < page || x->data_stride % page || x->data_offset % page ||
	    x->data_stride > x->shadow_bytes || x->data_offset > x->shadow_bytes ||
	    x->shadow_bytes / x->data_stride + 1 < x->hooked)
		goto bad;
	span = x->data_offset + (x->hooked - 1) * x->data_stride + page;
	if (span > x->shadow_bytes || span < x->data_offset ||
	    (x->shadow_virt != DMV_NO_ADDR && x->shadow_bytes > UINT64_MAX - x->shadow_virt) ||
	    (x->shadow_phys != DMV_NO_ADDR && x->shadow_bytes > UINT64_MAX - x->shadow_phys))
		goto bad;
	*ret = (struct shadow){ x, { x->shadow_virt, x->shadow_phys }, page, x->data_offset,
				x->data_stride - page, x->shadow_bytes - span };
	return true;
bad:
	NOTE_ROW(c, "file", x,
		 "shadow_bytes 0x%" PRIx64 " cannot hold %u registers at data_offset 0x%" PRIx64
		 ", data_stride 0x%" PRIx64,
		 x->shadow_bytes, x->hooked, x->data_offset, x->data_stride);
	return false;
}

static struct where data_page(const struct shadow *s, uint32_t i)
{
	return at(s->block, s->file->data_offset + i * s->file->data_stride);
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
static void file_guard(struct check *c, const struct shadow *s, const struct damage *d,
		       enum dmv_guard_what what, const struct dmv_register_fact *g,
		       struct where data)
{
	struct dmv_guard_fact *x = book(c, d, what);

	if (!x)
		return;
	x->object_kind = DMV_K_FILE;
	x->object = (uint32_t)(s->file - c->f->file);
	x->adapter = s->file->adapter;
	x->start = g ? g->va : name_of(data);
	x->length = g ? g->bytes : 0;
	x->offset = (int64_t)(x->addr - name_of(data));
	x->owner = g ? g->owner : s->file->owner;
}

static void check_free(struct check *c, const struct shadow *s, uint32_t i)
{
	uint64_t front = front_of(s, i);
	struct damage d = { 0 };

	check_fill(c, &d, at(data_page(s, i), -front), front + s->page + back_of(s, i));
	file_guard(c, s, &d, DMV_G_FREE, NULL, data_page(s, i));
}

static struct where original_of(const struct check *c, const struct dmv_register_fact *g)
{
	struct where w = { g->original_virt, g->phys };

	/* In a dump of one address space the physical address is of no use, and the other way
	 * round. */
	if (!c->m->nrange[DMV_PHYS])
		w.phys = DMV_NO_ADDR;
	return w;
}

static void book_stale(struct check *c, const struct shadow *s, const struct dmv_register_fact *g,
		       uint32_t first, uint32_t i, uint32_t differ)
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
	x->differ = differ;
	x->age = c->g->last_ticks > g->time ? c->g->last_ticks - g->time : 0;
	x->owner = g->owner;
	x->n = g->bytes - i < sizeof(x->shadow) ? g->bytes - i : (uint32_t)sizeof(x->shadow);
	memcpy(x->shadow, c->buf + i, x->n);
	memcpy(x->original, c->other + i, x->n);
}

static void check_stale(struct check *c, const struct shadow *s, const struct dmv_register_fact *g,
			struct where shadow, uint32_t first)
{
	struct where original = original_of(c, g);
	uint32_t differ = 0, at_byte = 0;

	if (!g->bytes)
		return;
	if (g->bytes > CHUNK || !spend(c, 2 * (uint64_t)g->bytes) ||
	    !read_at(c, shadow, c->buf, g->bytes) || !read_at(c, original, c->other, g->bytes)) {
		if (!c->f->shadows_unreadable++)
			c->lost_shadow_at = name_of(shadow);
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
	book_stale(c, s, g, first, at_byte, differ);
}

static void check_mapped(struct check *c, const struct shadow *s, uint32_t i,
			 const struct dmv_register_fact *g, uint32_t first)
{
	struct where page = data_page(s, i);
	uint64_t into = g->shadow_virt - page.virt, front = front_of(s, i);
	struct damage before = { 0 }, after = { 0 };
	struct where data;

	if (page.virt == DMV_NO_ADDR)
		into = g->va & (s->page - 1);
	data = at(page, into);
	if (into > s->page || g->bytes > s->page - into) {
		NOTE_ROW(c, "register", g,
			 "shadow_virt 0x%" PRIx64 " with bytes %u lies outside its data page "
			 "at 0x%" PRIx64,
			 g->shadow_virt, g->bytes, page.virt);
		return;
	}
	check_fill(c, &before, page, into); /* the nearer bytes first: the first damage is shown */
	check_fill(c, &before, at(page, -front), front);
	file_guard(c, s, &before, DMV_G_BEFORE, g, data);
	check_fill(c, &after, at(page, into + g->bytes), s->page - into - g->bytes + back_of(s, i));
	file_guard(c, s, &after, DMV_G_AFTER, g, data);
	check_stale(c, s, g, data, first);
}

/* `g`: the live registers of this file, by row, so by index. */
static void check_file(struct check *c, const struct dmv_file_fact *x, const uint32_t *g, size_t n)
{
	struct shadow s;
	uint32_t first = n ? g[0] : DMV_NO_INDEX;
	size_t k = 0;

	if (!geometry(c, x, &s))
		return;
	for (uint32_t i = 0; i < x->hooked && !c->spent; i++) {
		const struct dmv_register_fact *reg = NULL;

		while (k < n && c->f->reg[g[k]].row - x->first < i)
			k++;
		if (k < n && c->f->reg[g[k]].row - x->first == i)
			reg = &c->f->reg[g[k]];
		if (reg && reg->first)
			first = g[k];
		if (!reg)
			check_free(c, &s, i);
		else if (reg->hooked && reg->life == DMV_LIVE)
			check_mapped(c, &s, i, reg, first);
	}
}

/* ---- all objects ---- */

/* Registers that are not gone, grouped by file: of file i, order[start[i]] to order[start[i

 * + 1]]. */
static bool group(const struct dmv_facts *f, uint32_t **order, size_t **start)
{
	*order = calloc(f->nreg + 1, sizeof(**order));
	*start = calloc(f->nfile + 2, sizeof(**start));
	if (!*order || !*start)
		return false;
	for (size_t i = 0; i < f->nreg; i++)
		if (f->reg[i].life != DMV_GONE && f->reg[i].file != DMV_NO_INDEX)
			(*start)[f->reg[i].file + 2]++;
	for (size_t i = 2; i < f->nfile + 2; i++)
		(*start)[i] += (*start)[i - 1];
	for (size_t i = 0; i < f->nreg; i++)
		if (f->reg[i].life != DMV_GONE && f->reg[i].file != DMV_NO_INDEX)
			(*order)[(*start)[f->reg[i].file + 1]++] = (uint32_t)i;
	return true;
}

static bool stopped(const struct check *c)
{
	return c->spent || (c->stop && *c->stop);
}

static void check_all(struct check *c, const uint32_t *order, const size_t *start)
{
	const struct dmv_facts *f = c->f;

	for (size_t i = 0; i < f->nbuffer && !stopped(c); i++) {
		const struct dmv_buffer_fact *b = &f->buffer[i];

		c->g = &f->region[b->region];
		if (b->life == DMV_LIVE && !b->from_mdl && !c->g->ended && judged(f, b->adapter))
			check_buffer(c, b);
	}
	for (size_t i = 0; i < f->nfile && !stopped(c); i++) {
		const struct dmv_file_fact *x = &f->file[i];

		c->g = &f->region[x->region];
		if (x->life == DMV_LIVE && x->hooked && !c->g->ended && judged(f, x->adapter) &&
		    (x->shadow_virt != DMV_NO_ADDR || x->shadow_phys != DMV_NO_ADDR))
			check_file(c, x, order + start[i], start[i + 1] - start[i]);
	}
}

static void summarise(struct check *c)
{
	struct dmv_facts *f = c->f;

	if (f->guards_unreadable)
		dmv_note_add(f, DMV_TOPIC_VERIFY, c->lost_guard_at,
			     "%" PRIu64 " of %" PRIu64 " guards cannot be read, "
			     "first at 0x%" PRIx64,
			     f->guards_unreadable, f->guards_unreadable + f->guards_checked,
			     c->lost_guard_at);
	if (f->shadows_unreadable)
		dmv_note_add(f, DMV_TOPIC_VERIFY, c->lost_shadow_at,
			     "%" PRIu64 " of %" PRIu64 " shadows cannot be "
			     "compared, first at 0x%" PRIx64,
			     f->shadows_unreadable, f->shadows_unreadable + f->shadows_compared,
			     c->lost_shadow_at);
	if (c->spent)
		dmv_note_add(f, DMV_TOPIC_VERIFY, DMV_NO_ADDR,
			     "the region's objects are larger than the target: "
			     "not all guards were checked");
}

static uint64_t size_of_target(const struct dmv_mem *m)
{
	uint64_t n = 64 << 20;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < m->nrange[s]; i++) {
			uint64_t more = m->range[s][i].end - m->range[s][i].start;

			n = more > UINT64_MAX / 4 - n ? UINT64_MAX / 4 : n + more;
		}
	return 3 * n;
}

enum dmv_code dmv_facts_verify(struct dmv_facts *f, struct dmv_mem *m, const bool *stop,
			       struct dmv_err *e)
{
	struct check *c;
	uint32_t *order = NULL;
	size_t *start = NULL;
	enum dmv_code code = DMV_E_OK;

	if (f->verified)
		return DMV_E_OK;
	c = calloc(1, sizeof(*c));
	if (c && group(f, &order, &start)) {
		c->f = f;
		c->m = m;
		c->stop = stop;
		c->budget = size_of_target(m);
		check_all(c, order, start);
		summarise(c);
		f->verified = true;
	} else {
		code = dmv_fail(e, DMV_E_MEMORY, "no memory to check guards");
	}
	free(order);
	free(start);
	free(c);
	if (!code && stop && *stop)
		code = dmv_fail(e, DMV_E_STOPPED, "stopped while checking guards");
	return code;
}
