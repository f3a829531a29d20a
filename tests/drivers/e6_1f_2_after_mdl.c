/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Adds the offset of the payload twice and so starts where the buffer ends. */
#include "driver.h"

#define HEADER 0x100
#define LENGTH 0x400

void drive_e6_1f_2_after_mdl(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(1);
	PMDL mdl = driver_mdl(dev, buffer + HEADER, LENGTH);
	uint8_t *va = buffer + HEADER + LENGTH;
	PSCATTER_GATHER_LIST list;

	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)va);
	driver_expect(4, (uintptr_t)mdl);
	list = driver_list(dev, adapter, mdl, va, 16, TRUE);
	driver_list_put(adapter, list, TRUE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
