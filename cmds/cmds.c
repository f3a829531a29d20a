/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The one table of commands, and a line from its command to its exit code. */
#include "cmd.h"

#include <string.h>

#include "line.h"

const struct dmv_cmd *const dmv_cmds[] = {
	&dmv_cmd_dma,    &dmv_cmd_leaks, &dmv_cmd_violations, &dmv_cmd_events,  &dmv_cmd_log,
	&dmv_cmd_bugcheck,
	&dmv_cmd_analyze, &dmv_cmd_check, &dmv_cmd_stale,     &dmv_cmd_who,     &dmv_cmd_summary,
	&dmv_cmd_bounce, &dmv_cmd_region, &dmv_cmd_target,    &dmv_cmd_save,    &dmv_cmd_help,
	NULL,
};

/* Notes of the provider, and 4 if one of them concerns something this command needed. */
static int say_notes(struct dmv_ses *s)
{
	size_t n = s->needs_verify ? s->facts.nnote : s->load_notes;
	int code = 0;

	for (size_t i = 0; i < n && i < s->facts.nnote; i++) {
		const struct dmv_note *t = &s->facts.note[i];
		bool needed = t->topic & s->topics;

		dmv_out_note(s->out, "%s%s", needed ? "damaged or missing: " : "", t->text);
		if (!needed)
			continue;
		if (!code)
			dmv_fail_at(&s->err, DMV_E_ABSENT, t->addr, "%s", t->text);
		code = 4;
	}
	return code;
}

static int exit_code(const struct dmv_ses *s, enum dmv_code code, bool loading)
{
	if (code == DMV_E_OK)
		return s->found;
	if (code == DMV_E_USAGE)
		return 2;
	if (code == DMV_E_STOPPED)
		return 4;
	return loading ? 3 : 4;
}

static int run(struct dmv_ses *s, const struct dmv_cmd *c, const char *line,
	       const struct dmv_argv *av)
{
	enum dmv_code code = DMV_E_OK;
	int ret;

	s->topics = c->topics;
	if (c->needs_facts)
		code = c->needs_region ? dmv_need_region(s) :
		       c->needs_books ? dmv_need_books(s) : dmv_need_facts(s);
	if (code) {
		dmv_out_error(s->out, s->err.msg);
		return exit_code(s, code, true);
	}
	code = c->run(s, av);
	/* a reader who went away, as head does, has what he wanted */
	if (code == DMV_E_STOPPED && !dmv_stopped(s)) {
		code = DMV_E_OK;
		s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	} else if (code == DMV_E_STOPPED) {
		dmv_fail(&s->err, DMV_E_STOPPED, "stopped");
	}
	ret = exit_code(s, code, (s->loaded && code && (code == s->load_err.code ||
							   code == s->region_err.code)) ||
					 (s->paste && code == DMV_E_NOTFOUND));
	if (code)
		dmv_out_error(s->out, s->err.msg);
	if (s->used_facts)
		ret = dmv_worse(ret, say_notes(s));
	if (s->hints && !code)
		dmv_hint_say(s, c, line);
	return ret;
}

/* The words of a line as a command and its arguments; NULL: s->err says what is wrong. */
static const struct dmv_cmd *parse(struct dmv_ses *s, const char *line, const struct dmv_words *w,
				   struct dmv_argv *av)
{
	const struct dmv_cmd *c;
	unsigned args = 0;

	if (s->err.code)
		return NULL;
	c = dmv_line_command(w, &args);
	if (!c) {
		dmv_no_command(w->word[0], &s->err);
		return NULL;
	}
	return dmv_line_parse(c, line, w, args, av, &s->err) ? NULL : c;
}

/* Ends the document; what was not taken or did not fit counts in the exit code. */
static int finish(struct dmv_ses *s, int ret)
{
	enum dmv_code code = dmv_out_end(s->out);

	if (code == DMV_E_MEMORY)
		dmv_no_memory(s);
	else if (code == DMV_E_STOPPED && dmv_stopped(s) && !s->err.code)
		dmv_fail(&s->err, code, "stopped");
	else
		return ret;
	return dmv_worse(ret, 4);
}

int dmv_run(struct dmv_ses *s, const char *line)
{
	const struct dmv_cmd *c;
	struct dmv_argv av = { 0 };
	struct dmv_words w;
	int ret = 2;

	s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	s->found = s->needs_verify = s->used_facts = s->about.wrong = false;
	s->about.adapter = s->about.object = DMV_NO_ADDR;
	if (!dmv_line_split(line, &w, &s->err) && !w.n)
		return 0;
	dmv_out_stop(s->out, s->stop);
	dmv_out_begin(s->out, s->target, line + strspn(line, " \t\r\n"));
	c = parse(s, line, &w, &av);
	if (c)
		ret = run(s, c, line, &av);
	else
		dmv_out_error(s->out, s->err.msg);
	return finish(s, ret);
}

int dmv_worse(int a, int b)
{
	static const uint8_t rank[] = { 0, 1, 4, 3, 2 };

	if (a < 0 || a > 4 || b < 0 || b > 4)
		return a > b ? a : b;
	return rank[a] >= rank[b] ? a : b;
}
