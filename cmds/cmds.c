/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Line -> words -> command. `!dma leaks`, `dma leaks` and `leaks` are the same, `.bugcheck` and
 * `!analyze -v` work as a WinDbg user types them. Commands parse nothing: their table does.
 */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct dmv_cmd *const dmv_cmds[] = {
	&dmv_cmd_dma,    &dmv_cmd_leaks, &dmv_cmd_violations, &dmv_cmd_events,  &dmv_cmd_bugcheck,
	&dmv_cmd_analyze, &dmv_cmd_check, &dmv_cmd_stale,     &dmv_cmd_who,     &dmv_cmd_summary,
	&dmv_cmd_region, &dmv_cmd_target, &dmv_cmd_help,      NULL,
};

enum { LINE = 4096, WORDS = LINE / 2 };  /* no line has more */

struct words {
	char text[LINE];                /* the words, each with its end */
	const char *word[WORDS];
	size_t at[WORDS];               /* where each begins in the line */
	unsigned n;
};

/* Blanks part words, double quotes hold them together, # starts a comment. */
static enum dmv_code split(const char *line, struct words *w, struct dmv_err *e)
{
	char *to = w->text;
	size_t i = 0;

	w->n = 0;
	if (strlen(line) >= LINE)
		return dmv_fail(e, DMV_E_USAGE, "line is longer than %d characters", LINE - 1);
	while (line[i]) {
		bool quoted = false;

		i += strspn(line + i, " \t\r\n");
		if (!line[i] || line[i] == '#')
			break;
		w->at[w->n] = i;
		w->word[w->n++] = to;
		for (; line[i] && (quoted || !strchr(" \t\r\n", line[i])); i++) {
			if (line[i] == '"')
				quoted = !quoted;
			else
				*to++ = line[i];
		}
		if (quoted)
			return dmv_fail(e, DMV_E_USAGE, "a double quote is not closed");
		*to++ = 0;
	}
	return DMV_E_OK;
}

bool dmv_number(const char *word, uint64_t *ret)
{
	const char *p = word;
	unsigned base = 16, digits = 0;
	uint64_t v = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		p += 2;
	} else if (p[0] == '0' && (p[1] == 'n' || p[1] == 'N')) {
		p += 2;
		base = 10;
	}
	for (; *p; p++) {
		unsigned d;

		if (*p == '`' && digits)
			continue;
		if (*p >= '0' && *p <= '9')
			d = (unsigned)(*p - '0');
		else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f')
			d = (unsigned)((*p | 0x20) - 'a') + 10;
		else
			return false;
		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
		digits++;
	}
	if (!digits)
		return false;
	*ret = v;
	return true;
}

const struct dmv_cmd *dmv_cmd_find(const char *name, size_t n)
{
	for (size_t i = 0; dmv_cmds[i]; i++)
		if (!strncmp(dmv_cmds[i]->name, name, n) && !dmv_cmds[i]->name[n])
			return dmv_cmds[i];
	return NULL;
}

const char *dmv_synopsis(const struct dmv_cmd *c, char *buf, size_t size)
{
	size_t at = (size_t)snprintf(buf, size, "%s", c->name);

	for (const struct dmv_arg *a = c->args; a && a->name && at < size; a++) {
		const char *value = a->type == DMV_ARG_FLAG || *a->name != '-' ? "" : " N";

		at += (size_t)snprintf(buf + at, size - at, a->required ? " %s%s" : " [%s%s]",
				       a->name, value);
	}
	return buf;
}

static enum dmv_code usage(const struct dmv_cmd *c, struct dmv_err *e)
{
	char text[160];

	e->code = DMV_E_USAGE;
	snprintf(e->msg + strlen(e->msg), sizeof(e->msg) - strlen(e->msg), " (usage: %s)",
		 dmv_synopsis(c, text, sizeof(text)));
	return DMV_E_USAGE;
}

static enum dmv_code value(const struct dmv_cmd *c, const struct dmv_arg *a, const char *word,
			   struct dmv_value *v, struct dmv_err *e)
{
	char safe[64];

	v->set = true;
	v->word = word;
	if (a->type != DMV_ARG_NUMBER || dmv_number(word, &v->num))
		return DMV_E_OK;
	dmv_fail(e, DMV_E_USAGE, "\"%s\" is not a hexadecimal number",
		 dmv_escape(word, safe, sizeof(safe)));
	return usage(c, e);
}

static const struct dmv_arg *option(const struct dmv_cmd *c, const char *word)
{
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name == '-' && !strcmp(a->name, word))
			return a;
	return NULL;
}

static const struct dmv_arg *place(const struct dmv_cmd *c, unsigned n)
{
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name != '-' && !n--)
			return a;
	return NULL;
}

static enum dmv_code parse(const struct dmv_cmd *c, const char *line, const struct words *w,
			   unsigned from, struct dmv_argv *av, struct dmv_err *e)
{
	unsigned places = 0;
	char safe[64];

	for (unsigned i = from; i < w->n; i++) {
		const struct dmv_arg *a = w->word[i][0] == '-' ? option(c, w->word[i])
							       : place(c, places++);
		struct dmv_value *v = a ? &av->v[a - c->args] : NULL;

		if (!a) {
			dmv_fail(e, DMV_E_USAGE, "\"%s\" is not understood",
				 dmv_escape(w->word[i], safe, sizeof(safe)));
			return usage(c, e);
		}
		if (a->type == DMV_ARG_REST) {
			*v = (struct dmv_value){ .set = true, .word = line + w->at[i] };
			return DMV_E_OK;
		}
		if (a->type == DMV_ARG_FLAG) {
			v->set = true;
			continue;
		}
		if (*a->name == '-' && ++i == w->n) {
			dmv_fail(e, DMV_E_USAGE, "%s needs a value", a->name);
			return usage(c, e);
		}
		if (value(c, a, w->word[i], v, e))
			return e->code;
	}
	for (const struct dmv_arg *a = c->args; a && a->name; a++) {
		if (a->required && !av->v[a - c->args].set) {
			dmv_fail(e, DMV_E_USAGE, "%s is missing", a->name);
			return usage(c, e);
		}
	}
	return DMV_E_OK;
}

/* The command of a line, and the index of its first argument. */
static const struct dmv_cmd *command(const struct words *w, unsigned *args)
{
	const char *first = w->word[0];
	const struct dmv_cmd *c;

	if (*first == '!' || *first == '.')
		first++;
	*args = 1;
	if (!strcmp(first, "dma") && w->n > 1) {
		c = dmv_cmd_find(w->word[1], strlen(w->word[1]));
		if (c) {
			*args = 2;
			return c;
		}
	}
	return dmv_cmd_find(first, strlen(first));
}

/* ---- facts of a session ---- */

bool dmv_stopped(const struct dmv_ses *s)
{
	return s->stop && *(const volatile bool *)s->stop;
}

static void widths(struct dmv_ses *s)
{
	unsigned digits = 8;

	for (size_t i = 0; i < s->facts.nregion; i++)
		if (s->facts.region[i].address_bits != 32)
			digits = 16;
	if (!s->facts.nregion)
		digits = 16;
	dmv_out_width(s->out, digits, s->facts.nregion > 1);
}

enum dmv_code dmv_need_facts(struct dmv_ses *s)
{
	if (!s->loaded) {
		if (!s->mem)
			return dmv_fail(&s->err, DMV_E_USAGE, "this needs a target");
		s->load_err = (struct dmv_err){ .addr = DMV_NO_ADDR };
		s->opts.stop = s->stop;
		/* what a success leaves in the error does not count */
		if (!dmv_facts_region(s->mem, s->names, &s->opts, &s->facts, &s->load_err))
			s->load_err = (struct dmv_err){ .addr = DMV_NO_ADDR };
		if (s->load_err.code == DMV_E_STOPPED) {
			s->err = s->load_err;
			return s->err.code;
		}
		s->loaded = true;
		s->load_notes = s->facts.nnote;
	}
	if (s->load_err.code) {
		s->err = s->load_err;
		return s->err.code;
	}
	s->used_facts = true;
	dmv_out_provider(s->out, s->facts.provider);
	widths(s);
	return DMV_E_OK;
}

enum dmv_code dmv_verify(struct dmv_ses *s)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };

	s->needs_verify = true;
	s->topics |= DMV_TOPIC_VERIFY;
	if (s->facts.verified)
		return DMV_E_OK;
	if (!s->mem)
		return dmv_fail(&s->err, DMV_E_USAGE, "comparing bytes needs a target");
	if (dmv_facts_verify(&s->facts, s->mem, s->stop, &e))
		s->err = e;
	return e.code;
}

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
	return loading ? 3 : 4;
}

static int run(struct dmv_ses *s, const struct dmv_cmd *c, const struct dmv_argv *av)
{
	enum dmv_code code = DMV_E_OK;
	int ret;

	s->topics = c->topics;
	if (c->needs_facts)
		code = dmv_need_facts(s);
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
	ret = exit_code(s, code, s->loaded && code && code == s->load_err.code);
	if (code)
		dmv_out_error(s->out, s->err.msg);
	if (s->used_facts)
		ret = dmv_worse(ret, say_notes(s));
	return ret;
}

int dmv_run(struct dmv_ses *s, const char *line)
{
	const struct dmv_cmd *c = NULL;
	struct dmv_argv av = { 0 };
	enum dmv_code code;
	struct words w;
	unsigned args = 0;
	char safe[64];
	int ret;

	s->err = (struct dmv_err){ .addr = DMV_NO_ADDR };
	s->found = s->needs_verify = s->used_facts = false;
	if (!split(line, &w, &s->err) && !w.n)
		return 0;
	dmv_out_stop(s->out, s->stop);
	dmv_out_begin(s->out, s->target, line + strspn(line, " \t\r\n"));
	if (!s->err.code) {
		c = command(&w, &args);
		if (!c)
			dmv_fail(&s->err, DMV_E_USAGE, "no command \"%s\"; `help` lists them",
				 dmv_escape(w.word[0], safe, sizeof(safe)));
	}
	if (c && !parse(c, line, &w, args, &av, &s->err)) {
		ret = run(s, c, &av);
	} else {
		ret = 2;
		dmv_out_error(s->out, s->err.msg);
	}
	code = dmv_out_end(s->out);
	if (code == DMV_E_MEMORY) {
		dmv_fail(&s->err, code, "not enough memory for the answer");
		ret = dmv_worse(ret, 4);
	} else if (code == DMV_E_STOPPED && dmv_stopped(s) && !s->err.code) {
		dmv_fail(&s->err, code, "stopped");
		ret = dmv_worse(ret, 4);
	}
	return ret;
}

int dmv_worse(int a, int b)
{
	static const uint8_t rank[] = { 0, 1, 4, 3, 2 };

	if (a < 0 || a > 4 || b < 0 || b > 4)
		return a > b ? a : b;
	return rank[a] >= rank[b] ? a : b;
}

/* ---- adapters by address or name ---- */

static bool is_adapter(const struct dmv_adapter_fact *a, uint64_t addr)
{
	return addr != DMV_NO_ADDR && (a->handle == addr || a->record == addr);
}

static bool has_name(const struct dmv_adapter_fact *a, const char *name)
{
	return (a->name && !strcasecmp(a->name, name)) ||
	       (a->driver_name && !strcasecmp(a->driver_name, name));
}

/* The adapter with this address: a live one before a released one that had the same. */
static uint32_t by_addr(const struct dmv_facts *f, uint64_t addr)
{
	uint32_t gone = DMV_NO_INDEX;

	for (size_t i = 0; i < f->nadapter; i++) {
		if (!is_adapter(&f->adapter[i], addr))
			continue;
		if (f->adapter[i].life != DMV_GONE)
			return (uint32_t)i;
		gone = (uint32_t)i;
	}
	for (size_t i = 0; i < f->nadapter && gone == DMV_NO_INDEX; i++)
		if (addr && f->adapter[i].device == addr)
			gone = (uint32_t)i;
	return gone;
}

static uint32_t by_name(const struct dmv_facts *f, const char *name, uint32_t *several)
{
	uint32_t found = DMV_NO_INDEX;

	*several = DMV_NO_INDEX;
	for (int gone = 0; gone < 2 && found == DMV_NO_INDEX; gone++) {
		for (size_t i = 0; i < f->nadapter; i++) {
			if ((f->adapter[i].life == DMV_GONE) != gone ||
			    !has_name(&f->adapter[i], name))
				continue;
			if (found == DMV_NO_INDEX)
				found = (uint32_t)i;
			else if (*several == DMV_NO_INDEX)
				*several = (uint32_t)i;
		}
	}
	return found;
}

enum dmv_code dmv_find_adapter(struct dmv_ses *s, const struct dmv_value *v, uint32_t *ret)
{
	const struct dmv_facts *f = &s->facts;
	bool named = !strncasecmp(v->word, "name:", 5);
	const char *word = named ? v->word + 5 : v->word;
	uint64_t addr = 0;
	bool number = !named && dmv_number(word, &addr);
	bool prefixed = number && word[0] == '0' && word[1] && strchr("xXnN", word[1]);
	uint32_t several, name = prefixed ? DMV_NO_INDEX : by_name(f, word, &several);
	char safe[64];

	dmv_escape(word, safe, sizeof(safe));
	if (number && name != DMV_NO_INDEX)
		return dmv_fail(&s->err, DMV_E_USAGE,
				"%s is the number 0x%llx and a name: say 0x%llx or name:%s", safe,
				(unsigned long long)addr, (unsigned long long)addr, safe);
	if (number)
		name = by_addr(f, addr);
	else if (name != DMV_NO_INDEX && several != DMV_NO_INDEX)
		return dmv_fail(&s->err, DMV_E_USAGE,
				"%s has several adapters, among them 0x%llx and 0x%llx", safe,
				(unsigned long long)f->adapter[name].handle,
				(unsigned long long)f->adapter[several].handle);
	if (name == DMV_NO_INDEX)
		return dmv_fail(&s->err, DMV_E_USAGE, "no adapter %s; `dma` lists them", safe);
	*ret = name;
	return DMV_E_OK;
}

enum dmv_code dmv_find_addr(struct dmv_ses *s, const struct dmv_value *v, uint64_t *addr,
			    uint32_t *adapter)
{
	uint32_t several;
	bool number = dmv_number(v->word, addr);
	bool prefixed = number && v->word[0] == '0' && v->word[1] && strchr("xXnN", v->word[1]);

	*adapter = DMV_NO_INDEX;
	if (number && (prefixed || by_name(&s->facts, v->word, &several) == DMV_NO_INDEX))
		return DMV_E_OK;
	return dmv_find_adapter(s, v, adapter);
}

/* ---- completion ---- */

static void offer(const char *prefix, const char *word, void (*fn)(void *, const char *), void *ctx)
{
	if (!strncmp(prefix, word, strlen(prefix)))
		fn(ctx, word);
}

static void complete_first(const char *prefix, void (*fn)(void *, const char *), void *ctx)
{
	const char *bare = *prefix == '!' || *prefix == '.' ? prefix + 1 : prefix;
	char word[64];

	for (size_t i = 0; dmv_cmds[i]; i++) {
		snprintf(word, sizeof(word), "%.*s%s", (int)(bare - prefix), prefix,
			 dmv_cmds[i]->name);
		offer(prefix, word, fn, ctx);
	}
}

void dmv_complete(struct dmv_ses *s, const char *line, size_t at, const char *prefix,
		  void (*fn)(void *, const char *), void *ctx)
{
	const struct dmv_cmd *c;
	struct dmv_err e;
	struct words w;
	unsigned args;
	char head[LINE], word[32];

	if (at >= sizeof(head))
		return;
	memcpy(head, line, at);
	head[at] = 0;
	if (split(head, &w, &e))
		return;
	if (!w.n) {
		complete_first(prefix, fn, ctx);
		return;
	}
	c = command(&w, &args);
	if (!c)
		return;
	if (w.n == 1 && c == &dmv_cmd_dma)
		complete_first(prefix, fn, ctx);
	if (c == &dmv_cmd_help)
		complete_first(prefix, fn, ctx);
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name == '-')
			offer(prefix, a->name, fn, ctx);
	if (!c->args || !c->needs_facts || !s->loaded)
		return;
	for (size_t i = 0; i < s->facts.nadapter; i++) {
		if (s->facts.adapter[i].life == DMV_GONE)
			continue;
		snprintf(word, sizeof(word), "%s%llx", strncmp(prefix, "0x", 2) ? "" : "0x",
			 (unsigned long long)s->facts.adapter[i].handle);
		offer(prefix, word, fn, ctx);
	}
}
