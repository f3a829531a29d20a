/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Windows crash dumps: "PAGEDU64" and "PAGEDUMP". Which layout the memory has is told by the
 * signature behind the header where there is one, else by the type in the header: writers number
 * the types differently.
 *
 * A dump whose memory cannot be found still opens: the header alone says what the bugcheck was. A
 * file that ends within the header is read as if its writer had left the rest alone.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_windmp_int.h"
#include "pagewalk.h"

enum {
	CUTS_MAX = 1 << 16,             /* pieces beyond the end that are remembered */
	ADDRESS_BITS = 52,              /* no processor has more physical ones */
	MAX_ALIASES = 64,               /* as of an ELF core: more would keep us reading for ever */
};

/* ---- for the files of one layout each ---- */

bool dmv_win_unused(const uint8_t *p, size_t bytes)
{
	for (size_t i = 0; i + 4 <= bytes; i += 4)
		if (dmv_win_get(p + i, 4) != DMV_WIN_UNUSED32)
			return false;
	return true;
}

void dmv_win_image(struct dmv_windmp *w, const char *name, uint64_t base, uint64_t bytes)
{
	char *copy = strdup(name);

	if (!copy || !dmv_grow(&w->image, w->info.nimage, sizeof(*w->image))) {
		free(copy);
		return;
	}
	w->image[w->info.nimage++] = (struct dmv_dump_image){ copy, base, bytes };
	w->info.image = w->image;
}

static enum dmv_code push(struct dmv_piece **v, size_t *n, uint64_t start, uint64_t bytes,
			  uint64_t off, struct dmv_err *e)
{
	struct dmv_piece *last = *n ? &(*v)[*n - 1] : NULL;

	if (last && last->end == start && last->off + (start - last->start) == off) {
		last->end += bytes;
		return DMV_E_OK;
	}
	if (!dmv_grow(v, *n, sizeof(**v)))
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for %zu pieces of memory", *n);
	(*v)[(*n)++] = (struct dmv_piece){ start, start + bytes, off };
	return DMV_E_OK;
}

static enum dmv_code push_cut(struct dmv_windmp *w, uint64_t start, uint64_t bytes, uint64_t off,
			      struct dmv_err *e)
{
	w->cut_bytes = bytes > UINT64_MAX - w->cut_bytes ? UINT64_MAX : w->cut_bytes + bytes;
	if (w->ncut >= CUTS_MAX) {
		w->cut_more = true;
		return DMV_E_OK;
	}
	return push(&w->cut, &w->ncut, start, bytes, off, e);
}

enum dmv_code dmv_win_add(struct dmv_windmp *w, uint64_t start, uint64_t bytes, uint64_t off,
			  struct dmv_err *e)
{
	uint64_t size = dmv_file_size(w->f);
	uint64_t in = off < size ? size - off : 0;
	enum dmv_code code = DMV_E_OK;

	if (bytes > UINT64_MAX - start || bytes > UINT64_MAX - off)
		return dmv_fail(e, DMV_E_CORRUPT,
				"0x%" PRIx64 " bytes at address 0x%" PRIx64 ", file offset 0x%"
				PRIx64 ", cannot be", bytes, start, off);
	if (in > bytes)
		in = bytes;
	if (in)
		code = push(&w->seg, &w->nseg, start, in, off, e);
	if (!code && in < bytes)
		code = push_cut(w, start + in, bytes - in, off + in, e);
	return code;
}

enum dmv_code dmv_win_add_pages(struct dmv_windmp *w, uint64_t pfn, uint64_t n, uint64_t off,
				struct dmv_err *e)
{
	const uint64_t limit = UINT64_C(1) << (ADDRESS_BITS - 12);

	if (pfn > limit || n > limit - pfn)
		return dmv_fail(e, DMV_E_CORRUPT,
				"0x%" PRIx64 " pages from frame 0x%" PRIx64
				" on pass the end of physical memory", n, pfn);
	return dmv_win_add(w, pfn * DMV_WIN_PAGE, n * DMV_WIN_PAGE, off, e);
}

/* ---- reading ---- */

static enum dmv_code absent(struct dmv_windmp *w, enum dmv_space s, uint64_t addr,
			    struct dmv_err *e)
{
	if (s != w->space)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "this dump has no %s addresses (asked for 0x%" PRIx64 ")",
				   dmv_space_name(s), addr);
	for (size_t i = 0; i < w->ncut; i++)
		if (addr >= w->cut[i].start && addr < w->cut[i].end)
			return dmv_fail_at(e, DMV_E_ABSENT, addr,
					   "%s address 0x%" PRIx64 " is at file offset 0x%" PRIx64
					   ", beyond the end of the file at 0x%" PRIx64,
					   dmv_space_name(s), addr,
					   w->cut[i].off + (addr - w->cut[i].start),
					   dmv_file_size(w->f));
	return dmv_fail_at(e, DMV_E_ABSENT, addr, "%s address 0x%" PRIx64 " %s%s",
			   dmv_space_name(s), addr, w->absent,
			   w->cut_more ? ", or beyond the end of the file" : "");
}

static enum dmv_code win_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct dmv_windmp *w = (struct dmv_windmp *)m;
	enum dmv_code code;
	uint64_t bad;

	if (s != w->space)
		return absent(w, s, addr, e);
	code = dmv_pieces_read(w->f, w->piece, w->npiece, addr, buf, n, &bad, e);
	return code == DMV_E_NOTFOUND ? absent(w, s, bad, e) : code;
}

static uint64_t win_skip_zeros(struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t end)
{
	struct dmv_windmp *w = (struct dmv_windmp *)m;

	return s == w->space ? dmv_pieces_skip_zeros(w->piece, w->npiece, w->f, addr, end) : addr;
}

static void win_close(struct dmv_mem *m)
{
	struct dmv_windmp *w = (struct dmv_windmp *)m;

	dmv_dump_lines_free(&w->info);
	for (size_t i = 0; i < w->info.nimage; i++)
		free((char *)w->image[i].name);
	free(w->image);
	free(w->seg);
	free(w->cut);
	free(w->piece);
	dmv_file_close(w->f);
	dmv_mem_base_deinit(m);
	free(w);
}

#define OPS(text)                                                                                  \
	{                                                                                          \
		.format = (text), .read = win_read, .close = win_close,                            \
		.skip_zeros = win_skip_zeros                                                       \
	}

static const struct dmv_mem_ops header_ops = OPS("Windows dump, header only");
static const struct dmv_mem_ops runs_ops = OPS("Windows full dump");
static const struct dmv_mem_ops kernel_ops = OPS("Windows bitmap dump (kernel)");
static const struct dmv_mem_ops full_ops = OPS("Windows bitmap dump (full)");
static const struct dmv_mem_ops rdmp_ops = OPS("Windows dump by ranges (RDMP)");
static const struct dmv_mem_ops triage_ops = OPS("Windows triage dump");

/* ---- which layout ---- */

enum type {
	TYPE_FULL = 1, TYPE_SUMMARY, TYPE_HEADER, TYPE_TRIAGE, TYPE_BITMAP, TYPE_LIVE,
	TYPE_AUTOMATIC, TYPE_RDMP_FIRST, TYPE_RDMP_LAST = 10,
};

struct layout {
	const struct dmv_mem_ops *ops;
	dmv_win_reader *read;           /* NULL: no memory in it */
};

/* What stands behind the header. */
static const struct layout *by_signature(struct dmv_windmp *w)
{
	static const struct layout kernel = { &kernel_ops, dmv_win_bitmap };
	static const struct layout full = { &full_ops, dmv_win_bitmap };
	static const struct layout rdmp = { &rdmp_ops, dmv_win_rdmp };
	uint8_t b[12] = { 0 };
	int errnum;

	dmv_file_read(w->f, w->header_bytes, b, sizeof(b), &errnum);
	if (!memcmp(b, "SDMPDUMP", 8))
		return &kernel;
	if (!memcmp(b, "FDMPDUMP", 8))
		return &full;
	return memcmp(b + 4, "RDMPDUMP", 8) ? NULL : &rdmp;
}

static const char *missing_signature(uint32_t type)
{
	if (type == TYPE_SUMMARY || (type >= TYPE_BITMAP && type <= TYPE_AUTOMATIC))
		return "neither SDMP nor FDMP";
	return type >= TYPE_RDMP_FIRST && type <= TYPE_RDMP_LAST ? "no RDMP" : NULL;
}

/* The first page of a full dump is the machine's own and may say anything: there, and in a triage
 * dump, the type counts. */
static const struct layout *choose(struct dmv_windmp *w)
{
	static const struct layout header = { &header_ops, NULL };
	static const struct layout runs = { &runs_ops, dmv_win_runs };
	static const struct layout triage = { &triage_ops, dmv_win_triage };
	const struct layout *l;

	if (w->type == TYPE_FULL)
		return &runs;
	if (w->type == TYPE_TRIAGE)
		return &triage;
	l = by_signature(w);
	if (l)
		return l;
	if (w->type == TYPE_HEADER)
		return &header;
	if (missing_signature(w->type))
		dmv_mem_note(&w->m,
			     "no memory: the header says type %u, but at file offset 0x%" PRIx64
			     " there is %s: damaged, or cut off",
			     w->type, w->header_bytes, missing_signature(w->type));
	else if (w->type == DMV_WIN_UNUSED32)
		dmv_mem_note(&w->m, "no memory: the header does not say the type of the dump");
	else
		dmv_mem_note(&w->m, "no memory: dump type %u is unknown", w->type);
	return &header;
}

static const char *type_word(uint32_t type)
{
	static const char *const words[] = {
		[TYPE_FULL] = "full", [TYPE_SUMMARY] = "kernel summary", [TYPE_HEADER] = "header",
		[TYPE_TRIAGE] = "triage", [TYPE_BITMAP] = "bitmap", [TYPE_LIVE] = "live bitmap",
		[TYPE_AUTOMATIC] = "automatic", [TYPE_RDMP_FIRST] = "kernel, by ranges",
		[TYPE_RDMP_FIRST + 1] = "kernel and user, by ranges",
		[TYPE_RDMP_LAST] = "complete, by ranges",
	};

	return type < sizeof(words) / sizeof(words[0]) && words[type] ? words[type] : "unknown";
}

/* ---- memory ---- */

static enum dmv_code check_total(struct dmv_windmp *w, struct dmv_err *e)
{
	uint64_t size = dmv_file_size(w->f), total = 0;
	uint64_t limit = size > UINT64_MAX / MAX_ALIASES ? UINT64_MAX : size * MAX_ALIASES;

	for (size_t i = 0; i < w->npiece; i++) {
		uint64_t n = w->piece[i].end - w->piece[i].start;

		if (n > limit - total)
			return dmv_fail(e, DMV_E_CORRUPT,
					"its tables claim more than %d times the bytes of the "
					"whole file as memory", MAX_ALIASES);
		total += n;
	}
	return DMV_E_OK;
}

static enum dmv_code read_memory(struct dmv_windmp *w, dmv_win_reader *read, struct dmv_err *e)
{
	enum dmv_code code = read(w, e);

	if (!code)
		code = dmv_pieces_resolve(w->seg, w->nseg, &w->piece, &w->npiece, e);
	free(w->seg);
	w->seg = NULL;
	w->nseg = 0;
	if (!code)
		code = check_total(w, e);
	if (!code)
		code = dmv_mem_set_pieces(&w->m, w->space, w->piece, w->npiece, e);
	dmv_mem_lose(&w->m, w->cut_bytes);
	if (!code && w->cut_bytes)
		dmv_mem_note(&w->m, "%" PRIu64 " bytes of memory are beyond the end of the file",
			     w->cut_bytes);
	return code;
}

/* Damaged tables cost the memory, not the header. */
static enum dmv_code find_memory(struct dmv_windmp *w, dmv_win_reader *read, struct dmv_err *e)
{
	struct dmv_err why = { 0 };
	enum dmv_code code = read_memory(w, read, &why);

	if (code == DMV_E_MEMORY || code == DMV_E_SYSTEM) {
		if (e)
			*e = why;
		return code;
	}
	if (!code)
		return DMV_E_OK;
	dmv_mem_note(&w->m, "no memory: %s", why.msg);
	free(w->piece);
	w->piece = NULL;
	w->npiece = 0;
	return DMV_E_OK;
}

/* Paging modes that the machine may have run in, the likeliest first; how many. ARM64 has none
 * here: its TCR is not in the header. */
static size_t modes_of(const struct dmv_windmp *w, enum dmv_paging_mode mode[2])
{
	if (w->m.machine == EM_X86_64) {
		mode[0] = DMV_PAGING_X86_64;
		mode[1] = DMV_PAGING_X86_64_LA57;
		return 2;
	}
	if (w->m.machine != EM_386)
		return 0;
	mode[0] = dmv_win_pae(w) ? DMV_PAGING_X86_PAE : DMV_PAGING_X86_32;
	mode[1] = dmv_win_pae(w) ? DMV_PAGING_X86_32 : DMV_PAGING_X86_PAE;
	return 2;
}

static enum dmv_code set_mode(struct dmv_windmp *w, enum dmv_paging_mode mode, struct dmv_err *e)
{
	const struct dmv_paging p = { .mode = mode, .root = dmv_win_root(w) };

	dmv_pagewalk_free(w->m.walk);
	w->m.walk = NULL;
	return dmv_pagewalk_new(&p, &w->m, &w->m.walk, e);
}

/* Virtual addresses by the tables of the process that ran when the machine died. The header does
 * not tell four levels from five, and no damage should turn into other pages' bytes: where the list
 * of modules makes sense in the second mode only, that is taken. */
static enum dmv_code find_tables(struct dmv_windmp *w, struct dmv_err *e)
{
	enum dmv_paging_mode mode[2] = { 0 };
	size_t n = modes_of(w, mode);
	enum dmv_code code;
	char text[80];

	if (!w->npiece || w->space != DMV_PHYS || dmv_win_root(w) == UINT64_MAX || !n)
		return DMV_E_OK;
	code = set_mode(w, mode[0], e);
	if (!code && !dmv_win_modules_there(w)) {
		code = set_mode(w, mode[1], e);
		if (!code && !dmv_win_modules_there(w))
			code = set_mode(w, mode[0], e);
	}
	if (code)
		return code;
	dmv_dump_line_add(&w->info, "paging", "%s",
			  dmv_pagewalk_text(w->m.walk, text, sizeof(text)));
	dmv_win_modules(w);
	return DMV_E_OK;
}

/* ---- opening ---- */

/* OK: w->header holds the header, filled up as unused if the file ends in it. */
static enum dmv_code recognise(struct dmv_windmp *w, struct dmv_err *e)
{
	size_t got, i;
	int errnum;

	got = dmv_file_read(w->f, 0, w->header, sizeof(w->header), &errnum);
	if (got < 8 || memcmp(w->header, "PAGE", 4) ||
	    (memcmp(w->header + 4, "DU64", 4) && memcmp(w->header + 4, "DUMP", 4)))
		return dmv_fail(e, DMV_E_NOTFOUND, "not a Windows dump");
	if (errnum)
		return dmv_fail(e, DMV_E_SYSTEM, "cannot read the header at file offset 0x%zx: %s",
				got, strerror(errnum));
	w->is64 = !memcmp(w->header + 4, "DU64", 4);
	w->header_bytes = w->is64 ? DMV_WIN_HEADER64 : DMV_WIN_HEADER32;
	if (got < (w->is64 ? 0x60u : 0x3Cu))
		return dmv_fail(e, DMV_E_CORRUPT,
				"Windows dump of %zu bytes: cut off in its header, before the end "
				"of the bugcheck", got);
	if (got < w->header_bytes)
		dmv_mem_note(&w->m,
			     "the file ends at 0x%zx, in the header of 0x%" PRIx64
			     " bytes: the rest of it and all memory are missing",
			     got, w->header_bytes);
	/* By whole words, so that a torn one is not believed either. */
	for (i = got & ~(size_t)7; i < sizeof(w->header); i++)
		w->header[i] = (uint8_t)"PAGE"[i % 4];
	return DMV_E_OK;
}

static enum dmv_code set_up(struct dmv_windmp *w, struct dmv_err *e)
{
	enum dmv_code code = DMV_E_OK;
	const struct layout *l;

	w->m.bits = w->is64 ? 64 : 32;
	w->m.info = &w->info;
	w->space = DMV_PHYS;
	w->absent = "is not in this dump, which has no memory";
	w->type = (uint32_t)dmv_win_get(w->header + (w->is64 ? 0xF98 : 0xF88), 4);
	if (w->type != DMV_WIN_UNUSED32)
		dmv_dump_line_add(&w->info, "dump", "type %u, %s", w->type, type_word(w->type));
	dmv_win_header(w);
	l = choose(w);
	w->m.ops = l->ops;
	if (l->read)
		code = find_memory(w, l->read, e);
	return code ? code : find_tables(w, e);
}

enum dmv_code dmv_mem_open_windmp(const char *target, const struct dmv_mem_opts *o,
				  struct dmv_mem **ret, struct dmv_err *e)
{
	struct dmv_windmp *w = calloc(1, sizeof(*w));
	enum dmv_code code;

	(void)o;
	if (!w)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	w->m.ops = &header_ops;
	code = dmv_file_open(target, &w->f, e);
	if (!code)
		code = recognise(w, e);
	if (!code)
		code = set_up(w, e);
	if (code) {
		win_close(&w->m);
		return code;
	}
	*ret = &w->m;
	return DMV_E_OK;
}
