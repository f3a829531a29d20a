/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "clock.h"
#include "cpu.h"
#include "serial.h"
#include "trap.h"
#include "verifier.h"

#define SHADOW_PAGES 3u                 /* of each of them */
#define STACK_DEPTH 16u
#define FRAMES_MAX 64u

extern const char guest_start[], guest_end[];
extern const uint8_t guest_note[], guest_note_end[];

/* How a debugger with symbols finds the region. */
extern struct dmv_abi_anchor dmv_region_anchor;
struct dmv_abi_anchor dmv_region_anchor __attribute__((visibility("default"), used));

/* ---- what the core asks for ---- */

static void lock(void *host)
{
	struct guest_verifier *v = host;
	bool was_on = guest_irq_off();

	if (!v->locked++)
		v->irq_was_on = was_on;
}

static void unlock(void *host)
{
	struct guest_verifier *v = host;

	if (!--v->locked && v->irq_was_on)
		guest_irq_on();
}

static uint32_t cpu(void *host)
{
	(void)host;
	return 0;
}

static uint64_t now(void *host)
{
	(void)host;
	return guest_ticks();
}

static uint32_t stack(void *host, uint64_t from, uint64_t *frame, uint32_t max)
{
	uint64_t all[FRAMES_MAX];
	uint32_t n = guest_walk((uintptr_t)__builtin_frame_address(0), all, FRAMES_MAX);
	uint32_t i = 0, kept = 0;

	(void)host;
	while (i < n && all[i] != from)
		i++;
	if (i == n && max)
		frame[kept++] = from;
	while (i < n && kept < max)
		frame[kept++] = all[i++];
	return kept;
}

static void *pages_alloc(void *host, size_t n, uint64_t max_phys, uint64_t *phys)
{
	struct guest_verifier *v = host;
	uint64_t limit = max_phys < GUEST_PAGES_LIMIT ? max_phys + 1 : GUEST_PAGES_LIMIT;
	void *va = guest_pages_take(&v->guest->pages, n, limit);

	if (va)
		*phys = guest_phys(va);
	return va;
}

static void pages_free(void *host, void *va, size_t n)
{
	struct guest_verifier *v = host;

	guest_pages_give(&v->guest->pages, va, n);
}

static void violation(void *host, const struct dmv_report *r)
{
	const struct guest *g = ((struct guest_verifier *)host)->guest;
	bool stop = r->action == DMV_ABI_MODE_STOP;

	guest_say("%s: %w (%x,%x,%x,%x)\n", stop ? "\n*** STOP" : "guest: violation", r->code,
		  r->p[0], r->p[1], r->p[2], r->p[3]);
	if (!stop)
		return;
	if (g->dying)
		g->dying(r->code, r->p);
	guest_halt();
}

/* ---- what the WDM face asks for ---- */

static KIRQL irql(void *host)
{
	return ((struct guest_verifier *)host)->irql;
}

static KIRQL irql_set(void *host, KIRQL to)
{
	struct guest_verifier *v = host;
	KIRQL old = v->irql;

	v->irql = to;
	return old;
}

static void *heap_alloc(void *host, size_t bytes)
{
	return guest_heap_take(&((struct guest_verifier *)host)->heap, bytes);
}

static void heap_free(void *host, void *va, size_t bytes)
{
	guest_heap_give(&((struct guest_verifier *)host)->heap, va, bytes);
}

static bool frame_of(void *host, const void *va, uint64_t *pfn)
{
	const struct guest_pages *p = &((struct guest_verifier *)host)->guest->pages;
	uint64_t at = guest_phys(va);

	if (at < (uintptr_t)guest_start || at >= p->base + p->count * GUEST_PAGE)
		return false;
	*pfn = at / GUEST_PAGE;
	return true;
}

/* ---- start ---- */

static bool take(struct guest *g, size_t bytes, struct dmv_memory *ret)
{
	size_t n = (bytes + GUEST_PAGE - 1) / GUEST_PAGE;
	void *va = guest_pages_take(&g->pages, n, GUEST_PAGES_LIMIT);

	if (!va)
		return false;
	*ret = (struct dmv_memory){ va, guest_phys(va), n * GUEST_PAGE };
	return true;
}

/* In pieces with a hole between each two, as a machine gives it whose memory is fragmented. */
static bool take_region(struct guest_verifier *v, const struct dmv_config *c)
{
	size_t each = dmv_region_bytes(c) / GUEST_REGION_PIECES + GUEST_PAGE;

	/* A row does not cross pieces: each table may lose one at the end of each. */
	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++)
		each += dmv_row_bytes(c, (enum dmv_abi_kind)k) + 64;
	for (uint32_t i = 0; i < GUEST_REGION_PIECES; i++) {
		if (!take(v->guest, each, &v->region[i]))
			return false;
		if (!guest_pages_take(&v->guest->pages, 1, GUEST_PAGES_LIMIT))
			return false;
	}
	return true;
}

static void set_rows(struct dmv_config *c, uint32_t registers)
{
	static const uint32_t rows[DMV_ABI_K_COUNT] = {
		[DMV_ABI_K_ADAPTER] = 32, [DMV_ABI_K_FILE] = 256, [DMV_ABI_K_LIST] = 128,
		[DMV_ABI_K_BUFFER] = 128, [DMV_ABI_K_VECTOR] = 8, [DMV_ABI_K_CHANNEL] = 64,
		[DMV_ABI_K_VIOLATION] = 64, [DMV_ABI_K_EVENT] = 256, [DMV_ABI_K_SITE] = 256,
		[DMV_ABI_K_STRING] = 64, [DMV_ABI_K_IMAGE] = 8, [DMV_ABI_K_DRIVER] = 16,
		[DMV_ABI_K_CPU] = 1,
	};

	for (uint32_t k = 0; k < DMV_ABI_K_COUNT; k++)
		c->rows[k] = rows[k];
	c->rows[DMV_ABI_K_REGISTER] = registers;
}

/* The note is {name bytes, descriptor bytes, type}, "GNU\0", descriptor. */
static void set_build_id(struct dmv_config *c)
{
	uint32_t room = (uint32_t)(guest_note_end - guest_note), n;

	if (room < 16)
		return;
	n = (uint32_t)guest_note[4] | (uint32_t)guest_note[5] << 8;
	if (n > room - 16)
		return;
	c->build_id = guest_note + 16;
	c->build_id_n = n;
}

static void set_boot_id(struct dmv_config *c)
{
	uint64_t part[2] = { c->start_unix_ns, guest_ticks() };

	for (uint32_t i = 0; i < sizeof(c->boot_id); i++)
		c->boot_id[i] = (uint8_t)(part[i / 8] >> 8 * (i % 8));
	c->region_id = part[0] ^ part[1] << 16;
}

/* The magic last, as in the region itself. */
static void set_anchor(const struct dmv_abi_header *h)
{
	dmv_region_anchor.virt = (uintptr_t)h;
	dmv_region_anchor.phys = guest_phys(h);
	for (uint32_t i = 0; i < sizeof(dmv_region_anchor.magic); i++)
		__atomic_store_n(&dmv_region_anchor.magic[i], (uint8_t)DMV_ABI_ANCHOR_MAGIC[i],
				 __ATOMIC_RELEASE);
}

static int start_core(struct guest_verifier *v, struct dmv_config *c)
{
	const struct dmv_port port = {
		.host = v, .lock = lock, .unlock = unlock, .cpu = cpu, .now = now, .stack = stack,
		.pages_alloc = pages_alloc, .pages_free = pages_free, .violation = violation,
	};
	struct dmv_memory books;

	if (!take_region(v, c) || !take(v->guest, dmv_books_bytes(c), &books))
		return DMV_NO_MEMORY;
	c->segment = v->region;
	c->segments = GUEST_REGION_PIECES;
	c->books = books.va;
	c->books_bytes = books.bytes;
	return dmv_init(&port, c, &v->dmv);
}

int guest_verifier_start(struct guest_verifier *v, struct guest *g, enum dmv_abi_mode mode,
			 uint32_t flags, uint32_t registers)
{
	uint32_t hooked = registers < GUEST_HOOKED_MAX ? registers : GUEST_HOOKED_MAX;
	struct dmv_config c = {
		.cpus = 1, .stack_depth = STACK_DEPTH, .page_bytes = GUEST_PAGE,
		.hook_quota = GUEST_HOOKED_MAX, .mode = mode, .flags = flags,
		.machine = GUEST_MACHINE,
		.tick_hz = g->tick_hz, .start_unix_ns = guest_clock_unix_ns(),
		.writer = "guest", .version = "1.0", .release = GUEST_RELEASE,
		.shadow = &v->shadow, .shadows = 1,
	};
	int result;

	v->guest = g;
	guest_heap_init(&v->heap, &g->pages);
	set_rows(&c, registers);
	set_build_id(&c);
	set_boot_id(&c);
	if (!take(g, (size_t)hooked * SHADOW_PAGES * GUEST_PAGE, &v->shadow))
		return DMV_NO_MEMORY;
	result = start_core(v, &c);
	if (result != DMV_OK)
		return result;

	v->wdm = (struct wdm_host){
		.host = v, .irql = irql, .irql_set = irql_set,
		.alloc = heap_alloc, .free = heap_free, .frame = frame_of,
		.controller = v->guest->controller,
	};
	wdm_bind(v->dmv, &v->wdm);
	set_anchor(dmv_header(v->dmv));
	return dmv_image_add(v->dmv, "guest", (uintptr_t)guest_start,
			     (uint64_t)(guest_end - guest_start), c.build_id, c.build_id_n);
}
