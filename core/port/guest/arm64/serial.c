/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Arm's PL011. */
#include <stdint.h>

#include "serial.h"

#define UART 0x09000000u
#define DATA 0x00u
#define FLAGS 0x18u
#define LINE 0x2Cu
#define CONTROL 0x30u

#define FLAGS_FULL 0x20u
#define LINE_8_BITS_FIFO 0x70u
#define CONTROL_ON_SEND 0x101u
#define WAIT_MAX 1000000u               /* a dead port must not stop the guest */

static volatile uint32_t *reg(uint32_t at)
{
	return (volatile uint32_t *)(uintptr_t)(UART + at);
}

/* The rate is left alone: nothing of QEMU's looks at it. */
void guest_serial_init(void)
{
	*reg(CONTROL) = 0;
	*reg(LINE) = LINE_8_BITS_FIFO;
	*reg(CONTROL) = CONTROL_ON_SEND;
}

void guest_serial_send(char c)
{
	for (uint32_t i = 0; i < WAIT_MAX; i++)
		if (!(*reg(FLAGS) & FLAGS_FULL))
			break;
	*reg(DATA) = (uint8_t)c;
}
