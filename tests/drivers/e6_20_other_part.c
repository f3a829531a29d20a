/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Advances its address before the flush instead of after it. */
#include "driver.h"

void drive_e6_20_other_part(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, 2 * PAGE_SIZE);
	PVOID base = driver_registers(dev, adapter, 2);
	uint8_t *va = buffer;

	driver_map(dev, adapter, mdl, base, va, PAGE_SIZE, FALSE);
	va += PAGE_SIZE;
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)base);
	driver_expect(3, (uintptr_t)va);
	driver_expect(4, (uintptr_t)mdl);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, PAGE_SIZE, FALSE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, PAGE_SIZE, FALSE);
	driver_registers_free(adapter, base, 2);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
