/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Single transfers against the core itself, without a face: lengths and page offsets at their
 * edges, what a host's copy_fill must do, and that nothing to transfer is refused.
 */
#include <stdlib.h>

#include "t.h"
#include "dmv.h"
#include "port/posix/posix.h"

enum { PAGE = 4096, REGISTERS = 8, MAP_CALLER = 0x401000, FLUSH_CALLER = 0x402000, FILL = 0x0F };

struct world {
	struct dmv_posix *p;
	struct dmv *v;
	struct dmv_adapter *a;
	void *base;
	char *buffer;
	uint32_t violations, last_rule;
};

static void on_report(void *arg, const struct dmv_report *r)
{
	struct world *w = arg;

	w->violations++;
	w->last_rule = r->rule;
}

static bool start(struct world *w)
{
	const struct dmv_adapter_request ar = {
		.driver = DMV_ABI_NONE, .max_registers = 2 * REGISTERS, .version = 1,
		.max_address = UINT64_MAX, .flags = DMV_ABI_A_SCATTER_GATHER,
	};
	const struct dmv_request r = { .registers = REGISTERS };
	struct dmv_posix_config c;
	struct dmv_grant g;

	dmv_posix_defaults(&c);
	c.core.mode = DMV_ABI_MODE_LOG;
	c.core.stack_depth = 1;
	c.on_report = on_report;
	c.arg = w;
	if (dmv_posix_start(&c, &w->p) != DMV_OK)
		return false;
	w->v = dmv_posix_verifier(w->p);
	w->buffer = dmv_posix_pages(w->p, REGISTERS);
	if (!w->buffer || dmv_adapter_new(w->v, &ar, MAP_CALLER, &w->a) != DMV_OK ||
	    dmv_request(w->v, w->a, &r, MAP_CALLER, &g) != DMV_OK)
		return false;
	w->base = g.handle;
	dmv_channel_done(w->v, &g, DMV_KEEP_REGISTERS);
	return true;
}

static struct dmv_span span(const struct world *w, size_t offset, size_t bytes)
{
	return (struct dmv_span){ .va = (uintptr_t)w->buffer + offset, .bytes = bytes,
				  .phys = (uintptr_t)w->buffer + offset,
				  .original = w->buffer + offset };
}

/* As a device does it: element after element, by the bus address that the verifier gave. */
static bool transfer(struct world *w, size_t offset, size_t bytes)
{
	uint64_t got, bus;
	size_t done = 0;

	while (done < bytes) {
		const struct dmv_span s = span(w, offset + done, bytes - done);

		if (dmv_map(w->v, w->a, w->base, &s, false, MAP_CALLER, &got, &bus) != DMV_OK ||
		    got == 0 || got > bytes - done)
			return false;
		memset((char *)(uintptr_t)bus, (int)(done / PAGE) + 1, got);
		done += got;
	}
	const struct dmv_span whole = span(w, offset, bytes);

	return dmv_flush(w->v, w->a, w->base, &whole, false, bytes, FLUSH_CALLER) == DMV_OK;
}

static bool came(const struct world *w, size_t offset, size_t bytes)
{
	for (size_t i = 0; i < (size_t)REGISTERS * PAGE; i++) {
		const bool inside = i >= offset && i < offset + bytes;

		if ((w->buffer[i] != 0) != inside)
			return false;
	}
	return true;
}

static void test_edges(struct world *w)
{
	static const struct { size_t offset, bytes; } edge[] = {
		{ 0, 1 }, { 0, 31 }, { 0, 33 }, { 1, 1 }, { PAGE - 1, 1 }, { PAGE - 1, 2 },
		{ 0, PAGE }, { 1, PAGE - 1 }, { 1, PAGE }, { 0, PAGE + 1 }, { 100, 2 * PAGE },
		{ PAGE - 1, PAGE + 2 }, { 0, 4 * PAGE }, { 5, 7 * PAGE }, { 0, REGISTERS * PAGE },
	};

	for (size_t i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "transfer: %zu bytes at offset %zu", edge[i].bytes,
			 edge[i].offset);
		memset(w->buffer, 0, (size_t)REGISTERS * PAGE);
		w->violations = 0;
		T_CHECKF(transfer(w, edge[i].offset, edge[i].bytes) &&
			 came(w, edge[i].offset, edge[i].bytes) && !w->violations, name,
			 "%u violations, last rule %u", w->violations, w->last_rule);
	}
}

static void test_nothing(struct world *w)
{
	const struct dmv_span none = span(w, 8, 0), one = span(w, 8, 1);
	uint64_t got = 7, bus = 7;

	w->violations = 0;
	T_EQ((unsigned)-dmv_map(w->v, w->a, w->base, &none, false, MAP_CALLER, &got, &bus),
	     (unsigned)-DMV_VIOLATED, "nothing: no map");
	T_CHECK(got == 7 && bus == 7, "nothing: no address given");
	T_CHECK(transfer(w, 8, 1), "nothing: the register was not taken");
	T_EQ((unsigned)-dmv_flush(w->v, w->a, w->base, &none, false, 0, FLUSH_CALLER),
	     (unsigned)-DMV_VIOLATED, "nothing: no flush");
	T_EQ(w->violations, 0, "nothing: the face raises the rule, not the core");
	T_EQ((unsigned)-dmv_flush(w->v, w->a, w->base, &one, false, 1, FLUSH_CALLER),
	     (unsigned)-DMV_VIOLATED, "nothing: is mapped at the end");
	T_EQ(w->last_rule, DMV_V_FLUSH_NOT_MAPPED, "nothing: and a flush of it is told");
}

/* A list is mapped into its own registers: what they cannot take must not reach those behind. */
static void test_lists(struct world *w)
{
	static const struct { uint32_t registers; size_t offset; uint64_t bytes; } bad[] = {
		{ 1, 0, 0 }, { 1, 0, PAGE + 1 }, { 1, 1, PAGE }, { 2, PAGE - 1, PAGE + 2 },
		{ 8, 0, UINT64_C(1) << 44 }, { 8, 0, UINT64_MAX },
	};
	struct dmv_request r = { .list = true, .memory = w };
	struct dmv_grant g;
	void *attached;

	w->violations = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char name[80];

		r.registers = bad[i].registers;
		r.transfer.span = span(w, bad[i].offset, bad[i].bytes);
		snprintf(name, sizeof(name), "list: 0x%llx bytes at offset %zu and %u registers",
			 (unsigned long long)bad[i].bytes, bad[i].offset, bad[i].registers);
		T_EQ((unsigned)-dmv_request(w->v, w->a, &r, MAP_CALLER, &g),
		     (unsigned)-DMV_VIOLATED, name);
	}
	r.registers = 2;
	r.transfer.span = span(w, 1, PAGE);
	T_CHECK(dmv_request(w->v, w->a, &r, MAP_CALLER, &g) == DMV_OK && g.elements == 2,
		"list: one that fits");
	T_CHECK(dmv_list_put(w->v, w->a, w, false, FLUSH_CALLER, &attached) && !w->violations,
		"list: and is put");
}

/* Frames end before the span does: the flush must say so and read none behind them. */
static void test_frames_end(struct world *w)
{
	uintptr_t *frame = malloc(2 * sizeof(*frame));
	struct dmv_span s = span(w, 0, 2 * PAGE);
	uint64_t got, bus;

	if (!frame)
		exit(1);
	frame[0] = (uintptr_t)w->buffer / PAGE;
	frame[1] = frame[0] + 1;
	s.frame = frame;
	s.frames = 2;
	w->violations = 0;
	T_CHECK(dmv_map(w->v, w->a, w->base, &s, false, MAP_CALLER, &got, &bus) == DMV_OK,
		"frames: two pages with frames of their own");
	s.frames = 1;
	s.bytes = got + PAGE;
	T_EQ((unsigned)-dmv_flush(w->v, w->a, w->base, &s, false, s.bytes, FLUSH_CALLER),
	     (unsigned)-DMV_VIOLATED, "frames: none behind the last is looked at");
	T_EQ(w->last_rule, DMV_V_FLUSH_OTHER_PART, "frames: the rest is another part");
	s.bytes = got;
	T_CHECK(dmv_flush(w->v, w->a, w->base, &s, false, got, FLUSH_CALLER) == DMV_OK,
		"frames: what is there is flushed");
	free(frame);
}

/* All lengths around the widths of registers, at all alignments, and nothing beside it. */
static void test_copy_fill(void)
{
	enum { MOST = 200, ROOM = 64 + MOST + 64 };
	unsigned char from[ROOM], to[ROOM];
	unsigned wrong = 0;

	for (size_t n = 0; n <= MOST; n++)
		for (size_t at = 0; at < 33; at++) {
			for (size_t i = 0; i < ROOM; i++)
				from[i] = (unsigned char)(i ^ 0x80);
			memset(to, 0xEE, sizeof(to));
			dmv_posix_copy_fill(to + 64 - at, from + at, n, FILL);
			for (size_t i = 0; i < ROOM; i++) {
				const bool in_from = i >= at && i < at + n;
				const bool in_to = i >= 64 - at && i < 64 - at + n;

				wrong += from[i] != (in_from ? FILL : (unsigned char)(i ^ 0x80));
				wrong += to[i] != (in_to ? (unsigned char)((i - 64 + 2 * at) ^ 0x80)
						   : 0xEE);
			}
		}
	T_EQ(wrong, 0, "copy_fill: each length at each alignment");
}

int main(void)
{
	struct world w = { 0 };

	test_copy_fill();
	if (!start(&w)) {
		printf("not ok transfer: the verifier does not start\n");
		return 1;
	}
	test_edges(&w);
	test_nothing(&w);
	test_frames_end(&w);
	test_lists(&w);
	dmv_registers_free(w.v, w.a, w.base, REGISTERS, MAP_CALLER);
	dmv_adapter_put(w.v, w.a, MAP_CALLER);
	dmv_posix_stop(w.p);
	return T_DONE();
}
