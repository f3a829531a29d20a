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
#include "rules.h"

/* An option as Windows writes it. */
struct word {
	const char *word, *argument;
};

/* A program that has completion is an entry of `programs`. */
struct program {
	const char *name;
	const struct argp_option *options;      /* as argp has them */
	const char *own;                        /* those that stand in no table */
	const struct word *slash;               /* /OPTION; NULL: there is none */
	const struct dmv_cmd *const *commands;  /* words for COMMAND; NULL: it has none */
	const char *words;                      /* its arguments: words, @file for names of files */
};

/* What completes an argument of an option, by the argument's name in the option table: words, or
 * one of the kinds of completion.bash. */
static const struct { const char *argument, *kind; } kinds[] = {
	{ "COMMAND", "@command" },
	{ "FILE", "@file" },
	{ "PID", "@pid" },
	{ "MODE", "log break stop" },
	{ "KINDS", "@comma channels buffers lists" },
	{ "MASK", "0x80 0" },
	{ "ADDR", "@text" },
	{ "TEXT", "@text" },
	{ "NAME...", "@text" },
	{ "NUMBER", "@text" },
	{ "PAGES/MS", "@text" },
	{ "SECONDS", "@text" },
	{ NULL, NULL }
};
/* What RULE= may be set to. */
static const char settings_of_rules[] = "off default log break stop";

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

static void say_options(const struct program *p)
{
	printf("\tlocal -a options=(%s", p->own);
	for (const struct argp_option *o = p->options; !is_last(o); o++) {
		if (has_letter(o))
			printf(" -%c", o->key);
		printf(" --%s%s", o->name, o->arg ? "=" : "");
	}
	for (const struct word *w = p->slash; w && w->word; w++)
		printf(" '/%s'", w->word);
	printf(")\n");
}

/* Words that stand in tables of ours. false: they do not. */
static bool say_table(const char *argument)
{
	if (!strcmp(argument, "WHEN")) {
		for (size_t i = 0; dmv_cli_colors[i]; i++)
			printf("%s ", dmv_cli_colors[i]);
		return true;
	}
	if (strcmp(argument, "RULE=WORD...") != 0)
		return false;
	for (size_t i = 0; i < dmv_nrules; i++)
		if (dmv_rules[i].raised)
			printf("%s= ", dmv_rules[i].name);
	return true;
}

static bool say_value(const char *dashes, const char *option, const char *argument)
{
	const char *kind = kind_of(argument);

	printf(" [%s%s]='", dashes, option);
	if (kind)
		printf("%s", kind);
	else if (!say_table(argument))
		return false;
	printf("'");
	return true;
}

static bool say_values(const struct program *p)
{
	const char *argument = NULL;

	printf("\tlocal -A takes=(");
	for (const struct argp_option *o = p->options; !is_last(o); o++) {
		char letter[] = { (char)o->key, 0 };

		if (!o->arg)
			continue;
		if ((has_letter(o) && !say_value("-", letter, o->arg)) ||
		    !say_value("--", o->name, o->arg))
			argument = o->arg;
	}
	for (const struct word *w = p->slash; w && w->word; w++)
		if (w->argument && !say_value("/", w->word, w->argument))
			argument = w->argument;
	printf(")\n");
	if (argument)
		fprintf(stderr, "completion: %s: what completes %s? (kinds[])\n", p->name,
			argument);
	return !argument;
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
	say_options(p);
	if (!say_values(p))
		return false;
	say_commands(p->commands);
	printf("\tlocal -a assigned=(%s)\n", settings_of_rules);
	printf("\tlocal -a targets=(%s)\n\t_dmv_complete \"$@\"\n}\ncomplete -F %s %s\n\n",
	       p->words, name, p->name);
	return true;
}

/* argp adds these itself. */
#define ARGP_OWN "'-?' --help --usage -V --version"

#define ARGUMENT(a) (sizeof(a) > 1 ? (a) : NULL)
static const struct argp_option verifier_options[] = {
#define OPTION(id, windows, gnu, argument, help) { gnu, 0, ARGUMENT(argument), 0, help, 0 },
#include "dma_verifier.def"
#undef OPTION
	{ 0 }
};
static const struct word verifier_words[] = {
#define OPTION(id, windows, gnu, argument, help) { windows, ARGUMENT(argument) },
#include "dma_verifier.def"
#undef OPTION
	{ NULL, NULL }
};

static const struct program programs[] = {
	{ "dma-inspect", dmv_cli_options, ARGP_OWN, NULL, dmv_cmds, "@file pid: gdb: kcore" },
	{ "dma-verifier", verifier_options, "-h -V", verifier_words, NULL, "pid:" },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(argv[1], programs[i].name))
			return say(&programs[i]) && !fflush(stdout) ? 0 : 1;
	fprintf(stderr, "completion: no program is named; each is an entry of programs[]\n");
	return 2;
}
