/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Of a pool of eight registers the first two transfers end: six are free in a row, and are got. */
#include "driver.h"

void drive_clean_neighbours(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 7 * PAGE_SIZE, FALSE, &granted);
	PVOID first = driver_registers(dev, adapter, 3);
	PVOID second = driver_registers(dev, adapter, 3);
	PVOID third = driver_registers(dev, adapter, 2);

	driver_registers_free(adapter, first, 3);
	driver_registers_free(adapter, second, 3);
	driver_registers_free(adapter, driver_registers(dev, adapter, 6), 6);
	driver_registers_free(adapter, third, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
