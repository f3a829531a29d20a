/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The same wait as in x6_never_flushed; it is the periodic scan that comes by. */
#include "driver.h"

#define LENGTH 0x1800
#define FLAG 0x1234

void drive_x6_scanned(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer, LENGTH, FALSE);

	device_fill(dev, driver_list_bus(list, 0) + FLAG, 0xAB, 4);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)buffer + PAGE_SIZE);
	driver_expect(3, (uintptr_t)buffer + FLAG);
	driver_expect_age(4);
	for (int rounds = 0; rounds < 2;)       /* it is said once */
		rounds += driver_scan(1);
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
