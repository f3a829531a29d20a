/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Intel's 8237 (data sheet 231466), as the PC has two of them. */
#include "dma.h"
#include "io.h"
#include "wdm_host.h"

#define CHANNELS 8u
#define REACH 0xFFFFFFu

/* The second one has its registers two ports apart, and moves words. */
struct chip {
	uint16_t base, step;
	uint32_t wide;
};

enum { STATUS = 8, SINGLE_MASK = 10, SET_MODE = 11, CLEAR_FLIP_FLOP = 12 };

#define MODE_TO_MEMORY 0x04u
#define MODE_FROM_MEMORY 0x08u
#define MODE_AUTO_INITIALIZE 0x10u
#define MODE_SINGLE 0x40u               /* else: demand */
#define MASK_ON 0x04u

static uint32_t serial[CHANNELS];       /* of the transfer a channel was told; 0: told of its end */

static struct chip chip_of(uint32_t channel)
{
	return channel < 4 ? (struct chip){ 0x00, 1, 0 } : (struct chip){ 0xC0, 2, 1 };
}

static void put(uint32_t channel, uint16_t reg, uint32_t v)
{
	const struct chip c = chip_of(channel);

	guest_outb((uint16_t)(c.base + reg * c.step), (uint8_t)v);
}

static uint8_t get(uint32_t channel, uint16_t reg)
{
	const struct chip c = chip_of(channel);

	return guest_inb((uint16_t)(c.base + reg * c.step));
}

/* Address and count are written byte by byte, the low one first. */
static void put_word(uint32_t channel, uint16_t reg, uint32_t v)
{
	put(channel, CLEAR_FLIP_FLOP, 0);
	put(channel, reg, v & 0xFF);
	put(channel, reg, v >> 8 & 0xFF);
}

static uint32_t get_word(uint32_t channel, uint16_t reg)
{
	uint32_t low;

	put(channel, CLEAR_FLIP_FLOP, 0);
	low = get(channel, reg);
	return low | (uint32_t)get(channel, reg) << 8;
}

static void set_page(uint32_t channel, uint32_t v)
{
	static const uint16_t port[CHANNELS] = { 0x87, 0x83, 0x81, 0x82, 0x8F, 0x8B, 0x89, 0x8A };

	guest_outb(port[channel], (uint8_t)v);
}

static uint16_t address_reg(uint32_t channel)
{
	return (uint16_t)(channel % 4 * 2);
}

static uint16_t count_reg(uint32_t channel)
{
	return (uint16_t)(channel % 4 * 2 + 1);
}

/* ---- struct wdm_controller ---- */

/* The widths are the channels'; the fourth of the wide ones joins the two chips. */
static bool find(void *host, const DEVICE_DESCRIPTION *d, struct wdm_line *ret)
{
	const bool v3 = d->Version == DEVICE_DESCRIPTION_VERSION3;
	const uint32_t channel = v3 ? d->DmaRequestLine : d->DmaChannel;
	struct chip c;

	(void)host;
	if (channel >= CHANNELS || channel == 4)
		return false;
	c = chip_of(channel);
	if (d->DmaWidth != (c.wide ? Width16Bits : Width8Bits))
		return false;
	*ret = (struct wdm_line){
		.controller = channel / 4, .line = channel, .base = c.base, .reach = REACH,
		.max_bytes = 0xF000u << c.wide, .counts = true,
	};
	return true;
}

static bool program(void *host, const struct wdm_system_transfer *t)
{
	const uint64_t at = (uint64_t)t->list->Elements[0].Address.QuadPart;
	const struct chip c = chip_of(t->line);
	const uint32_t bytes = t->list->Elements[0].Length, window = 0x10000u << c.wide;

	(void)host;
	if (t->list->NumberOfElements != 1 || at + bytes - 1 > REACH ||
	    at % window + bytes > window || (at | bytes) & c.wide)
		return false;
	put(t->line, SINGLE_MASK, MASK_ON | t->line % 4);
	(void)get(t->line, STATUS);     /* reading it forgets the last terminal count */
	put(t->line, SET_MODE, (t->demand ? 0 : MODE_SINGLE) |
			   (t->auto_initialize ? MODE_AUTO_INITIALIZE : 0) |
			   (t->to_device ? MODE_FROM_MEMORY : MODE_TO_MEMORY) | t->line % 4);
	put_word(t->line, address_reg(t->line), (uint32_t)(at % window) >> c.wide);
	set_page(t->line, (uint32_t)(at >> 16) & ~c.wide);
	put_word(t->line, count_reg(t->line), (bytes >> c.wide) - 1);
	serial[t->line] = t->serial;
	put(t->line, SINGLE_MASK, t->line % 4);
	return true;
}

static void stop(void *host, uint32_t controller, uint32_t line)
{
	(void)host, (void)controller;
	put(line, SINGLE_MASK, MASK_ON | line % 4);
	serial[line] = 0;
}

/* The register counts one less than is left: all ones after the last. */
static uint32_t left(void *host, uint32_t controller, uint32_t line)
{
	(void)host, (void)controller;
	return ((get_word(line, count_reg(line)) + 1) & 0xFFFF) << chip_of(line).wide;
}

void guest_dma_poll(uint32_t channel)
{
	const uint32_t ended = serial[channel];

	if (!ended || !(get(channel, STATUS) >> channel % 4 & 1))
		return;
	serial[channel] = 0;
	wdm_transfer_done(ended, DmaComplete);
}

const struct wdm_controller guest_dma = {
	.find = find, .program = program, .stop = stop, .left = left,
};
