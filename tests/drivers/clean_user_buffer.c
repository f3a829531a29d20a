/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* METHOD_NEITHER done right: lock the pages, get the system address, transfer, unlock. */
#include "driver.h"

#define OFFSET 0x78
#define LENGTH 0x1400

void drive_clean_user_buffer(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	uint8_t *user = driver_pages(2);
	PMDL mdl = IoAllocateMdl(user + OFFSET, LENGTH, FALSE, FALSE, NULL);
	PSCATTER_GATHER_LIST list;
	uint8_t *system;

	driver_need(dev, mdl != NULL, "no MDL");
	MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
	system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
	driver_need(dev, system != NULL, "no system address");
	list = driver_list(dev, adapter, mdl, MmGetMdlVirtualAddress(mdl), LENGTH, FALSE);
	for (ULONG i = 0; i < list->NumberOfElements; i++)
		device_fill(dev, (uint64_t)list->Elements[i].Address.QuadPart, 0x5A,
			    list->Elements[i].Length);
	driver_list_put(adapter, list, FALSE);
	driver_need(dev, driver_all(system, 0x5A, LENGTH), "the data did not arrive");
	driver_need(dev, driver_all(user + OFFSET, 0x5A, LENGTH), "the user does not see the data");
	MmUnlockPages(mdl);
	IoFreeMdl(mdl);
	driver_pages_free(user, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
