/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Requests that wait are cancelled and never run; one is cancelled before it is made; one is too
 * far along; one that must not wait fails instead.
 */
#include "ex.h"

static NTSTATUS channel(const struct ex *x, PVOID context, ULONG n, ULONG flags, PVOID *base)
{
	return x->ops->AllocateAdapterChannelEx(x->adapter, x->dev->fdo[1], context, n, flags,
						driver_keep_registers, base, NULL);
}

static BOOLEAN cancel(const struct ex *x, PVOID context)
{
	return x->ops->CancelAdapterChannel(x->adapter, x->dev->fdo[1], context);
}

void drive_clean_ex_cancel(struct test_device *dev)
{
	struct ex x = ex_begin(dev, 6 * PAGE_SIZE, TRUE);
	uint8_t *second = x.context + DMA_TRANSFER_CONTEXT_SIZE_V1;
	uint8_t *buffer = driver_pages(3);
	PMDL mdl = driver_mdl(dev, buffer, 3 * PAGE_SIZE);
	PVOID held = ex_registers(&x, 6), base = NULL;  /* of eight: two are left */
	PSCATTER_GATHER_LIST list = NULL;
	KIRQL irql;

	x.ops->InitializeDmaTransferContext(x.adapter, second);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	driver_need(dev, channel(&x, second, 1, DMA_SYNCHRONOUS_CALLBACK, &base) ==
		    STATUS_INSUFFICIENT_RESOURCES && !base, "one that must not wait");
	driver_need(dev, NT_SUCCESS(channel(&x, second, 1, 0, &base)) && !base, "no request");
	driver_need(dev, channel(&x, second, 1, 0, &base) == STATUS_INVALID_PARAMETER,
		    "two requests of one context");
	driver_need(dev, cancel(&x, second), "a channel that waits");
	driver_need(dev, NT_SUCCESS(x.ops->GetScatterGatherListEx(
			x.adapter, dev->fdo[1], second, mdl, 0, 3 * PAGE_SIZE, 0, driver_keep_list,
			&list, FALSE, NULL, NULL, NULL)) && !list, "no request for a list");
	driver_need(dev, cancel(&x, second), "a list that waits");
	driver_need(dev, cancel(&x, second), "one that was not made yet");
	driver_need(dev, channel(&x, second, 1, 0, &base) == STATUS_CANCELLED,
		    "one cancelled before");
	driver_need(dev, channel(&x, buffer, 1, 0, &base) == STATUS_INVALID_PARAMETER,
		    "a context that is none");
	ex_free(&x);
	driver_need(dev, !base && !list, "a cancelled request ran");
	driver_need(dev, NT_SUCCESS(channel(&x, second, 1, 0, &base)) && base, "no channel");
	driver_need(dev, !cancel(&x, second), "too late");
	x.ops->FreeMapRegisters(x.adapter, base, 1);
	KeLowerIrql(irql);
	driver_need(dev, held != NULL, "no registers");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 3);
	ex_end(&x);
}
