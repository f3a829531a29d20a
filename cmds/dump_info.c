/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "dump_info.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "meaning.h"

enum { MINIDUMP = 0x10000000 };         /* set in the code of a minidump variant */

static const struct dmv_dump_info *info_of(const struct dmv_ses *s)
{
	return s->mem ? s->mem->info : NULL;
}

/* ---- the bugcheck ---- */

static bool same(const struct dmv_region_fact *r, const struct dmv_dump_info *x)
{
	return (r->bug_code | MINIDUMP) == (x->bug_code | MINIDUMP) &&
	       !memcmp(r->bug_p, x->bug_p, sizeof(r->bug_p));
}

bool dmv_dump_bugcheck(const struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);

	if (!x || !x->has_bugcheck)
		return false;
	for (size_t i = 0; i < s->facts.nregion; i++)
		if (same(&s->facts.region[i], x))
			return false;
	return true;
}

bool dmv_dump_bugcheck_say(struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);
	struct dmv_quad q = { .region = DMV_NO_INDEX, .index = (uint32_t)s->facts.nregion,
			      .code = x->bug_code, .known = DMV_ALL_PARAMETERS,
			      .line = UINT32_MAX, .stack = DMV_NO_ADDR };

	if (s->facts.nregion) {
		dmv_out_gap(s->out);
		dmv_out_line(s->out, "By the header of the dump:\n");
	}
	memcpy(q.p, x->bug_p, sizeof(q.p));
	return dmv_decode_quad(s, &q);
}

struct brief {
	uint32_t code;
	uint64_t p1, p2;
	const char *title;
};

static const struct dmv_col brief_cols[] = {
	DMV_COL(struct brief, code, "", DMV_S_CODE, "bugcheck code in the dump's header"),
	DMV_COL(struct brief, p1, "", DMV_S_WORD, "first parameter"),
	DMV_COL(struct brief, p2, "", DMV_S_WORD, "second parameter"),
	DMV_COL(struct brief, title, "", DMV_S_STR, "what is wrong"),
	{ 0 }
};

static const struct dmv_table brief_table = {
	"header_bugcheck", brief_cols,
	"In header:  {code} ({p1}, {p2}, ...): {title|not a DMA code}, see bugcheck\n"
};

bool dmv_dump_bugcheck_brief(struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);
	struct dmv_meaning m = { 0 };
	struct brief b;

	if (!dmv_dump_bugcheck(s))
		return true;
	b = (struct brief){ x->bug_code & ~(uint32_t)MINIDUMP, x->bug_p[0], x->bug_p[1], NULL };
	if (dmv_meaning_of(b.code, x->bug_p, DMV_ALL_PARAMETERS, &m))
		b.title = m.title;
	return dmv_out_row(s->out, &brief_table, &b);
}

bool dmv_dump_about_dma(const struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);
	uint32_t code = x ? x->bug_code & ~(uint32_t)MINIDUMP : 0;

	if (!x || !x->has_bugcheck)
		return false;
	return dmv_bugcheck_is_dma(code, x->bug_p, DMV_ALL_PARAMETERS);
}

enum dmv_code dmv_dump_instead(struct dmv_ses *s)
{
	if (s->err.code == DMV_E_STOPPED || !dmv_dump_bugcheck(s))
		return s->err.code;
	dmv_out_width(s->out, s->mem->bits == 32 ? 8 : 16, false);
	if (!dmv_dump_bugcheck_say(s))
		return DMV_E_STOPPED;
	/* a region that is there and damaged is still an error */
	if (s->err.code != DMV_E_NOTFOUND || !dmv_dump_about_dma(s))
		return s->err.code;
	dmv_out_note(s->out, "%s", s->err.msg);
	for (size_t i = 0; i < s->mem->nnote; i++)
		dmv_out_note(s->out, "%s", s->mem->note[i]);
	s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	return DMV_E_OK;
}

/* ---- images ---- */

static const char *last_part(const char *path)
{
	const char *p = strrchr(path, '\\');

	return p && p[1] ? p + 1 : path;
}

static const struct dmv_dump_image *image_at(const struct dmv_dump_info *x, uint64_t addr)
{
	for (size_t i = 0; x && i < x->nimage; i++)
		if (addr - x->image[i].base < x->image[i].bytes)
			return &x->image[i];
	return NULL;
}

const char *dmv_dump_place(const struct dmv_ses *s, uint64_t addr, char *buf, size_t size)
{
	const struct dmv_dump_image *im = image_at(info_of(s), addr);

	if (!im)
		return NULL;
	snprintf(buf, size, "%s+0x%llx", last_part(im->name),
		 (unsigned long long)(addr - im->base));
	return buf;
}

static const struct dmv_col image_cols[] = {
	DMV_COL(struct dmv_dump_image, base, "BASE", DMV_S_ADDR, "where it is loaded"),
	DMV_COL(struct dmv_dump_image, bytes, "SIZE", DMV_S_SIZE, "bytes"),
	DMV_COL(struct dmv_dump_image, name, "LOADED", DMV_S_STR, "name"),
	{ 0 }
};

static const struct dmv_table image_table = { "loaded", image_cols, NULL };

bool dmv_dump_images_say(struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);

	if (!x)
		return true;
	dmv_out_table(s->out, &image_table);
	for (size_t i = 0; i < x->nimage; i++)
		if (!dmv_out_row(s->out, &image_table, &x->image[i]))
			return false;
	return true;
}

/* ---- the stack ---- */

enum { WORDS_SHOWN = 16, STACK_MAX = 64 << 10 };

struct stack_word {
	uint64_t at, value;
	const char *place;
};

static const struct dmv_col word_cols[] = {
	DMV_COL(struct stack_word, at, "", DMV_S_ADDR, "where on the stack"),
	DMV_COL(struct stack_word, value, "", DMV_S_ADDR, "the word"),
	DMV_COL(struct stack_word, place, "", DMV_S_STR, "driver it points into"),
	{ 0 }
};

static const struct dmv_table word_table = { "stack_words", word_cols, "  {value}  {place}\n" };

static bool read_word(struct dmv_mem *m, uint64_t addr, unsigned bytes, uint64_t *ret)
{
	uint8_t b[8];

	if (dmv_mem_read(m, DMV_VIRT, addr, b, bytes, NULL))
		return false;
	*ret = 0;
	for (unsigned i = 0; i < bytes; i++)
		*ret |= (uint64_t)b[m->big_endian ? bytes - 1 - i : i] << 8 * i;
	return true;
}

/* The end of the stack may be missing. */
bool dmv_dump_stack_say(struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);
	unsigned word = s->mem->bits == 32 ? 4 : 8, shown = 0;
	const struct dmv_dump_image *im;
	uint64_t n = x && x->has_bugcheck && x->nimage ? x->stack_bytes : 0;
	char place[320];

	if (n > STACK_MAX)
		n = STACK_MAX;
	for (uint64_t i = 0; i + word <= n && shown < WORDS_SHOWN; i += word) {
		struct stack_word w = { .at = x->stack + i };

		if (!read_word(s->mem, w.at, word, &w.value))
			break;
		im = image_at(x, w.value);
		if (!im || im == x->image)
			continue;
		w.place = dmv_dump_place(s, w.value, place, sizeof(place));
		if (!shown++)
			dmv_out_line(s->out, "\nDrivers on the stack, innermost first (what points "
				     "into them, return address or not):");
		if (!dmv_out_row(s->out, &word_table, &w))
			return false;
	}
	return true;
}

/* ---- the header ---- */

struct line {
	const char *key, *value;
	char label[32];
	const char *shown;
};

static const struct dmv_col line_cols[] = {
	DMV_COL(struct line, key, "", DMV_S_STR, "what it is"),
	DMV_COL(struct line, value, "", DMV_S_STR, "as the header has it"),
	DMV_COL(struct line, shown, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table line_table = { "header", line_cols, "{shown:9} {value}\n" };

bool dmv_dump_lines_say(struct dmv_ses *s)
{
	const struct dmv_dump_info *x = info_of(s);

	if (!x)
		return true;
	dmv_out_table(s->out, &line_table);
	for (size_t i = 0; i < x->nline; i++) {
		struct line l = { .key = x->line[i].key, .value = x->line[i].value };

		snprintf(l.label, sizeof(l.label), "%s:", l.key);
		l.label[0] = (char)toupper((unsigned char)l.label[0]);
		l.shown = l.label;
		if (!dmv_out_row(s->out, &line_table, &l))
			return false;
	}
	return true;
}
