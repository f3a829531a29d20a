/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Files of lines: -f, and .source, which may stand in one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inspect.h"
#include "tail.h"

static void skip_rest(FILE *f)
{
	int c;

	do
		c = getc(f);
	while (c != '\n' && c != EOF && !dmv_interrupted());
}

static void run_lines(struct dmv_app *a, FILE *f, const char *name)
{
	struct dmv_source src = { name, 0, a->source };
	char line[DMV_LINE + 1];

	a->source = &src;
	while (!dmv_app_over(a) && fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);

		src.line++;
		if (n && line[n - 1] == '\n')
			line[n - 1] = 0;
		else if (n == sizeof(line) - 1)
			skip_rest(f);           /* and the line is refused for its length */
		if (dmv_is_quit(line))
			break;
		dmv_app_run(a, line);
	}
	a->source = src.outer;
}

/* false: errno says why it was not read to its end. */
static bool run_file(struct dmv_app *a, const char *path, bool input)
{
	FILE *f = input ? stdin : fopen(path, "re");
	bool bad;
	int saved;

	if (!f)
		return false;
	errno = 0;
	run_lines(a, f, input ? "standard input" : path);
	saved = errno;
	bad = ferror(f) && !dmv_app_over(a);
	if (!input)
		fclose(f);
	errno = saved;
	return !bad;
}

void dmv_app_file(struct dmv_app *a, const char *path)
{
	if (run_file(a, path, !strcmp(path, "-")))
		return;
	dmv_complain("cannot read commands from %s: %s", path, strerror(errno));
	a->worst = dmv_worse(a->worst, 2);
}

int dmv_app_source(struct dmv_app *a, const char *rest, struct dmv_err *e)
{
	char path[DMV_LINE];
	unsigned depth = 0;

	if (dmv_tail_file(rest, ".source", path, sizeof(path), e))
		return 2;
	for (const struct dmv_source *s = a->source; s; s = s->outer)
		depth++;
	if (depth >= DMV_NESTED) {
		a->unwind = true;
		dmv_fail(e, DMV_E_USAGE, "%d files of commands within each other are enough: %s "
			 "is not run, nor the rest of them", DMV_NESTED, path);
		return 2;
	}
	if (!run_file(a, path, false)) {
		dmv_fail(e, DMV_E_USAGE, "cannot read commands from %s: %s", path,
			 strerror(errno));
		return 2;
	}
	return 0;
}
