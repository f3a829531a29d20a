/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The fence lies in a common buffer: both sides may use it all the time. */
#include "driver.h"

#define FENCE 0x40

void drive_case_003_common(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	uint8_t *page = adapter->DmaOperations->AllocateCommonBuffer(adapter, PAGE_SIZE, &bus,
								     TRUE);

	driver_need(dev, page != NULL, "no common buffer");
	device_fill(dev, (uint64_t)bus.QuadPart + FENCE, 0xAB, 1);
	driver_need(dev, driver_all(page + FENCE, 0xAB, 1), "the fence was never reached");
	adapter->DmaOperations->FreeCommonBuffer(adapter, PAGE_SIZE, bus, page, TRUE);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
