/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Which command may have been meant by a word that is none. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

/* Letters put in, left out, changed or swapped with the next that make one word the other. */
static unsigned distance(const char *a, const char *b)
{
	enum { MOST = 16 };
	unsigned row[3][MOST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MOST || m > MOST)
		return MOST;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = row[i % 3], *above = row[(i - 1) % 3], *two = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned d = above[j - 1] + (a[i - 1] != b[j - 1]);

			d = above[j] + 1 < d ? above[j] + 1 : d;
			d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two[j - 2] + 1 < d)
				d = two[j - 2] + 1;
			now[j] = d;
		}
	}
	return row[n % 3][m];
}

/* The command someone may have meant: one it is the start of, else one that differs by two letters
 * at the most and shares the half of them. */
static const struct dmv_cmd *meant(const char *name)
{
	const struct dmv_cmd *found = NULL;
	size_t n = strlen(name);
	unsigned best = 3;

	for (size_t i = 0; n && dmv_cmds[i]; i++) {
		unsigned d = distance(name, dmv_cmds[i]->name);

		if (n > 1 && !strncmp(dmv_cmds[i]->name, name, n))
			return dmv_cmds[i];
		if (d < best && d * 2 <= n) {
			best = d;
			found = dmv_cmds[i];
		}
	}
	return found;
}

/* Who types !irp expects commands of a debugger: these are all. */
static enum dmv_code no_bang(const char *name, struct dmv_err *e)
{
	char list[256] = "";

	for (size_t i = 0; dmv_cmds[i]; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s!%s",
			 i ? " " : "", dmv_cmds[i]->name);
	return dmv_fail(e, DMV_E_USAGE, "no command \"!%s\"; there are %s", name, list);
}

enum dmv_code dmv_no_command(const char *typed, struct dmv_err *e)
{
	const char *name = typed + (*typed == '!' || *typed == '.');
	const struct dmv_cmd *c = meant(name);
	char safe[64];

	dmv_escape(name, safe, sizeof(safe));
	if (!c && *typed == '!')
		return no_bang(safe, e);
	return c ? dmv_fail(e, DMV_E_USAGE, "no command \"%s\"; did you mean `%s`?", safe, c->name)
		 : dmv_fail(e, DMV_E_USAGE, "no command \"%s\"; `help` lists them", safe);
}
