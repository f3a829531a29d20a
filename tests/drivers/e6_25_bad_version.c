/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Fills the description in field by field, and puts the bus number where the version belongs. */
#include "driver.h"

#define BUS 7

void drive_e6_25_bad_version(struct test_device *dev)
{
	DEVICE_DESCRIPTION description;
	PDMA_ADAPTER adapter;
	ULONG granted = 0;

	driver_describe(&description, PAGE_SIZE, TRUE);
	description.Version = BUS;
	driver_blame(NULL, __func__);
	driver_expect(2, BUS);
	adapter = IoGetDmaAdapter(dev->pdo, &description, &granted);
	if (adapter)
		adapter->DmaOperations->PutDmaAdapter(adapter);
}
