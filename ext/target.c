/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What dma-inspect opens, and what a batch run gives up before it reads a hostile file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "inspect.h"
#include "paste.h"

/* Standard input as the target: text, and not more of it than a paste has. */
static int read_paste(struct dmv_app *a, struct dmv_err *e)
{
	size_t n = 0, room = DMV_PASTE_BYTES + 1;
	ssize_t got;

	a->paste = malloc(room);
	if (!a->paste) {
		dmv_fail(e, DMV_E_MEMORY, "not enough memory for the text");
		return 4;
	}
	while (n < room) {
		got = read(STDIN_FILENO, a->paste + n, room - n);
		if (got < 0 && errno == EINTR && !dmv_interrupted())
			continue;
		if (got < 0) {
			dmv_fail(e, DMV_E_SYSTEM, "standard input: %s", strerror(errno));
			return 3;
		}
		if (!got)
			break;
		n += (size_t)got;
	}
	if (n == room) {
		dmv_fail(e, DMV_E_USAGE, "standard input: more than 1 MiB of text: cut out the "
			 "lines around the bugcheck, and give a dump by its name");
		return 3;
	}
	a->ses.paste = a->paste;
	a->ses.npaste = n;
	return 0;
}

/* Who leaves -c out names a command where a file is looked for. */
static void hint_command(const char *target, struct dmv_err *e)
{
	const char *name = target + (*target == '!');

	if (!access(target, F_OK))
		return;
	for (size_t i = 0; dmv_cmds[i]; i++)
		if (!strcmp(dmv_cmds[i]->name, name))
			dmv_fail(e, e->code, "%s (a command stands behind -c: -c %s)", e->msg,
				 name);
}

static int open_target(struct dmv_app *a, struct dmv_err *e)
{
	const struct dmv_cli *c = a->cli;
	struct dmv_mem_opts o = { .have_base = c->have_base, .base = c->base, .more = c->more,
				  .nmore = c->nmore, .zero_excluded = c->zero_excluded,
				  .hold = c->hold, .stop = a->ses.stop };

	if (dmv_names_new(&a->ses.names, e))
		return 4;
	if (c->target && !strcmp(c->target, "-"))
		return read_paste(a, e);
	if (c->target && dmv_mem_open(c->target, &o, &a->mem, e)) {
		hint_command(c->target, e);
		return 3;
	}
	a->ses.mem = a->mem;
	if (a->mem && dmv_names_set_target(a->ses.names, a->mem, e))
		return 4;
	/* Files about a kernel are held against the one in the target. */
	for (size_t i = 0; i < c->nsymbols; i++)
		if (dmv_names_add_file(a->ses.names, c->symbols[i], DMV_NO_ADDR, c->force, e))
			return 2;
	return 0;
}

/* ---- the sandbox ---- */

/* A prompt needs its pager and its history. */
static bool is_batch(const struct dmv_cli *c)
{
	return c->nitem || c->bugcheck || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
}

static bool is_kind(const struct dmv_cli *c, const char *prefix)
{
	return c->target && !strncmp(c->target, prefix, strlen(prefix));
}

/* Before the target is opened, where most of a hostile file is read; but a connection must have
 * been made. */
static void close_first_wall(const struct dmv_cli *c, struct dmv_confine *f)
{
	struct dmv_sandbox_state st;

	/* a number that is none is refused when it is opened */
	if (is_kind(c, "pid:"))
		f->box.process = (pid_t)strtol(c->target + 4, NULL, 10);
	for (size_t i = 0; i < c->nitem; i++)
		if (c->item[i].file)
			dmv_confine_lines(f, c->item[i].text);
		else
			dmv_confine_line(f, c->item[i].text);
	dmv_sandbox_enter(&f->box, &st);
	f->closed = st.calls || st.files;
}

/* Once the target is open, and it is known which files it may lead to. */
static void close_second_wall(const struct dmv_app *a, struct dmv_confine *f)
{
	static const char *const always[] = { "/usr/lib/debug", "/usr/lib/locale",
					      "/usr/share/locale", "/proc/self" };
	const struct dmv_cli *c = a->cli;

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

int dmv_target_open(struct dmv_app *a, struct dmv_err *e)
{
	struct dmv_confine f = { 0 };
	const struct dmv_cli *c = a->cli;
	bool wanted = is_batch(c) && !c->no_sandbox;
	int code;

	a->confined = wanted;
	if (wanted && !is_kind(c, "gdb:"))
		close_first_wall(c, &f);
	code = open_target(a, e);
	if (wanted && is_kind(c, "gdb:") && !code)
		close_first_wall(c, &f);
	if (f.closed && !code)
		close_second_wall(a, &f);
	dmv_confine_free(&f);
	return code;
}

void dmv_target_close(struct dmv_app *a)
{
	dmv_facts_free(&a->ses.facts);
	dmv_names_free(a->ses.names);
	dmv_mem_close(a->mem);
	dmv_out_free(a->ses.out);
	free(a->paste);
}
