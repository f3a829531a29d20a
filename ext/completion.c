/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Writes what bash completes for a program, out of the program's own tables: `completion PROGRAM`
 * runs when dma-inspect is built. completion.bash, which follows in the installed file, reads the
 * variables that are set here.
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "options.h"

/* A program that has completion is an entry of `programs`. */
struct program {
	const char *name;
	const struct argp_option *options;      /* as argp has them */
	const struct dmv_cmd *const *commands;  /* words for COMMAND; NULL: it has none */
	const char *words;                      /* its arguments: words, @file for names of files */
};

/* What completes an argument of an option, by the argument's name in the option table. */
static const struct { const char *argument, *kind; } kinds[] = {
	{ "COMMAND", "@command" },
	{ "FILE", "@file" },
	{ "ADDR", "@text" },
	{ "TEXT", "@text" },
	{ NULL, NULL }
};

/* NULL: an argument that nobody told us of. */
static const char *kind_of(const char *argument)
{
	for (size_t i = 0; kinds[i].argument; i++)
		if (!strcmp(kinds[i].argument, argument))
			return kinds[i].kind;
	return NULL;
}

static bool is_last(const struct argp_option *o)
{
	return !o->name && !o->key;
}

static bool has_letter(const struct argp_option *o)
{
	return o->key > ' ' && o->key < 0x7f;
}

/* argp adds the last ones itself. */
static void say_options(const struct argp_option *o)
{
	printf("\tlocal -a options=(");
	for (; !is_last(o); o++) {
		if (has_letter(o))
			printf("-%c ", o->key);
		printf("--%s%s ", o->name, o->arg ? "=" : "");
	}
	printf("'-?' --help --usage -V --version)\n");
}

static bool say_one_value(const struct argp_option *o)
{
	const char *kind = kind_of(o->arg);
	char words[128] = "";

	/* its values are words of a table */
	if (!strcmp(o->arg, "WHEN")) {
		for (size_t i = 0; dmv_cli_colors[i]; i++)
			snprintf(words + strlen(words), sizeof(words) - strlen(words), "%s%s",
				 i ? " " : "", dmv_cli_colors[i]);
		kind = words;
	}
	if (!kind) {
		fprintf(stderr, "completion: --%s takes %s: what completes that? (kinds[])\n",
			o->name, o->arg);
		return false;
	}
	if (has_letter(o))
		printf(" [-%c]='%s'", o->key, kind);
	printf(" [--%s]='%s'", o->name, kind);
	return true;
}

static bool say_values(const struct argp_option *o)
{
	printf("\tlocal -A takes=(");
	for (; !is_last(o); o++)
		if (o->arg && !say_one_value(o))
			return false;
	printf(")\n");
	return true;
}

/* Each command, and the words that may follow it. */
static void say_commands(const struct dmv_cmd *const *c)
{
	printf("\tlocal -A commands=(");
	for (; c && *c; c++) {
		printf(" [%s]='", (*c)->name);
		for (const struct dmv_arg *a = (*c)->args; a && a->name; a++)
			if (*a->name == '-' || !strcmp(a->name, "COMMAND"))
				printf("%s ", *a->name == '-' ? a->name : "@command");
		printf("'");
	}
	printf(")\n");
}

static bool say(const struct program *p)
{
	char name[64];

	snprintf(name, sizeof(name), "_dmv_for_%s", p->name);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	printf("# bash completion of %s, generated when it was built\n%s()\n{\n", p->name, name);
	say_options(p->options);
	if (!say_values(p->options))
		return false;
	say_commands(p->commands);
	printf("\tlocal -a targets=(%s)\n\t_dmv_complete \"$@\"\n}\ncomplete -F %s %s\n\n",
	       p->words, name, p->name);
	return true;
}

static const struct program programs[] = {
	{ "dma-inspect", dmv_cli_options, dmv_cmds, "@file pid: gdb: kcore" },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(argv[1], programs[i].name))
			return say(&programs[i]) && !fflush(stdout) ? 0 : 1;
	fprintf(stderr, "completion: no program is named; each is an entry of programs[]\n");
	return 2;
}
