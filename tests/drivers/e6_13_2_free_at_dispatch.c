/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Frees its ring with the lock held that protects the ring: a spin lock raises the IRQL. */
#include "driver.h"

#define RING 0x1000

void drive_e6_13_2_free_at_dispatch(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	PVOID ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);
	KIRQL irql;

	driver_need(dev, ring != NULL, "no common buffer");
	driver_blame(adapter, __func__);
	driver_expect(3, PASSIVE_LEVEL);
	driver_expect(4, DISPATCH_LEVEL);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	KeLowerIrql(irql);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
