/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Triage dumps (type 4, "mini kernel"): no physical memory, but the stack and some blocks of data
 * by virtual address, and the list of the drivers that were loaded.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_windmp_int.h"

enum {
	DRIVERS_MAX = 1 << 14,
	BLOCK = 16,                     /* {address, offset, bytes} */
};

/* TRIAGE_DUMP64 and TRIAGE_DUMP32: from top_of_stack on they differ. */
struct triage_layout {
	uint8_t bytes, word;
	uint8_t top_of_stack, page_addr, page_off, page_size, blocks_off, blocks_count;
	/* An entry of the driver list: the loader's entry behind the offset of the name. */
	uint8_t entry, base, image_size;
};

static const struct triage_layout layout64 = { 0x80, 8, 0x48, 0x60, 0x68, 0x6C, 0x78, 0x7C,
					       0x90, 8 + 0x30, 8 + 0x40 };
static const struct triage_layout layout32 = { 0x68, 4, 0x48, 0x4C, 0x50, 0x54, 0x60, 0x64,
					       0x4C, 4 + 0x18, 4 + 0x20 };

enum field {
	SIZE_OF_DUMP = 0x04, VALID_OFFSET = 0x08, STACK_OFFSET = 0x28, STACK_SIZE = 0x2C,
	DRIVERS_OFFSET = 0x30, DRIVERS_COUNT = 0x34, BROKEN_DRIVER = 0x40,
};

struct triage {
	const struct triage_layout *l;
	uint8_t h[0x80];
};

static uint64_t get32(const struct triage *t, unsigned off)
{
	return dmv_win_get(t->h + off, 4);
}

static uint64_t get_word(const struct triage *t, unsigned off)
{
	return dmv_win_get(t->h + off, t->l->word);
}

static bool read_at(struct dmv_windmp *w, uint64_t off, void *buf, size_t n)
{
	int errnum;

	return dmv_file_read(w->f, off, buf, n, &errnum) == n;
}

/* ---- the drivers ---- */

/* A count of characters, then the characters. */
static bool read_name(struct dmv_windmp *w, uint64_t off, char *ret)
{
	uint8_t count[4], text[2 * DMV_WIN_NAME_CHARS];
	uint64_t n;

	if (!off || !read_at(w, off, count, sizeof(count)))
		return false;
	n = dmv_win_get(count, 4);
	if (!n || n > DMV_WIN_NAME_CHARS || !read_at(w, off + 4, text, (size_t)(2 * n)))
		return false;
	dmv_win_utf8(text, (size_t)n, ret);
	return *ret;
}

static bool read_driver(struct dmv_windmp *w, const struct triage_layout *l, uint64_t at)
{
	char name[DMV_WIN_NAME_BYTES];
	uint8_t row[0x90];
	uint64_t base, bytes;

	if (!read_at(w, at, row, l->entry))
		return false;
	base = dmv_win_get(row + l->base, l->word);
	bytes = dmv_win_get(row + l->image_size, 4);
	if (!base || !bytes || bytes > UINT64_MAX - base ||
	    !read_name(w, dmv_win_get(row, 4), name))
		return false;
	dmv_win_image(w, name, base, bytes);
	return true;
}

static void read_drivers(struct dmv_windmp *w, const struct triage *t)
{
	uint64_t at = get32(t, DRIVERS_OFFSET), n = get32(t, DRIVERS_COUNT), bad = 0;
	uint64_t size = dmv_file_size(w->f);
	uint64_t fit = at < size ? (size - at) / t->l->entry : 0;

	if (!at || !n)
		return;
	if (fit > DRIVERS_MAX)
		fit = DRIVERS_MAX;
	for (uint64_t i = 0; i < n && i < fit; i++)
		bad += !read_driver(w, t->l, at + i * t->l->entry);
	if (n > fit)
		bad += n - fit;
	if (bad)
		dmv_mem_note(&w->m, "driver list at file offset 0x%" PRIx64 ": %" PRIu64 " of %"
			     PRIu64 " drivers are damaged or cut off", at, bad, n);
	dmv_dump_line_add(&w->info, "drivers", "%zu", w->info.nimage);
}

static void say_broken_driver(struct dmv_windmp *w, const struct triage *t)
{
	char name[DMV_WIN_NAME_BYTES];

	if (read_name(w, get32(t, BROKEN_DRIVER), name))
		dmv_dump_line_add(&w->info, "broken", "%s, by the system's own judgement", name);
}

/* ---- memory ---- */

static enum dmv_code add_block(struct dmv_windmp *w, uint64_t addr, uint64_t bytes, uint64_t off,
			       const char *what, struct dmv_err *e)
{
	struct dmv_err why = { 0 };

	if (!bytes || !off)
		return DMV_E_OK;
	if (dmv_win_add(w, addr, bytes, off, &why) == DMV_E_CORRUPT)
		dmv_mem_note(&w->m, "%s: %s", what, why.msg);
	else if (why.code)
		return dmv_fail(e, why.code, "%s", why.msg);
	return DMV_E_OK;
}

static enum dmv_code add_blocks(struct dmv_windmp *w, const struct triage *t, struct dmv_err *e)
{
	uint64_t at = get32(t, t->l->blocks_off), n = get32(t, t->l->blocks_count);
	enum dmv_code code = DMV_E_OK;

	if (!at)
		return DMV_E_OK;
	for (uint64_t i = 0; i < n && !code; i++) {
		uint8_t row[BLOCK];

		if (!read_at(w, at + i * BLOCK, row, BLOCK)) {
			dmv_mem_note(&w->m, "data blocks at file offset 0x%" PRIx64 ": %" PRIu64
				     " of %" PRIu64 " are beyond the end of the file",
				     at, n - i, n);
			break;
		}
		code = add_block(w, dmv_win_get(row, 8), dmv_win_get(row + 12, 4),
				 dmv_win_get(row + 8, 4), "a data block", e);
	}
	return code;
}

static enum dmv_code add_memory(struct dmv_windmp *w, const struct triage *t, struct dmv_err *e)
{
	uint64_t stack = get_word(t, t->l->top_of_stack), bytes = get32(t, STACK_SIZE);
	enum dmv_code code = add_block(w, stack, bytes, get32(t, STACK_OFFSET), "the stack", e);

	w->info.stack = stack;
	w->info.stack_bytes = bytes;
	if (!code)
		code = add_block(w, get_word(t, t->l->page_addr), get32(t, t->l->page_size),
				 get32(t, t->l->page_off), "the data page", e);
	return code ? code : add_blocks(w, t, e);
}

/* ---- the end of the file ---- */

/* Blocks that others added, behind the dump proper. */
static void say_secondary(struct dmv_windmp *w, uint64_t at)
{
	uint64_t size = dmv_file_size(w->f);
	char sign[8];

	if (at < size && read_at(w, at, sign, sizeof(sign)) && !memcmp(sign, "DumpBlob", 8))
		dmv_dump_line_add(&w->info, "extra",
			     "secondary data, 0x%" PRIx64 " bytes at file offset 0x%" PRIx64,
			     size - at, at);
}

static void check_end(struct dmv_windmp *w, const struct triage *t)
{
	uint64_t promised = get32(t, SIZE_OF_DUMP), size = dmv_file_size(w->f);
	uint64_t valid = get32(t, VALID_OFFSET);
	char sign[4];

	if (promised > size)
		dmv_mem_note(&w->m, "the file ends at 0x%" PRIx64 ", the dump at 0x%" PRIx64
			     ": the rest is missing", size, promised);
	else if (!read_at(w, valid, sign, sizeof(sign)) || memcmp(sign, "TRGD", 4))
		dmv_mem_note(&w->m, "no TRGD at file offset 0x%" PRIx64
			     ": the dump was not written to its end, or is damaged", valid);
	say_secondary(w, promised);
}

enum dmv_code dmv_win_triage(struct dmv_windmp *w, struct dmv_err *e)
{
	struct triage t = { .l = w->is64 ? &layout64 : &layout32 };

	w->space = DMV_VIRT;
	w->absent = "is not among the few blocks of memory that a triage dump has";
	if (!read_at(w, w->header_bytes, t.h, t.l->bytes))
		return dmv_fail(e, DMV_E_CORRUPT,
				"the triage header at file offset 0x%" PRIx64
				" passes the end of the file", w->header_bytes);
	read_drivers(w, &t);
	say_broken_driver(w, &t);
	check_end(w, &t);
	return add_memory(w, &t, e);
}
