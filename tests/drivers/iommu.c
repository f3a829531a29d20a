/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers of a device behind an IOMMU, which lets it reach what is mapped for it and no more. */
#include "driver.h"

#define BYTES 0x2000
#define WILD 0xFFFF123u                 /* the last page that the engine reaches */

struct ring {
	PDMA_ADAPTER adapter;
	uint8_t *va;
	PHYSICAL_ADDRESS bus;
};

DRIVER_INLINE void ring_begin(struct test_device *dev, struct ring *r)
{
	ULONG registers;

	r->adapter = driver_adapter(dev, BYTES, TRUE, &registers);
	r->va = r->adapter->DmaOperations->AllocateCommonBuffer(r->adapter, BYTES, &r->bus, TRUE);
	driver_need(dev, r->va != NULL, "no common buffer");
}

DRIVER_INLINE void ring_end(const struct ring *r)
{
	r->adapter->DmaOperations->FreeCommonBuffer(r->adapter, BYTES, r->bus, r->va, TRUE);
}

static void expect(struct test_device *dev, const struct ring *r, uint64_t address, uint32_t reason)
{
	driver_blame(r->adapter, "");
	driver_expect(2, (uintptr_t)dev->pdo);
	driver_expect(3, address & ~(uint64_t)0xFFF);   /* Intel's tells no more */
	driver_expect(4, reason);
}

/* The device still has the ring's address when its memory is no longer its own. */
void drive_e6_26_freed_ring(struct test_device *dev)
{
	const uint8_t status[16] = { 0 };
	struct ring r;

	ring_begin(dev, &r);
	ring_end(&r);
	dev->simulator->reach(dev, (uint64_t)r.bus.QuadPart, false);
	expect(dev, &r, (uint64_t)r.bus.QuadPart + 0x40, DEVICE_MAY_NOT_WRITE);
	device_write(dev, (uint64_t)r.bus.QuadPart + 0x40, status, sizeof(status));
}

/* A read that begins in the ring and goes on behind it. */
void drive_e6_26_read_behind(struct test_device *dev)
{
	uint8_t bytes[0x80];
	struct ring r;
	uint64_t end;

	ring_begin(dev, &r);
	end = ((uint64_t)r.bus.QuadPart + BYTES) & ~(uint64_t)0xFFF;
	dev->simulator->reach(dev, end, false);
	expect(dev, &r, end, DEVICE_MAY_NOT_READ);
	device_read(dev, end - 0x40, bytes, sizeof(bytes));
}

/* An address that nobody ever gave it. */
void drive_e6_26_wild(struct test_device *dev)
{
	const uint8_t byte = 0x5A;
	struct ring r;

	ring_begin(dev, &r);
	expect(dev, &r, WILD, DEVICE_MAY_NOT_WRITE);
	device_write(dev, WILD, &byte, 1);
}

/* To the last byte before a page that is not mapped, from the first behind it; all, once it is. */
void drive_clean_iommu(struct test_device *dev)
{
	static const uint8_t bytes[0x100];
	struct ring r;
	uint64_t page;

	ring_begin(dev, &r);
	page = (uint64_t)r.bus.QuadPart + 0x1000;
	dev->simulator->reach(dev, page, false);
	device_write(dev, page - sizeof(bytes), bytes, sizeof(bytes));
	dev->simulator->reach(dev, page, true);
	dev->simulator->reach(dev, page - 0x1000, false);
	device_write(dev, page, bytes, sizeof(bytes));
	dev->simulator->reach(dev, page - 0x1000, true);
	device_write(dev, page - 0x80, bytes, sizeof(bytes));
	ring_end(&r);
	r.adapter->DmaOperations->PutDmaAdapter(r.adapter);
}
