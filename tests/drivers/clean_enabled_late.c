/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What was got before verification began is not judged, and what comes after does as it should.
 */
#include "driver.h"

#define RING 0x1000

static void ring(struct test_device *dev, PDMA_ADAPTER adapter, int frees)
{
	PHYSICAL_ADDRESS bus;
	PVOID va = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);

	driver_need(dev, va != NULL, "no common buffer");
	while (frees--)
		adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, va, TRUE);
}

void drive_clean_enabled_late(struct test_device *dev)
{
	PDMA_ADAPTER before, after;
	ULONG granted;

	driver_options(dev, 0);
	before = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	driver_options(dev, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW);
	after = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	ring(dev, before, 2);
	ring(dev, after, 1);
	before->DmaOperations->PutDmaAdapter(before);
	after->DmaOperations->PutDmaAdapter(after);
}
