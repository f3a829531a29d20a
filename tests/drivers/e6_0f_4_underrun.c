/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Rounds the bus address down to what the device can address: 8 bytes. */
#include "driver.h"

#define HEADER 14               /* the payload of a packet starts here */
#define PAYLOAD 1024

void drive_e6_0f_4_underrun(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *packet = driver_pages(1);
	PMDL mdl = driver_mdl(dev, packet, HEADER + PAYLOAD);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, packet + HEADER, PAYLOAD, FALSE);
	uint64_t bus = driver_list_bus(list, 0);

	device_fill(dev, bus & ~7ull, 0x5A, PAYLOAD);
	driver_blame(adapter, __func__);
	driver_expect(3, (uintptr_t)packet + HEADER);
	driver_expect_offset(4, (uintptr_t)packet + HEADER - (bus & 7));
	driver_list_put(adapter, list, FALSE);
	IoFreeMdl(mdl);
	driver_pages_free(packet, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
