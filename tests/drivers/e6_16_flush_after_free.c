/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Frees the map registers in the interrupt and flushes in the DPC: the order is upside down. */
#include "driver.h"

#define LENGTH 0x1000

void drive_e6_16_flush_after_free(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = driver_registers(dev, adapter, 1);

	driver_registers_free(adapter, base, 1);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)base);
	driver_expect_record(3);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
