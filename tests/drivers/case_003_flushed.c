/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Puts the list when the device has finished, and only then looks at the fence. */
#include "driver.h"

#define FENCE 0x40

void drive_case_003_flushed(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, page, PAGE_SIZE, FALSE);

	device_fill(dev, driver_list_bus(list, FENCE), 0xAB, 1);
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(page + FENCE, 0xAB, 1), "the fence was never reached");
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
