/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the verifier's books cost, against the containers people would otherwise keep books with,
 * and what double-buffering costs, against the copies it cannot do without. One line a figure:
 * NAME RATIO GOAL ok|short  what was compared.
 *
 * The port is that of firmware on one CPU: there is nothing to lock, the clock is a counter, a call
 * site is the return address. The containers have neither lock nor clock either.
 * Each round runs all candidates after one another; the figure is the median over the rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <bsd/sys/tree.h>
#include <uthash.h>

#include "dmv.h"
#include "port/posix/posix.h"

#define PAGE 4096u
#define ROUNDS 9

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

static void *memory(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED) {
		perror("bench_core: memory");
		exit(1);
	}
	return p;
}

/* ---- the port ---- */

struct host {
	uint64_t ticks;
};

static void nothing(void *h)
{
	(void)h;
}

static uint64_t ticks(void *h)
{
	return ((struct host *)h)->ticks++;
}

static void *pages_alloc(void *h, size_t n, uint64_t max, uint64_t *phys)
{
	(void)h;
	(void)max;
	(void)n;
	(void)phys;
	return NULL;
}

static void pages_free(void *h, void *va, size_t n)
{
	(void)h;
	(void)va;
	(void)n;
}

static void violation(void *h, const struct dmv_report *r)
{
	(void)h;
	fprintf(stderr, "bench_core: rule %u raised: the bench itself is wrong\n", r->rule);
	abort();
}

static struct dmv *verifier(struct host *h, uint32_t registers, uint32_t shadow_pages)
{
	const struct dmv_port port = { .host = h, .lock = nothing, .unlock = nothing, .now = ticks,
				       .pages_alloc = pages_alloc, .pages_free = pages_free,
				       .fill_check = dmv_posix_fill_check,
				       .copy_fill = dmv_posix_copy_fill, .violation = violation };
	static struct dmv_memory segment, shadow;
	struct dmv_config c = { .rows = { [DMV_ABI_K_ADAPTER] = 4, [DMV_ABI_K_FILE] = 4,
					  [DMV_ABI_K_REGISTER] = registers, [DMV_ABI_K_LIST] = 1,
					  [DMV_ABI_K_BUFFER] = 1, [DMV_ABI_K_CHANNEL] = 4,
					  [DMV_ABI_K_VIOLATION] = 4, [DMV_ABI_K_EVENT] = 1024,
					  [DMV_ABI_K_SITE] = 64, [DMV_ABI_K_STRING] = 4,
					  [DMV_ABI_K_DRIVER] = 2 },
				.cpus = 1, .stack_depth = 1, .page_bytes = PAGE, .hook_quota = 64,
				.mode = DMV_ABI_MODE_STOP, .tick_hz = 1, .region_id = 1,
				.segment = &segment, .segments = 1 };
	struct dmv *v;

	segment.bytes = dmv_region_bytes(&c);
	segment.va = memory(segment.bytes);
	segment.phys = DMV_ABI_UNKNOWN;
	if (shadow_pages) {
		shadow = (struct dmv_memory){ memory(shadow_pages * PAGE), 0x100000,
					      shadow_pages * PAGE };
		c.shadow = &shadow;
		c.shadows = 1;
	}
	c.books_bytes = dmv_books_bytes(&c);
	c.books = memory(c.books_bytes);
	if (dmv_init(&port, &c, &v) != DMV_OK) {
		fprintf(stderr, "bench_core: the verifier does not start\n");
		exit(1);
	}
	return v;
}

static void *file(struct dmv *v, uint32_t registers, struct dmv_adapter **a)
{
	const struct dmv_adapter_request ar = { .driver = DMV_ABI_NONE, .max_registers = registers,
						.version = 1, .max_address = UINT64_MAX,
						.flags = DMV_ABI_A_SCATTER_GATHER };
	const struct dmv_request r = { .registers = registers };
	struct dmv_grant g;

	if (dmv_adapter_new(v, &ar, 1, a) != DMV_OK || dmv_request(v, *a, &r, 1, &g) != DMV_OK) {
		fprintf(stderr, "bench_core: no adapter or no map registers\n");
		exit(1);
	}
	dmv_channel_done(v, &g, DMV_KEEP_REGISTERS);
	return g.handle;
}

/* ---- books: n keys live, then for each new key the oldest goes ---- */

struct node {
	uint64_t key;
	UT_hash_handle hh;
	RB_ENTRY(node) link;
};

static int by_key(struct node *a, struct node *b)
{
	return (a->key > b->key) - (a->key < b->key);
}

RB_HEAD(tree, node);
RB_PROTOTYPE_INTERNAL(tree, node, link, by_key, static __attribute__((unused)));
RB_GENERATE_INTERNAL(tree, node, link, by_key, static __attribute__((unused)))

/* Distinct page frames in no order: an odd multiplier permutes the numbers below 2^36. */
static uint64_t key(uint64_t i)
{
	return (i * UINT64_C(0xD4C957F2D)) & UINT64_C(0xFFFFFFFFF);
}

static double run_uthash(uint64_t live, uint64_t ops)
{
	struct node *pool = memory((live + 1) * sizeof(*pool)), *head = NULL, *n;
	double t;

	for (uint64_t i = 0; i < live; i++) {
		pool[i].key = key(i);
		HASH_ADD(hh, head, key, sizeof(uint64_t), &pool[i]);
	}
	t = now();
	for (uint64_t i = live; i < live + ops; i++) {
		const uint64_t old = key(i - live);
		struct node *spare = &pool[i % (live + 1)];

		spare->key = key(i);
		HASH_ADD(hh, head, key, sizeof(uint64_t), spare);
		HASH_FIND(hh, head, &old, sizeof(old), n);
		HASH_DEL(head, n);
	}
	t = now() - t;
	HASH_CLEAR(hh, head);
	munmap(pool, (live + 1) * sizeof(*pool));
	return t;
}

static double run_tree(uint64_t live, uint64_t ops)
{
	struct node *pool = memory((live + 1) * sizeof(*pool));
	struct tree tree = RB_INITIALIZER(&tree);
	double t;

	for (uint64_t i = 0; i < live; i++) {
		pool[i].key = key(i);
		RB_INSERT(tree, &tree, &pool[i]);
	}
	t = now();
	for (uint64_t i = live; i < live + ops; i++) {
		struct node *spare = &pool[i % (live + 1)];
		struct node old = { .key = key(i - live) };

		spare->key = key(i);
		RB_INSERT(tree, &tree, spare);
		RB_REMOVE(tree, &tree, RB_FIND(tree, &tree, &old));
	}
	t = now() - t;
	munmap(pool, (live + 1) * sizeof(*pool));
	return t;
}

struct books {
	struct dmv *v;
	struct dmv_adapter *a;
	void *base;
	struct host host;
};

static void map_one(const struct books *b, uint64_t i)
{
	const uintptr_t frame = key(i);
	const struct dmv_span s = { .va = (uint64_t)frame << 12, .bytes = PAGE,
				    .frame = &frame, .frames = 1 };
	uint64_t bytes, bus;

	if (dmv_map(b->v, b->a, b->base, &s, false, 1, &bytes, &bus) != DMV_OK)
		abort();
}

static void flush_one(const struct books *b, uint64_t i)
{
	const uintptr_t frame = key(i);
	const struct dmv_span s = { .va = (uint64_t)frame << 12, .bytes = PAGE,
				    .frame = &frame, .frames = 1 };

	if (dmv_flush(b->v, b->a, b->base, &s, false, PAGE, 2) != DMV_OK)
		abort();
}

static double run_books(const struct books *b, uint64_t live, uint64_t ops)
{
	double t;

	for (uint64_t i = 0; i < live; i++)
		map_one(b, i);
	t = now();
	for (uint64_t i = live; i < live + ops; i++) {
		map_one(b, i);
		flush_one(b, i - live);
	}
	t = now() - t;
	for (uint64_t i = ops; i < live + ops; i++)
		flush_one(b, i);
	return t;
}

static double books_ratio(const char *label, uint64_t live)
{
	const uint64_t ops = live < 100000 ? 400000 : live;
	double ratio[ROUNDS], ours[ROUNDS];
	struct books b = { 0 };

	b.v = verifier(&b.host, (uint32_t)live + 1, 0);
	b.base = file(b.v, (uint32_t)live + 1, &b.a);
	for (int r = 0; r < ROUNDS; r++) {
		const double hash = run_uthash(live, ops), tree = run_tree(live, ops);

		ours[r] = run_books(&b, live, ops);
		ratio[r] = ours[r] / (hash < tree ? hash : tree);
		ours[r] /= (double)ops;
	}
	const double m = median(ratio, ROUNDS);

	printf("books-%s %.2f 2.00 %s  map+flush, %s live, against insert+delete in the faster of "
	       "uthash and libbsd's tree (%.0f ns a pair)\n", label, m,
	       m <= 2.0 ? "ok" : "short", label, median(ours, ROUNDS) * 1e9);
	return m;
}

/* ---- shadow: one page from the device ---- */

struct limit {
	char *page, *buffer, *guard, *pattern;
};

/* The C library's own routines, not what the compiler would put in their place. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile fill)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

static double run_limit(const struct limit *l, uint64_t ops)
{
	double t = now();
	int bad = 0;

	for (uint64_t i = 0; i < ops; i++) {
		copy(l->page, l->buffer, PAGE);
		bad |= compare(l->guard, l->pattern, 2 * PAGE);
		copy(l->buffer, l->page, PAGE);
		fill(l->page, 0x0F, PAGE);
	}
	if (bad)
		abort();
	return now() - t;
}

static double run_shadow(const struct books *b, char *buffer, uint64_t ops)
{
	const uintptr_t frame = (uintptr_t)buffer >> 12;
	const struct dmv_span s = { .va = (uintptr_t)buffer, .bytes = PAGE,
				    .frame = &frame, .frames = 1, .original = buffer };
	double t = now();

	for (uint64_t i = 0; i < ops; i++) {
		uint64_t bytes, bus;

		if (dmv_map(b->v, b->a, b->base, &s, false, 1, &bytes, &bus) != DMV_OK ||
		    dmv_flush(b->v, b->a, b->base, &s, false, PAGE, 2) != DMV_OK)
			abort();
	}
	return now() - t;
}

static void shadow_ratio(void)
{
	const uint64_t ops = 200000;
	struct limit l = { memory(PAGE), memory(PAGE), memory(2 * PAGE),
			   memory(2 * PAGE) };
	char *buffer = memory(PAGE);
	double ratio[ROUNDS], ours[ROUNDS];
	struct books b = { 0 };

	memset(l.guard, 0x0F, 2 * PAGE);
	memset(l.pattern, 0x0F, 2 * PAGE);
	b.v = verifier(&b.host, 8, 3 * 8);
	b.base = file(b.v, 1, &b.a);
	for (int r = 0; r < ROUNDS; r++) {
		const double limit = run_limit(&l, ops);

		ours[r] = run_shadow(&b, buffer, ops);
		ratio[r] = ours[r] / limit;
		ours[r] /= (double)ops;
	}
	const double m = median(ratio, ROUNDS);

	printf("shadow-4k %.2f 1.25 %s  map+flush of a page with double buffer, against two memcpy "
	       "of it, one fill, one compare of two guard pages (%.0f ns a pair)\n", m,
	       m <= 1.25 ? "ok" : "short", median(ours, ROUNDS) * 1e9);
}

int main(void)
{
	const double k1 = books_ratio("1k", 1000);

	books_ratio("32k", 32768);
	const double m1 = books_ratio("1M", 1 << 20);

	printf("books-growth %.2f 1.50 %s  the ratio at 1M against the ratio at 1k\n", m1 / k1,
	       m1 / k1 <= 1.5 ? "ok" : "short");
	shadow_ratio();
	return 0;
}
