/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any text as a line at the prompt: where its command ends, what Tab makes of its beginnings, and
 * what the command says, in a world of literal facts. Besides what the sanitizers see: what is told
 * of the line lies in it, what is completed was typed, and answers are harmless for a terminal.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../ext/tail.h"
#include "world.h"

enum { LINE = 6000, TABS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void check_tail(const char *line)
{
	char path[256];
	struct dmv_tail t;
	struct dmv_err e;
	size_t at;

	dmv_tail_find(line, &t);
	must(t.head <= strlen(line) && (t.kind == DMV_TAIL_NONE) == !t.rest);
	if (t.kind == DMV_TAIL_NONE) {
		must(t.head == strlen(line));
		return;
	}
	at = t.head + strspn(line + t.head, " \t\r\n");
	must(line[at] == (t.kind == DMV_TAIL_PIPE ? '|' : '>'));
	must(t.rest > line + at && t.rest <= line + strlen(line));
	if (!dmv_tail_file(t.rest, ">", path, sizeof(path), &e))
		must(*path && strlen(path) < sizeof(path));
	else
		must(e.code == DMV_E_USAGE && e.msg[0]);
}

struct typed {
	const char *prefix;
	unsigned n;
};

static void check_word(void *ctx, const char *word)
{
	struct typed *t = ctx;

	must(!strncmp(word, t->prefix, strlen(t->prefix)));
	for (const char *p = word + strlen(t->prefix); *p; p++)
		must(isgraph((unsigned char)*p));
	must(++t->n < 1000);
}

/* Tab behind each word, and within it. */
static void check_tabs(struct dmv_ses *s, const char *line)
{
	size_t n = strlen(line), at = 0;

	for (size_t end = 0, tabs = 0; end <= n && tabs < TABS; end++, tabs++) {
		char head[LINE + 1];
		struct typed t = { head, 0 };

		if (end && strchr(" \t\n", line[end - 1]))
			at = end;
		memcpy(head, line + at, end - at);
		head[end - at] = 0;
		dmv_complete(s, line, at, head, check_word, &t);
		memcpy(head, line, end);
		head[end] = 0;
		(void)dmv_wants_file(head);
	}
}

static void check_answer(struct dmv_ses *s, const char *line)
{
	struct answer a = ask_in(s, DMV_TEXT, line);

	must(a.code >= 0 && a.code <= 4 && (a.code < 2 || a.err.msg[0]));
	for (const char *p = a.text; *p; p++)
		must(*p == '\n' || ((unsigned char)*p >= ' ' && *p != 0x7f));
	free(a.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct world w;
	static const char *const names[] = { "nvme", "a|b", "e1000" };
	struct dmv_ses s = { .loaded = true, .load_err = { .addr = DMV_NO_ADDR }, .hints = true };
	char line[LINE + 1];

	if (n > LINE)
		return 0;
	memcpy(line, data, n);
	line[n] = 0;
	world_make(&w, &s.facts);
	for (size_t i = 0; i < s.facts.nadapter && i < 3; i++)
		w.adapter[i].name = (char *)(uintptr_t)names[i];
	check_tail(line);
	check_tabs(&s, line);
	check_answer(&s, line);
	return 0;
}
