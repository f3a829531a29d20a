/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The guest's only voice: the first serial port. */
#ifndef GUEST_SERIAL_H
#define GUEST_SERIAL_H

/* The machine's. */
void guest_serial_init(void);
void guest_serial_send(char c);

/* %s text, %u uint32_t in decimal, %w uint32_t and %x uint64_t as 0x and all their digits.
 * A newline is sent as carriage return and newline. */
void guest_say(const char *format, ...);

#endif
