/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The files of a dump: one, or the parts that makedumpfile --split made of it, in any order, named
 * or found beside the one that was named. Parts of different dumps must not be mixed, so the
 * headers are compared.
 *
 * A header has no checksum either. If the tables do not fit each other, each field that says where
 * they are is tried with other values, and one that makes them fit is taken.
 */
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kdump_int.h"

enum {
	MAX_PARTS = 256,
	MAX_BESIDE = 256,               /* files with such a name that are looked at */
	MAX_SUB_BLOCKS = 64,            /* when searching for the right one */
	MAX_SPAN = 1 << 20,             /* of VMCOREINFO or notes that are compared */
};

/* ---- one file ---- */

static bool good(enum dmv_code code, const struct dmv_kdump_map *m)
{
	return !code && m->fits && m->total;
}

/* Takes the header with one field changed if that makes the tables fit. */
static bool try_head(struct dmv_kdump_part *p, const struct dmv_kdump_head *h, const char *field,
		     uint64_t was, uint64_t is)
{
	struct dmv_kdump_head again = *h;
	struct dmv_kdump_map m;
	enum dmv_code code;

	dmv_kdump_sub_read(p->f, &again);
	code = dmv_kdump_map_read(p->f, &again, &m, NULL);
	if (!good(code, &m)) {
		if (!code)
			dmv_kdump_map_deinit(&m);
		return false;
	}
	dmv_kdump_map_deinit(&p->map);
	p->h = again;
	p->map = m;
	if (asprintf(&p->mended, "header %s is damaged: 0x%" PRIx64 "; 0x%" PRIx64
		     " fits the rest of the file and is taken", field, was, is) < 0)
		p->mended = NULL;
	return true;
}

static bool search_head(struct dmv_kdump_part *p)
{
	static const uint32_t blocks[] = { 4096, 65536, 16384, 8192 };
	struct dmv_kdump_head h = p->h;
	uint64_t was = dmv_get(h.raw + dmv_kdump_block_at(&h), 4, h.be);

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		h.block = blocks[i];
		if (try_head(p, &h, "block_size", was, h.block))
			return true;
	}
	h = p->h;
	if (!h.block)
		return false;
	for (h.sub_blocks = 1; h.sub_blocks <= MAX_SUB_BLOCKS; h.sub_blocks++)
		if (try_head(p, &h, "sub_hdr_size", p->h.sub_blocks, h.sub_blocks))
			return true;
	h = p->h;
	h.bitmap_blocks = ((h.max_mapnr + 7) / 8 + h.block - 1) / h.block * 2;
	return h.max_mapnr < UINT64_C(1) << 40 &&
	       try_head(p, &h, "bitmap_blocks", p->h.bitmap_blocks, h.bitmap_blocks);
}

static enum dmv_code read_tables(struct dmv_kdump_part *p, struct dmv_err *e)
{
	enum dmv_code code;

	if (p->h.block) {
		dmv_kdump_sub_read(p->f, &p->h);
		code = dmv_kdump_map_read(p->f, &p->h, &p->map, e);
	} else {
		uint64_t at = dmv_kdump_block_at(&p->h);

		code = dmv_fail(e, DMV_E_CORRUPT, "header block_size 0x%" PRIx64
				" at file offset 0x%" PRIx64 " is no size of a page",
				dmv_get(p->h.raw + at, 4, p->h.be), at);
	}
	if (code == DMV_E_MEMORY)
		return code;
	if (good(code, &p->map) || search_head(p))
		return DMV_E_OK;
	return code ? code : dmv_kdump_map_mend(p->f, &p->h, &p->map, e);
}

static void part_close(struct dmv_kdump_part *p)
{
	dmv_kdump_map_deinit(&p->map);
	dmv_file_close(p->f);
	free(p->path);
	free(p->mended);
	memset(p, 0, sizeof(*p));
}

static enum dmv_code part_open(const char *path, struct dmv_kdump_part *p, struct dmv_err *e)
{
	enum dmv_code code;

	memset(p, 0, sizeof(*p));
	p->path = strdup(path);
	if (!p->path)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	code = dmv_dump_open(path, &p->f, e);
	if (!code)
		code = dmv_kdump_head_read(p->f, &p->h, e);
	if (code == DMV_E_NOTFOUND && p->f && dmv_file_is_view(p->f))
		code = dmv_fail(e, DMV_E_CORRUPT, "flattened file without the header of a dump, "
				"neither ELF nor kdump-compressed%s%s",
				dmv_file_note(p->f) ? "; " : "",
				dmv_file_note(p->f) ? dmv_file_note(p->f) : "");
	if (!code)
		code = read_tables(p, e);
	if (code) {
		part_close(p);
		return code;
	}
	p->end = UINT64_MAX;
	if (p->h.split) {
		p->first = p->h.first;
		p->end = p->h.end > p->h.first ? p->h.end : p->h.first;
	}
	return DMV_E_OK;
}

/* ---- do they belong together? ---- */

static uint8_t *load(struct dmv_kdump_part *p, struct dmv_kdump_span s, size_t *n)
{
	uint8_t *b = s.bytes && s.bytes <= MAX_SPAN ? malloc(s.bytes) : NULL;
	int errnum;

	*n = b ? dmv_file_read(p->f, s.off, b, s.bytes, &errnum) : 0;
	return b;
}

static bool same_bytes(struct dmv_kdump_part *a, struct dmv_kdump_span sa,
		       struct dmv_kdump_part *b, struct dmv_kdump_span sb)
{
	size_t na, nb;
	uint8_t *ta = load(a, sa, &na), *tb = load(b, sb, &nb);
	bool same = na == nb && (!na || !memcmp(ta, tb, na));

	free(ta);
	free(tb);
	return same;
}

/* A part may have the bitmap of all: then they must agree. Its header often has no time. */
static bool same_pages(const struct dmv_kdump_map *a, const struct dmv_kdump_map *b)
{
	return a->whole == a->total || b->whole == b->total || a->whole == b->whole;
}

static bool same_uts(const struct dmv_kdump_head *a, const struct dmv_kdump_head *b, char *why,
		     size_t n)
{
	static const char *const fields[] = { "system", "host", "kernel release", "kernel version",
					      "machine", "domain" };
	char ta[66], tb[66];

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strcmp(dmv_kdump_uts(a, i, ta), dmv_kdump_uts(b, i, tb))) {
			snprintf(why, n, "%s \"%s\" and \"%s\"", fields[i], ta, tb);
			return false;
		}
	return true;
}

/* False: `why` says what differs. */
static bool same_dump(struct dmv_kdump_part *a, struct dmv_kdump_part *b, char *why, size_t n)
{
	const struct dmv_kdump_head *x = &a->h, *y = &b->h;
	const struct {
		const char *what;
		uint64_t a, b;
	} numbers[] = {
		{ "width of the machine", x->is64, y->is64 },
		{ "byte order", x->be, y->be },
		{ "size of a page", x->block, y->block },
		{ "time of the dump", dmv_kdump_time(x), dmv_kdump_time(y) },
		{ "number of pages", x->max_mapnr, y->max_mapnr },
		{ "dump level", x->level, y->level },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].a != numbers[i].b) {
			snprintf(why, n, "%s 0x%" PRIx64 " and 0x%" PRIx64, numbers[i].what,
				 numbers[i].a, numbers[i].b);
			return false;
		}
	if (!same_uts(x, y, why, n))
		return false;
	if (!same_bytes(a, x->vmcoreinfo, b, y->vmcoreinfo))
		snprintf(why, n, "VMCOREINFO");
	else if (!same_bytes(a, x->notes, b, y->notes))
		snprintf(why, n, "the registers in their notes");
	else if (!same_pages(&a->map, &b->map))
		snprintf(why, n, "number of dumped pages 0x%" PRIx64 " and 0x%" PRIx64,
			 a->map.whole, b->map.whole);
	else
		return true;
	return false;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool overlap(const struct dmv_kdump_part *a, const struct dmv_kdump_part *b)
{
	return a->first < b->end && b->first < a->end;
}

/* Does p belong to the set? */
static enum dmv_code check_part(struct dmv_kdump_set *set, struct dmv_kdump_part *p,
				struct dmv_err *e)
{
	struct dmv_kdump_part *first = &set->part[0];
	char why[160];

	if (!first->h.split || !p->h.split)
		return dmv_fail(e, DMV_E_USAGE, "%.60s is no part of a split set: it is a whole "
				"dump, to be opened alone", base(first->h.split ? p->path :
									     first->path));
	if (!same_dump(first, p, why, sizeof(why)))
		return dmv_fail(e, DMV_E_USAGE, "%.40s and %.40s are parts of different dumps: %s",
				base(first->path), base(p->path), why);
	for (size_t i = 0; i < set->npart; i++)
		if (overlap(&set->part[i], p))
			return dmv_fail(e, DMV_E_USAGE, "%.40s and %.40s both hold pages from "
					"0x%" PRIx64 " on: the same part twice?",
					base(set->part[i].path), base(p->path),
					p->first > set->part[i].first ? p->first :
									set->part[i].first);
	return DMV_E_OK;
}

/* Takes p over if it belongs to the set. */
static enum dmv_code add_part(struct dmv_kdump_set *set, struct dmv_kdump_part *p,
			      struct dmv_err *e)
{
	enum dmv_code code = set->npart ? check_part(set, p, e) : DMV_E_OK;

	if (!code && set->npart >= MAX_PARTS)
		code = dmv_fail(e, DMV_E_USAGE, "more than %d parts", MAX_PARTS);
	if (!code && !dmv_grow(&set->part, set->npart, sizeof(*set->part)))
		code = dmv_fail(e, DMV_E_MEMORY, "out of memory");
	if (code)
		part_close(p);
	else
		set->part[set->npart++] = *p;
	return code;
}

static enum dmv_code add_file(struct dmv_kdump_set *set, const char *path, struct dmv_err *e)
{
	struct dmv_kdump_part p;
	enum dmv_code code = part_open(path, &p, e);

	return code ? code : add_part(set, &p, e);
}

/* ---- beside ---- */

/* Are two names the same but for one number in them? A bare number says nothing. */
static bool alike(const char *a, const char *b)
{
	size_t pre = 0, na = strlen(a), nb = strlen(b), post = 0;

	while (a[pre] && a[pre] == b[pre])
		pre++;
	while (pre && isdigit((unsigned char)a[pre - 1]))
		pre--;
	while (post < na - pre && post < nb - pre && a[na - 1 - post] == b[nb - 1 - post])
		post++;
	while (post && isdigit((unsigned char)a[na - post]))
		post--;
	if (na == pre + post || nb == pre + post || (!pre && !post))
		return false;
	for (size_t i = pre; i < na - post; i++)
		if (!isdigit((unsigned char)a[i]))
			return false;
	for (size_t i = pre; i < nb - post; i++)
		if (!isdigit((unsigned char)b[i]))
			return false;
	return true;
}

/* What does not belong to the set is passed over: nobody named it. */
static void add_beside(struct dmv_kdump_set *set, const char *path)
{
	const char *name = base(path);
	char *folder = strndup(path, (size_t)(name - path)), *other;
	DIR *d = folder ? opendir(*folder ? folder : ".") : NULL;
	struct dirent *entry;
	unsigned looked = 0;

	while (d && looked < MAX_BESIDE && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, name) || !alike(name, entry->d_name) ||
		    asprintf(&other, "%s%s", folder, entry->d_name) < 0)
			continue;
		looked++;
		set->beside |= !add_file(set, other, NULL);
		free(other);
	}
	if (d)
		closedir(d);
	free(folder);
}

/* ---- the set ---- */

static int by_first(const void *a, const void *b)
{
	const struct dmv_kdump_part *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

enum dmv_code dmv_kdump_set_open(const char *path, const char *const *more, size_t nmore,
				 struct dmv_kdump_set *set, struct dmv_err *e)
{
	enum dmv_code code;

	memset(set, 0, sizeof(*set));
	code = add_file(set, path, e);
	for (size_t i = 0; i < nmore && !code; i++) {
		code = add_file(set, more[i], e);
		if (code == DMV_E_NOTFOUND)
			code = dmv_fail(e, DMV_E_USAGE, "%.80s is not a kdump-compressed file",
					base(more[i]));
	}
	if (code) {
		dmv_kdump_set_close(set);
		return code;
	}
	if (!nmore && set->part[0].h.split)
		add_beside(set, path);
	qsort(set->part, set->npart, sizeof(*set->part), by_first);
	return DMV_E_OK;
}

void dmv_kdump_set_close(struct dmv_kdump_set *set)
{
	for (size_t i = 0; i < set->npart; i++)
		part_close(&set->part[i]);
	free(set->part);
	memset(set, 0, sizeof(*set));
}

struct dmv_kdump_part *dmv_kdump_part_of(const struct dmv_kdump_set *set, uint64_t pfn)
{
	size_t lo = 0, hi = set->npart;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->part[mid].end <= pfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < set->npart && set->part[lo].first <= pfn ? &set->part[lo] : NULL;
}
