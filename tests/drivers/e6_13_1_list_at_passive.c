/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Builds the list in its dispatch routine, without raising the IRQL. */
#include "driver.h"

void drive_e6_13_1_list_at_passive(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, PAGE_SIZE);
	PSCATTER_GATHER_LIST list = NULL;

	driver_blame(adapter, __func__);
	driver_expect(3, DISPATCH_LEVEL);
	driver_expect(4, PASSIVE_LEVEL);
	adapter->DmaOperations->GetScatterGatherList(adapter, dev->fdo[0], mdl, buffer, PAGE_SIZE,
						     driver_keep_list, &list, TRUE);
	if (list)
		driver_list_put(adapter, list, TRUE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
