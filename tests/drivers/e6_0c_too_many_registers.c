/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Counts one register for alignment that IoGetDmaAdapter has counted already. */
#include "driver.h"

void drive_e6_0c_too_many_registers(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, FALSE, &granted);
	PVOID base;

	driver_blame(adapter, __func__);
	driver_expect(2, granted + 1);
	driver_expect(3, granted);
	base = driver_registers(dev, adapter, granted + 1);
	driver_registers_free(adapter, base, granted + 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
