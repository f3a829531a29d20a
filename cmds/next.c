/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "next.h"

#include <stdio.h>

struct next {
	const char *command, *why;
};

/* The keys are those of analyze's list. */
static const struct dmv_col cols[] = {
	DMV_COL(struct next, command, "", DMV_S_STR, "command"),
	DMV_COL(struct next, why, "", DMV_S_STR, "what it shows"),
	{ 0 }
};

static const struct dmv_table table = { "next", cols, "  {command:36} {why}\n" };

void dmv_next_head(struct dmv_ses *s)
{
	dmv_out_table(s->out, &table);
	dmv_out_line(s->out, "\nNext:");
}

bool dmv_next(struct dmv_ses *s, const char *command, const char *why)
{
	return dmv_out_row(s->out, &table, &(struct next){ command, why });
}

bool dmv_next_at(struct dmv_ses *s, const char *command, uint64_t addr, const char *behind,
		 const char *why)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %llx%s", command, (unsigned long long)addr, behind);
	return dmv_next(s, text, why);
}
