/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The parts of dma-inspect: cli.c its command line, target.c what it opens and gives up before,
 * prompt.c its prompt, lines.c what runs lines, source.c files of them, way.c where their answers
 * go, progress.c a line about long work, dma_inspect.c start and end.
 */
#ifndef DMV_INSPECT_H
#define DMV_INSPECT_H

#include "cmd.h"
#include "way.h"

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
	bool have_base, json, scan, force, no_pager, zero_excluded, hold, no_sandbox,
		no_hints;
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
	bool off;               /* the terminal is another program's now */
};

enum { DMV_NESTED = 8 };                /* files of lines that name files of lines */

/* A file of lines that is being run. */
struct dmv_source {
	const char *name;
	unsigned line;
	const struct dmv_source *outer; /* whose line named it; NULL: none */
};

struct dmv_app {
	const struct dmv_cli *cli;
	struct dmv_ses ses;
	struct dmv_mem *mem;
	struct dmv_bar bar;
	struct dmv_progress progress;   /* to it */
	char *paste;            /* what was read from standard input as the target */
	struct dmv_way *way;            /* of the answers now */
	const struct dmv_source *source;        /* NULL: lines are typed, or behind -c */
	bool prompting;         /* lines are typed */
	bool hints;             /* or will be, by somebody who wants to hear what to type */
	bool confined;          /* a batch run that gave up starting programs and making files */
	bool no_pager;          /* there is none */
	bool unwind;            /* all files of lines end here */
	bool gone;              /* standard output was closed by its reader, or is full */
	int lost;               /* errno that kept an answer from standard output; 0: none did */
	int worst;              /* exit code so far */
};

/* Opens what the command line names; a batch run is confined first. 0, or the exit code. */
int dmv_target_open(struct dmv_app *a, struct dmv_err *e);
void dmv_target_close(struct dmv_app *a);

/* Runs a line: a command, where its answer goes, or one of the prompt's own. */
void dmv_app_run(struct dmv_app *a, const char *line);
/* The same for text that is a command and nothing else. */
void dmv_app_command(struct dmv_app *a, const char *line);
/* source.c: runs the lines of a file; "-" is standard input. */
void dmv_app_file(struct dmv_app *a, const char *path);
/* The same for `.source` and what stands behind it: exit code, and why it was not. */
int dmv_app_source(struct dmv_app *a, const char *rest, struct dmv_err *e);
/* The sink of answers. */
bool dmv_app_sink(void *ctx, const char *buf, size_t n);
/* The program, a file of lines or the user ends it. */
bool dmv_app_over(const struct dmv_app *a);
/* The prompt's own commands: calls fn for each name. */
void dmv_app_words(void (*fn)(void *ctx, const char *word), void *ctx);
/* Whether the command line and the terminal want colours. */
bool dmv_app_colored(const struct dmv_cli *c);
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
