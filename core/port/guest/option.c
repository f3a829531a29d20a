/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "guest.h"

bool guest_option(const struct guest *g, const char *key, char *ret, size_t room)
{
	const char *p = g->command;

	while (*p) {
		const char *k = key;
		size_t n = 0;

		while (*p == ' ')
			p++;
		while (*k && *p == *k)
			p++, k++;
		if (*k || *p != '=') {
			while (*p && *p != ' ')
				p++;
			continue;
		}
		for (p++; *p && *p != ' ' && n + 1 < room; p++)
			ret[n++] = *p;
		ret[n] = 0;
		return true;
	}
	return false;
}
