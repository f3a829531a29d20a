/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stdarg.h>
#include <stdint.h>

#include "serial.h"

static void put(char c)
{
	if (c == '\n')
		guest_serial_send('\r');
	guest_serial_send(c);
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
