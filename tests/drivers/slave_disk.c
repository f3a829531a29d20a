/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Drivers of a disk at a real DMA controller: in the PC, a floppy at channel 2 of its 8237. */
#include "slave.h"

DRIVER_INLINE struct slave begin(struct test_device *dev)
{
	DEVICE_DESCRIPTION d;

	driver_need(dev, dev->disk != NULL, "no disk");
	d = slave_describe(DEVICE_DESCRIPTION_VERSION, dev->disk->line, SLAVE_BYTES);
	return slave_begin(dev, &d);
}

/* As the image was made, from byte `at` of the disk on. */
static bool says(const uint8_t *bytes, uint32_t at, uint32_t n)
{
	static const char text[] = "The disk says\n";

	for (uint32_t i = 0; i < n; i++)
		if (bytes[i] != (uint8_t)text[(at + i) % (sizeof(text) - 1)])
			return false;
	return true;
}

/* Reads, is left half of what it asked for, is given half of what it has, and writes. */
void drive_clean_disk(struct test_device *dev)
{
	struct slave s = begin(dev);
	const struct test_disk *disk = dev->disk;
	const uint32_t one = disk->sector;
	uint8_t *data = s.buffer + SLAVE_EDGE;

	driver_set(s.buffer, 0x77, 2 * PAGE_SIZE);
	slave_channel(&s, 1);
	slave_map(&s, 0, 4 * one, FALSE);
	driver_need(dev, s.ops->ReadDmaCounter(s.adapter) == 4 * one, "not all is left");
	driver_need(dev, disk->transfer(3, 4, false), "the disk does not read");
	driver_need(dev, s.ops->ReadDmaCounter(s.adapter) == 0, "something is left");
	slave_flush(&s, 0, 4 * one, FALSE);
	driver_need(dev, says(data, 3 * one, 4 * one) && data[4 * one] == 0x77, "not its data");

	slave_map(&s, 0, 2 * one, FALSE);
	disk->transfer(20, 1, false);
	driver_need(dev, s.ops->ReadDmaCounter(s.adapter) == one, "not a sector is left");
	slave_flush(&s, 0, 2 * one, FALSE);
	driver_need(dev, says(data, 20 * one, one) && says(data + one, 4 * one, one),
		    "not the first half");

	driver_set(data, 0x5A, one);
	slave_map(&s, 0, one, TRUE);
	driver_need(dev, disk->transfer(10, 1, true), "the disk does not write");
	slave_flush(&s, 0, one, TRUE);
	driver_set(data, 0, one);
	slave_map(&s, 0, one / 2, FALSE);
	disk->transfer(10, 1, false);
	driver_need(dev, s.ops->ReadDmaCounter(s.adapter) == 0, "something is left of a half");
	slave_flush(&s, 0, one / 2, FALSE);
	driver_need(dev, driver_all(data, 0x5A, one / 2) && data[one / 2] == 0,
		    "not what it wrote");
	slave_free(&s);
	slave_end(&s);
}

/* Frees the channel after a time-out; what the disk has then goes nowhere. */
void drive_e6_10_disk(struct test_device *dev)
{
	struct slave s = begin(dev);

	slave_channel(&s, 1);
	slave_map(&s, 0, 2 * dev->disk->sector, FALSE);
	dev->disk->transfer(0, 1, false);
	driver_blame(s.adapter, __func__);
	driver_expect(2, 1);
	slave_free(&s);
	slave_end(&s);
}
