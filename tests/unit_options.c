/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Options of drivers and rules, switched at run time; faults on demand; the periodic scan. */
#include "machine.h"

#define ALL (DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW)

static void set(struct machine *m, uint32_t options)
{
	const struct dmv_driver_options o = { .options = options };

	T_EQ(dmv_driver_set(m->v, m->driver, &o, CALLER), DMV_OK, "options: taken");
}

static const struct dmv_driver *the_driver(const struct dmv_facts *f, uint32_t row)
{
	for (size_t i = 0; i < f->ndriver; i++)
		if (f->driver[i].row == row)
			return &f->driver[i];
	return NULL;
}

/* ---- options ---- */

static void test_refused(void)
{
	struct machine m = machine();
	struct dmv_driver_options o = { .options = 0x100 };

	machine_start(&m);
	T_EQ(dmv_driver_set(m.v, m.driver, &o, CALLER), DMV_BAD_CONFIG, "refused: unknown option");
	o.options = ALL;
	T_EQ(dmv_driver_set(m.v, 99, &o, CALLER), DMV_BAD_CONFIG, "refused: no such driver");
	o.fault.kinds = DMV_ABI_FAULT_BUFFERS;
	T_EQ(dmv_driver_set(m.v, m.driver, &o, CALLER), DMV_BAD_CONFIG, "refused: every 0th");
	o.fault = (struct dmv_fault){ 0x80, 1, 0, 0 };
	T_EQ(dmv_driver_set(m.v, m.driver, &o, CALLER), DMV_BAD_CONFIG, "refused: unknown kind");
	dmv_adapter_put(m.v, m.a, CALLER);
	machine_stop(&m);
}

/* What lives when the verification ends is booked on, marked, judged by nobody, leaked by nobody */
static void test_let_go(void)
{
	struct machine m = machine();
	const struct dmv_facts *f;

	machine_start(&m);
	T_CHECK(make_list(&m, 0) && make_buffer(&m, 1), "let go: a list and a buffer");
	set(&m, 0);
	f = machine_decode(&m);
	T_CHECK(f->nadapter == 2 && f->adapter[1].unverified && f->adapter[1].let_go,
		"let go: the adapter says so");
	T_CHECK(look_list(f).live == 1 && look_buffer(f).live == 1, "let go: nothing is lost");
	set(&m, ALL);
	T_CHECK(machine_decode(&m)->adapter[1].let_go, "let go: it does not come back");
	dmv_driver_unload(m.v, m.driver, CALLER);
	T_EQ(m.violations, 0, "let go: no leak at the unload");
	drop_list(&m, 0);
	drop_buffer(&m, 1);
	drop_buffer(&m, 1);
	dmv_adapter_put(m.v, m.a, CALLER);
	T_EQ(m.violations, 0, "let go: what is freed later is right, twice as well");
	f = machine_decode(&m);
	T_CHECK(!look_list(f).live && !look_buffer(f).live, "let go: it was found and freed");
	machine_stop(&m);
}

static void test_guards(void)
{
	struct machine m = machine();
	const struct dmv_facts *f;

	machine_start(&m);
	T_CHECK(make_buffer(&m, 0), "guards: with");
	set(&m, ALL | DMV_ABI_D_NO_GUARDS);
	T_CHECK(make_buffer(&m, 1), "guards: without");
	f = machine_decode(&m);
	T_CHECK(f->buffer[0].va != f->buffer[0].block_virt, "guards: there is padding");
	T_CHECK(f->buffer[1].va == f->buffer[1].block_virt, "guards: there is none");
	drop_buffer(&m, 0);
	drop_buffer(&m, 1);
	dmv_adapter_put(m.v, m.a, CALLER);
	T_EQ(m.violations, 0, "guards: both are freed");
	machine_stop(&m);
}

static uint32_t action(struct machine *m)
{
	const struct dmv_facts *f = machine_decode(m);

	return f->nviolation ? f->violation[f->nviolation - 1].action : 99;
}

/* A channel for more than the adapter may have: 0x15, a warning. */
static bool over_maximum(struct machine *m)
{
	struct dmv_adapter *a = machine_adapter(m, 1);
	struct dmv_grant first, second;
	int result;

	if (!a || machine_channel(m, a, 1, &first) != DMV_OK)
		return false;
	dmv_channel_done(m->v, &first, DMV_KEEP_REGISTERS);
	result = machine_channel(m, a, 1, &second);
	if (result == DMV_OK)
		dmv_channel_done(m->v, &second, DMV_FREE_ALL);
	dmv_registers_free(m->v, a, first.handle, 1, CALLER);
	dmv_adapter_put(m->v, a, CALLER);
	return result == DMV_OK;
}

static void test_strict(void)
{
	struct machine m = machine();

	machine_start(&m);
	dmv_set_mode(m.v, DMV_ABI_MODE_BREAK);
	T_CHECK(over_maximum(&m), "strict: not");
	T_EQ(action(&m), DMV_ABI_MODE_LOG, "strict: a warning is logged");
	set(&m, ALL | DMV_ABI_D_STRICT);
	T_CHECK(!over_maximum(&m), "strict: refused");
	T_EQ(action(&m), DMV_ABI_MODE_BREAK, "strict: an error breaks");
	dmv_adapter_put(m.v, m.a, CALLER);
	machine_stop(&m);
}

static void test_rule_modes(void)
{
	struct machine m = machine();

	machine_start(&m);
	dmv_set_mode(m.v, DMV_ABI_MODE_BREAK);
	dmv_channel_free(m.v, m.a, false, CALLER);
	T_EQ(action(&m), DMV_ABI_MODE_BREAK, "rule mode: as the mode");
	dmv_rule_mode(m.v, DMV_V_CHANNEL_EXTRA_FREE, DMV_ABI_RULE_LOG);
	dmv_channel_free(m.v, m.a, false, CALLER);
	T_EQ(action(&m), DMV_ABI_MODE_LOG, "rule mode: its own");
	dmv_violate(m.v, DMV_V_ADAPTER_NULL, NULL, CALLER, 0, 0, 0);
	T_EQ(action(&m), DMV_ABI_MODE_BREAK, "rule mode: of others it is as it was");
	dmv_rule_mode(m.v, DMV_V_IRQL_ADVISED, DMV_ABI_RULE_BREAK);
	dmv_violate(m.v, DMV_V_IRQL_ADVISED, m.a, CALLER, 0, 0, 0);
	T_EQ(action(&m), DMV_ABI_MODE_BREAK, "rule mode: a warning may break");
	T_EQ(machine_decode(&m)->region[0].rule_modes[DMV_V_IRQL_ADVISED / 16] >>
	     DMV_V_IRQL_ADVISED % 16 * 2 & 3, DMV_ABI_RULE_BREAK, "rule mode: the region says so");
	dmv_rule_mode(m.v, DMV_V_CHANNEL_EXTRA_FREE, DMV_ABI_RULE_AS_MODE);
	dmv_channel_free(m.v, m.a, false, CALLER);
	T_EQ(action(&m), DMV_ABI_MODE_BREAK, "rule mode: as the mode again");
	dmv_rule_mode(m.v, DMV_V_CHANNEL_EXTRA_FREE, DMV_ABI_RULE_STOP);
	dmv_channel_free(m.v, m.a, false, CALLER);
	T_EQ(action(&m), DMV_ABI_MODE_STOP, "rule mode: one that stops");
	T_EQ(machine_decode(&m)->region[0].bug_code, 0xE6, "rule mode: with the bugcheck");
	machine_stop(&m);
}

/* ---- faults ---- */

/* Which of the next ten lists fail, as bits. */
static uint32_t lists_failing(struct machine *m)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < 10; i++) {
		if (make_list(m, 0))
			drop_list(m, 0);
		else
			bits |= 1u << i;
	}
	return bits;
}

static void test_faults(void)
{
	static const struct {
		struct dmv_fault fault;
		uint32_t bits;
	} want[] = {
		{ { DMV_ABI_FAULT_LISTS, 1, 0, 0 }, 0x3FF },
		{ { DMV_ABI_FAULT_LISTS, 3, 0, 0 }, 0x124 },
		{ { DMV_ABI_FAULT_LISTS, 3, 2, 0 }, 0x090 },
		{ { DMV_ABI_FAULT_LISTS, 1, 4, 1 }, 0x010 },
		{ { DMV_ABI_FAULT_LISTS, 2, 0, 3 }, 0x02A },
		{ { DMV_ABI_FAULT_BUFFERS | DMV_ABI_FAULT_REGISTERS, 1, 0, 0 }, 0 },
		{ { 0, 0, 0, 0 }, 0 },
	};
	struct machine m = machine();
	const struct dmv_facts *f;
	uint32_t sum = 0;
	char name[64];

	machine_start(&m);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		const struct dmv_driver_options o = { ALL, 0, want[i].fault };

		dmv_driver_set(m.v, m.driver, &o, CALLER);
		T_EQ(lists_failing(&m), want[i].bits,
		     NAME("faults: every %u after %u, times %u", want[i].fault.every,
			  want[i].fault.after, want[i].fault.times));
		sum += (uint32_t)__builtin_popcount(want[i].bits);
	}
	f = machine_decode(&m);
	T_EQ(f->region[0].injected, sum, "faults: all are counted");
	T_EQ(f->adapter[1].injected_lists, sum, "faults: at the adapter");
	T_EQ(the_driver(f, m.driver)->injected_lists, sum, "faults: at the driver");
	T_EQ(m.violations, 0, "faults: nobody is accused");
	T_EQ(f->region[0].not_booked[DMV_ABI_K_LIST], 0, "faults: no table was full");
	dmv_adapter_put(m.v, m.a, CALLER);
	machine_stop(&m);
}

static void test_faults_of_buffers(void)
{
	struct machine m = machine();
	const struct dmv_driver_options o = { ALL, 0, { DMV_ABI_FAULT_BUFFERS, 1, 1, 1 } };
	const struct dmv_buffer_request r = { .bytes = 64, .max_bus = UINT64_MAX, .cached = true };
	void *vector;

	m.rows[DMV_ABI_K_VECTOR] = 1;
	machine_start(&m);
	dmv_driver_set(m.v, m.driver, &o, CALLER);
	T_EQ(dmv_vector_alloc(m.v, m.a, 2, &r, CALLER, &vector), DMV_NO_MEMORY,
	     "faults: the second buffer of a vector");
	T_EQ(look_buffer(machine_decode(&m)).live, 0, "faults: the first is given back");
	T_EQ(dmv_vector_alloc(m.v, m.a, 2, &r, CALLER, &vector), DMV_OK, "faults: only once");
	set(&m, 0);
	T_EQ(machine_decode(&m)->adapter[1].injected_buffers, 1, "faults: one buffer");
	dmv_adapter_put(m.v, m.a, CALLER);
	T_EQ(m.violations, 0, "faults: let go meanwhile");
	machine_stop(&m);
}

/* ---- the scan ---- */

static uint32_t rounds(struct machine *m, uint32_t pages, uint32_t most)
{
	uint32_t calls = 1;

	while (!dmv_scan(m->v, pages, CALLER) && calls < most)
		calls++;
	return calls;
}

static void test_scan(void)
{
	struct machine m = machine();
	char name[64];
	uint32_t calls;
	char *at;

	m.shadows = 1;
	m.shadow_pages[0] = SHADOW_PAGES;
	machine_start(&m);
	T_CHECK(make_buffer(&m, 0) && make_file(&m, 1) && make_list(&m, 2), "scan: objects");
	for (uint32_t pages = 1; pages <= 64; pages *= 4) {
		rounds(&m, pages, 1000);
		calls = rounds(&m, pages, 1000);
		T_CHECKF(calls <= 40 / pages + 1, NAME("scan: %u pages a call", pages),
			 "%u calls", calls);
	}
	T_EQ(m.violations, 0, "scan: all is as it was laid");
	T_CHECK(machine_decode(&m)->region[0].scan_rounds >= 8, "scan: the region counts it");
	at = m.handle[0];
	at[-1] ^= 1;
	rounds(&m, 1, 1000);
	T_EQ(m.last_rule, DMV_V_TAG_BEFORE, "scan: finds it");
	rounds(&m, 1, 1000);
	T_EQ(m.violations, 1, "scan: says it once");
	at[-1] ^= 1;
	dmv_rule_set(m.v, DMV_V_TAG_BEFORE, false);
	rounds(&m, 1, 1000);
	T_EQ(m.violations, 1, "scan: a rule that is off");
	drop_list(&m, 2);
	drop_file(&m, 1);
	drop_buffer(&m, 0);
	dmv_adapter_put(m.v, m.a, CALLER);
	machine_stop(&m);
}

/* A page of a shadow block at a time, wherever it was hit: each byte is some register's. */
static void test_scan_everywhere(void)
{
	struct machine m = machine();
	uint32_t missed = 0, before;

	m.shadows = 1;
	m.shadow_pages[0] = SHADOW_PAGES;
	machine_start(&m);
	T_CHECK(make_file(&m, 0), "scan: a file");
	for (size_t at = 0; at < 3 * PAGE; at += 512) {
		before = m.violations;
		m.shadow[at] ^= 1;
		rounds(&m, 2, 1000);
		missed += m.violations == before && (unsigned char)m.shadow[at] != 0x0E;
		missed += m.violations > before + 1;
		m.shadow[at] = 0x0F;
	}
	T_EQ(missed, 0, "scan: hit anywhere, it is said once");
	T_CHECK(m.violations == 24, "scan: each was");
	drop_file(&m, 0);
	dmv_adapter_put(m.v, m.a, CALLER);
	machine_stop(&m);
}

int main(void)
{
	test_refused();
	test_let_go();
	test_guards();
	test_strict();
	test_rule_modes();
	test_faults();
	test_faults_of_buffers();
	test_scan();
	test_scan_everywhere();
	return T_DONE();
}
