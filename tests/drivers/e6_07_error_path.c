/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Starts a device with two rings; there is no memory for the second. */
#include "driver.h"

#define RING 0x1000

void drive_e6_07_error_path(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus[2];
	PVOID ring[2] = { NULL, NULL };

	driver_faults(dev, DMV_ABI_FAULT_BUFFERS, 1, 1, 1);
	for (int i = 0; i < 2; i++)
		ring[i] = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus[i],
								       TRUE);
	driver_need(dev, ring[0] && !ring[1], "the second allocation, and no other, must fail");
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)adapter);
	driver_expect(3, 1);
	driver_expect_record(4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
