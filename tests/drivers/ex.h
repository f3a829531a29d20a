/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the drivers of version 3 share: an adapter and its context, and the calls few get wrong. */
#ifndef EX_H
#define EX_H

#include "driver.h"

struct ex {
	struct test_device *dev;
	PDMA_ADAPTER adapter;
	PDMA_OPERATIONS ops;
	ULONG granted;
	uint8_t *context;               /* memory of it, a page */
	PSCATTER_GATHER_LIST list;      /* memory of a list, a page */
};

/* PASSIVE_LEVEL; gives up when there is no memory. */
DRIVER_INLINE struct ex ex_begin(struct test_device *dev, ULONG maximum_length,
				 BOOLEAN scatter_gather)
{
	struct ex x = { .dev = dev };

	x.adapter = driver_adapter_of(dev, DEVICE_DESCRIPTION_VERSION3, maximum_length,
				      scatter_gather, &x.granted);
	x.ops = x.adapter->DmaOperations;
	x.context = driver_pages(1);
	x.list = driver_pages(1);
	driver_need(dev, x.context && x.list, "no memory");
	driver_need(dev, NT_SUCCESS(x.ops->InitializeDmaTransferContext(x.adapter, x.context)),
		    "no context");
	return x;
}

DRIVER_INLINE void ex_end(const struct ex *x)
{
	driver_pages_free(x->list, 1);
	driver_pages_free(x->context, 1);
	x->ops->PutDmaAdapter(x->adapter);
}

/* n registers and the channel, without a routine: until ex_free. */
DRIVER_INLINE PVOID ex_registers(const struct ex *x, ULONG n)
{
	PVOID base = NULL;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	x->ops->AllocateAdapterChannelEx(x->adapter, x->dev->fdo[0], x->context, n,
					 DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &base);
	KeLowerIrql(irql);
	driver_need(x->dev, base != NULL, "no map registers");
	return base;
}

DRIVER_INLINE void ex_free(const struct ex *x)
{
	x->ops->FreeAdapterObject(x->adapter, DeallocateObject);
}

/* Returns how many bytes were mapped, 0: none. */
DRIVER_INLINE ULONG ex_map(const struct ex *x, PMDL mdl, PVOID base, ULONGLONG offset, ULONG length,
			   BOOLEAN to_device)
{
	const NTSTATUS status = x->ops->MapTransferEx(x->adapter, mdl, base, offset, 0, &length,
						      to_device, x->list, PAGE_SIZE, NULL, NULL);

	return NT_SUCCESS(status) ? length : 0;
}

DRIVER_INLINE void ex_flush(const struct ex *x, PMDL mdl, PVOID base, ULONGLONG offset,
			    ULONG length, BOOLEAN to_device)
{
	x->ops->FlushAdapterBuffersEx(x->adapter, mdl, base, offset, length, to_device);
}

#endif
