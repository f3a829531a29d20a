/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Tells the device that the ring has one status word more than it was made for. */
#include "driver.h"

#define RING 0x300
#define STATUS 4

void drive_e6_0f_2_tag_after(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	uint8_t *ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);

	driver_need(dev, ring != NULL, "no common buffer");
	driver_set(ring, 0, RING);
	device_fill(dev, (uint64_t)bus.QuadPart, 0x5A, RING + STATUS);
	driver_blame(adapter, __func__);
	driver_expect(3, RING);
	driver_expect(4, (uintptr_t)ring);
	driver_address((uintptr_t)ring + RING);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
