/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The forms in which a bugcheck is met, one recogniser each and one table of them at the end. What
 * a form lacks is said, never filled in. Samples: Microsoft's debugger documentation (".bugcheck",
 * "Blue screen data", "Handling a bug check when Driver Verifier is enabled", "Event ID 41").
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "meaning.h"
#include "paste_int.h"

enum {
	WINDOW = 4096,          /* between the first and the last word of one bugcheck */
	LIST_LINES = 3,         /* from a code to the bracket that lists its parameters */
	LIST_BYTES = 400,
	ALL = 0x1F,             /* code and four parameters */
};

/* ---- words of a bugcheck ---- */

/* The first reason stays. */
__attribute__((format(printf, 2, 3)))
static void lacks(struct dmv_seen *b, const char *fmt, ...)
{
	va_list ap;

	if (b->why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(b->why, sizeof(b->why), fmt, ap);
	va_end(ap);
}

static void missing(struct dmv_seen *b, unsigned i)
{
	if (i)
		lacks(b, "parameter %u of the bugcheck is missing", i);
	else
		lacks(b, "the code of the bugcheck is missing");
}

static bool take(struct dmv_seen *b, unsigned i, const struct dmv_word *w)
{
	char quote[64];

	if (!w->number) {
		lacks(b, "%s is not a hexadecimal number", dmv_word_quote(w, quote, sizeof(quote)));
		return false;
	}
	if (!i && w->v > UINT32_MAX) {
		lacks(b, "a bugcheck code has 32 bits");
		return false;
	}
	b->v[i] = w->v;
	b->known |= (uint8_t)(1u << i);
	return true;
}

/* The code comes next on this line. */
static bool code(const char **p, struct dmv_seen *b)
{
	struct dmv_word w;

	*p += strspn(*p, " \t:");
	return dmv_word_char(**p) && dmv_word_here(p, NULL, &w) && w.number && take(b, 0, &w);
}

/*
 * Numbers of fixed width: one at the very end of the text that has less digits than the one before
 * is cut. UINT_MAX: something must follow it.
 */
static void check_cut(struct dmv_seen *b, unsigned i, const struct dmv_word *w, unsigned digits)
{
	if (w->at[w->n] || digits < 8 || w->digits >= digits)
		return;
	lacks(b, "parameter %u of the bugcheck is cut off", i);
	b->known &= (uint8_t)~(1u << i);
}

/* ---- lists: CODE (P1, P2, P3, P4) and CODE, {P1, P2, P3, P4} ---- */

/* What may stand between the words of a list; mail programs quote with '>'. */
static const char *skip_list(const char *p)
{
	return p + strspn(p, " \t\n,;>");
}

static bool is_list(const char *p)
{
	struct dmv_word w;

	p = skip_list(p);
	if (*p == ')' || *p == '}')
		return true;
	if (!dmv_word_char(*p) || !dmv_word_next(&p, NULL, &w) || !w.number)
		return false;
	return !*p || strchr(" \t\n,;)}", *p);
}

/*
 * Behind the bracket that opens a list, on this line or the next ones; NULL: there is none. Another
 * number with 0x in front of it would be its code.
 */
static const char *open_list(const char *p)
{
	const char *end = p + strnlen(p, LIST_BYTES);

	for (unsigned lines = 0; p < end && lines < LIST_LINES; p++) {
		lines += *p == '\n';
		if ((*p == '(' || *p == '{') && is_list(p + 1))
			return p + 1;
		if (*p == '0' && (p[1] | 0x20) == 'x' && !dmv_word_char(p[-1]))
			return NULL;
	}
	return NULL;
}

/* Behind the list. */
static const char *list(const char *p, struct dmv_seen *b)
{
	struct dmv_word w;
	unsigned n = 0;

	for (p = skip_list(p); dmv_word_char(*p); p = skip_list(p)) {
		dmv_word_next(&p, NULL, &w);
		if (n == 4) {
			lacks(b, "a bugcheck has four parameters");
			return p;
		}
		if (!take(b, ++n, &w))
			return p;
	}
	if (n < 4) {
		missing(b, n + 1);
	} else if (*p != ')' && *p != '}') {
		lacks(b, "parameter 4 of the bugcheck may be cut off: no bracket closes the list");
		b->known &= (uint8_t)~(1u << 4);
	}
	return *p ? p + 1 : p;
}

/* ---- labels: KEY VALUE ---- */

/* Where the keys of this bugcheck end: the next one begins, or the window is over. */
static const char *window(const struct dmv_scan *s, const char *first, const char *again)
{
	const char *end = (size_t)(s->end - s->at) < WINDOW ? s->end : s->at + WINDOW;
	const char *next = dmv_find_key(s->after, end, first);

	end = next ? next : end;
	next = again ? dmv_find_key(s->after, end, again) : NULL;
	return next ? next : end;
}

/* The word behind a key, on its line. */
static bool value(const char **p, struct dmv_word *w)
{
	*p += strspn(*p, " \t:=\"'>");
	return dmv_word_char(**p) && dmv_word_here(p, NULL, w);
}

enum numbers {
	PLAIN,                          /* as many digits as it takes */
	PADDED,                         /* all of the same width */
	PREFIXED,                       /* with 0x, often in an element of XML */
};

/* 26 without 0x may come from a tool that turned it into decimal: who could tell. */
static bool ambiguous(const struct dmv_word *w, const char *name, struct dmv_seen *b)
{
	if (!w->number || w->prefixed || w->v < 10)
		return false;
	lacks(b, "%s is %.*s without 0x: decimal or hexadecimal?", name, (int)w->n, w->at);
	return true;
}

/* Parameters behind `key` and their index, from s->at on. Returns what is behind the last. */
static const char *parameters(const struct dmv_scan *s, const char *end, const char *key,
			      enum numbers style, struct dmv_seen *b)
{
	const char *last = s->after, *p;
	unsigned digits = 0;
	struct dmv_word w;
	char name[32];

	for (unsigned i = 1; i < 5; i++) {
		snprintf(name, sizeof(name), "%s%u", key, i);
		p = dmv_find_key(s->at, end, name);
		if (p)
			p += strlen(name);
		if (!p || dmv_word_char(*p) || !value(&p, &w)) {
			missing(b, i);
			continue;
		}
		last = p > last ? p : last;
		if ((style == PREFIXED && ambiguous(&w, name, b)) || !take(b, i, &w))
			continue;
		if (style == PADDED)
			check_cut(b, i, &w, digits);
		else if (w.at[-1] == '>')
			check_cut(b, i, &w, UINT_MAX);
		digits = w.digits;
	}
	return last;
}

/* ---- 1: "The bugcheck was: 0x000000e6 (0x..., 0x..., 0x..., 0x...)." of the event log ---- */

static const char *parse_event_1001(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after, *open;

	if (!code(&p, b)) {
		missing(b, 0);
		return s->after;
	}
	open = open_list(p);
	if (open)
		return list(open, b);
	missing(b, 1);
	return p;
}

/* ---- 2: event 41: the code is decimal, the parameters are hexadecimal ---- */

static void event_41_code(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after;
	struct dmv_word w;
	uint64_t v;

	if (!dmv_starts(s->at, "BugcheckCode") || (p += strspn(p, "\n"), !value(&p, &w))) {
		missing(b, 0);
		return;
	}
	if (!w.prefixed && !dmv_word_decimal(&w, &v)) {
		char quote[64];

		lacks(b, "%s is no decimal number, as this event has it for the code",
		      dmv_word_quote(&w, quote, sizeof(quote)));
		return;
	}
	if (!w.prefixed)
		w.v = v;
	w.number = true;
	take(b, 0, &w);
}

static const char *parse_event_41(const struct dmv_scan *s, struct dmv_seen *b)
{
	bool whole = dmv_starts(s->at, "BugcheckCode");
	const char *end = window(s, "BugcheckCode", whole ? NULL : "BugcheckParameter1");

	event_41_code(s, b);
	return parameters(s, end, "BugcheckParameter", PREFIXED, b);
}

/* ---- 3: "NAME (e6)" and "Arg1: 0000000000000026, ..." of !analyze ---- */

/* A bugcheck's name ends in front of p: capitals and, unlike other words, underscores. */
static bool named(const char *least, const char *p)
{
	bool underscore = false;

	for (; p > least && dmv_word_char(p[-1]); p--) {
		if ((p[-1] < 'A' || p[-1] > 'Z') && (p[-1] < '0' || p[-1] > '9') && p[-1] != '_')
			return false;
		underscore |= p[-1] == '_';
	}
	return underscore;
}

/* The nearest "NAME (code)" in front. */
static bool header(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *least = (size_t)(s->at - s->floor) < WINDOW ? s->floor : s->at - WINDOW;

	for (const char *p = s->at; p > least + 1; p--) {
		const char *q = p + 1, *before = p;
		struct dmv_word w;

		if (*p != '(' || !dmv_word_char(*q) || !dmv_word_next(&q, s->at, &w) || !w.number ||
		    *q != ')')
			continue;
		while (before > least && (before[-1] == ' ' || before[-1] == '\t'))
			before--;
		if (named(least, before))
			return take(b, 0, &w);
	}
	return false;
}

static const char *parse_arguments(const struct dmv_scan *s, struct dmv_seen *b)
{
	if (!header(s, b))
		missing(b, 0);
	return parameters(s, window(s, "Arg1:", NULL), "Arg", PADDED, b);
}

/* ---- 4: "BUGCHECK_CODE:  e6", "BUGCHECK_P1: 26" of newer debuggers ---- */

static const char *parse_fields(const struct dmv_scan *s, struct dmv_seen *b)
{
	bool whole = dmv_starts(s->at, "BUGCHECK_CODE:");
	const char *end = window(s, "BUGCHECK_CODE:", whole ? NULL : "BUGCHECK_P1:");
	const char *p = s->after;
	struct dmv_word w;

	if (!whole || !value(&p, &w))
		missing(b, 0);
	else
		take(b, 0, &w);
	return parameters(s, end, "BUGCHECK_P", PLAIN, b);
}

/* ---- 5: "BugCheck E6, {26, 0, c1f80, 6}" of older ones ---- */

static const char *parse_banner(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after;
	bool known = code(&p, b);

	if (!known)
		p = s->after;
	p += strspn(p, " \t,");
	if (*p != '{')
		return NULL;
	if (!known)
		missing(b, 0);
	return list(p + 1, b);
}

/* ---- 6, 7: "*** Fatal System Error: 0x000000e6" and "*** STOP: 0x000000E6", then (...) ---- */

/* Parameters that lost their brackets: on the line of the code, and nothing else is. */
static const char *bare(const char *p, struct dmv_seen *b)
{
	struct dmv_word w;
	unsigned n = 0;

	while (n < 4 && dmv_word_here(&p, NULL, &w) && w.number)
		take(b, ++n, &w);
	if (n < 4)
		missing(b, n + 1);
	return p;
}

static const char *parse_screen(const struct dmv_scan *s, struct dmv_seen *b)
{
	/* "stop: add 5" and "stop 0x10" are English */
	bool loud = !strncmp(s->at, "STOP", 4) || s->at[0] == 'F';
	const char *p = s->after, *direct = p + strspn(p, " \t:"), *open;
	struct dmv_word w;

	if (!loud && s->after[-1] != ':')
		return NULL;
	if (*direct == '(' && is_list(direct + 1)) {
		missing(b, 0);
		return list(direct + 1, b);
	}
	if (!dmv_word_here(&p, NULL, &w) || !w.number)
		return NULL;
	open = open_list(p);
	if (!loud && (!open || open != p + strspn(p, " \t\n>") + 1))
		return NULL;
	if (!take(b, 0, &w))
		return p;
	return open ? list(open, b) : bare(p, b);
}

/* ---- 8: "Bugcheck code 000000E6", "Arguments 00000000`00000026 ..." of .bugcheck ---- */

static const char *parse_dot_bugcheck(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after, *end, *arguments;
	unsigned n = 0, digits = 0;
	struct dmv_word w;

	if (!code(&p, b))
		return NULL;
	end = dmv_find_key(p, p + strnlen(p, LIST_BYTES), "Bugcheck code");
	end = end ? end : p + strnlen(p, LIST_BYTES);
	arguments = dmv_find_key(p, end, "Arguments");
	if (!arguments) {
		missing(b, 1);
		return p;
	}
	for (p = arguments + strlen("Arguments"); n < 4 && dmv_word_next(&p, end, &w);) {
		if (!w.number)
			break;
		if (take(b, ++n, &w))
			check_cut(b, n, &w, digits);
		digits = w.digits;
	}
	if (n < 4)
		missing(b, n + 1);
	return p;
}

/* ---- 9: the line of nt!KeBugCheckEx in a stack: code, P1 to P3, and where P4 is ---- */

enum { STACK_WORDS = 12 };

/* Words of a stack line in front of the function, and behind which of them the colons are. */
struct stack_line {
	struct dmv_word w[STACK_WORDS];
	unsigned n, colon[2];           /* the last two; 0: none */
};

static void stack_words(const char *p, const char *end, struct stack_line *l)
{
	l->n = l->colon[0] = l->colon[1] = 0;
	while (p < end) {
		if (*p == ':' && (p[1] == ' ' || p[1] == '\t')) {
			l->colon[0] = l->colon[1];
			l->colon[1] = l->n;
		}
		if (!dmv_word_char(*p)) {
			p++;
			continue;
		}
		if (l->n == STACK_WORDS) {      /* what is far in front is no part of it */
			memmove(l->w, l->w + 1, sizeof(l->w) - sizeof(l->w[0]));
			l->n--;
			l->colon[0] -= l->colon[0] > 0;
			l->colon[1] -= l->colon[1] > 0;
		}
		dmv_word_next(&p, end, &l->w[l->n++]);
	}
}

/* First of the words that carry the arguments, and how many; 0: the line shows none. */
static unsigned stack_arguments(const struct stack_line *l, unsigned *many)
{
	unsigned from;

	/* 64 bits: SP RET : A B C D : nt!KeBugCheckEx; the module is the last word */
	if (l->colon[0] >= 2 && l->colon[1] == l->colon[0] + 4 && l->n == l->colon[1] + 1) {
		*many = 4;
		return l->colon[0];
	}
	/* 32 bits: EBP RET A B C nt!KeBugCheckEx+0x1e */
	if (l->n < 6)
		return 0;
	from = l->n - 4;
	for (unsigned i = from - 2; i < l->n - 1; i++)
		if (!l->w[i].number || l->w[i].digits != 8)
			return 0;
	*many = 3;
	return from;
}

/*
 * x64 passes the fifth argument on the stack: 0x28 above the stack pointer at the entry, which is
 * the frame's unless the line shows an offset into the function.
 */
static uint64_t stack_p4(const struct dmv_scan *s, const struct stack_line *l, unsigned args)
{
	const struct dmv_word *sp = &l->w[args - 2];

	if (!sp->number || sp->digits < 16 || *s->after == '+')
		return UINT64_MAX;
	return sp->v + 0x28;
}

static const char *parse_stack(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *line = s->at;
	struct stack_line l;
	unsigned args, many = 0;

	while (line > s->text && line[-1] != '\n' && s->at - line < DMV_LONG_LINE)
		line--;
	stack_words(line, s->at, &l);
	args = stack_arguments(&l, &many);
	if (!args)
		return NULL;
	b->absent = (uint8_t)(ALL & ~((1u << many) - 1));
	for (unsigned i = 0; i < many; i++)
		if (!take(b, i, &l.w[args + i]))
			return s->after;
	if (many == 4)
		b->stack = stack_p4(s, &l, args);
	return s->after;
}

/* ---- 10: dq nt!KiBugCheckData L5 ---- */

/* Words of a line of memory; false: it is none, or does not go on where the last one ended. */
static bool memory_line(const char **p, uint64_t *next, unsigned *n, struct dmv_seen *b)
{
	const char *end = dmv_line_end(*p);
	struct dmv_word w, address;
	unsigned size = 0;

	/* a log may have put a time in front */
	do {
		if (!dmv_word_here(p, end, &address))
			return false;
	} while (!address.number || (address.digits != 8 && address.digits != 16));
	if (*n && address.v != *next)
		return false;
	*next = address.v;
	while (*n < 5 && dmv_word_here(p, end, &w)) {
		if (w.at[0] == '?') {
			lacks(b, "%s of the bugcheck could not be read by the debugger",
			      *n ? "a parameter" : "the code");
		} else if (!w.number || (w.digits != 8 && w.digits != 16)) {
			break;          /* the name of a symbol, or characters */
		} else if (address.digits == 16 && w.digits == 8) {
			lacks(b, "these are halves of 64-bit words: use dq instead of dd");
			return false;
		} else {
			take(b, *n, &w);
		}
		size = w.digits / 2;
		*next += size;
		++*n;
	}
	*p = end + (*end == '\n');
	return size;
}

static const char *parse_memory(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = dmv_line_end(s->after), *from;
	unsigned n = 0, skipped = 0;
	uint64_t next = 0;

	for (p += *p == '\n', from = p; n < 5 && *p; from = p) {
		if (memory_line(&p, &next, &n, b))
			continue;
		/* the debugger may complain about symbols first */
		if (n || b->why[0] || ++skipped > 3)
			break;
		p = dmv_line_end(from);
		p += *p == '\n';
	}
	if (n < 5)
		missing(b, n);
	return n ? p : s->after;
}

/* ---- weaker ones: they name the code and no parameter ---- */

static const char *parse_bugcheck_str(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after;
	struct dmv_word w;

	if (!value(&p, &w))
		return NULL;
	/* 0xc4_62: behind the code is a name, or a parameter, but never all of them */
	for (size_t i = 0; i < w.n; i++) {
		struct dmv_word head = w;
		const char *from = w.at;

		if (w.at[i] != '_')
			continue;
		if (!dmv_word_next(&from, w.at + i, &head))
			return NULL;
		w = head;
		break;
	}
	if (!w.prefixed || !w.number || !take(b, 0, &w))
		return NULL;
	b->mention = true;
	missing(b, 1);
	return p;
}

/* The name alone, as the screen of Windows 8 and later shows it; a code may follow it. */
static const char *parse_name(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->at, *open;
	struct dmv_word w, c;
	uint32_t code_of;

	if (!dmv_word_next(&p, s->end, &w) || !dmv_bugcheck_named(w.at, w.n, &code_of))
		return NULL;
	w.number = true;
	w.v = code_of;
	open = p + strspn(p, " ");
	if (*open++ == '(' && dmv_word_char(*open) && dmv_word_next(&open, s->end, &c) &&
	    c.number && *open == ')')
		w = c;
	take(b, 0, &w);
	b->mention = true;
	lacks(b, "parameter 1 of the bugcheck is missing: a name does not carry it; event 1001 of "
		 "the system log does");
	return p;
}

/* ---- two more that people paste, all of labels ---- */

static const char *parse_signature(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after;

	if (!code(&p, b))
		return NULL;
	return parameters(s, window(s, "BCCode", NULL), "BCP", PLAIN, b);
}

static const char *parse_viewer(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after;

	if (!code(&p, b))
		return NULL;
	return parameters(s, window(s, "Bug Check Code", NULL), "Parameter ", PADDED, b);
}

/* The reliability history of Windows 10 and later; events of other names are of programs. */
static const char *parse_reliability(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after + strspn(s->after, " \t"), *end;

	if (!dmv_starts(p, "BlueScreen") && !dmv_starts(p, "LiveKernelEvent"))
		return NULL;
	end = window(s, "Problem Event Name:", NULL);
	p = dmv_find_key(p, end, "Code:");
	if (!p)
		return NULL;
	p += strlen("Code:");
	if (!code(&p, b))
		missing(b, 0);
	return parameters(s, end, "Parameter ", PLAIN, b);
}

/* "Stop code: 0xE6", of a screen that has no room for more. */
static const char *parse_stop_code(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->after;

	if (!code(&p, b))
		return NULL;
	b->mention = true;
	lacks(b, "parameter 1 of the bugcheck is missing: this screen does not carry it; event "
		 "1001 of the system log does");
	return p;
}

/* ---- the quadruple without words, or with words of another language ---- */

static const char *parse_quadruple(const struct dmv_scan *s, struct dmv_seen *b)
{
	const char *p = s->at, *open, *end;
	bool prefixed = true;
	struct dmv_word w;
	unsigned width;

	if (!dmv_word_next(&p, s->end, &w) || !w.number)
		return NULL;
	width = w.digits;
	p += strspn(p, " \t\n>");
	if (*p != '(' || !is_list(p + 1))
		return NULL;
	open = p + 1;
	if (!take(b, 0, &w))
		return NULL;
	end = list(open, b);
	for (p = open; p < end && dmv_word_next(&p, end, &w);)
		prefixed &= w.prefixed;
	/* "flags 0x00000010 (0x20)" is no bugcheck; a list of two or three is one that is torn */
	if (b->why[0] && (width != 8 || !prefixed || !(b->known & 1u << 2)))
		return NULL;
	if (width != 8 || !prefixed) {
		b->form = "list";
		b->title = "CODE (P1, P2, P3, P4)";
	}
	return end;
}

/* ---- the table: the first that fits wins ---- */

const struct dmv_form dmv_forms[] = {
	{ "event-1001", "event log 1001", "The bugcheck was:", parse_event_1001 },
	{ "event-41", "event log 41", "BugcheckCode", parse_event_41 },
	{ "event-41", "event log 41", "BugcheckParameter1", parse_event_41 },
	{ "analyze-arguments", "arguments of !analyze", "Arg1:", parse_arguments },
	{ "analyze-fields", "fields of !analyze", "BUGCHECK_CODE:", parse_fields },
	{ "analyze-fields", "fields of !analyze", "BUGCHECK_P1:", parse_fields },
	{ "fatal-error", "kernel debugger's break", "Fatal System Error:", parse_screen },
	{ "stop-screen", "blue screen", "STOP:", parse_screen },
	{ "stop-screen", "blue screen", "STOP ", parse_screen },
	{ "dot-bugcheck", ".bugcheck", "Bugcheck code", parse_dot_bugcheck },
	{ "banner", "WinDbg's banner", "BugCheck", parse_banner },
	{ "stack", "stack line of KeBugCheckEx", "!KeBugCheckEx", parse_stack },
	{ "stack", "stack line of KeBugCheckEx", "!_KeBugCheckEx", parse_stack },
	{ "memory", "memory of KiBugCheckData", "!KiBugCheckData", parse_memory },
	{ "signature", "problem signature", "BCCode", parse_signature },
	{ "viewer", "list of a crash viewer", "Bug Check Code", parse_viewer },
	{ "reliability", "reliability history", "Problem Event Name:", parse_reliability },
	{ "stop-code", "stop code", "Stop code:", parse_stop_code },
	{ "bugcheck-str", "BUGCHECK_STR of !analyze", "BUGCHECK_STR:", parse_bugcheck_str },
	{ "event-1001", "event log 1001", "0x", parse_quadruple },
	{ "name", "name of a bugcheck", "", parse_name },
};
const size_t dmv_nforms = sizeof(dmv_forms) / sizeof(dmv_forms[0]);

/* ---- typed numbers ---- */

static const char *first_list(const char *p)
{
	p = strpbrk(p, "({");
	return p && is_list(p + 1) ? p + 1 : NULL;
}

enum dmv_code dmv_form_typed(const char *text, struct dmv_seen *b, struct dmv_err *e)
{
	const char *p = text, *open = first_list(text);
	struct dmv_word w;
	unsigned n = 0;

	if (!dmv_word_char(*p) || !dmv_word_next(&p, NULL, &w) || !w.number ||
	    text[strcspn(text, "\n")])
		return DMV_E_NOTFOUND;
	b->form = "typed";
	b->title = "typed numbers";
	for (p = text; dmv_word_next(&p, open, &w);) {
		if (n == 5)
			lacks(b, "a bugcheck has four parameters");
		if (b->why[0] || !take(b, n++, &w))
			break;
	}
	if (open && n > 1)
		lacks(b, "one code goes in front of the parameters");
	if (open && !b->why[0])
		list(open, b);
	if (b->why[0])
		return dmv_fail(e, DMV_E_USAGE, "%s", b->why);
	b->absent = (uint8_t)(ALL & ~b->known);
	return DMV_E_OK;
}
