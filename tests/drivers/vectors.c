/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Mistakes with common buffer vectors. */
#include "ex.h"

#define COUNT 4
#define BYTES 0x800

struct ring {
	struct ex x;
	PDMA_COMMON_BUFFER_VECTOR vector;
};

DRIVER_INLINE struct ring begin(struct test_device *dev)
{
	const PHYSICAL_ADDRESS low = { .QuadPart = 0 }, high = { .QuadPart = 0xFFFFFFFF };
	struct ring r = { .x = ex_begin(dev, COUNT * PAGE_SIZE, TRUE) };

	r.x.ops->AllocateCommonBufferVector(r.x.adapter, low, high, MmCached, 0, 0, COUNT, BYTES,
					    &r.vector);
	driver_need(dev, r.vector != NULL, "no vector");
	return r;
}

DRIVER_INLINE void free_some(const struct ring *r, ULONG from, ULONG to)
{
	for (ULONG i = from; i < to; i++)
		r->x.ops->FreeCommonBufferFromVector(r->x.adapter, r->vector, i);
}

DRIVER_INLINE void end(const struct ring *r)
{
	r->x.ops->FreeCommonBufferVector(r->x.adapter, r->vector);
	ex_end(&r->x);
}

/* Frees a buffer under a spin lock. */
void drive_dc_1_free_at_dispatch(struct test_device *dev)
{
	struct ring r = begin(dev);
	KIRQL irql;

	driver_blame(r.x.adapter, __func__);
	driver_expect(2, DISPATCH_LEVEL);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	free_some(&r, 0, 1);
	KeLowerIrql(irql);
	free_some(&r, 1, COUNT);
	end(&r);
}

/* Frees all buffers but the last. */
void drive_dc_2_entry_left(struct test_device *dev)
{
	struct ring r = begin(dev);
	PHYSICAL_ADDRESS bus;
	PVOID va;

	r.x.ops->GetCommonBufferFromVectorByIndex(r.x.adapter, r.vector, COUNT - 1, &va, &bus);
	free_some(&r, 0, COUNT - 1);
	driver_blame(r.x.adapter, __func__);
	driver_expect(2, COUNT - 1);
	driver_expect(3, (uintptr_t)va);
	driver_expect(4, (uint64_t)bus.QuadPart);
	r.x.ops->FreeCommonBufferVector(r.x.adapter, r.vector);
	free_some(&r, COUNT - 1, COUNT);
	end(&r);
}

/* Counts its ring from one. */
void drive_dc_3_index(struct test_device *dev)
{
	struct ring r = begin(dev);
	PHYSICAL_ADDRESS bus;
	PVOID va;

	driver_blame(r.x.adapter, __func__);
	driver_expect(2, COUNT);
	driver_expect(3, COUNT);
	r.x.ops->GetCommonBufferFromVectorByIndex(r.x.adapter, r.vector, COUNT, &va, &bus);
	free_some(&r, 0, COUNT);
	end(&r);
}

void drive_dc_3_free_index(struct test_device *dev)
{
	struct ring r = begin(dev);

	driver_blame(r.x.adapter, __func__);
	driver_expect(2, COUNT);
	driver_expect(3, COUNT);
	free_some(&r, 0, COUNT + 1);
	end(&r);
}

/* Frees a buffer when it is lost and again at the end. */
void drive_dc_4_freed_twice(struct test_device *dev)
{
	struct ring r = begin(dev);

	free_some(&r, 1, 2);
	driver_blame(r.x.adapter, __func__);
	driver_expect(2, 1);
	free_some(&r, 0, COUNT);
	end(&r);
}

/* Releases its adapter with the ring. */
void drive_dc_5_leaked(struct test_device *dev)
{
	struct ring r = begin(dev);

	driver_blame(r.x.adapter, __func__);
	ex_end(&r.x);
}

/* Frees the ring when the device stops and again when it is removed. */
void drive_e6_03_vector_freed_twice(struct test_device *dev)
{
	struct ring r = begin(dev);

	free_some(&r, 0, COUNT);
	r.x.ops->FreeCommonBufferVector(r.x.adapter, r.vector);
	driver_blame(r.x.adapter, __func__);
	driver_expect(2, 1);
	end(&r);
}

/* Frees one buffer of the ring as if it stood alone. */
void drive_e6_03_entry_alone(struct test_device *dev)
{
	struct ring r = begin(dev);
	PHYSICAL_ADDRESS bus;
	PVOID va;

	r.x.ops->GetCommonBufferFromVectorByIndex(r.x.adapter, r.vector, 0, &va, &bus);
	driver_blame(r.x.adapter, __func__);
	driver_expect(2, 1);
	r.x.ops->FreeCommonBuffer(r.x.adapter, BYTES, bus, va, TRUE);
	free_some(&r, 0, COUNT);
	end(&r);
}

/* The device writes past a buffer of the ring. */
void drive_e6_0f_2_entry(struct test_device *dev)
{
	struct ring r = begin(dev);
	PHYSICAL_ADDRESS bus;
	PVOID va;

	r.x.ops->GetCommonBufferFromVectorByIndex(r.x.adapter, r.vector, 2, &va, &bus);
	device_fill(dev, (uint64_t)bus.QuadPart, 0x5A, BYTES + 4);
	driver_blame(r.x.adapter, __func__);
	driver_expect(3, BYTES);
	driver_expect(4, (uintptr_t)va);
	free_some(&r, 0, COUNT);
	end(&r);
}
