/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Each transfer fits the registers it was granted; two at a time do not. */
#include "driver.h"

void drive_e6_15_over_maximum(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, FALSE, &granted);
	PVOID first = driver_registers(dev, adapter, granted);
	PVOID second;

	driver_blame(adapter, __func__);
	driver_expect(2, 2 * granted);
	driver_expect(3, granted);
	second = driver_registers(dev, adapter, granted);
	driver_registers_free(adapter, first, granted);
	driver_registers_free(adapter, second, granted);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
