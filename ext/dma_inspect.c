/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-inspect: runs the lines it was given, or those typed at its prompt, and passes the characters
 * of the answers to standard output or a pager. Words about itself go to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

/* ---- output ---- */

static bool sink(void *ctx, const char *buf, size_t n)
{
	struct dmv_app *a = ctx;

	dmv_bar_end(&a->bar);
	while (n) {
		ssize_t w = write(a->fd, buf, n);

		if (w < 0 && errno == EINTR) {
			if (dmv_interrupted())
				return false;
			continue;
		}
		if (w <= 0) {
			a->gone |= a->fd == STDOUT_FILENO;
			a->lost = a->gone && errno != EPIPE ? errno : 0;
			return false;
		}
		buf += w;
		n -= (size_t)w;
	}
	return true;
}

static bool colored(const struct dmv_cli *c)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (c->color != DMV_COLOR_AUTO)
		return c->color == DMV_COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && *no) && term && *term && strcmp(term, "dumb");
}

/* A pager for one command; -1: none. Its standard input takes the answer. */
static pid_t pager_start(int *fd)
{
	const char *prog = getenv("DMA_PAGER");
	int p[2];
	pid_t pid;

	if (!prog || !*prog)
		prog = getenv("PAGER");
	if (!prog || !*prog)
		prog = "less";
	if (!strcmp(prog, "cat") || pipe2(p, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid) {
		close(p[0]);
		if (pid < 0)
			close(p[1]);
		else
			*fd = p[1];
		return pid;
	}
	dup2(p[0], STDIN_FILENO);
	setenv("LESS", "FRX", 0);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", prog, (char *)NULL);
	_exit(127);
}

/* false: there is no such program, and nobody has seen the answer. */
static bool pager_end(pid_t pid, int fd)
{
	int status = 0;

	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !WIFEXITED(status) || WEXITSTATUS(status) != 127;
}

/* ---- lines ---- */

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

void dmv_app_run(struct dmv_app *a, const char *line, bool page)
{
	pid_t pager = -1;
	bool seen = true;
	int code;

	dmv_interrupted_clear();
	if (page && !a->no_pager)
		pager = pager_start(&a->fd);
	code = dmv_run(&a->ses, line);
	dmv_bar_end(&a->bar);
	if (pager > 0) {
		seen = pager_end(pager, a->fd);
		a->fd = STDOUT_FILENO;
	}
	if (!seen) {
		a->no_pager = true;
		code = dmv_run(&a->ses, line);
	}
	if (a->ses.err.code)
		dmv_complain("%s", a->ses.err.msg);
	a->worst = dmv_worse(a->worst, code);
}

static bool over(struct dmv_app *a)
{
	return a->gone || dmv_interrupted();
}

static void run_stream(struct dmv_app *a, FILE *f)
{
	char *line = NULL;
	size_t size = 0;

	while (!over(a) && getline(&line, &size, f) > 0 && !dmv_is_quit(line))
		dmv_app_run(a, line, false);
	free(line);
}

static void run_file(struct dmv_app *a, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	bool bad = !f;

	if (f) {
		errno = 0;
		run_stream(a, f);
		bad = ferror(f) && !over(a);
	}
	if (bad) {
		dmv_complain("cannot read commands from %s: %s", path, strerror(errno));
		a->worst = dmv_worse(a->worst, 2);
	}
	if (f && f != stdin)
		fclose(f);
}

static void batch(struct dmv_app *a)
{
	for (size_t i = 0; i < a->cli->nitem && !over(a); i++) {
		if (i && !a->cli->json)
			sink(a, "\n", 1);
		if (a->cli->item[i].file)
			run_file(a, a->cli->item[i].text);
		else
			dmv_app_run(a, a->cli->item[i].text, false);
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
	dmv_app_run(a, "bugcheck", false);
	a->ses.paste = paste;
	a->ses.npaste = n;
}

static void work(struct dmv_app *a)
{
	if (a->cli->bugcheck)
		run_text(a, a->cli->bugcheck);
	if (a->cli->nitem) {
		batch(a);
		return;
	}
	if (!a->cli->target)
		return;
	if (a->ses.paste) {
		dmv_app_run(a, "bugcheck", false);
		return;
	}
	dmv_app_run(a, "summary", false);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	/* what is wrong with the target was said; the prompt is a new start */
	if (a->worst != 3)
		a->worst = 0;
	fputs("\n`help` lists the commands, `q` leaves.\n", stderr);
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

	a->ses.out = dmv_out_new(c->json ? DMV_JSON : DMV_TEXT, sink, a);
	if (!a->ses.out) {
		dmv_complain("not enough memory for answers");
		return 4;
	}
	dmv_out_color(a->ses.out, colored(c));
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
	struct dmv_app a = { .cli = &c, .fd = STDOUT_FILENO };
	int code;

	keep_standard_files();
	code = dmv_cli_parse(&c, argc, argv);
	if (!code) {
		catch_signals();
		code = inspect(&a);
		dmv_target_close(&a);
	}
	dmv_cli_free(&c);
	return code;
}
