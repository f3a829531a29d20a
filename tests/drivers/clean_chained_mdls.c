/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A packet in pieces: one list over MDLs that begin and end anywhere, one of them empty, one of
 * them in the same page as another; then one that begins in the middle of the first and ends in
 * the middle of the last.
 */
#include "driver.h"

static const struct driver_part part[] = {
	{ 0x0FF0, 0x20 }, { 0x2100, 0x123 }, { 0, 0 }, { 0x3000, 0x1000 }, { 0x2223, 0x7 },
	{ 0x5800, 0x1700 },
};

#define PARTS (sizeof(part) / sizeof(part[0]))
#define PAGES 7
#define TOTAL (0x20 + 0x123 + 0x1000 + 0x7 + 0x1700)
#define SKIPPED 0x10                    /* of the first and of the last */

static void check(struct test_device *dev, const uint8_t *buffer, uint32_t head, uint32_t tail)
{
	for (uint32_t i = 0; i < PARTS; i++) {
		const uint32_t from = i == 0 ? head : 0;
		const uint32_t left = part[i].length - from - (i == PARTS - 1 ? tail : 0);

		if (part[i].length)
			driver_need(dev, driver_all(buffer + part[i].offset + from, 0x5A, left),
				    "the data did not arrive");
	}
	driver_need(dev, driver_all(buffer, 0, part[0].offset + head), "bytes in front changed");
	driver_need(dev, driver_all(buffer + 0x2100 + 0x12A, 0, 0x3000 - 0x222A),
		    "bytes between changed");
	driver_need(dev, driver_all(buffer + 0x5800 + 0x1700 - tail, 0, 0x100 + tail),
		    "bytes behind changed");
}

void drive_clean_chained_mdls(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, PAGES * PAGE_SIZE, TRUE, &granted);
	uint8_t *buffer = driver_pages(PAGES);
	PMDL mdl = driver_chain(dev, buffer, part, PARTS);
	PSCATTER_GATHER_LIST list;

	list = driver_list(dev, adapter, mdl, buffer + part[0].offset, TOTAL, FALSE);
	driver_need(dev, driver_list_fill(dev, list, 0x5A) == TOTAL, "another length");
	driver_list_put(adapter, list, FALSE);
	check(dev, buffer, 0, 0);

	driver_set(buffer, 0, PAGES * PAGE_SIZE);
	list = driver_list(dev, adapter, mdl, buffer + part[0].offset + SKIPPED,
			   TOTAL - 2 * SKIPPED, FALSE);
	driver_need(dev, driver_list_fill(dev, list, 0x5A) == TOTAL - 2 * SKIPPED,
		    "another length than the part");
	driver_list_put(adapter, list, FALSE);
	check(dev, buffer, SKIPPED, SKIPPED);
	driver_chain_free(mdl);
	driver_pages_free(buffer, PAGES);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
