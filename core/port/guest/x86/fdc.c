/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Intel's 82077AA floppy disk controller (data sheet 290166), polled; drive 0 with 1.44 MB. */
#include "fdc.h"
#include "dma.h"
#include "io.h"

enum { OUTPUT = 0x3F2, STATUS = 0x3F4, DATA = 0x3F5, RATE = 0x3F7 };

#define OUTPUT_RUN 0x1Cu                /* motor of drive 0 on, DMA enabled, not reset */
#define STATUS_READY 0x80u
#define STATUS_FROM 0x40u               /* it has a byte for us */
#define SPECIFY 0x03u
#define RECALIBRATE 0x07u
#define SENSE_INTERRUPT 0x08u
#define SEEK 0x0Fu
#define READ_DATA 0x46u                 /* MFM, one side */
#define WRITE_DATA 0x45u
#define TRACK 18u
#define PATIENCE 2000000u

static bool wait_for(uint8_t direction)
{
	for (uint32_t i = 0; i < PATIENCE; i++)
		if ((guest_inb(STATUS) & (STATUS_READY | STATUS_FROM)) ==
		    (STATUS_READY | direction))
			return true;
	return false;
}

static bool say(const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!wait_for(0))
			return false;
		guest_outb(DATA, bytes[i]);
	}
	return true;
}

static bool hear(uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (!wait_for(STATUS_FROM))
			return false;
		bytes[i] = guest_inb(DATA);
	}
	return true;
}

/* What the last seek or reset came to. */
static bool sense(uint8_t *status, uint8_t *cylinder)
{
	static const uint8_t command[] = { SENSE_INTERRUPT };
	uint8_t said[2];

	if (!say(command, 1) || !hear(said, 2))
		return false;
	*status = said[0];
	*cylinder = said[1];
	return true;
}

static bool reset(void)
{
	static const uint8_t specify[] = { SPECIFY, 0xDF, 0x02 };       /* with DMA */
	uint8_t status, cylinder;

	guest_outb(OUTPUT, 0);
	guest_outb(OUTPUT, OUTPUT_RUN);
	for (int drive = 0; drive < 4; drive++)
		if (!sense(&status, &cylinder))
			return false;
	guest_outb(RATE, 0);            /* 500 kbit/s */
	return say(specify, sizeof(specify));
}

static bool go_to(uint32_t cylinder, uint32_t head)
{
	const uint8_t seek[] = { SEEK, (uint8_t)(head << 2), (uint8_t)cylinder };
	uint8_t status, at;

	return say(seek, sizeof(seek)) && sense(&status, &at) && !(status & 0xC0) &&
	       at == cylinder;
}

bool guest_fdc_init(void)
{
	static const uint8_t recalibrate[] = { RECALIBRATE, 0 };
	uint8_t status, cylinder;

	if (guest_inb(STATUS) == 0xFF)
		return false;           /* nobody drives the bus */
	return reset() && say(recalibrate, sizeof(recalibrate)) && sense(&status, &cylinder) &&
	       !(status & 0xC0) && cylinder == 0;
}

bool guest_fdc_transfer(uint32_t first, uint32_t sectors, bool write)
{
	const uint32_t cylinder = first / (2 * TRACK), head = first / TRACK % 2;
	const uint32_t sector = first % TRACK + 1;
	const uint8_t command[] = {
		write ? WRITE_DATA : READ_DATA, (uint8_t)(head << 2), (uint8_t)cylinder,
		(uint8_t)head, (uint8_t)sector, 2, (uint8_t)(sector + sectors - 1), 0x1B, 0xFF,
	};
	uint8_t result[7];

	if (sectors == 0 || sector + sectors - 1 > TRACK || !go_to(cylinder, head))
		return false;
	if (!say(command, sizeof(command)) || !hear(result, sizeof(result)))
		return false;
	guest_dma_poll(GUEST_FDC_CHANNEL);
	return !(result[0] & 0xC0);
}
