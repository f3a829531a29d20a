/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Settings as text and as a request in a control block. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dmv.h"
#include "settings.h"

#define WORDS 24                        /* most on a line */

/* ---- words ---- */

struct word {
	const char *name;
	uint32_t value;
};

static const struct word modes[] = {
	{ "log", DMV_ABI_MODE_LOG }, { "break", DMV_ABI_MODE_BREAK }, { "stop", DMV_ABI_MODE_STOP },
	{ NULL, 0 }
};

static const struct word rule_modes[] = {
	{ "default", DMV_ABI_RULE_AS_MODE }, { "log", DMV_ABI_RULE_LOG },
	{ "break", DMV_ABI_RULE_BREAK }, { "stop", DMV_ABI_RULE_STOP }, { NULL, 0 }
};

static const struct word others[] = {
	{ "own", DMV_ABI_OTHERS_OWN }, { "none", DMV_ABI_OTHERS_NONE },
	{ "all", DMV_ABI_OTHERS_ALL }, { NULL, 0 }
};

static const struct word kinds[] = {
	{ "channels", DMV_ABI_FAULT_REGISTERS }, { "buffers", DMV_ABI_FAULT_BUFFERS },
	{ "lists", DMV_ABI_FAULT_LISTS }, { NULL, 0 }
};

static const struct word switches[] = { { "off", 0 }, { "on", 1 }, { NULL, 0 } };

static const struct word rules[] = {
#define DMV_RULE(name, id, ...) { #name, id },
#include "dmv_violation.def"
#undef DMV_RULE
	{ NULL, 0 }
};

static const struct word *word(const struct word *w, const char *name)
{
	while (w->name && strcasecmp(w->name, name) != 0)
		w++;
	return w->name ? w : NULL;
}

static const char *name_of(const struct word *w, uint32_t value)
{
	while (w->name && w->value != value)
		w++;
	return w->name;
}

const char *settings_rule_name(uint32_t id)
{
	return name_of(rules, id);
}

/* ---- drivers ---- */

void settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
}

static uint32_t find(const struct settings *s, const char *name)
{
	uint32_t i = 0;

	while (i < s->head.count && strcasecmp(s->row[i].name, name) != 0)
		i++;
	return i;
}

struct dmv_abi_control_driver *settings_driver(struct settings *s, const char *name, bool make)
{
	const uint32_t i = find(s, name);
	const size_t n = strlen(name);

	if (i < s->head.count)
		return &s->row[i];
	if (!make || n == 0 || n >= sizeof(s->row[i].name) || i == SETTINGS_ROWS)
		return NULL;
	s->head.count++;
	memset(&s->row[i], 0, sizeof(s->row[i]));
	memcpy(s->row[i].name, name, n);
	return &s->row[i];
}

void settings_driver_remove(struct settings *s, const char *name)
{
	const uint32_t i = find(s, name);

	if (i == s->head.count)
		return;
	s->head.count--;
	memmove(&s->row[i], &s->row[i + 1], (s->head.count - i) * sizeof(s->row[i]));
}

/* ---- rules ---- */

bool settings_rule(struct settings *s, const char *name, const char *what)
{
	const struct word *rule = word(rules, name), *mode = word(rule_modes, what);
	uint32_t bit, at;

	if (!rule || (!mode && strcasecmp(what, "off") != 0))
		return false;
	bit = 1u << rule->value % 32;
	at = rule->value % 16 * 2;
	s->head.ask_rules_off[rule->value / 32] &= ~bit;
	s->head.ask_rule_modes[rule->value / 16] &= ~(3u << at);
	if (mode)
		s->head.ask_rule_modes[rule->value / 16] |= mode->value << at;
	else
		s->head.ask_rules_off[rule->value / 32] |= bit;
	s->head.fields |= DMV_ABI_CONTROL_RULES_OFF | DMV_ABI_CONTROL_RULE_MODES;
	return true;
}

/* ---- a line ---- */

struct line {
	struct settings *s;
	struct settings_error *e;
	char *word[WORDS];
	unsigned n;
};

__attribute__((format(printf, 2, 3)))
static bool fail(struct settings_error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return false;
}

static bool one_of(const struct line *l, const struct word *w, uint32_t *ret)
{
	const struct word *found = l->n == 2 ? word(w, l->word[1]) : NULL;
	char list[80] = "";

	if (found) {
		*ret = found->value;
		return true;
	}
	for (; w->name; w++) {
		strcat(list, list[0] ? ", " : "");
		strcat(list, w->name);
	}
	return fail(l->e, "%s takes one of %s", l->word[0], list);
}

/* A number behind `key=`. false: that is not the key; *ok: it is a number. */
static bool keyed(const char *arg, const char *key, uint32_t *ret, bool *ok)
{
	const size_t n = strlen(key);
	unsigned long long v;
	char *end;

	if (strncasecmp(arg, key, n) != 0 || arg[n] != '=')
		return false;
	v = strtoull(arg + n + 1, &end, 0);
	*ok = isdigit((unsigned char)arg[n + 1]) && !*end && v <= UINT32_MAX;
	*ret = (uint32_t)v;
	return true;
}

static bool set_mode(struct line *l)
{
	l->s->head.fields |= DMV_ABI_CONTROL_MODE;
	return one_of(l, modes, &l->s->head.ask_mode);
}

static bool set_flag(struct line *l, uint32_t flag, bool when)
{
	uint32_t on;

	if (!one_of(l, switches, &on))
		return false;
	l->s->head.fields |= DMV_ABI_CONTROL_FLAGS;
	if (on == when)
		l->s->head.ask_flags |= flag;
	else
		l->s->head.ask_flags &= ~flag;
	return true;
}

static bool set_strict(struct line *l)
{
	return set_flag(l, DMV_ABI_F_STRICT, true);
}

static bool set_verification(struct line *l)
{
	return set_flag(l, DMV_ABI_F_OFF, false);
}

static bool set_rule(struct line *l)
{
	if (l->n != 3)
		return fail(l->e, "rule takes a name and one of off, default, log, break, stop");
	if (!word(rules, l->word[1]))
		return fail(l->e, "there is no rule %s", l->word[1]);
	return settings_rule(l->s, l->word[1], l->word[2]) ||
	       fail(l->e, "%s is none of off, default, log, break, stop", l->word[2]);
}

static bool set_scan(struct line *l)
{
	struct settings *s = l->s;
	bool ok = true;

	s->scan = true;
	for (unsigned i = 1; i < l->n && ok; i++)
		if (!keyed(l->word[i], "pages", &s->scan_pages, &ok) &&
		    !keyed(l->word[i], "every", &s->scan_ms, &ok))
			ok = false;
	return (ok && l->n == 3) || fail(l->e, "scan takes pages=NUMBER and every=MILLISECONDS");
}

/* "channels,lists" */
static bool fail_kinds(char *list, uint32_t *ret)
{
	char *save = NULL;

	*ret = 0;
	for (char *k = strtok_r(list, ",", &save); k; k = strtok_r(NULL, ",", &save)) {
		const struct word *w = word(kinds, k);

		if (!w)
			return false;
		*ret |= w->value;
	}
	return *ret;
}

/* A word of how a driver is verified. false: it is none. */
static bool option(uint32_t *options, const char *o)
{
	static const struct {
		const char *name;
		uint32_t bit;
		bool set;
	} words[] = {
		{ "unverified", DMV_ABI_D_VERIFY, false }, { "no-shadow", DMV_ABI_D_SHADOW, false },
		{ "no-guards", DMV_ABI_D_NO_GUARDS, true }, { "strict", DMV_ABI_D_STRICT, true },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(o, words[i].name)) {
			*options &= ~words[i].bit;
			*options |= words[i].set ? words[i].bit : 0;
			return true;
		}
	return false;
}

static bool set_others(struct line *l)
{
	struct dmv_abi_control *h = &l->s->head;
	const unsigned n = l->n;
	bool ok;

	l->n = n < 2 ? n : 2;
	ok = one_of(l, others, &h->others);
	h->fields |= DMV_ABI_CONTROL_DRIVERS;
	h->others_options = ok && h->others == DMV_ABI_OTHERS_ALL ? SETTINGS_VERIFY : 0;
	for (unsigned i = 2; i < n && ok; i++)
		if (h->others != DMV_ABI_OTHERS_ALL || !option(&h->others_options, l->word[i]))
			ok = fail(l->e, "others %s does not take %s", l->word[1], l->word[i]);
	return ok;
}

/* One option of a driver. */
static bool driver_option(struct line *l, struct dmv_abi_control_driver *d, char *o)
{
	bool ok = true;

	if (option(&d->options, o))
		return true;
	if (!strncasecmp(o, "fail=", 5))
		return fail_kinds(o + 5, &d->fault_kinds) ||
		       fail(l->e, "fail= takes channels, buffers, lists, with commas");
	if (!keyed(o, "quota", &d->hook_quota, &ok) && !keyed(o, "every", &d->fault_every, &ok) &&
	    !keyed(o, "after", &d->fault_after, &ok) && !keyed(o, "times", &d->fault_times, &ok))
		return fail(l->e, "%s is no option of a driver", o);
	return ok || fail(l->e, "%s: not a number", o);
}

static bool set_driver(struct line *l)
{
	struct dmv_abi_control_driver *d;

	if (l->n < 2)
		return fail(l->e, "driver takes a name");
	settings_driver_remove(l->s, l->word[1]);
	d = settings_driver(l->s, l->word[1], true);
	if (!d)
		return fail(l->e, "driver %.40s: more than %u drivers, or a name of more than %zu "
			    "bytes", l->word[1], SETTINGS_ROWS, sizeof(d->name) - 1);
	l->s->head.fields |= DMV_ABI_CONTROL_DRIVERS;
	d->options = SETTINGS_VERIFY;
	for (unsigned i = 2; i < l->n; i++)
		if (!driver_option(l, d, l->word[i]))
			return false;
	if (!d->fault_kinds && (d->fault_every || d->fault_after || d->fault_times))
		return fail(l->e, "every=, after= and times= need fail=");
	if (d->fault_kinds && !d->fault_every)
		d->fault_every = 1;
	return true;
}

static const struct {
	const char *name;
	bool (*set)(struct line *l);
} settings[] = {
	{ "mode", set_mode }, { "strict", set_strict }, { "verification", set_verification },
	{ "rule", set_rule }, { "others", set_others }, { "driver", set_driver },
	{ "scan", set_scan },
};

/* Words are separated by blanks; one in double quotes may have some. */
static bool split(struct line *l, char *text)
{
	for (char *p = text; *p;) {
		char *start = p;
		bool quoted;

		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (*p == '#')
			break;
		if (l->n == WORDS)
			return fail(l->e, "more than %d words", WORDS);
		quoted = *p == '"';
		start += quoted;
		p = start;
		while (*p && *p != '"' && (quoted || !isspace((unsigned char)*p)))
			p++;
		if (quoted != (*p == '"'))
			return fail(l->e, quoted ? "a quote is not closed" : "a quote in a word");
		if (*p)
			*p++ = 0;
		for (const char *c = start; *c; c++)
			if (iscntrl((unsigned char)*c))
				return fail(l->e, "a control character");
		l->word[l->n++] = start;
	}
	return true;
}

static bool parse_line(struct settings *s, char *text, struct settings_error *e)
{
	struct line l = { .s = s, .e = e };

	if (!split(&l, text))
		return false;
	if (!l.n)
		return true;
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (!strcasecmp(l.word[0], settings[i].name))
			return settings[i].set(&l);
	return fail(e, "%.60s is no setting", l.word[0]);
}

bool settings_parse(struct settings *s, const char *text, struct settings_error *e)
{
	char line[1024];

	*e = (struct settings_error){ 0 };
	while (*text) {
		const size_t n = strcspn(text, "\n");

		e->line++;
		if (n >= sizeof(line))
			return fail(e, "longer than %zu bytes", sizeof(line) - 1);
		memcpy(line, text, n);
		line[n] = 0;
		if (!parse_line(s, line, e))
			return false;
		text += n + (text[n] == '\n');
	}
	return true;
}

/* ---- as text ---- */

struct out {
	char *buf;
	size_t size, used;
};

__attribute__((format(printf, 2, 3)))
static void put(struct out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(o->used < o->size ? o->buf + o->used : NULL,
		      o->used < o->size ? o->size - o->used : 0, fmt, ap);
	va_end(ap);
	o->used += n > 0 ? (size_t)n : 0;
}

static void put_options(struct out *o, uint32_t options)
{
	put(o, "%s%s%s%s", options & DMV_ABI_D_VERIFY ? "" : " unverified",
	    options & DMV_ABI_D_SHADOW ? "" : " no-shadow",
	    options & DMV_ABI_D_NO_GUARDS ? " no-guards" : "",
	    options & DMV_ABI_D_STRICT ? " strict" : "");
}

static void put_driver(struct out *o, const struct dmv_abi_control_driver *d)
{
	const char *comma = "";

	put(o, strpbrk(d->name, " \t#\"") ? "driver \"%s\"" : "driver %s", d->name);
	put_options(o, d->options);
	if (d->hook_quota)
		put(o, " quota=%u", d->hook_quota);
	if (d->fault_kinds) {
		put(o, " fail=");
		for (const struct word *w = kinds; w->name; w++)
			if (d->fault_kinds & w->value) {
				put(o, "%s%s", comma, w->name);
				comma = ",";
			}
		put(o, " every=%u after=%u times=%u", d->fault_every, d->fault_after,
		    d->fault_times);
	}
	put(o, "\n");
}

static void put_rules(struct out *o, const struct dmv_abi_control *h)
{
	for (const struct word *r = rules; r->name; r++) {
		const uint32_t mode = h->ask_rule_modes[r->value / 16] >> r->value % 16 * 2 & 3;

		if (h->ask_rules_off[r->value / 32] >> r->value % 32 & 1)
			put(o, "rule %s off\n", r->name);
		else if (mode)
			put(o, "rule %s %s\n", r->name, name_of(rule_modes, mode));
	}
}

size_t settings_text(const struct settings *s, char *buf, size_t size)
{
	const struct dmv_abi_control *h = &s->head;
	struct out o = { buf, size, 0 };

	if (size)
		buf[0] = 0;
	if (h->fields & DMV_ABI_CONTROL_MODE)
		put(&o, "mode %s\n", name_of(modes, h->ask_mode));
	if (h->fields & DMV_ABI_CONTROL_FLAGS)
		put(&o, "strict %s\nverification %s\n",
		    switches[(h->ask_flags & DMV_ABI_F_STRICT) != 0].name,
		    switches[!(h->ask_flags & DMV_ABI_F_OFF)].name);
	put_rules(&o, h);
	if (s->scan)
		put(&o, "scan pages=%u every=%u\n", s->scan_pages, s->scan_ms);
	if (h->fields & DMV_ABI_CONTROL_DRIVERS) {
		put(&o, "others %s", name_of(others, h->others));
		if (h->others == DMV_ABI_OTHERS_ALL)
			put_options(&o, h->others_options);
		put(&o, "\n");
	}
	for (uint32_t i = 0; i < h->count; i++)
		put_driver(&o, &s->row[i]);
	return o.used;
}

/* ---- as a request ---- */

#define ASKED offsetof(struct dmv_abi_control, fields)

const char *settings_block(struct settings_block *x, void *va, size_t bytes)
{
	const size_t row = sizeof(struct dmv_abi_control_driver);
	struct dmv_abi_control form;

	if (bytes < sizeof(form))
		return "it is too short";
	memcpy(&form, va, sizeof(form));
	if (memcmp(form.magic, DMV_ABI_CONTROL_MAGIC, sizeof(form.magic)) != 0)
		return "it is no control block";
	if (form.bom != DMV_ABI_BOM)
		return "its program has another byte order";
	if (form.major != DMV_ABI_MAJOR || form.minor != DMV_ABI_MINOR)
		return "it is of another version of the verifier";
	if (form.bytes > bytes || form.state_offset > form.bytes ||
	    form.state_offset != sizeof(form) + (uint64_t)form.asked_rows * row ||
	    form.state_rows > (form.bytes - form.state_offset) /
			      sizeof(struct dmv_abi_control_state))
		return "it is damaged";
	*x = (struct settings_block){ va, form.asked_rows, form.state_offset, form.state_rows };
	return NULL;
}

bool settings_ask(const struct settings_block *x, const struct settings *s, uint32_t *sequence)
{
	struct dmv_abi_control *b = x->b;
	unsigned char *to = (unsigned char *)b;
	const uint32_t now = __atomic_load_n(&b->sequence, __ATOMIC_RELAXED);
	uint32_t next = (now | 1) + 1;

	if (s->head.count > x->asked_rows)
		return false;
	next += next == __atomic_load_n(&b->answered, __ATOMIC_RELAXED) ? 2 : 0;
	__atomic_store_n(&b->sequence, now | 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memset(to + ASKED, 0, x->state_offset - ASKED);
	memcpy(to + ASKED, (const char *)&s->head + ASKED, sizeof(*b) - ASKED);
	memcpy(b + 1, s->row, s->head.count * sizeof(s->row[0]));
	b->checksum = dmv_crc32(to + ASKED, x->state_offset - ASKED);
	__atomic_store_n(&b->sequence, next, __ATOMIC_RELEASE);
	*sequence = next;
	return true;
}

void settings_asked(const struct settings_block *x, struct settings *s)
{
	uint32_t n;

	settings_init(s);
	memcpy((char *)&s->head + ASKED, (const char *)x->b + ASKED, sizeof(*x->b) - ASKED);
	n = s->head.count < x->asked_rows ? s->head.count : x->asked_rows;
	s->head.count = n < SETTINGS_ROWS ? n : SETTINGS_ROWS;
	memcpy(s->row, x->b + 1, s->head.count * sizeof(s->row[0]));
	for (uint32_t i = 0; i < s->head.count; i++)
		s->row[i].name[sizeof(s->row[i].name) - 1] = 0;
}

struct dmv_abi_control_state settings_state(const struct settings_block *x, uint32_t i)
{
	struct dmv_abi_control_state s;

	memcpy(&s, (const char *)x->b + x->state_offset + i * sizeof(s), sizeof(s));
	s.name[sizeof(s.name) - 1] = 0;
	return s;
}
