/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The same header stands in front of two packets at once. */
#include "driver.h"

static const struct driver_part part[] = { { 0x800, 64 }, { 0, 64 } };

void drive_e6_1d_chain(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_chain(dev, buffer, part, 2);
	PSCATTER_GATHER_LIST first, second;

	first = driver_list(dev, adapter, mdl->Next, buffer, 64, TRUE);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)buffer);
	driver_expect(3, (uintptr_t)buffer + 64);
	driver_expect(4, (uintptr_t)buffer);
	second = driver_list(dev, adapter, mdl, buffer + 0x800, 128, TRUE);
	driver_list_put(adapter, second, TRUE);
	driver_list_put(adapter, first, TRUE);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
