/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A short packet: what the device did not write is still what it was before. */
#include "driver.h"

#define MAPPED 0x600
#define PACKET 60

void drive_clean_short_read(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *slot = driver_pages(1);
	PMDL mdl = driver_mdl(dev, slot, MAPPED);
	PSCATTER_GATHER_LIST list;

	driver_set(slot, 0x77, MAPPED);
	list = driver_list(dev, adapter, mdl, slot, MAPPED, FALSE);
	device_fill(dev, driver_list_bus(list, 0), 0x5A, PACKET);
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(slot, 0x5A, PACKET), "the data did not arrive");
	driver_need(dev, driver_all(slot + PACKET, 0x77, MAPPED - PACKET), "the rest was changed");
	IoFreeMdl(mdl);
	driver_pages_free(slot, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
