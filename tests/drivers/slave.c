/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers of slaves that do what they shall. */
#include "slave.h"

uint32_t slave_move(struct slave *s, uint8_t *bytes, uint32_t n)
{
	const struct test_simulator *sim = s->dev->simulator;
	uint32_t done = 0, now;

	do {
		now = sim->request(s->dev, s->line, bytes + done, n - done);
		done += now;
	} while (now && done < n);
	return done;
}

uint32_t slave_fill(struct slave *s, uint8_t byte, uint32_t n)
{
	uint8_t bytes[64];
	uint32_t done = 0, want, got;

	driver_set(bytes, byte, sizeof(bytes));
	do {
		want = n - done < sizeof(bytes) ? n - done : sizeof(bytes);
		got = slave_move(s, bytes, want);
		done += got;
	} while (got == want && done < n);
	return done;
}

static ULONG left(const struct slave *s)
{
	return s->ops->ReadDmaCounter(s->adapter);
}

/* Both directions, each in two pieces; the counter all the way down. */
void drive_clean_slave(struct test_device *dev)
{
	const DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION, SLAVE_LINE,
						    SLAVE_BYTES);
	struct slave s = slave_begin(dev, &d);
	uint8_t got[0x100];

	driver_need(dev, left(&s) == 0, "something is left without a channel");
	slave_channel(&s, 3);
	slave_map(&s, 0, 0x1800, FALSE);
	driver_need(dev, left(&s) == 0x1800, "the counter does not begin with the length");
	driver_need(dev, slave_fill(&s, 0xA5, 0x800) == 0x800 && left(&s) == 0x1000, "half way");
	driver_need(dev, slave_fill(&s, 0x5A, 0x1001) == 0x1000 && left(&s) == 0, "the end");
	slave_flush(&s, 0, 0x1800, FALSE);
	driver_need(dev, driver_all(s.buffer + SLAVE_EDGE, 0xA5, 0x800) &&
		    driver_all(s.buffer + SLAVE_EDGE + 0x800, 0x5A, 0x1000), "not the data");
	slave_map(&s, 0x1800, 0x100, FALSE);
	slave_fill(&s, 0x11, 0x100);
	slave_flush(&s, 0x1800, 0x100, FALSE);
	slave_map(&s, 0x17F0, 0x100, TRUE);
	driver_need(dev, slave_move(&s, got, 0x100) == 0x100 && driver_all(got, 0x5A, 0x10) &&
		    driver_all(got + 0x10, 0x11, 0xF0), "not what the memory holds");
	slave_flush(&s, 0x17F0, 0x100, TRUE);
	slave_free(&s);
	slave_end(&s);
}

/* The device has less than was asked for: the counter says how much, the flush stops the rest. */
void drive_clean_slave_early(struct test_device *dev)
{
	const DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION1, SLAVE_LINE,
						    SLAVE_BYTES);
	struct slave s = slave_begin(dev, &d);

	driver_set(s.buffer, 0x77, 2 * PAGE_SIZE);
	slave_channel(&s, 3);
	slave_map(&s, 0, 0x1000, FALSE);
	slave_fill(&s, 0x22, 0x321);
	driver_need(dev, left(&s) == 0x1000 - 0x321, "not what the device left");
	slave_flush(&s, 0, 0x1000, FALSE);
	driver_need(dev, left(&s) == 0x1000 - 0x321, "the counter does not stay");
	driver_need(dev, slave_fill(&s, 0x33, 1) == 0, "moved after the flush");
	driver_need(dev, driver_all(s.buffer + SLAVE_EDGE, 0x22, 0x321) &&
		    driver_all(s.buffer + SLAVE_EDGE + 0x321, 0x77, 0xCDF), "not the data");
	slave_free(&s);
	slave_end(&s);
}

/* A ring in a common buffer: the driver sees what arrives while the controller goes round. */
void drive_clean_slave_ring(struct test_device *dev)
{
	DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION2, SLAVE_LINE, 0x400);
	struct slave s;
	PHYSICAL_ADDRESS bus;
	uint8_t *ring;
	PMDL mdl;
	ULONG length = 0x400;

	d.AutoInitialize = TRUE;
	d.DemandMode = TRUE;
	s = slave_begin(dev, &d);
	ring = s.ops->AllocateCommonBuffer(s.adapter, 0x400, &bus, FALSE);
	driver_need(dev, ring != NULL, "no common buffer");
	mdl = driver_mdl(dev, ring, 0x400);
	slave_channel(&s, 2);
	s.ops->MapTransfer(s.adapter, mdl, s.base, ring, &length, FALSE);
	driver_need(dev, length == 0x400, "not mapped");
	slave_fill(&s, 0x44, 0x300);
	driver_need(dev, driver_all(ring, 0x44, 0x300) && ring[0x300] == 0, "not there at once");
	slave_fill(&s, 0x55, 0x200);
	driver_need(dev, driver_all(ring, 0x55, 0x100) && driver_all(ring + 0x300, 0x55, 0x100) &&
		    left(&s) == 0x300, "not once round");
	s.ops->FlushAdapterBuffers(s.adapter, mdl, s.base, ring, 0x400, FALSE);
	slave_free(&s);
	IoFreeMdl(mdl);
	s.ops->FreeCommonBuffer(s.adapter, 0x400, bus, ring, FALSE);
	slave_end(&s);
}

/* ---- what a description says ---- */

/* Demand mode counts in version 2, all units at one request; else each is asked for. */
static void one_request(struct test_device *dev, ULONG version, DMA_WIDTH width, uint32_t want)
{
	DEVICE_DESCRIPTION d = slave_describe(version, SLAVE_LINE + 1, SLAVE_BYTES);
	uint8_t bytes[0x20];
	struct slave s;

	d.DemandMode = TRUE;
	d.DmaWidth = width;
	d.IgnoreCount = TRUE;
	driver_set(bytes, 0x66, sizeof(bytes));
	s = slave_begin(dev, &d);
	driver_need(dev, s.granted == 3, "not pages and one");
	slave_channel(&s, 1);
	slave_map(&s, 0, 0x20, FALSE);
	driver_need(dev, dev->simulator->request(dev, s.line, bytes, 0x20) == want,
		    "not as the description says");
	slave_flush(&s, 0, 0x20, FALSE);
	driver_need(dev, driver_all(s.buffer + SLAVE_EDGE, 0x66, want) &&
		    s.buffer[SLAVE_EDGE + want] == 0, "not the data");
	slave_free(&s);
	slave_end(&s);
}

void drive_clean_slave_versions(struct test_device *dev)
{
	DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION3, dev->simulator->lines,
					      PAGE_SIZE);
	ULONG granted;

	one_request(dev, DEVICE_DESCRIPTION_VERSION, Width8Bits, 1);
	one_request(dev, DEVICE_DESCRIPTION_VERSION1, Width16Bits, 2);
	one_request(dev, DEVICE_DESCRIPTION_VERSION2, Width32Bits, 0x20);
	one_request(dev, DEVICE_DESCRIPTION_VERSION3, Width64Bits, 8);
	driver_need(dev, !IoGetDmaAdapter(dev->pdo, &d, &granted), "a line that is not there");
	d.DmaRequestLine = 0;
	d.DmaWidth = WidthNoWrap;
	driver_need(dev, !IoGetDmaAdapter(dev->pdo, &d, &granted), "a width that is none");
}

/* ---- two devices at one line ---- */

struct turns {
	struct slave a, b;
	bool b_runs;
};

static IO_ALLOCATION_ACTION NTAPI b_runs(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context)
{
	struct turns *t = context;

	(void)device, (void)irp;
	t->b.base = base;
	t->b_runs = true;
	return KeepObject;
}

/* The channel is the line's: the second adapter gets it when the first frees it. */
void drive_clean_slave_shared(struct test_device *dev)
{
	const DEVICE_DESCRIPTION d = slave_describe(DEVICE_DESCRIPTION_VERSION, SLAVE_LINE,
						    SLAVE_BYTES);
	const DEVICE_DESCRIPTION other = slave_describe(DEVICE_DESCRIPTION_VERSION, SLAVE_LINE + 1,
							SLAVE_BYTES);
	struct turns t = { .a = slave_begin(dev, &d), .b = slave_begin(dev, &d) };
	struct slave c = slave_begin(dev, &other);
	KIRQL irql;

	slave_channel(&t.a, 1);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	t.b.ops->AllocateAdapterChannel(t.b.adapter, dev->fdo[1], 1, b_runs, &t);
	KeLowerIrql(irql);
	driver_need(dev, !t.b_runs && left(&t.b) == 0, "two have one line");
	slave_channel(&c, 1);                   /* another line is nobody's business */
	slave_map(&t.a, 0, 0x10, FALSE);
	slave_fill(&t.a, 0x88, 0x10);
	slave_flush(&t.a, 0, 0x10, FALSE);
	slave_free(&t.a);
	driver_need(dev, t.b_runs, "the line is free, and nobody gets it");
	slave_map(&t.b, 0, 0x10, FALSE);
	slave_fill(&t.b, 0x99, 0x10);
	slave_flush(&t.b, 0, 0x10, FALSE);
	driver_need(dev, driver_all(t.a.buffer + SLAVE_EDGE, 0x88, 0x10) &&
		    driver_all(t.b.buffer + SLAVE_EDGE, 0x99, 0x10), "not each its own data");
	slave_free(&t.b);
	slave_free(&c);
	slave_end(&c);
	slave_end(&t.b);
	slave_end(&t.a);
}
