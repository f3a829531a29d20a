/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Keeps its map register for the next packet; the device still writes into it after the flush. */
#include "driver.h"

#define PACKET 64

void drive_e6_0f_3_reused(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PACKET);
	PVOID base = driver_registers(dev, adapter, 1);
	uint64_t bus = driver_map(dev, adapter, mdl, base, buffer, PACKET, FALSE);

	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, PACKET, FALSE);
	device_fill(dev, bus, 0x5A, PACKET);
	driver_blame(adapter, __func__);
	driver_expect_offset(3, (uintptr_t)buffer);
	driver_map(dev, adapter, mdl, base, buffer, PACKET, FALSE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, PACKET, FALSE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
