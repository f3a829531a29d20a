/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stdbool.h>
#include <stddef.h>

#include "tree.h"

int memcmp(const void *a, const void *b, size_t n);

#define MAGIC 0xD00DFEEDu
#define HEADER_SIZE 4                   /* offsets in the header */
#define HEADER_STRUCTURE 8
#define HEADER_STRINGS 12

enum token { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };

uint32_t guest_tree_u32(const void *at)
{
	const uint8_t *p = at;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Bytes of the string with its zero, at most `room`. */
static uint32_t length(const char *s, uint32_t room)
{
	uint32_t n = 0;

	while (n < room && s[n])
		n++;
	return n < room ? n + 1 : room;
}

static bool same(const char *s, uint32_t room, const char *want, bool node)
{
	uint32_t n = length(want, UINT32_MAX) - 1;

	if (n >= room || memcmp(s, want, n) != 0)
		return false;
	return !s[n] || (node && s[n] == '@');
}

const void *guest_tree_find(const void *blob, const char *node, const char *name, uint32_t *n)
{
	const char *b = blob;
	uint32_t size, at, strings, depth = 0;
	bool here = false;

	if (guest_tree_u32(b) != MAGIC)
		return NULL;
	size = guest_tree_u32(b + HEADER_SIZE);
	strings = guest_tree_u32(b + HEADER_STRINGS);
	at = guest_tree_u32(b + HEADER_STRUCTURE);
	while (at < size && size - at >= 12) {
		const uint32_t token = guest_tree_u32(b + at);

		at += 4;
		if (token == BEGIN_NODE) {
			here = depth == 1 && same(b + at, size - at, node, true);
			depth++;
			at += (length(b + at, size - at) + 3) & ~3u;
		} else if (token == END_NODE) {
			depth--;
			here = false;
		} else if (token == PROPERTY) {
			const uint32_t bytes = guest_tree_u32(b + at);
			const uint32_t word = strings + guest_tree_u32(b + at + 4);

			at += 8;
			if (bytes > size - at || word >= size)
				return NULL;
			if (here && same(b + word, size - word, name, false)) {
				*n = bytes;
				return b + at;
			}
			at += (bytes + 3) & ~3u;
		} else if (token != NOP) {
			return NULL;
		}
	}
	return NULL;
}
