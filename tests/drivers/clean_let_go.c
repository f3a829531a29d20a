/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Verification is switched off in the middle of transfers. Nothing is lost: what the device wrote
 * before and after arrives. Nobody is accused of what follows, whatever it is.
 */
#include "driver.h"

#define LENGTH 0x1800
#define RING 0x0F00

void drive_clean_let_go(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2), *other = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH), one = driver_mdl(dev, other, 0x80);
	PVOID base = driver_registers(dev, adapter, 2);
	PHYSICAL_ADDRESS bus;
	uint8_t *ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer, LENGTH, FALSE);
	uint64_t at = driver_map(dev, adapter, one, base, other, 0x80, FALSE);

	driver_need(dev, driver_list_bus(list, 0) != (uintptr_t)buffer, "it should be copied");
	device_fill(dev, driver_list_bus(list, 0), 0x11, 0x1000);
	driver_options(dev, 0);
	device_fill(dev, driver_list_bus(list, 0x1000), 0x22, LENGTH - 0x1000);
	device_fill(dev, at, 0x33, 0x88);               /* too long */
	ring[RING] = 1;
	while (!driver_scan(4))
		;
	driver_watchdog(dev);
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(buffer, 0x11, 0x1000) &&
		    driver_all(buffer + 0x1000, 0x22, LENGTH - 0x1000), "the list's data is lost");
	adapter->DmaOperations->FlushAdapterBuffers(adapter, one, base, other, 0x80, FALSE);
	driver_need(dev, driver_all(other, 0x33, 0x80), "the packet's data is lost");
	at = driver_map(dev, adapter, one, base, other, 0x80, FALSE);
	driver_registers_free(adapter, base, 2);        /* mapped */
	driver_registers_free(adapter, base, 2);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	adapter->DmaOperations->FreeCommonBuffer(adapter, RING, bus, ring, TRUE);
	IoFreeMdl(one);
	IoFreeMdl(mdl);
	driver_pages_free(other, 1);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
