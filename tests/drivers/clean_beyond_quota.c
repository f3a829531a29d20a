/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * More pages than the verifier has shadows for: a list whose last elements are the driver's own
 * pages, and a packet transfer of which no page is copied.
 */
#include "driver.h"

#define PAGES 80
#define LENGTH (PAGES * PAGE_SIZE)

static const uint32_t spot[] = { 0, 63 * PAGE_SIZE, 64 * PAGE_SIZE, LENGTH - 16 };
#define SPOTS (sizeof(spot) / sizeof(spot[0]))

static void check(struct test_device *dev, uint8_t *buffer)
{
	for (unsigned int i = 0; i < SPOTS; i++) {
		driver_need(dev, driver_all(buffer + spot[i], 0x5A, 16), "the data did not arrive");
		driver_set(buffer + spot[i], 0, 16);
	}
}

static void list_transfer(struct test_device *dev, PMDL mdl, uint8_t *buffer)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, buffer, LENGTH, FALSE);

	for (unsigned int i = 0; i < SPOTS; i++)
		device_fill(dev, driver_list_bus(list, spot[i]), 0x5A, 16);
	driver_list_put(adapter, list, FALSE);
	check(dev, buffer);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}

static void packet_transfer(struct test_device *dev, PMDL mdl, uint8_t *buffer)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, FALSE, &granted);
	PVOID base = driver_registers(dev, adapter, PAGES);
	uint64_t bus = driver_map(dev, adapter, mdl, base, buffer, LENGTH, FALSE);

	for (unsigned int i = 0; i < SPOTS; i++)
		device_fill(dev, bus + spot[i], 0x5A, 16);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, buffer, LENGTH, FALSE);
	check(dev, buffer);
	driver_registers_free(adapter, base, PAGES);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}

void drive_clean_beyond_quota(struct test_device *dev)
{
	uint8_t *buffer = driver_pages(PAGES);
	PMDL mdl;

	driver_need(dev, buffer != NULL, "no memory");
	mdl = driver_mdl(dev, buffer, LENGTH);
	list_transfer(dev, mdl, buffer);
	packet_transfer(dev, mdl, buffer);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, PAGES);
}
