/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Versions 0 to 3 of the description are all good; each has its own table. */
#include "driver.h"

static ULONG table_bytes(ULONG version)
{
	if (version < DEVICE_DESCRIPTION_VERSION2)
		return (ULONG)offsetof(DMA_OPERATIONS, CalculateScatterGatherList);
	return version == DEVICE_DESCRIPTION_VERSION2 ?
		(ULONG)offsetof(DMA_OPERATIONS, GetDmaAdapterInfo) :
		(ULONG)sizeof(DMA_OPERATIONS);
}

void drive_clean_versions(struct test_device *dev)
{
	for (ULONG version = 0; version <= DEVICE_DESCRIPTION_VERSION3; version++) {
		DEVICE_DESCRIPTION description;
		PDMA_ADAPTER adapter;
		ULONG granted;

		driver_describe(&description, PAGE_SIZE, TRUE);
		description.Version = version;
		description.DmaAddressWidth = 64;
		adapter = IoGetDmaAdapter(dev->pdo, &description, &granted);
		driver_need(dev, adapter != NULL, "no adapter");
		driver_need(dev, adapter->Version == 1, "the adapter's own version is another");
		driver_need(dev, adapter->DmaOperations->Size == table_bytes(version),
			    "the operations have another size");
		driver_need(dev, granted >= 2, "fewer registers than the transfer needs");
		adapter->DmaOperations->PutDmaAdapter(adapter);
		description.DmaAddressWidth = 65;
		adapter = IoGetDmaAdapter(dev->pdo, &description, &granted);
		driver_need(dev, !adapter == (version == DEVICE_DESCRIPTION_VERSION3),
			    "a width of 65 bits");
		if (adapter)
			adapter->DmaOperations->PutDmaAdapter(adapter);
	}
}
