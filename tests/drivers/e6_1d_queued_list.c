/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A read waits for map registers; a second one over the same page gets them without waiting. */
#include "driver.h"

void drive_e6_1d_queued_list(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER busy = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	PDMA_ADAPTER other = driver_adapter(dev, 7 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(10);
	uint8_t *page = buffer + 8 * PAGE_SIZE;
	PMDL mdl = driver_mdl(dev, buffer, 10 * PAGE_SIZE);
	PSCATTER_GATHER_LIST first, second, waiting = NULL;
	KIRQL irql;

	first = driver_list(dev, busy, mdl, buffer, 6 * PAGE_SIZE, TRUE);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	other->DmaOperations->GetScatterGatherList(other, dev->fdo[1], mdl, buffer + 6 * PAGE_SIZE,
						   4 * PAGE_SIZE, driver_keep_list, &waiting,
						   FALSE);
	driver_need(dev, waiting == NULL, "the list did not wait");
	second = driver_list(dev, other, mdl, page, PAGE_SIZE, FALSE);
	driver_blame(other, __func__);
	driver_expect(2, (uintptr_t)buffer + 6 * PAGE_SIZE);
	driver_expect(3, (uintptr_t)buffer + 10 * PAGE_SIZE);
	driver_expect(4, (uintptr_t)page);
	busy->DmaOperations->PutScatterGatherList(busy, first, TRUE);
	driver_need(dev, waiting != NULL, "the list never came");
	other->DmaOperations->PutScatterGatherList(other, waiting, FALSE);
	other->DmaOperations->PutScatterGatherList(other, second, FALSE);
	KeLowerIrql(irql);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 10);
	busy->DmaOperations->PutDmaAdapter(busy);
	other->DmaOperations->PutDmaAdapter(other);
}
