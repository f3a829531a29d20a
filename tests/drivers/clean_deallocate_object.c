/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The whole transfer happens in the AdapterControl routine, which then frees all it was given. */
#include "driver.h"

#define LENGTH 0x800

struct request {
	struct test_device *dev;
	PDMA_ADAPTER adapter;
	PMDL mdl;
	uint8_t *buffer;
	bool done;
};

static IO_ALLOCATION_ACTION NTAPI transfer(PDEVICE_OBJECT device, PIRP irp, PVOID base,
					   PVOID context)
{
	struct request *r = context;
	uint64_t bus = driver_map(r->dev, r->adapter, r->mdl, base, r->buffer, LENGTH, FALSE);

	(void)device, (void)irp;
	device_fill(r->dev, bus, 0x5A, LENGTH);
	r->adapter->DmaOperations->FlushAdapterBuffers(r->adapter, r->mdl, base, r->buffer, LENGTH,
						       FALSE);
	r->done = true;
	return DeallocateObject;
}

void drive_clean_deallocate_object(struct test_device *dev)
{
	ULONG granted;
	struct request r = { .dev = dev,
			     .adapter = driver_adapter(dev, PAGE_SIZE, FALSE, &granted) };
	KIRQL irql;

	r.buffer = driver_pages(1);
	r.mdl = driver_mdl(dev, r.buffer, LENGTH);
	for (unsigned int i = 0; i < 3; i++) {
		driver_set(r.buffer, 0, LENGTH);
		r.done = false;
		KeRaiseIrql(DISPATCH_LEVEL, &irql);
		r.adapter->DmaOperations->AllocateAdapterChannel(r.adapter, dev->fdo[0], 1,
								 transfer, &r);
		KeLowerIrql(irql);
		driver_need(dev, r.done, "the routine was not called");
		driver_need(dev, driver_all(r.buffer, 0x5A, LENGTH), "the data did not arrive");
	}
	IoFreeMdl(r.mdl);
	driver_pages_free(r.buffer, 1);
	r.adapter->DmaOperations->PutDmaAdapter(r.adapter);
}
