/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers of slaves that make a mistake in a routine that a slave has of its own. */
#include "slave.h"

#define LENGTH 0x100

DRIVER_INLINE struct slave begin(struct test_device *dev, ULONG version)
{
	const DEVICE_DESCRIPTION d = slave_describe(version, SLAVE_LINE, SLAVE_BYTES);

	return slave_begin(dev, &d);
}

/* ---- at a wrong IRQL ---- */

static void expect(const struct slave *s, KIRQL required, KIRQL current, const char *function)
{
	driver_blame(s->adapter, function);
	driver_expect(3, required);
	driver_expect(4, current);
}

/* A driver that makes one call in its interrupt routine; s: its device, with a channel. */
#define TOO_HIGH(name, body)						\
	void drive_##name(struct test_device *dev)			\
	{								\
		struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION3);	\
		ULONG length = LENGTH;					\
		KIRQL irql;						\
									\
		slave_channel(&s, 1);					\
		expect(&s, DISPATCH_LEVEL, HIGH_LEVEL, __func__);	\
		KeRaiseIrql(HIGH_LEVEL, &irql);				\
		body;							\
		KeLowerIrql(irql);					\
		(void)length;						\
		slave_free(&s);						\
		slave_end(&s);						\
	}

TOO_HIGH(e6_13_2_slave_map, s.ops->MapTransfer(s.adapter, s.mdl, s.base, s.buffer + SLAVE_EDGE,
					       &length, TRUE))
TOO_HIGH(e6_13_2_slave_flush, s.ops->FlushAdapterBuffers(s.adapter, s.mdl, s.base,
							 s.buffer + SLAVE_EDGE, LENGTH, TRUE))
TOO_HIGH(e6_13_2_slave_counter, s.ops->ReadDmaCounter(s.adapter))
TOO_HIGH(e6_13_2_slave_put, s.ops->PutDmaAdapter(s.adapter))
TOO_HIGH(e6_13_2_slave_map_ex, s.ops->MapTransferEx(s.adapter, s.mdl, s.base, 0, 0, &length, TRUE,
						    NULL, 0, NULL, NULL))
TOO_HIGH(e6_13_2_slave_flush_ex, s.ops->FlushAdapterBuffersEx(s.adapter, s.mdl, s.base, 0, LENGTH,
							      TRUE))
TOO_HIGH(e6_13_2_slave_object, s.ops->FreeAdapterObject(s.adapter, DeallocateObject))
TOO_HIGH(e6_13_2_slave_cancel, s.ops->CancelMappedTransfer(s.adapter, s.buffer))
TOO_HIGH(e6_13_2_slave_configure, s.ops->ConfigureAdapterChannel(s.adapter, 1, &length))

void drive_e6_13_1_slave_free(struct test_device *dev)
{
	struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION);

	slave_channel(&s, 1);
	expect(&s, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	s.ops->FreeAdapterChannel(s.adapter);
	slave_free(&s);
	slave_end(&s);
}

/* ---- books ---- */

/* Frees the channel after a time-out, and the controller still has a transfer for it. */
void drive_e6_10_slave_channel(struct test_device *dev)
{
	struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION);

	slave_channel(&s, 3);
	slave_map(&s, 0, SLAVE_BYTES, FALSE);
	slave_fill(&s, 0x12, 0x10);
	driver_blame(s.adapter, __func__);
	driver_expect(2, 2);
	slave_free(&s);
	driver_need(dev, slave_fill(&s, 0x12, 0x10) == 0, "the controller goes on");
	slave_end(&s);
}

/* Frees the registers as a bus master would, and keeps the channel. */
void drive_e6_10_slave_registers(struct test_device *dev)
{
	struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION);
	KIRQL irql;

	slave_channel(&s, 3);
	slave_map(&s, 0, LENGTH, FALSE);
	driver_blame(s.adapter, __func__);
	driver_expect(2, 1);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	s.ops->FreeMapRegisters(s.adapter, s.base, 3);
	KeLowerIrql(irql);
	driver_need(dev, slave_fill(&s, 0x12, 0x10) == 0, "the controller goes on");
	slave_free(&s);
	slave_end(&s);
}

void drive_e6_13_1_slave_registers(struct test_device *dev)
{
	struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION);

	slave_channel(&s, 1);
	expect(&s, DISPATCH_LEVEL, PASSIVE_LEVEL, __func__);
	s.ops->FreeMapRegisters(s.adapter, s.base, 1);
	slave_free(&s);
	slave_end(&s);
}

/* Is removed while it waits for its device. */
void drive_e6_08_slave(struct test_device *dev)
{
	struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION2);

	slave_channel(&s, 1);
	driver_blame(s.adapter, __func__);
	driver_expect(2, (uintptr_t)s.adapter);
	driver_expect(3, 1);
	driver_expect_record(4);
	slave_end(&s);
}

/* Flushes in the interrupt, and again when the time-out comes. */
void drive_e6_16_slave(struct test_device *dev)
{
	struct slave s = begin(dev, DEVICE_DESCRIPTION_VERSION1);

	slave_channel(&s, 1);
	slave_map(&s, 0, LENGTH, FALSE);
	slave_fill(&s, 0x13, LENGTH);
	slave_flush(&s, 0, LENGTH, FALSE);
	driver_blame(s.adapter, __func__);
	driver_expect_record(3);
	slave_flush(&s, 0, LENGTH, FALSE);
	slave_free(&s);
	slave_end(&s);
}
