/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "scene.h"

/* ---- the host ---- */

static void lock(void *host)
{
	(void)host;
}

static uint64_t now(void *host)
{
	struct scene *s = host;

	return s->clock += 10;
}

static uint64_t scene_phys(const struct scene *s, const void *va)
{
	return (uintptr_t)va - s->phys_bias;
}

static void *pages_alloc(void *host, size_t n, uint64_t max_phys, uint64_t *phys)
{
	struct scene *s = host;
	char *p = s->buffers + s->pages_used * SCENE_PAGE;

	(void)max_phys;
	if (n > SCENE_BUFFER_PAGES - s->pages_used)
		return NULL;
	s->pages_used += (uint32_t)n;
	*phys = scene_phys(s, p);
	return p;
}

static void pages_free(void *host, void *va, size_t n)
{
	(void)host;
	(void)va;
	(void)n;                        /* the scene is short: nothing is used twice */
}

static void violation(void *host, const struct dmv_report *r)
{
	struct scene *s = host;

	s->violations++;
	s->last_rule = r->rule;
	s->last_code = r->code;
	for (size_t i = 0; i < 4; i++)
		s->last_p[i] = r->p[i];
}

/* What a step needs to be true for the rest to mean anything. */
static void need(struct scene *s, bool good, const char *what)
{
	if (good)
		return;
	s->failed++;
	if (!s->failure)
		s->failure = what;
}

#define NEED(s, condition) need(s, condition, #condition)

/* Stands for a return address in a driver. */
enum { CALLER = 0x401000 };

/* ---- beginning ---- */

/* So few that rows are used again while the scene lasts. */
static void rows(struct dmv_config *c)
{
	static const uint32_t n[DMV_ABI_K_COUNT] = {
		[DMV_ABI_K_ADAPTER] = 4, [DMV_ABI_K_FILE] = 3, [DMV_ABI_K_REGISTER] = 9,
		[DMV_ABI_K_LIST] = 1, [DMV_ABI_K_BUFFER] = 3, [DMV_ABI_K_CHANNEL] = 2,
		[DMV_ABI_K_VIOLATION] = 12, [DMV_ABI_K_EVENT] = 16, [DMV_ABI_K_SITE] = 48,
		[DMV_ABI_K_STRING] = 8, [DMV_ABI_K_IMAGE] = 2, [DMV_ABI_K_DRIVER] = 3,
	};

	for (uint32_t k = 0; k < DMV_ABI_K_COUNT; k++)
		c->rows[k] = n[k];
}

static void start(struct scene *s)
{
	static const uint8_t build_id[4] = { 0xDE, 0xAD, 0xBE, 0xEF };
	const struct dmv_port port = { .host = s, .lock = lock, .unlock = lock, .now = now,
				       .pages_alloc = pages_alloc, .pages_free = pages_free,
				       .violation = violation };
	struct dmv_config c = { .cpus = 2, .stack_depth = 4, .string_bytes = 48,
				.page_bytes = SCENE_PAGE, .hook_quota = 64,
				.mode = DMV_ABI_MODE_LOG, .machine = s->machine, .tick_hz = 1000,
				.start_unix_ns = 1700000000000000000u, .pid = s->pid,
				.writer = "scene", .version = "1", .release = "none",
				.build_id = build_id, .build_id_n = sizeof(build_id),
				.boot_id = { 1, 2, 3 }, .region_id = s->region_id,
				.segment = s->segment, .segments = SCENE_SEGMENTS,
				.books = s->books, .books_bytes = sizeof(s->books),
				.shadow = &s->pool, .shadows = 1 };

	rows(&c);
	for (uint32_t i = 0; i < SCENE_SEGMENTS; i++) {
		char *at = s->region + i * SCENE_SEGMENT_PAGES * SCENE_PAGE;
		const size_t pages = i + 1 < SCENE_SEGMENTS ? SCENE_SEGMENT_PAGES :
			SCENE_LAST_PAGES;

		s->segment[i] = (struct dmv_memory){ at, scene_phys(s, at), pages * SCENE_PAGE };
	}
	s->pool = (struct dmv_memory){ s->shadow, scene_phys(s, s->shadow), sizeof(s->shadow) };
	NEED(s, dmv_init(&port, &c, &s->v) == DMV_OK);
}

static void driver_load(struct scene *s)
{
	NEED(s, dmv_driver_load(s->v, "scene.sys", 0x400000, 0x10000,
				DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 64, &s->driver) == DMV_OK);
}

static void image_add(struct scene *s)
{
	static const uint8_t id[20] = { 9, 8, 7 };

	NEED(s, dmv_image_add(s->v, "scene.sys", 0x400000, 0x10000, id, sizeof(id)) == DMV_OK);
}

static struct dmv_adapter_request adapter(const struct scene *s, const char *name, uint32_t flags)
{
	return (struct dmv_adapter_request){
		.driver = s->driver, .device = 0xD0, .name = name, .max_registers = 8, .version = 1,
		.alignment = 8, .flags = flags | DMV_ABI_A_BUS_MASTER, .max_address = UINT64_MAX,
		.description = { .version = 2, .master = 1, .dma32 = 1,
				 .maximum_length = 0x7000 } };
}

static void adapter_sg(struct scene *s)
{
	const struct dmv_adapter_request r = adapter(s, "scatter", DMV_ABI_A_SCATTER_GATHER);

	NEED(s, dmv_adapter_new(s->v, &r, CALLER, &s->sg) == DMV_OK);
}

static void adapter_packet(struct scene *s)
{
	struct dmv_adapter_request r = adapter(s, "packet", 0);

	r.flags = DMV_ABI_A_SYSTEM_DMA;
	r.controller = 1;
	r.line = 5;
	r.controller_base = 0xC0;
	r.description.master = 0;
	r.description.channel = 5;
	NEED(s, dmv_adapter_new(s->v, &r, CALLER + 1, &s->packet) == DMV_OK);
}

/* ---- common buffers ---- */

static void buffer(struct scene *s, uint32_t i, uint64_t bytes, struct dmv_adapter *a)
{
	const struct dmv_buffer_request r = { .bytes = bytes, .max_bus = UINT64_MAX,
					      .cached = i & 1 };

	s->buffer[i] = dmv_buffer_alloc(s->v, a, &r, CALLER + 0x10 + i, &s->buffer_bus[i]);
	NEED(s, s->buffer[i] != NULL);
}

static void buffer_first(struct scene *s)
{
	buffer(s, 0, 0x480, s->sg);
}

static void buffer_second(struct scene *s)
{
	buffer(s, 1, 0x1200, s->packet);
}

static void buffer_free(struct scene *s)
{
	dmv_buffer_free(s->v, s->sg, s->buffer[0], 0x480, s->buffer_bus[0], false, CALLER + 0x20);
}

static void buffer_again(struct scene *s)
{
	buffer(s, 2, 0x300, s->sg);
}

/* ---- packets ---- */

static void channel(struct scene *s)
{
	const struct dmv_request r = { .device = 0xD0, .routine = 0x402000, .context = 0xC0,
				       .irp = 0x1C0, .registers = 3 };

	NEED(s, dmv_request(s->v, s->packet, &r, CALLER + 0x30, &s->grant) == DMV_OK);
}

static void channel_queued(struct scene *s)
{
	const struct dmv_request r = { .device = 0xD1, .routine = 0x402100, .context = 0xC1,
				       .registers = 1 };

	NEED(s, dmv_request(s->v, s->packet, &r, CALLER + 0x31, &s->second) == DMV_QUEUED);
}

static void channel_keep(struct scene *s)
{
	dmv_channel_done(s->v, &s->grant, DMV_KEEP);
}

static void channel_keep_registers(struct scene *s)
{
	dmv_channel_done(s->v, &s->grant, DMV_KEEP_REGISTERS);
}

static void channel_free(struct scene *s)
{
	dmv_channel_free(s->v, s->packet, false, CALLER + 0x32);
}

static void next_grant(struct scene *s)
{
	NEED(s, dmv_next_grant(s->v, &s->second));
}

static void second_done(struct scene *s)
{
	dmv_channel_done(s->v, &s->second, DMV_FREE_ALL);
}

static struct dmv_span span(struct scene *s, uint32_t page, uint32_t offset, uint64_t bytes)
{
	char *va = s->memory + page * SCENE_PAGE + offset;

	return (struct dmv_span){ .va = (uintptr_t)va, .bytes = bytes, .phys = scene_phys(s, va),
				  .original = va, .mdl = 0x3D1 };
}

static void map(struct scene *s, uint64_t bytes, bool to_device)
{
	const struct dmv_span sp = span(s, 0, 0x123, bytes);
	uint64_t n = bytes;

	NEED(s, dmv_map(s->v, s->packet, s->grant.handle, &sp, to_device, CALLER + 0x40, &n,
			&s->bus) == DMV_OK);
	NEED(s, n == bytes);
}

static void flush(struct scene *s, uint64_t bytes, bool to_device)
{
	const struct dmv_span sp = span(s, 0, 0x123, bytes);

	dmv_flush(s->v, s->packet, s->grant.handle, &sp, to_device, bytes, CALLER + 0x41);
}

static void map_out(struct scene *s)
{
	map(s, 0x1800, true);
}

static void flush_out(struct scene *s)
{
	flush(s, 0x1800, true);
}

static void map_in(struct scene *s)
{
	map(s, 0x456, false);
}

static void transfer_begin(struct scene *s)
{
	const struct dmv_system t = { .bytes = 0x456, .flags = DMV_ABI_T_DEMAND,
				      .routine = 0x402200, .context = 0xC2 };
	uint32_t serial;

	NEED(s, dmv_system_begin(s->v, s->packet, &t, CALLER + 0x43, &serial) == DMV_OK);
	dmv_system_left(s->v, s->packet, 0x123);
	NEED(s, dmv_system_runs(s->v, serial));
}

static void transfer_stop(struct scene *s)
{
	struct dmv_ended e;

	NEED(s, dmv_system_end(s->v, s->packet, DMV_ABI_T_STOPPED, 0x23, CALLER + 0x44, &e));
	NEED(s, e.adapter == s->packet && e.routine == 0x402200 && e.context == 0xC2);
}

static void transfer_done(struct scene *s)
{
	const struct dmv_system t = { .bytes = 0x456 };
	struct dmv_ended e;
	uint32_t serial = 0;

	NEED(s, dmv_system_begin(s->v, s->packet, &t, CALLER + 0x43, &serial) == DMV_OK);
	NEED(s, dmv_system_done(s->v, serial, DMV_ABI_T_COMPLETE, &e));
	NEED(s, !dmv_system_done(s->v, serial, DMV_ABI_T_COMPLETE, &e));
}

/* The bus address is the shadow's own: the host has no IOMMU. */
static char *device_at(const struct scene *s)
{
	return (char *)(uintptr_t)(s->bus + s->phys_bias);
}

static void flush_in(struct scene *s)
{
	device_at(s)[0] = 0x55;
	flush(s, 0x456, false);
	NEED(s, s->memory[0x123] == 0x55);
}

static void flush_overrun(struct scene *s)
{
	const uint32_t before = s->violations;

	device_at(s)[0x456] = 0x66;
	device_at(s)[0x457] = 0x67;
	flush(s, 0x456, false);
	NEED(s, s->violations == before + 1 && s->last_rule == DMV_V_GUARD_AFTER);
}

static void registers_free(struct scene *s)
{
	dmv_registers_free(s->v, s->packet, s->grant.handle, 3, CALLER + 0x42);
}

static void check_all(struct scene *s)
{
	dmv_check_all(s->v, CALLER + 0x43);
}

/* ---- lists ---- */

static void list(struct scene *s, struct dmv_grant *g, uint32_t page, void *memory, bool to_device)
{
	const struct dmv_request r = { .device = 0xD0, .routine = 0x402200, .context = 0xC2,
				       .registers = 2, .list = true, .memory = memory,
				       .transfer = { .span = span(s, page, 0x800, 0x1000),
						     .to_device = to_device } };

	NEED(s, dmv_request(s->v, s->sg, &r, CALLER + 0x50, g) == DMV_OK);
}

static void list_out(struct scene *s)
{
	list(s, &s->grant, 2, s->elements, true);
}

static void list_elements(struct scene *s)
{
	dmv_grant_elements(s->v, &s->grant, s->element);
}

static void list_put(struct scene *s)
{
	void *attached;

	NEED(s, dmv_list_put(s->v, s->sg, s->elements, true, CALLER + 0x51, &attached));
}

static void list_in(struct scene *s)
{
	list(s, &s->second, 4, s->more_elements, false);
	dmv_grant_elements(s->v, &s->second, s->element);
	/* delivered, never flushed */
	((char *)(uintptr_t)(s->element[0].bus + s->phys_bias))[7] = 0x77;
}

/* ---- an adapter that is given back as it should be ---- */

static void adapter_third(struct scene *s)
{
	const struct dmv_adapter_request r = adapter(s, "third", 0);

	NEED(s, dmv_adapter_new(s->v, &r, CALLER + 2, &s->third) == DMV_OK);
}

static void buffer_third(struct scene *s)
{
	buffer(s, 3, 0x80, s->third);
}

static void buffer_third_free(struct scene *s)
{
	dmv_buffer_free(s->v, s->third, s->buffer[3], 0x80, s->buffer_bus[3], true, CALLER + 0x21);
}

static void put_clean(struct scene *s)
{
	const uint32_t before = s->violations;

	dmv_adapter_put(s->v, s->third, CALLER + 0x22);
	NEED(s, s->violations == before);
}

/* ---- mistakes ---- */

static void references(struct scene *s)
{
	dmv_adapter_reference(s->v, s->sg, 1, CALLER + 0x60);
}

static void dereferences(struct scene *s)
{
	dmv_adapter_reference(s->v, s->sg, -1, CALLER + 0x61);
}

static void buffer_free_twice(struct scene *s)
{
	const uint32_t before = s->violations;

	dmv_buffer_free(s->v, s->sg, s->buffer[0], 0x480, s->buffer_bus[0], false, CALLER + 0x62);
	NEED(s, s->violations == before + 1 && s->last_rule == DMV_V_BUFFER_EXTRA_FREE);
}

static void map_twice(struct scene *s)
{
	const struct dmv_span sp = span(s, 0, 0x200, 0x10);
	const uint32_t before = s->violations;
	uint64_t n = 0x10, bus;

	NEED(s, dmv_map(s->v, s->packet, s->grant.handle, &sp, false, CALLER + 0x63, &n, &bus) ==
		DMV_VIOLATED);
	NEED(s, s->violations == before + 1 && s->last_rule == DMV_V_ALREADY_MAPPED);
}

static void put_leaky(struct scene *s)
{
	const uint32_t before = s->violations;

	dmv_adapter_put(s->v, s->sg, CALLER + 0x64);
	NEED(s, s->violations > before);
}

static void mode_stop(struct scene *s)
{
	dmv_set_mode(s->v, DMV_ABI_MODE_STOP);
}

static void use_released(struct scene *s)
{
	NEED(s, dmv_adapter_check(s->v, s->sg, CALLER + 0x65) == NULL);
	NEED(s, s->last_rule == DMV_V_ADAPTER_RELEASED);
}

static void unload(struct scene *s)
{
	dmv_driver_unload(s->v, s->driver, CALLER + 0x66);
	NEED(s, s->last_rule == DMV_V_ADAPTER_LEAK);
}

static void channel_given_up(struct scene *s)
{
	struct dmv_request r;

	NEED(s, dmv_next_cancelled(s->v, &r) && r.registers == 1);
}

static void switches(struct scene *s)
{
	dmv_rule_set(s->v, DMV_V_ADAPTER_NULL, false);
	dmv_set_flags(s->v, DMV_ABI_F_STRICT);
}

static void finish(struct scene *s)
{
	dmv_fini(s->v);
}

const char scene_full[] = "map that another has mapped";

const struct scene_step scene_steps[] = {
	{ "start", start },
	{ "driver", driver_load },
	{ "image", image_add },
	{ "adapter", adapter_sg },
	{ "second adapter", adapter_packet },
	{ "buffer", buffer_first },
	{ "second buffer", buffer_second },
	{ "buffer freed", buffer_free },
	{ "buffer again", buffer_again },
	{ "channel", channel },
	{ "map to-device", map_out },
	{ "flush to-device", flush_out },
	{ "channel kept", channel_keep },
	{ "second channel waits", channel_queued },
	{ "map from-device", map_in },
	{ "system transfer", transfer_begin },
	{ "check", check_all },
	{ "system transfer stopped", transfer_stop },
	{ "flush from-device", flush_in },
	{ "map again", map_in },
	{ "system transfer done", transfer_done },
	{ "flush after an overrun", flush_overrun },
	{ "channel freed", channel_free },
	{ "waiting channel runs", next_grant },
	{ "waiting channel done", second_done },
	{ "list", list_out },
	{ "list elements", list_elements },
	{ "list put", list_put },
	{ "reference", references },
	{ "dereference", dereferences },
	{ "third adapter", adapter_third },
	{ "its buffer", buffer_third },
	{ "its buffer freed", buffer_third_free },
	{ "adapter put", put_clean },
	{ "buffer freed twice", buffer_free_twice },
	{ "channel once more", channel },
	{ "registers kept", channel_keep_registers },
	{ "list from-device", list_in },
	{ "map once more", map_in },
	{ scene_full, map_twice },
	{ "flush", flush_in },
	{ "registers freed", registers_free },
	{ "channel again", channel },
	{ "channel held", channel_keep },
	{ "channel waits at the unload", channel_queued },
	{ "adapter put with leaks", put_leaky },
	{ "switches", switches },
	{ "mode stop", mode_stop },
	{ "use after release", use_released },
	{ "driver unloaded", unload },
	{ "waiting channel given up", channel_given_up },
	{ "end", finish },
	{ NULL, NULL }
};
