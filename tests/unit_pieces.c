/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Memory as small and as scattered as can be: every table empty, the region in one piece, in two,
 * in pages, books at any multiple of 16, a shadow pool that is absent, too small, in pieces.
 */
#include "machine.h"

/* ---- the region ---- */

/* One life with all routines, whatever they answer. */
static void live(struct machine *m)
{
	struct dmv_grant g;
	uint32_t n = 0;
	struct dmv_adapter *a = m->a ? m->a : machine_adapter(m, 8);

	dmv_image_add(m->v, "image", 0, 1, NULL, 0);
	if (!dmv_driver_load(m->v, "driver", 0, 0, 3, 0, &n))
		dmv_driver_unload(m->v, n, CALLER);
	if (!a)
		return;
	m->a = a;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		const bool b = make_buffer(m, i), l = make_list(m, i);

		if (b)
			drop_buffer(m, i);
		if (l)
			drop_list(m, i);
		if (machine_channel(m, a, 1, &g) == DMV_OK)
			dmv_channel_done(m->v, &g, DMV_FREE_ALL);
	}
	dmv_check_all(m->v, CALLER);
	dmv_adapter_put(m->v, a, CALLER);
}

static void test_least(void)
{
	struct machine m = { .cpus = 1, .bare = true };
	const struct dmv_facts *f;

	m.rows[DMV_ABI_K_ADAPTER] = m.rows[DMV_ABI_K_DRIVER] = 1;
	if (!T_CHECK(machine_start(&m), "least: every table empty that can be"))
		return machine_stop(&m);
	f = machine_decode(&m);
	T_CHECK(f->nregion && f->nadapter == 1 && f->adapter[0].master && !f->nfile &&
			!f->nviolation,
		"least: only the master adapter");
	live(&m);
	T_CHECK(machine_decode(&m)->nregion && !m.violations, "least: a life that finds no room");
	machine_stop(&m);

	m = (struct machine){ .cpus = 1, .bare = true };
	m.rows[DMV_ABI_K_ADAPTER] = 2;
	m.rows[DMV_ABI_K_DRIVER] = 1;
	machine_start(&m);
	live(&m);
	f = machine_decode(&m);
	T_CHECK(f->nregion && f->nadapter == 2 && !m.violations,
		"least: an adapter without anything");
	T_CHECK(f->nregion && f->region[0].not_booked[DMV_K_BUFFER] == OBJECTS,
		"least: refusals are counted");
	machine_stop(&m);

	m = machine();
	m.rows[DMV_ABI_K_DRIVER] = 0;
	T_CHECK(!machine_start(&m), "least: no row for the nameless driver");
	machine_stop(&m);
	m = machine();
	m.rows[DMV_ABI_K_ADAPTER] = 0;
	T_CHECK(!machine_start(&m), "least: no row for the master adapter");
	machine_stop(&m);
}

static void test_pieces(enum pieces pieces, uint32_t rows, const char *what)
{
	struct machine m = machine();
	const struct dmv_facts *f;
	uint32_t extents;
	char name[80];

	m.pieces = pieces;
	for (int k = 1; k < DMV_ABI_K_COUNT; k++)
		m.rows[k] = rows;
	m.cpus = 3;
	if (!T_CHECK(machine_start(&m), NAME("pieces: start in %s", what)))
		return machine_stop(&m);
	for (uint32_t i = 0; i < FULL; i++)
		make_list(&m, i);
	f = machine_decode(&m);
	extents = f->nregion ? f->region[0].extents : 0;
	T_CHECKF(f->nregion && f->region[0].segments == m.segments && look_list(f).live == FULL &&
			 (pieces != PAGES || extents > 100),
		 NAME("pieces: %s", what), "%u extents in %u segments", extents, m.segments);
	for (uint32_t i = 0; i < FULL; i++)
		drop_list(&m, i);
	/* so that each row of each table is used, in whatever piece it lies */
	for (uint32_t i = 0; i < rows; i++) {
		make_file(&m, 0);
		drop_file(&m, 0);
	}
	f = machine_decode(&m);
	T_CHECKF(look_file(f).gone == rows, NAME("pieces: every row, in %s", what), "%u files",
		 look_file(f).gone);
	live(&m);
	T_CHECK(machine_decode(&m)->nregion && !m.violations, NAME("pieces: a life in %s", what));
	machine_stop(&m);
}

/* Books may begin at any multiple of 16, and end where they say. */
static void test_books(void)
{
	for (size_t at = 0; at < 64; at += 16) {
		struct machine m = machine();
		char name[80];
		bool good;

		m.books_at = at;
		good = machine_start(&m) && make_file(&m, 0);
		if (good)
			drop_file(&m, 0);
		for (size_t i = 0; i < 64; i++)
			good = good && m.books[at + m.books_bytes + i] == (char)UNUSED;
		T_CHECK(good && !m.violations, NAME("books: at a multiple of 64 plus %zu", at));
		machine_stop(&m);
	}
}

/* ---- the shadow pool ---- */

static void *file_of(struct machine *m, uint32_t n)
{
	struct dmv_grant g;

	if (machine_channel(m, m->a, n, &g) != DMV_OK)
		return NULL;
	dmv_channel_done(m->v, &g, DMV_KEEP_REGISTERS);
	return g.handle;
}

static uint32_t hooked(struct machine *m, const void *handle)
{
	const struct dmv_facts *f = machine_decode(m);

	for (size_t i = 0; i < f->nfile; i++)
		if (f->file[i].life == DMV_LIVE && f->file[i].handle == (uintptr_t)handle)
			return f->file[i].hooked;
	return DMV_NO_INDEX;
}

/* Hooked or not, the driver gets its data and nobody complains. */
static void transfer(struct machine *m, void *base, const char *what)
{
	static char bytes[2 * PAGE];
	struct dmv_span s = { .va = (uintptr_t)bytes + 100, .bytes = 64,
			      .phys = (uintptr_t)bytes + 100, .original = bytes + 100 };
	uint64_t n, bus = 0;
	bool good;
	char name[80];

	memset(bytes, 0, sizeof(bytes));
	good = dmv_map(m->v, m->a, base, &s, false, CALLER, &n, &bus) == DMV_OK && n == 64;
	if (good)
		memset((void *)(uintptr_t)bus, 0x5A, 64);
	good = good && dmv_flush(m->v, m->a, base, &s, false, 64, CALLER) == DMV_OK;
	T_CHECK(good && bytes[100] == 0x5A && bytes[163] == 0x5A && !bytes[99] && !bytes[164],
		NAME("shadow: %s: a transfer", what));
}

static void end_shadow(struct machine *m, const char *what, uint32_t unhooked)
{
	const struct dmv_facts *f;
	char name[80];

	dmv_adapter_put(m->v, m->a, CALLER);
	f = machine_decode(m);
	T_CHECK(f->nregion && f->region[0].shadow_short == unhooked,
		NAME("shadow: %s: unhooked registers are counted", what));
	T_CHECKF(!m->violations, NAME("shadow: %s: nothing is misjudged", what), "rule 0x%x",
		 m->last_rule);
	machine_stop(m);
}

static void test_shadow(const char *what, uint32_t shadows, size_t first, size_t second, uint32_t n,
			uint32_t want)
{
	struct machine m = machine();
	void *base;
	char name[80];

	m.shadows = shadows;
	m.shadow_pages[0] = first;
	m.shadow_pages[1] = second;
	machine_start(&m);
	base = file_of(&m, n);
	T_EQ(hooked(&m, base), want, NAME("shadow: %s", what));
	transfer(&m, base, what);
	dmv_registers_free(m.v, m.a, base, n, CALLER);
	end_shadow(&m, what, first && want < n ? n : 0);
}

static void test_shadow_pieces(void)
{
	struct machine m = machine();
	void *one[4], *two;

	m.shadows = 1;
	m.shadow_pages[0] = 12;
	machine_start(&m);
	for (int i = 0; i < 4; i++)
		one[i] = file_of(&m, 1);
	T_EQ(hooked(&m, one[3]), 1, "shadow: full");
	dmv_registers_free(m.v, m.a, one[0], 1, CALLER);
	dmv_registers_free(m.v, m.a, one[2], 1, CALLER);
	two = file_of(&m, 2);
	T_EQ(hooked(&m, two), 0, "shadow: six pages free, but not in one piece");
	transfer(&m, two, "in pieces");
	dmv_registers_free(m.v, m.a, two, 2, CALLER);
	one[0] = file_of(&m, 1);
	T_EQ(hooked(&m, one[0]), 1, "shadow: a piece is enough for one");
	transfer(&m, one[0], "a piece");
	for (int i = 0; i < 4; i++)
		if (i != 2)
			dmv_registers_free(m.v, m.a, one[i], 1, CALLER);
	two = file_of(&m, 2);
	T_EQ(hooked(&m, two), 2, "shadow: all is one piece again");
	dmv_registers_free(m.v, m.a, two, 2, CALLER);
	end_shadow(&m, "in pieces", 2);
}

int main(void)
{
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
