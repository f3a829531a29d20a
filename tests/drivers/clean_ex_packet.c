/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Version 3 as its documentation shows it: what does the transfer take, a channel, then piece by
 * piece over a chain of MDLs, as much as registers and list hold; to its exact end.
 */
#include "ex.h"

static const struct driver_part part[] = {
	{ 0x0FF0, 0x1020 }, { 0, 0 }, { 0x3000, 0x1000 }, { 0x2223, 0x7 }, { 0x4800, 0x2700 },
};

#define PARTS 5
#define PAGES 7
#define TOTAL (0x1020 + 0x1000 + 0x7 + 0x2700)
#define OFFSET 0x1011

static void ask(const struct ex *x, PMDL mdl)
{
	DMA_ADAPTER_INFO adapter = { .Version = DMA_ADAPTER_INFO_VERSION1 };
	DMA_TRANSFER_INFO transfer = { .Version = DMA_TRANSFER_INFO_VERSION2 };

	driver_need(x->dev, NT_SUCCESS(x->ops->GetDmaAdapterInfo(x->adapter, &adapter)),
		    "nothing of the adapter");
	driver_need(x->dev, adapter.V1.ScatterGatherLimit == x->granted &&
		    adapter.V1.MinimumTransferUnit == 1, "something else of the adapter");
	driver_need(x->dev, NT_SUCCESS(x->ops->GetDmaTransferInfo(x->adapter, mdl, OFFSET,
								  TOTAL - OFFSET, FALSE,
								  &transfer)),
		    "nothing of the transfer");
	driver_need(x->dev, transfer.V2.MapRegisterCount == 1 + 1 + 1 + 3 &&
		    transfer.V2.ScatterGatherElementCount == 6 &&
		    transfer.V2.LogicalPageCount == 6, "something else of the transfer");
	adapter.Version = transfer.Version = 7;
	driver_need(x->dev, x->ops->GetDmaAdapterInfo(x->adapter, &adapter) ==
		    STATUS_NOT_SUPPORTED, "a version that does not exist");
	driver_need(x->dev, x->ops->GetDmaTransferInfo(x->adapter, mdl, 0, 1, FALSE, &transfer) ==
		    STATUS_NOT_SUPPORTED, "one of transfers that does not exist");
}

/* Returns how many maps it took. */
static uint32_t read_all(const struct ex *x, PMDL mdl, PVOID base, ULONG list_bytes)
{
	uint32_t maps = 0;

	for (ULONG at = OFFSET; at < TOTAL; maps++) {
		ULONG length = TOTAL - at;

		driver_need(x->dev, NT_SUCCESS(x->ops->MapTransferEx(
				x->adapter, mdl, base, at, 0, &length, FALSE, x->list, list_bytes,
				NULL, NULL)), "no map");
		driver_need(x->dev, driver_list_fill(x->dev, x->list, 0x5A) == length,
			    "the list has another length than was mapped");
		ex_flush(x, mdl, base, at, length, FALSE);
		at += length;
	}
	return maps;
}

static void check(const struct ex *x, uint8_t *buffer)
{
	driver_need(x->dev, driver_all(buffer, 0, 0x0FF0 + OFFSET), "bytes in front changed");
	driver_need(x->dev, driver_all(buffer + 0x0FF0 + OFFSET, 0x5A, 0x1020 - OFFSET) &&
		    driver_all(buffer + 0x3000, 0x5A, 0x1000) &&
		    driver_all(buffer + 0x2223, 0x5A, 7) &&
		    driver_all(buffer + 0x4800, 0x5A, 0x2700), "the data did not arrive");
	driver_need(x->dev, driver_all(buffer + 0x6F00, 0, 0x100), "bytes behind changed");
	driver_set(buffer, 0, PAGES * PAGE_SIZE);
}

void drive_clean_ex_packet(struct test_device *dev)
{
	struct ex x = ex_begin(dev, PAGES * PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(PAGES);
	PMDL mdl = driver_chain(dev, buffer, part, PARTS);
	PVOID base;

	ask(&x, mdl);
	base = ex_registers(&x, 6);
	driver_need(dev, read_all(&x, mdl, base, PAGE_SIZE) == 1, "not all in one map");
	check(&x, buffer);
	driver_need(dev, read_all(&x, mdl, base, (ULONG)offsetof(SCATTER_GATHER_LIST, Elements) +
				  2 * sizeof(SCATTER_GATHER_ELEMENT)) == 3,
		    "another number of maps with lists of two");
	check(&x, buffer);
	ex_free(&x);
	base = ex_registers(&x, 4);
	driver_need(dev, read_all(&x, mdl, base, PAGE_SIZE) == 2,
		    "another number of maps with four registers");
	check(&x, buffer);
	ex_free(&x);
	driver_chain_free(mdl);
	driver_pages_free(buffer, PAGES);
	ex_end(&x);
}
