/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers of slaves with the operations of version 3, as they shall be and not. */
#include "slave.h"

struct slave_ex {
	struct slave s;
	uint8_t *context;
	uint32_t calls;
	DMA_COMPLETION_STATUS status;
	KIRQL irql;
	bool right;                             /* its arguments */
	bool flush;                             /* what the routine does by itself */
	ULONG length;
};

static const struct driver_part part[] = { { 0x80, 0x780 }, { 0x1000, 0x400 }, { 0x1800, 0x100 } };

#define TOTAL 0xC80

DRIVER_INLINE struct slave_ex begin(struct test_device *dev, const DEVICE_DESCRIPTION *d, ULONG n)
{
	struct slave_ex x = { .s = slave_begin(dev, d) };
	KIRQL irql;

	x.context = driver_pages(1);
	IoFreeMdl(x.s.mdl);
	x.s.mdl = driver_chain(dev, x.s.buffer, part, 3);
	x.s.ops->InitializeDmaTransferContext(x.s.adapter, x.context);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	x.s.ops->AllocateAdapterChannelEx(x.s.adapter, dev->fdo[0], x.context, n,
					  DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, &x.s.base);
	KeLowerIrql(irql);
	driver_need(dev, x.s.base != NULL, "no channel");
	return x;
}

DRIVER_INLINE struct slave_ex begin_plain(struct test_device *dev, ULONG n)
{
	const DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION3, SLAVE_LINE,
						    SLAVE_BYTES);

	return begin(dev, &d, n);
}

DRIVER_INLINE void finish(struct slave_ex *x)
{
	driver_pages_free(x->context, 1);
	driver_chain_free(x->s.mdl);
	driver_pages_free(x->s.buffer, 2);
	x->s.ops->PutDmaAdapter(x->s.adapter);
}

DRIVER_INLINE void end(struct slave_ex *x)
{
	x->s.ops->FreeAdapterObject(x->s.adapter, DeallocateObject);
	finish(x);
}

static VOID NTAPI completed(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID context,
			    DMA_COMPLETION_STATUS status)
{
	struct slave_ex *x = context;

	x->calls++;
	x->status = status;
	x->irql = KeGetCurrentIrql();
	x->right = adapter == x->s.adapter && device == x->s.dev->pdo;
}

DRIVER_INLINE NTSTATUS map(struct slave_ex *x, ULONGLONG offset, ULONG length, BOOLEAN to_device,
			   PSCATTER_GATHER_LIST list, ULONG bytes)
{
	x->length = length;
	return x->s.ops->MapTransferEx(x->s.adapter, x->s.mdl, x->s.base, offset, 4, &x->length,
				       to_device, list, bytes, completed, x);
}

DRIVER_INLINE NTSTATUS flush(struct slave_ex *x, ULONGLONG offset, BOOLEAN to_device)
{
	return x->s.ops->FlushAdapterBuffersEx(x->s.adapter, x->s.mdl, x->s.base, offset, x->length,
					       to_device);
}

/* ---- as they shall be ---- */

/* A chain, as much of it each time as one address and three registers hold. */
void drive_clean_slave_ex(struct test_device *dev)
{
	struct slave_ex x = begin_plain(dev, 3);
	DMA_ADAPTER_INFO info = { .Version = DMA_ADAPTER_INFO_VERSION1 };
	uint8_t one[sizeof(SCATTER_GATHER_LIST)];
	uint32_t pieces = 0;

	driver_need(dev, NT_SUCCESS(x.s.ops->GetDmaAdapterInfo(x.s.adapter, &info)) &&
		    info.V1.ReadDmaCounterAvailable && info.V1.ScatterGatherLimit == 1 &&
		    info.V1.MinimumTransferUnit == 1, "not what its line can");
	for (ULONG at = 0; at < TOTAL; at += x.length, pieces++) {
		driver_need(dev, map(&x, at, TOTAL - at, FALSE, NULL, 0) == STATUS_SUCCESS &&
			    x.length, "not mapped");
		driver_need(dev, x.calls == pieces, "completed before the device moved anything");
		driver_need(dev, slave_fill(&x.s, (uint8_t)(0x20 + pieces), TOTAL) == x.length,
			    "not moved");
		driver_need(dev, x.calls == pieces + 1 && x.status == DmaComplete && x.right &&
			    x.irql == DISPATCH_LEVEL, "not told as it shall be");
		driver_need(dev, flush(&x, at, FALSE) == STATUS_SUCCESS, "not flushed");
	}
	driver_need(dev, pieces == 3 && driver_all(x.s.buffer + 0x80, 0x20, 0x780) &&
		    driver_all(x.s.buffer + 0x1000, 0x21, 0x400) &&
		    driver_all(x.s.buffer + 0x1800, 0x22, 0x100), "not the data");
	driver_need(dev, map(&x, 0, TOTAL, TRUE, (PSCATTER_GATHER_LIST)(void *)one, 8) ==
		    STATUS_INVALID_PARAMETER, "a list of nothing");
	end(&x);
}

/* A line that takes lists: the chain at once, and the driver gets to see the list. */
void drive_clean_slave_list(struct test_device *dev)
{
	DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION3,
					      dev->simulator->lines - 1, SLAVE_BYTES);
	struct slave_ex x;
	PSCATTER_GATHER_LIST list = driver_pages(1);
	uint8_t got[TOTAL];
	BOOLEAN swap = TRUE;

	d.DmaWidth = Width16Bits;
	x = begin(dev, &d, 3);
	for (uint32_t i = 0; i < 2 * PAGE_SIZE; i++)
		x.s.buffer[i] = (uint8_t)i;
	driver_need(dev, map(&x, 0x10, TOTAL - 0x10, TRUE, list, PAGE_SIZE) == STATUS_SUCCESS &&
		    x.length == TOTAL - 0x10 && list->NumberOfElements == 3, "not all at once");
	driver_need(dev, slave_move(&x.s, got, TOTAL) == TOTAL - 0x10 && got[0] == 0x90 &&
		    got[0x770] == 0 && got[0xB70] == 0 && got[0xB71] == 1, "not the data");
	driver_need(dev, flush(&x, 0x10, TRUE) == STATUS_SUCCESS, "not flushed");
	driver_need(dev, x.s.ops->ConfigureAdapterChannel(x.s.adapter, 99, NULL) ==
		    STATUS_NOT_IMPLEMENTED, "a function that is none");
	x.s.ops->ConfigureAdapterChannel(x.s.adapter, 1, &swap);
	driver_need(dev, map(&x, 0, 0x100, TRUE, list, PAGE_SIZE) == STATUS_SUCCESS &&
		    slave_move(&x.s, got, 0x100) == 0x100 && got[0] == 0x81 && got[1] == 0x80,
		    "not the other order");
	flush(&x, 0, TRUE);
	driver_need(dev, map(&x, 1, 0x100, TRUE, list, PAGE_SIZE) == STATUS_INVALID_PARAMETER,
		    "half a unit");
	driver_pages_free(list, 1);
	end(&x);
}

/* Cancelled half way: the routine is told, the flush is due, and no more is mapped. */
void drive_clean_slave_cancel(struct test_device *dev)
{
	struct slave_ex x = begin_plain(dev, 3);

	driver_set(x.s.buffer, 0x77, 2 * PAGE_SIZE);
	driver_need(dev, x.s.ops->CancelMappedTransfer(x.s.adapter, x.s.buffer) ==
		    STATUS_INVALID_PARAMETER, "cancelled by no context");
	map(&x, 0, 0x400, FALSE, NULL, 0);
	slave_fill(&x.s, 0x31, 0x123);
	driver_need(dev, x.s.ops->CancelMappedTransfer(x.s.adapter, x.context) == STATUS_SUCCESS &&
		    x.calls == 1 && x.status == DmaCancelled && x.irql == DISPATCH_LEVEL,
		    "not cancelled");
	driver_need(dev, slave_fill(&x.s, 0x32, 1) == 0 &&
		    x.s.ops->ReadDmaCounter(x.s.adapter) == 0x400 - 0x123, "moved after all");
	driver_need(dev, flush(&x, 0, FALSE) == STATUS_SUCCESS &&
		    driver_all(x.s.buffer + 0x80, 0x31, 0x123) && x.s.buffer[0x80 + 0x123] == 0x77,
		    "not what had arrived");
	driver_need(dev, map(&x, 0, 0x400, FALSE, NULL, 0) == STATUS_CANCELLED && x.calls == 1,
		    "another transfer of a cancelled context");
	end(&x);
}

/* ---- and not ---- */

/* Flushes by the clock, and not when it is told that all has arrived. */
void drive_e6_23_still_running(struct test_device *dev)
{
	struct slave_ex x = begin_plain(dev, 3);

	map(&x, 0, 0x400, FALSE, NULL, 0);
	slave_fill(&x.s, 0x41, 0x3FF);
	driver_blame(x.s.adapter, __func__);
	driver_expect(2, 0);
	driver_expect(3, 0);
	driver_expect(4, SLAVE_LINE);
	flush(&x, 0, FALSE);
	slave_fill(&x.s, 0x41, 1);
	flush(&x, 0, FALSE);
	end(&x);
}

/* Frees the object, and with it the registers that the controller moves into. */
void drive_e6_10_slave_object(struct test_device *dev)
{
	struct slave_ex x = begin_plain(dev, 3);

	map(&x, 0, 0x780, FALSE, NULL, 0);
	driver_blame(x.s.adapter, __func__);
	driver_expect(2, 1);
	end(&x);
}

/* Maps the next piece from the routine that tells it of the last, before the flush. */
void drive_x3_slave_ex(struct test_device *dev)
{
	struct slave_ex x = begin_plain(dev, 3);

	map(&x, 0, 0x780, FALSE, NULL, 0);
	slave_fill(&x.s, 0x51, 0x780);
	driver_blame(x.s.adapter, __func__);
	driver_expect(3, (uintptr_t)x.s.buffer + 0x80);
	driver_expect(4, (uintptr_t)x.s.buffer + 0x1000);
	map(&x, 0x780, 0x400, FALSE, NULL, 0);
	x.length = 0x780;
	flush(&x, 0, FALSE);
	end(&x);
}
