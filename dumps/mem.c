/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What all sources share: bounded reads, the walk, notes and ranges. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "save_int.h"
#include "mem_kernel.h"
#include "pagewalk.h"

enum {
	/* Large enough that the system call does not count, small enough to stay in the
	 * L2 cache. */
	WALK_BYTES = 256 << 10,
	WALK_STEP = 4096,               /* what is skipped around a byte that cannot be read */
	WALK_SYSTEM_ERRORS = 64, /* a disk may have bad sectors; a dead source ends the walk */
};

const char *dmv_space_name(enum dmv_space s)
{
	return s == DMV_PHYS ? "physical" : "virtual";
}

bool dmv_grow(void *v, size_t n, size_t size)
{
	void **p = v;
	size_t cap = n ? n * 2 : 8;
	void *q;

	if (n && (n < 8 || (n & (n - 1))))
		return true;
	if (cap > SIZE_MAX / size)
		return false;
	q = realloc(*p, cap * size);
	if (!q)
		return false;
	*p = q;
	return true;
}

/* From malloc; NULL: no memory. */
static char *text_of(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

void dmv_dump_line_add(struct dmv_dump_info *i, const char *key, const char *fmt, ...)
{
	struct dmv_dump_line *line = (struct dmv_dump_line *)i->line;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_of(fmt, ap);
	va_end(ap);
	if (!text || !dmv_grow(&line, i->nline, sizeof(*line))) {
		free(text);
		return;
	}
	line[i->nline++] = (struct dmv_dump_line){ key, text };
	i->line = line;
}

void dmv_dump_lines_free(struct dmv_dump_info *i)
{
	for (size_t k = 0; k < i->nline; k++)
		free((char *)i->line[k].value);
	free((void *)i->line);
}

void dmv_mem_lose(struct dmv_mem *m, uint64_t bytes)
{
	m->lost = bytes > UINT64_MAX - m->lost ? UINT64_MAX : m->lost + bytes;
}

void dmv_mem_note(struct dmv_mem *m, const char *fmt, ...)
{
	char **note = (char **)m->note;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_of(fmt, ap);
	va_end(ap);
	if (!text || !dmv_grow(&note, m->nnote, sizeof(*note))) {
		free(text);
		return;
	}
	note[m->nnote++] = text;
	m->note = (const char *const *)note;
}

void dmv_mem_set_ranges(struct dmv_mem *m, enum dmv_space s, struct dmv_range *v, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (k && v[k - 1].end == v[i].start)
			v[k - 1].end = v[i].end;
		else
			v[k++] = v[i];
	}
	m->range[s] = v;
	m->nrange[s] = k;
}

void dmv_mem_set_vmcoreinfo(struct dmv_mem *m, const char *text, size_t n)
{
	if (m->vmcoreinfo)
		return;
	m->vmcoreinfo = strndup(text, n);
	/* Other kernels may use the note too; this line is Linux's own. */
	m->linux_kernel = m->vmcoreinfo && (!strncmp(m->vmcoreinfo, "OSRELEASE=", 10) ||
					    strstr(m->vmcoreinfo, "\nOSRELEASE="));
}

void dmv_mem_base_deinit(struct dmv_mem *m)
{
	dmv_pagewalk_free(m->walk);
	dmv_mem_kernel_free(m);
	for (size_t i = 0; i < m->nnote; i++)
		free((char *)m->note[i]);
	free((void *)m->note);
	free((void *)m->range[DMV_VIRT]);
	free((void *)m->range[DMV_PHYS]);
	free(m->executable);
	free(m->vmcoreinfo);
	free(m->name);
}

void dmv_mem_close(struct dmv_mem *m)
{
	if (m)
		m->ops->close(m);
}

/*
 * Is the address one for the page tables? The kernel's tables know only its own half: the lower one
 * belongs to processes, of which they show one at best. A dumper that walked the tables of one
 * (QEMU's -p) knows both. Live memory changes under tables that are kept: what the source itself
 * knows comes first.
 */
static bool by_tables(struct dmv_mem *m, uint64_t addr)
{
	bool upper = addr >> (m->bits == 32 ? 31 : 63);
	const struct dmv_kernel *k;

	if (!m->walk && !m->nrange[DMV_VIRT] && upper && !m->translates)
		dmv_mem_kernel_search(m, NULL, &k, NULL);
	if (!m->walk || (!upper && dmv_mem_kernel(m, NULL)))
		return false;
	if (m->live)
		dmv_pagewalk_forget(m->walk);
	return !m->nrange[DMV_VIRT] || (upper && !m->live);
}

bool dmv_mem_has(struct dmv_mem *m, enum dmv_space s)
{
	return m->nrange[s] || (s == DMV_VIRT && (m->walk || dmv_mem_kernel(m, NULL)));
}

enum dmv_code dmv_mem_translate(struct dmv_mem *m, uint64_t virt, uint64_t *phys, uint64_t *bytes,
				struct dmv_err *e)
{
	struct dmv_err why = { 0 };

	if (by_tables(m, virt))
		return dmv_pagewalk_find(m->walk, virt, phys, bytes, e);
	if (!m->walk && !m->nrange[DMV_VIRT])
		dmv_mem_kernel(m, &why);
	return dmv_fail_at(e, DMV_E_NOTFOUND, virt,
			   "virtual address 0x%" PRIx64 " cannot be translated%s%s", virt,
			   why.msg[0] ? ": " : "", why.msg);
}

static enum dmv_code read_source(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
				 size_t n, struct dmv_err *e)
{
	if (m->record)
		dmv_record_add(m->record, s, addr, n);
	return m->ops->read(m, s, addr, buf, n, e);
}

static enum dmv_code read_virt(struct dmv_mem *m, uint64_t addr, void *buf, size_t n,
			       struct dmv_err *e)
{
	struct dmv_err why = { 0 };

	if (by_tables(m, addr))
		return dmv_pagewalk_read(m->walk, addr, buf, n, e);
	if (m->walk || m->live || m->nrange[DMV_VIRT] || m->translates ||
	    !(addr >> (m->bits == 32 ? 31 : 63)))
		return read_source(m, DMV_VIRT, addr, buf, n, e);
	dmv_mem_kernel(m, &why);
	return dmv_fail_at(e, DMV_E_ABSENT, addr,
			   "virtual address 0x%" PRIx64 " cannot be translated: %s", addr, why.msg);
}

enum dmv_code dmv_mem_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf, size_t n,
			   struct dmv_err *e)
{
	if (s != DMV_VIRT && s != DMV_PHYS)
		return dmv_fail(e, DMV_E_USAGE, "no such address space");
	if (!n)
		return DMV_E_OK;
	if (n - 1 > UINT64_MAX - addr)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "%zu bytes at 0x%" PRIx64 " pass the end of the address space",
				   n, addr);
	return s == DMV_VIRT ? read_virt(m, addr, buf, n, e) :
			       read_source(m, s, addr, buf, n, e);
}

enum dmv_code dmv_mem_number(struct dmv_mem *m, enum dmv_space s, uint64_t addr, unsigned bytes,
			     uint64_t *ret, struct dmv_err *e)
{
	uint8_t b[8];
	enum dmv_code code = bytes <= sizeof(b) ? dmv_mem_read(m, s, addr, b, bytes, e) :
						  dmv_fail(e, DMV_E_USAGE, "no such number");

	if (!code)
		*ret = dmv_get(b, bytes, m->big_endian);
	return code;
}

size_t dmv_range_after(const struct dmv_mem *m, enum dmv_space s, uint64_t addr)
{
	size_t lo = 0, hi = m->nrange[s];

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->range[s][mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void dmv_mem_step(const struct dmv_mem *m, const struct dmv_step *s)
{
	if (m->progress)
		m->progress->fn(m->progress->ctx, s);
}

void dmv_mem_walked(const struct dmv_mem *m, uint64_t done, uint64_t total)
{
	const struct dmv_step step = { "scan", true, done, total };

	dmv_mem_step(m, &step);
}

struct walk {
	struct dmv_mem *m;
	enum dmv_space space;
	dmv_mem_walk_fn *fn;
	void *ctx;
	uint8_t *buf;
	uint64_t done, total;           /* bytes: of the ranges before this one, of all */
	uint64_t missed;
	unsigned system_errors;
};

/* May the walk go on after this error? */
static bool skippable(struct walk *w, enum dmv_code code)
{
	if (code == DMV_E_SYSTEM)
		return ++w->system_errors < WALK_SYSTEM_ERRORS;
	return code == DMV_E_ABSENT || code == DMV_E_CORRUPT || code == DMV_E_NOTFOUND;
}

/* Where to go on after the bytes from `bad` on could not be read: the next page, not the next
 * byte. */
static uint64_t after(uint64_t bad, uint64_t end)
{
	uint64_t next = (bad | (WALK_STEP - 1)) + 1;

	return next && next < end ? next : end;
}

/* A piece that cannot be read as a whole: what stands before the first bad byte, then past it. */
static enum dmv_code walk_broken(struct walk *w, uint64_t addr, uint64_t end, uint64_t bad,
				 uint64_t *next, struct dmv_err *e)
{
	enum dmv_code code = DMV_E_ABSENT;

	if (bad < addr || bad >= end)
		bad = addr;
	if (bad > addr)
		code = dmv_mem_read(w->m, w->space, addr, w->buf, (size_t)(bad - addr), e);
	if (bad > addr && code) {       /* live memory went away in between */
		if (!skippable(w, code))
			return code;
		bad = addr;
	}
	*next = after(bad, end);
	w->missed += *next - bad;
	return bad > addr ? w->fn(w->ctx, addr, w->buf, (size_t)(bad - addr)) : DMV_E_OK;
}

/* Where to go on from addr: the page that holds the first byte which may not be zero. */
static uint64_t skip_zeros(struct walk *w, uint64_t addr, uint64_t end)
{
	uint64_t next;

	if (!w->m->ops->skip_zeros)
		return addr;
	next = w->m->ops->skip_zeros(w->m, w->space, addr, end);
	if (next >= end)
		return end;
	next &= ~(uint64_t)(WALK_STEP - 1);
	return next > addr ? next : addr;
}

static enum dmv_code walk_range(struct walk *w, struct dmv_range r, struct dmv_err *e)
{
	uint64_t next, addr;

	for (addr = skip_zeros(w, r.start, r.end); addr < r.end;
	     addr = skip_zeros(w, next, r.end)) {
		uint64_t n = r.end - addr < WALK_BYTES ? r.end - addr : WALK_BYTES;
		struct dmv_err why = { .addr = addr };
		enum dmv_code code;

		if (w->m->stop && *(const volatile bool *)w->m->stop)
			return dmv_fail(e, DMV_E_STOPPED, "stopped");
		next = addr + n;
		code = dmv_mem_read(w->m, w->space, addr, w->buf, (size_t)n, &why);
		if (!code) {
			code = w->fn(w->ctx, addr, w->buf, (size_t)n);
		} else if (!skippable(w, code)) {
			if (e)
				*e = why;
		} else {
			code = walk_broken(w, addr, addr + n, why.addr, &next, e);
		}
		if (code)
			return code;
		dmv_mem_walked(w->m, w->done + (next - r.start), w->total);
	}
	w->done += r.end - r.start;
	return DMV_E_OK;
}

enum dmv_code dmv_mem_walk(struct dmv_mem *m, enum dmv_space s, dmv_mem_walk_fn *fn, void *ctx,
			   uint64_t *missed, struct dmv_err *e)
{
	struct walk w = { .m = m, .space = s, .fn = fn, .ctx = ctx };
	enum dmv_code code = DMV_E_OK;

	if (s != DMV_VIRT && s != DMV_PHYS)
		return dmv_fail(e, DMV_E_USAGE, "no such address space");
	w.buf = aligned_alloc(4096, WALK_BYTES);
	if (!w.buf)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	for (size_t i = 0; i < m->nrange[s]; i++)
		w.total += m->range[s][i].end - m->range[s][i].start;
	for (size_t i = 0; i < m->nrange[s] && !code; i++)
		code = walk_range(&w, m->range[s][i], e);
	free(w.buf);
	if (missed)
		*missed = w.missed;
	return code;
}

enum dmv_code dmv_heads_in_piece(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	const struct dmv_heads *h = ctx;
	size_t i = (size_t)(-addr & (h->step - 1));

	for (; i < n && n - i >= h->n; i += h->step) {
		enum dmv_code code = h->fn(h->ctx, addr + i, buf + i);

		if (code)
			return code;
	}
	return DMV_E_OK;
}

enum dmv_code dmv_mem_walk_plain(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				 dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				 struct dmv_err *e)
{
	struct dmv_heads h = { step, n, fn, ctx };
	uint64_t lost = 0;
	enum dmv_code code = dmv_mem_walk(m, s, dmv_heads_in_piece, &h, &lost, e);

	*missed += lost;
	return code;
}

enum dmv_code dmv_mem_walk_heads(struct dmv_mem *m, enum dmv_space s, size_t step, size_t n,
				 dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
				 struct dmv_err *e)
{
	uint64_t lost = 0;
	enum dmv_code code;

	if (!step || step & (step - 1) || step > WALK_STEP || !n || n > step)
		return dmv_fail(e, DMV_E_USAGE, "no such step: %zu bytes of %zu", n, step);
	if (m->ops->walk_heads)
		code = m->ops->walk_heads(m, s, step, n, fn, ctx, &lost, e);
	else
		code = dmv_mem_walk_plain(m, s, step, n, fn, ctx, &lost, e);
	if (missed)
		*missed = lost;
	return code;
}
