/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Waits for the device between two requests, but never flushes. */
#include "driver.h"

void drive_e6_0d_never_flushed(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	ULONG most = granted * PAGE_SIZE;
	uint8_t *buffer = driver_pages(2 * granted);
	PMDL mdl = driver_mdl(dev, buffer, 2 * most);
	PVOID base = driver_registers(dev, adapter, granted);

	driver_map(dev, adapter, mdl, base, buffer, most, TRUE);
	driver_blame(adapter, __func__);
	driver_expect(3, most);
	driver_map(dev, adapter, mdl, base, buffer + most, PAGE_SIZE, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, most, TRUE);
	driver_registers_free(adapter, base, granted);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2 * granted);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
