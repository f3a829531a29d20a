/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A Linux kernel in memory that nobody describes: by VMCOREINFO's text, which every kernel keeps in
 * a page of its own from boot on (update_vmcoreinfo_note, kernel/crash_core.c), by the CR3 that
 * QEMU notes of each CPU, and last by a page that maps a kernel where x86-64 kernels are.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kernel_int.h"

enum {
	PAGE = 4096,
	MAX_TABLES = 4096,              /* pages that were held for top tables and were none */
	PIECE = 64 << 10,
	BANNER = 200,
};

#define STEP (UINT64_C(2) << 20)        /* an image, and its parts, start on large pages */
#define BUDGET (UINT64_C(1) << 30)      /* ten times the largest image */

/* ---- VMCOREINFO's text ---- */

struct text_search {
	struct dmv_mem *m;
	const bool *stop;
	struct dmv_kernel_try *t;
	bool found;
};

/* One page of text, ended by a NUL: else it is a piece of some file. */
static void try_text(struct text_search *s, uint64_t addr, const uint8_t *page)
{
	const char *text = (const char *)page;
	struct dmv_kernel_try t = { 0 };

	if (!memchr(page, 0, PAGE) || !strstr(text, "\nPAGESIZE="))
		return;
	if (dmv_kernel_by_text(s->m, text, &t, NULL)) {
		dmv_kernel_try_deinit(&t);
		return;
	}
	t.vmcoreinfo = strdup(text);
	snprintf(t.k.how, sizeof(t.k.how), "VMCOREINFO found in memory at physical 0x%" PRIx64,
		 addr);
	*s->t = t;
	s->found = true;
}

static const char first_line[] = "OSRELEASE=";

static enum dmv_code text_at(void *ctx, uint64_t addr, const uint8_t *head)
{
	struct text_search *s = ctx;
	uint8_t page[PAGE];

	if (s->stop && *s->stop)
		return DMV_E_STOPPED;
	if (memcmp(head, first_line, strlen(first_line)) ||
	    dmv_mem_read(s->m, DMV_PHYS, addr, page, sizeof(page), NULL))
		return DMV_E_OK;
	try_text(s, addr, page);
	return s->found ? DMV_E_STOPPED : DMV_E_OK;
}

enum dmv_code dmv_kernel_by_text_in_memory(struct dmv_mem *m, const bool *stop,
					   struct dmv_kernel_try *t, struct dmv_err *e)
{
	struct text_search s = { .m = m, .stop = stop, .t = t };
	enum dmv_code code = dmv_mem_walk_heads(m, DMV_PHYS, PAGE, strlen(first_line), text_at,
						&s, NULL, e);

	if (s.found)
		return DMV_E_OK;
	return code ? code : dmv_fail(e, DMV_E_NOTFOUND, "no VMCOREINFO in memory");
}

/* ---- an image that page tables map ---- */

struct image {
	struct dmv_pagewalk *w;
	uint64_t from, to;              /* where an image may be */
	uint64_t first, end, phys;      /* mapped; phys of first */
	uint8_t *buf;
	uint64_t *budget;
	char banner[BANNER];            /* "" until it is found */
};

const uint8_t *dmv_kernel_banner_in(const uint8_t *p, size_t n)
{
	static const char words[] = "Linux version ";
	const size_t len = sizeof(words) - 1;
	const uint8_t *end = p + n, *q;

	while ((q = memmem(p, (size_t)(end - p), words, len))) {
		p = q + len;
		if (p < end && *p >= '0' && *p <= '9')
			return q;
	}
	return NULL;
}

static void banner_in(struct image *im, const uint8_t *p, size_t n)
{
	const uint8_t *q = dmv_kernel_banner_in(p, n);
	size_t left = q ? n - (size_t)(q - p) : 0, k = left < BANNER - 1 ? left : BANNER - 1;

	if (!q)
		return;
	memcpy(im->banner, q, k);
	im->banner[k] = 0;
}

/* Pieces overlap, so that a banner across two of them is seen whole. */
static void look_in_page(struct image *im, uint64_t virt, uint64_t bytes)
{
	for (uint64_t done = 0; done < bytes && !im->banner[0]; done += PIECE - BANNER) {
		size_t n = bytes - done < PIECE ? (size_t)(bytes - done) : PIECE;

		if (*im->budget < n)
			return;
		*im->budget -= n;
		if (!dmv_pagewalk_read(im->w, virt + done, im->buf, n, NULL))
			banner_in(im, im->buf, n);
	}
}

static void look_in_image(struct image *im)
{
	uint64_t virt = im->from, phys, bytes;

	while (virt < im->to) {
		if (dmv_pagewalk_find(im->w, virt, &phys, &bytes, NULL)) {
			virt = (virt | (STEP - 1)) + 1;
			continue;
		}
		if (!im->first) {
			im->first = virt;
			im->phys = phys;
		}
		if (bytes > im->to - virt)
			bytes = im->to - virt;
		im->end = virt + bytes;
		if (!im->banner[0])
			look_in_page(im, virt, bytes);
		virt += bytes;
	}
}

void dmv_kernel_take_release(struct dmv_kernel *k, const char *banner)
{
	const char *p = banner + strlen("Linux version ");
	size_t n = strcspn(p, " \n");

	if (n >= sizeof(k->release))
		n = sizeof(k->release) - 1;
	memcpy(k->release, p, n);
	k->release[n] = 0;
}

/* 32 bits: the first 256 MiB above 3 GiB; modules and vmalloc are not the image. */
static void set_bounds(struct image *im, enum dmv_paging_mode mode)
{
	bool wide = mode == DMV_PAGING_X86_64 || mode == DMV_PAGING_X86_64_LA57;

	im->from = wide ? DMV_START_KERNEL_MAP : UINT64_C(0xc0000000);
	im->to = im->from + (wide ? DMV_KERNEL_IMAGE_MAX : UINT64_C(1) << 28);
}

enum dmv_code dmv_kernel_by_paging(struct dmv_mem *m, const struct dmv_paging *p, uint64_t *budget,
				   struct dmv_kernel_try *t, struct dmv_err *e)
{
	struct image im = { .budget = budget };
	enum dmv_code code = dmv_pagewalk_new(p, m, &t->walk, e);

	if (code)
		return code;
	im.w = t->walk;
	im.buf = malloc(PIECE);
	if (!im.buf)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	set_bounds(&im, p->mode);
	look_in_image(&im);
	free(im.buf);
	if (!im.banner[0])
		return dmv_fail(e, DMV_E_NOTFOUND,
				"page tables at 0x%" PRIx64 " map no Linux kernel", p->root);
	dmv_kernel_take_release(&t->k, im.banner);
	t->k.image = im.first;
	t->k.image_end = im.end;
	if (im.from == DMV_START_KERNEL_MAP) {
		t->k.have_phys_base = t->k.have_offset = true;
		t->k.phys_base = (int64_t)(im.phys - (im.first - DMV_START_KERNEL_MAP));
		t->k.offset = im.first - DMV_KERNEL_LINKED;
	}
	return DMV_E_OK;
}

/* ---- registers ---- */

enum {
	CR4_PAE = 1 << 5,
	CR4_LA57 = 1 << 12,
	PTI_USER = 1 << 12,             /* of CR3: the half of the pair that user mode has */
};

static bool paging_of(const struct dmv_mem *m, const struct dmv_cpu *c, struct dmv_paging *p)
{
	if (!(c->cr[0] >> 31 & 1) || !c->cr[3])
		return false;
	memset(p, 0, sizeof(*p));
	p->root = c->cr[3];
	if (m->machine == EM_X86_64)
		p->mode = c->cr[4] & CR4_LA57 ? DMV_PAGING_X86_64_LA57 : DMV_PAGING_X86_64;
	else if (m->machine == EM_386)
		p->mode = c->cr[4] & CR4_PAE ? DMV_PAGING_X86_PAE : DMV_PAGING_X86_32;
	else
		return false;
	return true;
}

/* As it is, and its kernel half: with page-table isolation user mode's tables map next to nothing
 * of the kernel. */
static enum dmv_code try_cpu(struct dmv_mem *m, size_t i, struct dmv_kernel_try *t,
			     struct dmv_err *e)
{
	struct dmv_paging p;
	uint64_t budget = BUDGET;
	enum dmv_code code = DMV_E_NOTFOUND;

	if (!paging_of(m, &m->cpu[i], &p))
		return dmv_fail(e, code, "CPU %zu: its registers say of no paging", i);
	for (int half = 0; half < 2 && code && code != DMV_E_MEMORY; half++) {
		if (half && (m->machine != EM_X86_64 || !(p.root & PTI_USER)))
			break;
		p.root &= half ? ~(uint64_t)PTI_USER : UINT64_MAX;
		dmv_kernel_try_deinit(t);
		code = dmv_kernel_by_paging(m, &p, &budget, t, e);
	}
	if (!code)
		snprintf(t->k.how, sizeof(t->k.how), "CR3 of CPU %zu, no VMCOREINFO", i);
	return code;
}

enum dmv_code dmv_kernel_by_registers(struct dmv_mem *m, const bool *stop,
				      struct dmv_kernel_try *t, struct dmv_err *e)
{
	enum dmv_code code = dmv_fail(e, DMV_E_NOTFOUND, "the dump has no registers of a CPU");

	for (size_t i = 0; i < m->ncpu && code && code != DMV_E_MEMORY; i++) {
		if (stop && *stop)
			return DMV_E_STOPPED;
		code = try_cpu(m, i, t, e);
	}
	return code;
}

/* ---- tables ---- */

struct table_search {
	struct dmv_mem *m;
	const bool *stop;
	struct dmv_kernel_try *t;
	uint64_t budget;
	unsigned tried;
	bool found;
};

/* Present, not large, and the upper bits are none of an address: what the last entry of each top
 * table of a 64-bit kernel looks like. */
static bool looks_like_table(uint64_t entry)
{
	return (entry & 0x81) == 1 && entry & ~(uint64_t)0xfff && !(entry >> 46 & 0x1ffff);
}

static void try_table(struct table_search *s, uint64_t addr)
{
	static const enum dmv_paging_mode modes[] = { DMV_PAGING_X86_64, DMV_PAGING_X86_64_LA57 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]) && !s->found; i++) {
		struct dmv_paging p = { .mode = modes[i], .root = addr };
		struct dmv_kernel_try t = { 0 };

		if (dmv_kernel_by_paging(s->m, &p, &s->budget, &t, NULL)) {
			dmv_kernel_try_deinit(&t);
			continue;
		}
		snprintf(t.k.how, sizeof(t.k.how),
			 "a page table found in memory, no VMCOREINFO");
		*s->t = t;
		s->found = true;
	}
}

static enum dmv_code tables_in_piece(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	struct table_search *s = ctx;

	if (s->stop && *s->stop)
		return DMV_E_STOPPED;
	for (size_t i = (size_t)(-addr & (PAGE - 1)); i < n && n - i >= PAGE; i += PAGE) {
		uint64_t last = dmv_get(buf + i + PAGE - 8, 8, false);

		if (!looks_like_table(last) || dmv_get(buf + i, 8, false) & 0x80)
			continue;
		if (s->tried++ >= MAX_TABLES)
			return DMV_E_STOPPED;
		try_table(s, addr + i);
		if (s->found)
			return DMV_E_STOPPED;
	}
	return DMV_E_OK;
}

enum dmv_code dmv_kernel_by_tables(struct dmv_mem *m, const bool *stop, struct dmv_kernel_try *t,
				   struct dmv_err *e)
{
	struct table_search s = { .m = m, .stop = stop, .t = t, .budget = BUDGET };
	enum dmv_code code;

	if (m->machine && m->machine != EM_X86_64)
		return dmv_fail(e, DMV_E_NOTFOUND, "page tables are searched for x86-64 only");
	code = dmv_mem_walk(m, DMV_PHYS, tables_in_piece, &s, NULL, e);
	if (s.found)
		return DMV_E_OK;
	if (code == DMV_E_STOPPED && stop && *stop)
		return code;
	return dmv_fail(e, DMV_E_NOTFOUND, "no page tables of a Linux kernel");
}
