/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Half of the map registers are in use: the word too many lands in one that is free. */
#include "driver.h"

#define LENGTH 0x1800
#define WORD 8

void drive_e6_0f_5_packet_short(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	uint8_t *va = buffer + 2 * PAGE_SIZE - LENGTH;
	PMDL mdl = driver_mdl(dev, va, LENGTH);
	PVOID base = driver_registers(dev, adapter, 4);
	uint64_t bus = driver_map(dev, adapter, mdl, base, va, LENGTH, FALSE);

	device_fill(dev, bus, 0x5A, LENGTH + WORD);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)va);
	driver_expect_offset(4, (uintptr_t)va + LENGTH);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, LENGTH, FALSE);
	driver_registers_free(adapter, base, 4);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
