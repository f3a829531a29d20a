/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Flushes on the first interrupt; the device writes its last status word after that. */
#include "driver.h"

#define LENGTH 0x400

void drive_e6_0f_3_late_dma(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = driver_registers(dev, adapter, 1);
	uint64_t bus = driver_map(dev, adapter, mdl, base, buffer, LENGTH, FALSE);

	device_fill(dev, bus, 0x5A, LENGTH - 4);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, FALSE);
	device_fill(dev, bus + LENGTH - 4, 0x5A, 4);
	driver_blame(adapter, __func__);
	driver_expect_offset(3, (uintptr_t)buffer + LENGTH - 4);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
