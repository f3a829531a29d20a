/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The write path skips the flush: "it only matters for reads". */
#include "driver.h"

#define LENGTH 0x1800

void drive_e6_10_freed_mapped(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PVOID base = driver_registers(dev, adapter, 2);
	uint8_t seen[16];

	device_read(dev, driver_map(dev, adapter, mdl, base, buffer, LENGTH, TRUE), seen,
		    sizeof(seen));
	driver_blame(adapter, __func__);
	driver_expect(2, 2);
	driver_registers_free(adapter, base, 2);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
