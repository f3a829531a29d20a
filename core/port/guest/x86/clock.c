/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "clock.h"
#include "cpu.h"
#include "io.h"

#define TIMER_HZ 1193182u
#define TIMER_COUNT (TIMER_HZ / 50)
#define TIMER_MODE 0x43
#define TIMER_2 0x42
#define GATE 0x61
#define GATE_ON 0x01u
#define GATE_SPEAKER 0x02u
#define GATE_OUTPUT 0x20u
#define POLL_MAX 100000000u
#define FALLBACK_HZ 1000000000u

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_STATUS_A 0x0A
#define CMOS_STATUS_B 0x0B
#define CMOS_UPDATING 0x80
#define CMOS_BINARY 0x04

uint64_t guest_clock_measure(void)
{
	uint8_t gate = (uint8_t)(guest_inb(GATE) & ~(GATE_ON | GATE_SPEAKER));
	uint64_t start, ticks;
	uint32_t i;

	/* Timer 2 counts down once (mode 0) as soon as its gate opens; then its output rises. */
	guest_outb(GATE, gate);
	guest_outb(TIMER_MODE, 0xB0);
	guest_outb(TIMER_2, TIMER_COUNT & 0xFF);
	guest_outb(TIMER_2, TIMER_COUNT >> 8);
	guest_outb(GATE, (uint8_t)(gate | GATE_ON));
	start = guest_ticks();
	for (i = 0; i < POLL_MAX && !(guest_inb(GATE) & GATE_OUTPUT); i++)
		;
	ticks = guest_ticks() - start;
	guest_outb(GATE, gate);
	return i == POLL_MAX || !ticks ? FALLBACK_HZ : ticks * 50;
}

static uint8_t cmos(uint8_t reg)
{
	guest_outb(CMOS_INDEX, reg);
	return guest_inb(CMOS_DATA);
}

/* Days from 1970-01-01 to the first day of a month; the year begins in March, so that the leap day
 * is its last. */
static uint32_t days_before(uint32_t year, uint32_t month)
{
	uint32_t y = month > 2 ? year : year - 1, m = (month + 9) % 12;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719468;
}

uint64_t guest_clock_unix_ns(void)
{
	static const uint8_t reg[] = { 0x00, 0x02, 0x04, 0x07, 0x08, 0x09 }; /* second..year */
	uint32_t v[6];

	for (uint32_t i = 0; i < POLL_MAX && cmos(CMOS_STATUS_A) & CMOS_UPDATING; i++)
		;
	for (uint32_t i = 0; i < 6; i++) {
		v[i] = cmos(reg[i]);
		if (!(cmos(CMOS_STATUS_B) & CMOS_BINARY))
			v[i] = v[i] / 16 * 10 + v[i] % 16;
	}
	uint64_t days = (uint64_t)days_before(2000 + v[5], v[4]) + v[3] - 1;

	return (((days * 24 + v[2]) * 60 + v[1]) * 60 + v[0]) * 1000000000u;
}
