/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rounds the length up to what the device likes: the last word is in a page nobody locked. */
#include "driver.h"

#define LENGTH 0x1000
#define ROUNDED (LENGTH + 1)

void drive_e6_1f_3_past_mdl(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PSCATTER_GATHER_LIST list;

	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)mdl);
	driver_expect(4, ROUNDED);
	list = driver_list(dev, adapter, mdl, buffer, ROUNDED, TRUE);
	driver_list_put(adapter, list, TRUE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
