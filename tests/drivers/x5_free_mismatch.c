/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Allocates room for the ring and its status block, and frees with the size of the ring. */
#include "driver.h"

#define RING 0x2000
#define STATUS 0x40

void drive_x5_free_mismatch(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	PVOID ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING + STATUS, &bus,
								  TRUE);

	driver_need(dev, ring != NULL, "no common buffer");
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)ring);
	driver_expect(3, RING);
	driver_expect(4, RING + STATUS);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
