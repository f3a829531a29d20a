/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The pool of eight registers is used up: the third list comes when the first one is put. */
#include "driver.h"

void drive_clean_queued_lists(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(10);
	uint8_t *third_va = buffer + 8 * PAGE_SIZE;
	PMDL mdl = driver_mdl(dev, buffer, 10 * PAGE_SIZE);
	PSCATTER_GATHER_LIST first, second, third = NULL;
	KIRQL irql;

	first = driver_list(dev, adapter, mdl, buffer, 4 * PAGE_SIZE, TRUE);
	second = driver_list(dev, adapter, mdl, buffer + 4 * PAGE_SIZE, 4 * PAGE_SIZE, TRUE);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	adapter->DmaOperations->GetScatterGatherList(adapter, dev->fdo[0], mdl, third_va, 2 * PAGE_SIZE,
						     driver_keep_list, &third, TRUE);
	driver_need(dev, third == NULL, "the third list did not wait");
	adapter->DmaOperations->PutScatterGatherList(adapter, first, TRUE);
	driver_need(dev, third != NULL, "the third list never came");
	adapter->DmaOperations->PutScatterGatherList(adapter, third, TRUE);
	adapter->DmaOperations->PutScatterGatherList(adapter, second, TRUE);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 10);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
