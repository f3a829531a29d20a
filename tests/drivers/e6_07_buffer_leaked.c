/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Remove frees the command ring and forgets both completion rings. */
#include "driver.h"

#define RING 0x1000

static PVOID new_ring(struct test_device *dev, PDMA_ADAPTER adapter, PHYSICAL_ADDRESS *bus)
{
	PVOID ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, bus, TRUE);

	driver_need(dev, ring != NULL, "no common buffer");
	return ring;
}

void drive_e6_07_buffer_leaked(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus[3];
	PVOID command = new_ring(dev, adapter, &bus[0]);

	new_ring(dev, adapter, &bus[1]);
	new_ring(dev, adapter, &bus[2]);
	device_stop(dev);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus[0], command, TRUE);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)adapter);
	driver_expect(3, 2);
	driver_expect_record(4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
