/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The first bytes of every page, for scans that look at nothing else. Threads take batches of pages
 * in turn, read descriptors and pages in large pieces and decompress of each page what is needed;
 * the caller's function sees the batches in order of address, in the caller's thread.
 *
 *   threads: take a batch, fill its slot | ring of slots | caller: hand out, free the slot
 *
 * Pages that are not compressed are read whole, too: copying 4 KiB that the processor's cache keeps
 * takes less than a system call a page, or than mapping it.
 *
 * What threads share of the set is only read: the map, and the file by dmv_file_pread.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "mem_kdump_int.h"

enum {
	BATCH = 4096,                   /* pages at most; a step of the map */
	WINDOW = 256 << 10,             /* of the file read at once: stays in the L2 cache */
	FIRST_AHEAD = 16 << 10,         /* what is read behind a page that follows the one before */
	KNOWN = 64,                     /* pages remembered by where they are: the one of zeros */
	SMALL = 64,                     /* bytes; what packs to no more is remembered by them */
	MAX_THREADS = 8,
	MIN_SLOTS = 2,
	MAX_SLOTS = 2 * MAX_THREADS,
	SLOT_BYTES = 32 << 20,          /* all of them, if two need no more */
};

_Static_assert((int)WINDOW >= (int)DMV_KDUMP_MAX_BLOCK, "a page fits into the window");

/* What became of one batch. */
struct slot {
	bool done;
	uint64_t missed;                /* bytes of pages that could not be read */
	size_t n;
	uint64_t *pfn;
	uint8_t *head;                  /* `per` bytes for each of the n pages */
};

struct heads {
	const struct dmv_mem *m;
	struct dmv_kdump_set *set;
	uint64_t block;
	size_t step, n;                 /* wanted: the first n bytes of each step bytes */
	size_t steps;                   /* in a page, at least 1 */
	size_t per;                     /* bytes kept of a page: n for each step */
	uint64_t pages, seen;           /* of the set, and handed out or missed */

	pthread_mutex_t lock;           /* for all below */
	pthread_cond_t change;
	size_t part;                    /* of the next batch */
	uint64_t batch;                 /* its number in the part */
	uint64_t taken, handed;         /* batches so far */
	bool stop;
	struct slot slot[MAX_SLOTS];
	size_t slots;
};

/* A page of zeros, or of another pattern, that others may be like. */
struct small {
	uint32_t size, method;          /* size 0: none */
	uint8_t bytes[SMALL];
};

/* What one thread has for itself. */
struct worker {
	struct heads *h;
	pthread_t thread;
	struct dmv_unpack unpack;
	uint8_t *window;                /* WINDOW bytes of the file */
	uint64_t window_off;
	size_t window_n, ahead;
	const struct dmv_kdump_part *part;      /* of the window and of `known` */
	uint8_t *desc;                  /* BATCH descriptors */
	uint8_t *page;
	struct dmv_kdump_desc known[KNOWN];
	uint8_t *known_head;            /* `per` bytes each */
	struct small small[KNOWN];
	uint8_t *small_head;            /* the same */
};

/* ---- one page ---- */

/* The bytes of a page as they are in the file; NULL: they are not there. Pages mostly follow each
 * other: the further they do, the more is read ahead. Others cost no more than themselves. */
static const uint8_t *packed(struct worker *w, const struct dmv_kdump_desc *d)
{
	uint64_t end = w->window_off + w->window_n;
	size_t want;
	int errnum;

	if (d->off >= w->window_off && d->off <= end && d->size <= end - d->off)
		return w->window + (d->off - w->window_off);
	if (w->window_n && d->off >= w->window_off && d->off <= end)
		w->ahead = w->ahead ? w->ahead * 2 : FIRST_AHEAD;
	else
		w->ahead = 0;
	if (w->ahead > WINDOW)
		w->ahead = WINDOW;
	want = d->size > w->ahead ? d->size : w->ahead;
	w->window_off = d->off;
	w->window_n = dmv_file_pread(w->part->f, d->off, w->window, want, &errnum);
	return d->size <= w->window_n ? w->window : NULL;
}

static void keep(const struct heads *h, const uint8_t *page, uint8_t *to)
{
	for (size_t i = 0; i < h->steps; i++)
		memcpy(to + i * h->n, page + i * h->step, h->n);
}

static bool unpack_bytes(struct worker *w, uint32_t method, const uint8_t *from, uint32_t size,
			 uint8_t *to)
{
	const struct heads *h = w->h;

	if (dmv_unpack_head(&w->unpack, method, from, size, w->page, h->block,
			    (h->steps - 1) * h->step + h->n))
		return false;
	keep(h, w->page, to);
	return true;
}

/* makedumpfile -d 0 packs each page of zeros anew: same bytes, same page. */
static bool unpack_small(struct worker *w, uint32_t method, const uint8_t *from, uint32_t size,
			 uint8_t *to)
{
	uint64_t first, last;
	struct small *s;
	uint8_t *head;

	memcpy(&first, from, sizeof(first));
	memcpy(&last, from + size - sizeof(last), sizeof(last));
	s = &w->small[((first ^ last << 1) * UINT64_C(0x9e3779b97f4a7c15) >> 58) % KNOWN];
	head = w->small_head + (size_t)(s - w->small) * w->h->per;
	if (s->size == size && s->method == method && !memcmp(s->bytes, from, size)) {
		memcpy(to, head, w->h->per);
		return true;
	}
	if (!unpack_bytes(w, method, from, size, to))
		return false;
	s->size = size;
	s->method = method;
	memcpy(s->bytes, from, size);
	memcpy(head, to, w->h->per);
	return true;
}

static bool unpack(struct worker *w, const struct dmv_kdump_desc *d, uint8_t *to)
{
	const struct heads *h = w->h;
	uint32_t method = d->flags & DMV_KDUMP_COMPRESSED;
	const uint8_t *from;

	if (!d->size || d->size > h->block || d->off < w->part->map.desc ||
	    (!method && d->size != h->block))
		return false;
	from = packed(w, d);
	if (!from)
		return false;
	if (!method) {
		keep(h, from, to);
		return true;
	}
	if (d->size >= sizeof(uint64_t) && d->size <= SMALL)
		return unpack_small(w, method, from, d->size, to);
	return unpack_bytes(w, method, from, d->size, to);
}

static bool head_of(struct worker *w, const struct dmv_kdump_desc *d, uint8_t *to)
{
	size_t i = (size_t)(d->off * UINT64_C(0x9e3779b97f4a7c15) >> 58) % KNOWN;
	uint8_t *known = w->known_head + i * w->h->per;

	if (w->known[i].size == d->size && w->known[i].off == d->off &&
	    w->known[i].flags == d->flags) {
		memcpy(to, known, w->h->per);
		return true;
	}
	if (!unpack(w, d, to))
		return false;
	memcpy(known, to, w->h->per);
	w->known[i] = *d;
	return true;
}

/* ---- one batch ---- */

/* Pages [b * BATCH, ...) of a part. */
static void fill(struct worker *w, const struct dmv_kdump_part *p, uint64_t b, struct slot *s)
{
	const struct dmv_kdump_map *m = &p->map;
	uint64_t lo = b * BATCH, hi = m->nbit - lo < BATCH ? m->nbit : lo + BATCH;
	uint64_t rank = m->before[b], pfn = dmv_kdump_map_next(m, lo, true);
	uint64_t room = m->held - rank < BATCH ? m->held - rank : BATCH;
	int errnum;
	size_t got = dmv_file_pread(p->f, m->desc + rank * DMV_KDUMP_DESC_BYTES, w->desc,
				    (size_t)room * DMV_KDUMP_DESC_BYTES, &errnum);

	if (w->part != p) {
		w->part = p;
		w->window_n = 0;
		memset(w->known, 0, sizeof(w->known));
	}
	s->n = 0;
	s->missed = 0;
	for (size_t i = 0; pfn < hi && i < room; i++, pfn = dmv_kdump_map_next(m, pfn + 1, true)) {
		uint8_t *to = s->head + s->n * w->h->per;
		struct dmv_kdump_desc d;

		dmv_kdump_desc_get(w->desc + i * DMV_KDUMP_DESC_BYTES, p->h.be, &d);
		if ((i + 1) * DMV_KDUMP_DESC_BYTES <= got && head_of(w, &d, to))
			s->pfn[s->n++] = pfn;
		else
			s->missed += w->h->block;
	}
}

/* The next batch that has pages; under the lock. NULL: there is none. */
static const struct dmv_kdump_part *take(struct heads *h, uint64_t *batch)
{
	for (; h->part < h->set->npart; h->part++, h->batch = 0) {
		const struct dmv_kdump_part *p = &h->set->part[h->part];
		uint64_t n = (p->map.nbit + BATCH - 1) / BATCH;

		for (; h->batch < n; h->batch++) {
			uint64_t next = h->batch + 1 < n ? p->map.before[h->batch + 1] :
							   p->map.total;

			if (p->map.before[h->batch] >= p->map.held)
				break;
			if (next == p->map.before[h->batch])
				continue;
			*batch = h->batch++;
			return p;
		}
	}
	return NULL;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct heads *h = w->h;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		const struct dmv_kdump_part *p;
		struct slot *s;
		uint64_t batch;

		while (!h->stop && h->taken >= h->handed + h->slots)
			pthread_cond_wait(&h->change, &h->lock);
		p = h->stop ? NULL : take(h, &batch);
		if (!p)
			break;
		s = &h->slot[h->taken++ % h->slots];
		pthread_mutex_unlock(&h->lock);
		fill(w, p, batch, s);
		pthread_mutex_lock(&h->lock);
		s->done = true;
		pthread_cond_broadcast(&h->change);
	}
	pthread_cond_broadcast(&h->change);     /* there is no more: who waits for it must know */
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* ---- the caller's side ---- */

static enum dmv_code hand_out(struct heads *h, const struct slot *s, dmv_mem_heads_fn *fn,
			      void *ctx)
{
	for (size_t i = 0; i < s->n; i++) {
		uint64_t addr = s->pfn[i] * h->block;

		if (addr & (h->step - 1))
			continue;
		for (size_t k = 0; k < h->steps; k++) {
			enum dmv_code code = fn(ctx, addr + k * h->step,
						s->head + i * h->per + k * h->n);

			if (code)
				return code;
		}
	}
	h->seen += s->n + s->missed / h->block;
	dmv_mem_walked(h->m, h->seen * h->block, h->pages * h->block);
	return DMV_E_OK;
}

/* Waits for batch after batch; under the lock but for the caller's function. */
static enum dmv_code hand_all(struct heads *h, dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed)
{
	enum dmv_code code = DMV_E_OK;

	while (!code) {
		struct slot *s = &h->slot[h->handed % h->slots];
		bool over = h->part == h->set->npart && h->handed == h->taken;

		if (over)
			break;
		if (!s->done) {
			pthread_cond_wait(&h->change, &h->lock);
			continue;
		}
		pthread_mutex_unlock(&h->lock);
		code = hand_out(h, s, fn, ctx);
		*missed += s->missed;
		pthread_mutex_lock(&h->lock);
		s->done = false;
		h->handed++;
		pthread_cond_broadcast(&h->change);
	}
	return code;
}

/* Without a second thread: one slot, filled and handed out in turn. */
static enum dmv_code alone(struct heads *h, struct worker *w, dmv_mem_heads_fn *fn, void *ctx,
			   uint64_t *missed)
{
	const struct dmv_kdump_part *p;
	enum dmv_code code = DMV_E_OK;
	uint64_t batch;

	while (!code && (p = take(h, &batch))) {
		fill(w, p, batch, &h->slot[0]);
		code = hand_out(h, &h->slot[0], fn, ctx);
		*missed += h->slot[0].missed;
	}
	return code;
}

static void worker_deinit(struct worker *w)
{
	dmv_unpack_deinit(&w->unpack);
	free(w->window);
	free(w->desc);
	free(w->page);
	free(w->known_head);
	free(w->small_head);
}

static bool worker_init(struct worker *w, struct heads *h)
{
	memset(w, 0, sizeof(*w));
	w->h = h;
	w->window = malloc(WINDOW);
	w->desc = malloc(BATCH * DMV_KDUMP_DESC_BYTES);
	w->page = malloc(h->block);
	w->known_head = malloc(KNOWN * h->per);
	w->small_head = malloc(KNOWN * h->per);
	if (w->window && w->desc && w->page && w->known_head && w->small_head)
		return true;
	worker_deinit(w);
	return false;
}

/* Asked of the kernel and not, as sysconf does, of a file: a sandbox has none. */
static size_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (size_t)CPU_COUNT(&set);
}

/* As many threads as there are processors; signals are the host's and stay with its own. */
static size_t start(struct heads *h, struct worker *w)
{
	size_t most = processors(), n = 0;
	sigset_t all, old;

	if (most > MAX_THREADS)
		most = MAX_THREADS;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (n < most && worker_init(&w[n], h)) {
		if (pthread_create(&w[n].thread, NULL, work, &w[n])) {
			worker_deinit(&w[n]);
			break;
		}
		n++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return n;
}

static enum dmv_code run(struct heads *h, dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
			 struct dmv_err *e)
{
	struct worker w[MAX_THREADS];
	size_t n = start(h, w);
	enum dmv_code code;

	if (!n) {
		if (!worker_init(&w[0], h))
			return dmv_fail(e, DMV_E_MEMORY, "out of memory");
		code = alone(h, &w[0], fn, ctx, missed);
		worker_deinit(&w[0]);
		return code;
	}
	pthread_mutex_lock(&h->lock);
	code = hand_all(h, fn, ctx, missed);
	h->stop = true;
	pthread_cond_broadcast(&h->change);
	pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		worker_deinit(&w[i]);
	}
	return code;
}

static bool make_slots(struct heads *h)
{
	h->slots = SLOT_BYTES / (BATCH * (h->per + sizeof(*h->slot[0].pfn)));
	if (h->slots < MIN_SLOTS)
		h->slots = MIN_SLOTS;
	if (h->slots > MAX_SLOTS)
		h->slots = MAX_SLOTS;
	for (size_t i = 0; i < h->slots; i++) {
		h->slot[i].pfn = malloc(BATCH * sizeof(*h->slot[i].pfn));
		h->slot[i].head = malloc(BATCH * h->per);
		if (!h->slot[i].pfn || !h->slot[i].head)
			return false;
	}
	return true;
}

static void free_slots(struct heads *h)
{
	for (size_t i = 0; i < h->slots; i++) {
		free(h->slot[i].pfn);
		free(h->slot[i].head);
	}
}

enum dmv_code dmv_kdump_heads(const struct dmv_mem *m, struct dmv_kdump_set *set, size_t step,
			      size_t n, dmv_mem_heads_fn *fn, void *ctx, uint64_t *missed,
			      struct dmv_err *e)
{
	struct heads h = { .m = m, .set = set, .block = set->part[0].h.block, .step = step,
			   .n = n };
	enum dmv_code code;

	for (size_t i = 0; i < set->npart; i++)
		h.pages += set->part[i].map.held;
	h.steps = step < h.block ? h.block / step : 1;
	h.per = h.steps * n;
	if (!make_slots(&h)) {
		free_slots(&h);
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	}
	pthread_mutex_init(&h.lock, NULL);
	pthread_cond_init(&h.change, NULL);
	code = run(&h, fn, ctx, missed, e);
	pthread_cond_destroy(&h.change);
	pthread_mutex_destroy(&h.lock);
	free_slots(&h);
	return code;
}
