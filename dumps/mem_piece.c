/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Segments of a dump file, which overlap when a dumper walked page tables, as disjoint pieces that
 * can be searched. One sweep over the addresses with a heap of the segments that are open, so the
 * cost is N log N whatever the file says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

struct ordered {
	struct dmv_piece seg;
	size_t rank;                    /* place in the file: the lower wins */
};

struct sweep {
	const struct ordered **heap;    /* by rank, lowest first */
	size_t nheap;
	struct dmv_piece *out;
	size_t nout;
};

static int by_start(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->seg.start != y->seg.start)
		return x->seg.start < y->seg.start ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void heap_push(struct sweep *s, const struct ordered *o)
{
	size_t i = s->nheap++;

	for (; i && s->heap[(i - 1) / 2]->rank > o->rank; i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = o;
}

static void heap_pop(struct sweep *s)
{
	const struct ordered *o = s->heap[--s->nheap];
	size_t i = 0, kid;

	while ((kid = 2 * i + 1) < s->nheap) {
		if (kid + 1 < s->nheap && s->heap[kid + 1]->rank < s->heap[kid]->rank)
			kid++;
		if (s->heap[kid]->rank > o->rank)
			break;
		s->heap[i] = s->heap[kid];
		i = kid;
	}
	s->heap[i] = o;
}

static bool emit(struct sweep *s, uint64_t start, uint64_t end, uint64_t off)
{
	struct dmv_piece *last = s->nout ? &s->out[s->nout - 1] : NULL;

	if (last && last->end == start && last->off + (start - last->start) == off) {
		last->end = end;
		return true;
	}
	if (!dmv_grow(&s->out, s->nout, sizeof(*s->out)))
		return false;
	s->out[s->nout++] = (struct dmv_piece){ start, end, off };
	return true;
}

/* Each turn opens or closes at least one segment. */
static bool sweep(struct sweep *s, const struct ordered *v, size_t n)
{
	uint64_t pos = 0;
	size_t i = 0;

	for (;;) {
		const struct dmv_piece *top;
		uint64_t next;

		while (s->nheap && s->heap[0]->seg.end <= pos)
			heap_pop(s);
		if (!s->nheap && i == n)
			return true;
		if (!s->nheap)
			pos = v[i].seg.start;
		while (i < n && v[i].seg.start == pos)
			heap_push(s, &v[i++]);
		top = &s->heap[0]->seg;
		next = top->end;
		if (i < n && v[i].seg.start < next)
			next = v[i].seg.start;
		if (next > pos && !emit(s, pos, next, top->off + (pos - top->start)))
			return false;
		pos = next;
	}
}

enum dmv_code dmv_pieces_resolve(const struct dmv_piece *seg, size_t n, struct dmv_piece **ret,
				 size_t *nret, struct dmv_err *e)
{
	struct sweep s = { 0 };
	struct ordered *v = calloc(n + 1, sizeof(*v));
	size_t k = 0;
	bool ok = false;

	s.heap = calloc(n + 1, sizeof(*s.heap));
	if (!v || !s.heap)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (seg[i].start < seg[i].end)
			v[k++] = (struct ordered){ seg[i], i };
	qsort(v, k, sizeof(*v), by_start);
	ok = sweep(&s, v, k);
out:
	free(v);
	free(s.heap);
	if (!ok) {
		free(s.out);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory sorting %zu segments", n);
	}
	*ret = s.out;
	*nret = s.nout;
	return DMV_E_OK;
}

const struct dmv_piece *dmv_piece_find(const struct dmv_piece *v, size_t n, uint64_t addr)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && v[lo].start <= addr ? &v[lo] : NULL;
}

uint64_t dmv_pieces_skip_zeros(const struct dmv_piece *v, size_t n, const struct dmv_file *f,
			       uint64_t addr, uint64_t end)
{
	const struct dmv_piece *p;

	while (addr < end && (p = dmv_piece_find(v, n, addr))) {
		uint64_t stop = p->end < end ? p->end : end, off = p->off + (addr - p->start);
		uint64_t data = dmv_file_skip_hole(f, off, off + (stop - addr));

		addr += data - off;
		if (addr < stop)
			break;
	}
	return addr;
}

static enum dmv_code short_read(const struct dmv_file *f, uint64_t addr, uint64_t off, int errnum,
				struct dmv_err *e)
{
	char gap[80];

	if (errnum)
		return dmv_fail_at(e, DMV_E_SYSTEM, addr,
				   "cannot read 0x%" PRIx64 " at file offset 0x%" PRIx64 ": %s",
				   addr, off, strerror(errnum));
	return dmv_fail_at(e, DMV_E_ABSENT, addr,
			   "0x%" PRIx64 " is at file offset 0x%" PRIx64 ", %s", addr, off,
			   dmv_file_is_view(f) ? dmv_file_gap(f, off, gap, sizeof(gap)) :
						 "where the file now ends");
}

enum dmv_code dmv_pieces_read(struct dmv_file *f, const struct dmv_piece *v, size_t nv,
			      uint64_t addr, void *buf, size_t n, uint64_t *bad, struct dmv_err *e)
{
	uint8_t *to = buf;

	while (n) {
		const struct dmv_piece *p = dmv_piece_find(v, nv, addr);
		size_t k, got;
		uint64_t off;
		int errnum;

		if (!p) {
			*bad = addr;
			return DMV_E_NOTFOUND;
		}
		k = p->end - addr < n ? (size_t)(p->end - addr) : n;
		off = p->off + (addr - p->start);
		got = dmv_file_read(f, off, to, k, &errnum);
		if (got < k)
			return short_read(f, addr + got, off + got, errnum, e);
		addr += k;
		to += k;
		n -= k;
	}
	return DMV_E_OK;
}

enum dmv_code dmv_mem_set_pieces(struct dmv_mem *m, enum dmv_space s, const struct dmv_piece *v,
				 size_t n, struct dmv_err *e)
{
	struct dmv_range *r = calloc(n + 1, sizeof(*r));

	if (!r)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for %zu ranges", n);
	for (size_t i = 0; i < n; i++)
		r[i] = (struct dmv_range){ v[i].start, v[i].end };
	dmv_mem_set_ranges(m, s, r, n);
	return DMV_E_OK;
}
