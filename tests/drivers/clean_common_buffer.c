/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Both sides use the first and the last byte of each common buffer; all are freed as allocated. */
#include "driver.h"

static const ULONG lengths[] = { 0x1000, 0x12010, 0x4300, 0x4800, 0x40, 1 };
#define BUFFERS (sizeof(lengths) / sizeof(lengths[0]))

static void use(struct test_device *dev, volatile uint8_t *va, uint64_t bus, ULONG length)
{
	uint8_t seen = 0;

	va[0] = 0x11;
	va[length - 1] = 0x22;
	device_read(dev, bus + length - 1, &seen, 1);
	driver_need(dev, seen == 0x22, "the device does not see the driver's byte");
	device_fill(dev, bus, 0x33, 1);
	driver_need(dev, length == 1 || va[0] == 0x33, "the driver does not see the device's byte");
	device_fill(dev, bus + length - 1, 0x44, 1);
	driver_need(dev, va[length - 1] == 0x44, "the driver does not see the device's last byte");
}

void drive_clean_common_buffer(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 0x12010, TRUE, &granted);
	PHYSICAL_ADDRESS bus[BUFFERS];
	PVOID va[BUFFERS];

	for (unsigned int i = 0; i < BUFFERS; i++) {
		va[i] = adapter->DmaOperations->AllocateCommonBuffer(adapter, lengths[i], &bus[i],
								     i & 1);
		driver_need(dev, va[i] != NULL, "no common buffer");
		use(dev, va[i], (uint64_t)bus[i].QuadPart, lengths[i]);
	}
	device_stop(dev);
	for (unsigned int i = 0; i < BUFFERS; i++)
		adapter->DmaOperations->FreeCommonBuffer(adapter, lengths[i], bus[i], va[i], i & 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
