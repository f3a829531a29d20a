/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Starts again and again, with another of its allocations failing each time, until one start sees
 * none fail.
 */
#include "driver.h"

#define RING 0x1000

struct device {
	PDMA_ADAPTER adapter;
	PVOID ring[2], base;
	PHYSICAL_ADDRESS bus[2];
	PSCATTER_GATHER_LIST list;
};

static void stop(struct device *d)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	if (d->list)
		d->adapter->DmaOperations->PutScatterGatherList(d->adapter, d->list, FALSE);
	if (d->base)
		d->adapter->DmaOperations->FreeMapRegisters(d->adapter, d->base, 2);
	KeLowerIrql(irql);
	for (int i = 0; i < 2; i++)
		if (d->ring[i])
			d->adapter->DmaOperations->FreeCommonBuffer(d->adapter, RING, d->bus[i],
								    d->ring[i], TRUE);
	d->adapter->DmaOperations->PutDmaAdapter(d->adapter);
}

/* true: all of it was there. */
static bool start(struct test_device *dev, struct device *d, PMDL mdl)
{
	PDMA_OPERATIONS ops = d->adapter->DmaOperations;
	KIRQL irql;

	for (int i = 0; i < 2; i++) {
		d->ring[i] = ops->AllocateCommonBuffer(d->adapter, RING, &d->bus[i], TRUE);
		if (!d->ring[i])
			return false;
	}
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	ops->AllocateAdapterChannel(d->adapter, dev->fdo[0], 2, driver_keep_registers, &d->base);
	if (d->base)
		ops->GetScatterGatherList(d->adapter, dev->fdo[0], mdl, MmGetMdlVirtualAddress(mdl),
					  mdl->ByteCount, driver_keep_list, &d->list, FALSE);
	KeLowerIrql(irql);
	return d->list;
}

/* Fails `after` allocations of that kind later. true: none failed. */
static bool try(struct test_device *dev, PMDL mdl, uint32_t kind, uint32_t after)
{
	struct device d = { NULL, { NULL, NULL }, NULL, { { .QuadPart = 0 }, { .QuadPart = 0 } },
			    NULL };
	ULONG granted;
	bool whole;

	d.adapter = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	driver_faults(dev, 0, 0, 0, 0);
	driver_faults(dev, kind, 1, after, 1);
	whole = start(dev, &d, mdl);
	stop(&d);
	return whole;
}

void drive_clean_error_path(struct test_device *dev)
{
	static const uint32_t kinds[3] = { DMV_ABI_FAULT_BUFFERS, DMV_ABI_FAULT_REGISTERS,
					   DMV_ABI_FAULT_LISTS };
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	uint32_t failed = 0;

	for (int k = 0; k < 3; k++)
		for (uint32_t after = 0; !try(dev, mdl, kinds[k], after); after++)
			failed++;
	driver_need(dev, failed == 4, "two buffers, one channel and one list should have failed");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
}
