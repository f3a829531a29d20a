/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Frees its ring by the address of the part that the device uses, behind the header. */
#include "driver.h"

#define RING 0x1000
#define HEADER 0x40

void drive_e6_03_never_allocated(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	uint8_t *ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);

	driver_need(dev, ring != NULL, "no common buffer");
	bus.QuadPart += HEADER;
	driver_blame(adapter, __func__);
	driver_expect(2, 1);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring + HEADER, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
