/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The control block: what is obeyed, what is refused and where, and that half a request is none. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "machine.h"

enum { BLOCK = 8192, ASKED = 0xC0, ROWS = 0x140 };

struct block {
	struct machine m;
	struct dmv_abi_control *b;
	uint32_t number;                /* of the driver "Disk" */
};

static struct dmv_abi_control_driver *row(struct block *x, uint32_t i)
{
	return (struct dmv_abi_control_driver *)(void *)((char *)x->b + ROWS) + i;
}

static const struct dmv_abi_control_state *state(const struct block *x, uint32_t i)
{
	return (const struct dmv_abi_control_state *)(const void *)((char *)x->b +
								    x->b->state_offset) + i;
}

/* As SPEC.md says it, not as the core does it. */
static uint32_t crc32(const unsigned char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
	}
	return ~crc;
}

static void finish(struct block *x)
{
	x->b->checksum = crc32((const unsigned char *)x->b + ASKED, x->b->state_offset - ASKED);
	x->b->sequence += 2;
}

static bool ask(struct block *x)
{
	finish(x);
	return dmv_control_poll(x->m.v);
}

static void start(struct block *x)
{
	static _Alignas(8) char memory[BLOCK];

	*x = (struct block){ .m = machine(), .b = (void *)memory };
	x->m.control = (struct dmv_memory){ memory, DMV_ABI_UNKNOWN, BLOCK };
	machine_start(&x->m);
	T_EQ(dmv_driver_load(x->m.v, "Disk", 0, 0, DMV_ABI_D_VERIFY, 8, &x->number), DMV_OK,
	     "control: a driver");
}

static void stop(struct block *x)
{
	dmv_adapter_put(x->m.v, x->m.a, CALLER);
	machine_stop(&x->m);
}

static uint32_t options(struct block *x, uint32_t number)
{
	const struct dmv_facts *f = machine_decode(&x->m);

	for (size_t i = 0; i < f->ndriver; i++)
		if (f->driver[i].row == number)
			return f->driver[i].options;
	return 99;
}

/* ---- obeyed ---- */

static void test_form(void)
{
	struct block x;

	start(&x);
	T_CHECK(!memcmp(x.b->magic, DMV_ABI_CONTROL_MAGIC, 8), "form: magic");
	T_EQ(x.b->state_offset, ROWS + x.b->asked_rows * 96, "form: rows");
	T_CHECK(x.b->state_offset + x.b->state_rows * 112 <= BLOCK, "form: all of it fits");
	T_EQ(machine_decode(&x.m)->region[0].control_virt, (uintptr_t)x.b,
	     "form: the region says where");
	T_CHECK(!dmv_control_poll(x.m.v) && !x.b->answered, "form: nothing is asked yet");
	stop(&x);
}

static void test_obeyed(void)
{
	struct block x;
	uint32_t later, other;

	start(&x);
	x.b->fields = DMV_ABI_CONTROL_MODE | DMV_ABI_CONTROL_FLAGS | DMV_ABI_CONTROL_RULES_OFF |
		      DMV_ABI_CONTROL_RULE_MODES | DMV_ABI_CONTROL_DRIVERS;
	x.b->ask_mode = DMV_ABI_MODE_BREAK;
	x.b->ask_flags = DMV_ABI_F_STRICT;
	x.b->ask_rules_off[0] = 1u << DMV_V_BUFFER_LEAK;
	x.b->ask_rule_modes[0] = DMV_ABI_RULE_LOG << 2 * DMV_V_LIST_LEAK;
	x.b->others = DMV_ABI_OTHERS_NONE;
	x.b->count = 2;
	*row(&x, 0) = (struct dmv_abi_control_driver){ .name = "dISK", .options = 3,
						       .hook_quota = 5 };
	*row(&x, 1) = (struct dmv_abi_control_driver){
		.name = "later", .options = 9, .fault_kinds = DMV_ABI_FAULT_LISTS,
		.fault_every = 3 };
	T_CHECK(ask(&x), "obeyed: taken");
	T_EQ(x.b->answered, 2, "obeyed: answered");
	T_EQ(x.b->verdict, DMV_ABI_VERDICT_OBEYED, "obeyed: it says so");
	T_EQ(machine_decode(&x.m)->region[0].mode, DMV_ABI_MODE_BREAK, "obeyed: mode");
	T_CHECK(x.m.facts.region[0].strict, "obeyed: flags");
	T_EQ(x.m.facts.region[0].rules_off[0], 1u << DMV_V_BUFFER_LEAK, "obeyed: rules off");
	T_EQ(x.m.facts.region[0].rule_modes[0], 1u << 2 * DMV_V_LIST_LEAK, "obeyed: rule modes");
	T_EQ(options(&x, x.number), 3, "obeyed: a driver that is loaded, in any case");
	T_EQ(options(&x, x.m.driver), 0, "obeyed: one without a name is another");
	T_CHECK(x.m.facts.adapter[1].let_go, "obeyed: its adapter is let go");
	dmv_driver_load(x.m.v, "Later", 0, 0, DMV_ABI_D_VERIFY, 0, &later);
	dmv_driver_load(x.m.v, "other", 0, 0, DMV_ABI_D_VERIFY, 0, &other);
	T_EQ(options(&x, later), 9, "obeyed: a driver that is loaded later");
	T_EQ(options(&x, other), 0, "obeyed: and another one");
	T_CHECK(!dmv_control_poll(x.m.v), "obeyed: once");
	stop(&x);
}

static void test_partly(void)
{
	struct block x;
	uint32_t later;

	start(&x);
	x.b->fields = DMV_ABI_CONTROL_DRIVERS;
	x.b->others = DMV_ABI_OTHERS_ALL;
	x.b->others_options = 1;
	x.b->ask_mode = DMV_ABI_MODE_STOP;
	T_CHECK(ask(&x), "partly: the drivers only");
	T_EQ(machine_decode(&x.m)->region[0].mode, DMV_ABI_MODE_LOG, "partly: not the mode");
	T_EQ(options(&x, x.m.driver), 1, "partly: all drivers");
	x.b->fields = DMV_ABI_CONTROL_MODE;
	x.b->others = DMV_ABI_OTHERS_NONE;
	T_CHECK(ask(&x), "partly: the mode only");
	T_EQ(machine_decode(&x.m)->region[0].mode, DMV_ABI_MODE_STOP, "partly: the mode");
	dmv_driver_load(x.m.v, "later", 0, 0, 3, 0, &later);
	T_EQ(options(&x, later), 1, "partly: what was asked of the drivers still holds");
	x.b->fields = DMV_ABI_CONTROL_DRIVERS;
	x.b->others = DMV_ABI_OTHERS_OWN;
	T_CHECK(ask(&x), "partly: back");
	T_EQ(options(&x, later), 3, "partly: as their host wants them");
	T_EQ(options(&x, x.number), 1, "partly: each as its own host does");
	stop(&x);
}

static void test_state(void)
{
	struct block x;

	start(&x);
	x.b->fields = 0;
	T_CHECK(ask(&x), "state: asked for nothing");
	T_EQ(x.b->drivers, 3, "state: drivers");
	T_CHECK(!strcmp(state(&x, 2)->name, "Disk") && state(&x, 2)->options == 1 &&
		state(&x, 2)->hook_quota == 8 && !state(&x, 2)->adapters, "state: one of them");
	T_EQ(state(&x, 1)->adapters, 1, "state: adapters");
	T_EQ(x.b->mode, DMV_ABI_MODE_LOG, "state: mode");
	stop(&x);
}

/* ---- refused ---- */

/* `what` is there: it is refused at `where`, and nothing has changed. */
static void is_refused(struct block *x, enum dmv_abi_verdict verdict, size_t where,
		       const char *what)
{
	const struct dmv_abi_header before = *dmv_header(x->m.v);
	const uint32_t was = options(x, x->number);
	char name[96];

	T_CHECK(!dmv_control_poll(x->m.v), NAME("refused: %s", what));
	T_EQ(x->b->verdict, verdict, NAME("refused: %s: why", what));
	T_EQ(x->b->where, where, NAME("refused: %s: where", what));
	T_EQ(x->b->answered, x->b->sequence, NAME("refused: %s: is answered", what));
	T_CHECK(dmv_header(x->m.v)->mode == before.mode &&
		dmv_header(x->m.v)->flags == before.flags &&
		!memcmp(dmv_header(x->m.v)->rules_off, before.rules_off, 16) &&
		options(x, x->number) == was, NAME("refused: %s: nothing changes", what));
}

/* A request that is right, to be spoilt. */
static void right(struct block *x)
{
	memset((char *)x->b + ASKED, 0, x->b->state_offset - ASKED);
	x->b->fields = DMV_ABI_CONTROL_MODE | DMV_ABI_CONTROL_RULES_OFF | DMV_ABI_CONTROL_DRIVERS;
	x->b->ask_mode = DMV_ABI_MODE_STOP;
	x->b->ask_rules_off[0] = 2;
	x->b->count = 2;
	*row(x, 0) = (struct dmv_abi_control_driver){ .name = "disk", .options = 3 };
	*row(x, 1) = (struct dmv_abi_control_driver){ .name = "tape", .options = 3 };
}

static void test_values(void)
{
	static const struct {
		size_t at;
		uint32_t value;
		size_t where;
	} bad[] = {
		{ 0xC0, 0x20, 0xC0 }, { 0xC4, 3, 0xC4 }, { 0xC8, 4, 0xC8 }, { 0xCC, 3, 0xCC },
		{ 0xD0, 1, 0xD0 }, { 0xDC, 1u << 31, 0xDC }, { 0xE0, 1, 0xE0 },
		{ 0xFC, 3u << 30, 0xFC }, { 0x100, 0x10, 0x100 }, { 0x104, 39, 0x104 },
		{ 0x104, UINT32_MAX, 0x104 }, { 0x108, 1, 0x108 }, { 0x13C, 1, 0x13C },
		{ 0x140, 0, 0x140 }, { 0x140, 0x6b730a64, 0x140 }, { 0x180, 0x80, 0x180 },
		{ 0x188, 8, 0x180 }, { 0x188, 1, 0x180 }, { 0x198, 1, 0x180 },
		{ 0x1A0, 0x4b534944, 0x1A0 },
	};
	struct block x;
	char what[32];

	start(&x);
	T_CHECK(x.b->asked_rows == 37, "values: rows");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		right(&x);
		memcpy((char *)x.b + bad[i].at, &bad[i].value, 4);
		finish(&x);
		snprintf(what, sizeof(what), "0x%x at 0x%zx", bad[i].value, bad[i].at);
		is_refused(&x, DMV_ABI_VERDICT_VALUE, bad[i].where, what);
	}
	right(&x);
	memset(row(&x, 1)->name, 'x', 64);
	finish(&x);
	is_refused(&x, DMV_ABI_VERDICT_VALUE, 0x1A0, "a name without an end");
	right(&x);
	T_CHECK(ask(&x), "values: what was spoilt is right");
	stop(&x);
}

static void test_form_changed(void)
{
	static const size_t at[] = { 0x00, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C, 0x20 };
	struct block x;
	char what[32];

	start(&x);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		right(&x);
		finish(&x);             /* over the state_offset that is right */
		((char *)x.b)[at[i]] ^= 0x40;
		snprintf(what, sizeof(what), "the form at 0x%zx", at[i]);
		is_refused(&x, DMV_ABI_VERDICT_FORM, at[i], what);
		((char *)x.b)[at[i]] ^= 0x40;
	}
	right(&x);
	finish(&x);
	x.b->ask_mode = DMV_ABI_MODE_BREAK;
	is_refused(&x, DMV_ABI_VERDICT_CHECKSUM, 0x34, "a checksum of something else");
	stop(&x);
}

static void test_half(void)
{
	struct block x;

	start(&x);
	right(&x);
	finish(&x);
	x.b->sequence++;
	T_CHECK(!dmv_control_poll(x.m.v) && !x.b->answered, "half: being written");
	x.b->sequence++;
	T_CHECK(dmv_control_poll(x.m.v), "half: whole at last");
	stop(&x);
}

/* ---- somebody writes while it is read ---- */

struct writer {
	struct block *x;
	char image[2][BLOCK];           /* of two requests, all that is asked in them */
	atomic_bool end;
	unsigned requests;
};

/* Mode, at its start, and the options of the driver that is loaded, at its end, are n. */
static void make_image(struct writer *w, uint32_t n)
{
	struct dmv_abi_control *b = w->x->b;

	b->fields = DMV_ABI_CONTROL_MODE | DMV_ABI_CONTROL_DRIVERS;
	b->ask_mode = n;
	b->count = b->asked_rows;
	for (uint32_t i = 0; i < b->count; i++) {
		*row(w->x, i) = (struct dmv_abi_control_driver){ .name = "disk", .options = n };
		if (i + 1 < b->count)
			snprintf(row(w->x, i)->name, 64, "driver %u", i);
	}
	memcpy(w->image[n], b, b->state_offset);
	memset((char *)b + ASKED, 0, b->state_offset - ASKED);
}

/* One after the other, mostly faster than they can be read. */
static void *write_on(void *arg)
{
	struct writer *w = arg;
	struct dmv_abi_control *b = w->x->b;
	const size_t n = b->state_offset - ASKED;
	uint32_t crc[2];

	for (int i = 0; i < 2; i++)
		crc[i] = crc32((unsigned char *)w->image[i] + ASKED, n);
	for (; !atomic_load(&w->end); w->requests++) {
		__atomic_store_n(&b->sequence, b->sequence | 1, __ATOMIC_SEQ_CST);
		memcpy((char *)b + ASKED, w->image[w->requests % 2] + ASKED, n);
		b->checksum = crc[w->requests % 2];
		__atomic_store_n(&b->sequence, b->sequence + 1, __ATOMIC_SEQ_CST);
		for (volatile unsigned k = w->requests % 64 * 128; k; k--)
			;
	}
	return NULL;
}

/* What holds after each poll is one request's, not parts of two; whatever the answer. */
static void test_torn(void)
{
	static struct writer w;
	unsigned mixed = 0, obeyed = 0;
	struct block x;
	pthread_t t;

	start(&x);
	w.x = &x;
	make_image(&w, 0);
	make_image(&w, 1);
	pthread_create(&t, NULL, write_on, &w);
	for (int i = 0; obeyed < 300 && i < 20000000; i++) {
		if (!dmv_control_poll(x.m.v))
			continue;
		obeyed++;
		mixed += options(&x, x.number) != dmv_header(x.m.v)->mode;
	}
	atomic_store(&w.end, true);
	pthread_join(t, NULL);
	T_EQ(mixed, 0, "torn: what holds is one request's");
	T_CHECKF(obeyed && w.requests > obeyed, "torn: some were whole", "%u of %u", obeyed,
		 w.requests);
	T_CHECK(x.b->verdict == DMV_ABI_VERDICT_OBEYED, "torn: none was refused");
	stop(&x);
}

/* Without one. */
static void test_none(void)
{
	struct machine m = machine();

	machine_start(&m);
	T_CHECK(!dmv_control_poll(m.v), "none: nothing to obey");
	T_EQ(machine_decode(&m)->region[0].control_virt, DMV_NO_ADDR, "none: the region says so");
	dmv_adapter_put(m.v, m.a, CALLER);
	machine_stop(&m);
}

int main(void)
{
	test_form();
	test_obeyed();
	test_partly();
	test_state();
	test_values();
	test_form_changed();
	test_half();
	test_torn();
	test_none();
	return T_DONE();
}
