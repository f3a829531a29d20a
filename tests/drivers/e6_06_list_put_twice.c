/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The reset path puts the list of a request that was completed just before. */
#include "driver.h"

void drive_e6_06_list_put_twice(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer, PAGE_SIZE, TRUE);

	driver_list_put(adapter, list, TRUE);
	driver_blame(adapter, __func__);
	driver_expect(2, 1);
	driver_expect(3, 2);
	driver_list_put(adapter, list, TRUE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
