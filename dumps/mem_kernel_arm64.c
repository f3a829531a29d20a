/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A Linux kernel on aarch64 that nobody describes: no register tells where its tables are, and it
 * may stand anywhere in the upper half of its addresses. But swapper_pg_dir is a page of its image,
 * as linux_banner is: behind each banner in memory, pages that look like a top table are tried in
 * each geometry that kernels are built with. What maps the banner is the kernel's if the constants
 * behind it point to functions before it, at the addresses that these tables give them: so neither
 * the linear map of all memory passes, nor a lower table that is held for the top one.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kernel_int.h"

enum {
	PAGE = 4096,
	BANNERS = 64,
	TOPS = 128,                     /* pages that look like top tables */
	BANNER = 200,
	SAMPLE = 256 << 10,             /* of the constants behind the banner */
	POINTERS = 64,                  /* so many of them must point to functions */
	TOP_ENTRIES = 64,               /* in use, of a kernel's top table; 48 bits: 32 TiB */
	STEPS_A_TRY = 1 << 18,          /* 1 GiB of small pages */
	STEPS_A_BANNER = 256,
	STEPS_AN_IMAGE = 1 << 15,
};

#define STEPS (1u << 20)                        /* of all tries with one geometry: 2 s at most */
#define NEAR (UINT64_C(64) << 20)               /* Debian's images have 25 to 45 MB */
#define ADDRESS UINT64_C(0x0000fffffffff000)    /* of an entry */

/* As configured. The wider one first: with fewer bits its second table maps the image, too, but not
 * the rest. */
static const struct geometry { uint8_t page_shift, va_bits; } geometries[] = {
	{ 12, 52 }, { 12, 48 }, { 12, 39 }, { 14, 52 }, { 14, 48 }, { 14, 47 }, { 16, 52 },
	{ 16, 48 }, { 16, 42 }, { 14, 36 },
};

struct hunt {
	struct dmv_mem *m;
	const bool *stop;
	struct dmv_kernel_try *t;
	uint64_t banner[BANNERS];       /* physical, ascending */
	struct top { uint64_t at, far; } top[TOPS];     /* far: behind the nearest banner */
	size_t n, ntop;
	unsigned steps;
	bool found;
};

static bool stopped(const struct hunt *h)
{
	return h->found || (h->stop && *h->stop);
}

/* ---- banners ---- */

static enum dmv_code banners_in_piece(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	struct hunt *h = ctx;
	const uint8_t *p = buf, *end = buf + n;

	if (stopped(h))
		return DMV_E_STOPPED;
	while ((p = dmv_kernel_banner_in(p, (size_t)(end - p)))) {
		if (h->n == BANNERS)
			return DMV_E_STOPPED;
		h->banner[h->n++] = addr + (size_t)(p - buf);
		p++;
	}
	return DMV_E_OK;
}

/* ---- an image ---- */

/* The image around the banner: what is mapped at the same distance from its physical address, below
 * without a gap, above with one where the init code was. */
static void image_bounds(struct dmv_pagewalk *w, uint64_t virt, uint64_t phys, struct dmv_kernel *k)
{
	uint64_t at, got, bytes, down = 0;
	struct dmv_mapping map;
	unsigned steps = STEPS_AN_IMAGE;

	virt &= ~(uint64_t)(PAGE - 1);
	phys &= ~(uint64_t)(PAGE - 1);
	while (down < NEAR && down < phys &&
	       !dmv_pagewalk_find(w, virt - down - PAGE, &got, &bytes, NULL) &&
	       got == phys - down - PAGE)
		down += PAGE;
	k->image = virt - down;
	at = k->image_end = virt + PAGE;
	while (dmv_pagewalk_next(w, at, virt + NEAR, &steps, &map) &&
	       map.phys - phys == map.virt - virt && map.virt - k->image_end < NEAR)
		at = k->image_end = map.virt + map.bytes;
}

/* Of the words behind the banner, those that are the address of something before it. */
static bool points_to_functions(struct dmv_pagewalk *w, uint64_t banner)
{
	unsigned count = 0;
	uint8_t page[PAGE];

	banner &= ~(uint64_t)(PAGE - 1);
	for (unsigned done = 0; done < SAMPLE && count < POINTERS; done += PAGE) {
		if (dmv_pagewalk_read(w, banner + done, page, PAGE, NULL))
			continue;
		for (unsigned i = 0; i < PAGE; i += 8)
			count += banner - dmv_get(page + i, 8, false) - 1 < NEAR;
	}
	return count >= POINTERS;
}

static bool is_image(struct dmv_pagewalk *w, uint64_t virt, uint64_t phys, struct dmv_kernel *k)
{
	char banner[BANNER] = "";
	struct dmv_err why = { .addr = 0 };

	if (dmv_pagewalk_read(w, virt, banner, sizeof(banner) - 1, &why) &&
	    (why.addr <= virt || dmv_pagewalk_read(w, virt, banner, why.addr - virt, NULL)))
		return false;
	if (!dmv_kernel_banner_in((const uint8_t *)banner, sizeof(banner)) ||
	    !points_to_functions(w, virt))
		return false;
	image_bounds(w, virt, phys, k);
	dmv_kernel_take_release(k, banner);
	return true;
}

/* ---- tables ---- */

/* Tables can show a banner as often as they like. */
static void charge(unsigned *steps)
{
	*steps = *steps > STEPS_A_BANNER ? *steps - STEPS_A_BANNER : 0;
}

/* All entries in use lead to tables that may be in memory. */
static bool looks_like_top(const uint8_t *page, const struct dmv_range *ram, size_t n)
{
	unsigned used = 0;

	for (unsigned i = 0; i < PAGE; i += 8) {
		uint64_t entry = dmv_get(page + i, 8, false), at = entry & ADDRESS;

		if (!entry)
			continue;
		if ((entry & 3) != 3 || at < ram[0].start || at >= ram[n - 1].end ||
		    ++used > TOP_ENTRIES)
			return false;
	}
	return used;
}

static bool covers(const struct hunt *h, const struct dmv_mapping *map, uint64_t *virt,
		   uint64_t *phys, size_t *next)
{
	for (; *next < h->n; ++*next)
		if (h->banner[*next] >= map->phys && h->banner[*next] - map->phys < map->bytes) {
			*phys = h->banner[*next];
			*virt = map->virt + (*phys - map->phys);
			++*next;
			return true;
		}
	return false;
}

static bool image_between(struct hunt *h, struct dmv_pagewalk *w, uint64_t from, uint64_t last,
			  unsigned *steps, struct dmv_kernel *k)
{
	struct dmv_mapping map;
	uint64_t virt, phys;

	while (dmv_pagewalk_next(w, from, last, steps, &map)) {
		size_t next = 0;

		while (*steps && covers(h, &map, &virt, &phys, &next)) {
			if (is_image(w, virt, phys, k))
				return true;
			charge(steps);
		}
		from = map.virt + map.bytes;
		if (!from)
			break;
	}
	return false;
}

/* Is memory mapped there at all? */
static bool maps_memory(const struct hunt *h, struct dmv_pagewalk *w, uint64_t from, uint64_t last)
{
	const struct dmv_range *ram = h->m->range[DMV_PHYS];
	unsigned steps = STEPS_AN_IMAGE;
	struct dmv_mapping map;

	return dmv_pagewalk_next(w, from, last, &steps, &map) && map.phys >= ram[0].start &&
	       map.phys < ram[h->m->nrange[DMV_PHYS] - 1].end;
}

static bool half_has_image(struct hunt *h, struct dmv_pagewalk *w, uint64_t from, uint64_t last,
			   struct dmv_kernel *k)
{
	unsigned room = h->steps < STEPS_A_TRY ? h->steps : STEPS_A_TRY, steps = room;
	bool good = image_between(h, w, from, last, &steps, k);

	h->steps -= room - steps;
	return good;
}

/* Since 5.4 the linear map has the lower half of the kernel's addresses, and the image lies in the
 * upper one; before that it was the other way round. Tables without a linear map are those that the
 * kernel starts with. */
static bool maps_kernel(struct hunt *h, struct dmv_pagewalk *w, unsigned bits, struct dmv_kernel *k)
{
	uint64_t half = UINT64_MAX << (bits - 1), start = UINT64_MAX << bits;

	if (!maps_memory(h, w, start, half) || !maps_memory(h, w, half, UINT64_MAX))
		return false;
	return half_has_image(h, w, half, UINT64_MAX, k) || half_has_image(h, w, start, half, k);
}

/* May the table at addr be a top one of this geometry? Entries behind its end are not its own. */
static bool fits(struct hunt *h, uint64_t addr, const struct geometry *g)
{
	unsigned per_level = g->page_shift - 3u, left = (unsigned)g->va_bits - g->page_shift;
	unsigned top_bits = left - (left - 1) / per_level * per_level;
	uint8_t page[PAGE];

	if (addr & ((UINT64_C(1) << g->page_shift) - 1) ||
	    dmv_mem_read(h->m, DMV_PHYS, addr, page, PAGE, NULL))
		return false;
	for (unsigned i = 1u << top_bits; i < PAGE / 8; i++)
		if (dmv_get(page + 8 * i, 8, false))
			return false;
	return true;
}

static void try_top(struct hunt *h, uint64_t addr, const struct geometry *g)
{
	struct dmv_paging p = {
		.mode = DMV_PAGING_ARM64, .root = addr,
		.va_bits = g->va_bits, .page_shift = g->page_shift,
	};
	struct dmv_kernel_try t = { 0 };

	if (!fits(h, addr, g) || dmv_pagewalk_new(&p, h->m, &t.walk, NULL))
		return;
	h->found = maps_kernel(h, t.walk, p.va_bits, &t.k);
	if (!h->found) {
		dmv_kernel_try_deinit(&t);
		return;
	}
	*h->t = t;
	snprintf(h->t->k.how, sizeof(h->t->k.how),
		 "page tables found beside linux_banner, no VMCOREINFO");
}

static void collect_tops(struct hunt *h, uint64_t banner, uint64_t from)
{
	const struct dmv_range *ram = h->m->range[DMV_PHYS];
	uint8_t page[PAGE];

	for (uint64_t at = from; at < banner + NEAR && !stopped(h) && h->ntop < TOPS; at += PAGE)
		if (!dmv_mem_read(h->m, DMV_PHYS, at, page, PAGE, NULL) &&
		    looks_like_top(page, ram, h->m->nrange[DMV_PHYS]))
			h->top[h->ntop++] = (struct top){ .at = at };
}

static int by_distance(const void *a, const void *b)
{
	const struct top *x = a, *y = b;

	return (x->far > y->far) - (x->far < y->far);
}

/* In every version the top table stands behind the constants, where linux_banner is; what else
 * looks like one lies further off. */
static void collect_all_tops(struct hunt *h)
{
	uint64_t done = 0;

	for (size_t i = 0; i < h->n; i++) {
		uint64_t at = h->banner[i] & ~(uint64_t)(PAGE - 1);

		collect_tops(h, at, at > done ? at : done);
		done = at + NEAR;
	}
	for (size_t i = 0; i < h->ntop; i++) {
		h->top[i].far = NEAR;
		for (size_t j = 0; j < h->n; j++)
			if (h->top[i].at - h->banner[j] < h->top[i].far)
				h->top[i].far = h->top[i].at - h->banner[j];
	}
	qsort(h->top, h->ntop, sizeof(h->top[0]), by_distance);
}

enum dmv_code dmv_kernel_by_arm64_tables(struct dmv_mem *m, const bool *stop,
					 struct dmv_kernel_try *t, struct dmv_err *e)
{
	struct hunt h = { .m = m, .stop = stop, .t = t };
	enum dmv_code code;

	if ((m->machine && m->machine != EM_AARCH64) || !m->nrange[DMV_PHYS])
		return dmv_fail(e, DMV_E_NOTFOUND, "it is no aarch64");
	code = dmv_mem_walk(m, DMV_PHYS, banners_in_piece, &h, NULL, e);
	if (code && code != DMV_E_STOPPED)
		return code;
	collect_all_tops(&h);
	for (size_t g = 0; g < sizeof(geometries) / sizeof(geometries[0]); g++) {
		h.steps = STEPS;
		for (size_t i = 0; i < h.ntop && h.steps && !stopped(&h); i++)
			try_top(&h, h.top[i].at, &geometries[g]);
	}
	if (h.found)
		return DMV_E_OK;
	if (stop && *stop)
		return DMV_E_STOPPED;
	return dmv_fail(e, DMV_E_NOTFOUND, "no page tables of a Linux kernel");
}
