/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The prompt: lines from a terminal with completion and history; without readline, plain ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect.h"
#include "tail.h"

bool dmv_is_quit(const char *line)
{
	static const char *const words[] = { "q", ".quit", "quit", "exit", ".exit" };
	size_t at = strspn(line, " \t"), n = strcspn(line + at, " \t\r\n");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == n && !strncmp(line + at, words[i], n))
			return true;
	return false;
}

#ifdef HAVE_READLINE

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY = 1000 };

static struct dmv_ses *completing;      /* readline's callbacks carry no context */

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

struct own {
	struct matches *m;
	const char *prefix;
};

static void match_own(void *ctx, const char *word)
{
	struct own *o = ctx;

	if (!strncmp(word, o->prefix, strlen(o->prefix)))
		match(o->m, word);
}

/* Called with state 0 for the first word of a set; what it returns readline frees. */
static char *next_match(const char *text, int state)
{
	static struct matches m;
	static size_t at;
	size_t start = (size_t)rl_point - strlen(text);

	if (!state) {
		free(m.word);
		m = (struct matches){ 0 };
		at = 0;
		dmv_complete(completing, rl_line_buffer, start, text, match, &m);
		if (*text == '.' && strspn(rl_line_buffer, " \t") >= start)
			dmv_app_words(match_own, &(struct own){ &m, text });
	}
	return at < m.n ? m.word[at++] : NULL;
}

static bool is_end(char c)
{
	return c == ' ' || c == '\t';
}

enum expected { EXPECT_WORD, EXPECT_FILE, EXPECT_NOTHING };

/* What the line so far makes of the word behind it. */
static enum expected expected(const char *line, const char *word)
{
	struct dmv_tail t;
	size_t n = strspn(line, " \t");

	dmv_tail_find(line, &t);
	if (t.kind == DMV_TAIL_PIPE)
		return EXPECT_NOTHING;
	if (t.kind != DMV_TAIL_NONE)
		return *t.rest ? EXPECT_NOTHING : EXPECT_FILE;
	if (!strncmp(line + n, ".source", 7) && is_end(line[n + 7]))
		return line[n + 7 + strspn(line + n + 7, " \t")] ? EXPECT_NOTHING : EXPECT_FILE;
	if (!strncmp(line + n, ".shell", 6) && is_end(line[n + 6]))
		return EXPECT_FILE;
	return *word != '-' && dmv_wants_file(line) ? EXPECT_FILE : EXPECT_WORD;
}

/* Names with blanks are given the double quotes that our lines know. */
static char **complete_file(const char *text)
{
	rl_filename_completion_desired = 1;
	rl_filename_quoting_desired = 1;
	return rl_completion_matches(text, rl_filename_completion_function);
}

static char **complete(const char *text, int start, int end)
{
	/* the double quote that a name begins with is not in its text */
	bool quoted = start && rl_line_buffer[start - 1] == '"';
	char *line = strndup(rl_line_buffer, (size_t)(start - quoted));
	enum expected what = line ? expected(line, text) : EXPECT_NOTHING;

	(void)end;
	free(line);
	rl_attempted_completion_over = 1;
	if (what == EXPECT_FILE)
		return complete_file(text);
	return what == EXPECT_WORD ? rl_completion_matches(text, next_match) : NULL;
}

static int cancel_line(void)
{
	if (!dmv_interrupted())
		return 0;
	dmv_interrupted_clear();
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

static void history_end(char *path)
{
	mode_t old = umask(077);

	if (path && !history_truncate_file(path, HISTORY))
		chmod(path, 0600);
	umask(old);
	free(path);
}

/* At once, behind what other prompts have put there: this one may be killed. What was typed just
 * before is not kept twice. */
static void remember(const char *line, const char *path)
{
	const HIST_ENTRY *last = history_get(history_base + history_length - 1);

	if (!line[strspn(line, " \t")] || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (path)
		append_history(1, path);
}

void dmv_prompt(struct dmv_app *a)
{
	char *path = history_load();
	char *line;

	completing = &a->ses;
	a->prompting = true;
	rl_readline_name = "dma-inspect";
	rl_basic_word_break_characters = " \t\n|>";
	rl_completer_quote_characters = "\"";
	rl_filename_quote_characters = " \t|>#";
	rl_attempted_completion_function = complete;
	rl_catch_signals = 0;
	rl_signal_event_hook = cancel_line;
	while (!a->gone) {
		dmv_interrupted_clear();
		line = readline("dma> ");
		if (!line || dmv_is_quit(line)) {
			if (!line)
				putchar('\n');
			free(line);
			break;
		}
		remember(line, path);
		dmv_app_run(a, line);
		free(line);
	}
	history_end(path);
}

#else

void dmv_prompt(struct dmv_app *a)
{
	char *line = NULL;
	size_t size = 0;

	a->prompting = true;
	while (!a->gone) {
		fputs("dma> ", stdout);
		fflush(stdout);
		dmv_interrupted_clear();
		if (getline(&line, &size, stdin) < 0) {
			if (!feof(stdin) && errno == EINTR) {
				clearerr(stdin);
				putchar('\n');
				continue;
			}
			break;
		}
		if (dmv_is_quit(line))
			break;
		line[strcspn(line, "\n")] = 0;
		dmv_app_run(a, line);
	}
	free(line);
}

#endif
