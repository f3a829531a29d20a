/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Advances by the length of the request once too often and maps the byte after the last. */
#include "driver.h"

#define REQUEST 0x800

void drive_e6_1b_outside_mdl(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, REQUEST);
	PVOID base = driver_registers(dev, adapter, 1);
	uint8_t *va = buffer + REQUEST;

	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)va);
	driver_expect(3, (uintptr_t)mdl);
	driver_map(dev, adapter, mdl, base, va, 4, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, 4, TRUE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
