/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stdint.h>

#include "io.h"
#include "serial.h"

#define COM1 0x3F8
#define LINE_STATUS (COM1 + 5)
#define LINE_EMPTY 0x20
#define WAIT_MAX 1000000u               /* a dead port must not stop the guest */

void guest_serial_init(void)
{
	guest_outb(COM1 + 1, 0);        /* no interrupts */
	guest_outb(COM1 + 3, 0x80);     /* divisor latch */
	guest_outb(COM1 + 0, 1);        /* 115200 */
	guest_outb(COM1 + 1, 0);
	guest_outb(COM1 + 3, 0x03);     /* 8 bits, no parity, 1 stop bit */
	guest_outb(COM1 + 2, 0xC7);     /* FIFO on and empty */
	guest_outb(COM1 + 4, 0x03);
}

void guest_serial_send(char c)
{
	for (uint32_t i = 0; i < WAIT_MAX; i++)
		if (guest_inb(LINE_STATUS) & LINE_EMPTY)
			break;
	guest_outb(COM1, (uint8_t)c);
}
