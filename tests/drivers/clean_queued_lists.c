/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Another adapter has most of the eight registers: the list comes when they are given back. */
#include "driver.h"

void drive_clean_queued_lists(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER busy = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	PDMA_ADAPTER other = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(10);
	uint8_t *waiting_va = buffer + 6 * PAGE_SIZE;
	PMDL mdl = driver_mdl(dev, buffer, 10 * PAGE_SIZE);
	PSCATTER_GATHER_LIST first, waiting = NULL;
	KIRQL irql;

	first = driver_list(dev, busy, mdl, buffer, 6 * PAGE_SIZE, TRUE);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	other->DmaOperations->GetScatterGatherList(other, dev->fdo[1], mdl, waiting_va,
						   4 * PAGE_SIZE, driver_keep_list, &waiting,
						   FALSE);
	driver_need(dev, waiting == NULL, "the list did not wait");
	busy->DmaOperations->PutScatterGatherList(busy, first, TRUE);
	driver_need(dev, waiting != NULL, "the list never came");
	device_fill(dev, driver_list_bus(waiting, 3 * PAGE_SIZE), 0x5A, PAGE_SIZE);
	other->DmaOperations->PutScatterGatherList(other, waiting, FALSE);
	KeLowerIrql(irql);
	driver_need(dev, driver_all(waiting_va + 3 * PAGE_SIZE, 0x5A, PAGE_SIZE),
		    "the data did not arrive");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 10);
	busy->DmaOperations->PutDmaAdapter(busy);
	other->DmaOperations->PutDmaAdapter(other);
}
