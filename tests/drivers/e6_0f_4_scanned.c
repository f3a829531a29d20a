/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The transfer stays mapped: the device began a page too early, which the scan sees in the guard
 * first; it is said once, of the byte nearest to the buffer's page. */
#include "driver.h"

#define LENGTH 0x1800
#define FIRST 0x200

void drive_e6_0f_4_scanned(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 4 * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer + FIRST, LENGTH);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer + FIRST, LENGTH, FALSE);

	device_fill(dev, driver_list_bus(list, 0) - FIRST - 8, 0x5A, FIRST + 16);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)buffer + FIRST);
	driver_expect_offset(4, 0);
	while (!driver_scan(1))
		;
	driver_give_up(dev, "the scan came round and saw nothing");
}
