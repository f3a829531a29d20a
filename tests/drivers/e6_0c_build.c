/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Builds a list of more pages than it was granted registers, and never asked how many it takes. */
#include "driver.h"

void drive_e6_0c_build(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, 2 * PAGE_SIZE,
						 TRUE, &granted);
	uint8_t *buffer = driver_pages(granted + 1), *memory = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer, (granted + 1) * PAGE_SIZE);
	PSCATTER_GATHER_LIST list = NULL;
	KIRQL irql;

	driver_blame(adapter, __func__);
	driver_expect(2, granted + 1);
	driver_expect(3, granted);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->BuildScatterGatherList(adapter, dev->fdo[0], mdl, buffer,
						       (granted + 1) * PAGE_SIZE, driver_keep_list,
						       &list, TRUE, memory, PAGE_SIZE);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(memory, 1);
	driver_pages_free(buffer, granted + 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
