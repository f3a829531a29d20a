/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Versions 0, 1 and 2 of the description are all good. */
#include "driver.h"

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
		driver_need(dev, granted >= 2, "fewer registers than the transfer needs");
		adapter->DmaOperations->PutDmaAdapter(adapter);
	}
}
