/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One map register for all its requests, and the second starts before the first is flushed. */
#include "driver.h"

#define LENGTH 0x200

void drive_x3_register_remapped(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	uint8_t *second = buffer + PAGE_SIZE;
	PMDL mdl = driver_mdl(dev, buffer, 2 * PAGE_SIZE);
	PVOID base = driver_registers(dev, adapter, 1);

	driver_map(dev, adapter, mdl, base, buffer, LENGTH, TRUE);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)buffer);
	driver_expect(4, (uintptr_t)second);
	driver_map(dev, adapter, mdl, base, second, LENGTH, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, TRUE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
