/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The request is larger than the registers: each piece has its own channel, map and flush. */
#include "driver.h"

#define OFFSET 0x123
#define REQUEST 0x6800

static void read_piece(struct test_device *dev, PDMA_ADAPTER adapter, PMDL mdl, uint8_t *va,
		       ULONG n)
{
	ULONG registers = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, n);
	PVOID base = driver_registers(dev, adapter, registers);
	uint64_t bus = driver_map(dev, adapter, mdl, base, va, n, FALSE);

	device_fill(dev, bus, 0x5A, n);
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, n, FALSE);
	driver_registers_free(adapter, base, registers);
}

void drive_clean_pieces(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, 0x2000, FALSE, &granted);
	uint8_t *buffer = driver_pages(7);
	uint8_t *va = buffer + OFFSET;
	PMDL mdl = driver_mdl(dev, va, REQUEST);

	for (ULONG done = 0, n; done < REQUEST; done += n) {
		n = granted * PAGE_SIZE - BYTE_OFFSET(va + done);
		if (n > REQUEST - done)
			n = REQUEST - done;
		read_piece(dev, adapter, mdl, va + done, n);
	}
	driver_need(dev, driver_all(va, 0x5A, REQUEST), "the data did not arrive");
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 7);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
