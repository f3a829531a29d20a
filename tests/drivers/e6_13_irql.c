/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Each routine at an IRQL that its reference page forbids: those that want DISPATCH_LEVEL are
 * called at PASSIVE_LEVEL (a driver that forgot to raise it), the others too high (one that still
 * holds a spin lock, or calls from its interrupt routine).
 */
#include "driver.h"

struct call {
	struct test_device *dev;
	PDMA_ADAPTER adapter;
	uint8_t *buffer;
	PMDL mdl;
	PVOID base;
};

static struct call prepare(struct test_device *dev, bool registers)
{
	ULONG granted;
	struct call c = { .dev = dev, .adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted) };

	c.buffer = driver_pages(1);
	c.mdl = driver_mdl(dev, c.buffer, PAGE_SIZE);
	if (registers)
		c.base = driver_registers(dev, c.adapter, 1);
	return c;
}

static void expect(const void *adapter, KIRQL required, KIRQL current, const char *function)
{
	driver_blame(adapter, function);
	driver_expect(3, required);
	driver_expect(4, current);
}

static void finish(const struct call *c)
{
	if (c->base)
		driver_registers_free(c->adapter, c->base, 1);
	IoFreeMdl(c->mdl);
	driver_pages_free(c->buffer, 1);
	c->adapter->DmaOperations->PutDmaAdapter(c->adapter);
}

/* ---- those that must be called at DISPATCH_LEVEL ---- */

void drive_e6_13_1_channel(struct test_device *dev)
{
	struct call c = prepare(dev, false);

	expect(c.adapter, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.adapter->DmaOperations->AllocateAdapterChannel(c.adapter, dev->fdo[0], 1,
							 driver_keep_registers, &c.base);
	finish(&c);
}

void drive_e6_13_1_free_channel(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	PVOID base = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	c.adapter->DmaOperations->AllocateAdapterChannel(c.adapter, dev->fdo[0], 1,
							 driver_keep_object, &base);
	KeLowerIrql(irql);
	expect(c.adapter, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.adapter->DmaOperations->FreeAdapterChannel(c.adapter);
	finish(&c);
}

void drive_e6_13_1_free_registers(struct test_device *dev)
{
	struct call c = prepare(dev, true);

	expect(c.adapter, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.adapter->DmaOperations->FreeMapRegisters(c.adapter, c.base, 1);
	c.base = NULL;
	finish(&c);
}

void drive_e6_13_1_put_list(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	PSCATTER_GATHER_LIST list = driver_list(dev, c.adapter, c.mdl, c.buffer, PAGE_SIZE, TRUE);

	expect(c.adapter, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.adapter->DmaOperations->PutScatterGatherList(c.adapter, list, TRUE);
	finish(&c);
}

void drive_e6_13_1_build_list(struct test_device *dev)
{
	ULONG granted;
	struct call c = { .dev = dev };
	PSCATTER_GATHER_LIST list = NULL;

	c.adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, PAGE_SIZE, TRUE, &granted);
	c.buffer = driver_pages(1);
	c.mdl = driver_mdl(dev, c.buffer, 0x800);
	expect(c.adapter, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	c.adapter->DmaOperations->BuildScatterGatherList(c.adapter, dev->fdo[0], c.mdl, c.buffer,
							 0x800, driver_keep_list, &list, TRUE,
							 c.buffer + 0x800, 0x800);
	finish(&c);
}

/* ---- those that must not be called above DISPATCH_LEVEL ---- */

void drive_e6_13_2_build_mdl(struct test_device *dev)
{
	ULONG granted;
	struct call c = { .dev = dev };
	PSCATTER_GATHER_LIST list;
	PMDL used;
	KIRQL irql;

	c.adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, PAGE_SIZE, TRUE, &granted);
	c.buffer = driver_pages(1);
	c.mdl = driver_mdl(dev, c.buffer, PAGE_SIZE);
	list = driver_list(dev, c.adapter, c.mdl, c.buffer, PAGE_SIZE, TRUE);
	expect(c.adapter, DISPATCH_LEVEL, HIGH_LEVEL, __func__);
	KeRaiseIrql(HIGH_LEVEL, &irql);
	c.adapter->DmaOperations->BuildMdlFromScatterGatherList(c.adapter, list, c.mdl, &used);
	KeLowerIrql(irql);
	driver_list_put(c.adapter, list, TRUE);
	finish(&c);
}

void drive_e6_13_2_map(struct test_device *dev)
{
	struct call c = prepare(dev, true);
	KIRQL irql;

	expect(c.adapter, DISPATCH_LEVEL, HIGH_LEVEL, __func__);
	KeRaiseIrql(HIGH_LEVEL, &irql);
	driver_map(dev, c.adapter, c.mdl, c.base, c.buffer, PAGE_SIZE, TRUE);
	c.adapter->DmaOperations->FlushAdapterBuffers(c.adapter, c.mdl, c.base, c.buffer, PAGE_SIZE,
						      TRUE);
	KeLowerIrql(irql);
	finish(&c);
}

void drive_e6_13_2_flush(struct test_device *dev)
{
	struct call c = prepare(dev, true);
	KIRQL irql;

	driver_map(dev, c.adapter, c.mdl, c.base, c.buffer, PAGE_SIZE, TRUE);
	expect(c.adapter, DISPATCH_LEVEL, HIGH_LEVEL, __func__);
	KeRaiseIrql(HIGH_LEVEL, &irql);
	c.adapter->DmaOperations->FlushAdapterBuffers(c.adapter, c.mdl, c.base, c.buffer, PAGE_SIZE,
						      TRUE);
	KeLowerIrql(irql);
	finish(&c);
}

void drive_e6_13_2_put_adapter(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	KIRQL irql;

	IoFreeMdl(c.mdl);
	driver_pages_free(c.buffer, 1);
	expect(c.adapter, DISPATCH_LEVEL, HIGH_LEVEL, __func__);
	KeRaiseIrql(HIGH_LEVEL, &irql);
	c.adapter->DmaOperations->PutDmaAdapter(c.adapter);
	KeLowerIrql(irql);
}

void drive_e6_13_2_counter(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	KIRQL irql;

	expect(c.adapter, DISPATCH_LEVEL, HIGH_LEVEL, __func__);
	KeRaiseIrql(HIGH_LEVEL, &irql);
	c.adapter->DmaOperations->ReadDmaCounter(c.adapter);
	KeLowerIrql(irql);
	finish(&c);
}

/* ---- those that must be called at PASSIVE_LEVEL ---- */

void drive_e6_13_2_allocate(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	PHYSICAL_ADDRESS bus;
	PVOID ring;
	KIRQL irql;

	expect(c.adapter, PASSIVE_LEVEL, DISPATCH_LEVEL, __func__);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	ring = c.adapter->DmaOperations->AllocateCommonBuffer(c.adapter, PAGE_SIZE, &bus, TRUE);
	KeLowerIrql(irql);
	if (ring)
		c.adapter->DmaOperations->FreeCommonBuffer(c.adapter, PAGE_SIZE, bus, ring, TRUE);
	finish(&c);
}

void drive_e6_13_2_alignment(struct test_device *dev)
{
	struct call c = prepare(dev, false);
	KIRQL irql;

	expect(c.adapter, PASSIVE_LEVEL, DISPATCH_LEVEL, __func__);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	c.adapter->DmaOperations->GetDmaAlignment(c.adapter);
	KeLowerIrql(irql);
	finish(&c);
}

void drive_e6_13_2_get_adapter(struct test_device *dev)
{
	DEVICE_DESCRIPTION description;
	PDMA_ADAPTER adapter;
	ULONG granted = 0;
	KIRQL irql;

	driver_describe(&description, PAGE_SIZE, TRUE);
	expect(NULL, PASSIVE_LEVEL, DISPATCH_LEVEL, __func__);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter = IoGetDmaAdapter(dev->pdo, &description, &granted);
	KeLowerIrql(irql);
	if (adapter)
		adapter->DmaOperations->PutDmaAdapter(adapter);
}
