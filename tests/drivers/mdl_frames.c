/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* MDLs that say of a device's memory that it is the machine's, or of the machine's the other. */
#include "driver.h"

#define LENGTH 0x200

struct window {
	PDMA_ADAPTER adapter;
	uint8_t *page;                          /* where the driver reads the device's page */
	PMDL mdl;
};

/* As another driver would map it that has the device's page in its address space. */
DRIVER_INLINE struct window begin(struct test_device *dev)
{
	ULONG granted;
	struct window w = { .adapter = driver_adapter(dev, PAGE_SIZE, TRUE, &granted) };

	w.page = driver_pages(1);
	w.mdl = IoAllocateMdl(w.page, LENGTH, FALSE, FALSE, NULL);
	driver_need(dev, w.page && w.mdl, "no memory");
	MmProbeAndLockPages(w.mdl, KernelMode, IoReadAccess);
	driver_need(dev, MmGetSystemAddressForMdlSafe(w.mdl, NormalPagePriority) != NULL,
		    "no system address");
	return w;
}

DRIVER_INLINE void use(struct test_device *dev, struct window *w)
{
	const CSHORT good = w->mdl->MdlFlags & ~MDL_IO_SPACE;
	PVOID base = driver_registers(dev, w->adapter, 1);

	driver_map(dev, w->adapter, w->mdl, base, w->page, LENGTH, TRUE);
	w->adapter->DmaOperations->FlushAdapterBuffers(w->adapter, w->mdl, base, w->page, LENGTH,
						       TRUE);
	driver_registers_free(w->adapter, base, 1);
	w->mdl->MdlFlags = good;
	MmUnlockPages(w->mdl);
	IoFreeMdl(w->mdl);
	driver_pages_free(w->page, 1);
	w->adapter->DmaOperations->PutDmaAdapter(w->adapter);
}

static void expect(const struct window *w, const char *function)
{
	driver_blame(w->adapter, function);
	driver_expect(2, (uintptr_t)w->mdl);
	driver_expect(3, (USHORT)w->mdl->MdlFlags);
	driver_expect(4, MDL_IO_SPACE);
}

void drive_x2_io_not_said(struct test_device *dev)
{
	struct window w = begin(dev);

	MmGetMdlPfnArray(w.mdl)[0] = (PFN_NUMBER)dev->simulator->io_frame;
	expect(&w, __func__);
	use(dev, &w);
}

void drive_x2_io_of_memory(struct test_device *dev)
{
	struct window w = begin(dev);

	w.mdl->MdlFlags |= MDL_IO_SPACE;
	expect(&w, __func__);
	use(dev, &w);
}

void drive_clean_io_space(struct test_device *dev)
{
	struct window w = begin(dev);

	MmGetMdlPfnArray(w.mdl)[0] = (PFN_NUMBER)dev->simulator->io_frame;
	w.mdl->MdlFlags |= MDL_IO_SPACE;
	use(dev, &w);
	w = begin(dev);
	use(dev, &w);
}
