/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The parts of dma-inspect: cli.c its command line, prompt.c its prompt, dma_inspect.c what opens
 * the target and runs lines.
 */
#ifndef DMV_INSPECT_H
#define DMV_INSPECT_H

#include "cmd.h"

enum dmv_color { DMV_COLOR_AUTO, DMV_COLOR_ALWAYS, DMV_COLOR_NEVER };

struct dmv_cli_item {
	bool file;              /* -f: a file of lines, else -c: a line */
	const char *text;
};

/* The command line; strings are those of argv. */
struct dmv_cli {
	const char *target;
	struct dmv_cli_item *item;
	size_t nitem;
	const char **symbols;
	size_t nsymbols;
	const char *bugcheck;
	uint64_t base, region;  /* region: DMV_NO_ADDR if none was given */
	bool have_base, json, scan, force, no_pager;
	enum dmv_color color;
};

/* 0, or the exit code when what is wrong was said. Ends the program for --help and --version. */
int dmv_cli_parse(struct dmv_cli *c, int argc, char **argv);
void dmv_cli_free(struct dmv_cli *c);

struct dmv_app {
	const struct dmv_cli *cli;
	struct dmv_ses ses;
	struct dmv_mem *mem;
	int fd;                 /* where the output goes now: stdout or the pager */
	bool no_pager;          /* there is none */
	bool gone;              /* standard output was closed by its reader */
	int worst;              /* exit code so far */
};

/* Runs a line; with `page` through a pager if there is one. */
void dmv_app_run(struct dmv_app *a, const char *line, bool page);
/* ^C since the last line began; a signal handler sets it, the session polls it. */
bool dmv_interrupted(void);
void dmv_interrupted_clear(void);

/* A line that ends the program: q, quit, exit. */
bool dmv_is_quit(const char *line);
/* Lines from the terminal until one of those, or the end of the input. */
void dmv_prompt(struct dmv_app *a);

#endif
