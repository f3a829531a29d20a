/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* One adapter for the rings and one for the data, as some network drivers do. */
#include "driver.h"

void drive_clean_two_adapters(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER rings = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PDMA_ADAPTER data = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	PVOID ring = rings->DmaOperations->AllocateCommonBuffer(rings, PAGE_SIZE, &bus, TRUE);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = driver_list(dev, data, mdl, buffer, PAGE_SIZE, FALSE);

	driver_need(dev, ring != NULL, "no common buffer");
	device_fill(dev, (uint64_t)bus.QuadPart, 0x11, 64);
	device_fill(dev, driver_list_bus(list, 0), 0x5A, PAGE_SIZE);
	rings->DmaOperations->FreeCommonBuffer(rings, PAGE_SIZE, bus, ring, TRUE);
	rings->DmaOperations->PutDmaAdapter(rings);
	driver_list_put(data, list, FALSE);
	driver_need(dev, driver_all(buffer, 0x5A, PAGE_SIZE), "the data did not arrive");
	data->DmaOperations->PutDmaAdapter(data);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
}
