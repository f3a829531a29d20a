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

/* What an adapter still waits for when it is put is told, never granted, and given up. */
static void test_waiting_left(void)
{
	struct machine m = machine();
	struct dmv_adapter *first, *next;
	struct dmv_grant g, other;
	struct dmv_request r;

	m.rows[DMV_ABI_K_ADAPTER] = 3;  /* the master, the world's, one that waits */
	m.rows[DMV_ABI_K_REGISTER] = 1;
	machine_start(&m);
	first = machine_adapter(&m, 8);
	T_EQ(machine_channel(&m, m.a, 1, &g), DMV_OK, "waiting: the only register");
	dmv_channel_done(m.v, &g, DMV_KEEP_REGISTERS);
	T_EQ(machine_channel(&m, first, 1, &other), DMV_QUEUED, "waiting: another adapter for it");
	T_EQ(machine_channel(&m, first, 1, &other), DMV_QUEUED, "waiting: and once more");
	T_CHECK(!dmv_next_cancelled(m.v, &r), "waiting: nothing is cancelled before the put");
	dmv_adapter_put(m.v, first, CALLER);
	T_CHECKF(m.violations == 1 && m.last_rule == DMV_V_REQUEST_LEFT,
		 "waiting: both are told at once", "%u violations, last rule %u",
		 m.violations, m.last_rule);
	T_CHECK(!machine_adapter(&m, 8), "waiting: the book of the one that waits is kept");
	dmv_registers_free(m.v, m.a, g.handle, 1, CALLER);
	T_CHECK(!dmv_next_grant(m.v, &other), "waiting: who was put is granted nothing");
	T_CHECK(dmv_next_cancelled(m.v, &r) && r.registers == 1, "waiting: the first is given up");
	T_CHECK(!machine_adapter(&m, 8), "waiting: one more still refers to the book");
	T_CHECK(dmv_next_cancelled(m.v, &r), "waiting: the second is given up");
	T_CHECK(!dmv_next_cancelled(m.v, &r), "waiting: there is no third");
	T_EQ(look_channel(machine_decode(&m)).live, 0, "waiting: nobody waits in the region");
	next = machine_adapter(&m, 8);
	T_CHECK(next == first, "waiting: then the book is free");
	T_EQ(machine_channel(&m, next, 1, &g), DMV_OK, "waiting: and its next owner is granted");
	dmv_channel_done(m.v, &g, DMV_FREE_ALL);
	dmv_adapter_put(m.v, next, CALLER);
	T_CHECKF(m.violations == 1, "waiting: who is not misjudged", "rule 0x%x", m.last_rule);
	machine_stop(&m);
}

/* A driver is unloaded: what its adapter waits for would call code that is gone. */
static void test_waiting_unloaded(void)
{
	struct machine m = machine();
	struct dmv_adapter_request ar = { .max_registers = 8, .version = 1,
					  .max_address = UINT64_MAX };
	const struct dmv_request want = { .registers = 1 };
	struct dmv_adapter *a = NULL;
	struct dmv_grant g, other;
	struct dmv_request r;
	bool ready;

	m.rows[DMV_ABI_K_ADAPTER] = 3;
	m.rows[DMV_ABI_K_REGISTER] = 1;
	machine_start(&m);
	ready = dmv_driver_load(m.v, "gone", 0x1000, 0x1000, DMV_ABI_D_VERIFY, 0,
				&ar.driver) == DMV_OK &&
		dmv_adapter_new(m.v, &ar, CALLER, &a) == DMV_OK &&
		machine_channel(&m, m.a, 1, &g) == DMV_OK;
	if (!T_CHECK(ready && dmv_request(m.v, a, &want, CALLER, &other) == DMV_QUEUED,
		     "unloaded: an adapter of a driver waits"))
		goto out;
	dmv_channel_done(m.v, &g, DMV_KEEP_REGISTERS);
	dmv_driver_unload(m.v, ar.driver, CALLER);
	T_EQ(m.last_rule, DMV_V_ADAPTER_LEAK, "unloaded: its adapter leaks");
	dmv_registers_free(m.v, m.a, g.handle, 1, CALLER);
	T_CHECK(!dmv_next_grant(m.v, &other), "unloaded: its routine is not called");
	T_CHECK(dmv_next_cancelled(m.v, &r) && !dmv_next_cancelled(m.v, &r),
		"unloaded: its request is given up");
out:
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
	test_waiting_unloaded();
	test_driver_left();
	return T_DONE();
}
