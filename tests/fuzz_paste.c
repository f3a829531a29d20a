/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Any bytes as pasted text, and as a line typed after `bugcheck`. Besides what the sanitizers see:
 * what was found stands in the text, words that lack are said to, the answer is harmless for a
 * terminal and whole as JSON, and the same in text as in JSON.
 *
 * The corpus is tests/corpus/fuzz_paste: a text a file. With FUZZ_REPLAY it is read, and each file
 * with bytes changed, dropped and doubled by a fixed rule.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "paste.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct store {
	char *p;
	size_t n, room;
};

static bool keep(void *ctx, const char *buf, size_t n)
{
	struct store *s = ctx;

	if (s->room - s->n <= n) {
		s->room = (s->n + n) * 2 + 1;
		s->p = realloc(s->p, s->room);
		must(s->p);
	}
	memcpy(s->p + s->n, buf, n);
	s->n += n;
	s->p[s->n] = 0;
	return true;
}

/* ---- promises of paste.h ---- */

static void check_seen(const struct dmv_paste *p, size_t i, uint32_t lines)
{
	const struct dmv_seen *b = &p->seen[i];

	must(b->form && b->title && b->line >= 1 && b->line <= lines);
	must(b->first < p->nseen && p->seen[b->first].first == b->first);
	must(!(b->known & ~0x1F) && b->v[0] <= UINT32_MAX);
	must(b->why[0] || (b->known | b->absent) == 0x1F);
	must(strlen(b->why) < sizeof(b->why));
}

static void check_linux(const struct dmv_linux_lines *l, uint32_t lines)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct dmv_linux_line *x = &l->line[i];

		must(x->source && x->count && x->line >= 1 && x->line <= lines);
		must(x->low <= x->high && !x->cause == !x->fix);
		must(!x->cause || x->title);
	}
}

static bool parse(const char *text, size_t n)
{
	struct dmv_err e = { 0 };
	struct dmv_paste p;
	uint32_t lines = 1;

	if (dmv_paste_parse(text, n, &p, &e)) {
		must(e.code && e.msg[0]);
		return false;
	}
	/* every byte of 8-bit text and every pair of 16-bit text may end a line */
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n' || text[i] == '\r' || text[i] == '&' ||
			 (unsigned char)text[i] >= 0x80 || !text[i] || text[i] == 0x20;
	must(p.nseen + p.linux_lines.n);
	must(p.nseen <= DMV_PASTE_SEEN && p.linux_lines.n <= DMV_LINUX_SEEN);
	for (size_t i = 0; i < p.nseen; i++)
		check_seen(&p, i, lines);
	check_linux(&p.linux_lines, lines);
	dmv_paste_free(&p);
	return true;
}

/* ---- the answer ---- */

/* Nothing that a terminal would obey; in JSON each line is one whole object. */
static void check_answer(const struct store *s, enum dmv_format format)
{
	int depth = 0;
	bool string = false;

	for (size_t i = 0; i < s->n; i++) {
		unsigned char c = (unsigned char)s->p[i];

		must(c == '\n' || c >= 0x20);
		must(c != 0x7F);
		if (format != DMV_JSON)
			continue;
		if (string && c == '\\')
			i++;
		else if (c == '"')
			string = !string;
		else if (!string)
			depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		must(depth >= 0);
	}
	must(!string && !depth);
}

static int run(enum dmv_format format, struct dmv_ses *s, const char *line)
{
	struct store store = { NULL, 0, 0 };
	int code;

	keep(&store, "", 0);
	s->out = dmv_out_new(format, keep, &store);
	must(s->out);
	code = dmv_run(s, line);
	must(code >= 0 && code <= 4 && (code < 2 || s->err.msg[0]));
	check_answer(&store, format);
	dmv_out_free(s->out);
	free(store.p);
	return code;
}

static void answers(const char *text, size_t n, bool found)
{
	struct dmv_ses s = { .paste = text, .npaste = n };
	int code = run(DMV_TEXT, &s, "bugcheck");

	must(code == run(DMV_JSON, &s, "bugcheck"));
	must(found ? code != 3 : code == 2 || code == 3);
}

static void typed(const char *text, size_t n)
{
	char *line = malloc(n + sizeof("bugcheck "));
	struct dmv_ses s = { 0 };

	must(line);
	memcpy(line, "bugcheck ", 9);
	memcpy(line + 9, text, n);
	line[9 + n] = 0;
	run(DMV_TEXT, &s, line);
	run(DMV_JSON, &s, line);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* no byte behind the last one may be read */
	char *text = malloc(n ? n : 1);

	must(text);
	memcpy(text, data, n);
	answers(text, n, parse(text, n));
	typed(text, n);
	free(text);
	return 0;
}

#ifdef FUZZ_REPLAY
#include <dirent.h>

enum { LONGEST = 1 << 16 };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static size_t change(uint8_t *b, size_t n, uint32_t *seed)
{
	size_t at = n ? next(seed) % n : 0, many;

	if (!n)
		return 0;
	switch (next(seed) % 4) {
	case 0:
		b[at] = (uint8_t)next(seed);
		return n;
	case 1:                                 /* cut */
		return at;
	case 2:                                 /* a piece is gone */
		many = next(seed) % (n - at) + 1;
		memmove(b + at, b + at + many, n - at - many);
		return n - many;
	default:                                /* a piece comes twice */
		many = next(seed) % (n - at) + 1;
		if (n + many > LONGEST)
			return n;
		memmove(b + at + many, b + at, n - at);
		return n + many;
	}
}

static void replay(const char *path)
{
	static uint8_t whole[LONGEST], hurt[LONGEST];
	uint32_t seed = 1;
	FILE *f = fopen(path, "rb");
	size_t n;

	must(f);
	n = fread(whole, 1, sizeof(whole), f);
	fclose(f);
	LLVMFuzzerTestOneInput(whole, n);
	for (unsigned i = 0; i < 100; i++) {
		size_t m = n;

		memcpy(hurt, whole, n);
		for (unsigned k = 0; k <= i % 4; k++)
			m = change(hurt, m, &seed);
		LLVMFuzzerTestOneInput(hurt, m);
	}
	printf("ok replay %s\n", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	fflush(stdout);
}

/* FUZZ_REPLAY is the folder of the corpus. */
int main(void)
{
	DIR *d = opendir(FUZZ_REPLAY);
	const struct dirent *f;
	char path[512];

	while (d && (f = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", FUZZ_REPLAY, f->d_name);
		if (f->d_name[0] != '.')
			replay(path);
	}
	if (!d)
		printf("not ok replay: %s is not there\n", FUZZ_REPLAY);
	else
		closedir(d);
	return !d;
}
#endif
