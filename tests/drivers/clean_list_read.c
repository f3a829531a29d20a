/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Get the list, let the device fill each element, put the list, and only then read the data. */
#include "driver.h"

#define OFFSET 0x234
#define LENGTH 0x2345

void drive_clean_list_read(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	uint8_t *buffer = driver_pages(3);
	uint8_t *va = buffer + OFFSET;
	PMDL mdl = driver_mdl(dev, va, LENGTH);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, va, LENGTH, FALSE);
	ULONG total = 0;

	for (ULONG i = 0; i < list->NumberOfElements; i++) {
		const SCATTER_GATHER_ELEMENT *e = &list->Elements[i];

		device_fill(dev, (uint64_t)e->Address.QuadPart, 0x5A, e->Length);
		total += e->Length;
	}
	driver_need(dev, total == LENGTH, "the list has another length than the request");
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(va, 0x5A, LENGTH), "the data did not arrive");
	driver_need(dev, driver_all(buffer, 0, OFFSET), "bytes in front were changed");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 3);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
