/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * No capacity is fixed: every table empty, with one row, full, and one row short; a region in one
 * piece, in two, in pages; a shadow pool that is absent, too small, in pieces. After each the
 * region is decoded by the reader that decodes dumps, and what found no row must not be held
 * against the driver.
 */
#include <stdlib.h>

#include "t.h"
#include "bytes_mem.h"
#include "dmv.h"
#include "facts.h"

enum {
	PAGE = 4096, CALLER = 0x401000, MOST_SEGMENTS = 512, BUFFER_PAGES = 64, SHADOW_PAGES = 16,
	OBJECTS = 8, FULL = 4,
};

enum pieces { ONE, TWO, PAGES };

struct world {
	uint32_t rows[DMV_ABI_K_COUNT];
	enum pieces pieces;
	uint32_t cpus, shadows;
	size_t shadow_pages[2];
	bool bare;                      /* without a driver and an adapter of its own */
	/* from start on */
	struct dmv *v;
	struct dmv_memory segment[MOST_SEGMENTS], pool[2];
	uint32_t segments, cpu, driver, violations, last_rule;
	char *arena, *shadow, *buffers;
	size_t arena_bytes, pages_used;
	void *books;
	struct dmv_adapter *a;
	struct dmv_facts facts;
	/* objects under test */
	struct dmv_adapter *adapter[OBJECTS];
	void *handle[OBJECTS];
	uint64_t bus[OBJECTS];
	uint32_t number[OBJECTS];
	char elements[OBJECTS][64];
	char data[OBJECTS][64];
};

/* ---- the host ---- */

static void lock(void *host)
{
	(void)host;
}

static uint32_t cpu(void *host)
{
	return ((struct world *)host)->cpu;
}

static void *pages_alloc(void *host, size_t n, uint64_t max_phys, uint64_t *phys)
{
	struct world *w = host;
	char *p = w->buffers + w->pages_used * PAGE;

	(void)max_phys;
	if (n > BUFFER_PAGES - w->pages_used)
		return NULL;
	w->pages_used += n;
	*phys = (uintptr_t)p;
	return p;
}

static void pages_free(void *host, void *va, size_t n)
{
	(void)host, (void)va, (void)n;
}

static void violation(void *host, const struct dmv_report *r)
{
	struct world *w = host;

	w->violations++;
	w->last_rule = r->rule;
}

static void *pages(size_t n)
{
	void *p = aligned_alloc(PAGE, n * PAGE);

	if (!p)
		exit(1);
	memset(p, 0xA5, n * PAGE);
	return p;
}

/* Pieces stand apart, the later ones at lower addresses: nothing can be found by counting on. */
static void segments(struct world *w, size_t bytes)
{
	size_t n = bytes / PAGE + 1, each = w->pieces == TWO ? n / 2 + 1 : 1, at;

	if (w->pieces == ONE) {
		w->segments = 1;
		w->arena_bytes = n * PAGE;
		w->arena = pages(n);
		w->segment[0] = (struct dmv_memory){ w->arena, 0x100000, n * PAGE };
		return;
	}
	w->segments = w->pieces == TWO ? 2 : (uint32_t)(2 * n);
	w->arena_bytes = (w->segments + 1) * (each + 1) * PAGE;
	w->arena = pages(w->arena_bytes / PAGE);
	at = w->arena_bytes;
	for (uint32_t i = 0; i < w->segments; i++) {
		const size_t size = (i ? each : each < 2 ? 2 : each) * PAGE;

		at -= size;
		w->segment[i] = (struct dmv_memory){ w->arena + at, 0x100000 + at, size };
		at -= PAGE;
	}
}

static void shadow_pool(struct world *w)
{
	size_t at = 0;

	w->shadow = pages(2 * SHADOW_PAGES);
	for (uint32_t i = 0; i < w->shadows; i++, at += SHADOW_PAGES * PAGE)
		w->pool[i] = (struct dmv_memory){ w->shadow + at, (uintptr_t)w->shadow + at,
						  w->shadow_pages[i] * PAGE };
}

static struct dmv_adapter *adapter_new(struct world *w, uint32_t max)
{
	const struct dmv_adapter_request r = {.driver = w->driver,
					      .max_registers = max,
					      .version = 1,
					      .flags = DMV_ABI_A_SCATTER_GATHER |
						       DMV_ABI_A_BUS_MASTER,
					      .max_address = UINT64_MAX};
	struct dmv_adapter *a = NULL;

	return dmv_adapter_new(w->v, &r, CALLER, &a) == DMV_OK ? a : NULL;
}

static bool start(struct world *w)
{
	const struct dmv_port port = { .host = w, .lock = lock, .unlock = lock, .cpu = cpu,
		.pages_alloc = pages_alloc, .pages_free = pages_free, .violation = violation };
	struct dmv_config c = {.cpus = w->cpus ? w->cpus : 1,
			       .stack_depth = 2,
			       .page_bytes = PAGE,
			       .hook_quota = 64,
			       .machine = 62,
			       .tick_hz = 1000,
			       .region_id = 7,
			       .segment = w->segment,
			       .shadow = w->pool,
			       .shadows = w->shadows,
			       .writer = "capacity"};

	memcpy(c.rows, w->rows, sizeof(c.rows));
	segments(w, dmv_region_bytes(&c) + (w->pieces == ONE ? 0 : DMV_ABI_K_COUNT * PAGE));
	shadow_pool(w);
	w->buffers = pages(BUFFER_PAGES);
	c.segments = w->segments;
	c.books_bytes = dmv_books_bytes(&c);
	w->books = c.books = pages(c.books_bytes / PAGE + 1);
	if (dmv_init(&port, &c, &w->v) != DMV_OK)
		return false;
	if (w->bare)
		return true;
	if (dmv_driver_load(w->v, NULL, 0, 0, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 64, &w->driver))
		w->driver = DMV_ABI_NONE;
	w->a = adapter_new(w, UINT32_MAX);
	return true;
}

static void stop(struct world *w)
{
	dmv_facts_free(&w->facts);
	free(w->arena);
	free(w->shadow);
	free(w->buffers);
	free(w->books);
}

/* Some rows of each table; the arrays of objects are large enough. */
static struct world world(void)
{
	struct world w = { .cpus = 1 };

	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		w.rows[k] = 16;
	return w;
}

/* What the reader makes of the region as it stands; an answer that lacks something is none. */
static const struct dmv_facts *decode(struct world *w)
{
	static const struct dmv_facts none;
	const struct dmv_facts_opts o = { .region = (uintptr_t)dmv_header(w->v) };
	struct bytes_mem m;
	struct dmv_err e = { 0 };

	dmv_facts_free(&w->facts);
	bytes_mem_init(&m, (uint8_t *)w->arena, w->arena_bytes, (uintptr_t)w->arena, UINT64_MAX);
	if (dmv_facts_region(&m.base, NULL, &o, &w->facts, &e) || w->facts.nregion != 1) {
		printf("# the region is not decoded: %s\n", e.msg);
		return &none;
	}
	for (size_t i = 0; i < w->facts.nnote; i++)
		if (w->facts.note[i].topic) {
			printf("# %s\n", w->facts.note[i].text);
			return &none;
		}
	return &w->facts;
}

/* ---- one object of each kind ---- */

static int channel(struct world *w, struct dmv_adapter *a, uint32_t n, struct dmv_grant *g)
{
	const struct dmv_request r = { .device = 1, .routine = 2, .registers = n };

	return dmv_request(w->v, a, &r, CALLER, g);
}

static bool make_file(struct world *w, uint32_t i)
{
	struct dmv_grant g;

	if (channel(w, w->a, 1, &g) != DMV_OK)
		return false;
	w->handle[i] = g.handle;
	dmv_channel_done(w->v, &g, DMV_KEEP_REGISTERS);
	return true;
}

static void drop_file(struct world *w, uint32_t i)
{
	dmv_registers_free(w->v, w->a, w->handle[i], 1, CALLER);
}

static int list(struct world *w, uint32_t i, struct dmv_grant *g)
{
	const struct dmv_request r = {.routine = 2,
				      .registers = 1,
				      .list = true,
				      .to_device = true,
				      .memory = w->elements[i],
				      .span = {.va = (uintptr_t)w->data[i],
					       .bytes = 16,
					       .phys = (uintptr_t)w->data[i],
					       .original = w->data[i]}};

	return dmv_request(w->v, w->a, &r, CALLER, g);
}

static bool make_list(struct world *w, uint32_t i)
{
	return list(w, i, &(struct dmv_grant){ 0 }) == DMV_OK;
}

static void drop_list(struct world *w, uint32_t i)
{
	dmv_list_put(w->v, w->a, w->elements[i], true, CALLER);
}

static bool make_buffer(struct world *w, uint32_t i)
{
	w->handle[i] = dmv_buffer_alloc(w->v, w->a, 100, true, CALLER, &w->bus[i]);
	return w->handle[i];
}

static void drop_buffer(struct world *w, uint32_t i)
{
	dmv_buffer_free(w->v, w->a, w->handle[i], 100, w->bus[i], true, CALLER);
}

/* An adapter has one channel at a time: each has an adapter of its own. */
static bool make_channel(struct world *w, uint32_t i)
{
	struct dmv_grant g;

	w->adapter[i] = adapter_new(w, 8);
	if (channel(w, w->adapter[i], 1, &g) != DMV_OK) {
		dmv_adapter_put(w->v, w->adapter[i], CALLER);
		return false;
	}
	dmv_channel_done(w->v, &g, DMV_KEEP);
	return true;
}

static void drop_channel(struct world *w, uint32_t i)
{
	dmv_channel_free(w->v, w->adapter[i], CALLER);
	dmv_adapter_put(w->v, w->adapter[i], CALLER);
}

static bool make_adapter(struct world *w, uint32_t i)
{
	w->adapter[i] = adapter_new(w, 8);
	return w->adapter[i];
}

static void drop_adapter(struct world *w, uint32_t i)
{
	dmv_adapter_put(w->v, w->adapter[i], CALLER);
}

static bool make_driver(struct world *w, uint32_t i)
{
	return dmv_driver_load(w->v, "driver", 0, 0, DMV_ABI_D_VERIFY, 0, &w->number[i]) == DMV_OK;
}

static void drop_driver(struct world *w, uint32_t i)
{
	dmv_driver_unload(w->v, w->number[i], CALLER);
}

/* How many are live, and the row of the last of them. */
struct seen {
	uint32_t live, gone, last;
};

#define LOOK(array) \
static struct seen look_##array(const struct dmv_facts *f) \
{ \
	struct seen s = { 0, 0, DMV_NO_INDEX }; \
	for (size_t i = 0; i < f->n##array; i++) { \
		if (f->array[i].life == DMV_LIVE) { \
			s.live++; \
			s.last = f->array[i].row; \
		} \
		s.gone += f->array[i].life == DMV_GONE; \
	} \
	return s; \
}
LOOK(file)
LOOK(list)
LOOK(buffer)
LOOK(channel)
LOOK(adapter)
LOOK(driver)
#undef LOOK

struct sort {
	const char *name;
	enum dmv_abi_kind kind;
	uint32_t own;           /* rows the core itself takes: the fewest that it starts with */
	bool (*make)(struct world *w, uint32_t i);
	void (*drop)(struct world *w, uint32_t i);
	struct seen (*look)(const struct dmv_facts *f);
};

static const struct sort sorts[] = {
	{ "files", DMV_ABI_K_FILE, 0, make_file, drop_file, look_file },
	{ "lists", DMV_ABI_K_LIST, 0, make_list, drop_list, look_list },
	{ "buffers", DMV_ABI_K_BUFFER, 0, make_buffer, drop_buffer, look_buffer },
	{ "channels", DMV_ABI_K_CHANNEL, 0, make_channel, drop_channel, look_channel },
	{ "adapters", DMV_ABI_K_ADAPTER, 1, make_adapter, drop_adapter, look_adapter },
	{ "drivers", DMV_ABI_K_DRIVER, 1, make_driver, drop_driver, look_driver },
};

#define NAME(fmt, ...) (snprintf(name, sizeof(name), fmt, __VA_ARGS__), name)

/* The table with n rows for objects: all of them taken, then one more. */
static void fill(struct world *w, const struct sort *s, uint32_t n)
{
	const struct dmv_facts *f;
	struct seen seen;
	uint32_t made = 0;
	char name[80];

	while (made < n && s->make(w, made))
		made++;
	T_EQ(made, n, NAME("%s: %u rows hold as many", s->name, n));
	f = decode(w);
	seen = s->look(f);
	T_CHECKF(f->nregion && f->region[0].rows[s->kind] == n + s->own &&
			 seen.live == n + s->own && !f->region[0].not_booked[s->kind],
		 NAME("%s: full with %u", s->name, n), "%u live, %u not booked", seen.live,
		 f->nregion ? f->region[0].not_booked[s->kind] : 0);
	T_CHECK(!s->make(w, n), NAME("%s: one beyond %u is refused", s->name, n));
	f = decode(w);
	seen = s->look(f);
	T_CHECKF(f->nregion && seen.live == n + s->own && f->region[0].not_booked[s->kind] == 1,
		 NAME("%s: one beyond %u is counted", s->name, n), "%u live, %u not booked",
		 seen.live, f->nregion ? f->region[0].not_booked[s->kind] : 0);
}

/* Freed rows stay readable as long as they can: the one that was freed first is used first. */
static void reuse(struct world *w, const struct sort *s)
{
	static const uint32_t order[FULL] = { 2, 0, 3, 1 };
	struct seen seen;
	uint32_t right = 0;
	char name[80];

	for (int i = 0; i < FULL; i++)
		s->drop(w, order[i]);
	seen = s->look(decode(w));
	T_CHECKF(seen.live == s->own && seen.gone == FULL,
		 NAME("%s: freed ones are history", s->name), "%u live, %u gone", seen.live,
		 seen.gone);
	for (int i = 0; i < FULL; i++) {
		if (!s->make(w, 0))
			break;
		seen = s->look(decode(w));
		right += seen.last == order[i] + s->own && seen.gone == FULL - 1;
		s->drop(w, 0);
	}
	T_EQ(right, FULL, NAME("%s: history is used again oldest first", s->name));
}

static void test_table(const struct sort *s, uint32_t n)
{
	struct world w = world();
	char name[80];

	w.rows[s->kind] = n + s->own;
	w.bare = s->own;
	if (!T_CHECK(start(&w), NAME("%s: start with %u", s->name, n)))
		return stop(&w);
	w.driver = s->own ? DMV_ABI_NONE : w.driver;
	fill(&w, s, n);
	if (n == FULL)
		reuse(&w, s);
	else if (n)
		s->drop(&w, 0);
	if (w.a)
		dmv_adapter_put(w.v, w.a, CALLER);
	T_CHECKF(!w.violations, NAME("%s: with %u nothing is misjudged", s->name, n), "rule 0x%x",
		 w.last_rule);
	stop(&w);
}

/* ---- tables that no object of a driver lives in ---- */

static void test_violations(uint32_t n)
{
	struct world w = world();
	const struct dmv_facts *f;
	char name[80];
	uint32_t counted = 0;

	w.rows[DMV_ABI_K_VIOLATION] = n;
	start(&w);
	for (uint32_t i = 0; i <= n; i++)
		counted += dmv_violate(w.v, DMV_V_OBSOLETE_ROUTINE, w.a, CALLER, i, 0, 0);
	f = decode(&w);
	T_CHECK(counted == n + 1 && w.violations == n + 1,
		NAME("violations: %u rows, and all %u are reported", n, n + 1));
	T_CHECK(f->nregion && f->nviolation == n && f->region[0].violations == n + 1 &&
		f->region[0].not_booked[DMV_K_VIOLATION] == 1,
		NAME("violations: one beyond %u is counted", n));
	T_CHECK(n == 0 || (f->nviolation == n && f->violation[0].sequence == 1),
		NAME("violations: with %u the first ones are kept", n));
	stop(&w);
}

/* What the machine dies of is in the bugcheck block even where no row was left for it. */
static void test_violation_stops(void)
{
	struct world w = world();
	const struct dmv_facts *f;

	w.rows[DMV_ABI_K_VIOLATION] = 0;
	start(&w);
	dmv_set_mode(w.v, DMV_ABI_MODE_STOP);
	dmv_violate(w.v, DMV_V_OBSOLETE_ROUTINE, w.a, CALLER, 0, 0, 0);
	f = decode(&w);
	T_CHECK(f->nregion && f->region[0].bug_code == 0xE6 && f->region[0].bug_p[0] == 0x1E &&
			f->region[0].bug_violation == DMV_NO_INDEX,
		"violations: the bugcheck needs no row");
	stop(&w);
}

static void test_events(uint32_t rows, uint32_t cpus)
{
	enum { CALLS = 50 };
	struct world w = world();
	const struct dmv_facts *f;
	uint32_t right = 0, first[4] = { 0 };
	char name[80];

	w.rows[DMV_ABI_K_EVENT] = rows;
	w.cpus = cpus;
	start(&w);
	for (uint32_t c = 0; c < cpus; c++) {
		w.cpu = c;
		for (int i = 0; i < CALLS; i++)
			dmv_adapter_reference(w.v, w.a, i & 1 ? -1 : 1, CALLER);
	}
	first[0] = 2;                   /* two adapters were made before */
	f = decode(&w);
	for (size_t i = 0; i < f->nevent; i++) {
		const struct dmv_event_fact *e = &f->event[i];
		const uint32_t last = e->cpu < 4 ? first[e->cpu] + CALLS : 0;

		right += e->sequence <= last && e->sequence > last - rows;
	}
	T_CHECKF(f->nregion && f->nevent == rows * cpus && right == rows * cpus,
		 NAME("events: %u rows for %u CPUs keep the newest", rows, cpus),
		 "%zu, %u of them right", f->nevent, right);
	stop(&w);
}

static void test_sites(uint32_t n)
{
	struct world w = world();
	const struct dmv_facts *f;
	uint32_t known = 0;
	char name[80];

	w.rows[DMV_ABI_K_SITE] = n;
	start(&w);                      /* CALLER is the first site */
	for (uint32_t i = 1; i <= n; i++)
		w.handle[i % OBJECTS] = dmv_buffer_alloc(w.v, w.a, 8, true, CALLER + i, &w.bus[0]);
	f = decode(&w);
	for (size_t i = 0; i < f->nbuffer; i++)
		known += f->buffer[i].owner != DMV_NO_INDEX &&
			 f->stack[f->buffer[i].owner].frame[0] == CALLER + 1 + f->buffer[i].row;
	T_CHECKF(f->nregion && f->nbuffer == n && known == (n ? n - 1 : 0) &&
			 (f->region[0].not_booked[DMV_K_SITE] > 0),
		 NAME("sites: %u, and one beyond is unknown", n), "%zu buffers, %u owners known",
		 f->nbuffer, known);
	T_CHECK(f->nregion && f->nadapter && f->adapter[0].master &&
			f->adapter[0].owner == DMV_NO_INDEX,
		NAME("sites: with %u nobody owns the master adapter", n));
	T_EQ(w.violations, 0, NAME("sites: with %u nothing is misjudged", n));
	stop(&w);
}

static void test_strings(uint32_t n)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct world w = world();
	const struct dmv_facts *f;
	uint32_t named = 0;
	char name[80];

	w.rows[DMV_ABI_K_STRING] = n;
	start(&w);
	for (uint32_t i = 0; i <= n; i++)
		dmv_image_add(w.v, names[i], 0x1000 * i, 0x1000, NULL, 0);
	dmv_image_add(w.v, names[0], 0x90000, 0x1000, NULL, 0);
	f = decode(&w);
	for (size_t i = 0; i < f->nimage; i++)
		named += f->image[i].name && f->image[i].name[0];
	T_CHECKF(f->nregion && f->nimage == n + 2 && named == (n ? n + 1 : 0) &&
			 f->region[0].not_booked[DMV_K_STRING] == (n ? 1 : 2),
		 NAME("strings: %u, and one beyond is unknown", n), "%zu images, %u named",
		 f->nimage, named);
	stop(&w);
}

static void test_images(uint32_t n)
{
	struct world w = world();
	const struct dmv_facts *f;
	uint32_t added = 0;
	char name[80];

	w.rows[DMV_ABI_K_IMAGE] = n;
	start(&w);
	for (uint32_t i = 0; i <= n; i++)
		added += dmv_image_add(w.v, "image", 0x1000 * i, 0x1000, NULL, 0) == DMV_OK;
	f = decode(&w);
	T_CHECK(f->nregion && added == n && f->nimage == n &&
			f->region[0].not_booked[DMV_K_IMAGE] == 1,
		NAME("images: %u, and one beyond is counted", n));
	stop(&w);
}

/* A host whose number of a CPU is beyond what it said at the start. */
static void test_cpus(uint32_t n)
{
	struct world w = world();
	const struct dmv_facts *f;
	char name[80];

	w.cpus = n;
	start(&w);
	for (w.cpu = 0; w.cpu <= n; w.cpu++)
		dmv_adapter_reference(w.v, w.a, 1, CALLER);
	f = decode(&w);
	T_CHECK(f->nregion && f->ncpu == n && f->region[0].ncpu == n && f->adapter[1].refs == n + 2,
		NAME("cpus: %u, and one beyond", n));
	stop(&w);
}

static void test_vectors(uint32_t n)
{
	struct world w = world();
	const struct dmv_facts *f;
	char name[80];

	w.rows[DMV_ABI_K_VECTOR] = n;
	start(&w);
	f = decode(&w);
	T_CHECK(f->nregion && f->region[0].rows[DMV_K_VECTOR] == n, NAME("vectors: %u rows", n));
	stop(&w);
}

/* ---- map registers: who finds none waits ---- */

static void test_registers(uint32_t n)
{
	struct world w = world();
	struct dmv_grant g;
	char name[80];

	w.rows[DMV_ABI_K_REGISTER] = n;
	start(&w);
	T_EQ(channel(&w, w.a, n + 1, &g), DMV_NO_REGISTERS,
	     NAME("registers: never %u of %u", n + 1, n));
	for (uint32_t i = 0; i < n; i++)
		make_file(&w, i);
	T_EQ(look_file(decode(&w)).live, n, NAME("registers: all %u taken", n));
	T_EQ(channel(&w, w.a, 0, &g), DMV_OK, NAME("registers: of %u none are wanted", n));
	dmv_channel_done(w.v, &g, DMV_FREE_ALL);
	if (n) {
		T_EQ(channel(&w, w.a, 1, &g), DMV_QUEUED,
		     NAME("registers: one beyond %u waits", n));
		T_CHECK(!dmv_next_grant(w.v, &g), NAME("registers: with %u for long", n));
		T_EQ(look_channel(decode(&w)).live, 1,
		     NAME("registers: with %u the waiting is seen", n));
		drop_file(&w, 0);
		T_CHECK(dmv_next_grant(w.v, &g), NAME("registers: with %u until one is free", n));
		dmv_channel_done(w.v, &g, DMV_FREE_ALL);
	}
	for (uint32_t i = 1; i < n; i++)
		drop_file(&w, i);
	dmv_adapter_put(w.v, w.a, CALLER);
	T_CHECKF(!w.violations, NAME("registers: with %u nothing is misjudged", n), "rule 0x%x",
		 w.last_rule);
	stop(&w);
}

/* No row for who would wait; and who waits finds registers but no row for their file. */
static void test_waiting(void)
{
	struct world w = world();
	struct dmv_adapter *second;
	struct dmv_grant g, other;

	w.rows[DMV_ABI_K_REGISTER] = 1;
	w.rows[DMV_ABI_K_CHANNEL] = 0;
	start(&w);
	T_CHECK(make_list(&w, 0), "waiting: a list needs no channel");
	T_EQ(list(&w, 1, &g), DMV_NO_MEMORY, "waiting: no row to wait in");
	drop_list(&w, 0);
	T_CHECK(!dmv_next_grant(w.v, &g) && make_list(&w, 1), "waiting: it was not queued");
	drop_list(&w, 1);
	T_EQ(w.violations, 0, "waiting: nothing is misjudged");
	stop(&w);

	w = world();
	w.rows[DMV_ABI_K_FILE] = 1;
	w.cpus = 2;
	start(&w);
	second = adapter_new(&w, 8);
	T_EQ(channel(&w, w.a, 1, &g), DMV_OK, "waiting: the only file");
	w.cpu = 1;                      /* on the first one this driver's routine runs */
	T_EQ(channel(&w, w.a, 1, &other), DMV_QUEUED, "waiting: for the channel");
	T_EQ(channel(&w, second, 1, &other), DMV_NO_MEMORY, "waiting: a second file is refused");
	dmv_channel_done(w.v, &g, DMV_KEEP_REGISTERS);
	T_CHECK(!dmv_next_grant(w.v, &other), "waiting: the channel is free, a file is not");
	T_EQ(dmv_header(w.v)->not_booked[DMV_ABI_K_FILE], 1,
	     "waiting: who waits is not counted as refused");
	dmv_registers_free(w.v, w.a, g.handle, 1, CALLER);
	if (T_CHECK(dmv_next_grant(w.v, &other) && other.adapter == w.a,
		    "waiting: until the file is free"))
		dmv_channel_done(w.v, &other, DMV_FREE_ALL);
	dmv_adapter_put(w.v, second, CALLER);
	dmv_adapter_put(w.v, w.a, CALLER);
	T_EQ(look_channel(decode(&w)).live, 0, "waiting: nobody is left");
	T_CHECKF(!w.violations, "waiting: nothing is misjudged, either", "rule 0x%x", w.last_rule);
	stop(&w);
}

/* What an adapter still waits for when it is put is not granted to the next one with its book. */
static void test_waiting_left(void)
{
	struct world w = world();
	struct dmv_adapter *first, *next;
	struct dmv_grant g, other;

	w.rows[DMV_ABI_K_ADAPTER] = 4;  /* the master, the world's, one that waits, one more */
	w.rows[DMV_ABI_K_REGISTER] = 1;
	start(&w);
	first = adapter_new(&w, 8);
	T_EQ(channel(&w, w.a, 1, &g), DMV_OK, "waiting: the only register");
	dmv_channel_done(w.v, &g, DMV_KEEP_REGISTERS);
	T_EQ(channel(&w, first, 1, &other), DMV_QUEUED, "waiting: another adapter for it");
	dmv_adapter_put(w.v, first, CALLER);
	for (int i = 0; i < 2; i++) {
		next = adapter_new(&w, 8);
		if (!next)
			break;
		T_CHECK(next != first, "waiting: the book of the one that waits is not used again");
		dmv_registers_free(w.v, w.a, g.handle, 1, CALLER);
		if (dmv_next_grant(w.v, &other))
			dmv_channel_done(w.v, &other, DMV_FREE_ALL);
		dmv_adapter_put(w.v, next, CALLER);
		if (channel(&w, w.a, 1, &g) == DMV_OK)
			dmv_channel_done(w.v, &g, DMV_KEEP_REGISTERS);
	}
	T_CHECKF(!w.violations, "waiting: the next adapter is not misjudged", "rule 0x%x",
		 w.last_rule);
	stop(&w);
}

/* A driver unloaded too early: its number is not given to another while adapters hold it. */
static void test_driver_left(void)
{
	struct world w = world();
	const struct dmv_facts *f;
	uint32_t next = 0;
	struct dmv_adapter *a;

	w.bare = true;
	w.rows[DMV_ABI_K_DRIVER] = 2;
	start(&w);
	make_driver(&w, 0);
	w.driver = w.number[0];
	a = adapter_new(&w, 8);
	drop_driver(&w, 0);
	T_CHECK(w.violations == 1 && w.last_rule == DMV_V_ADAPTER_LEAK,
		"drivers: one leaves an adapter");
	if (dmv_driver_load(w.v, "next", 0, 0, DMV_ABI_D_VERIFY, 0, &next))
		next = 0;
	dmv_adapter_put(w.v, a, CALLER);
	f = decode(&w);
	for (size_t i = 0; i < f->ndriver; i++)
		T_CHECKF(!f->driver[i].adapters, "drivers: the adapter is not the next driver's",
			 "driver %zu has %u", i, f->driver[i].adapters);
	T_CHECK(!dmv_driver_load(w.v, "next", 0, 0, DMV_ABI_D_VERIFY, 0, &next) || next,
		"drivers: once it is put the row is free again");
	stop(&w);
}

/* ---- everything as small as can be; the region in pieces ---- */

/* One life with all routines, whatever they answer. */
static void live(struct world *w)
{
	struct dmv_grant g;
	uint32_t n = 0;
	struct dmv_adapter *a = w->a ? w->a : adapter_new(w, 8);

	dmv_image_add(w->v, "image", 0, 1, NULL, 0);
	if (!dmv_driver_load(w->v, "driver", 0, 0, 3, 0, &n))
		dmv_driver_unload(w->v, n, CALLER);
	if (!a)
		return;
	w->a = a;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		const bool b = make_buffer(w, i), l = make_list(w, i);

		if (b)
			drop_buffer(w, i);
		if (l)
			drop_list(w, i);
		if (channel(w, a, 1, &g) == DMV_OK)
			dmv_channel_done(w->v, &g, DMV_FREE_ALL);
	}
	dmv_check_all(w->v, CALLER);
	dmv_adapter_put(w->v, a, CALLER);
}

static void test_least(void)
{
	struct world w = { .cpus = 1, .bare = true };
	const struct dmv_facts *f;

	w.rows[DMV_ABI_K_ADAPTER] = w.rows[DMV_ABI_K_DRIVER] = 1;
	if (!T_CHECK(start(&w), "least: every table empty that can be"))
		return stop(&w);
	f = decode(&w);
	T_CHECK(f->nregion && f->nadapter == 1 && f->adapter[0].master && !f->nfile &&
			!f->nviolation,
		"least: only the master adapter");
	live(&w);
	T_CHECK(decode(&w)->nregion && !w.violations, "least: a life that finds no room");
	stop(&w);

	w = (struct world){ .cpus = 1, .bare = true };
	w.rows[DMV_ABI_K_ADAPTER] = 2;
	w.rows[DMV_ABI_K_DRIVER] = 1;
	start(&w);
	live(&w);
	f = decode(&w);
	T_CHECK(f->nregion && f->nadapter == 2 && !w.violations,
		"least: an adapter without anything");
	T_CHECK(f->nregion && f->region[0].not_booked[DMV_K_BUFFER] == OBJECTS,
		"least: refusals are counted");
	stop(&w);

	w = world();
	w.rows[DMV_ABI_K_DRIVER] = 0;
	T_CHECK(!start(&w), "least: no row for the nameless driver");
	free(w.arena), free(w.shadow), free(w.buffers), free(w.books);
	w = world();
	w.rows[DMV_ABI_K_ADAPTER] = 0;
	T_CHECK(!start(&w), "least: no row for the master adapter");
	free(w.arena), free(w.shadow), free(w.buffers), free(w.books);
}

static void test_pieces(enum pieces pieces, uint32_t rows, const char *what)
{
	struct world w = world();
	const struct dmv_facts *f;
	uint32_t extents;
	char name[80];

	w.pieces = pieces;
	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		w.rows[k] = rows;
	w.cpus = 3;
	if (!T_CHECK(start(&w), NAME("pieces: start in %s", what)))
		return stop(&w);
	for (uint32_t i = 0; i < FULL; i++)
		make_list(&w, i);
	f = decode(&w);
	extents = f->nregion ? f->region[0].extents : 0;
	T_CHECKF(f->nregion && f->region[0].segments == w.segments && look_list(f).live == FULL &&
			 (pieces != PAGES || extents > 100),
		 NAME("pieces: %s", what), "%u extents in %u segments", extents, w.segments);
	for (uint32_t i = 0; i < FULL; i++)
		drop_list(&w, i);
	/* so that each row of each table is used, in whatever piece it lies */
	for (uint32_t i = 0; i < rows; i++) {
		make_file(&w, 0);
		drop_file(&w, 0);
	}
	f = decode(&w);
	T_CHECKF(look_file(f).gone == rows, NAME("pieces: every row, in %s", what), "%u files",
		 look_file(f).gone);
	live(&w);
	T_CHECK(decode(&w)->nregion && !w.violations, NAME("pieces: a life in %s", what));
	stop(&w);
}

/* Books may begin at any multiple of 16. */
static void test_books(void)
{
	for (size_t off = 0; off < 64; off += 16) {
		struct world w = world();
		struct dmv_grant g;
		const struct dmv_port port = {.host = &w,
					      .lock = lock,
					      .unlock = lock,
					      .pages_alloc = pages_alloc,
					      .pages_free = pages_free,
					      .violation = violation};
		struct dmv_config c = {.cpus = 1,
				       .stack_depth = 1,
				       .page_bytes = PAGE,
				       .tick_hz = 1,
				       .segment = w.segment,
				       .segments = 1};
		char *room, name[80];
		bool good;

		memcpy(c.rows, w.rows, sizeof(c.rows));
		segments(&w, dmv_region_bytes(&c));
		c.books_bytes = dmv_books_bytes(&c);
		room = pages(c.books_bytes / PAGE + 2);
		c.books = room + off;
		memset(room + off + c.books_bytes, 0x77, 64);
		good = dmv_init(&port, &c, &w.v) == DMV_OK && (w.a = adapter_new(&w, 8)) &&
		       channel(&w, w.a, 1, &g) == DMV_OK;
		if (good) {
			dmv_channel_done(w.v, &g, DMV_KEEP_REGISTERS);
			dmv_registers_free(w.v, w.a, g.handle, 1, CALLER);
		}
		for (int i = 0; i < 64; i++)
			good = good && room[off + c.books_bytes + i] == 0x77;
		T_CHECK(good && !w.violations, NAME("books: at a multiple of 64 plus %zu", off));
		free(room);
		free(w.arena);
	}
}

/* ---- the shadow pool ---- */

static void *file_of(struct world *w, uint32_t n)
{
	struct dmv_grant g;

	if (channel(w, w->a, n, &g) != DMV_OK)
		return NULL;
	dmv_channel_done(w->v, &g, DMV_KEEP_REGISTERS);
	return g.handle;
}

static uint32_t hooked(struct world *w, const void *handle)
{
	const struct dmv_facts *f = decode(w);

	for (size_t i = 0; i < f->nfile; i++)
		if (f->file[i].life == DMV_LIVE && f->file[i].handle == (uintptr_t)handle)
			return f->file[i].hooked;
	return DMV_NO_INDEX;
}

/* Hooked or not, the driver gets its data and nobody complains. */
static void transfer(struct world *w, void *base, const char *what)
{
	static char bytes[2 * PAGE];
	struct dmv_span s = {.va = (uintptr_t)bytes + 100,
			     .bytes = 64,
			     .phys = (uintptr_t)bytes + 100,
			     .original = bytes + 100};
	uint64_t n, bus = 0;
	bool good;
	char name[80];

	memset(bytes, 0, sizeof(bytes));
	good = dmv_map(w->v, w->a, base, &s, false, CALLER, &n, &bus) == DMV_OK && n == 64;
	if (good)
		memset((void *)(uintptr_t)bus, 0x5A, 64);
	good = good && dmv_flush(w->v, w->a, base, &s, false, 64, CALLER) == DMV_OK;
	T_CHECK(good && bytes[100] == 0x5A && bytes[163] == 0x5A && !bytes[99] && !bytes[164],
		NAME("shadow: %s: a transfer", what));
}

static void end_shadow(struct world *w, const char *what, uint32_t unhooked)
{
	const struct dmv_facts *f;
	char name[80];

	dmv_adapter_put(w->v, w->a, CALLER);
	f = decode(w);
	T_CHECK(f->nregion && f->region[0].shadow_short == unhooked,
		NAME("shadow: %s: unhooked registers are counted", what));
	T_CHECKF(!w->violations, NAME("shadow: %s: nothing is misjudged", what), "rule 0x%x",
		 w->last_rule);
	stop(w);
}

static void test_shadow(const char *what, uint32_t shadows, size_t first, size_t second, uint32_t n,
			uint32_t want)
{
	struct world w = world();
	void *base;
	char name[80];

	w.shadows = shadows;
	w.shadow_pages[0] = first;
	w.shadow_pages[1] = second;
	start(&w);
	base = file_of(&w, n);
	T_EQ(hooked(&w, base), want, NAME("shadow: %s", what));
	transfer(&w, base, what);
	dmv_registers_free(w.v, w.a, base, n, CALLER);
	end_shadow(&w, what, first && want < n ? n : 0);
}

static void test_shadow_pieces(void)
{
	struct world w = world();
	void *one[4], *two;

	w.shadows = 1;
	w.shadow_pages[0] = 12;
	start(&w);
	for (int i = 0; i < 4; i++)
		one[i] = file_of(&w, 1);
	T_EQ(hooked(&w, one[3]), 1, "shadow: full");
	dmv_registers_free(w.v, w.a, one[0], 1, CALLER);
	dmv_registers_free(w.v, w.a, one[2], 1, CALLER);
	two = file_of(&w, 2);
	T_EQ(hooked(&w, two), 0, "shadow: six pages free, but not in one piece");
	transfer(&w, two, "in pieces");
	dmv_registers_free(w.v, w.a, two, 2, CALLER);
	one[0] = file_of(&w, 1);
	T_EQ(hooked(&w, one[0]), 1, "shadow: a piece is enough for one");
	transfer(&w, one[0], "a piece");
	for (int i = 0; i < 4; i++)
		if (i != 2)
			dmv_registers_free(w.v, w.a, one[i], 1, CALLER);
	two = file_of(&w, 2);
	T_EQ(hooked(&w, two), 2, "shadow: all is one piece again");
	dmv_registers_free(w.v, w.a, two, 2, CALLER);
	end_shadow(&w, "in pieces", 2);
}

int main(void)
{
	static const uint32_t some[] = { 0, 1, FULL };

	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++) {
		for (size_t k = 0; k < sizeof(sorts) / sizeof(*sorts); k++)
			test_table(&sorts[k], some[i]);
		test_violations(some[i]);
		test_events(some[i], 1);
		test_events(some[i], 3);
		test_sites(some[i]);
		test_strings(some[i]);
		test_images(some[i]);
		test_vectors(some[i]);
		test_registers(some[i]);
		if (some[i])
			test_cpus(some[i]);
	}
	test_violation_stops();
	test_waiting();
	test_waiting_left();
	test_driver_left();
	test_least();
	test_pieces(ONE, 64, "one piece");
	test_pieces(TWO, 64, "two pieces");
	test_pieces(PAGES, 512, "pages");
	test_books();
	test_shadow("none", 0, 0, 0, 1, 0);
	test_shadow("one page too small", 1, 2, 0, 1, 0);
	test_shadow("just enough", 1, 3, 0, 1, 1);
	test_shadow("enough, but in two memories", 2, 3, 3, 2, 0);
	test_shadow("the second memory", 2, 2, 6, 2, 2);
	test_shadow_pieces();
	return T_DONE();
}
