/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * "Raw_Dmp!", what firmware writes when the operating system cannot: a header and a table of
 * sections, of which those of type DDR are physical memory. Layout by Microsoft's
 * OfflineCrashDumpUefi, OfflineDumpPkg/Include/Guid/OfflineDumpHeaders.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

enum {
	HEADER = 0x38,
	SECTION = 0x40,
	MAJOR = 1,
	MAX_ALIASES = 4,                /* physical memory stands in the file once */
};

enum { FLAG_VALID = 1, FLAG_NO_SPACE = 2, FLAG_PROTECTED = 4, FLAG_FLUSHED = 8 };
enum { SECTION_DDR = 1, SECTION_CPU, SECTION_VENDOR, SECTION_REASON, SECTION_SYSTEM, SECTIONS };

struct rawdmp {
	struct dmv_mem m;
	struct dmv_file *f;
	struct dmv_piece *seg;          /* as the sections say */
	size_t nseg;
	struct dmv_piece *piece;        /* within the file */
	size_t npiece;
	uint64_t count[SECTIONS];       /* sections by type, 0 for those unknown */
	struct dmv_dump_info info;
};

static uint64_t get(const uint8_t *p, unsigned bytes)
{
	return dmv_get(p, bytes, false);
}

/* ---- reading ---- */

static enum dmv_code absent(struct rawdmp *r, enum dmv_space s, uint64_t addr, struct dmv_err *e)
{
	if (s != DMV_PHYS)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "this dump has no virtual addresses (asked for 0x%" PRIx64 ")",
				   addr);
	for (size_t i = 0; i < r->nseg; i++)
		if (addr >= r->seg[i].start && addr < r->seg[i].end)
			return dmv_fail_at(e, DMV_E_ABSENT, addr,
					   "physical address 0x%" PRIx64 " is at file offset 0x%"
					   PRIx64 ", beyond the end of the file at 0x%" PRIx64,
					   addr, r->seg[i].off + (addr - r->seg[i].start),
					   dmv_file_size(r->f));
	return dmv_fail_at(e, DMV_E_ABSENT, addr,
			   "physical address 0x%" PRIx64 " is in no memory section of the dump",
			   addr);
}

static enum dmv_code raw_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct rawdmp *r = (struct rawdmp *)m;
	enum dmv_code code;
	uint64_t bad;

	if (s != DMV_PHYS)
		return absent(r, s, addr, e);
	code = dmv_pieces_read(r->f, r->piece, r->npiece, addr, buf, n, &bad, e);
	return code == DMV_E_NOTFOUND ? absent(r, s, bad, e) : code;
}

static uint64_t raw_skip_zeros(struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t end)
{
	struct rawdmp *r = (struct rawdmp *)m;

	return s == DMV_PHYS ? dmv_pieces_skip_zeros(r->piece, r->npiece, r->f, addr, end) : addr;
}

static void raw_close(struct dmv_mem *m)
{
	struct rawdmp *r = (struct rawdmp *)m;

	dmv_dump_lines_free(&r->info);
	free(r->seg);
	free(r->piece);
	dmv_file_close(r->f);
	dmv_mem_base_deinit(m);
	free(r);
}

static const struct dmv_mem_ops rawdmp_ops = {
	.format = "firmware memory dump (Raw_Dmp!)",
	.read = raw_read,
	.close = raw_close,
	.skip_zeros = raw_skip_zeros,
};

/* ---- opening ---- */

static enum dmv_code add_memory(struct rawdmp *r, uint64_t i, const uint8_t *p, struct dmv_err *e)
{
	uint64_t off = get(p + 0x0C, 8), size = get(p + 0x14, 8), base = get(p + 0x1C, 8);

	if (!size)
		return DMV_E_OK;
	if (size > UINT64_MAX - base || size > UINT64_MAX - off) {
		dmv_mem_note(&r->m, "section %" PRIu64 ": 0x%" PRIx64 " bytes at 0x%" PRIx64
			     ", file offset 0x%" PRIx64 ", cannot be: ignored", i, size, base, off);
		return DMV_E_OK;
	}
	if (!dmv_grow(&r->seg, r->nseg, sizeof(*r->seg)))
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for %" PRIu64 " sections", i);
	r->seg[r->nseg++] = (struct dmv_piece){ base, base + size, off };
	return DMV_E_OK;
}

static enum dmv_code read_sections(struct rawdmp *r, uint64_t n, struct dmv_err *e)
{
	for (uint64_t i = 0; i < n; i++) {
		uint8_t p[SECTION];
		enum dmv_code code;
		uint64_t type;
		int errnum;

		if (dmv_file_read(r->f, HEADER + i * SECTION, p, SECTION, &errnum) != SECTION) {
			dmv_mem_note(&r->m, "%" PRIu64 " of %" PRIu64
				     " sections are beyond the end of the file", n - i, n);
			return DMV_E_OK;
		}
		type = get(p + 8, 4);
		r->count[type < SECTIONS ? type : 0]++;
		if (type != SECTION_DDR)
			continue;
		code = add_memory(r, i, p, e);
		if (code)
			return code;
	}
	return DMV_E_OK;
}

/* The part of each section that the file has. */
static enum dmv_code map_sections(struct rawdmp *r, struct dmv_err *e)
{
	struct dmv_piece *v = calloc(r->nseg + 1, sizeof(*v));
	uint64_t size = dmv_file_size(r->f), cut = 0, total = 0;
	enum dmv_code code;

	if (!v)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for %zu sections", r->nseg);
	for (size_t i = 0; i < r->nseg; i++) {
		uint64_t in = r->seg[i].off < size ? size - r->seg[i].off : 0;
		uint64_t n = r->seg[i].end - r->seg[i].start;

		v[i] = r->seg[i];
		if (n <= in)
			continue;
		v[i].end = v[i].start + in;
		cut = n - in > UINT64_MAX - cut ? UINT64_MAX : cut + (n - in);
	}
	code = dmv_pieces_resolve(v, r->nseg, &r->piece, &r->npiece, e);
	free(v);
	dmv_mem_lose(&r->m, cut);
	if (cut)
		dmv_mem_note(&r->m, "%" PRIu64 " bytes of memory are beyond the end of the file",
			     cut);
	for (size_t i = 0; i < r->npiece && !code; i++) {
		total += r->piece[i].end - r->piece[i].start;
		if (total / MAX_ALIASES > size)
			code = dmv_fail(e, DMV_E_CORRUPT,
					"Raw_Dmp!: sections claim more than %d times the bytes of "
					"the whole file as memory", MAX_ALIASES);
	}
	return code ? code : dmv_mem_set_pieces(&r->m, DMV_PHYS, r->piece, r->npiece, e);
}

static void say_header(struct rawdmp *r, const uint8_t *h)
{
	uint64_t flags = get(h + 0x0C, 4), size = get(h + 0x24, 8), required = get(h + 0x2C, 8);

	dmv_dump_line_add(&r->info, "dump",
			  "version %" PRIu64 ".%" PRIu64 ", flags 0x%" PRIx64 "%s%s",
			  get(h + 8, 2), get(h + 10, 2), flags,
			  flags & FLAG_PROTECTED ? ", hypervisor's data protected" : "",
			  flags & FLAG_FLUSHED ? ", caches flushed" : "");
	dmv_dump_line_add(&r->info, "sections",
	    "%" PRIu64 " of memory, %" PRIu64 " of CPU context, %" PRIu64 " of the vendor's, %"
	    PRIu64 " other", r->count[SECTION_DDR], r->count[SECTION_CPU],
	    r->count[SECTION_VENDOR],
	    r->count[SECTION_REASON] + r->count[SECTION_SYSTEM] + r->count[0]);
	if (!(flags & FLAG_VALID))
		dmv_mem_note(&r->m, "the firmware did not mark the dump as valid");
	if (flags & FLAG_NO_SPACE)
		dmv_mem_note(&r->m, "the firmware ran out of space: it had 0x%" PRIx64
			     " bytes of 0x%" PRIx64 " required", size, required);
	if (size > dmv_file_size(r->f))
		dmv_mem_note(&r->m, "the header says 0x%" PRIx64 " bytes, the file has 0x%" PRIx64,
			     size, dmv_file_size(r->f));
}

static enum dmv_code set_up(struct rawdmp *r, struct dmv_err *e)
{
	uint8_t h[HEADER] = { 0 };
	enum dmv_code code;
	size_t got;
	int errnum;

	got = dmv_file_read(r->f, 0, h, sizeof(h), &errnum);
	if (got < 8 || memcmp(h, "Raw_Dmp!", 8))
		return dmv_fail(e, DMV_E_NOTFOUND, "not a firmware dump");
	if (got < HEADER)
		return dmv_fail(e, errnum ? DMV_E_SYSTEM : DMV_E_CORRUPT,
				"Raw_Dmp! of %zu bytes: cut off in its header", got);
	if (get(h + 8, 2) != MAJOR)
		return dmv_fail(e, DMV_E_VERSION,
				"Raw_Dmp! version %" PRIu64 ".%" PRIu64 ", only %d is known",
				get(h + 8, 2), get(h + 10, 2), MAJOR);
	code = read_sections(r, get(h + 0x34, 4), e);
	if (!code)
		code = map_sections(r, e);
	if (code)
		return code;
	say_header(r, h);
	r->m.info = &r->info;
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_rawdmp(const char *target, const struct dmv_mem_opts *o,
				  struct dmv_mem **ret, struct dmv_err *e)
{
	struct rawdmp *r = calloc(1, sizeof(*r));
	enum dmv_code code;

	(void)o;
	if (!r)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	r->m.ops = &rawdmp_ops;
	code = dmv_file_open(target, &r->f, e);
	if (!code)
		code = set_up(r, e);
	if (code) {
		raw_close(&r->m);
		return code;
	}
	*ret = &r->m;
	return DMV_E_OK;
}
