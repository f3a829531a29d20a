/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Where a command ends at the prompt, and which file is meant behind it. */
#include <stdlib.h>

#include "../ext/tail.h"
#include "t.h"

static void ends(void)
{
	static const struct {
		const char *line;
		enum dmv_tail_kind kind;
		const char *head, *rest;
	} cases[] = {
		{ "leaks", DMV_TAIL_NONE, "leaks", NULL },
		{ "", DMV_TAIL_NONE, "", NULL },
		{ "leaks | head", DMV_TAIL_PIPE, "leaks", "head" },
		{ "leaks -a|head|tail > x", DMV_TAIL_PIPE, "leaks -a", "head|tail > x" },
		{ "leaks > x", DMV_TAIL_FILE, "leaks", "x" },
		{ "leaks  >>  x y", DMV_TAIL_APPEND, "leaks", "x y" },
		{ "leaks>x|y", DMV_TAIL_FILE, "leaks", "x|y" },
		{ "leaks >", DMV_TAIL_FILE, "leaks", "" },
		{ "| x", DMV_TAIL_PIPE, "", "x" },
		{ "who \"a|b\" > x", DMV_TAIL_FILE, "who \"a|b\"", "x" },
		{ "who \"a|b > x", DMV_TAIL_NONE, "who \"a|b > x", NULL },
		{ "leaks # a > b", DMV_TAIL_NONE, "leaks # a > b", NULL },
		{ "who a#b > c", DMV_TAIL_FILE, "who a#b", "c" },
		{ "nonsense | x", DMV_TAIL_PIPE, "nonsense", "x" },
		{ "bugcheck | x", DMV_TAIL_PIPE, "bugcheck", "x" },
		{ "bugcheck E6 0xF 5 0n4096 > x", DMV_TAIL_FILE, "bugcheck E6 0xF 5 0n4096", "x" },
		{ "!dma bugcheck e6 f`0 | x", DMV_TAIL_PIPE, "!dma bugcheck e6 f`0", "x" },
		{ ".bugcheck <a>e6</a>", DMV_TAIL_NONE, ".bugcheck <a>e6</a>", NULL },
		{ "bugcheck E6 (F,5) | x", DMV_TAIL_NONE, "bugcheck E6 (F,5) | x", NULL },
		{ "bugcheck <6> DMAR: > x", DMV_TAIL_NONE, "bugcheck <6> DMAR: > x", NULL },
		{ "help bugcheck > x", DMV_TAIL_FILE, "help bugcheck", "x" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = cases[i].line, *want = cases[i].rest;
		struct dmv_tail t;

		dmv_tail_find(line, &t);
		T_CHECKF(t.kind == cases[i].kind && t.head == strlen(cases[i].head) &&
				 !strncmp(line, cases[i].head, t.head) &&
				 (want ? t.rest && !strcmp(t.rest, want) : !t.rest),
			 *line ? line : "nothing", "kind %d, head %zu, rest \"%s\"", t.kind, t.head,
			 t.rest ? t.rest : "(none)");
	}
}

static void files(void)
{
	static const struct {
		const char *rest, *path, *why;
	} cases[] = {
		{ "x", "x", NULL }, { "x # why", "x", NULL }, { "x \t", "x", NULL },
		{ "\"a b\"", "a b", NULL }, { "a\" \"b", "a b", NULL },
		{ "~/x", "/home/u/x", NULL },
		{ "\"~/x y\"", "/home/u/x y", NULL }, { "~u/x", "~u/x", NULL },
		{ "/a|b", "/a|b", NULL },
		{ "", NULL, "needs the name" }, { "# x", NULL, "needs the name" },
		{ "\"\"", NULL, "needs the name" }, { "a b", NULL, "\"b\" is too much" },
		{ "\"a", NULL, "not closed" },
		{ "0123456789012345678901234567890123", NULL, "too long" },
		{ "a \033[31m", NULL, "\\x1b[31m" },
	};

	setenv("HOME", "/home/u", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[32] = "";
		struct dmv_err e = { .code = DMV_E_OK };
		bool ok = !dmv_tail_file(cases[i].rest, ">", path, sizeof(path), &e);

		if (cases[i].path)
			ok = ok && !strcmp(path, cases[i].path);
		else
			ok = !ok && e.code == DMV_E_USAGE && strstr(e.msg, cases[i].why);
		T_CHECKF(ok, *cases[i].rest ? cases[i].rest : "no file", "\"%s\": %s", path,
			 e.msg);
	}
}

int main(void)
{
	ends();
	files();
	return T_DONE();
}
