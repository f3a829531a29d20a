/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Settings that hold for programs that start later: a text file, replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dma_verifier.h"

#define HEAD "# Settings of dma-verifier(8), read when a program with the DMA verifier starts.\n"

static const char *file_name(const struct command *c)
{
	const char *env = getenv(SETTINGS_ENV);

	if (c->set[OPT_FILE])
		return c->value[OPT_FILE];
	return env && *env ? env : SETTINGS_FILE;
}

/* Its text, or NULL; *absent: there is none. */
static char *file_read(const char *name, bool *absent)
{
	FILE *f = fopen(name, "re");
	char *text = f ? malloc(SETTINGS_TEXT + 1) : NULL;
	size_t n;

	*absent = !f && errno == ENOENT;
	if (!text) {
		if (!*absent)
			complain("%s: %s", name, strerror(errno));
		if (f)
			fclose(f);
		return NULL;
	}
	n = fread(text, 1, SETTINGS_TEXT, f);
	text[n] = 0;
	if (ferror(f) || fgetc(f) != EOF || strlen(text) != n) {
		complain("%s: %s", name, ferror(f) ? strerror(errno) : "no file of settings");
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

/* The old file stays until the new one is whole on the disk. */
static bool file_write(const char *name, const char *text)
{
	char temporary[4096];
	bool ok;
	int fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", name) >= sizeof(temporary))
		return complain("%s: too long a name", name);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return complain("%s: %s%s", name, strerror(errno), errno == EACCES ?
				": run as root, or name another file: --file FILE" : "");
	ok = write(fd, HEAD, sizeof(HEAD) - 1) == (ssize_t)sizeof(HEAD) - 1 &&
	     write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !fchmod(fd, 0644) &&
	     !fsync(fd);
	ok = !close(fd) && ok && !rename(temporary, name);
	if (ok)
		return true;
	complain("%s: %s", name, strerror(errno));
	unlink(temporary);
	return false;
}

static bool load(const char *name, struct settings *s, bool *absent)
{
	struct settings_error e;
	char *text = file_read(name, absent);
	bool ok;

	settings_init(s);
	if (!text)
		return *absent;
	ok = settings_parse(s, text, &e);
	free(text);
	return ok || complain("%s:%u: %s", name, e.line, e.text);
}

static bool reset(const char *name)
{
	if (unlink(name) && errno != ENOENT)
		return complain("%s: %s", name, strerror(errno));
	printf("No settings any more: programs that start verify what they themselves ask for.\n");
	return true;
}

bool file_change(const struct command *c)
{
	const char *name = file_name(c);
	char text[SETTINGS_TEXT];
	struct settings s;
	bool absent;

	if (c->set[OPT_RESET])
		return reset(name);
	if (!load(name, &s, &absent) || !apply(c, &s))
		return false;
	if (settings_text(&s, text, sizeof(text)) >= sizeof(text))
		return complain("%s: too many settings", name);
	if (!file_write(name, text))
		return false;
	printf("%sSaved in %s; they hold for programs that start from now on.\n", text, name);
	return true;
}

bool file_show(const struct command *c)
{
	const char *name = file_name(c);
	char text[SETTINGS_TEXT];
	struct settings s;
	bool absent;

	if (!load(name, &s, &absent))
		return false;
	settings_text(&s, text, sizeof(text));
	if (absent)
		printf("No settings: there is no %s.\n", name);
	else
		printf("# %s\n%s", name, text);
	return true;
}
