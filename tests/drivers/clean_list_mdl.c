/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Version 2: looks at the memory that the device uses, before the list is put, through the MDLs of
 * it: one that lies behind the first, too, and only once.
 */
#include "driver.h"

#define OFFSET 0xE00
#define LENGTH 0x1400

/* Every byte that the MDLs describe; returns how many there are. */
static uint32_t look(struct test_device *dev, PMDL mdl, uint8_t byte)
{
	uint32_t n = 0;

	for (; mdl; mdl = mdl->Next) {
		const uint8_t *va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

		driver_need(dev, va != NULL, "no system address");
		driver_need(dev, driver_all(va, byte, mdl->ByteCount), "not what the device wrote");
		n += mdl->ByteCount;
	}
	return n;
}

void drive_clean_list_mdl(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION2, LENGTH, TRUE,
						 &granted);
	const PDMA_OPERATIONS ops = adapter->DmaOperations;
	uint8_t *buffer = driver_pages(3);
	uint8_t *va = buffer + OFFSET;
	PMDL mdl = driver_mdl(dev, va, LENGTH), used = NULL;
	PSCATTER_GATHER_LIST list = driver_list(dev, adapter, mdl, va, LENGTH, FALSE);

	driver_list_fill(dev, list, 0x5A);
	driver_need(dev, ops->BuildMdlFromScatterGatherList(adapter, list, NULL, &used) ==
		    STATUS_INVALID_PARAMETER, "an MDL of none");
	driver_need(dev, NT_SUCCESS(ops->BuildMdlFromScatterGatherList(adapter, list, mdl, &used)),
		    "no MDL");
	driver_need(dev, look(dev, used, 0x5A) == LENGTH, "another length");
	driver_need(dev, ops->BuildMdlFromScatterGatherList(adapter, list, mdl, &used) ==
		    STATUS_NONE_MAPPED, "a second MDL");
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(va, 0x5A, LENGTH), "the data did not arrive");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 3);
	ops->PutDmaAdapter(adapter);
}
