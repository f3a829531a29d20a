/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The books outside the region: how large they are, where each lies, their state at the start. */
#include "dmv_int.h"

static const uint32_t book_bytes[DMV_ABI_K_COUNT] = {
	[DMV_ABI_K_ADAPTER] = sizeof(struct dmv_adapter),
	[DMV_ABI_K_FILE] = sizeof(struct dmv_file),
	[DMV_ABI_K_REGISTER] = sizeof(struct dmv_register),
	[DMV_ABI_K_LIST] = sizeof(struct dmv_list),
	[DMV_ABI_K_BUFFER] = sizeof(struct dmv_buffer),
	[DMV_ABI_K_VECTOR] = sizeof(struct dmv_vector),
	[DMV_ABI_K_CHANNEL] = sizeof(struct dmv_channel),
	[DMV_ABI_K_DRIVER] = sizeof(struct dmv_driver_book),
};

uint32_t dmv_book_bytes(enum dmv_abi_kind kind)
{
	return book_bytes[kind] + 4;            /* and a link of its free queue */
}

/* ---- laid out twice, once to measure, once for real ---- */

struct carver {
	char *base;                             /* NULL: only measures */
	size_t used;
};

static void *carve(struct carver *c, size_t n, size_t size)
{
	void *p;

	c->used += (size_t)(0 - ((uintptr_t)c->base + c->used)) & 63;
	p = c->base ? c->base + c->used : NULL;
	c->used += n * size;
	return p;
}

uint32_t dmv_log2_above(uint32_t n)
{
	uint32_t bits = 1;

	while (bits < 31 && (UINT32_C(1) << bits) < n)
		bits++;
	return bits;
}

static void hash_lay(struct carver *c, struct dmv_hash *h, uint32_t n)
{
	const uint32_t bits = dmv_log2_above(n) + 1;

	h->shift = 64 - bits;
	h->bucket = carve(c, (size_t)1 << bits, sizeof(uint32_t));
}

static void hash_clear(struct dmv_hash *h)
{
	memset(h->bucket, 0xFF, ((size_t)1 << (64 - h->shift)) * sizeof(uint32_t));
}

/* Shadow memories are one row of pages, with a page that is always taken between two of them. */
static uint32_t shadow_pages(const struct dmv_config *c)
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->shadows; i++)
		n += c->shadow[i].bytes / c->page_bytes + 1;
	return (uint32_t)n;
}

static void runs_lay(struct carver *c, struct dmv_runs *r, uint32_t units)
{
	r->units = units;
	r->word = carve(c, units / 32 + 1, sizeof(uint32_t));
}

static bool has_fifo(uint32_t kind)
{
	return kind != DMV_ABI_K_REGISTER && kind != DMV_ABI_K_EVENT && kind != DMV_ABI_K_CPU;
}

static void lay_out(struct carver *c, struct dmv *v, const struct dmv_config *cfg)
{
	const uint32_t *rows = cfg->rows;
	const uint32_t shadow = shadow_pages(cfg);

	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++) {
		/* each segment may end a piece of a table, each ring is a piece of its own */
		const uint32_t rings = k == DMV_ABI_K_EVENT ? cfg->cpus : 1;

		v->tab[k].place = carve(c, cfg->segments + rings, sizeof(struct dmv_place));
		if (has_fifo(k))
			v->fifo[k].next = carve(c, rows[k], sizeof(uint32_t));
	}
	v->adapter = carve(c, rows[DMV_ABI_K_ADAPTER], sizeof(*v->adapter));
	v->file = carve(c, rows[DMV_ABI_K_FILE], sizeof(*v->file));
	v->reg = carve(c, rows[DMV_ABI_K_REGISTER], sizeof(*v->reg));
	v->list = carve(c, rows[DMV_ABI_K_LIST], sizeof(*v->list));
	v->buffer = carve(c, rows[DMV_ABI_K_BUFFER], sizeof(*v->buffer));
	v->vector = carve(c, rows[DMV_ABI_K_VECTOR], sizeof(*v->vector));
	v->channel = carve(c, rows[DMV_ABI_K_CHANNEL], sizeof(*v->channel));
	v->driver = carve(c, rows[DMV_ABI_K_DRIVER], sizeof(*v->driver));
	hash_lay(c, &v->pages, rows[DMV_ABI_K_REGISTER]);
	hash_lay(c, &v->lists, rows[DMV_ABI_K_LIST]);
	hash_lay(c, &v->buffers, rows[DMV_ABI_K_BUFFER]);
	hash_lay(c, &v->sites, rows[DMV_ABI_K_SITE]);
	v->cpu = carve(c, cfg->cpus, sizeof(*v->cpu));
	runs_lay(c, &v->registers, rows[DMV_ABI_K_REGISTER]);
	runs_lay(c, &v->shadow, shadow);
	v->shadow_va = carve(c, shadow, sizeof(*v->shadow_va));
	v->shadow_phys = carve(c, shadow, sizeof(*v->shadow_phys));
	if (cfg->control) {
		v->control.fresh = carve(c, cfg->control->bytes, 1);
		v->control.obeyed = carve(c, cfg->control->bytes, 1);
	}
}

size_t dmv_books_bytes(const struct dmv_config *c)
{
	struct carver m = { NULL, sizeof(struct dmv) };
	struct dmv scratch;

	lay_out(&m, &scratch, c);
	/* they may begin at any multiple of 16, each table of them at one of 64 */
	return (m.used + 48 + 63) & ~(size_t)63;
}

/* ---- as they are at the start ---- */

static void fifos_fill(struct dmv *v)
{
	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++) {
		v->fifo[k].head = v->fifo[k].tail = DMV_ABI_NONE;
		for (uint32_t i = 0; has_fifo(k) && i < v->cfg.rows[k]; i++)
			dmv_fifo_give(&v->fifo[k], i);
	}
}

static void shadow_fill(struct dmv *v)
{
	const uint32_t page = v->page;
	uint32_t n = 0;

	v->shadow.free = v->shadow.units;
	for (uint32_t i = 0; i < v->cfg.shadows; i++) {
		const struct dmv_memory *m = &v->cfg.shadow[i];

		memset(m->va, 0x0F, m->bytes / page * page);
		for (size_t at = 0; at + page <= m->bytes; at += page, n++) {
			v->shadow_va[n] = (const char *)m->va + at;
			v->shadow_phys[n] = m->phys == DMV_ABI_UNKNOWN ? m->phys : m->phys + at;
		}
		v->shadow.word[n / 32] |= 1u << (n % 32);
		v->shadow.free--;
		n++;
	}
}

void dmv_books_start(struct dmv *v)
{
	struct carver c = { (char *)v, sizeof(*v) };

	lay_out(&c, v, &v->cfg);
	fifos_fill(v);
	v->registers.free = v->registers.units;
	shadow_fill(v);
	hash_clear(&v->pages);
	hash_clear(&v->lists);
	hash_clear(&v->buffers);
	hash_clear(&v->sites);
	v->wait_head = v->wait_tail = DMV_ABI_NONE;
	for (uint32_t i = 0; i < DMV_CALLERS; i++)
		v->caller[i].site = DMV_ABI_NONE;       /* of caller 0: the verifier itself */
}
