/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The ring lives as long as the driver: only a scan sees what the device does to it. */
#include "driver.h"

#define RING 0x0F00

void drive_e6_0f_2_scanned(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	PHYSICAL_ADDRESS bus;
	uint8_t *ring = adapter->DmaOperations->AllocateCommonBuffer(adapter, RING, &bus, TRUE);

	driver_need(dev, ring != NULL, "no common buffer");
	device_fill(dev, (uint64_t)bus.QuadPart, 0x5A, RING + 4);
	driver_blame(adapter, __func__);
	driver_expect(3, RING);
	driver_expect(4, (uintptr_t)ring);
	while (!driver_scan(4))
		;
	driver_give_up(dev, "the scan came round and saw nothing");
}
