/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Versions 0, 1 and 2 of the description are all good; each has its own table. */
#include "driver.h"

static ULONG table_bytes(ULONG version)
{
	return version < DEVICE_DESCRIPTION_VERSION2 ?
		(ULONG)offsetof(DMA_OPERATIONS, CalculateScatterGatherList) :
		(ULONG)sizeof(DMA_OPERATIONS);
}

void drive_clean_versions(struct test_device *dev)
{
	for (ULONG version = 0; version <= DEVICE_DESCRIPTION_VERSION2; version++) {
		DEVICE_DESCRIPTION description;
		PDMA_ADAPTER adapter;
		ULONG granted;

		driver_describe(&description, PAGE_SIZE, TRUE);
		description.Version = version;
		adapter = IoGetDmaAdapter(dev->pdo, &description, &granted);
		driver_need(dev, adapter != NULL, "no adapter");
		driver_need(dev, adapter->Version == 1, "the adapter's own version is another");
		driver_need(dev, adapter->DmaOperations->Size == table_bytes(version),
			    "the operations have another size");
		driver_need(dev, granted >= 2, "fewer registers than the transfer needs");
		adapter->DmaOperations->PutDmaAdapter(adapter);
	}
}
