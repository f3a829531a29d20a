/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Who finds no map register or no channel waits; who goes meanwhile leaves nothing to the next. */
#include "machine.h"

/* No row for who would wait; and who waits finds registers but no row for their file. */
static void test_waiting(void)
{
	struct machine m = machine();
	struct dmv_adapter *second;
	struct dmv_grant g, other;

	m.rows[DMV_ABI_K_REGISTER] = 1;
	m.rows[DMV_ABI_K_CHANNEL] = 0;
	machine_start(&m);
	T_CHECK(make_list(&m, 0), "waiting: a list needs no channel");
	T_EQ(machine_list(&m, 1, &g), DMV_NO_MEMORY, "waiting: no row to wait in");
	drop_list(&m, 0);
	T_CHECK(!dmv_next_grant(m.v, &g) && make_list(&m, 1), "waiting: it was not queued");
	drop_list(&m, 1);
	T_EQ(m.violations, 0, "waiting: nothing is misjudged");
	machine_stop(&m);

	m = machine();
	m.rows[DMV_ABI_K_FILE] = 1;
	m.cpus = 2;
	machine_start(&m);
	second = machine_adapter(&m, 8);
	T_EQ(machine_channel(&m, m.a, 1, &g), DMV_OK, "waiting: the only file");
	m.cpu = 1;                      /* on the first one this driver's routine runs */
	T_EQ(machine_channel(&m, m.a, 1, &other), DMV_QUEUED, "waiting: for the channel");
	T_EQ(machine_channel(&m, second, 1, &other), DMV_NO_MEMORY,
	     "waiting: a second file is refused");
	dmv_channel_done(m.v, &g, DMV_KEEP_REGISTERS);
	T_CHECK(!dmv_next_grant(m.v, &other), "waiting: the channel is free, a file is not");
	T_EQ(dmv_header(m.v)->not_booked[DMV_ABI_K_FILE], 1,
	     "waiting: who waits is not counted as refused");
	dmv_registers_free(m.v, m.a, g.handle, 1, CALLER);
	if (T_CHECK(dmv_next_grant(m.v, &other) && other.adapter == m.a,
		    "waiting: until the file is free"))
		dmv_channel_done(m.v, &other, DMV_FREE_ALL);
	dmv_adapter_put(m.v, second, CALLER);
	dmv_adapter_put(m.v, m.a, CALLER);
	T_EQ(look_channel(machine_decode(&m)).live, 0, "waiting: nobody is left");
	T_CHECKF(!m.violations, "waiting: nothing is misjudged, either", "rule 0x%x", m.last_rule);
	machine_stop(&m);
}

/* What an adapter still waits for when it is put is not granted to the next one with its book. */
static void test_waiting_left(void)
{
	struct machine m = machine();
	struct dmv_adapter *first, *next;
	struct dmv_grant g, other;

	m.rows[DMV_ABI_K_ADAPTER] = 4;  /* the master, the world's, one that waits, one more */
	m.rows[DMV_ABI_K_REGISTER] = 1;
	machine_start(&m);
	first = machine_adapter(&m, 8);
	T_EQ(machine_channel(&m, m.a, 1, &g), DMV_OK, "waiting: the only register");
	dmv_channel_done(m.v, &g, DMV_KEEP_REGISTERS);
	T_EQ(machine_channel(&m, first, 1, &other), DMV_QUEUED, "waiting: another adapter for it");
	dmv_adapter_put(m.v, first, CALLER);
	for (int i = 0; i < 2; i++) {
		next = machine_adapter(&m, 8);
		if (!next)
			break;
		T_CHECK(next != first, "waiting: the book of the one that waits is not used again");
		dmv_registers_free(m.v, m.a, g.handle, 1, CALLER);
		if (dmv_next_grant(m.v, &other))
			dmv_channel_done(m.v, &other, DMV_FREE_ALL);
		dmv_adapter_put(m.v, next, CALLER);
		if (machine_channel(&m, m.a, 1, &g) == DMV_OK)
			dmv_channel_done(m.v, &g, DMV_KEEP_REGISTERS);
	}
	T_CHECKF(!m.violations, "waiting: the next adapter is not misjudged", "rule 0x%x",
		 m.last_rule);
	machine_stop(&m);
}

/* A driver unloaded too early: its number is not given to another while adapters hold it. */
static void test_driver_left(void)
{
	struct machine m = machine();
	const struct dmv_facts *f;
	uint32_t next = 0;
	struct dmv_adapter *a;

	m.bare = true;
	m.rows[DMV_ABI_K_DRIVER] = 2;
	machine_start(&m);
	make_driver(&m, 0);
	m.driver = m.number[0];
	a = machine_adapter(&m, 8);
	drop_driver(&m, 0);
	T_CHECK(m.violations == 1 && m.last_rule == DMV_V_ADAPTER_LEAK,
		"drivers: one leaves an adapter");
	if (dmv_driver_load(m.v, "next", 0, 0, DMV_ABI_D_VERIFY, 0, &next))
		next = 0;
	dmv_adapter_put(m.v, a, CALLER);
	f = machine_decode(&m);
	for (size_t i = 0; i < f->ndriver; i++)
		T_CHECKF(!f->driver[i].adapters, "drivers: the adapter is not the next driver's",
			 "driver %zu has %u", i, f->driver[i].adapters);
	T_CHECK(!dmv_driver_load(m.v, "next", 0, 0, DMV_ABI_D_VERIFY, 0, &next) || next,
		"drivers: once it is put the row is free again");
	machine_stop(&m);
}

int main(void)
{
	test_waiting();
	test_waiting_left();
	test_driver_left();
	return T_DONE();
}
