/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "clock.h"
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

uint64_t guest_clock_measure(void)
{
	uint8_t gate = (uint8_t)(guest_inb(GATE) & ~(GATE_ON | GATE_SPEAKER));
	uint64_t start, ticks;
	uint32_t i;

	/* Timer 2 counts down once (mode 0) from the moment its gate opens; then its output rises. */
	guest_outb(GATE, gate);
	guest_outb(TIMER_MODE, 0xB0);
	guest_outb(TIMER_2, TIMER_COUNT & 0xFF);
	guest_outb(TIMER_2, TIMER_COUNT >> 8);
	guest_outb(GATE, (uint8_t)(gate | GATE_ON));
	start = guest_tsc();
	for (i = 0; i < POLL_MAX && !(guest_inb(GATE) & GATE_OUTPUT); i++)
		;
	ticks = guest_tsc() - start;
	guest_outb(GATE, gate);
	return i == POLL_MAX || !ticks ? FALLBACK_HZ : ticks * 50;
}
