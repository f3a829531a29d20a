/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * No capacity is fixed: every table empty, with one row, full, and one row short. After each the
 * region is decoded by the reader that decodes dumps, and what found no row must not be held
 * against the driver. The region in pieces, the shadow pool: unit_pieces.c.
 */
#include "machine.h"

struct sort {
	const char *name;
	enum dmv_abi_kind kind;
	uint32_t own;           /* rows the core itself takes: the fewest that it starts with */
	bool (*make)(struct machine *m, uint32_t i);
	void (*drop)(struct machine *m, uint32_t i);
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

/* The table with n rows for objects: all of them taken, then one more. */
static void fill(struct machine *m, const struct sort *s, uint32_t n)
{
	const struct dmv_facts *f;
	struct seen seen;
	uint32_t made = 0;
	char name[80];

	while (made < n && s->make(m, made))
		made++;
	T_EQ(made, n, NAME("%s: %u rows hold as many", s->name, n));
	f = machine_decode(m);
	seen = s->look(f);
	T_CHECKF(f->nregion && f->region[0].rows[s->kind] == n + s->own &&
			 seen.live == n + s->own && !f->region[0].not_booked[s->kind],
		 NAME("%s: full with %u", s->name, n), "%u live, %u not booked", seen.live,
		 f->nregion ? f->region[0].not_booked[s->kind] : 0);
	T_CHECK(!s->make(m, n), NAME("%s: one beyond %u is refused", s->name, n));
	f = machine_decode(m);
	seen = s->look(f);
	T_CHECKF(f->nregion && seen.live == n + s->own && f->region[0].not_booked[s->kind] == 1,
		 NAME("%s: one beyond %u is counted", s->name, n), "%u live, %u not booked",
		 seen.live, f->nregion ? f->region[0].not_booked[s->kind] : 0);
}

/* Freed rows stay readable as long as they can: the one that was freed first is used first. */
static void reuse(struct machine *m, const struct sort *s)
{
	static const uint32_t order[FULL] = { 2, 0, 3, 1 };
	struct seen seen;
	uint32_t right = 0;
	char name[80];

	for (int i = 0; i < FULL; i++)
		s->drop(m, order[i]);
	seen = s->look(machine_decode(m));
	T_CHECKF(seen.live == s->own && seen.gone == FULL,
		 NAME("%s: freed ones are history", s->name), "%u live, %u gone", seen.live,
		 seen.gone);
	for (int i = 0; i < FULL; i++) {
		if (!s->make(m, 0))
			break;
		seen = s->look(machine_decode(m));
		right += seen.last == order[i] + s->own && seen.gone == FULL - 1;
		s->drop(m, 0);
	}
	T_EQ(right, FULL, NAME("%s: history is used again oldest first", s->name));
}

static void test_table(const struct sort *s, uint32_t n)
{
	struct machine m = machine();
	char name[80];

	m.rows[s->kind] = n + s->own;
	m.bare = s->own;
	if (!T_CHECK(machine_start(&m), NAME("%s: start with %u", s->name, n)))
		return machine_stop(&m);
	m.driver = s->own ? DMV_ABI_NONE : m.driver;
	fill(&m, s, n);
	if (n == FULL)
		reuse(&m, s);
	else if (n)
		s->drop(&m, 0);
	if (m.a)
		dmv_adapter_put(m.v, m.a, CALLER);
	T_CHECKF(!m.violations, NAME("%s: with %u nothing is misjudged", s->name, n), "rule 0x%x",
		 m.last_rule);
	machine_stop(&m);
}

/* ---- tables that no object of a driver lives in ---- */

static void test_violations(uint32_t n)
{
	struct machine m = machine();
	const struct dmv_facts *f;
	char name[80];
	uint32_t counted = 0;

	m.rows[DMV_ABI_K_VIOLATION] = n;
	machine_start(&m);
	for (uint32_t i = 0; i <= n; i++)
		counted += dmv_violate(m.v, DMV_V_OBSOLETE_ROUTINE, m.a, CALLER, i, 0, 0);
	f = machine_decode(&m);
	T_CHECK(counted == n + 1 && m.violations == n + 1,
		NAME("violations: %u rows, and all %u are reported", n, n + 1));
	T_CHECK(f->nregion && f->nviolation == n && f->region[0].violations == n + 1 &&
		f->region[0].not_booked[DMV_K_VIOLATION] == 1,
		NAME("violations: one beyond %u is counted", n));
	T_CHECK(n == 0 || (f->nviolation == n && f->violation[0].sequence == 1),
		NAME("violations: with %u the first ones are kept", n));
	machine_stop(&m);
}

/* What the machine dies of is in the bugcheck block even where no row was left for it. */
static void test_violation_stops(void)
{
	struct machine m = machine();
	const struct dmv_facts *f;

	m.rows[DMV_ABI_K_VIOLATION] = 0;
	machine_start(&m);
	dmv_set_mode(m.v, DMV_ABI_MODE_STOP);
	dmv_violate(m.v, DMV_V_OBSOLETE_ROUTINE, m.a, CALLER, 0, 0, 0);
	f = machine_decode(&m);
	T_CHECK(f->nregion && f->region[0].bug_code == 0xE6 && f->region[0].bug_p[0] == 0x1E &&
			f->region[0].bug_violation == DMV_NO_INDEX,
		"violations: the bugcheck needs no row");
	machine_stop(&m);
}

static void test_events(uint32_t rows, uint32_t cpus)
{
	enum { CALLS = 50 };
	struct machine m = machine();
	const struct dmv_facts *f;
	uint32_t right = 0, first[4] = { 0 };
	char name[80];

	m.rows[DMV_ABI_K_EVENT] = rows;
	m.cpus = cpus;
	machine_start(&m);
	for (uint32_t c = 0; c < cpus; c++) {
		m.cpu = c;
		for (int i = 0; i < CALLS; i++)
			dmv_adapter_reference(m.v, m.a, i & 1 ? -1 : 1, CALLER);
	}
	first[0] = 2;                   /* two adapters were made before */
	f = machine_decode(&m);
	for (size_t i = 0; i < f->nevent; i++) {
		const struct dmv_event_fact *e = &f->event[i];
		const uint32_t last = e->cpu < 4 ? first[e->cpu] + CALLS : 0;

		right += e->sequence <= last && e->sequence > last - rows;
	}
	T_CHECKF(f->nregion && f->nevent == rows * cpus && right == rows * cpus,
		 NAME("events: %u rows for %u CPUs keep the newest", rows, cpus),
		 "%zu, %u of them right", f->nevent, right);
	machine_stop(&m);
}

static void test_sites(uint32_t n)
{
	struct machine m = machine();
	const struct dmv_buffer_request r = { .bytes = 8, .max_bus = UINT64_MAX, .cached = true };
	const struct dmv_facts *f;
	uint32_t known = 0;
	char name[80];

	m.rows[DMV_ABI_K_SITE] = n;
	machine_start(&m);                      /* CALLER is the first site */
	for (uint32_t i = 1; i <= n; i++)
		m.handle[i % OBJECTS] = dmv_buffer_alloc(m.v, m.a, &r, CALLER + i, &m.bus[0]);
	f = machine_decode(&m);
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
	T_EQ(m.violations, 0, NAME("sites: with %u nothing is misjudged", n));
	machine_stop(&m);
}

static void test_strings(uint32_t n)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct machine m = machine();
	const struct dmv_facts *f;
	uint32_t named = 0;
	char name[80];

	m.rows[DMV_ABI_K_STRING] = n;
	machine_start(&m);
	for (uint32_t i = 0; i <= n; i++)
		dmv_image_add(m.v, names[i], 0x1000 * i, 0x1000, NULL, 0);
	dmv_image_add(m.v, names[0], 0x90000, 0x1000, NULL, 0);
	f = machine_decode(&m);
	for (size_t i = 0; i < f->nimage; i++)
		named += f->image[i].name && f->image[i].name[0];
	T_CHECKF(f->nregion && f->nimage == n + 2 && named == (n ? n + 1 : 0) &&
			 f->region[0].not_booked[DMV_K_STRING] == (n ? 1 : 2),
		 NAME("strings: %u, and one beyond is unknown", n), "%zu images, %u named",
		 f->nimage, named);
	machine_stop(&m);
}

static void test_images(uint32_t n)
{
	struct machine m = machine();
	const struct dmv_facts *f;
	uint32_t added = 0;
	char name[80];

	m.rows[DMV_ABI_K_IMAGE] = n;
	machine_start(&m);
	for (uint32_t i = 0; i <= n; i++)
		added += dmv_image_add(m.v, "image", 0x1000 * i, 0x1000, NULL, 0) == DMV_OK;
	f = machine_decode(&m);
	T_CHECK(f->nregion && added == n && f->nimage == n &&
			f->region[0].not_booked[DMV_K_IMAGE] == 1,
		NAME("images: %u, and one beyond is counted", n));
	machine_stop(&m);
}

/* A host whose number of a CPU is beyond what it said at the start. */
static void test_cpus(uint32_t n)
{
	struct machine m = machine();
	const struct dmv_facts *f;
	char name[80];

	m.cpus = n;
	machine_start(&m);
	for (m.cpu = 0; m.cpu <= n; m.cpu++)
		dmv_adapter_reference(m.v, m.a, 1, CALLER);
	f = machine_decode(&m);
	T_CHECK(f->nregion && f->ncpu == n && f->region[0].ncpu == n && f->adapter[1].refs == n + 2,
		NAME("cpus: %u, and one beyond", n));
	machine_stop(&m);
}

static void test_vectors(uint32_t n)
{
	struct machine m = machine();
	const struct dmv_facts *f;
	char name[80];

	m.rows[DMV_ABI_K_VECTOR] = n;
	machine_start(&m);
	f = machine_decode(&m);
	T_CHECK(f->nregion && f->region[0].rows[DMV_K_VECTOR] == n, NAME("vectors: %u rows", n));
	machine_stop(&m);
}

/* ---- map registers ---- */

static void test_registers(uint32_t n)
{
	struct machine m = machine();
	struct dmv_grant g;
	char name[80];

	m.rows[DMV_ABI_K_REGISTER] = n;
	machine_start(&m);
	T_EQ(machine_channel(&m, m.a, n + 1, &g), DMV_NO_REGISTERS,
	     NAME("registers: never %u of %u", n + 1, n));
	for (uint32_t i = 0; i < n; i++)
		make_file(&m, i);
	T_EQ(look_file(machine_decode(&m)).live, n, NAME("registers: all %u taken", n));
	T_EQ(machine_channel(&m, m.a, 0, &g), DMV_OK, NAME("registers: of %u none are wanted", n));
	dmv_channel_done(m.v, &g, DMV_FREE_ALL);
	if (n) {
		T_EQ(machine_channel(&m, m.a, 1, &g), DMV_QUEUED,
		     NAME("registers: one beyond %u waits", n));
		T_CHECK(!dmv_next_grant(m.v, &g), NAME("registers: with %u for long", n));
		T_EQ(look_channel(machine_decode(&m)).live, 1,
		     NAME("registers: with %u the waiting is seen", n));
		drop_file(&m, 0);
		T_CHECK(dmv_next_grant(m.v, &g), NAME("registers: with %u until one is free", n));
		dmv_channel_done(m.v, &g, DMV_FREE_ALL);
	}
	for (uint32_t i = 1; i < n; i++)
		drop_file(&m, i);
	dmv_adapter_put(m.v, m.a, CALLER);
	T_CHECKF(!m.violations, NAME("registers: with %u nothing is misjudged", n), "rule 0x%x",
		 m.last_rule);
	machine_stop(&m);
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
	return T_DONE();
}
