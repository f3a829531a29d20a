/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Packet DMA of a bus master: the AdapterControl routine keeps the registers, MapTransfer is called
 * until all is mapped, one flush ends it all, FreeMapRegisters comes last.
 */
#include "driver.h"

#define OFFSET 0x234
#define LENGTH 0x2345

void drive_clean_packet_bus_master(struct test_device *dev)
{
	ULONG granted;
	PDMA_ADAPTER adapter = driver_adapter(dev, LENGTH, TRUE, &granted);
	uint8_t *buffer = driver_pages(3);
	uint8_t *va = buffer + OFFSET;
	PMDL mdl = driver_mdl(dev, va, LENGTH);
	PVOID base = driver_registers(dev, adapter, ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, LENGTH));

	KeFlushIoBuffers(mdl, TRUE, TRUE);
	for (ULONG done = 0, n; done < LENGTH; done += n) {
		PHYSICAL_ADDRESS bus;

		n = LENGTH - done;
		bus = adapter->DmaOperations->MapTransfer(adapter, mdl, base, va + done, &n, FALSE);
		driver_need(dev, n > 0 && n <= LENGTH - done, "MapTransfer mapped nothing");
		device_fill(dev, (uint64_t)bus.QuadPart, 0x5A, n);
	}
	adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, va, LENGTH, FALSE);
	driver_need(dev, driver_all(va, 0x5A, LENGTH), "the data did not arrive");
	driver_need(dev, driver_all(buffer, 0, OFFSET), "bytes in front were changed");
	driver_registers_free(adapter, base, ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, LENGTH));
	IoFreeMdl(mdl);
	driver_pages_free(buffer, 3);
	adapter->DmaOperations->PutDmaAdapter(adapter);
}
