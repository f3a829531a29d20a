/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The same towards the device, which must see each byte that the driver wrote before. */
#include "driver.h"

#define OFFSET 0xF00
#define LENGTH 0x1234

static bool device_sees(struct test_device *dev, uint64_t bus, uint32_t length, uint8_t byte)
{
	uint8_t bytes[512];

	while (length) {
		uint32_t n = length < sizeof(bytes) ? length : (uint32_t)sizeof(bytes);

		device_read(dev, bus, bytes, n);
		if (!driver_all(bytes, byte, n))
			return false;
		bus += n;
		length -= n;
	}
	return true;
}

void drive_clean_list_write(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	uint8_t *buffer = driver_pages(3);
	uint8_t *va = buffer + OFFSET;
	PMDL mdl = driver_mdl(dev, va, LENGTH);
	PSCATTER_GATHER_LIST list;

	driver_set(va, 0xC3, LENGTH);
	list = driver_list(dev, adapter, mdl, va, LENGTH, TRUE);
	for (ULONG i = 0; i < list->NumberOfElements; i++) {
		const SCATTER_GATHER_ELEMENT *e = &list->Elements[i];

		driver_need(dev, device_sees(dev, (uint64_t)e->Address.QuadPart, e->Length, 0xC3),
			    "the device saw something else");
	}
	driver_list_put(adapter, list, TRUE);
	driver_need(dev, driver_all(va, 0xC3, LENGTH), "the buffer was changed");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 3);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
