/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Transfers that are longer than their MDLs: a trailer is counted that no MDL describes. */
#include "ex.h"

static const struct driver_part part[] = { { 0, 0x400 }, { 0x1000, 0xC00 } };

#define TOTAL 0x1000
#define OFFSET 0x800
#define MISSING 0x800

static void expect(const struct ex *x, const char *function)
{
	driver_blame(x->adapter, function);
	driver_expect(2, MISSING);
}

void drive_e6_24_map(struct test_device *dev)
{
	struct ex x = ex_begin(dev, 2 * PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_chain(dev, buffer, part, 2);
	PVOID base = ex_registers(&x, 2);

	expect(&x, __func__);
	ex_map(&x, mdl, base, OFFSET, TOTAL, TRUE);
	ex_flush(&x, mdl, base, OFFSET, TOTAL - MISSING, TRUE);
	ex_free(&x);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 2);
	ex_end(&x);
}

void drive_e6_24_list(struct test_device *dev)
{
	struct ex x = ex_begin(dev, 2 * PAGE_SIZE, TRUE);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_chain(dev, buffer, part, 2);
	PSCATTER_GATHER_LIST list = NULL;

	expect(&x, __func__);
	x.ops->GetScatterGatherListEx(x.adapter, dev->fdo[0], x.context, mdl, OFFSET, TOTAL, 0,
				      driver_keep_list, &list, TRUE, NULL, NULL, NULL);
	if (list)
		driver_list_put(x.adapter, list, TRUE);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 2);
	ex_end(&x);
}

void drive_e6_24_info(struct test_device *dev)
{
	struct ex x = ex_begin(dev, 2 * PAGE_SIZE, TRUE);
	DMA_TRANSFER_INFO info = { .Version = DMA_TRANSFER_INFO_VERSION1 };
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_chain(dev, buffer, part, 2);

	expect(&x, __func__);
	x.ops->GetDmaTransferInfo(x.adapter, mdl, OFFSET, TOTAL, TRUE, &info);
	driver_chain_free(mdl);
	driver_pages_free(buffer, 2);
	ex_end(&x);
}
