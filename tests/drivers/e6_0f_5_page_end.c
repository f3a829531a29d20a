/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Lets the device append its checksum to a page that is full: that is another page. */
#include "driver.h"

#define CHECKSUM 4

void drive_e6_0f_5_page_end(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, page, PAGE_SIZE, FALSE);

	device_fill(dev, driver_list_bus(list, 0) + PAGE_SIZE - 4, 0x5A, 4 + CHECKSUM);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)page);
	driver_expect_offset(4, (uintptr_t)page + PAGE_SIZE);
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
