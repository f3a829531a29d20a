/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The request is cancelled before it is mapped, and the clean-up flushes all the same. */
#include "driver.h"

#define LENGTH 0x1000

void drive_e6_16_flush_unmapped(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = driver_registers(dev, adapter, 1);

	driver_blame(adapter, __func__);
	driver_expect_record(3);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, FALSE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
