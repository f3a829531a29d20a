/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The parts of dma-inspect: cli.c its command line, target.c what it opens and gives up before,
 * prompt.c its prompt, progress.c a line about long work, dma_inspect.c what runs lines and shows
 * answers.
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
	const char **more;              /* targets after the first: parts of a split set */
	size_t nmore;
	struct dmv_cli_item *item;
	size_t nitem;
	const char **symbols;
	size_t nsymbols;
	const char *bugcheck;
	uint64_t base, region;
	bool have_base, json, scan, force, no_pager, zero_excluded, hold, no_sandbox;
	enum dmv_color color;
};

/* 0, or the exit code when what is wrong was said. Ends the program for --help and --version. */
int dmv_cli_parse(struct dmv_cli *c, int argc, char **argv);
void dmv_cli_free(struct dmv_cli *c);

/* The line about long work, on standard error. Zeroed: there is none. */
struct dmv_bar {
	const char *what;       /* the work; NULL: none */
	double start, next;     /* seconds: of the work, not before which to draw again */
	uint64_t done;
	size_t shown;           /* characters that stand there */
};

struct dmv_app {
	const struct dmv_cli *cli;
	struct dmv_ses ses;
	struct dmv_mem *mem;
	struct dmv_bar bar;
	struct dmv_progress progress;   /* to it */
	char *paste;            /* what was read from standard input as the target */
	int fd;                 /* where the output goes now: stdout or the pager */
	bool no_pager;          /* there is none */
	bool gone;              /* standard output was closed by its reader, or is full */
	int lost;               /* errno that kept an answer from standard output; 0: none did */
	int worst;              /* exit code so far */
};

/* Opens what the command line names; a batch run is confined first. 0, or the exit code. */
int dmv_target_open(struct dmv_app *a, struct dmv_err *e);
void dmv_target_close(struct dmv_app *a);

/* Runs a line; with `page` through a pager if there is one. */
void dmv_app_run(struct dmv_app *a, const char *line, bool page);
/* A line on standard error, behind the program's name. */
void dmv_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* progress.c: the function of a struct dmv_progress whose ctx is a struct dmv_bar. */
void dmv_bar_step(void *ctx, const struct dmv_step *s);
/* Before anything else is written to the terminal. */
void dmv_bar_end(struct dmv_bar *b);

/* ^C since the last line began: a signal handler sets it, the session polls it. */
bool dmv_interrupted(void);
void dmv_interrupted_clear(void);

/* A line that ends the program: q, quit, exit. */
bool dmv_is_quit(const char *line);
/* Lines from the terminal until one of those, or the end of the input. */
void dmv_prompt(struct dmv_app *a);

#endif
