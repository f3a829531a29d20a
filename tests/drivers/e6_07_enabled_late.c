/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Two adapters, each with a common buffer that is forgotten. The first was got before verification
 * began: nobody judges it.
 */
#include "driver.h"

#define RING 0x1000

static PDMA_ADAPTER with_ring(struct test_device *dev, PVOID *ring, PHYSICAL_ADDRESS *bus)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);

	*ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, bus, TRUE);
	driver_need(dev, *ring != NULL, "no common buffer");
	return adapter;
}

void drive_e6_07_enabled_late(struct test_device *dev)
{
	PDMA_ADAPTER before, after;
	PHYSICAL_ADDRESS bus;
	PVOID ring;

	driver_options(dev, 0);
	before = with_ring(dev, &ring, &bus);
	driver_options(dev, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW);
	after = with_ring(dev, &ring, &bus);
	before->DmaOperations->PutDmaAdapter(before);
	driver_blame(after, __func__);
	driver_expect(2, (uintptr_t)after);
	driver_expect(3, 1);
	driver_expect_record(4);
	after->DmaOperations->PutDmaAdapter(after);
}
