/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Allocates by the pages of the transfer, and frees by the registers it was granted. */
#include "driver.h"

void drive_e6_05_too_many_freed(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 3 * PAGE_SIZE, FALSE, &granted);
	PVOID base = driver_registers(dev, adapter, 3);

	driver_blame(adapter, __func__);
	driver_expect(2, granted - 3);
	driver_registers_free(adapter, base, granted);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
