/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A list in the driver's memory over chained MDLs, that has to wait for map registers. */
#include "driver.h"

static const struct driver_part part[] = { { 0, 0x800 }, { 0x1800, 0x800 }, { 0x2000, 0x1000 } };

#define TOTAL 0x2000

void drive_clean_queued_chain(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, 7 * PAGE_SIZE,
						 TRUE, &granted);
	const PDMA_OPERATIONS ops = adapter->DmaOperations;
	uint8_t *other = driver_pages(6), *buffer = driver_pages(3), *memory = driver_pages(1);
	PMDL busy = driver_mdl(dev, other, 6 * PAGE_SIZE);
	PMDL mdl = driver_chain(dev, buffer, part, 3);
	PSCATTER_GATHER_LIST first = driver_list(dev, adapter, busy, other, 6 * PAGE_SIZE, TRUE);
	PSCATTER_GATHER_LIST waiting = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	ops->BuildScatterGatherList(adapter, dev->fdo[1], mdl, buffer, TOTAL, driver_keep_list,
				    &waiting, FALSE, memory, PAGE_SIZE);
	driver_need(dev, !waiting, "the list did not wait");
	ops->PutScatterGatherList(adapter, first, TRUE);
	driver_need(dev, (void *)waiting == memory, "the list never came");
	driver_need(dev, driver_list_fill(dev, waiting, 0x5A) == TOTAL, "another length");
	ops->PutScatterGatherList(adapter, waiting, FALSE);
	KeLowerIrql(irql);
	driver_need(dev, driver_all(buffer + 0x1800, 0x5A, 0x1800), "the data did not arrive");
	driver_chain_free(mdl);
	IoFreeMdl(busy);
	driver_pages_free(memory, 1);
	driver_pages_free(buffer, 3);
	driver_pages_free(other, 6);
	ops->PutDmaAdapter(adapter);
}
