/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Four requests in flight at once, completed in another order than they were started. */
#include "driver.h"

#define REQUESTS 4

void drive_clean_many_lists(struct test_device *dev)
{
	static const unsigned int order[REQUESTS] = { 2, 0, 3, 1 };
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, REQUESTS * PAGE_SIZE, TRUE, &granted);
	PSCATTER_GATHER_LIST list[REQUESTS];
	uint8_t *buffer[REQUESTS];
	PMDL mdl[REQUESTS];

	for (unsigned int i = 0; i < REQUESTS; i++) {
		buffer[i] = driver_pages(1);
		mdl[i] = driver_mdl(dev, buffer[i], PAGE_SIZE);
		list[i] = driver_list(dev, adapter, mdl[i], buffer[i], PAGE_SIZE, FALSE);
	}
	for (unsigned int k = 0; k < REQUESTS; k++) {
		unsigned int i = order[k];

		device_fill(dev, driver_list_bus(list[i], 0), (uint8_t)(0x50 + i), PAGE_SIZE);
		driver_list_put(adapter, list[i], FALSE);
		driver_need(dev, driver_all(buffer[i], (uint8_t)(0x50 + i), PAGE_SIZE),
			    "the data did not arrive");
		IoFreeMdl(mdl[i]);
	}
	for (unsigned int i = 0; i < REQUESTS; i++)
		driver_pages_free(buffer[i], 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
