/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-inspect: runs the lines it was given, or those typed at its prompt. Words about itself go to
 * stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inspect.h"

/* What a signal handler may touch; the session polls it. */
static bool interrupted;

bool dmv_interrupted(void)
{
	return *(volatile bool *)&interrupted;
}

void dmv_interrupted_clear(void)
{
	*(volatile bool *)&interrupted = false;
}

static void on_interrupt(int sig)
{
	(void)sig;
	*(volatile bool *)&interrupted = true;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	sigaction(SIGINT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* ---- words and lines ---- */

/* Names of files, and what a dump calls itself, are hostile here as they are in an answer. */
void dmv_complain(const char *fmt, ...)
{
	char text[1024], safe[4 * sizeof(text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fflush(stdout);
	fprintf(stderr, "dma-inspect: %s\n", dmv_escape(text, safe, sizeof(safe)));
}

static void batch(struct dmv_app *a)
{
	for (size_t i = 0; i < a->cli->nitem && !dmv_app_over(a); i++) {
		if (i && !a->cli->json)
			dmv_app_sink(a, "\n", 1);
		if (a->cli->item[i].file)
			dmv_app_file(a, a->cli->item[i].text);
		else
			dmv_app_run(a, a->cli->item[i].text);
	}
}

/* ---- start and end ---- */

/*
 * Where the caller closed standard input or output, the first file that is opened would take its
 * place, and an answer be written into it. What stands there now fails whoever uses it.
 */
static void keep_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* A paste is no line of ours: quotes and # mean nothing in it. */
static void run_text(struct dmv_app *a, const char *text)
{
	const char *paste = a->ses.paste;
	size_t n = a->ses.npaste;

	a->ses.paste = text;
	a->ses.npaste = strlen(text);
	dmv_app_command(a, "bugcheck");
	a->ses.paste = paste;
	a->ses.npaste = n;
}

static void work(struct dmv_app *a)
{
	bool typed;

	if (a->cli->bugcheck)
		run_text(a, a->cli->bugcheck);
	if (a->cli->nitem) {
		batch(a);
		return;
	}
	if (!a->cli->target)
		return;
	if (a->ses.paste) {
		dmv_app_command(a, "bugcheck");
		return;
	}
	typed = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	a->hints = typed && !a->cli->no_hints;
	dmv_app_command(a, "summary");
	if (!typed)
		return;
	/* what is wrong with the target was said; the prompt is a new start */
	if (a->worst != 3)
		a->worst = 0;
	fputs("\n`help` lists the commands, `.help` what else can be typed, `q` leaves.\n",
	      stderr);
	dmv_prompt(a);
}

/* Nothing was opened, so no command will answer: a script gets a document all the same. */
static void refuse(struct dmv_app *a, const char *why)
{
	if (a->cli->json) {
		dmv_out_begin(a->ses.out, a->cli->target, NULL);
		dmv_out_error(a->ses.out, why);
		dmv_out_end(a->ses.out);
	}
	dmv_complain("%s", why);
}

static int inspect(struct dmv_app *a)
{
	const struct dmv_cli *c = a->cli;
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	int code;

	a->ses.out = dmv_out_new(c->json ? DMV_JSON : DMV_TEXT, dmv_app_sink, a);
	if (!a->ses.out) {
		dmv_complain("not enough memory for answers");
		return 4;
	}
	dmv_out_color(a->ses.out, dmv_app_colored(c));
	a->progress = (struct dmv_progress){ dmv_bar_step, &a->bar };
	a->ses.target = c->target;
	a->ses.stop = &interrupted;
	a->ses.opts = (struct dmv_facts_opts){ .region = c->region, .scan = c->scan };
	code = dmv_target_open(a, &e);
	if (code) {
		refuse(a, e.msg);
		return code;
	}
	if (a->mem && isatty(STDERR_FILENO))
		a->mem->progress = &a->progress;
	work(a);
	/* a reader who left has what he wanted; a full disk has lost it */
	if (!a->lost)
		return a->worst;
	dmv_complain("cannot write the answer: %s", strerror(a->lost));
	return dmv_worse(a->worst, 4);
}

int main(int argc, char **argv)
{
	struct dmv_cli c;
	struct dmv_way out;
	struct dmv_app a = { .cli = &c, .way = &out };
	int code;

	keep_standard_files();
	dmv_way_out(&out);
	code = dmv_cli_parse(&c, argc, argv);
	if (!code) {
		catch_signals();
		code = inspect(&a);
		dmv_target_close(&a);
	}
	dmv_cli_free(&c);
	return code;
}
