/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What a Linux kernel's kallsyms do not name, found in its image: without CONFIG_KALLSYMS_ALL they
 * have code only (Debian's 6.1 for arm64), and neither BTF nor the list of modules has a symbol.
 */
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "names_kernel.h"
#include "vmcoreinfo.h"

enum {
	PIECE = 1 << 20,
	OVERLAP = 16,                   /* more than is looked for at once */
	STEP = 64 << 10,                /* parts of an image start on such an address at least */
	BTF_HEADER = 24,                /* struct btf_header */
	MAX_TRIES = 1 << 16,            /* lists that were held for the modules' and were none */
	MODULE_ALIGN = 32,              /* struct module is ____cacheline_aligned: 64 mostly */
};

#define MAX_IMAGE (UINT64_C(256) << 20)
#define MAX_BTF (UINT64_C(32) << 20)
#define NEAR (UINT64_C(4) << 30)        /* modules lie so near that code reaches them */
#define AROUND (UINT64_C(16) << 20)     /* Debian's kernels have .data and .bss of 3 to 8 MB */

/* True: found, look no further. */
typedef bool look_fn(void *ctx, uint64_t addr, const uint8_t *p, size_t n);

/* All of [from, to) that is mapped and there; pieces overlap by OVERLAP where they can. */
static bool look_in_image(struct dmv_mem *m, uint64_t from, uint64_t to, look_fn *fn, void *ctx)
{
	uint8_t *p = malloc(PIECE + OVERLAP);
	uint64_t phys, bytes;
	bool found = false;

	while (p && from < to && !found) {
		size_t n, more;

		if (dmv_mem_translate(m, from, &phys, &bytes, NULL)) {
			from = (from | (STEP - 1)) + 1;
			continue;
		}
		bytes = bytes < to - from ? bytes : to - from;
		n = bytes < PIECE ? (size_t)bytes : PIECE;
		more = n + OVERLAP;
		if (dmv_mem_read(m, DMV_VIRT, from, p, more, NULL))
			more = dmv_mem_read(m, DMV_VIRT, from, p, n, NULL) ? 0 : n;
		found = more && fn(ctx, from, p, more);
		from += n;
	}
	free(p);
	return found;
}

/* ---- BTF ---- */

struct btf_search {
	struct dmv_mem *m;
	uint64_t at, bytes;             /* the largest so far: light skeletons have BTF, too */
};

/* The header of vmlinux's BTF, of which the strings follow the types at once. */
static void try_btf(struct btf_search *s, uint64_t at)
{
	bool be = s->m->big_endian;
	uint8_t h[BTF_HEADER], first, last;
	uint64_t types, strings, bytes;

	if (dmv_mem_read(s->m, DMV_VIRT, at, h, sizeof(h), NULL))
		return;
	types = dmv_get(h + 12, 4, be);
	strings = dmv_get(h + 20, 4, be);
	bytes = BTF_HEADER + types + strings;
	if (!types || !strings || dmv_get(h + 16, 4, be) != types || bytes > MAX_BTF ||
	    bytes <= s->bytes)
		return;
	if (dmv_mem_read(s->m, DMV_VIRT, at + BTF_HEADER + types, &first, 1, NULL) || first ||
	    dmv_mem_read(s->m, DMV_VIRT, at + bytes - 1, &last, 1, NULL) || last)
		return;
	s->at = at;
	s->bytes = bytes;
}

static bool btf_in(void *ctx, uint64_t addr, const uint8_t *p, size_t n)
{
	/* Magic, version 1, no flags, the header's length, and types from there on. */
	static const uint8_t le[12] = { 0x9f, 0xeb, 1, 0, BTF_HEADER },
			     be[12] = { 0xeb, 0x9f, 1, 0, 0, 0, 0, BTF_HEADER };
	struct btf_search *s = ctx;
	const uint8_t *end = p + n, *at = p;

	while ((at = memmem(at, (size_t)(end - at), s->m->big_endian ? be : le, sizeof(le)))) {
		try_btf(s, addr + (size_t)(at - p));
		at++;
	}
	return false;
}

bool dmv_image_find_btf(struct dmv_mem *m, const struct dmv_kallsyms *k, struct dmv_range *ret)
{
	struct btf_search s = { .m = m };
	uint64_t start, end, banner;

	/* It stands between the code and the init code, which are named all the same. */
	if (dmv_kallsyms_symbol(k, "linux_banner", &banner) ||
	    !dmv_kallsyms_symbol(k, "_stext", &start))
		return false;
	if (!dmv_kallsyms_symbol(k, "_einittext", &end) || end < start || end - start > MAX_IMAGE)
		end = start + MAX_IMAGE;
	look_in_image(m, start, end, btf_in, &s);
	*ret = (struct dmv_range){ s.at, s.at + s.bytes };
	return s.bytes;
}

/* ---- modules ---- */

struct list_search {
	struct dmv_mem *m;
	const struct dmv_module_marks *marks;
	unsigned tried;
	uint64_t head;
};

static bool word_at(struct list_search *s, uint64_t addr, uint64_t *ret)
{
	return !dmv_mem_number(s->m, DMV_VIRT, addr, s->marks->word, ret, NULL);
}

/* Of both neighbours of the head: a module's kobject leads back to it. */
static bool is_module(struct list_search *s, uint64_t list, uint64_t *next, uint64_t *prev)
{
	uint64_t self, module = list - s->marks->list;

	return word_at(s, module + s->marks->self, &self) && self == module &&
	       word_at(s, list, next) && word_at(s, list + s->marks->word, prev);
}

static bool is_head(struct list_search *s, uint64_t addr, uint64_t first, uint64_t last)
{
	uint64_t next, prev;

	return is_module(s, first, &next, &prev) && prev == addr &&
	       is_module(s, last, &next, &prev) && next == addr;
}

/* May a list head at addr lead to this module? */
static bool may_be_module(const struct list_search *s, uint64_t addr, uint64_t list)
{
	return (list - s->marks->list) % MODULE_ALIGN == 0 && list != addr &&
	       (list > addr ? list - addr : addr - list) < NEAR;
}

static bool heads_in(void *ctx, uint64_t addr, const uint8_t *p, size_t n)
{
	struct list_search *s = ctx;
	unsigned w = s->marks->word;

	for (size_t i = (size_t)(-addr & (w - 1)); i + 2 * w <= n; i += w) {
		uint64_t first = dmv_get(p + i, w, s->m->big_endian);
		uint64_t last = dmv_get(p + i + w, w, s->m->big_endian);

		if (!may_be_module(s, addr + i, first) || !may_be_module(s, addr + i, last))
			continue;
		if (++s->tried > MAX_TRIES)
			return true;
		if (is_head(s, addr + i, first, last)) {
			s->head = addr + i;
			return true;
		}
	}
	return false;
}

bool dmv_image_find_modules(struct dmv_mem *m, const struct dmv_module_marks *marks, uint64_t *ret)
{
	struct list_search s = { .m = m, .marks = marks };
	const struct dmv_kernel *k = dmv_mem_kernel(m, NULL);
	uint64_t near, from, to;

	/* init_uts_ns is a variable as the head is, somewhere in .data. */
	if (dmv_vmci_symbol(m->vmcoreinfo, "init_uts_ns", &near)) {
		from = near > AROUND ? near - AROUND : 0;
		to = near < UINT64_MAX - AROUND ? near + AROUND : UINT64_MAX;
	} else if (k && k->image) {
		from = k->image;
		to = k->image_end;
	} else {
		return false;
	}
	look_in_image(m, from, to, heads_in, &s);
	*ret = s.head;
	return s.head;
}
