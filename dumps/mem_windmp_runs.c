/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Full dumps (type 1): the physical memory descriptor in the header lists runs of pages, and behind
 * the header their pages stand back to back in that order.
 */
#include <inttypes.h>

#include "mem_windmp_int.h"

enum {
	RUNS64 = 43,                    /* what the descriptor's 704 bytes hold */
	RUNS32 = 86,                    /* 700 bytes */
};

struct descriptor {
	const uint8_t *run;
	uint64_t nrun, pages;
	unsigned size;                  /* of a number in a run */
};

static enum dmv_code read_descriptor(struct dmv_windmp *w, struct descriptor *d, struct dmv_err *e)
{
	const uint8_t *p = w->header + (w->is64 ? 0x88 : 0x64);
	const unsigned max = w->is64 ? RUNS64 : RUNS32;

	if (dmv_win_unused(p, 4))
		return dmv_fail(e, DMV_E_CORRUPT,
				"the header does not say which physical memory the dump holds");
	d->size = w->is64 ? 8 : 4;
	d->nrun = dmv_win_get(p, 4);
	d->pages = dmv_win_get(p + d->size, d->size);
	d->run = p + 2 * d->size;
	if (!d->nrun)
		return dmv_fail(e, DMV_E_CORRUPT, "the header lists no run of physical memory");
	if (d->nrun <= max)
		return DMV_E_OK;
	dmv_mem_note(&w->m, "the header says %" PRIu64 " runs of memory, but has room for %u: "
		     "what the others hold is missing", d->nrun, max);
	d->nrun = max;
	return DMV_E_OK;
}

enum dmv_code dmv_win_runs(struct dmv_windmp *w, struct dmv_err *e)
{
	uint64_t off = w->header_bytes, pages = 0;
	struct descriptor d = { 0 };
	enum dmv_code code = read_descriptor(w, &d, e);

	if (code)
		return code;
	w->absent = "is in no memory run of the dump";
	for (unsigned i = 0; i < d.nrun && !code; i++) {
		uint64_t pfn = dmv_win_get(d.run + 2 * i * d.size, d.size);
		uint64_t n = dmv_win_get(d.run + (2 * i + 1) * d.size, d.size);
		struct dmv_err why = { 0 };

		/* Where one run is not believable nobody knows where the next begins. */
		if (dmv_win_add_pages(w, pfn, n, off, &why) == DMV_E_CORRUPT) {
			dmv_mem_note(&w->m, "memory run %u of %" PRIu64
				     ": %s; from there on memory is missing", i, d.nrun, why.msg);
			return DMV_E_OK;
		}
		code = why.code;
		if (code && e)
			*e = why;
		pages += n;
		off += n * DMV_WIN_PAGE;
	}
	if (!code && pages != d.pages)
		dmv_mem_note(&w->m, "the header says %" PRIu64 " pages, its runs have %" PRIu64,
			     d.pages, pages);
	return code;
}
