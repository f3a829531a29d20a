/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Three requests lie in one page, side by side, and all are with the device at once. */
#include "driver.h"

#define PARTS 3
static const ULONG bound[PARTS + 1] = { 0x10, 0x333, 0x334, 0x1000 };

void drive_clean_shared_page(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PARTS * PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, PAGE_SIZE);
	PSCATTER_GATHER_LIST list[PARTS];

	for (unsigned int i = 0; i < PARTS; i++)
		list[i] = driver_list(dev, adapter, mdl, page + bound[i], bound[i + 1] - bound[i],
				      FALSE);
	for (unsigned int i = 0; i < PARTS; i++)
		device_fill(dev, driver_list_bus(list[i], 0), (uint8_t)(0xA0 + i),
			    bound[i + 1] - bound[i]);
	for (unsigned int i = PARTS; i-- > 0;)
		driver_list_put(adapter, list[i], FALSE);
	for (unsigned int i = 0; i < PARTS; i++)
		driver_need(dev, driver_all(page + bound[i], (uint8_t)(0xA0 + i),
					    bound[i + 1] - bound[i]), "the data did not arrive");
	driver_need(dev, driver_all(page, 0, bound[0]), "bytes in front were changed");
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
