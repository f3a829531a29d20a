/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stdarg.h>
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

static void send(char c)
{
	for (uint32_t i = 0; i < WAIT_MAX; i++)
		if (guest_inb(LINE_STATUS) & LINE_EMPTY)
			break;
	guest_outb(COM1, (uint8_t)c);
}

static void put(char c)
{
	if (c == '\n')
		send('\r');
	send(c);
}

static void put_text(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_hex(uint64_t v, unsigned digits)
{
	put_text("0x");
	while (digits--)
		put("0123456789ABCDEF"[v >> 4 * digits & 15]);
}

static void put_decimal(uint32_t v)
{
	char text[11];
	char *p = text + sizeof(text) - 1;

	*p = 0;
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	put_text(p);
}

void guest_say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	for (const char *f = format; *f; f++) {
		if (*f != '%' || !f[1]) {
			put(*f);
			continue;
		}
		switch (*++f) {
		case 's': put_text(va_arg(ap, const char *)); break;
		case 'u': put_decimal(va_arg(ap, uint32_t)); break;
		case 'w': put_hex(va_arg(ap, uint32_t), 8); break;
		case 'x': put_hex(va_arg(ap, uint64_t), 16); break;
		default: put(*f); break;
		}
	}
	va_end(ap);
}
