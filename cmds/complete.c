/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What a word at the prompt may become: commands, options, adapters, addresses of what is live. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "object.h"

enum { ADDRS = 4096 };                  /* more than that nobody chooses from */

struct tab {
	struct dmv_ses *s;
	const char *prefix;
	void (*fn)(void *ctx, const char *word);
	void *ctx;
};

static void offer(const struct tab *t, const char *word)
{
	if (!strncmp(t->prefix, word, strlen(t->prefix)))
		t->fn(t->ctx, word);
}

/* ---- commands and options ---- */

static void complete_first(const struct tab *t)
{
	bool sign = *t->prefix == '!' || *t->prefix == '.';
	char word[64];

	for (size_t i = 0; dmv_cmds[i]; i++) {
		snprintf(word, sizeof(word), "%.*s%s", sign, t->prefix, dmv_cmds[i]->name);
		offer(t, word);
	}
}

/* What the words so far leave to be typed: the argument that comes next, and the options. */
struct left {
	const struct dmv_arg *next;     /* NULL: no argument, or an option's value, which is free */
	bool value;
	uint32_t options;               /* a bit for each of the command's args that is one */
};

static const struct dmv_arg *option(const struct dmv_cmd *c, const char *word)
{
	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		if (*a->name == '-' && !strcmp(a->name, word))
			return a;
	return NULL;
}

static struct left left(const struct dmv_cmd *c, const struct dmv_words *w, unsigned from)
{
	struct left l = { .next = NULL };
	unsigned places = 0;

	for (const struct dmv_arg *a = c->args; a && a->name; a++)
		l.options |= (uint32_t)(*a->name == '-') << (a - c->args);
	for (unsigned i = from; i < w->n; i++) {
		const struct dmv_arg *a = option(c, w->word[i]);

		if (!a) {
			places++;
			continue;
		}
		l.options &= ~(1u << (a - c->args));
		if (a->type != DMV_ARG_FLAG && ++i == w->n)
			l.value = true;
	}
	for (const struct dmv_arg *a = c->args; a && a->name && !l.value; a++)
		if (*a->name != '-' && !places--) {
			l.next = a;
			break;
		}
	return l;
}

/* ---- adapters and addresses ---- */

/* Hexadecimal digits of the prefix, however it is typed; false: it is no number. */
static bool digits_of(const char *p, char *buf, size_t size)
{
	size_t n = 0, zeros;

	if (p[0] == '0' && (p[1] | 0x20) == 'x')
		p += 2;
	zeros = strspn(p, "0");
	/* as tables show addresses; one 0 may become anything */
	if (zeros > 1)
		p += zeros;
	for (; *p && n + 1 < size; p++) {
		if (*p == '`' && n)
			continue;
		if (!isxdigit((unsigned char)*p))
			return false;
		buf[n++] = (char)tolower((unsigned char)*p);
	}
	buf[n] = 0;
	return !*p;
}

/* Of every live object: one in `count`, if fn is NULL. */
static void each_addr(const struct tab *t, const uint32_t *kinds, const char *digits, size_t *count)
{
	const struct dmv_facts *f = &t->s->facts;
	char addr[32], word[96];
	size_t n = strlen(digits);

	for (; *kinds; kinds++) {
		struct dmv_object o;

		for (size_t i = 0; i < dmv_objects(f, *kinds); i += o.rows) {
			dmv_object_get(f, *kinds, i, &o);
			snprintf(addr, sizeof(addr), "%llx", (unsigned long long)o.addr);
			if (o.life == DMV_GONE || o.addr == DMV_NO_ADDR || strncmp(addr, digits, n))
				continue;
			if (count) {
				++*count;
				continue;
			}
			/* what is typed stays as it is: back-quotes, 0x, zeros */
			snprintf(word, sizeof(word), "%s%s", t->prefix, addr + n);
			t->fn(t->ctx, word);
		}
	}
}

static void complete_addr(const struct tab *t, const uint32_t *kinds)
{
	char digits[20];
	size_t n = 0;

	if (strlen(t->prefix) > 40 || !digits_of(t->prefix, digits, sizeof(digits)))
		return;
	each_addr(t, kinds, digits, &n);
	if (n <= ADDRS)
		each_addr(t, kinds, digits, NULL);
}

/* A name out of a dump that can be typed, and shown as it is. */
static bool is_plain(const char *name)
{
	uint64_t number;

	for (const char *p = name; *p; p++)
		if (!isgraph((unsigned char)*p) || strchr("\"#|>", *p))
			return false;
	return *name && !dmv_number(name, &number);
}

static void complete_names(const struct tab *t)
{
	const struct dmv_facts *f = &t->s->facts;

	for (size_t i = 0; i < f->nadapter; i++) {
		const struct dmv_adapter_fact *a = &f->adapter[i];
		bool twice = a->name && a->driver_name && !strcmp(a->name, a->driver_name);

		if (a->life == DMV_GONE)
			continue;
		if (a->name && is_plain(a->name))
			offer(t, a->name);
		if (a->driver_name && !twice && is_plain(a->driver_name))
			offer(t, a->driver_name);
	}
}

/* ---- a word ---- */

static void complete_arg(const struct tab *t, const struct dmv_arg *a)
{
	static const uint32_t adapters[] = { DMV_K_ADAPTER, DMV_K_NONE };

	if (a->type == DMV_ARG_COMMAND)
		complete_first(t);
	if ((a->type != DMV_ARG_ADAPTER && a->type != DMV_ARG_ADDR) || !t->s->loaded)
		return;
	complete_addr(t, a->type == DMV_ARG_ADAPTER ? adapters : dmv_object_kinds);
	complete_names(t);
}

/* The words in front of the one that is asked for; false: nothing can follow them. */
static bool split_head(const char *line, size_t at, struct dmv_words *w)
{
	char head[DMV_LINE];
	struct dmv_err e;

	if (at >= sizeof(head))
		return false;
	memcpy(head, line, at);
	head[at] = 0;
	return !dmv_line_split(head, w, &e);
}

void dmv_complete(struct dmv_ses *s, const char *line, size_t at, const char *prefix,
		  void (*fn)(void *ctx, const char *word), void *ctx)
{
	const struct tab t = { s, prefix, fn, ctx };
	const struct dmv_cmd *c;
	struct dmv_words w;
	struct left l;
	unsigned args;

	if (!split_head(line, at, &w))
		return;
	if (!w.n) {
		complete_first(&t);
		return;
	}
	c = dmv_line_command(&w, &args);
	if (!c)
		return;
	if (w.n == 1 && c == &dmv_cmd_dma)
		complete_first(&t);
	l = left(c, &w, args);
	for (unsigned i = 0; i < DMV_ARGS && !l.value; i++)
		if (l.options >> i & 1)
			offer(&t, c->args[i].name);
	if (l.next)
		complete_arg(&t, l.next);
}

bool dmv_wants_file(const char *head)
{
	const struct dmv_cmd *c;
	struct dmv_words w;
	struct left l;
	unsigned args;

	if (!split_head(head, strlen(head), &w) || !w.n)
		return false;
	c = dmv_line_command(&w, &args);
	if (!c)
		return false;
	l = left(c, &w, args);
	return l.next && l.next->type == DMV_ARG_FILE;
}
