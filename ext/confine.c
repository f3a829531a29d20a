/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What of the file system a batch run needs: paths from the command line and the target, and the
 * directories in which `save` makes its files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "confine.h"
#include "inspect.h"
#include "tail.h"

/* Images beyond these are not opened by name; a hostile list costs a system call each. */
enum { MAPPED_MAX = 4096 };
/* A file of lines that names itself ten times is read no oftener than this. */
enum { SOURCES_MAX = 256 };

static void add(char ***v, size_t *n, const char *text, size_t len)
{
	char **p = realloc(*v, (*n + 1) * sizeof(*p));

	if (!p)
		return;
	*v = p;
	p[*n] = strndup(text, len);
	*n += p[*n] != NULL;
}

void dmv_confine_read(struct dmv_confine *c, const char *path)
{
	add(&c->read, &c->nread, path, strlen(path));
}

/* The directory of a path, or ".". */
static size_t directory(const char **path)
{
	const char *slash = strrchr(*path, '/');

	if (!slash)
		*path = ".";
	return slash == *path || !slash ? 1 : (size_t)(slash - *path);
}

static const char *skip_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(line, word, n) && strchr(" \t\n", line[n]) ?
		       line + n + strspn(line + n, " \t") : line;
}

/* A line that runs those of another file; false: it is none. */
static bool source(struct dmv_confine *c, const char *line)
{
	const char *rest = skip_word(line, ".source");
	char path[DMV_LINE];
	struct dmv_err e;

	if (rest == line)
		return false;
	if (c->depth < DMV_NESTED && c->nread < SOURCES_MAX &&
	    !dmv_tail_file(rest, ".source", path, sizeof(path), &e)) {
		c->depth++;
		dmv_confine_lines(c, path);
		c->depth--;
	}
	return true;
}

/* `save FILE` is the one command that writes. */
void dmv_confine_line(struct dmv_confine *c, const char *line)
{
	const char *p = line + strspn(line, " \t"), *path, *file;
	char name[4096];
	size_t n;

	if (source(c, p))
		return;
	p = skip_word(skip_word(p, "!dma"), "dma");
	if (*p == '!')
		p++;
	path = skip_word(p, "save");
	while (path != p && *path == '-') {     /* options */
		path += strcspn(path, " \t\n");
		path += strspn(path, " \t");
	}
	if (path == p || !*path)
		return;
	if (*path == '"')
		path++;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, "\"\n"), path);
	file = name;
	n = directory(&file);
	add(&c->write, &c->box.nwrite, file, n);
	c->box.write = (const char *const *)c->write;
}

void dmv_confine_lines(struct dmv_confine *c, const char *path)
{
	struct stat st;
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	dmv_confine_read(c, path);
	/* standard input is a file if it was redirected from one */
	if (!strcmp(path, "-"))
		path = "/dev/stdin";
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return;
	f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0)
		dmv_confine_line(c, line);
	free(line);
	if (f)
		fclose(f);
}

/* A path out of the target: a hostile one would name "/". */
static void read_file(struct dmv_confine *c, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISREG(st.st_mode))
		dmv_confine_read(c, path);
}

void dmv_confine_target(struct dmv_confine *c, const struct dmv_mem *m, const char *target)
{
	const char *base = m->executable ? strrchr(m->executable, '/') : NULL, *dir = target;
	size_t n = directory(&dir);
	char beside[8192];

	if (m->executable) {
		read_file(c, m->executable);
		snprintf(beside, sizeof(beside), "%.*s/%s", (int)n, dir,
			 base ? base + 1 : m->executable);
		read_file(c, beside);
	}
	for (size_t i = 0; i < m->nmapped && i < MAPPED_MAX; i++)
		if (m->mapped[i].path && !m->mapped[i].offset)
			read_file(c, m->mapped[i].path);
}

void dmv_confine_free(struct dmv_confine *c)
{
	for (size_t i = 0; i < c->nread; i++)
		free(c->read[i]);
	for (size_t i = 0; i < c->box.nwrite; i++)
		free(c->write[i]);
	free(c->read);
	free(c->write);
}
