/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A region made from a recipe, and what the reader makes of it. */
#include <stdio.h>

#include "got.h"

static bool read_text(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = 0;
	return n;
}

const char *got_region(struct got *g, const char *before, const char *path, const char *after)
{
	static char file[1 << 16], text[1 << 17], err[200];

	memset(g, 0, sizeof(*g));
	if (path && !read_text(path, file, sizeof(file)))
		return "cannot be read";
	snprintf(text, sizeof(text), "%s\n%s\n%s\n", before, path ? file : "", after);
	return mkregion_make(text, &g->region, err, sizeof(err)) ? err : NULL;
}

void got_decode_with(struct got *g, const struct dmv_facts_opts *o)
{
	g->e = (struct dmv_err){ .code = DMV_E_USAGE, .addr = 1, .msg = "of an earlier call" };
	g->code = dmv_facts_region(&g->mem.base, NULL, o, &g->facts, &g->e);
}

void got_decode(struct got *g, int spaces)
{
	bytes_mem_init(&g->mem, g->region.bytes, g->region.n,
		       spaces & VIRT ? g->region.virt : UINT64_MAX,
		       spaces & PHYS ? g->region.phys : UINT64_MAX);
	got_decode_with(g, NULL);
}

void got_drop(struct got *g)
{
	if (!g->code)
		dmv_facts_free(&g->facts);
	bytes_mem_deinit(&g->mem);
	mkregion_free(&g->region);
}

const char *got_note(const struct got *g, const char *word)
{
	for (size_t i = 0; !g->code && i < g->facts.nnote; i++)
		if (strstr(g->facts.note[i].text, word))
			return g->facts.note[i].text;
	return g->code && strstr(g->e.msg, word) ? g->e.msg : NULL;
}

uint32_t got_topic(const struct got *g, const char *word)
{
	for (size_t i = 0; !g->code && i < g->facts.nnote; i++)
		if (strstr(g->facts.note[i].text, word))
			return g->facts.note[i].topic;
	return 0;
}

const char *got_said(const struct got *g)
{
	static char text[4096];
	size_t n = 0;

	text[0] = 0;
	if (g->code)
		return g->e.msg;
	for (size_t i = 0; i < g->facts.nnote && n < sizeof(text) - 400; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[%s] ", g->facts.note[i].text);
	return text;
}

size_t got_place(const struct got *g, const char *type, size_t n)
{
	for (size_t i = 0; i < g->region.nplace; i++)
		if (!strcmp(g->region.place[i].type, type) && !n--)
			return g->region.place[i].at;
	return SIZE_MAX;
}

void got_set(struct got *g, size_t at, size_t field, uint32_t width, uint64_t v)
{
	mkregion_put(&g->region, at + field, width, v);
	mkregion_seal(&g->region);
}
