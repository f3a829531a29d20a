/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Tells the device to write the header of the packet right in front of it: that is another page. */
#include "driver.h"

#define HEADER 14

void drive_e6_0f_4_page_start(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, page, PAGE_SIZE, FALSE);

	device_fill(dev, driver_list_bus(list, 0) - HEADER, 0x5A, HEADER + 4);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)page);
	driver_expect_offset(4, (uintptr_t)page - HEADER);
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
