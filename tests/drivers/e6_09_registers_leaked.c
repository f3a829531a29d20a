/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The transfer is flushed as it should be, but its map registers are never freed. */
#include "driver.h"

#define LENGTH 0x1400

void drive_e6_09_registers_leaked(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = driver_registers(dev, adapter, 2);
	uint64_t bus = driver_map(dev, adapter, mdl, base, buffer, LENGTH, FALSE);

	device_fill(dev, bus, 0x5A, LENGTH);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, FALSE);
	driver_need(dev, driver_all(buffer, 0x5A, LENGTH), "the data did not arrive");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)adapter);
	driver_expect(3, 2);
	driver_expect_record(4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
