/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The device writes every byte that was mapped, right up to page boundaries, and none besides. */
#include "driver.h"

static const struct {
	ULONG offset, length;
} range[] = {
	{ 0, PAGE_SIZE }, { 1, PAGE_SIZE - 1 }, { 0, PAGE_SIZE - 1 }, { 0, 1 },
	{ PAGE_SIZE - 1, 1 }, { PAGE_SIZE - 1, 2 }, { PAGE_SIZE, PAGE_SIZE },
};

void drive_clean_exact_end(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 2 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);

	for (unsigned int i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		uint8_t *va = buffer + range[i].offset;
		PMDL mdl = driver_mdl(dev, va, range[i].length);
		PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, va, range[i].length,
							FALSE);

		for (ULONG k = 0; k < list->NumberOfElements; k++)
			device_fill(dev, (uint64_t)list->Elements[k].Address.QuadPart, 0x5A,
				    list->Elements[k].Length);
		driver_list_put(adapter, list, FALSE);
		driver_need(dev, driver_all(va, 0x5A, range[i].length), "the data did not arrive");
		driver_set(buffer, 0, 2 * PAGE_SIZE);
		IoFreeMdl(mdl);
	}
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
