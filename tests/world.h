/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * For the tests of the commands: a world of literal facts, that of the published !dma screens, and
 * a line run in it.
 */
#ifndef DMV_TEST_WORLD_H
#define DMV_TEST_WORLD_H

#include <stdlib.h>

#include "cmd.h"
#include "t.h"

/* 32 bits, three files, four common buffers; room for what a test adds by its counts. */
struct world {
	struct dmv_region_fact region[2];
	struct dmv_driver driver[1];
	struct dmv_adapter_fact adapter[3];
	struct dmv_file_fact file[3];
	struct dmv_register_fact reg[2];
	struct dmv_buffer_fact buffer[4];
	struct dmv_list_fact list[1];
	struct dmv_violation_fact violation[2];
	struct dmv_event_fact event[3];
	struct dmv_stack stack[2];
	struct dmv_guard_fact guard[1];
	struct dmv_stale_fact stale[2];
	struct dmv_cpu_fact cpu[1];
	struct dmv_note note[1];
};

/* All as it was: the facts point into the world. */
void world_make(struct world *w, struct dmv_facts *f);

/* false: the command reads the target itself, which a world of facts is without. */
bool world_answers(const struct dmv_cmd *c);

struct answer {
	char *text;
	int code;
	struct dmv_err err;
};

/* Runs a line; in a session without its `out`. The caller frees the text. */
struct answer ask_in(struct dmv_ses *s, enum dmv_format format, const char *line);
/* The same in a session that has these facts. NULL: no target. */
struct answer ask(enum dmv_format format, const struct dmv_facts *f, const char *line);

/* The text is `want`, to the letter. */
__attribute__((unused))
static void is(const struct dmv_facts *f, const char *line, int code, const char *want,
	       const char *name)
{
	struct answer a = ask(DMV_TEXT, f, line);

	T_STREQ(a.text, want, name);
	T_CHECKF(a.code == code, name, "exit code %d, want %d: %s", a.code, code, a.err.msg);
	free(a.text);
}

/* `want` is somewhere in the text. */
__attribute__((unused))
static void has(enum dmv_format format, const struct dmv_facts *f, const char *line, int code,
		const char *want, const char *name)
{
	struct answer a = ask(format, f, line);

	T_CHECKF(strstr(a.text, want) != NULL, name, "no \"%s\" in: %s", want, a.text);
	T_CHECKF(a.code == code, name, "exit code %d, want %d: %s", a.code, code, a.err.msg);
	free(a.text);
}

/* As a mistake of the user, with `why` in the message. */
__attribute__((unused))
static void refused(const struct dmv_facts *f, const char *line, const char *why, const char *name)
{
	struct answer a = ask(DMV_TEXT, f, line);

	T_CHECKF(a.code == 2 && strstr(a.err.msg, why), name, "exit code %d: %s", a.code,
		 a.err.msg);
	free(a.text);
}

#endif
