/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The source of kdump-compressed files, whole, split or flattened: reads by physical address, and
 * why an address cannot be read. mem_kdump_int.h draws the files.
 *
 * Pages are kept by where their bytes are in the file, not by address: all pages of zeros share one
 * place there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kdump_int.h"

enum {
	CACHE_BYTES = 2 << 20,
	MIN_SLOTS = 8,
	MAX_SLOTS = 512,
	MAX_VMCOREINFO = 1 << 20,
};

struct slot {
	const struct dmv_kdump_part *part;      /* NULL: empty */
	struct dmv_kdump_desc d;
	uint8_t *page;                  /* from malloc, NULL until first used */
};

struct kdump {
	struct dmv_mem m;
	struct dmv_mem_ops ops;         /* its format names compression and kind of file */
	struct dmv_kdump_set set;
	struct dmv_elf_notes notes;
	struct dmv_unpack unpack;
	uint64_t block;
	uint64_t end;                   /* first page beyond memory, as the dump says */
	bool zero_excluded;
	uint8_t *packed;                /* a block */
	struct slot *slot;
	size_t nslot;
	char format[96];
	struct dmv_dump_info info;
};

/* A page on its way: what messages need to know. */
struct page {
	uint64_t addr;                  /* first byte that was asked for */
	uint64_t pfn;
	struct dmv_kdump_part *part;
	uint64_t desc_at;               /* file offset of the descriptor */
	struct dmv_kdump_desc d;
};

/* ---- why not ---- */

static enum dmv_code excluded(const struct kdump *k, const struct page *p, struct dmv_err *e)
{
	return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
			   " was excluded by the dump filter (level %" PRIu32 ")", p->addr,
			   k->set.part[0].h.level);
}

static enum dmv_code foreign_part(const struct kdump *k, const struct page *p, struct dmv_err *e)
{
	uint64_t lo = 0, hi = k->end;

	for (size_t i = 0; i < k->set.npart; i++) {
		const struct dmv_kdump_part *x = &k->set.part[i];

		if (x->end <= p->pfn && x->end > lo)
			lo = x->end;
		if (x->first > p->pfn && x->first < hi)
			hi = x->first;
	}
	return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
			   " is in a part of the split set that is not here (0x%" PRIx64
			   " to 0x%" PRIx64 ")", p->addr,
			   lo * k->block, hi * k->block);
}

static enum dmv_code not_dumped(struct kdump *k, const struct page *p, struct dmv_err *e)
{
	struct dmv_kdump_map *m;
	int memory;

	if (p->pfn >= k->end)
		return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
				   " is beyond the end of memory at 0x%" PRIx64, p->addr,
				   k->end * k->block);
	if (!p->part)
		return foreign_part(k, p, e);
	m = &p->part->map;
	if (p->pfn >= m->nbit)
		return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
				   ": the bitmap of pages is cut off at the end of the file at 0x%"
				   PRIx64, p->addr, dmv_file_size(p->part->f));
	memory = dmv_kdump_map_memory(p->part->f, m, p->pfn);
	if (memory > 0)
		return excluded(k, p, e);
	if (!memory)
		return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
				   " is in a hole of the machine's memory", p->addr);
	return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
			   " is not in the dump", p->addr);
}

static enum dmv_code no_bytes(const struct page *p, const char *what, uint64_t off, int errnum,
			      struct dmv_err *e)
{
	char gap[80];

	if (errnum)
		return dmv_fail_at(e, DMV_E_SYSTEM, p->addr, "physical address 0x%" PRIx64
				   ": cannot read its %s at file offset 0x%" PRIx64 ": %s",
				   p->addr, what, off, strerror(errnum));
	return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
			   ": its %s is at file offset 0x%" PRIx64 ", %s", p->addr, what, off,
			   dmv_file_gap(p->part->f, off, gap, sizeof(gap)));
}

static enum dmv_code damaged(const struct page *p, struct dmv_err *e)
{
	return dmv_fail_at(e, DMV_E_CORRUPT, p->addr, "physical address 0x%" PRIx64
			   ": its page descriptor at file offset 0x%" PRIx64
			   " is damaged (offset 0x%" PRIx64 ", size 0x%" PRIx32 ", flags 0x%" PRIx32
			   ")", p->addr, p->desc_at, p->d.off, p->d.size, p->d.flags);
}

static enum dmv_code not_unpacked(const struct page *p, enum dmv_unpacked why, struct dmv_err *e)
{
	const char *name = dmv_unpack_name(p->d.flags & DMV_KDUMP_COMPRESSED);

	if (why == DMV_UNPACK_MEMORY)
		return dmv_fail_at(e, DMV_E_MEMORY, p->addr, "out of memory for %s", name);
	if (why == DMV_UNPACK_NOT_BUILT)
		return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
				   ": page compressed with %s, dma-inspect was built without it",
				   p->addr, name);
	return dmv_fail_at(e, DMV_E_CORRUPT, p->addr, "physical address 0x%" PRIx64
			   ": its page of 0x%" PRIx32 " bytes at file offset 0x%" PRIx64
			   " does not decompress (%s)", p->addr, p->d.size, p->d.off, name);
}

/* ---- pages ---- */

/* ABSENT: the page is not in the dump. */
static enum dmv_code find_page(struct kdump *k, struct page *p, struct dmv_err *e)
{
	uint8_t b[DMV_KDUMP_DESC_BYTES];
	uint32_t method;
	int errnum;

	p->pfn = p->addr / k->block;
	p->part = dmv_kdump_part_of(&k->set, p->pfn);
	if (!p->part || !dmv_kdump_map_has(&p->part->map, p->pfn))
		return not_dumped(k, p, e);
	p->desc_at = p->part->map.desc +
		     dmv_kdump_map_rank(&p->part->map, p->pfn) * DMV_KDUMP_DESC_BYTES;
	if (dmv_file_read(p->part->f, p->desc_at, b, sizeof(b), &errnum) != sizeof(b))
		return no_bytes(p, "page descriptor", p->desc_at, errnum, e);
	dmv_kdump_desc_get(b, p->part->h.be, &p->d);
	if (!p->d.off && !p->d.size)
		return dmv_fail_at(e, DMV_E_ABSENT, p->addr, "physical address 0x%" PRIx64
				   " was never written: the dump was not finished", p->addr);
	method = p->d.flags & DMV_KDUMP_COMPRESSED;
	if (!p->d.size || p->d.size > k->block || p->d.off < p->part->map.desc ||
	    (!method && p->d.size != k->block))
		return damaged(p, e);
	return DMV_E_OK;
}

/* The whole page to `to`. */
static enum dmv_code load_page(struct kdump *k, const struct page *p, uint8_t *to,
			       struct dmv_err *e)
{
	uint32_t method = p->d.flags & DMV_KDUMP_COMPRESSED;
	uint8_t *from = method ? k->packed : to;
	enum dmv_unpacked why;
	int errnum;
	size_t got = dmv_file_read(p->part->f, p->d.off, from, p->d.size, &errnum);

	if (got != p->d.size)
		return no_bytes(p, "page", p->d.off + got, errnum, e);
	if (!method)
		return DMV_E_OK;
	why = dmv_unpack_page(&k->unpack, method, from, got, to, k->block);
	return why ? not_unpacked(p, why, e) : DMV_E_OK;
}

static struct slot *slot_of(struct kdump *k, const struct page *p)
{
	uint64_t hash = (p->d.off ^ (uintptr_t)p->part) * UINT64_C(0x9e3779b97f4a7c15);

	return &k->slot[(hash >> 32) % k->nslot];
}

static bool in_slot(const struct slot *s, const struct page *p)
{
	return s->part == p->part && s->d.off == p->d.off && s->d.size == p->d.size &&
	       s->d.flags == p->d.flags;
}

/* A page that stays valid until the next call. */
static enum dmv_code cached_page(struct kdump *k, const struct page *p, const uint8_t **ret,
				 struct dmv_err *e)
{
	struct slot *s = slot_of(k, p);
	enum dmv_code code;

	if (!in_slot(s, p)) {
		s->part = NULL;
		if (!s->page)
			s->page = malloc(k->block);
		if (!s->page)
			return dmv_fail(e, DMV_E_MEMORY, "out of memory for a page");
		code = load_page(k, p, s->page, e);
		if (code)
			return code;
		s->part = p->part;
		s->d = p->d;
	}
	*ret = s->page;
	return DMV_E_OK;
}

static bool reads_as_zeros(struct kdump *k, const struct page *p)
{
	return k->zero_excluded && p->part && p->pfn < k->end &&
	       !dmv_kdump_map_has(&p->part->map, p->pfn) &&
	       dmv_kdump_map_memory(p->part->f, &p->part->map, p->pfn) > 0;
}

/* n bytes within one page. Whole pages that are read in passing do not go through the cache, but
 * for the first in the file, which is the one of all zeros. */
static enum dmv_code read_in_page(struct kdump *k, uint64_t addr, uint8_t *to, size_t n,
				  struct dmv_err *e)
{
	struct page p = { .addr = addr };
	struct dmv_err why = { 0 };
	enum dmv_code code = find_page(k, &p, &why);
	const uint8_t *page = NULL;

	if (code && reads_as_zeros(k, &p)) {
		memset(to, 0, n);
		return DMV_E_OK;
	}
	if (code) {
		if (e)
			*e = why;
		return code;
	}
	if (n == k->block && p.d.off != p.part->map.data && !in_slot(slot_of(k, &p), &p))
		return load_page(k, &p, to, e);
	code = cached_page(k, &p, &page, e);
	if (!code)
		memcpy(to, page + addr % k->block, n);
	return code;
}

static enum dmv_code kdump_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
				size_t n, struct dmv_err *e)
{
	struct kdump *k = (struct kdump *)m;
	size_t part;

	if (s != DMV_PHYS)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "this dump has no virtual addresses (asked for 0x%" PRIx64 ")",
				   addr);
	for (size_t done = 0; done < n; done += part) {
		uint64_t at = addr + done, room = k->block - at % k->block;
		enum dmv_code code;

		part = n - done < room ? n - done : (size_t)room;
		code = read_in_page(k, at, (uint8_t *)buf + done, part, e);
		if (code)
			return code;
	}
	return DMV_E_OK;
}

static enum dmv_code kdump_heads(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				 dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				 struct dmv_err *e)
{
	struct kdump *k = (struct kdump *)m;

	if (s != DMV_PHYS)
		return DMV_E_OK;
	if (k->block / step * n > DMV_KDUMP_HEADS)
		return dmv_mem_walk_plain(m, s, step, n, fn, ctx, missed, e);
	return dmv_kdump_heads(m, &k->set, step, n, fn, ctx, missed, e);
}

static void kdump_close(struct dmv_mem *m)
{
	struct kdump *k = (struct kdump *)m;

	for (size_t i = 0; i < k->nslot; i++)
		free(k->slot[i].page);
	free(k->slot);
	free(k->packed);
	dmv_unpack_deinit(&k->unpack);
	dmv_elf_notes_deinit(&k->notes);
	dmv_kdump_set_close(&k->set);
	dmv_dump_lines_free(&k->info);
	dmv_mem_base_deinit(m);
	free(k);
}

/* ---- what the dump says of itself ---- */

static void note_part(struct kdump *k, const struct dmv_kdump_part *p)
{
	const char *of = k->set.npart > 1 ? p->path : "", *colon = *of ? ": " : "";
	struct dmv_kdump_lost lost = dmv_kdump_map_lost(p->f, &p->map, p->h.be);

	if (dmv_file_note(p->f))
		dmv_mem_note(&k->m, "%s%s%s", of, colon, dmv_file_note(p->f));
	if (p->mended)
		dmv_mem_note(&k->m, "%s%s%s", of, colon, p->mended);
	if (p->map.bogus)
		dmv_mem_note(&k->m, "%s%sthe bitmap of pages is damaged: %" PRIu64
			     " pages are said to be dumped where there is no memory; they are left "
			     "out, and the rest fits", of, colon, p->map.bogus);
	if (!p->map.fits && p->map.data)
		dmv_mem_note(&k->m, "%s%sthe bitmap of pages and the page descriptors do not fit "
			     "each other: one is damaged, or the header; pages may be shown at "
			     "the address of another", of, colon);
	dmv_mem_lose(&k->m, (lost.beyond + lost.unwritten) * p->h.block);
	if (lost.beyond)
		dmv_mem_note(&k->m, "%s%s%" PRIu64 " of %" PRIu64 " pages beyond end of file", of,
			     colon, lost.beyond, p->map.total);
	if (lost.unwritten)
		dmv_mem_note(&k->m, "%s%s%" PRIu64 " of %" PRIu64 " pages were never written: "
			     "whoever made the dump did not finish it", of, colon, lost.unwritten,
			     p->map.total);
	if (p->h.status & DMV_KDUMP_INCOMPLETE)
		dmv_mem_note(&k->m, "%s%sthe header says that the dump is incomplete", of, colon);
}

static void note_erased(struct kdump *k)
{
	const struct dmv_kdump_span *s = &k->set.part[0].h.erased;

	if (s->bytes)
		dmv_mem_note(&k->m, "whoever made the dump erased data from it on purpose "
			     "(eraseinfo at file offset 0x%" PRIx64 "): they read as 'X'", s->off);
}

static void note_set(struct kdump *k)
{
	uint64_t next = 0;

	if (!k->set.part[0].h.split)
		return;
	for (size_t i = 0; i <= k->set.npart; i++) {
		uint64_t first = i < k->set.npart ? k->set.part[i].first : k->end;

		if (first > next)
			dmv_mem_note(&k->m, "split set: the part with addresses 0x%" PRIx64
				     " to 0x%" PRIx64 " is not here", next * k->block,
				     first * k->block);
		if (i < k->set.npart)
			next = k->set.part[i].end;
	}
	for (size_t i = 0; k->set.beside && i < k->set.npart; i++)
		dmv_mem_note(&k->m, "split set: %s holds addresses 0x%" PRIx64 " to 0x%" PRIx64
			     ", found by its name", k->set.part[i].path,
			     k->set.part[i].first * k->block, k->set.part[i].end * k->block);
}

static void note_header(struct kdump *k)
{
	const struct dmv_kdump_head *h = &k->set.part[0].h;
	uint32_t methods = h->status & DMV_KDUMP_COMPRESSED;
	char name[66];

	if (!h->version || h->version > 6)
		dmv_mem_note(&k->m, "header_version %" PRIu32 " is none of 1 to 6: read as 6",
			     h->version);
	/* QEMU says "Unknown" of every machine but x86: VMCOREINFO tells it then. */
	if (!h->machine && strcmp(dmv_kdump_uts(h, 4, name), "Unknown"))
		dmv_mem_note(&k->m, "the header's machine \"%s\" is not known", name);
	for (uint32_t flag = 1; flag <= methods; flag <<= 1)
		if (methods & flag && !dmv_unpack_built(flag))
			dmv_mem_note(&k->m, "pages are compressed with %s, dma-inspect was built "
				     "without it: they cannot be read", dmv_unpack_name(flag));
	if (h->sub_cut)
		dmv_mem_note(&k->m, "the sub header at file offset 0x%" PRIx64 " is not, or not "
			     "all, in the file: what it would tell (VMCOREINFO, notes, dump level, "
			     "split set) is missing", h->block);
	if (k->zero_excluded)
		dmv_mem_note(&k->m, "excluded pages read as zeros, as --zero-excluded asks");
	if (k->notes.cut)
		dmv_mem_note(&k->m,
			     "the notes end early or are damaged: what they would tell is missing");
}

static void add_line(struct kdump *k, const char *key, const char *value)
{
	if (!*value)
		return;
	dmv_dump_line_add(&k->info, key, "%s", value);
	k->m.info = &k->info;
}

/* The bits of makedumpfile(8), option -d. */
static const char *left_out(uint32_t level, char *buf, size_t size)
{
	static const char *const kinds[] = {
		"zero pages", "page cache", "private page cache", "pages of processes",
		"free pages",
	};
	const char *sep = "";
	size_t at = 0;

	*buf = 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!(level >> i & 1) || at >= size)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", sep, kinds[i]);
		sep = ", ";
	}
	return buf;
}

static void say_lines(struct kdump *k)
{
	const struct dmv_kdump_head *h = &k->set.part[0].h;
	char a[66], b[66], text[160];

	dmv_kdump_uts(h, 2, a);
	dmv_kdump_uts(h, 3, b);
	snprintf(text, sizeof(text), "%s%s%s", a, *a && *b ? " " : "", b);
	add_line(k, "kernel", text);
	dmv_kdump_uts(h, 1, a);
	add_line(k, "host", strcmp(a, "(none)") ? a : "");
	if (!h->sub)
		return;
	snprintf(text, sizeof(text), "%" PRIu32, h->level);
	add_line(k, "dump level", text);
	add_line(k, "left out", left_out(h->level, text, sizeof(text)));
}

static const char *methods_of(const struct dmv_kdump_head *h)
{
	for (uint32_t flag = 1; flag <= DMV_KDUMP_COMPRESSED; flag <<= 1)
		if (h->status & DMV_KDUMP_COMPRESSED & flag)
			return dmv_unpack_name(flag);
	return "not compressed";
}

static void say_format(struct kdump *k)
{
	const struct dmv_kdump_part *p = &k->set.part[0];
	char split[40] = "";

	if (p->h.split)
		snprintf(split, sizeof(split), ", %zu part%s of a split set", k->set.npart,
			 k->set.npart > 1 ? "s" : "");
	snprintf(k->format, sizeof(k->format), "kdump-compressed vmcore (%s%s%s)",
		 methods_of(&p->h), dmv_file_is_view(p->f) ? ", flattened" : "", split);
	k->ops.format = k->format;
}

/* ---- opening ---- */

/* The notes have VMCOREINFO, too, in dumps that QEMU wrote. */
static void find_vmcoreinfo(struct kdump *k)
{
	struct dmv_kdump_part *p = &k->set.part[0];
	struct dmv_kdump_span s = p->h.vmcoreinfo;
	char *text = s.bytes && s.bytes <= MAX_VMCOREINFO ? malloc(s.bytes) : NULL;
	int errnum;

	if (text && dmv_file_read(p->f, s.off, text, s.bytes, &errnum) == s.bytes)
		dmv_mem_set_vmcoreinfo(&k->m, text, s.bytes);
	else if (s.bytes)
		dmv_mem_note(&k->m, "VMCOREINFO at file offset 0x%" PRIx64 " (0x%" PRIx64
			     " bytes) is not there or not believable", s.off, s.bytes);
	free(text);
	if (k->notes.vmcoreinfo)
		dmv_mem_set_vmcoreinfo(&k->m, k->notes.vmcoreinfo, k->notes.vmcoreinfo_bytes);
}

/* Pages whose descriptors are in the file, as ranges of addresses. */
static enum dmv_code find_ranges(struct kdump *k, struct dmv_err *e)
{
	struct dmv_range *v = NULL;
	size_t n = 0;

	for (size_t i = 0; i < k->set.npart; i++) {
		const struct dmv_kdump_map *m = &k->set.part[i].map;
		uint64_t left = m->held, pfn = dmv_kdump_map_next(m, 0, true), end;

		for (; left && pfn < m->nbit; pfn = dmv_kdump_map_next(m, end, true)) {
			end = dmv_kdump_map_next(m, pfn, false);
			if (end - pfn > left)
				end = pfn + left;
			left -= end - pfn;
			if (!dmv_grow(&v, n, sizeof(*v))) {
				free(v);
				return dmv_fail(e, DMV_E_MEMORY, "out of memory for %zu ranges", n);
			}
			v[n++] = (struct dmv_range){ pfn * k->block, end * k->block };
		}
	}
	dmv_mem_set_ranges(&k->m, DMV_PHYS, v, n);
	return DMV_E_OK;
}

/* The end of memory: what the header says, if that can be. */
static void find_end(struct kdump *k)
{
	uint64_t last = k->m.nrange[DMV_PHYS] ?
				k->m.range[DMV_PHYS][k->m.nrange[DMV_PHYS] - 1].end / k->block : 0;
	const struct dmv_kdump_part *p = &k->set.part[0];
	uint64_t room = p->map.memory_bytes * 8;

	k->end = p->h.max_mapnr < room ? p->h.max_mapnr : room;
	if (k->end < last) {
		dmv_mem_note(&k->m, "header max_mapnr 0x%" PRIx64 " is damaged: there are pages up "
			     "to 0x%" PRIx64, p->h.max_mapnr, last);
		k->end = last;
	}
}

static enum dmv_code no_pages(const struct kdump *k, struct dmv_err *e)
{
	const struct dmv_kdump_part *p = &k->set.part[0];
	uint64_t size = dmv_file_size(p->f);

	if (p->map.desc >= size || p->map.total)
		return dmv_fail(e, DMV_E_CORRUPT, "kdump-compressed file cut off before its first "
				"page: page descriptors start at file offset 0x%" PRIx64
				", the file ends at 0x%" PRIx64, p->map.desc, size);
	return dmv_fail(e, DMV_E_CORRUPT, "kdump-compressed file whose bitmap of pages at file "
			"offset 0x%" PRIx64 " is empty", p->map.memory + p->map.memory_bytes);
}

static enum dmv_code make_cache(struct kdump *k, struct dmv_err *e)
{
	k->nslot = CACHE_BYTES / k->block;
	if (k->nslot < MIN_SLOTS)
		k->nslot = MIN_SLOTS;
	if (k->nslot > MAX_SLOTS)
		k->nslot = MAX_SLOTS;
	k->slot = calloc(k->nslot, sizeof(*k->slot));
	k->packed = malloc(k->block);
	if (!k->slot || !k->packed)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	return DMV_E_OK;
}

static enum dmv_code set_up(struct kdump *k, struct dmv_err *e)
{
	struct dmv_kdump_part *p = &k->set.part[0];
	enum dmv_code code;

	k->block = p->h.block;
	k->m.big_endian = p->h.be;
	k->m.bits = p->h.is64 ? 64 : 32;
	k->m.machine = p->h.machine ? p->h.machine->elf : 0;
	code = make_cache(k, e);
	if (!code)
		code = find_ranges(k, e);
	if (code)
		return code;
	if (!k->m.nrange[DMV_PHYS] && !p->h.split)
		return no_pages(k, e);
	find_end(k);
	if (p->h.notes.bytes)
		dmv_elf_notes_read(&k->notes, p->f, p->h.notes.off, p->h.notes.bytes, p->h.is64,
				   p->h.be);
	k->m.cpu = k->notes.cpu;
	k->m.ncpu = k->notes.ncpu;
	find_vmcoreinfo(k);
	note_set(k);
	for (size_t i = 0; i < k->set.npart; i++)
		note_part(k, &k->set.part[i]);
	note_header(k);
	note_erased(k);
	say_lines(k);
	say_format(k);
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_kdump(const char *target, const struct dmv_mem_opts *o,
				 struct dmv_mem **ret, struct dmv_err *e)
{
	struct kdump *k = calloc(1, sizeof(*k));
	enum dmv_code code;

	if (!k)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	k->ops = (struct dmv_mem_ops){ .read = kdump_read, .close = kdump_close,
				       .walk_heads = kdump_heads };
	k->m.ops = &k->ops;
	k->zero_excluded = o->zero_excluded;
	code = dmv_kdump_set_open(target, o->more, o->nmore, &k->set, e);
	if (!code)
		code = set_up(k, e);
	if (code) {
		kdump_close(&k->m);
		return code;
	}
	*ret = &k->m;
	return DMV_E_OK;
}
