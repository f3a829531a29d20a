/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Completion and cancellation race, and both free the map registers of the request. */
#include "driver.h"

#define REGISTERS 3

void drive_e6_05_registers_freed_twice(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, REGISTERS * PAGE_SIZE, FALSE, &granted);
	PVOID base = driver_registers(dev, adapter, REGISTERS);

	driver_registers_free(adapter, base, REGISTERS);
	driver_blame(adapter, __func__);
	driver_expect(2, REGISTERS);
	driver_registers_free(adapter, base, REGISTERS);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
