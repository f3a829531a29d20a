/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A line as it is typed, or stands in a file: a command of the table and where its answer goes
 * (tail.c, way.c), or one of the prompt's own, which begin with a dot.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inspect.h"
#include "tail.h"

#define BLANK " \t\r\n"

/* ---- words about a line ---- */

static void complain(const struct dmv_app *a, const char *msg)
{
	if (a->source)
		dmv_complain("%s:%u: %s", a->source->name, a->source->line, msg);
	else
		dmv_complain("%s", msg);
}

/* A line that is not run: a script gets its document all the same. */
static void refuse(struct dmv_app *a, const char *line, const struct dmv_err *e)
{
	if (a->cli->json) {
		dmv_out_begin(a->ses.out, a->ses.target, line);
		dmv_out_error(a->ses.out, e->msg);
		dmv_out_end(a->ses.out);
	}
	complain(a, e->msg);
	a->worst = dmv_worse(a->worst, 2);
}

/* A word that begins the text, and what stands behind it; NULL: another one does. */
static const char *behind(const char *text, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(text, word, n) || (text[n] && !strchr(BLANK, text[n])))
		return NULL;
	return text + n + strspn(text + n, BLANK);
}

bool dmv_app_over(const struct dmv_app *a)
{
	/* a reader who left, a disk that is full: of a whole file of lines, too */
	return a->gone || a->unwind || a->way->lost || dmv_interrupted();
}

/* ---- answers ---- */

bool dmv_app_colored(const struct dmv_cli *c)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (c->color != DMV_COLOR_AUTO)
		return c->color == DMV_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && *no) && term && *term && strcmp(term, "dumb");
}

static bool is_program(const struct dmv_way *w)
{
	return w->kind == DMV_WAY_PIPE || w->kind == DMV_WAY_PAGER;
}

/* Standard output does not come back. */
static void output_gone(struct dmv_app *a, int errnum)
{
	a->gone = true;
	a->lost = errnum != EPIPE ? errnum : 0;
}

bool dmv_app_sink(void *ctx, const char *buf, size_t n)
{
	struct dmv_app *a = ctx;
	bool ok;

	dmv_bar_end(&a->bar);
	ok = dmv_way_write(a->way, buf, n);
	a->bar.off = a->way->begun && is_program(a->way);
	if (a->way->kind == DMV_WAY_OUT && a->way->lost)
		output_gone(a, a->way->lost);
	return ok;
}

/* NULL: none is wanted. */
static const char *pager(const struct dmv_app *a)
{
	const char *prog = getenv("DMA_PAGER");

	if (!a->prompting || a->cli->no_pager || a->no_pager || a->way->kind != DMV_WAY_OUT ||
	    !isatty(STDOUT_FILENO))
		return NULL;
	if (!prog || !*prog)
		prog = getenv("PAGER");
	if (!prog || !*prog)
		prog = "less";
	return strcmp(prog, "cat") ? prog : NULL;
}

/* ---- the prompt's own ---- */

struct own {
	const char *line, *does;
};

static const struct own owns[] = {
	{ "COMMAND | PROGRAM", "passes the answer to a program of the shell" },
	{ "COMMAND > FILE", "writes the answer to a file; >> behind what is there" },
	{ ".source FILE", "runs the lines of a file" },
	{ ".shell [PROGRAM]", "a shell, or one program of it" },
	{ ".help", "this list; with a command, help on that" },
	{ ".quit", "ends; so do q, quit, exit and control-D" },
};

static const struct dmv_col own_cols[] = {
	DMV_COL(struct own, line, "", DMV_S_STR, "what is typed"),
	DMV_COL(struct own, does, "", DMV_S_STR, "what it does"),
	{ 0 }
};

static const struct dmv_table own_table = { "prompt", own_cols, "  {line:20} {does}\n" };

void dmv_app_words(void (*fn)(void *ctx, const char *word), void *ctx)
{
	char word[32];

	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(owns[i].line, " "),
			 owns[i].line);
		if (*word == '.')
			fn(ctx, word);
	}
}

static void own_help(struct dmv_app *a, const char *line)
{
	struct dmv_out *o = a->ses.out;

	dmv_out_begin(o, a->ses.target, line);
	dmv_out_table(o, &own_table);
	dmv_out_line(o, "Beside the commands that `help` lists:\n");
	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++)
		if (!dmv_out_row(o, &own_table, &owns[i]))
			break;
	dmv_out_line(o, "\nTab completes commands, options, addresses and files; control-C stops "
		     "what goes on.");
	dmv_out_end(o);
}

/* How a program ended, if it did not end well; ^C and a reader who has enough are well. */
static void say_end(const struct dmv_app *a, const char *program, int status)
{
	struct dmv_err e;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
		dmv_fail(&e, DMV_E_STOPPED, "stopped");
	else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
		dmv_fail(&e, DMV_E_SYSTEM, "`%s` was ended by signal %d, %s", program,
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status))
		dmv_fail(&e, DMV_E_SYSTEM, "`%s`: exit code %d", program, WEXITSTATUS(status));
	else
		return;
	complain(a, e.msg);
}

/* Programs and files that are made: what a batch run has given up. */
static bool may(struct dmv_app *a, const char *line)
{
	struct dmv_err e;

	if (!a->confined)
		return true;
	dmv_fail(&e, DMV_E_USAGE, "%s: without a prompt no program is started and no file is "
		 "written to: leave that to the shell, or say --no-sandbox", line);
	refuse(a, line, &e);
	return false;
}

static void shell(struct dmv_app *a, const char *line, const char *program)
{
	int status, out;

	if (!may(a, line))
		return;
	fflush(stdout);
	out = dmv_way_fd(a->way);
	status = dmv_way_shell(*program ? program : NULL, out < 0 ? STDERR_FILENO : out);
	if (status == -1)
		complain(a, strerror(errno));
	else if (*program)
		say_end(a, program, status);
}

/* ---- a line ---- */

/* `!ls` is the shell's in crash and gdb. */
static bool is_unknown_bang(const char *line)
{
	struct dmv_words w;
	struct dmv_err e;
	unsigned args;

	return *line == '!' && !dmv_line_split(line, &w, &e) && w.n &&
	       !dmv_line_command(&w, &args);
}

/* Its answer goes where a->way leads; e is what is to be said when that has ended. */
static int run_body(struct dmv_app *a, const char *line, struct dmv_err *e)
{
	const char *rest = behind(line, ".source");
	bool programs = a->way->kind == DMV_WAY_PIPE || a->way->kind == DMV_WAY_FILE;
	int code;

	*e = (struct dmv_err){ .addr = DMV_NO_ADDR };
	if (rest)
		return dmv_app_source(a, rest, e);
	dmv_out_color(a->ses.out, programs ? a->cli->color == DMV_COLOR_ALWAYS :
					     dmv_app_colored(a->cli));
	rest = behind(line, ".help");
	if (rest && (!*rest || *rest == '#')) {
		own_help(a, line);
		return 0;
	}
	a->ses.hints = a->hints && !a->source && !programs;
	code = dmv_run(&a->ses, line);
	dmv_bar_end(&a->bar);
	*e = a->ses.err;
	if (e->code == DMV_E_USAGE && is_unknown_bang(line))
		dmv_fail(e, e->code, "%s (programs of the shell: .shell)", a->ses.err.msg);
	return code;
}

static void say_lost(struct dmv_app *a, const struct dmv_way *w, int status)
{
	struct dmv_err e;

	if (w->lost && w->lost != EPIPE) {
		dmv_fail(&e, DMV_E_SYSTEM, "cannot write %s %s: %s",
			 w->kind == DMV_WAY_FILE ? "to" : "the answer to", w->to,
			 strerror(w->lost));
		complain(a, e.msg);
		a->worst = dmv_worse(a->worst, 4);
	}
	if (w->kind == DMV_WAY_PIPE)
		say_end(a, w->to, status);
}

/* false: there is no such pager, and nobody has seen the answer. */
static bool pager_was_there(struct dmv_app *a, const struct dmv_way *w, int status)
{
	if (!w->begun) {
		if (w->lost)
			output_gone(a, w->lost);
		return true;
	}
	return w->pid > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

/* The line with its answer on a way of its own; NULL: on the one that is. */
static void run_on(struct dmv_app *a, const char *line, struct dmv_way *w)
{
	struct dmv_way *outer = a->way;
	struct dmv_err e;
	bool stopped;
	int code, status = 0;

	if (w)
		a->way = w;
	code = run_body(a, line, &e);
	stopped = dmv_interrupted();
	if (w)
		status = dmv_way_end(w, !e.code);
	a->way = outer;
	a->bar.off = outer->begun && is_program(outer);
	if (w && w->kind == DMV_WAY_PAGER) {
		/* ^C there is the pager's */
		if (!stopped)
			dmv_interrupted_clear();
		a->no_pager = !pager_was_there(a, w, status);
		if (a->no_pager)
			code = run_body(a, line, &e);
	}
	if (e.code)
		complain(a, e.msg);
	if (w && w->kind != DMV_WAY_PAGER && !(e.code == DMV_E_STOPPED && !w->lost))
		say_lost(a, w, status);
	a->worst = dmv_worse(a->worst, code);
}

void dmv_app_command(struct dmv_app *a, const char *line)
{
	run_on(a, line, NULL);
}

static void run_plain(struct dmv_app *a, const char *line)
{
	const char *program = behind(line, ".source") ? NULL : pager(a);
	struct dmv_way w;

	if (!program) {
		run_on(a, line, NULL);
		return;
	}
	dmv_way_pager(&w, program, dmv_app_colored(a->cli));
	run_on(a, line, &w);
}

/* Opens where the tail leads; path is the caller's storage. */
static enum dmv_code open_tail(struct dmv_app *a, const struct dmv_tail *t, char *path,
			       size_t size, struct dmv_way *w, struct dmv_err *e)
{
	const struct dmv_cli *c = a->cli;
	bool append = t->kind == DMV_TAIL_APPEND;
	const char *const target[] = { c->target };
	const struct dmv_named symbols = { c->symbols, c->nsymbols, NULL };
	const struct dmv_named more = { c->more, c->nmore, &symbols };
	const struct dmv_named named = { target, 1, &more };

	if (t->kind == DMV_TAIL_PIPE) {
		if (!*t->rest)
			return dmv_fail(e, DMV_E_USAGE, "| needs a program to pass the answer to");
		dmv_way_pipe(w, t->rest, dmv_way_fd(a->way));
		return DMV_E_OK;
	}
	if (dmv_tail_file(t->rest, append ? ">>" : ">", path, size, e))
		return e->code;
	return dmv_way_file(w, path, append, &named, e);
}

void dmv_app_run(struct dmv_app *a, const char *line)
{
	char body[DMV_LINE], path[DMV_LINE];
	struct dmv_tail t;
	struct dmv_way w;
	struct dmv_err e;
	const char *program;

	line += strspn(line, BLANK);
	if (!a->source)
		a->unwind = false;
	program = behind(line, ".shell");
	if (program) {
		shell(a, line, program);
		return;
	}
	dmv_tail_find(line, &t);
	if (t.kind == DMV_TAIL_NONE) {
		run_plain(a, line);
		return;
	}
	if (!may(a, line))
		return;
	if (!t.head || t.head >= sizeof(body)) {
		dmv_fail(&e, DMV_E_USAGE, "%s in front of %s", t.head ? "too long a command" :
			 "no command", t.kind == DMV_TAIL_PIPE ? "|" : ">");
		refuse(a, line, &e);
		return;
	}
	snprintf(body, sizeof(body), "%.*s", (int)t.head, line);
	if (open_tail(a, &t, path, sizeof(path), &w, &e))
		refuse(a, line, &e);
	else
		run_on(a, body, &w);
}
