/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* MDLs whose flags change while they are mapped. */
#include "ex.h"

#define LENGTH 0x300

/* Clears the flag that its buffer is the I/O manager's to write back, for the next request. */
void drive_x2_flags_changed(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, LENGTH);
	PVOID base = driver_registers(dev, adapter, 1);

	mdl->MdlFlags |= MDL_IO_PAGE_READ;
	driver_map(dev, adapter, mdl, base, page, LENGTH, TRUE);
	mdl->MdlFlags &= ~MDL_IO_PAGE_READ;
	driver_blame(adapter, __func__);
	driver_expect(2, (uintptr_t)mdl);
	driver_expect(3, (USHORT)mdl->MdlFlags);
	driver_expect(4, MDL_IO_PAGE_READ);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, page, LENGTH, TRUE);
	mdl->MdlFlags |= MDL_IO_PAGE_READ;
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, page, LENGTH, TRUE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}

/* The same of the second MDL of a chain. */
void drive_x2_flags_changed_ex(struct test_device *dev)
{
	static const struct driver_part part[] = { { 0, LENGTH }, { PAGE_SIZE, LENGTH } };
	struct ex x = ex_begin(dev, 2 * PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_chain(dev, buffer, part, 2);
	PVOID base = ex_registers(&x, 2);

	driver_need(dev, ex_map(&x, mdl, base, 0, 2 * LENGTH, TRUE) == 2 * LENGTH, "not mapped");
	mdl->Next->MdlFlags |= MDL_NETWORK_HEADER;
	driver_blame(x.adapter, __func__);
	driver_expect(2, (uintptr_t)mdl->Next);
	driver_expect(3, (USHORT)mdl->Next->MdlFlags);
	driver_expect(4, MDL_NETWORK_HEADER);
	ex_flush(&x, mdl, base, 0, 2 * LENGTH, TRUE);
	mdl->Next->MdlFlags &= ~MDL_NETWORK_HEADER;
	ex_flush(&x, mdl, base, 0, 2 * LENGTH, TRUE);
	ex_free(&x);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 2);
	ex_end(&x);
}

/* Mapping the pages and taking that back changes flags as well; and it is another MDL's to have
 * others. */
void drive_clean_mapped_meanwhile(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted);
	uint8_t *page = driver_pages(1);
	PMDL mdl = driver_mdl(dev, page, LENGTH);
	PMDL part = IoAllocateMdl(page, LENGTH, FALSE, FALSE, NULL);
	PVOID base = driver_registers(dev, adapter, 1);

	driver_need(dev, part != NULL, "no MDL");
	IoBuildPartialMdl(mdl, part, page, LENGTH);
	driver_map(dev, adapter, part, base, page, LENGTH, TRUE);
	part->MdlFlags |= MDL_MAPPING_CAN_FAIL;
	driver_need(dev, MmMapLockedPagesSpecifyCache(part, KernelMode, MmCached, NULL, FALSE,
						      NormalPagePriority) != NULL, "no address");
	adapter->DmaOperations->FlushAdapterBuffers(adapter, part, base, page, LENGTH, TRUE);
	driver_map(dev, adapter, part, base, page, LENGTH, TRUE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, page, LENGTH, TRUE);
	driver_registers_free(adapter, base, 1);
	IoFreeMdl(part);
	IoFreeMdl(mdl);
	driver_pages_free(page, 1);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
