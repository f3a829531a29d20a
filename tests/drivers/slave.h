/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What the drivers of slaves share: devices at a line of the system DMA controller. */
#ifndef SLAVE_H
#define SLAVE_H

#include "driver.h"

#define SLAVE_LINE 2

/* Version 1 to 3 as far as they differ: the line stands in two members, and counts in one. */
DRIVER_INLINE DEVICE_DESCRIPTION slave_describe(ULONG version, ULONG line, ULONG maximum_length)
{
	return (DEVICE_DESCRIPTION){
		.Version = version,
		.DmaChannel = version < DEVICE_DESCRIPTION_VERSION3 ? line : ~(ULONG)0,
		.DmaRequestLine = version < DEVICE_DESCRIPTION_VERSION3 ? ~(ULONG)0 : line,
		.InterfaceType = Isa,
		.DmaWidth = Width8Bits,
		.DmaSpeed = Compatible,
		.MaximumLength = maximum_length,
	};
}

struct slave {
	struct test_device *dev;
	PDMA_ADAPTER adapter;
	PDMA_OPERATIONS ops;
	ULONG granted, line;
	uint8_t *buffer;                /* of two pages */
	PMDL mdl;                       /* of all of it but 0x80 bytes at either end */
	PVOID base;
};

#define SLAVE_EDGE 0x80
#define SLAVE_BYTES (2 * PAGE_SIZE - 2 * SLAVE_EDGE)

DRIVER_INLINE struct slave slave_begin(struct test_device *dev, const DEVICE_DESCRIPTION *d)
{
	const bool v3 = d->Version == DEVICE_DESCRIPTION_VERSION3;
	struct slave s = { .dev = dev, .line = v3 ? d->DmaRequestLine : d->DmaChannel };

	s.adapter = IoGetDmaAdapter(dev->pdo, (PDEVICE_DESCRIPTION)(uintptr_t)d, &s.granted);
	driver_need(dev, s.adapter != NULL, "no adapter");
	s.ops = s.adapter->DmaOperations;
	s.buffer = driver_pages(2);
	s.mdl = driver_mdl(dev, s.buffer + SLAVE_EDGE, SLAVE_BYTES);
	return s;
}

DRIVER_INLINE void slave_end(struct slave *s)
{
	IoFreeMdl(s->mdl);
	driver_pages_free(s->buffer, 2);
	s->ops->PutDmaAdapter(s->adapter);
}

DRIVER_INLINE void slave_channel(struct slave *s, ULONG n)
{
	KIRQL irql;

	s->base = NULL;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	s->ops->AllocateAdapterChannel(s->adapter, s->dev->fdo[0], n, driver_keep_object, &s->base);
	KeLowerIrql(irql);
	driver_need(s->dev, s->base != NULL, "no channel");
}

DRIVER_INLINE void slave_free(struct slave *s)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	s->ops->FreeAdapterChannel(s->adapter);
	KeLowerIrql(irql);
}

/* All of the length is mapped, and no address given. */
DRIVER_INLINE void slave_map(struct slave *s, ULONG offset, ULONG length, BOOLEAN to_device)
{
	ULONG mapped = length;
	const PHYSICAL_ADDRESS bus = s->ops->MapTransfer(s->adapter, s->mdl, s->base,
							 s->buffer + SLAVE_EDGE + offset, &mapped,
							 to_device);

	driver_need(s->dev, mapped == length && !bus.QuadPart, "not mapped as a slave's");
}

DRIVER_INLINE void slave_flush(struct slave *s, ULONG offset, ULONG length, BOOLEAN to_device)
{
	s->ops->FlushAdapterBuffers(s->adapter, s->mdl, s->base, s->buffer + SLAVE_EDGE + offset,
				    length, to_device);
}

/* The device wants n bytes moved, unit by unit; returns how many were. */
uint32_t slave_move(struct slave *s, uint8_t *bytes, uint32_t n);
/* The same, n of one value, from the device. */
uint32_t slave_fill(struct slave *s, uint8_t byte, uint32_t n);

#endif
