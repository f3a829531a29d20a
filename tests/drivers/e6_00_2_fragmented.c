/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Three transfers share a pool of eight map registers. The middle one is kept for a whole stream;
 * the next large request finds five registers free, but no more than three in a row.
 */
#include "driver.h"

void drive_e6_00_2_fragmented(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 7 * PAGE_SIZE, FALSE, &granted);
	PVOID first = driver_registers(dev, adapter, 3);
	PVOID stream = driver_registers(dev, adapter, 3);
	PVOID third = driver_registers(dev, adapter, 2);
	PVOID large;

	driver_registers_free(adapter, first, 3);
	driver_registers_free(adapter, third, 2);
	driver_blame(adapter, __func__);
	driver_expect(3, 5);
	driver_expect(4, 3);
	large = driver_registers(dev, adapter, 5);
	driver_registers_free(adapter, large, 5);
	driver_registers_free(adapter, stream, 3);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
