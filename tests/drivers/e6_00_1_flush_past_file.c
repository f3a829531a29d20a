/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A disk driver that moves its request in pieces of one map register, and flushes with the length
 * of the request instead of the length that the piece had.
 */
#include "driver.h"

#define REQUEST 0x1800
#define PIECE 0x800

static void read_piece(struct test_device *dev, PDMA_ADAPTER adapter, PMDL mdl, uint8_t *va)
{
	PVOID base = driver_registers(dev, adapter, 1);
	uint64_t bus = driver_map(dev, adapter, mdl, base, va, PIECE, FALSE);

	device_fill(dev, bus, 0x5A, PIECE);
	driver_blame(adapter, __func__);
	driver_expect(3, REQUEST - PAGE_SIZE);
	driver_expect(4, REQUEST - PAGE_SIZE);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, REQUEST, FALSE);
	driver_registers_free(adapter, base, 1);
}

void drive_e6_00_1_flush_past_file(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, REQUEST, FALSE, &granted);
	uint8_t *buffer = driver_pages(2);
	PMDL mdl = driver_mdl(dev, buffer, REQUEST);

	read_piece(dev, adapter, mdl, buffer);
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 2);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
