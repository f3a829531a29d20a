/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Faults of the IOMMU: kept wherever they come, also in the middle of a call, said once the lock is
 * free, in their order, with the adapter and the memory they are about.
 */
#include "machine.h"

enum { DEVICE = 0xDE0000, OTHER = 0xDE1000, FREER = 0x402000, KEPT = 16 };

static struct dmv_adapter *adapter_of(struct machine *m, uint64_t device)
{
	const struct dmv_adapter_request r = {
		.driver = m->driver, .device = device, .max_registers = 8, .version = 1,
		.flags = DMV_ABI_A_BUS_MASTER, .max_address = UINT64_MAX,
	};
	struct dmv_adapter *a = NULL;

	dmv_adapter_new(m->v, &r, CALLER, &a);
	return a;
}

static bool fault(struct machine *m, uint64_t device, uint64_t address)
{
	return dmv_iommu_fault(m->v, &(struct dmv_iommu_fault){ device, address, 5 });
}

/* The violation that was raised last. */
static struct dmv_violation_fact last(struct machine *m)
{
	const struct dmv_facts *f = machine_decode(m);
	struct dmv_violation_fact v = { 0 };

	for (size_t i = 0; i < f->nviolation; i++)
		if (f->violation[i].sequence >= v.sequence)
			v = f->violation[i];
	return v;
}

static uint32_t adapter_row(struct machine *m)
{
	return last(m).adapter;
}

/* ---- when ---- */

static void interrupt(struct machine *m)
{
	m->interrupt = NULL;
	fault(m, DEVICE, 0x1000);
}

static void test_any_moment(void)
{
	struct machine m = machine();

	machine_start(&m);
	m.interrupt = interrupt;
	T_CHECK(make_buffer(&m, 0) && !m.interrupt, "iommu: it comes while the lock is held");
	T_EQ(m.violations, 0, "iommu: it is kept");
	dmv_iommu_report(m.v);
	T_EQ(m.violations, 1, "iommu: and said later");
	T_EQ(m.last_rule, DMV_V_IOMMU_FAULT, "iommu: by its rule");
	dmv_iommu_report(m.v);
	T_EQ(m.violations, 1, "iommu: once");
	m.interrupt = interrupt;
	drop_buffer(&m, 0);
	dmv_check_all(m.v, CALLER);
	T_EQ(m.violations, 2, "iommu: a check of all says it as well");
	fault(&m, DEVICE, 0x2000);
	dmv_adapter_put(m.v, m.a, CALLER);
	T_EQ(m.violations, 3, "iommu: an adapter's end, too");
	fault(&m, DEVICE, 0x3000);
	dmv_fini(m.v);
	T_EQ(m.violations, 4, "iommu: and the verifier's");
	T_EQ(m.wrong, 0, "iommu: never under the lock");
	machine_stop(&m);
}

static void test_full(void)
{
	struct machine m = machine();
	bool kept = true, order = true;
	const struct dmv_facts *f;

	m.rows[DMV_ABI_K_VIOLATION] = 32;
	machine_start(&m);
	for (uint32_t i = 0; i < KEPT; i++)
		kept &= fault(&m, 0, 0x1000 + i);
	T_CHECK(kept, "iommu: sixteen are kept");
	T_CHECK(!fault(&m, 0, 0) && !fault(&m, 0, 0), "iommu: no more");
	dmv_iommu_report(m.v);
	T_EQ(m.violations, KEPT, "iommu: all that were kept are said");
	T_EQ(dmv_header(m.v)->not_booked[DMV_ABI_K_VIOLATION], 2, "iommu: the others are counted");
	T_CHECK(fault(&m, 0, 0x1000 + KEPT), "iommu: there is room again");
	dmv_iommu_report(m.v);
	f = machine_decode(&m);
	for (size_t i = 0; i < f->nviolation; i++)
		order &= f->violation[i].p[2] == 0x1000 + f->violation[i].sequence - 1;
	T_CHECK(order && f->nviolation == KEPT + 1, "iommu: in their order");
	machine_stop(&m);
}

/* ---- whose ---- */

static void test_adapter(void)
{
	struct machine m = machine();
	struct dmv_adapter *one, *two;
	struct dmv_violation_fact v;

	machine_start(&m);
	one = adapter_of(&m, DEVICE);
	two = m.a = adapter_of(&m, DEVICE);
	make_buffer(&m, 0);

	fault(&m, OTHER, m.bus[0]);
	dmv_iommu_report(m.v);
	T_EQ(adapter_row(&m), DMV_NO_INDEX, "iommu: nothing is known of another device");
	fault(&m, 0, m.bus[0]);
	dmv_iommu_report(m.v);
	T_EQ(adapter_row(&m), DMV_NO_INDEX, "iommu: nor of none");
	fault(&m, DEVICE, 0x10);
	dmv_iommu_report(m.v);
	v = last(&m);
	T_CHECK(v.adapter != DMV_NO_INDEX && !v.object_kind, "iommu: an adapter, no memory");

	fault(&m, DEVICE, m.bus[0] + 99);
	dmv_iommu_report(m.v);
	v = last(&m);
	T_CHECK(m.facts.adapter[v.adapter].handle == (uintptr_t)two &&
		v.object_kind == DMV_K_BUFFER, "iommu: the adapter that had a buffer there");
	T_CHECK(v.p[1] == DEVICE && v.p[2] == m.bus[0] + 99 && v.p[3] == 5, "iommu: its words");
	fault(&m, DEVICE, m.bus[0] & ~(uint64_t)(PAGE - 1));
	dmv_iommu_report(m.v);
	T_EQ(last(&m).object_kind, DMV_K_BUFFER, "iommu: its page will do");
	fault(&m, DEVICE, m.bus[0] + PAGE);
	dmv_iommu_report(m.v);
	T_EQ(last(&m).object_kind, DMV_K_BUFFER, "iommu: a page behind it is near");
	fault(&m, DEVICE, m.bus[0] + 2 * PAGE);
	dmv_iommu_report(m.v);
	T_EQ(last(&m).object_kind, 0, "iommu: more is not");
	fault(&m, DEVICE, m.bus[0] - PAGE);
	dmv_iommu_report(m.v);
	T_EQ(last(&m).object_kind, 0, "iommu: nor is what lies before it");

	dmv_buffer_free(m.v, two, m.handle[0], 100, m.bus[0], true, FREER);
	dmv_adapter_put(m.v, one, CALLER);
	fault(&m, DEVICE, m.bus[0]);
	dmv_iommu_report(m.v);
	v = last(&m);
	if (T_CHECK(v.object_kind == DMV_K_BUFFER && v.prior_site != DMV_NO_INDEX,
		    "iommu: memory that was freed"))
		T_EQ(m.facts.stack[v.prior_site].frame[0], FREER, "iommu: and who freed it");
	T_EQ(m.wrong, 0, "iommu: no lock over a callback");
	machine_stop(&m);
}

static void test_registers(void)
{
	struct machine m = machine();
	struct dmv_violation_fact v;
	uint64_t bytes, bus;
	struct dmv_span s = { .va = 0x7000, .bytes = 0x100, .phys = 0x123000 };

	machine_start(&m);
	m.a = adapter_of(&m, DEVICE);
	make_file(&m, 0);
	dmv_map(m.v, m.a, m.handle[0], &s, true, CALLER, &bytes, &bus);
	fault(&m, DEVICE, bus + 0xFF);
	dmv_iommu_report(m.v);
	T_EQ(last(&m).object_kind, DMV_K_REGISTER, "iommu: a register that is mapped");
	dmv_flush(m.v, m.a, m.handle[0], &s, true, s.bytes, CALLER);
	dmv_registers_free(m.v, m.a, m.handle[0], 1, FREER);
	fault(&m, DEVICE, bus);
	dmv_iommu_report(m.v);
	v = last(&m);
	if (T_CHECK(v.object_kind == DMV_K_REGISTER && v.prior_site != DMV_NO_INDEX,
		    "iommu: one whose file was freed"))
		T_EQ(m.facts.stack[v.prior_site].frame[0], FREER, "iommu: and who freed that");
	machine_stop(&m);
}

/* A driver that is not verified has faults, too; a verifier that is off has nothing to say. */
static void test_off(void)
{
	struct machine m = machine();

	machine_start(&m);
	dmv_driver_load(m.v, "unverified", 0, 0, 0, 0, &m.driver);
	m.a = adapter_of(&m, DEVICE);
	fault(&m, DEVICE, 0x1000);
	dmv_iommu_report(m.v);
	T_EQ(m.violations, 1, "iommu: of a driver that is not verified");
	dmv_rule_set(m.v, DMV_V_IOMMU_FAULT, false);
	fault(&m, DEVICE, 0x1000);
	dmv_iommu_report(m.v);
	dmv_rule_set(m.v, DMV_V_IOMMU_FAULT, true);
	dmv_set_flags(m.v, DMV_ABI_F_OFF);
	fault(&m, DEVICE, 0x1000);
	dmv_iommu_report(m.v);
	T_EQ(m.violations, 1, "iommu: not when the rule, or all, is off");
	machine_stop(&m);
}

int main(void)
{
	test_any_moment();
	test_full();
	test_adapter();
	test_registers();
	test_off();
	return T_DONE();
}
