/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The watchdog finds nothing: one buffer is mapped for long, but the device has written nothing;
 * one was written and flushed; one is the device's to read.
 */
#include "driver.h"

#define LENGTH 0x1800

void drive_clean_watched(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	uint8_t *in = driver_pages(2), *out = driver_pages(1);
	PMDL mdl = driver_mdl(dev, in, LENGTH), to = driver_mdl(dev, out, PAGE_SIZE);
	PSCATTER_GATHER_LIST list, read;

	list = driver_list(dev, adapter, mdl, in, LENGTH, FALSE);
	device_fill(dev, driver_list_bus(list, 0), 0x5A, 64);
	driver_list_put(adapter, list, FALSE);
	list = driver_list(dev, adapter, mdl, in, LENGTH, FALSE);
	read = driver_list(dev, adapter, to, out, PAGE_SIZE, TRUE);
	driver_watchdog(dev);
	driver_list_put(adapter, read, TRUE);
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(to);
	IoFreeMdl(mdl);
	driver_pages_free(out, 1);
	driver_pages_free(in, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
