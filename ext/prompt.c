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

static void history_save(char *path)
{
	mode_t old = umask(077);

	if (path && !write_history(path))
		chmod(path, 0600);
	umask(old);
	free(path);
}

void dmv_prompt(struct dmv_app *a)
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
		dmv_interrupted_clear();
		line = readline("dma> ");
		if (!line || dmv_is_quit(line)) {
			if (!line)
				putchar('\n');
			free(line);
			break;
		}
		if (line[strspn(line, " \t")])
			add_history(line);
		dmv_app_run(a, line, page);
		free(line);
	}
	history_save(path);
}

#else

void dmv_prompt(struct dmv_app *a)
{
	bool page = !a->cli->no_pager && isatty(STDOUT_FILENO);
	char *line = NULL;
	size_t size = 0;

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
		dmv_app_run(a, line, page);
	}
	free(line);
}

#endif
