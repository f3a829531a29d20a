/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any text as the settings file: a mistake is told with its line, and what is understood means the
 * same once it is written out again. What it asks for is a request that stands in a block whole.
 */
#include <stdlib.h>
#include <string.h>

#include "port/posix/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { BLOCK = 16384 };

static _Alignas(8) char block[BLOCK], text[SETTINGS_TEXT + 1], again[SETTINGS_TEXT + 1];
static struct settings first, second;

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* As the verifier lays it. */
static void lay(void)
{
	struct dmv_abi_control *b = (void *)block;

	memset(block, 0, sizeof(block));
	memcpy(b->magic, DMV_ABI_CONTROL_MAGIC, 8);
	b->bom = DMV_ABI_BOM;
	b->major = DMV_ABI_MAJOR;
	b->minor = DMV_ABI_MINOR;
	b->bytes = BLOCK;
	b->asked_rows = b->state_rows = (BLOCK - sizeof(*b)) / (96 + 112);
	b->state_offset = (uint32_t)sizeof(*b) + b->asked_rows * 96;
}

static bool same(const struct settings *a, const struct settings *b)
{
	return !memcmp(&a->head, &b->head, sizeof(a->head)) &&
	       !memcmp(a->row, b->row, a->head.count * sizeof(a->row[0]));
}

static void ask(const struct settings *s)
{
	struct settings_block x;
	uint32_t sequence;

	lay();
	must(!settings_block(&x, block, sizeof(block)));
	must(settings_ask(&x, s, &sequence) && sequence % 2 == 0 && x.b->sequence == sequence);
	settings_asked(&x, &second);
	must(same(s, &second));
}

/* Bytes as a block of a stranger. */
static void stranger(const uint8_t *data, size_t n)
{
	struct settings_block x;
	uint32_t sequence;

	n = n < sizeof(block) ? n : sizeof(block);
	lay();
	memcpy(block, data, n);
	if (settings_block(&x, block, sizeof(block)))
		return;
	settings_asked(&x, &second);
	for (uint32_t i = 0; i < x.state_rows; i++)
		must(strlen(settings_state(&x, i).name) < 64);
	must(second.head.count <= SETTINGS_ROWS);
	settings_ask(&x, &second, &sequence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct settings_error e;
	size_t length;

	stranger(data, n);
	n = n < SETTINGS_TEXT ? n : SETTINGS_TEXT;
	memcpy(text, data, n);
	text[n] = 0;
	settings_init(&first);
	if (!settings_parse(&first, text, &e)) {
		must(e.line && e.text[0] && strlen(e.text) < sizeof(e.text));
		return 0;
	}
	length = settings_text(&first, again, sizeof(again));
	must(length < sizeof(again) && length == strlen(again));
	settings_init(&second);
	must(settings_parse(&second, again, &e));
	must(first.scan == second.scan && first.scan_pages == second.scan_pages &&
	     first.scan_ms == second.scan_ms);
	must(same(&first, &second));
	ask(&first);
	return 0;
}
