/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * "RDMP", what newer debuggers write (types 8 to 10): behind a second header a table of {first
 * frame, pages}, then the pages in the table's order. In types 8 and 9 a frame of 0 ends the table;
 * type 10 says how many pages there are in all.
 */
#include <inttypes.h>

#include "mem_windmp_int.h"

enum {
	TYPE_FULL = 10,
	HEAD = 0x30,                    /* bytes before the table */
	/* Between metadata size and first page: their difference is that of the places from which
	 * they count. */
	METADATA_FROM = 0x20, PAGES_FROM = 0x40,
	ENTRY = 16,
};

struct ranges {
	uint64_t metadata, first, total;
	uint64_t at, n;                 /* of the table: offset, entries at most */
};

static enum dmv_code read_head(struct dmv_windmp *w, struct ranges *r, struct dmv_err *e)
{
	uint8_t h[HEAD];
	int errnum;

	if (dmv_file_read(w->f, w->header_bytes, h, sizeof(h), &errnum) != sizeof(h))
		return dmv_fail(e, DMV_E_CORRUPT,
				"the RDMP header at file offset 0x%" PRIx64
				" passes the end of the file", w->header_bytes);
	r->metadata = dmv_win_get(h + 0x10, 8);
	r->first = dmv_win_get(h + 0x18, 8);
	r->total = dmv_win_get(h + 0x28, 8);
	r->at = w->header_bytes + HEAD;
	if (dmv_win_get(h, 4) != PAGES_FROM || r->metadata % ENTRY || r->first < r->at ||
	    r->metadata - METADATA_FROM != r->first - w->header_bytes - PAGES_FROM)
		return dmv_fail(e, DMV_E_CORRUPT,
				"the RDMP header at file offset 0x%" PRIx64
				" is damaged: 0x%" PRIx64 " bytes of tables and pages from 0x%"
				PRIx64 " on do not fit together",
				w->header_bytes, r->metadata, r->first);
	r->n = (r->first - r->at) / ENTRY;
	return DMV_E_OK;
}

/* Takes one row; *done if it ends the table. */
static enum dmv_code take_row(struct dmv_windmp *w, const struct ranges *r, uint64_t i,
			      uint64_t *pages, bool *done, struct dmv_err *e)
{
	struct dmv_err why = { 0 };
	uint8_t row[ENTRY];
	uint64_t pfn, n;
	int errnum;

	*done = true;
	if (dmv_file_read(w->f, r->at + i * ENTRY, row, ENTRY, &errnum) != ENTRY) {
		dmv_mem_note(&w->m, "the table of ranges ends with the file, at entry %" PRIu64
			     ": all pages are missing", i);
		return DMV_E_OK;
	}
	pfn = dmv_win_get(row, 8);
	n = dmv_win_get(row + 8, 8);
	if ((w->type != TYPE_FULL && !pfn) || !n)
		return DMV_E_OK;
	if (dmv_win_add_pages(w, pfn, n, r->first + *pages * DMV_WIN_PAGE, &why)) {
		if (why.code != DMV_E_CORRUPT)
			return dmv_fail(e, why.code, "%s", why.msg);
		dmv_mem_note(&w->m, "memory range %" PRIu64 ": %s; from there on memory is missing",
			     i, why.msg);
		return DMV_E_OK;
	}
	*pages += n;
	*done = w->type == TYPE_FULL && *pages >= r->total;
	return DMV_E_OK;
}

enum dmv_code dmv_win_rdmp(struct dmv_windmp *w, struct dmv_err *e)
{
	struct ranges r = { 0 };
	enum dmv_code code = read_head(w, &r, e);
	uint64_t pages = 0;
	bool done = false;

	if (code)
		return code;
	w->absent = "is in no range of the dump";
	for (uint64_t i = 0; i < r.n && !done && !code; i++)
		code = take_row(w, &r, i, &pages, &done, e);
	if (!code && w->type == TYPE_FULL && pages != r.total)
		dmv_mem_note(&w->m, "the RDMP header says %" PRIu64 " pages, its table %" PRIu64,
			     r.total, pages);
	return code;
}
