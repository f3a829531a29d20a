/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A length rounded up past the MDL touches no further page, so nobody is harmed. */
#include "driver.h"

#define LENGTH 0x7FD
#define ROUNDED 0x800

void drive_clean_past_mdl(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer, ROUNDED, FALSE);

	device_fill(dev, driver_list_bus(list, 0), 0x5A, ROUNDED);
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(buffer, 0x5A, LENGTH), "the data did not arrive");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
