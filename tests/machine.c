/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A machine that embeds the core, and one object of each kind. */
#include <stdlib.h>

#include "bytes_mem.h"
#include "machine.h"

/* ---- the host ---- */

static void lock(void *host)
{
	struct machine *m = host;

	m->wrong += m->locked++ != 0;
}

static void unlock(void *host)
{
	struct machine *m = host;

	m->wrong += --m->locked != 0;
}

static uint32_t cpu(void *host)
{
	struct machine *m = host;

	m->wrong += m->locked != 1;
	if (m->interrupt)
		m->interrupt(m);
	return m->cpu;
}

static void *pages_alloc(void *host, size_t n, uint64_t max_phys, uint64_t *phys)
{
	struct machine *m = host;
	char *p = m->buffers + m->pages_used * PAGE;

	(void)max_phys;
	m->wrong += m->locked != 0;
	if (n > BUFFER_PAGES - m->pages_used)
		return NULL;
	m->pages_used += n;
	*phys = (uintptr_t)p;
	return p;
}

static void pages_free(void *host, void *va, size_t n)
{
	(void)va, (void)n;
	((struct machine *)host)->wrong += ((struct machine *)host)->locked != 0;
}

static void violation(void *host, const struct dmv_report *r)
{
	struct machine *m = host;

	m->wrong += m->locked != 0;
	m->violations++;
	m->last_rule = r->rule;
}

static void *pages(size_t n)
{
	void *p = aligned_alloc(PAGE, n * PAGE);

	if (!p)
		exit(1);
	memset(p, UNUSED, n * PAGE);
	return p;
}

/* Pieces stand apart, the later ones at lower addresses: nothing can be found by counting on. */
static void segments(struct machine *m, size_t bytes)
{
	size_t n = bytes / PAGE + 1, each = m->pieces == TWO ? n / 2 + 1 : 1, at;

	if (m->pieces == ONE) {
		m->segments = 1;
		m->arena_bytes = n * PAGE;
		m->arena = pages(n);
		m->segment[0] = (struct dmv_memory){ m->arena, 0x100000, n * PAGE };
		return;
	}
	m->segments = m->pieces == TWO ? 2 : (uint32_t)(2 * n);
	m->arena_bytes = (m->segments + 1) * (each + 1) * PAGE;
	m->arena = pages(m->arena_bytes / PAGE);
	at = m->arena_bytes;
	for (uint32_t i = 0; i < m->segments; i++) {
		const size_t size = (i ? each : each < 2 ? 2 : each) * PAGE;

		at -= size;
		m->segment[i] = (struct dmv_memory){ m->arena + at, 0x100000 + at, size };
		at -= PAGE;
	}
}

static void shadow_pool(struct machine *m)
{
	size_t at = 0;

	m->shadow = pages(2 * SHADOW_PAGES);
	for (uint32_t i = 0; i < m->shadows; i++, at += SHADOW_PAGES * PAGE)
		m->pool[i] = (struct dmv_memory){ m->shadow + at, (uintptr_t)m->shadow + at,
						  m->shadow_pages[i] * PAGE };
}

/* ---- the machine ---- */

struct machine machine(void)
{
	struct machine m = { .cpus = 1 };

	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		m.rows[k] = 16;
	return m;
}

struct dmv_adapter *machine_adapter(struct machine *m, uint32_t max_registers)
{
	const struct dmv_adapter_request r = {
		.driver = m->driver, .max_registers = max_registers, .version = 1,
		.flags = DMV_ABI_A_SCATTER_GATHER | DMV_ABI_A_BUS_MASTER,
		.max_address = UINT64_MAX,
	};
	struct dmv_adapter *a = NULL;

	return dmv_adapter_new(m->v, &r, CALLER, &a) == DMV_OK ? a : NULL;
}

bool machine_start(struct machine *m)
{
	const struct dmv_port port = { .host = m, .lock = lock, .unlock = unlock, .cpu = cpu,
		.pages_alloc = pages_alloc, .pages_free = pages_free, .violation = violation };
	struct dmv_config c = {
		.cpus = m->cpus ? m->cpus : 1, .stack_depth = 2, .page_bytes = PAGE,
		.hook_quota = 64, .machine = 62, .tick_hz = 1000, .region_id = 7,
		.segment = m->segment, .shadow = m->pool, .shadows = m->shadows,
		.writer = "capacity", .control = m->control.va ? &m->control : NULL,
	};

	memcpy(c.rows, m->rows, sizeof(c.rows));
	segments(m, dmv_region_bytes(&c) + (m->pieces == ONE ? 0 : DMV_ABI_K_COUNT * PAGE));
	shadow_pool(m);
	m->buffers = pages(BUFFER_PAGES);
	c.segments = m->segments;
	c.books_bytes = m->books_bytes = dmv_books_bytes(&c);
	m->books = pages(c.books_bytes / PAGE + 2);
	c.books = m->books + m->books_at;
	if (dmv_init(&port, &c, &m->v) != DMV_OK)
		return false;
	if (m->bare)
		return true;
	if (dmv_driver_load(m->v, NULL, 0, 0, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 64, &m->driver))
		m->driver = DMV_ABI_NONE;
	m->a = machine_adapter(m, UINT32_MAX);
	return true;
}

void machine_stop(struct machine *m)
{
	dmv_facts_free(&m->facts);
	free(m->arena);
	free(m->shadow);
	free(m->buffers);
	free(m->books);
}

const struct dmv_facts *machine_decode(struct machine *m)
{
	static const struct dmv_facts none;
	const struct dmv_facts_opts o = { .region = (uintptr_t)dmv_header(m->v) };
	struct bytes_mem t;
	struct dmv_err e = { 0 };

	dmv_facts_free(&m->facts);
	bytes_mem_init(&t, (uint8_t *)m->arena, m->arena_bytes, (uintptr_t)m->arena, UINT64_MAX);
	if (dmv_facts_region(&t.base, NULL, &o, &m->facts, &e) || m->facts.nregion != 1) {
		printf("# the region is not decoded: %s\n", e.msg);
		return &none;
	}
	for (size_t i = 0; i < m->facts.nnote; i++)
		if (m->facts.note[i].topic) {
			printf("# %s\n", m->facts.note[i].text);
			return &none;
		}
	return &m->facts;
}

/* ---- one object of each kind ---- */

int machine_channel(struct machine *m, struct dmv_adapter *a, uint32_t n, struct dmv_grant *g)
{
	const struct dmv_request r = { .device = 1, .routine = 2, .registers = n };

	return dmv_request(m->v, a, &r, CALLER, g);
}

bool make_file(struct machine *m, uint32_t i)
{
	struct dmv_grant g;

	if (machine_channel(m, m->a, 1, &g) != DMV_OK)
		return false;
	m->handle[i] = g.handle;
	dmv_channel_done(m->v, &g, DMV_KEEP_REGISTERS);
	return true;
}

void drop_file(struct machine *m, uint32_t i)
{
	dmv_registers_free(m->v, m->a, m->handle[i], 1, CALLER);
}

int machine_list(struct machine *m, uint32_t i, struct dmv_grant *g)
{
	const struct dmv_request r = {
		.routine = 2, .registers = 1, .list = true, .memory = m->elements[i],
		.transfer = { .span = { .va = (uintptr_t)m->data[i], .bytes = 16,
					.phys = (uintptr_t)m->data[i], .original = m->data[i] },
			      .to_device = true },
	};

	return dmv_request(m->v, m->a, &r, CALLER, g);
}

bool make_list(struct machine *m, uint32_t i)
{
	return machine_list(m, i, &(struct dmv_grant){ 0 }) == DMV_OK;
}

void drop_list(struct machine *m, uint32_t i)
{
	void *attached;

	dmv_list_put(m->v, m->a, m->elements[i], true, CALLER, &attached);
}

bool make_buffer(struct machine *m, uint32_t i)
{
	const struct dmv_buffer_request r = { .bytes = 100, .max_bus = UINT64_MAX, .cached = true };

	m->handle[i] = dmv_buffer_alloc(m->v, m->a, &r, CALLER, &m->bus[i]);
	return m->handle[i];
}

void drop_buffer(struct machine *m, uint32_t i)
{
	dmv_buffer_free(m->v, m->a, m->handle[i], 100, m->bus[i], true, CALLER);
}

bool make_channel(struct machine *m, uint32_t i)
{
	struct dmv_grant g;

	m->adapter[i] = machine_adapter(m, 8);
	if (machine_channel(m, m->adapter[i], 1, &g) != DMV_OK) {
		dmv_adapter_put(m->v, m->adapter[i], CALLER);
		return false;
	}
	dmv_channel_done(m->v, &g, DMV_KEEP);
	return true;
}

void drop_channel(struct machine *m, uint32_t i)
{
	dmv_channel_free(m->v, m->adapter[i], false, CALLER);
	dmv_adapter_put(m->v, m->adapter[i], CALLER);
}

bool make_adapter(struct machine *m, uint32_t i)
{
	m->adapter[i] = machine_adapter(m, 8);
	return m->adapter[i];
}

void drop_adapter(struct machine *m, uint32_t i)
{
	dmv_adapter_put(m->v, m->adapter[i], CALLER);
}

bool make_driver(struct machine *m, uint32_t i)
{
	return dmv_driver_load(m->v, "driver", 0, 0, DMV_ABI_D_VERIFY, 0, &m->number[i]) == DMV_OK;
}

void drop_driver(struct machine *m, uint32_t i)
{
	dmv_driver_unload(m->v, m->number[i], CALLER);
}

/* ---- what the reader sees of them ---- */

#define LOOK(array) \
struct seen look_##array(const struct dmv_facts *f) \
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
