/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A list, map registers half in use and a common buffer, looked at page by page while they come and
 * go. The device writes what it may, to the last byte.
 */
#include "driver.h"

#define LENGTH 0x1800
#define RING 0x0F00

static void come_round(struct test_device *dev)
{
	uint32_t calls = 0;

	while (!driver_scan(1))
		driver_need(dev, ++calls < 10000, "the scan does not come round");
}

void drive_clean_scanned(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, FALSE, &granted);
	uint8_t *buffer = driver_pages(4);
	PMDL mdl = driver_mdl(dev, buffer + 0x800, LENGTH);
	PMDL one = driver_mdl(dev, buffer + 3 * PAGE_SIZE, 0x80);
	PVOID base = driver_registers(dev, adapter, 3);
	PHYSICAL_ADDRESS bus;
	PVOID ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);
	PSCATTER_GATHER_LIST list;
	uint64_t at;

	come_round(dev);
	list = driver_list(dev, adapter, mdl, buffer + 0x800, LENGTH, FALSE);
	at = driver_map(dev, adapter, one, base, buffer + 3 * PAGE_SIZE, 0x80, FALSE);
	driver_list_fill(dev, list, 0x11);
	device_fill(dev, at, 0x22, 0x80);
	device_fill(dev, (uint64_t)bus.QuadPart, 0x33, RING);
	come_round(dev);
	driver_scan(3);
	driver_list_put(adapter, list, FALSE);
	driver_scan(3);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, one, base, buffer + 3 * PAGE_SIZE,
						    0x80, FALSE);
	come_round(dev);
	driver_need(dev, driver_all(buffer + 0x800, 0x11, LENGTH) &&
		    driver_all(buffer + 3 * PAGE_SIZE, 0x22, 0x80), "the data did not arrive");
	driver_registers_free(adapter, base, 3);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	come_round(dev);
	IoFreeMdl(one);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 4);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
