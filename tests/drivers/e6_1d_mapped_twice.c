/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A retry maps the whole request again while its second half is still with the device. */
#include "driver.h"

#define HALF 0x800

void drive_e6_1d_mapped_twice(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 3 * PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, 2 * HALF);
	PVOID first = driver_registers(dev, adapter, 1);
	PVOID retry = driver_registers(dev, adapter, 1);

	driver_map(dev, adapter, mdl, first, buffer + HALF, HALF, TRUE);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)buffer);
	driver_expect(3, (uintptr_t)buffer + 2 * HALF);
	driver_expect(4, (uintptr_t)buffer + HALF);
	driver_map(dev, adapter, mdl, retry, buffer, 2 * HALF, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, retry, buffer, 2 * HALF, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, first, buffer + HALF, HALF, TRUE);
	driver_registers_free(adapter, retry, 1);
	driver_registers_free(adapter, first, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
