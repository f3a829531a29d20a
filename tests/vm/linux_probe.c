/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Answers what dumps/ knows of the Linux kernel in a dump, for linux_check.py:
 *
 *	linux_probe [-f] [-s SYMBOLS]... TARGET...	several targets: parts of a split set
 *
 * Questions on standard input, a line each; the answer to each is a line: = and the value, or - and
 * why there is none.
 *	symbol NAME             its address
 *	place ADDRESS           module!function+offset
 *	member TYPE PATH        offset and size
 *	text NAME               the string that stands at a symbol
 *	line ADDRESS            file:line
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem_kernel.h"
#include "names.h"

struct target {
	struct dmv_mem *m;
	struct dmv_names *n;
};

static void none(const char *why)
{
	printf("- %s\n", why);
}

static void symbol(struct target *t, const char *name)
{
	uint64_t addr;

	if (dmv_names_symbol(t->n, name, &addr))
		printf("= %" PRIx64 "\n", addr);
	else
		none("no such symbol");
}

static void place(struct target *t, const char *addr)
{
	struct dmv_place p;

	if (dmv_names_place(t->n, strtoull(addr, NULL, 16), &p))
		printf("= %s!%s+0x%" PRIx64 "\n", p.module, p.function, p.offset);
	else
		none("nothing is known there");
}

static void line_of(struct target *t, const char *addr)
{
	char text[300];

	if (dmv_names_line(t->n, strtoull(addr, NULL, 16), text, sizeof(text)))
		printf("= %s\n", text);
	else
		none("no line is known there");
}

static void member(struct target *t, const char *type, const char *path)
{
	struct dmv_err e = { 0 };
	struct dmv_member m;

	if (dmv_names_member(t->n, type, path, &m, &e))
		none(e.msg);
	else
		printf("= %" PRIu64 " %" PRIu64 "\n", m.offset, m.size);
}

static void text(struct target *t, const char *name)
{
	struct dmv_err e = { 0 };
	char s[301] = "";
	uint64_t addr;

	if (!dmv_names_symbol(t->n, name, &addr)) {
		none("no such symbol");
		return;
	}
	if (dmv_mem_read(t->m, DMV_VIRT, addr, s, sizeof(s) - 1, &e))
		none(e.msg);
	else
		printf("= %.*s\n", (int)strcspn(s, "\n"), s);
}

static void answer(struct target *t, const char *line)
{
	char what[16], a[256], b[256] = "";

	if (sscanf(line, "%15s %255s %255s", what, a, b) < 2)
		none("no question");
	else if (!strcmp(what, "symbol"))
		symbol(t, a);
	else if (!strcmp(what, "place"))
		place(t, a);
	else if (!strcmp(what, "member"))
		member(t, a, b);
	else if (!strcmp(what, "line"))
		line_of(t, a);
	else if (!strcmp(what, "text"))
		text(t, a);
	else
		none("no such question");
}

static int complain(const struct dmv_err *e)
{
	fprintf(stderr, "%s\n", e->msg);
	return 1;
}

/* The notes are on standard error: what a file is not used for. */
static void say_notes(struct target *t)
{
	const char *const *note;
	size_t n = dmv_names_notes(t->n, &note);

	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "note: %s\n", note[i]);
}

int main(int argc, char **argv)
{
	const struct dmv_kernel *kernel;
	struct dmv_mem_opts o = { 0 };
	struct dmv_err e = { 0 };
	struct target t = { 0 };
	const char *file[16];
	bool force = false;
	size_t nfile = 0;
	char line[600];
	int c;

	while ((c = getopt(argc, argv, "fs:")) != -1) {
		if (c == 's' && nfile < sizeof(file) / sizeof(file[0]))
			file[nfile++] = optarg;
		else if (c == 'f')
			force = true;
		else
			return 2;
	}
	if (optind == argc)
		return 2;
	o.more = (const char *const *)argv + optind + 1;
	o.nmore = (size_t)(argc - optind) - 1;
	if (dmv_mem_open(argv[optind], &o, &t.m, &e) || dmv_names_new(&t.n, &e) ||
	    dmv_mem_kernel_search(t.m, NULL, &kernel, &e) ||
	    dmv_names_set_target(t.n, t.m, &e))
		return complain(&e);
	for (size_t i = 0; i < nfile; i++)
		if (dmv_names_add_file(t.n, file[i], UINT64_MAX, force, &e))
			return complain(&e);
	while (fgets(line, sizeof(line), stdin))
		answer(&t, line);
	say_notes(&t);
	dmv_names_free(t.n);
	dmv_mem_close(t.m);
	return 0;
}
