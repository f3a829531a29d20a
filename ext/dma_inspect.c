/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dma-inspect: command line, batch and REPL. Opens the one target it was given, passes lines to the
 * command table, and its characters to standard output or a pager. Words about itself go to stderr.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_READLINE
#include <readline/history.h>
#include <readline/readline.h>
#endif

#include "cmd.h"
#include "confine.h"
#include "paste.h"
#include "version.h"

enum { HISTORY = 1000 };

/* What a signal handler may touch; the session polls it. */
static bool interrupted;

#ifdef HAVE_READLINE
static struct dmv_ses *completing;      /* readline's callbacks carry no context */
#endif

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct line_item {
	bool file;              /* -f: a file of lines, else -c: a line */
	const char *text;
};

struct cli {
	const char *target;
	const char **more;              /* targets after the first: parts of a split set */
	size_t nmore;
	struct line_item *item;
	size_t nitem;
	const char **symbols;
	size_t nsymbols;
	const char *bugcheck;
	uint64_t base, region;
	bool have_base, json, scan, force, no_pager, zero_excluded, hold, no_sandbox;
	enum color color;
};

struct app {
	const struct cli *cli;
	struct dmv_ses ses;
	struct dmv_mem *mem;
	char *paste;            /* what was read from standard input as the target */
	int fd;                 /* where the output goes now: stdout or the pager */
	bool no_pager;          /* there is none */
	bool gone;              /* standard output was closed by its reader */
	int worst;              /* exit code so far */
};

/* ---- command line ---- */

enum { OPT_BASE = 256, OPT_REGION, OPT_SCAN, OPT_FORCE, OPT_BUGCHECK, OPT_COLOR, OPT_NO_PAGER,
       OPT_ZERO_EXCLUDED, OPT_HOLD, OPT_NO_SANDBOX };

static const struct argp_option options[] = {
	{ "command", 'c', "COMMAND", 0, "run COMMAND and exit; may be repeated", 0 },
	{ "file", 'f', "FILE", 0, "run the commands in FILE and exit; - is standard input", 0 },
	{ "json", 'j', NULL, 0, "JSON Lines, one document a command", 0 },
	{ "symbols", 's', "FILE", 0, "symbols of an image; may be repeated", 1 },
	{ "force", OPT_FORCE, NULL, 0, "use symbols whose build-id differs", 1 },
	{ "base", OPT_BASE, "ADDR", 0, "address of the first byte of a raw file", 1 },
	{ "zero-excluded", OPT_ZERO_EXCLUDED, NULL, 0,
	  "what the dump filter left out reads as zeros", 1 },
	{ "region", OPT_REGION, "ADDR", 0, "address of the verifier's region", 1 },
	{ "scan", OPT_SCAN, NULL, 0, "search a Linux kernel's memory for a region", 1 },
	{ "hold", OPT_HOLD, NULL, 0, "gdb: what is served stays stopped on exit", 1 },
	{ "bugcheck", OPT_BUGCHECK, "TEXT", 0, "decode a bugcheck, `E6 F 5 ...`; needs no target",
	  2 },
	{ "color", OPT_COLOR, "WHEN", 0, "auto, always or never", 3 },
	{ "no-sandbox", OPT_NO_SANDBOX, NULL, 0, "keep what reading a dump does not need", 3 },
	{ "no-pager", OPT_NO_PAGER, NULL, 0, "never start a pager", 3 },
	{ 0 }
};

static uint64_t number_or_die(struct argp_state *state, const char *option, const char *arg)
{
	uint64_t v = 0;

	if (!dmv_number(arg, &v))
		argp_error(state, "%s: \"%s\" is not a hexadecimal number", option, arg);
	return v;
}

static enum color color_or_die(struct argp_state *state, const char *arg)
{
	if (!strcmp(arg, "always"))
		return COLOR_ALWAYS;
	if (!strcmp(arg, "never"))
		return COLOR_NEVER;
	if (strcmp(arg, "auto"))
		argp_error(state, "--color: \"%s\" is none of auto, always, never", arg);
	return COLOR_AUTO;
}

static bool reads_input(const struct cli *c)
{
	for (size_t i = 0; i < c->nitem; i++)
		if (c->item[i].file && !strcmp(c->item[i].text, "-"))
			return true;
	return false;
}

/* The arrays are as long as the command line may make them. */
static error_t parse_opt(int key, char *arg, struct argp_state *state)
{
	struct cli *c = state->input;

	switch (key) {
	case 'c':
		c->item[c->nitem++] = (struct line_item){ false, arg };
		break;
	case 'f':
		c->item[c->nitem++] = (struct line_item){ true, arg };
		break;
	case 'j':
		c->json = true;
		break;
	case 's':
		c->symbols[c->nsymbols++] = arg;
		break;
	case OPT_BASE:
		c->base = number_or_die(state, "--base", arg);
		c->have_base = true;
		break;
	case OPT_REGION:
		c->region = number_or_die(state, "--region", arg);
		break;
	case OPT_SCAN:
		c->scan = true;
		break;
	case OPT_FORCE:
		c->force = true;
		break;
	case OPT_BUGCHECK:
		c->bugcheck = arg;
		break;
	case OPT_COLOR:
		c->color = color_or_die(state, arg);
		break;
	case OPT_ZERO_EXCLUDED:
		c->zero_excluded = true;
		break;
	case OPT_HOLD:
		c->hold = true;
		break;
	case OPT_NO_SANDBOX:
		c->no_sandbox = true;
		break;
	case OPT_NO_PAGER:
		c->no_pager = true;
		break;
	case ARGP_KEY_ARG:
		if (c->target)
			c->more[c->nmore++] = arg;
		else
			c->target = arg;
		break;
	case ARGP_KEY_END:
		if (!c->target && !c->bugcheck)
			argp_error(state, "no target");
		if (c->target && !strcmp(c->target, "-") && (reads_input(c) || c->nmore))
			argp_error(state, "standard input is the target, and the only one: %s",
				   c->nmore ? c->more[0] : "-f - cannot read it");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_version(FILE *f, struct argp_state *state)
{
	(void)state;
	fprintf(f, "dma-inspect %s\n", DMV_INSPECT_VERSION);
}

static const struct argp parser = {
	.options = options,
	.parser = parse_opt,
	.args_doc = "TARGET...",
	.doc = "What a dump or a process holds about DMA: adapters, mappings, leaks, and what "
	       "stopped it."
	       "\vTARGET is a process core, a vmcore, a raw file (with --base), pid:N, kcore, "
	       "gdb:HOST:PORT, or -, a text with bugchecks on standard input; several are the "
	       "parts of one split kdump. "
	       "Without -c and -f: a prompt, or a summary where there is no terminal.\n\n"
	       "Exit code: 0 fine, 1 findings, 2 usage, 3 target cannot be opened or holds nothing "
	       "about DMA, 4 bytes that were needed are damaged or missing, or it was stopped.",
};

/* ---- output ---- */

static bool sink(void *ctx, const char *buf, size_t n)
{
	struct app *a = ctx;

	while (n) {
		ssize_t w = write(a->fd, buf, n);

		if (w < 0 && errno == EINTR) {
			if (*(volatile bool *)&interrupted)
				return false;
			continue;
		}
		if (w <= 0) {
			a->gone |= a->fd == STDOUT_FILENO;
			return false;
		}
		buf += w;
		n -= (size_t)w;
	}
	return true;
}

static bool colored(const struct cli *c)
{
	const char *no = getenv("NO_COLOR");

	if (c->color != COLOR_AUTO)
		return c->color == COLOR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && *no);
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

static void complain(const char *fmt, const char *what)
{
	fflush(stdout);
	fprintf(stderr, fmt, what);
}

static void run(struct app *a, const char *line, bool page)
{
	pid_t pager = -1;
	bool seen = true;
	int code;

	*(volatile bool *)&interrupted = false;
	if (page && !a->no_pager)
		pager = pager_start(&a->fd);
	code = dmv_run(&a->ses, line);
	if (pager > 0) {
		seen = pager_end(pager, a->fd);
		a->fd = STDOUT_FILENO;
	}
	if (!seen) {
		a->no_pager = true;
		code = dmv_run(&a->ses, line);
	}
	if (a->ses.err.code)
		complain("dma-inspect: %s\n", a->ses.err.msg);
	a->worst = dmv_worse(a->worst, code);
}

static bool over(struct app *a)
{
	return a->gone || *(volatile bool *)&interrupted;
}

static bool is_quit(const char *line)
{
	static const char *const words[] = { "q", ".quit", "quit", "exit", ".exit" };
	size_t at = strspn(line, " \t"), n = strcspn(line + at, " \t\r\n");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && !strncmp(line + at, words[i], n))
			return true;
	return false;
}

static void run_stream(struct app *a, FILE *f)
{
	char *line = NULL;
	size_t size = 0;

	while (!over(a) && getline(&line, &size, f) > 0 && !is_quit(line))
		run(a, line, false);
	free(line);
}

static void run_file(struct app *a, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;

	if (!f) {
		fprintf(stderr, "dma-inspect: %s: %s\n", path, strerror(errno));
		a->worst = dmv_worse(a->worst, 2);
		return;
	}
	run_stream(a, f);
	if (f != stdin)
		fclose(f);
}

static void batch(struct app *a)
{
	for (size_t i = 0; i < a->cli->nitem && !over(a); i++) {
		if (i && !a->cli->json)
			sink(a, "\n", 1);
		if (a->cli->item[i].file)
			run_file(a, a->cli->item[i].text);
		else
			run(a, a->cli->item[i].text, false);
	}
}

/* ---- prompt ---- */

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

#ifdef HAVE_READLINE

struct matches {
	char **word;
	size_t n, room;
};

static void match(void *ctx, const char *word)
{
	struct matches *m = ctx;

	if (m->n == m->room) {
		size_t more = m->room ? m->room * 2 : 16;
		char **p = realloc(m->word, more * sizeof(*p));

		if (!p)
			return;
		m->word = p;
		m->room = more;
	}
	m->word[m->n] = strdup(word);
	m->n += m->word[m->n] != NULL;
}

/* Called with state 0 for the first word of a set; what it returns readline frees. */
static char *next_match(const char *text, int state)
{
	static struct matches m;
	static size_t at;

	if (!state) {
		free(m.word);
		m = (struct matches){ 0 };
		at = 0;
		dmv_complete(completing, rl_line_buffer, (size_t)rl_point - strlen(text), text,
			     match, &m);
	}
	return at < m.n ? m.word[at++] : NULL;
}

static char **complete(const char *text, int start, int end)
{
	(void)start;
	(void)end;
	rl_attempted_completion_over = 1;
	return rl_completion_matches(text, next_match);
}

static int cancel_line(void)
{
	if (!*(volatile bool *)&interrupted)
		return 0;
	*(volatile bool *)&interrupted = false;
	rl_crlf();
	rl_on_new_line();
	rl_replace_line("", 0);
	rl_redisplay();
	return 0;
}

/* $XDG_STATE_HOME/dma-inspect/history; the folder is made. NULL: there is no place for one. */
static char *history_path(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *dir = NULL, *path = NULL;

	if (state && *state == '/') {
		if (asprintf(&dir, "%s/dma-inspect", state) < 0)
			return NULL;
	} else if (!home || asprintf(&dir, "%s/.local/state/dma-inspect", home) < 0) {
		return NULL;
	}
	for (char *p = dir + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		mkdir(dir, 0700);
		*p = '/';
	}
	mkdir(dir, 0700);
	if (asprintf(&path, "%s/history", dir) < 0)
		path = NULL;
	free(dir);
	return path;
}

static char *history_load(void)
{
	char *path = history_path();
	int fd;

	using_history();
	stifle_history(HISTORY);
	if (!path)
		return NULL;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0) {
		fchmod(fd, 0600);
		close(fd);
		read_history(path);
	}
	return path;
}

static void history_save(char *path)
{
	mode_t old = umask(077);

	if (path && !write_history(path))
		chmod(path, 0600);
	umask(old);
	free(path);
}

static void prompt(struct app *a)
{
	bool page = !a->cli->no_pager && isatty(STDOUT_FILENO);
	char *path = history_load();
	char *line;

	completing = &a->ses;
	rl_readline_name = "dma-inspect";
	rl_basic_word_break_characters = " \t\n";
	rl_attempted_completion_function = complete;
	rl_catch_signals = 0;
	rl_signal_event_hook = cancel_line;
	while (!a->gone) {
		*(volatile bool *)&interrupted = false;
		line = readline("dma> ");
		if (!line || is_quit(line)) {
			if (!line)
				putchar('\n');
			free(line);
			break;
		}
		if (line[strspn(line, " \t")])
			add_history(line);
		run(a, line, page);
		free(line);
	}
	history_save(path);
}

#else

static void prompt(struct app *a)
{
	bool page = !a->cli->no_pager && isatty(STDOUT_FILENO);
	char *line = NULL;
	size_t size = 0;

	while (!a->gone) {
		fputs("dma> ", stdout);
		fflush(stdout);
		*(volatile bool *)&interrupted = false;
		if (getline(&line, &size, stdin) < 0) {
			if (!feof(stdin) && errno == EINTR) {
				clearerr(stdin);
				putchar('\n');
				continue;
			}
			break;
		}
		if (is_quit(line))
			break;
		run(a, line, page);
	}
	free(line);
}

#endif

/* ---- start and end ---- */

/* Standard input as the target: text, and not more of it than a paste has. */
static int read_paste(struct app *a)
{
	size_t n = 0, room = DMV_PASTE_BYTES + 1;
	ssize_t got;

	a->paste = malloc(room);
	if (!a->paste) {
		complain("dma-inspect: %s\n", "not enough memory for the text");
		return 4;
	}
	while (n < room) {
		got = read(STDIN_FILENO, a->paste + n, room - n);
		if (got < 0 && errno == EINTR && !*(volatile bool *)&interrupted)
			continue;
		if (got < 0) {
			complain("dma-inspect: standard input: %s\n", strerror(errno));
			return 3;
		}
		if (!got)
			break;
		n += (size_t)got;
	}
	if (n == room) {
		complain("dma-inspect: standard input: %s\n", "more than 1 MiB of text: cut out "
			 "the lines around the bugcheck, and give a dump by its name");
		return 3;
	}
	a->ses.paste = a->paste;
	a->ses.npaste = n;
	return 0;
}

static int open_target(struct app *a)
{
	const struct cli *c = a->cli;
	struct dmv_mem_opts o = { .have_base = c->have_base, .base = c->base, .more = c->more,
				  .nmore = c->nmore, .zero_excluded = c->zero_excluded,
				  .hold = c->hold, .stop = &interrupted };
	struct dmv_err e = { .addr = DMV_NO_ADDR };

	if (dmv_names_new(&a->ses.names, &e)) {
		complain("dma-inspect: %s\n", e.msg);
		return 4;
	}
	if (c->target && !strcmp(c->target, "-"))
		return read_paste(a);
	if (c->target && dmv_mem_open(c->target, &o, &a->mem, &e)) {
		complain("dma-inspect: %s\n", e.msg);
		return 3;
	}
	a->ses.mem = a->mem;
	if (a->mem && dmv_names_set_target(a->ses.names, a->mem, &e)) {
		complain("dma-inspect: %s\n", e.msg);
		return 4;
	}
	/* Files about a kernel are held against the one in the target. */
	for (size_t i = 0; i < c->nsymbols; i++) {
		if (dmv_names_add_file(a->ses.names, c->symbols[i], DMV_NO_ADDR, c->force, &e)) {
			complain("dma-inspect: %s\n", e.msg);
			return 2;
		}
	}
	return 0;
}

/* ---- the sandbox ---- */

/* A prompt needs its pager and its history. */
static bool is_batch(const struct cli *c)
{
	return c->nitem || c->bugcheck || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
}

static bool is_kind(const struct cli *c, const char *prefix)
{
	return c->target && !strncmp(c->target, prefix, strlen(prefix));
}

/* Before the target is opened, where most of a hostile file is read; but a connection must have
 * been made. */
static void close_first_wall(const struct cli *c, struct dmv_confine *f)
{
	struct dmv_sandbox_state st;

	f->box.process = is_kind(c, "pid:");
	for (size_t i = 0; i < c->nitem; i++)
		if (c->item[i].file)
			dmv_confine_lines(f, c->item[i].text);
		else
			dmv_confine_line(f, c->item[i].text);
	dmv_sandbox_enter(&f->box, &st);
	f->closed = st.calls || st.files;
}

/* Once the target is open, and it is known which files it may lead to. */
static void close_second_wall(const struct app *a, struct dmv_confine *f)
{
	static const char *const always[] = { "/usr/lib/debug", "/usr/lib/locale",
					      "/usr/share/locale", "/proc/self" };
	const struct cli *c = a->cli;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		dmv_confine_read(f, always[i]);
	for (size_t i = 0; i < c->nsymbols; i++)
		dmv_confine_read(f, c->symbols[i]);
	for (size_t i = 0; i < c->nmore; i++)
		dmv_confine_read(f, c->more[i]);
	if (c->target)
		dmv_confine_read(f, c->target);
	if (a->mem)
		dmv_confine_target(f, a->mem, c->target);
	dmv_sandbox_read_only(&f->box, (const char *const *)f->read, f->nread);
}

static int open_confined(struct app *a)
{
	struct dmv_confine f = { 0 };
	const struct cli *c = a->cli;
	bool wanted = is_batch(c) && !c->no_sandbox;
	int code;

	if (wanted && !is_kind(c, "gdb:"))
		close_first_wall(c, &f);
	code = open_target(a);
	if (wanted && is_kind(c, "gdb:") && !code)
		close_first_wall(c, &f);
	if (f.closed && !code)
		close_second_wall(a, &f);
	dmv_confine_free(&f);
	return code;
}

static void close_target(struct app *a)
{
	dmv_facts_free(&a->ses.facts);
	dmv_names_free(a->ses.names);
	dmv_mem_close(a->mem);
	dmv_out_free(a->ses.out);
	free(a->paste);
}

/* A paste is no line of ours: quotes and # mean nothing in it. */
static void run_text(struct app *a, const char *text)
{
	const char *paste = a->ses.paste;
	size_t n = a->ses.npaste;

	a->ses.paste = text;
	a->ses.npaste = strlen(text);
	run(a, "bugcheck", false);
	a->ses.paste = paste;
	a->ses.npaste = n;
}

static void work(struct app *a)
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
		run(a, "bugcheck", false);
		return;
	}
	run(a, "summary", false);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	/* what is wrong with the target was said; the prompt is a new start */
	if (a->worst != 3)
		a->worst = 0;
	prompt(a);
}

int main(int argc, char **argv)
{
	struct cli c = { .region = DMV_NO_ADDR };
	struct app a = { .cli = &c, .fd = STDOUT_FILENO };
	int code;

	argp_program_version_hook = print_version;
	argp_err_exit_status = 2;
	c.item = calloc((size_t)argc + 1, sizeof(*c.item));
	c.symbols = calloc((size_t)argc + 1, sizeof(*c.symbols));
	c.more = calloc((size_t)argc + 1, sizeof(*c.more));
	if (!c.item || !c.symbols || !c.more)
		return 4;
	if (argp_parse(&parser, argc, argv, 0, NULL, &c))
		return 2;
	catch_signals();
	a.ses.out = dmv_out_new(c.json ? DMV_JSON : DMV_TEXT, sink, &a);
	if (!a.ses.out)
		return 4;
	dmv_out_color(a.ses.out, colored(&c));
	a.ses.target = c.target;
	a.ses.stop = &interrupted;
	a.ses.opts = (struct dmv_facts_opts){ .region = c.region, .scan = c.scan };
	code = open_confined(&a);
	if (!code) {
		work(&a);
		code = a.worst;
	}
	close_target(&a);
	free(c.item);
	free(c.symbols);
	free(c.more);
	return code;
}
