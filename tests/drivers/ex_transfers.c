/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Mistakes with MapTransferEx, FlushAdapterBuffersEx and FreeAdapterObject. */
#include "ex.h"

static const struct driver_part part[] = { { 0, 0x800 }, { 0x1000, 0x1000 }, { 0x2000, 0x1000 } };

#define PAGES 3
#define TOTAL 0x2800

struct transfer {
	struct ex x;
	uint8_t *buffer;
	PMDL mdl;
	PVOID base;
};

DRIVER_INLINE struct transfer begin(struct test_device *dev, ULONG registers)
{
	struct transfer t = { .x = ex_begin(dev, PAGES * PAGE_SIZE, TRUE) };

	t.buffer = driver_pages(PAGES);
	t.mdl = driver_chain(dev, t.buffer, part, 3);
	t.base = ex_registers(&t.x, registers);
	return t;
}

DRIVER_INLINE void finish(struct transfer *t, bool object)
{
	if (object)
		ex_free(&t->x);
	driver_chain_free(t->mdl);
	driver_pages_free(t->buffer, PAGES);
	ex_end(&t->x);
}

/* Maps as much as two registers hold, and flushes the whole request. */
void drive_e6_00_1_flush_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 2);
	const ULONG mapped = ex_map(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);

	driver_need(dev, mapped == 0x1800, "not what two registers hold");
	driver_blame(t.x.adapter, __func__);
	driver_expect(3, TOTAL - mapped);
	driver_expect(4, TOTAL - mapped);
	ex_flush(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);
	ex_flush(&t.x, t.mdl, t.base, 0, mapped, TRUE);
	finish(&t, true);
}

/* Frees the object in the completion and again in the clean-up. */
void drive_e6_04_object_freed_twice(struct test_device *dev)
{
	struct transfer t = begin(dev, 1);

	ex_free(&t.x);
	driver_blame(t.x.adapter, __func__);
	driver_expect(2, 1);
	ex_free(&t.x);
	finish(&t, false);
}

/* Puts the list that it got without a routine, and forgets the object. */
void drive_e6_08_object_leaked(struct test_device *dev)
{
	struct transfer t = begin(dev, 1);
	PSCATTER_GATHER_LIST list = NULL;

	ex_free(&t.x);
	t.x.ops->GetScatterGatherListEx(t.x.adapter, dev->fdo[0], t.x.context, t.mdl, 0, TOTAL,
					DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, TRUE, NULL, NULL,
					&list);
	driver_list_put(t.x.adapter, list, TRUE);
	driver_blame(t.x.adapter, __func__);
	driver_expect(2, (uintptr_t)t.x.adapter);
	driver_expect(3, 1);
	driver_expect_record(4);
	finish(&t, false);
}

/* Maps the next request, of another buffer, and never flushed the one before. */
void drive_e6_0d_map_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 3);
	uint8_t *other = driver_pages(2);
	PMDL next = driver_mdl(dev, other, 0x1900);

	ex_map(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);
	driver_blame(t.x.adapter, __func__);
	driver_expect(2, TOTAL + 0x1900);
	driver_expect(3, t.x.granted * PAGE_SIZE);
	ex_map(&t.x, next, t.base, 0, 0x1900, TRUE);
	ex_flush(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);
	IoFreeMdl(next);
	driver_pages_free(other, 2);
	finish(&t, true);
}

/* Frees object and registers while the device still reads. */
void drive_e6_10_object_mapped(struct test_device *dev)
{
	struct transfer t = begin(dev, 3);

	ex_map(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);
	driver_blame(t.x.adapter, __func__);
	driver_expect(2, 3);
	finish(&t, true);
}

/* Flushes a request that failed before it was mapped. */
void drive_e6_16_flush_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 3);

	driver_blame(t.x.adapter, __func__);
	driver_expect_record(3);
	ex_flush(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);
	finish(&t, true);
}

/* A retry maps the whole chain again, while a list still has its last MDL. */
void drive_e6_1d_map_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 3);
	PSCATTER_GATHER_LIST list = driver_list(dev, t.x.adapter, t.mdl->Next->Next,
						t.buffer + 0x2000, 0x100, TRUE);

	driver_blame(t.x.adapter, __func__);
	driver_expect(2, (uintptr_t)t.buffer + 0x2000);
	driver_expect(3, (uintptr_t)t.buffer + 0x3000);
	driver_expect(4, (uintptr_t)t.buffer + 0x2000);
	ex_map(&t.x, t.mdl, t.base, 0, TOTAL, TRUE);
	driver_list_put(t.x.adapter, list, TRUE);
	finish(&t, true);
}

/* Counts the offset of the flush from the second MDL. */
void drive_e6_20_flush_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 3);

	ex_map(&t.x, t.mdl, t.base, 0, 0x1800, TRUE);
	driver_blame(t.x.adapter, __func__);
	driver_expect(2, (uintptr_t)t.base);
	driver_expect(3, (uintptr_t)t.buffer + 0x2000);
	driver_expect(4, (uintptr_t)t.mdl->Next->Next);
	ex_flush(&t.x, t.mdl, t.base, 0x1800, 0x1000, TRUE);
	ex_flush(&t.x, t.mdl, t.base, 0, 0x1800, TRUE);
	finish(&t, true);
}

/* Maps an empty request. */
void drive_e6_21_map_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 1);

	driver_blame(t.x.adapter, __func__);
	driver_expect_record(2);
	ex_map(&t.x, t.mdl, t.base, 0x100, 0, TRUE);
	finish(&t, true);
}

/* Maps the next piece, and never flushed the one before. */
void drive_x3_map_ex(struct test_device *dev)
{
	struct transfer t = begin(dev, 3);

	ex_map(&t.x, t.mdl, t.base, 0, 0x800, TRUE);
	driver_blame(t.x.adapter, __func__);
	driver_expect(3, (uintptr_t)t.buffer);
	driver_expect(4, (uintptr_t)t.buffer + 0x1000);
	ex_map(&t.x, t.mdl, t.base, 0x800, 0x1000, TRUE);
	ex_flush(&t.x, t.mdl, t.base, 0, 0x800, TRUE);
	finish(&t, true);
}
