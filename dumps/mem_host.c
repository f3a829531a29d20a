/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A debugger's memory, kept in blocks. A block is asked for as a whole; what the debugger does not
 * give of it is asked for by the page, and what it does not give of that as it was wanted: a range
 * may begin and end anywhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_host.h"
#include "mem_int.h"

enum {
	PAGE = 4096,
	BLOCK = 64 << 10,
	PAGES = BLOCK / PAGE,
	BLOCKS = 32,                    /* page tables, kallsyms and a region side by side */
	TEXT_MOST = 64 << 10,           /* VMCOREINFO: 4 KiB in all kernels so far */
};

struct block {
	uint64_t base;
	uint64_t used;                  /* when; 0: holds nothing */
	enum dmv_space space;
	uint16_t valid[PAGES];          /* bytes of each page, from its start */
	bool asked[PAGES];              /* by itself: there is no more of it */
	uint8_t byte[BLOCK];
};

struct host {
	struct dmv_mem m;
	struct dmv_mem_ops ops;         /* the format has the debugger's name */
	char *format;
	struct dmv_host h;
	struct block *block;
	uint64_t clock;
	bool guess[2];
};

static bool stopped(const struct host *h)
{
	return h->h.stop && *(const volatile bool *)h->h.stop;
}

/* A callback may say what it likes: never more than n. Asked though the user wants to stop: what
 * then was missing would be taken for damage. Walks stop between blocks. */
static size_t ask(struct host *h, enum dmv_space s, uint64_t addr, void *buf, size_t n)
{
	size_t got = h->h.read(h->h.ctx, s, addr, buf, n);

	return got <= n ? got : 0;
}

static const struct dmv_range *range_at(const struct dmv_mem *m, enum dmv_space s, uint64_t addr)
{
	size_t i = dmv_range_after(m, s, addr);

	return i < m->nrange[s] && m->range[s][i].start <= addr ? &m->range[s][i] : NULL;
}

/* ---- blocks ---- */

/* From page `first` on to the end of the block in one call, within the range of the byte that is
 * wanted. */
static void fill(struct host *h, struct block *b, size_t first, uint64_t wanted)
{
	const struct dmv_range *r = range_at(&h->m, b->space, wanted);
	uint64_t from = b->base + first * PAGE, end = b->base + BLOCK - 1;
	size_t got;

	if (r && r->start > from)
		from = (r->start + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (r && r->end - 1 < end)
		end = r->end - 1;
	if (from > end)
		return;
	first = (size_t)(from - b->base) / PAGE;
	got = ask(h, b->space, from, b->byte + first * PAGE, (size_t)(end - from) + 1);
	for (size_t i = first; i < PAGES && got; i++) {
		b->valid[i] = (uint16_t)(got < PAGE ? got : PAGE);
		got -= b->valid[i];
	}
}

static struct block *block_at(struct host *h, enum dmv_space s, uint64_t addr)
{
	uint64_t base = addr & ~(uint64_t)(BLOCK - 1);
	struct block *oldest = &h->block[0];

	for (size_t i = 0; i < BLOCKS; i++) {
		struct block *b = &h->block[i];

		if (b->used && b->space == s && b->base == base) {
			b->used = ++h->clock;
			return b;
		}
		if (b->used < oldest->used)
			oldest = b;
	}
	oldest->base = base;
	oldest->space = s;
	oldest->used = ++h->clock;
	memset(oldest->valid, 0, sizeof(oldest->valid));
	memset(oldest->asked, 0, sizeof(oldest->asked));
	fill(h, oldest, 0, addr);
	return oldest;
}

/* Bytes of the n at addr, which are of one page. */
static size_t read_in_page(struct host *h, enum dmv_space s, uint64_t addr, void *buf, size_t n)
{
	struct block *b = block_at(h, s, addr);
	size_t page = (size_t)(addr - b->base) / PAGE, off = (size_t)addr & (PAGE - 1);

	/* behind a hole, or the debugger gives all or nothing */
	if (off + n > b->valid[page] && !b->asked[page]) {
		b->asked[page] = true;
		fill(h, b, page, addr);
		if (!b->valid[page])
			b->valid[page] = (uint16_t)ask(h, s, b->base + page * PAGE,
						       b->byte + page * PAGE, PAGE);
	}
	if (off + n > b->valid[page])
		return ask(h, s, addr, buf, n);
	memcpy(buf, b->byte + page * PAGE + off, n);
	return n;
}

/* ---- reading ---- */

static enum dmv_code missing(struct host *h, enum dmv_space s, uint64_t addr, struct dmv_err *e)
{
	if (!h->h.has[s] && (s != DMV_VIRT || !h->h.translate))
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "%s reads no %s addresses (asked for 0x%" PRIx64 ")",
				   h->h.name, dmv_space_name(s), addr);
	return dmv_fail_at(e, DMV_E_ABSENT, addr, "%s cannot read %s address 0x%" PRIx64,
			   h->h.name, dmv_space_name(s), addr);
}

static bool is_memory(const struct dmv_mem *m, enum dmv_space s, uint64_t addr)
{
	return !m->nrange[s] || range_at(m, s, addr);
}

/* Bytes of the n at addr, which are of one page. */
static size_t read_some(struct host *h, enum dmv_space s, uint64_t addr, void *buf, size_t n)
{
	uint64_t phys = addr;

	if (h->h.has[s])
		return is_memory(&h->m, s, addr) ? read_in_page(h, s, addr, buf, n) : 0;
	if (s != DMV_VIRT || !h->h.translate || !h->h.translate(h->h.ctx, addr, &phys) ||
	    (phys ^ addr) & (PAGE - 1) || !is_memory(&h->m, DMV_PHYS, phys))
		return 0;
	return read_in_page(h, DMV_PHYS, phys, buf, n);
}

static enum dmv_code host_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			       size_t n, struct dmv_err *e)
{
	struct host *h = (struct host *)m;
	uint8_t *to = buf;

	while (n) {
		size_t k = PAGE - ((size_t)addr & (PAGE - 1)), got;

		if (k > n)
			k = n;
		got = read_some(h, s, addr, to, k);
		if (got < k)
			return missing(h, s, addr + got, e);
		to += k;
		addr += k;
		n -= k;
	}
	return DMV_E_OK;
}

/* ---- walking ---- */

struct walk {
	struct host *h;
	enum dmv_space space;
	struct dmv_heads heads;
	uint8_t *buf;
	uint64_t missed, done, total;
};

/* One call for the n bytes at addr; past the cache, which a walk would only empty. */
static enum dmv_code walk_piece(struct walk *w, uint64_t addr, size_t n, size_t *got)
{
	size_t page = PAGE - ((size_t)addr & (PAGE - 1));

	*got = ask(w->h, w->space, addr, w->buf, n);
	/* of several pages the one that was had in part is asked for again */
	if (*got < n && n > page)
		*got = *got < page ? 0 : page + ((*got - page) & ~(size_t)(PAGE - 1));
	return stopped(w->h) ? DMV_E_STOPPED : dmv_heads_in_piece(&w->heads, addr, w->buf, *got);
}

/* By the page what could not be had as a block: a debugger may give all or nothing. */
static enum dmv_code walk_pages(struct walk *w, uint64_t addr, uint64_t end)
{
	enum dmv_code code = DMV_E_OK;

	while (addr < end && !code) {
		size_t n = PAGE - ((size_t)addr & (PAGE - 1)), got;

		if (n > end - addr)
			n = (size_t)(end - addr);
		code = walk_piece(w, addr, n, &got);
		w->missed += w->h->guess[w->space] ? 0 : n - got;
		addr += n;
	}
	return code;
}

static enum dmv_code walk_range(struct walk *w, struct dmv_range r)
{
	enum dmv_code code = DMV_E_OK;

	for (uint64_t addr = r.start; addr < r.end && !code;) {
		size_t n = BLOCK - ((size_t)addr & (BLOCK - 1)), got;
		uint64_t end;

		if (n > r.end - addr)
			n = (size_t)(r.end - addr);
		end = addr + n;
		code = walk_piece(w, addr, n, &got);
		if (!code && got < n)
			code = walk_pages(w, addr + got, end);
		addr = end;
		w->done += n;
		dmv_mem_walked(&w->h->m, w->done, w->total);
	}
	return code;
}

/* Nothing but what was asked for, where each byte takes its time. */
static enum dmv_code walk_heads_alone(struct walk *w, struct dmv_range r)
{
	const size_t step = w->heads.step, n = w->heads.n;
	uint64_t addr = (r.start + step - 1) & ~(uint64_t)(step - 1);

	while (addr >= r.start && addr < r.end && r.end - addr >= n) {
		enum dmv_code code = DMV_E_OK;
		bool there;

		dmv_mem_walked(&w->h->m, w->done + (addr - r.start), w->total);
		there = ask(w->h, w->space, addr, w->buf, n) == n;
		if (stopped(w->h))
			code = DMV_E_STOPPED;
		else if (there)
			code = w->heads.fn(w->heads.ctx, addr, w->buf);
		if (code)
			return code;
		if (!there && !w->h->guess[w->space])
			w->missed += r.end - addr < step ? r.end - addr : step;
		addr += step;                   /* which may lead round, to 0 */
	}
	w->done += r.end - r.start;
	dmv_mem_walked(&w->h->m, w->done, w->total);
	return DMV_E_OK;
}

static enum dmv_code host_walk_heads(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				     dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				     struct dmv_err *e)
{
	struct host *h = (struct host *)m;
	struct walk w = { .h = h, .space = s, .heads = { step, n, fn, ctx }, .buf = malloc(BLOCK) };
	enum dmv_code code = DMV_E_OK;

	if (!w.buf)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	for (size_t i = 0; i < m->nrange[s]; i++)
		w.total += m->range[s][i].end - m->range[s][i].start;
	dmv_mem_walked(m, 0, w.total);
	for (size_t i = 0; i < m->nrange[s] && !code; i++)
		code = h->h.slow ? walk_heads_alone(&w, m->range[s][i]) :
				   walk_range(&w, m->range[s][i]);
	free(w.buf);
	*missed += w.missed;
	return code == DMV_E_STOPPED ? dmv_fail(e, code, "stopped") : code;
}

/* ---- opening ---- */

static void host_close(struct dmv_mem *m)
{
	struct host *h = (struct host *)m;

	free((char *)h->h.name);
	free(h->format);
	free(h->block);
	dmv_mem_base_deinit(m);
	free(h);
}

enum dmv_code dmv_mem_host_open(const struct dmv_host *given, struct dmv_mem **ret,
				struct dmv_err *e)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	h->h = *given;
	h->h.name = strdup(given->name);
	if (asprintf(&h->format, "memory that %s reads", given->name) < 0)
		h->format = NULL;
	h->block = calloc(BLOCKS, sizeof(*h->block));
	h->ops = (struct dmv_mem_ops){ .format = h->format, .read = host_read, .close = host_close,
				       .walk_heads = host_walk_heads };
	h->m.ops = &h->ops;
	h->m.live = given->live;
	h->m.translates = given->has[DMV_VIRT] || given->translate;
	h->m.linux_kernel = given->linux_kernel;
	h->m.slow = given->slow && !given->searched;
	h->m.stop = given->stop;
	h->m.machine = given->machine;
	h->m.bits = given->bits;
	h->m.big_endian = given->big_endian;
	if (!h->h.name || !h->format || !h->block) {
		host_close(&h->m);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	}
	*ret = &h->m;
	return DMV_E_OK;
}

enum dmv_code dmv_mem_host_range(struct dmv_mem *m, enum dmv_space s, uint64_t start, uint64_t end,
				 bool guess, struct dmv_err *e)
{
	struct host *h = (struct host *)m;
	struct dmv_range *v = (struct dmv_range *)m->range[s];
	size_t n = m->nrange[s];

	if (start >= end || (n && v[n - 1].end > start))
		return dmv_fail(e, DMV_E_USAGE, "ranges must ascend: 0x%" PRIx64 " to 0x%" PRIx64,
				start, end);
	if (!dmv_grow(&v, n, sizeof(*v)))
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	v[n] = (struct dmv_range){ start, end };
	m->range[s] = v;
	m->nrange[s] = n + 1;
	h->guess[s] |= guess;
	m->unlisted[s] |= guess;
	dmv_mem_host_forget(m);
	return DMV_E_OK;
}

/* ---- VMCOREINFO ---- */

bool dmv_mem_host_vmcoreinfo(struct dmv_mem *m, uint64_t data, uint64_t size)
{
	const unsigned word = m->bits == 32 ? 4 : 8;
	uint64_t at, n;
	char *text;
	bool good;

	if (dmv_mem_number(m, DMV_VIRT, data, word, &at, NULL) ||
	    dmv_mem_number(m, DMV_VIRT, size, word, &n, NULL) || !at || !n || n > TEXT_MOST)
		return false;
	text = malloc((size_t)n);
	if (!text)
		return false;
	good = !dmv_mem_read(m, DMV_VIRT, at, text, (size_t)n, NULL) &&
	       dmv_mem_host_vmcoreinfo_text(m, text, (size_t)n);
	free(text);
	return good;
}

bool dmv_mem_host_vmcoreinfo_text(struct dmv_mem *m, const char *text, size_t n)
{
	static const char release[] = "\nOSRELEASE=";

	if (!n || n > TEXT_MOST || (!memmem(text, n, release, sizeof(release) - 1) &&
				    (n < sizeof(release) - 2 ||
				     memcmp(text, release + 1, sizeof(release) - 2))))
		return false;
	dmv_mem_set_vmcoreinfo(m, text, n);
	return true;
}

void dmv_mem_host_forget(struct dmv_mem *m)
{
	struct host *h = (struct host *)m;

	for (size_t i = 0; i < BLOCKS; i++)
		h->block[i].used = 0;
}
