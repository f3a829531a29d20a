/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* help: the command table as text. */
#include "cmd.h"

#include <stdio.h>
#include <string.h>

struct line {
	const char *command, *synopsis, *summary, *help, *examples;
};

static const struct dmv_col cols[] = {
	DMV_COL(struct line, command, "COMMAND", DMV_S_STR, "name"),
	DMV_COL(struct line, synopsis, NULL, DMV_S_STR, "with its arguments"),
	DMV_COL(struct line, summary, "DOES", DMV_S_STR, "one line"),
	{ 0 }
};

static const struct dmv_table table = { "commands", cols, "  {command:12} {summary}\n" };
static const struct dmv_table one_table = { "commands", cols, "{synopsis}\n" };

struct arg {
	const char *command, *name, *help;
};

static const struct dmv_col arg_cols[] = {
	DMV_COL(struct arg, command, "", DMV_S_STR, "command"),
	DMV_COL(struct arg, name, "", DMV_S_STR, "argument or option"),
	DMV_COL(struct arg, help, "", DMV_S_STR, "what it means"),
	{ 0 }
};

static const struct dmv_table arg_table = { "arguments", arg_cols, "  {name:18} {help}\n" };

struct example {
	const char *command, *line, *does;
};

static const struct dmv_col example_cols[] = {
	DMV_COL(struct example, command, "", DMV_S_STR, "command"),
	DMV_COL(struct example, line, "", DMV_S_STR, "as it is typed"),
	DMV_COL(struct example, does, "", DMV_S_STR, "what it shows"),
	{ 0 }
};

static const struct dmv_table example_table = { "examples", example_cols, "  {line:34} {does}\n" };

static bool say_examples(struct dmv_ses *s, const struct dmv_cmd *c)
{
	char line[96], does[96];

	for (const char *p = c->examples; *p;) {
		size_t n = strcspn(p, "\n"), cut = 0;
		struct example x = { c->name, line, does };

		while (cut + 1 < n && !(p[cut] == ' ' && p[cut + 1] == ' '))
			cut++;
		snprintf(line, sizeof(line), "%.*s", (int)cut, p);
		snprintf(does, sizeof(does), "%.*s", (int)(n > cut + 2 ? n - cut - 2 : 0),
			 p + cut + 2);
		if (!dmv_out_row(s->out, &example_table, &x))
			return false;
		p += n + (p[n] == '\n');
	}
	return true;
}

static enum dmv_code one(struct dmv_ses *s, const struct dmv_cmd *c)
{
	char synopsis[160];
	struct line l = { .command = c->name,
			  .synopsis = dmv_synopsis(c, synopsis, sizeof(synopsis)),
			  .summary = c->summary };

	dmv_out_table(s->out, &one_table);
	dmv_out_table(s->out, &arg_table);
	dmv_out_table(s->out, &example_table);
	if (!dmv_out_row(s->out, &one_table, &l))
		return DMV_E_STOPPED;
	dmv_out_line(s->out, "\n%s", c->help);
	if (c->args)
		dmv_out_line(s->out, "%s", "");
	for (const struct dmv_arg *a = c->args; a && a->name; a++) {
		struct arg x = { c->name, a->name, a->help };

		if (!dmv_out_row(s->out, &arg_table, &x))
			return DMV_E_STOPPED;
	}
	dmv_out_line(s->out, "\nExamples:");
	return say_examples(s, c) ? DMV_E_OK : DMV_E_STOPPED;
}

static enum dmv_code all(struct dmv_ses *s)
{
	char synopsis[160];

	dmv_out_table(s->out, &table);
	dmv_out_line(s->out, "Commands, with or without `dma` or `!dma` in front:\n");
	for (size_t i = 0; dmv_cmds[i]; i++) {
		struct line l = { .command = dmv_cmds[i]->name,
				  .summary = dmv_cmds[i]->summary,
				  .synopsis =
					  dmv_synopsis(dmv_cmds[i], synopsis, sizeof(synopsis)) };

		if (!dmv_out_row(s->out, &table, &l))
			return DMV_E_STOPPED;
	}
	dmv_out_line(s->out,
		     "\nNumbers are hexadecimal, 0n10 is decimal; `help COMMAND` tells more.");
	return DMV_E_OK;
}

static enum dmv_code run(struct dmv_ses *s, const struct dmv_argv *av)
{
	const struct dmv_cmd *c;
	const char *name = av->v[0].word;

	if (!av->v[0].set)
		return all(s);
	if (*name == '!' || *name == '.')
		name++;
	c = dmv_cmd_find(name, strlen(name));
	if (!c)
		return dmv_no_command(name, &s->err);
	return one(s, c);
}

static const struct dmv_arg args[] = {
	{ "COMMAND", DMV_ARG_COMMAND, false, "the command to explain" },
	{ 0 }
};

const struct dmv_cmd dmv_cmd_help = {
	.name = "help",
	.summary = "the commands, or one of them",
	.help = "Without an argument the list of commands, else synopsis, description and\n"
		"examples of one. `?` is the same.",
	.examples = "help  the list\n"
		    "help leaks  one command",
	.args = args,
	.run = run,
};
