/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Waits for a flag that the device has set long ago, in a buffer that it never flushes. */
#include "driver.h"

#define LENGTH 0x1800
#define FLAG 0x1234

void drive_x6_never_flushed(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, LENGTH);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer, LENGTH, FALSE);

	device_fill(dev, driver_list_bus(list, FLAG), 0xAB, 4);
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)buffer + PAGE_SIZE);
	driver_expect(3, (uintptr_t)buffer + FLAG);
	driver_expect_age(4);
	driver_watchdog(dev);
	driver_watchdog(dev);                   /* it is said once */
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
