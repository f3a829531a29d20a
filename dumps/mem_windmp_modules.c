/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The loaded modules of a dump with page tables: the list that PsLoadedModuleList heads, of
 * KLDR_DATA_TABLE_ENTRY (wdbgexts.h). The links are hostile: so many are followed and no more.
 */
#include <inttypes.h>

#include "mem_windmp_int.h"

enum {
	MODULES_MAX = 2048,
	STACK_MAX = 0x6000,             /* a kernel stack of x64 */
};

/* By class: what of an entry is read, and where in it. */
struct entry_layout {
	uint8_t bytes, word, base, size, name;
};

static const struct entry_layout entry64 = { 0x68, 8, 0x30, 0x40, 0x58 };
static const struct entry_layout entry32 = { 0x34, 4, 0x18, 0x20, 0x2C };

static bool read_at(struct dmv_windmp *w, uint64_t addr, void *buf, size_t n)
{
	return !dmv_mem_read(&w->m, DMV_VIRT, addr, buf, n, NULL);
}

/* A UNICODE_STRING: bytes, bytes of the buffer, address. */
static void read_name(struct dmv_windmp *w, const uint8_t *p, unsigned word, char *ret)
{
	uint8_t text[2 * DMV_WIN_NAME_CHARS];
	size_t n = (size_t)dmv_win_get(p, 2);

	*ret = 0;
	if (n > sizeof(text))
		n = sizeof(text);
	if (read_at(w, dmv_win_get(p + word, word), text, n))
		dmv_win_utf8(text, n / 2, ret);
}

static void add_module(struct dmv_windmp *w, const struct entry_layout *l, const uint8_t *p)
{
	uint64_t base = dmv_win_get(p + l->base, l->word), bytes = dmv_win_get(p + l->size, 4);
	char name[DMV_WIN_NAME_BYTES];

	if (!base || !bytes || bytes > UINT64_MAX - base)
		return;
	read_name(w, p + l->name, l->word, name);
	dmv_win_image(w, *name ? name : "unreadable name", base, bytes);
}

bool dmv_win_modules_there(struct dmv_windmp *w)
{
	const unsigned word = w->is64 ? 8 : 4;
	uint64_t head = dmv_win_modules_head(w);
	uint8_t p[16];

	/* An entry begins with the links to the next and to the last; the next one's leads back. */
	return head && read_at(w, head, p, word) &&
	       read_at(w, dmv_win_get(p, word), p, 2 * word) && dmv_win_get(p + word, word) == head;
}

void dmv_win_modules(struct dmv_windmp *w)
{
	const struct entry_layout *l = w->is64 ? &entry64 : &entry32;
	uint64_t head = dmv_win_modules_head(w), at, mark = 0;
	uint8_t p[0x68];
	unsigned i;

	w->info.stack = dmv_win_stack(w);
	w->info.stack_bytes = w->info.stack ? STACK_MAX : 0;
	if (!head)
		return;
	if (!read_at(w, head, p, l->word)) {
		dmv_mem_note(&w->m, "the list of modules at 0x%" PRIx64
			     " is not in the dump: addresses are not named", head);
		return;
	}
	at = dmv_win_get(p, l->word);
	for (i = 0; i < MODULES_MAX && at != head; i++) {
		if (!read_at(w, at, p, l->bytes)) {
			dmv_mem_note(&w->m, "the list of modules breaks off at 0x%" PRIx64, at);
			break;
		}
		add_module(w, l, p);
		if (!(i & (i - 1)))
			mark = at;
		at = dmv_win_get(p, l->word);
		if (at == mark) {
			dmv_mem_note(&w->m, "the list of modules runs in a circle at 0x%" PRIx64,
				     at);
			break;
		}
	}
	if (i == MODULES_MAX)
		dmv_mem_note(&w->m, "the list of modules does not end after %u entries", i);
	dmv_dump_line_add(&w->info, "drivers", "%zu", w->info.nimage);
}
