/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Page tables as the processor manuals draw them: Intel SDM volume 3A chapter 4 (tables 4-4 to
 * 4-20), Arm ARM D8.3. One loop for all; a mode is its geometry and what an entry means.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "pagewalk.h"

enum {
	BLOCK = 4096,           /* what is read and kept of a table, which may be larger */
	SLOTS = 64,             /* a power of two */
};

enum entry {
	ENTRY_NONE,             /* nothing mapped */
	ENTRY_TABLE,            /* *out: the next table */
	ENTRY_PAGE,             /* *out: where the page starts */
	ENTRY_RESERVED,         /* bits set that must not be */
};

struct slot {
	uint64_t at;            /* physical, UINT64_MAX: empty */
	uint8_t bytes[BLOCK];
};

struct dmv_pagewalk {
	struct dmv_paging p;
	struct dmv_mem *m;
	uint64_t phys_mask;     /* x86: address bits of an entry, those below 4 KiB included */
	uint8_t entry_bytes;
	uint8_t index_bits;     /* of every level but the top one */
	uint8_t top_bits;       /* of the top level */
	uint8_t top_shift;      /* lowest address bit that the top level looks at */
	uint8_t page_shift;     /* the same for the bottom */
	enum entry (*decode)(const struct dmv_pagewalk *w, unsigned shift, uint64_t entry,
			     uint64_t *out);
	struct slot *slot;
};

static uint64_t low_mask(unsigned bits)
{
	return bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

/* ---- what an entry means ---- */

enum {
	X86_PRESENT = 1,
	X86_LARGE = 1 << 7,
	ARM_VALID = 1,
	ARM_TABLE = 2,          /* in the last level: a page; 0 is reserved there */
};

static enum entry decode_x86_32(const struct dmv_pagewalk *w, unsigned shift, uint64_t entry,
				uint64_t *out)
{
	(void)w;
	if (!(entry & X86_PRESENT))
		return ENTRY_NONE;
	*out = entry & ~low_mask(12);
	if (shift == 12)
		return ENTRY_PAGE;
	if (!(entry & X86_LARGE))
		return ENTRY_TABLE;
	if (entry & UINT64_C(1) << 21)
		return ENTRY_RESERVED;
	/* PSE-36: bits 13 to 20 are bits 32 to 39 of the address. */
	*out = (entry & ~low_mask(22)) | (entry >> 13 & 0xff) << 32;
	return ENTRY_PAGE;
}

/* PAE, four and five levels: 64-bit entries. */
static enum entry decode_x86_64(const struct dmv_pagewalk *w, unsigned shift, uint64_t entry,
				uint64_t *out)
{
	bool pae_top = w->p.mode == DMV_PAGING_X86_PAE && shift == 30;
	/* Bits 52 to 62 belong to software and protection keys, 63 is no-execute; the four entries
	 * at the top of PAE know neither. */
	uint64_t reserved = ~w->phys_mask & low_mask(52) & ~w->p.ignore;

	if (!(entry & X86_PRESENT))
		return ENTRY_NONE;
	if (pae_top)
		/* Bit 5 is reserved too, but QEMU sets it there as it does below (accessed). */
		reserved |= 0x1c6 | ~low_mask(52);
	*out = entry & w->phys_mask & ~low_mask(12);
	if (shift == 12 || pae_top || !(entry & X86_LARGE)) {
		if (entry & reserved)
			return ENTRY_RESERVED;
		return shift == 12 ? ENTRY_PAGE : ENTRY_TABLE;
	}
	/* Bit 12 is PAT; those above it up to the page's size are reserved. */
	reserved |= low_mask(shift) & ~low_mask(13) & ~w->p.ignore;
	if (shift > 30 || entry & reserved)
		return ENTRY_RESERVED;
	*out &= ~low_mask(shift);
	return ENTRY_PAGE;
}

/* May a descriptor of this level be a block? With 52-bit addresses one level more may. */
static bool arm_block_allowed(const struct dmv_pagewalk *w, unsigned shift)
{
	switch (w->page_shift) {
	case 12:
		return shift == 21 || shift == 30 || (shift == 39 && w->p.va_bits > 48);
	case 14:
		return shift == 25 || (shift == 36 && w->p.va_bits > 48);
	default:
		return shift == 29 || shift == 42;
	}
}

static enum entry decode_arm(const struct dmv_pagewalk *w, unsigned shift, uint64_t entry,
			     uint64_t *out)
{
	bool last = shift == w->page_shift;

	if (!(entry & ARM_VALID))
		return ENTRY_NONE;
	*out = entry & low_mask(48) & ~low_mask(w->page_shift);
	if (w->page_shift == 16) {
		*out |= (entry >> 12 & 0xf) << 48;      /* LPA; else the bits are zero */
	} else if (w->p.va_bits > 48) {                 /* LPA2: TCR_EL1.DS */
		*out = entry & low_mask(50) & ~low_mask(w->page_shift);
		*out |= (entry >> 8 & 3) << 50;
	}
	if (entry & ARM_TABLE)
		return last ? ENTRY_PAGE : ENTRY_TABLE;
	/* Bit 16 of a block is nT. */
	if (last || !arm_block_allowed(w, shift) || entry & low_mask(shift) & ~low_mask(17))
		return ENTRY_RESERVED;
	*out &= ~low_mask(shift);
	return ENTRY_PAGE;
}

/* ---- modes ---- */

static void set_x86_64(struct dmv_pagewalk *w, unsigned top_shift, unsigned top_bits)
{
	unsigned bits = w->p.phys_bits ? w->p.phys_bits : 52;

	w->entry_bytes = 8;
	w->index_bits = 9;
	w->top_bits = (uint8_t)top_bits;
	w->top_shift = (uint8_t)top_shift;
	w->page_shift = 12;
	w->phys_mask = low_mask(bits) & ~w->p.ignore;
	w->decode = decode_x86_64;
}

static bool set_arm(struct dmv_pagewalk *w)
{
	unsigned per_level = w->p.page_shift - 3u, left, levels;

	if (w->p.page_shift != 12 && w->p.page_shift != 14 && w->p.page_shift != 16)
		return false;
	if (w->p.va_bits < 25 || w->p.va_bits > 52)
		return false;
	left = w->p.va_bits - w->p.page_shift;
	levels = (left + per_level - 1) / per_level;
	w->entry_bytes = 8;
	w->index_bits = (uint8_t)per_level;
	w->top_bits = (uint8_t)(left - (levels - 1) * per_level);
	w->page_shift = w->p.page_shift;
	w->top_shift = (uint8_t)(w->page_shift + (levels - 1) * per_level);
	w->decode = decode_arm;
	return true;
}

static bool set_mode(struct dmv_pagewalk *w)
{
	if (w->p.mode != DMV_PAGING_ARM64 && w->p.phys_bits && w->p.phys_bits < 32)
		return false;
	if (w->p.phys_bits > 52)
		return false;
	switch (w->p.mode) {
	case DMV_PAGING_X86_32:
		w->entry_bytes = 4;
		w->index_bits = w->top_bits = 10;
		w->top_shift = 22;
		w->page_shift = 12;
		w->decode = decode_x86_32;
		return true;
	case DMV_PAGING_X86_PAE:
		set_x86_64(w, 30, 2);
		return true;
	case DMV_PAGING_X86_64:
		set_x86_64(w, 39, 9);
		return true;
	case DMV_PAGING_X86_64_LA57:
		set_x86_64(w, 48, 9);
		return true;
	case DMV_PAGING_ARM64:
		return set_arm(w);
	}
	return false;
}

/* The address in CR3 or TTBRx, without what else stands there. */
static uint64_t root_of(const struct dmv_pagewalk *w)
{
	uint64_t r = w->p.root;

	switch (w->p.mode) {
	case DMV_PAGING_X86_32:
		return r & low_mask(32) & ~low_mask(12);
	case DMV_PAGING_X86_PAE:
		return r & low_mask(32) & ~low_mask(5);
	case DMV_PAGING_ARM64:
		/* The ASID is above bit 47, CnP in bit 0. With 52-bit physical addresses bits 2 to
		 * 5 are bits 48 to 51 of a table that is 64 bytes aligned at least; a plain
		 * address has none of them set. */
		return (r & low_mask(48) & ~low_mask(6)) | (r >> 2 & 0xf) << 48;
	default:
		return r & w->phys_mask & ~low_mask(12);
	}
}

enum dmv_code dmv_pagewalk_new(const struct dmv_paging *p, struct dmv_mem *m,
			       struct dmv_pagewalk **ret, struct dmv_err *e)
{
	struct dmv_pagewalk *w = calloc(1, sizeof(*w));

	if (!w)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for page tables");
	w->p = *p;
	w->m = m;
	if (!set_mode(w)) {
		free(w);
		return dmv_fail(e, DMV_E_USAGE,
				"no paging of mode %d with %u-bit addresses and pages of 2^%u "
				"bytes",
				(int)p->mode, p->va_bits, p->page_shift);
	}
	w->p.root = root_of(w);
	w->slot = malloc(SLOTS * sizeof(*w->slot));
	if (!w->slot) {
		free(w);
		return dmv_fail(e, DMV_E_MEMORY, "no memory for page tables");
	}
	dmv_pagewalk_forget(w);
	*ret = w;
	return DMV_E_OK;
}

void dmv_pagewalk_free(struct dmv_pagewalk *w)
{
	if (!w)
		return;
	free(w->slot);
	free(w);
}

void dmv_pagewalk_forget(struct dmv_pagewalk *w)
{
	for (size_t i = 0; i < SLOTS; i++)
		w->slot[i].at = UINT64_MAX;
}

const struct dmv_paging *dmv_pagewalk_paging(const struct dmv_pagewalk *w)
{
	return &w->p;
}

static unsigned levels(const struct dmv_pagewalk *w)
{
	return (unsigned)(w->top_shift - w->page_shift) / w->index_bits + 1;
}

const char *dmv_pagewalk_text(const struct dmv_pagewalk *w, char *buf, size_t size)
{
	if (w->p.mode == DMV_PAGING_ARM64)
		snprintf(buf, size,
			 "%u-level page tables at 0x%" PRIx64 ", pages of %u KiB, %u-bit "
			 "addresses",
			 levels(w), w->p.root, 1u << (w->page_shift - 10), w->p.va_bits);
	else
		snprintf(buf, size, "%u-level page tables at 0x%" PRIx64, levels(w), w->p.root);
	return buf;
}

/* ---- walking ---- */

/* Levels are counted as their manuals do: Intel's from the page up, Arm's down to level 3. */
static unsigned level_number(const struct dmv_pagewalk *w, unsigned shift)
{
	unsigned up = (shift - w->page_shift) / w->index_bits;

	return w->p.mode == DMV_PAGING_ARM64 ? 3 - up : up + 1;
}

/* A failed read is not kept: it says why each time. */
static enum dmv_code read_entry(struct dmv_pagewalk *w, uint64_t at, uint64_t *ret,
				struct dmv_err *e)
{
	uint64_t block = at & ~(uint64_t)(BLOCK - 1);
	struct slot *s = &w->slot[(at / BLOCK) % SLOTS];

	if (s->at != block) {
		enum dmv_code code;

		s->at = UINT64_MAX;
		code = dmv_mem_read(w->m, DMV_PHYS, block, s->bytes, BLOCK, e);
		if (code)
			return code;
		s->at = block;
	}
	*ret = dmv_get(s->bytes + (at - block), w->entry_bytes,
		       w->p.mode == DMV_PAGING_ARM64 && w->p.big_endian);
	return DMV_E_OK;
}

/* Bits above the ones that are translated: copies of the top one (x86), all ones or all zeros. */
static bool possible(const struct dmv_pagewalk *w, uint64_t virt)
{
	unsigned bits = (unsigned)w->top_shift + w->top_bits;
	int64_t above;

	if (bits == 32)
		return virt <= UINT32_MAX;
	if (w->p.mode == DMV_PAGING_ARM64)
		return !(virt >> bits) || !(~virt >> bits);
	above = (int64_t)virt >> (bits - 1);
	return !above || above == -1;
}

static enum dmv_code no_table(struct dmv_pagewalk *w, uint64_t virt, unsigned shift, uint64_t at,
			      enum dmv_code code, const struct dmv_err *why, struct dmv_err *e)
{
	return dmv_fail_at(e, code, virt,
			   "virtual address 0x%" PRIx64 ": its level %u page table at physical 0x%"
			   PRIx64 " cannot be read: %s",
			   virt, level_number(w, shift), at, why->msg);
}

static enum dmv_code bad_entry(struct dmv_pagewalk *w, uint64_t virt, unsigned shift, uint64_t at,
			       uint64_t entry, enum entry what, struct dmv_err *e)
{
	if (what == ENTRY_NONE)
		return dmv_fail_at(e, DMV_E_NOTFOUND, virt,
				   "virtual address 0x%" PRIx64 " is not mapped: level %u entry at "
				   "physical 0x%" PRIx64 " is 0x%" PRIx64,
				   virt, level_number(w, shift), at, entry);
	return dmv_fail_at(e, DMV_E_CORRUPT, virt,
			   "virtual address 0x%" PRIx64 ": level %u entry at physical 0x%" PRIx64
			   " is 0x%" PRIx64 ", with reserved bits set",
			   virt, level_number(w, shift), at, entry);
}

/* Where a walk ended. */
struct end {
	enum entry what;
	unsigned shift;                 /* of the level */
	uint64_t at, entry, out;        /* the entry's place, itself, what it leads to */
};

/* An error: the entry at r->at cannot be read. */
static enum dmv_code walk(struct dmv_pagewalk *w, uint64_t virt, struct end *r, struct dmv_err *e)
{
	uint64_t table = w->p.root;
	unsigned bits = w->top_bits;

	/* Every turn goes one level down; the bottom one has no tables below it. */
	for (r->shift = w->top_shift;; r->shift -= w->index_bits, bits = w->index_bits) {
		enum dmv_code code;

		r->at = table + (virt >> r->shift & low_mask(bits)) * w->entry_bytes;
		code = read_entry(w, r->at, &r->entry, e);
		if (code)
			return code;
		r->what = w->decode(w, r->shift, r->entry, &r->out);
		if (r->what != ENTRY_TABLE)
			return DMV_E_OK;
		table = r->out;
	}
}

enum dmv_code dmv_pagewalk_find(struct dmv_pagewalk *w, uint64_t virt, uint64_t *phys,
				uint64_t *bytes, struct dmv_err *e)
{
	struct dmv_err why = { 0 };
	struct end r = { 0 };
	enum dmv_code code;

	if (!possible(w, virt))
		return dmv_fail_at(e, DMV_E_NOTFOUND, virt,
				   "virtual address 0x%" PRIx64 " is none that %u levels of page "
				   "tables can have",
				   virt, levels(w));
	code = walk(w, virt, &r, &why);
	if (code)
		return no_table(w, virt, r.shift, r.at, code, &why, e);
	if (r.what != ENTRY_PAGE)
		return bad_entry(w, virt, r.shift, r.at, r.entry, r.what, e);
	*phys = r.out + (virt & low_mask(r.shift));
	*bytes = low_mask(r.shift) - (virt & low_mask(r.shift)) + 1;
	return DMV_E_OK;
}

bool dmv_pagewalk_next(struct dmv_pagewalk *w, uint64_t virt, uint64_t last, unsigned *steps,
		       struct dmv_mapping *ret)
{
	while (*steps && virt < last && possible(w, virt)) {
		struct end r = { 0 };
		enum dmv_code code = walk(w, virt, &r, NULL);
		uint64_t left = low_mask(r.shift) - (virt & low_mask(r.shift));

		--*steps;
		if (!code && r.what == ENTRY_PAGE) {
			*ret = (struct dmv_mapping){
				.virt = virt,
				.phys = r.out + (virt & low_mask(r.shift)),
				.bytes = left + 1,
			};
			return true;
		}
		if (left >= last - virt)
			return false;
		virt += left + 1;
	}
	return false;
}

enum dmv_code dmv_pagewalk_read(struct dmv_pagewalk *w, uint64_t virt, void *buf, size_t n,
				struct dmv_err *e)
{
	uint8_t *to = buf;

	if (n && n - 1 > UINT64_MAX - virt)
		return dmv_fail_at(e, DMV_E_NOTFOUND, virt,
				   "%zu bytes at 0x%" PRIx64 " pass the end of the address space",
				   n, virt);
	while (n) {
		uint64_t phys, bytes;
		struct dmv_err why = { 0 };
		enum dmv_code code = dmv_pagewalk_find(w, virt, &phys, &bytes, e);
		size_t k;

		if (code)
			return code;
		k = bytes < n ? (size_t)bytes : n;
		why.addr = phys;
		code = dmv_mem_read(w->m, DMV_PHYS, phys, to, k, &why);
		if (code) {
			uint64_t good = why.addr - phys < k ? why.addr - phys : 0;

			return dmv_fail_at(e, code, virt + good,
					   "virtual address 0x%" PRIx64 ": %s", virt + good,
					   why.msg);
		}
		virt += k;
		to += k;
		n -= k;
	}
	return DMV_E_OK;
}
