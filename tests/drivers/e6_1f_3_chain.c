/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Counts the trailer that the device appends, for which the chain has no MDL. */
#include "driver.h"

static const struct driver_part part[] = { { 0, 64 }, { 0x1800, 0x800 } };

#define TOTAL (64 + 0x800)
#define TRAILER 4

void drive_e6_1f_3_chain(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_chain(dev, buffer, part, 2);
	PSCATTER_GATHER_LIST list;

	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)mdl->Next);
	driver_expect(4, TOTAL + TRAILER);
	list = driver_list(dev, adapter, mdl, buffer, TOTAL + TRAILER, TRUE);
	driver_list_put(adapter, list, TRUE);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
