/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A device that does not see the caches, and buffers that share a line of it with others. */
#include "ex.h"

#define LINE 64

struct shared {
	uint8_t *buffer;
	struct ex x;
	PMDL mdl;
	PVOID base;
};

DRIVER_INLINE struct shared begin(struct test_device *dev)
{
	struct shared s = { .buffer = driver_pages(1) };

	dev->pdo->DmvCacheLine = LINE;
	s.x = ex_begin(dev, PAGE_SIZE, TRUE);
	s.mdl = driver_mdl(dev, s.buffer, PAGE_SIZE);
	s.base = ex_registers(&s.x, 1);
	return s;
}

DRIVER_INLINE void finish(struct shared *s, ULONG offset, ULONG length)
{
	ex_map(&s->x, s->mdl, s->base, offset, length, TRUE);
	ex_flush(&s->x, s->mdl, s->base, offset, length, TRUE);
	ex_free(&s->x);
	IoFreeMdl(s->mdl);
	driver_pages_free(s->buffer, 1);
	ex_end(&s->x);
}

void drive_e6_1f_4_not_aligned(struct test_device *dev)
{
	struct shared s = begin(dev);

	driver_blame(s.x.adapter, __func__);
	driver_expect(3, (uintptr_t)s.buffer + 8);
	driver_expect(4, (uintptr_t)s.mdl);
	finish(&s, 8, LINE);
}

void drive_e6_1f_5_not_whole(struct test_device *dev)
{
	struct shared s = begin(dev);

	driver_blame(s.x.adapter, __func__);
	driver_expect(3, LINE + 1);
	driver_expect(4, (uintptr_t)s.mdl);
	finish(&s, LINE, LINE + 1);
}
