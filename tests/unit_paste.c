/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Bugchecks in texts. Every row of the list of violations, and every neighbour, is written in each
 * of the ten forms and in each encoding, and must come back; the writers know the parser not. No
 * text that is cut anywhere may decode to something else. And texts that others wrote.
 */
#include <stdlib.h>
#include <time.h>

#include "cmd.h"
#include "iommu_faults.h"
#include "meaning.h"
#include "paste.h"
#include "rules.h"
#include "t.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct store {
	char *p;
	size_t n;
};

static bool keep(void *ctx, const char *buf, size_t n)
{
	struct store *s = ctx;

	s->p = realloc(s->p, s->n + n + 1);
	if (!s->p)
		return false;
	memcpy(s->p + s->n, buf, n);
	s->n += n;
	s->p[s->n] = 0;
	return true;
}

/* Answer of `bugcheck` to a paste; the caller frees it. */
static char *answer(enum dmv_format format, const char *text, size_t n, int *code, char *why)
{
	struct store store = { calloc(1, 1), 0 };
	struct dmv_ses s = { .out = dmv_out_new(format, keep, &store), .paste = text, .npaste = n };

	*code = dmv_run(&s, "bugcheck");
	snprintf(why, sizeof(s.err.msg), "%s", s.err.msg);
	dmv_out_free(s.out);
	return store.p;
}

/* ---- what is written: each row with values of its own ---- */

struct row {
	const char *name;
	uint32_t code;
	uint64_t p[4];
};

enum { ROWS = 160, SMALL = 1 << 14 };

#define DMV_P_ANY (-1)
#define DMV_RULE(name, id, code, p1, p2, ...) \
	{ #name, code, { p1, (uint64_t)(int64_t)(p2), 0, 0 } },
static const struct row rules[] = {
#include "dmv_violation.def"
};
#undef DMV_RULE

/* bugchecks.md: neighbours, codes never documented, the mark of a minidump, other bugchecks. */
#define ANY UINT64_MAX
static const struct row others[] = {
	{ "158", 0x158, { ANY, ANY, ANY, ANY } },
	{ "159", 0x159, { 0x3001, ANY, ANY, ANY } },
	{ "159 of another vendor", 0x159, { 0x1000, ANY, ANY, ANY } },
	{ "1d9 0", 0x1D9, { 0, ANY, ANY, 0 } },
	{ "1d9 1", 0x1D9, { 1, ANY, ANY, ANY } },
	{ "1d9 2", 0x1D9, { 2, ANY, ANY, 0 } },
	{ "c4 b0", 0xC4, { 0xB0, ANY, ANY, ANY } },
	{ "c4 b1", 0xC4, { 0xB1, ANY, ANY, ANY } },
	{ "c4 b2", 0xC4, { 0xB2, ANY, ANY, ANY } },
	{ "c4 b3", 0xC4, { 0xB3, ANY, ANY, ANY } },
	{ "c4 b4", 0xC4, { 0xB4, ANY, ANY, ANY } },
	{ "c4 b5", 0xC4, { 0xB5, ANY, ANY, ANY } },
	{ "c4 b6", 0xC4, { 0xB6, ANY, ANY, ANY } },
	{ "c4 b7", 0xC4, { 0xB7, ANY, ANY, ANY } },
	{ "c4 b8", 0xC4, { 0xB8, ANY, ANY, ANY } },
	{ "c4 b9", 0xC4, { 0xB9, ANY, ANY, ANY } },
	{ "ca 2", 0xCA, { 2, ANY, ANY, 0 } },
	{ "161", 0x161, { 0x5461736b, 0, 0, 0 } },
	{ "e6 12", 0xE6, { 0x12, ANY, ANY, ANY } },
	{ "e6 17", 0xE6, { 0x17, ANY, ANY, ANY } },
	{ "e6 1a", 0xE6, { 0x1A, ANY, ANY, ANY } },
	{ "e6 1c", 0xE6, { 0x1C, ANY, ANY, ANY } },
	{ "minidump", 0x100000E6, { 0x0F, 5, ANY, ANY } },
	{ "another", 0x1000007E, { 0xC0000005, ANY, ANY, ANY } },
};

/* Words that carry data get values that no other row and no other word has. */
static size_t make_rows(struct row *rows, bool wide)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(rules); i++)
		rows[n++] = rules[i];
	for (size_t i = 0; i < COUNT(others); i++)
		rows[n++] = others[i];
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < 4; k++)
			if (rows[i].p[k] == ANY || (i < COUNT(rules) && k > 1))
				rows[i].p[k] = (wide ? 0xFFFFD08B00000000 : 0x80000000) +
					       (i << 12) + (k << 8) + 0xA1 * (k + 1);
	return n;
}

/* ---- the writers ---- */

typedef unsigned long long ull;

static void tick(char *buf, size_t size, uint64_t v, bool wide)
{
	if (wide)
		snprintf(buf, size, "%08llx`%08llx", (ull)v >> 32, (ull)v & 0xFFFFFFFF);
	else
		snprintf(buf, size, "%08llx", (ull)v);
}

static int width(bool wide)
{
	return wide ? 16 : 8;
}

static void write_event_1001(char *to, const struct row *r, bool wide)
{
	int w = width(wide);

	snprintf(to, SMALL, "The computer has rebooted from a bugcheck.  The bugcheck was: 0x%08x "
		 "(0x%0*llx, 0x%0*llx, 0x%0*llx, 0x%0*llx). A dump was saved in: "
		 "C:\\WINDOWS\\MEMORY.DMP. Report Id: 11112222-3333-4444-5555-666677778888.\n",
		 r->code, w, (ull)r->p[0], w, (ull)r->p[1], w, (ull)r->p[2], w, (ull)r->p[3]);
}

static void write_event_41(char *to, const struct row *r, bool wide)
{
	(void)wide;
	snprintf(to, SMALL,
		 "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\n"
		 "<System>\n  <Provider Name=\"Microsoft-Windows-Kernel-Power\" "
		 "Guid=\"{331c3b3a-2005-44c2-ac5e-77220c37d6b4}\" />\n  <EventID>41</EventID>\n"
		 "  <Keywords>0x8000400000000002</Keywords>\n</System>\n<EventData>\n"
		 "  <Data Name=\"BugcheckCode\">%u</Data>\n"
		 "  <Data Name=\"BugcheckParameter1\">0x%llx</Data>\n"
		 "  <Data Name=\"BugcheckParameter2\">0x%llx</Data>\n"
		 "  <Data Name=\"BugcheckParameter3\">0x%llx</Data>\n"
		 "  <Data Name=\"BugcheckParameter4\">0x%llx</Data>\n"
		 "  <Data Name=\"SleepInProgress\">0</Data>\n"
		 "  <Data Name=\"PowerButtonTimestamp\">131728546170882432</Data>\n"
		 "</EventData>\n</Event>\n",
		 r->code, (ull)r->p[0], (ull)r->p[1], (ull)r->p[2], (ull)r->p[3]);
}

static void write_arguments(char *to, const struct row *r, bool wide)
{
	const char *name = dmv_bugcheck_name(r->code & ~0x10000000u);
	int w = width(wide);

	snprintf(to, SMALL,
		 "*******************************************************************************\n"
		 "*                        Bugcheck Analysis                                    *\n"
		 "*******************************************************************************\n"
		 "\n%s (%x)\nAn illegal operation was attempted by a HAL (4) (perhaps by the\n"
		 "administrator's choice).\nArguments:\nArg1: %0*llx, a word (12 bytes).\n"
		 "Arg2: %0*llx, Device Object of faulting device.\n"
		 "Arg3: %0*llx, Faulting information (usually 4096 bytes).\n"
		 "Arg4: %0*llx, Fault type (hardware specific).\n\nDebugging Details:\n",
		 name ? name : "SOME_OTHER_BUGCHECK_M", r->code, w, (ull)r->p[0], w, (ull)r->p[1],
		 w, (ull)r->p[2], w, (ull)r->p[3]);
}

static void write_fields(char *to, const struct row *r, bool wide)
{
	(void)wide;
	snprintf(to, SMALL,
		 "    Key  : WER.OS.Version\n    Value: 10.0.19041.1\n\n\nBUGCHECK_CODE:  %x\n\n"
		 "BUGCHECK_P1: %llx\n\nBUGCHECK_P2: %llx\n\nBUGCHECK_P3: %llx\n\n"
		 "BUGCHECK_P4: %llx\n\nPROCESS_NAME:  System\n",
		 r->code, (ull)r->p[0], (ull)r->p[1], (ull)r->p[2], (ull)r->p[3]);
}

static void write_banner(char *to, const struct row *r, bool wide)
{
	(void)wide;
	snprintf(to, SMALL,
		 "Use !analyze -v to get detailed debugging information.\n\n"
		 "BugCheck %X, {%llx, %llx, %llx, %llx}\n\nProbably caused by : usbohci.sys\n",
		 r->code, (ull)r->p[0], (ull)r->p[1], (ull)r->p[2], (ull)r->p[3]);
}

static void write_fatal(char *to, const struct row *r, bool wide)
{
	int w = width(wide);

	snprintf(to, SMALL,
		 "\n*** Fatal System Error: 0x%08x\n                       "
		 "(0x%0*llX,0x%0*llX,0x%0*llX,0x%0*llX)\n\n"
		 "Break instruction exception - code 80000003 (first chance)\n",
		 r->code, w, (ull)r->p[0], w, (ull)r->p[1], w, (ull)r->p[2], w, (ull)r->p[3]);
}

static void write_stop(char *to, const struct row *r, bool wide)
{
	int w = width(wide);

	snprintf(to, SMALL,
		 "A problem has been detected and Windows has been shut down.\n\n"
		 "Technical information:\n\n*** STOP: 0x%08X (0x%0*llX,0x%0*llX,0x%0*llX,0x%0*llX)\n"
		 "*** Address FCA7C55C base at FCA72000, Datestamp 3A72BDEF - ACPI.sys\n",
		 r->code, w, (ull)r->p[0], w, (ull)r->p[1], w, (ull)r->p[2], w, (ull)r->p[3]);
}

static void write_dot(char *to, const struct row *r, bool wide)
{
	char a[4][24];

	for (unsigned i = 0; i < 4; i++)
		tick(a[i], sizeof(a[i]), r->p[i], wide);
	snprintf(to, SMALL, "0: kd> .bugcheck\nBugcheck code %08X\nArguments %s %s %s %s\n",
		 r->code, a[0], a[1], a[2], a[3]);
}

static void write_stack(char *to, const struct row *r, bool wide)
{
	char a[4][24];

	tick(a[0], sizeof(a[0]), r->code, wide);
	for (unsigned i = 0; i < 3; i++)
		tick(a[i + 1], sizeof(a[i + 1]), r->p[i], wide);
	if (wide)
		snprintf(to, SMALL,
			 "0: kd> kb\n"
			 "RetAddr           : Args to Child                 : Call Site\n"
			 "fffff802`85a6cea8 fffff802`7eadab47     : %s %s %s %s : nt!KeBugCheckEx\n"
			 "fffff802`85a6ceb0 fffff802`7eac6a6b     : 00000000`00000000 "
			 "00000000`00000000 00000000`00000001 00000000`00000002 : nt!Other+0x1a7\n",
			 a[0], a[1], a[2], a[3]);
	else
		snprintf(to, SMALL,
			 "0: kd> kb\nChildEBP RetAddr  Args to Child\n"
			 "92f63b6c 82e73bae %s %s %s nt!KeBugCheckEx+0x1e\n"
			 "92f63b88 82e78c32 9655d4a8 9655d468 000000b0 nt!Other+0x3c\n",
			 a[0], a[1], a[2]);
}

static void write_memory(char *to, const struct row *r, bool wide)
{
	char a[5][24];

	tick(a[0], sizeof(a[0]), r->code, wide);
	for (unsigned i = 0; i < 4; i++)
		tick(a[i + 1], sizeof(a[i + 1]), r->p[i], wide);
	if (wide)
		snprintf(to, SMALL,
			 "0: kd> dq nt!KiBugCheckData L5\nfffff802`7f249dd0  %s %s\n"
			 "fffff802`7f249de0  %s %s\nfffff802`7f249df0  %s\n",
			 a[0], a[1], a[2], a[3], a[4]);
	else
		snprintf(to, SMALL,
			 "0: kd> dd nt!KiBugCheckData L5\n80546ab0  %s %s %s %s\n80546ac0  %s\n",
			 a[0], a[1], a[2], a[3], a[4]);
}

static const struct form {
	const char *name;
	void (*write)(char *to, const struct row *r, bool wide);
	uint8_t wide, narrow;           /* which words it carries */
	bool open;                      /* its last number may be cut without a trace */
} forms[] = {
	{ "event-1001", write_event_1001, 0x1F, 0x1F, false },
	{ "event-41", write_event_41, 0x1F, 0x1F, false },
	{ "analyze-arguments", write_arguments, 0x1F, 0x1F, false },
	{ "analyze-fields", write_fields, 0x1F, 0x1F, true },
	{ "banner", write_banner, 0x1F, 0x1F, false },
	{ "fatal-error", write_fatal, 0x1F, 0x1F, false },
	{ "stop-screen", write_stop, 0x1F, 0x1F, false },
	{ "dot-bugcheck", write_dot, 0x1F, 0x1F, false },
	{ "stack", write_stack, 0x0F, 0x07, false },
	{ "memory", write_memory, 0x1F, 0x1F, false },
};

/* ---- encodings ---- */

static size_t as_is(const char *text, char *to)
{
	return (size_t)sprintf(to, "%s", text);
}

/* Each line feed, or the begin of each line, becomes `what`. */
static size_t lines(const char *text, char *to, const char *what, bool front)
{
	char *begin = to;

	if (front)
		to += sprintf(to, "%s", what);
	for (; *text; text++) {
		if (*text != '\n')
			*to++ = *text;
		else if (!front)
			to += sprintf(to, "%s", what);
		else
			to += sprintf(to, "\n%s", what);
	}
	*to = 0;
	return (size_t)(to - begin);
}

static size_t crlf(const char *text, char *to)
{
	return lines(text, to, "\r\n", false);
}

static size_t logged(const char *text, char *to)
{
	return lines(text, to, "2026-11-21T11:15:57.123+0100 host serial[77]: ", true);
}

static size_t quoted(const char *text, char *to)
{
	return lines(text, to, "> ", true);
}

static size_t utf16(const char *text, char *to, bool big)
{
	size_t n = 0;

	to[n++] = big ? (char)0xFE : (char)0xFF;
	to[n++] = big ? (char)0xFF : (char)0xFE;
	for (; *text; text++) {
		to[n++] = big ? 0 : *text;
		to[n++] = big ? *text : 0;
	}
	return n;
}

static size_t utf16_little(const char *text, char *to)
{
	return utf16(text, to, false);
}

static size_t utf16_big(const char *text, char *to)
{
	return utf16(text, to, true);
}

/* UTF-16 with what marks it cut off, and lines as Windows ends them. */
static size_t utf16_bare(const char *text, char *to)
{
	char *half = malloc(4 * SMALL);
	size_t n;

	crlf(text, half);
	n = utf16(half, to, false) - 2;
	memmove(to, to + 2, n);
	free(half);
	return n;
}

static size_t html(const char *text, char *to)
{
	char *begin = to;

	for (; *text; text++) {
		if (*text == '<' || *text == '>')
			to += sprintf(to, *text == '<' ? "&lt;" : "&gt;");
		else if (*text == '"')
			to += sprintf(to, "&quot;");
		else if (*text == '&')
			to += sprintf(to, "&amp;");
		else if (strchr("(`,:", *text))
			to += sprintf(to, *text & 1 ? "&#x%x;" : "&#%d;", *text);
		else
			*to++ = *text;
	}
	*to = 0;
	return (size_t)(to - begin);
}

static size_t html_twice(const char *text, char *to)
{
	char *half = malloc(8 * SMALL);
	size_t n;

	html(text, half);
	n = html(half, to);
	free(half);
	return n;
}

/* Brackets and commas of full width, no-break spaces, a mark of direction in front. */
static size_t eastern(const char *text, char *to)
{
	static const char *const pairs[][2] = {
		{ "(", "\xEF\xBC\x88" }, { ")", "\xEF\xBC\x89" }, { "`", "\xE2\x80\x98" },
		{ ", ", "\xEF\xBC\x8C" },
	};
	char *begin = to;

	to += sprintf(to, "\xE2\x80\x8E");
	while (*text) {
		size_t i = 0;

		while (i < COUNT(pairs) && strncmp(text, pairs[i][0], strlen(pairs[i][0])))
			i++;
		if (i < COUNT(pairs)) {
			to += sprintf(to, "%s", pairs[i][1]);
			text += strlen(pairs[i][0]);
		} else {
			*to++ = *text++;
		}
	}
	*to = 0;
	return (size_t)(to - begin);
}

static const struct {
	const char *name;
	size_t (*make)(const char *text, char *to);
} encodings[] = {
	{ "as it is", as_is }, { "CRLF", crlf }, { "in a log", logged }, { "in a mail", quoted },
	{ "UTF-16LE", utf16_little }, { "UTF-16BE", utf16_big }, { "UTF-16 unmarked", utf16_bare },
	{ "HTML", html }, { "HTML twice", html_twice }, { "full width", eastern },
};

/* ---- round trips ---- */

/* What is wrong with the one bugcheck of a text; NULL: nothing. */
static const char *differs(const struct dmv_paste *p, const struct row *r, const char *form,
			   uint8_t words)
{
	static char why[160];
	const struct dmv_seen *b = NULL;

	for (size_t i = 0; i < p->nseen; i++)
		if (p->seen[i].first == i) {
			if (b)
				return "two bugchecks";
			b = &p->seen[i];
		}
	if (!b)
		return "none found";
	for (size_t i = 0; i < p->nseen; i++)
		if (!p->seen[i].mention && strcmp(p->seen[i].form, form))
			return p->seen[i].form;
	if (b->known != words) {
		snprintf(why, sizeof(why), "words %#x, not %#x: %s", b->known, words, b->why);
		return why;
	}
	if (b->v[0] != r->code)
		return "code";
	for (unsigned i = 0; i < 4; i++)
		if (words & 2u << i && b->v[i + 1] != r->p[i])
			return "parameter";
	return NULL;
}

/* The answer names rule and parameters. */
static const char *misread(const char *said, const struct row *r, const char *form, uint8_t words)
{
	static char want[256];
	struct dmv_meaning m;
	uint32_t plain = r->code & ~0x10000000u;
	size_t at = 0;

	at += (size_t)snprintf(want, sizeof(want), "\"code\":%u,\"name\":", plain);
	if (!strstr(said, want))
		return want;
	at = 0;
	for (unsigned i = 0; i < 4; i++)
		at += (size_t)snprintf(want + at, sizeof(want) - at, words & 2u << i
				       ? "%s\"p%u\":\"0x%llx\"" : "%s\"p%u\":null",
				       i ? "," : "", i + 1, (ull)r->p[i]);
	if (!strstr(said, want))
		return want;
	snprintf(want, sizeof(want), "\"form\":\"%s\"", form);
	if (!strstr(said, want))
		return want;
	if (!dmv_meaning_of(plain, r->p, words >> 1, &m))
		return NULL;
	snprintf(want, sizeof(want), m.rule ? "\"rule\":\"%s\"" : "\"rule\":null", m.rule);
	if (!strstr(said, want))
		return want;
	snprintf(want, sizeof(want), "\"title\":\"%s\"", m.title);
	return strstr(said, want) ? NULL : want;
}

/* false: said what failed. */
static bool round_trip(const struct form *f, size_t encoding, const struct row *r, bool wide)
{
	char *text = malloc(SMALL), *sent = malloc(64 * SMALL), *said, why[240];
	uint8_t words = wide ? f->wide : f->narrow;
	struct dmv_paste p = { 0 };
	struct dmv_err e = { 0 };
	const char *bad;
	size_t n;
	int code;

	f->write(text, r, wide);
	n = encodings[encoding].make(text, sent);
	bad = dmv_paste_parse(sent, n, &p, &e) ? e.msg : differs(&p, r, f->name, words);
	if (!bad) {
		said = answer(DMV_JSON, sent, n, &code, why);
		bad = code ? why : misread(said, r, f->name, words);
		free(said);
	}
	dmv_paste_free(&p);
	if (bad)
		t_report(false, r->name, T_WHERE, "%s, %s, %s bits: %s", f->name,
			 encodings[encoding].name, wide ? "64" : "32", bad);
	free(text);
	free(sent);
	return !bad;
}

static void round_trips(void)
{
	static struct row rows[ROWS];

	for (size_t i = 0; i < COUNT(forms); i++) {
		for (size_t k = 0; k < COUNT(encodings); k++) {
			size_t bad = 0, n = 0;
			char name[96];

			for (unsigned wide = 0; wide < 2; wide++) {
				n = make_rows(rows, wide);
				for (size_t r = 0; r < n; r++)
					bad += !round_trip(&forms[i], k, &rows[r], wide);
			}
			snprintf(name, sizeof(name), "%s, %s: %zu rows", forms[i].name,
				 encodings[k].name, n);
			T_CHECKF(!bad, name, "%zu of them", bad);
		}
	}
}

/* ---- cut texts ---- */

/* Cut anywhere, a text is refused, or says what the whole said. */
static void cuts(void)
{
	static struct row rows[ROWS];
	char *text = malloc(SMALL);

	make_rows(rows, true);
	for (size_t i = 0; i < 2 * COUNT(forms); i++) {
		const struct form *f = &forms[i / 2];
		bool wide = i % 2;
		const struct row *r = &rows[44];        /* IOMMU_FAULT */
		size_t bad = 0, refused = 0, whole = 0;
		char name[64];

		make_rows(rows, wide);
		f->write(text, r, wide);
		for (size_t n = 0; n <= strlen(text); n++) {
			struct dmv_paste p = { 0 };
			struct dmv_err e = { 0 };
			bool open = f->open && text[n] && strchr("0123456789abcdef", text[n]);

			if (dmv_paste_parse(text, n, &p, &e)) {
				refused++;
				continue;
			}
			/* "0" and "A" are numbers, too */
			if (p.typed || p.seen[p.seen[0].first].why[0])
				refused++;
			else if (differs(&p, r, f->name, wide ? f->wide : f->narrow) && !open)
				bad++;
			else
				whole++;
			dmv_paste_free(&p);
		}
		snprintf(name, sizeof(name), "%s of %s bits, cut anywhere", f->name,
			 wide ? "64" : "32");
		T_CHECKF(!bad && refused && whole, name, "%zu bad, %zu refused, %zu whole", bad,
			 refused, whole);
	}
	free(text);
}

/* ---- texts that others wrote ---- */

struct sample {
	const char *text, *want;        /* part of the JSON answer, or of the error */
	int code;
};

static const struct sample samples[] = {
	/* forum of driver writers: the header is lost, the stack knows the code */
	{ "An illegal DMA operation was attempted by a driver being verified.\n"
	  "Arg1: 0000000000000026, IOMMU detected DMA violation.\n"
	  "Arg2: 0000000000000000, Device Object of faulting device.\n"
	  "Arg3: 00000000000c1f80, Faulting information (usually faulting physical address).\n"
	  "Arg4: 0000000000000006, Fault type (hardware specific).\n\n\n"
	  "fffff80285a6cea8 fffff8027eadab47 : 00000000000000e6 0000000000000026 "
	  "0000000000000000 00000000000c1f80 : nt!KeBugCheckEx\n"
	  "fffff80285a6ceb0 fffff8027eac6a6b : 0000000000000000 0000000000000000 "
	  "fffff8027f249dd0 fffff8027f249dd0 : nt!IvtHandleInterrupt+0x1a7\n",
	  "\"p1\":\"0x26\",\"p2\":\"0x0\",\"p3\":\"0xc1f80\",\"p4\":\"0x6\"", 0 },
	/* Microsoft's page on the verifier */
	{ "Driver Verifier: Extension abort with Error Code 0x20005\n"
	  "Error String ExAcquireFastMutex should only be called at IRQL <= APC_LEVEL.\n\n"
	  "*** Fatal System Error: 0x000000c4\n                       "
	  "(0x0000000000020005,0xFFFFF88000E16F50,0x0000000000000000,0x0000000000000000)\n\n"
	  "Break instruction exception - code 80000003 (first chance)\n",
	  "\"p1\":\"0x20005\",\"p2\":\"0xfffff88000e16f50\"", 0 },
	{ "*** Fatal System Error: 0x000000c4\n (0x000000D2,0x9655D4A8,0x9655D468,0x000000B0)\n\n\n"
	  "        0xD2 : Freeing pool allocation that contains active ERESOURCE.\n",
	  "\"title\":\"not a DMA code: only its MDL codes", 0 },
	/* Microsoft's page on blue screen data */
	{ "    BugCheck 9F, {3, ffffe000f38c06a0, fffff803c596cad0, ffffe000f46a1010}\n\n"
	  "    Implicit thread is now ffffe000`f4ca3040\n    Probably caused by : hidusb.sys\n",
	  "\"code\":159,\"name\":null,\"p1\":\"0x3\",\"p2\":\"0xffffe000f38c06a0\"", 0 },
	{ "BugCheck 1000008E, {c0000005, bf920e48, baf75b38, 0}\n"
	  "Probably caused by : memory_corruption\n", "\"code\":142,\"name\":null", 0 },
	/* Microsoft's pages on 0xF2 and 0xA */
	{ "*** STOP: 0x000000F2 (0xFCA7C55C, 0x817B9B28, 0x817D2AA0, 0x00000002)\n"
	  "An interrupt storm has caused the system to hang.\n"
	  "*** Address FCA7C55C base at FCA72000, Datestamp 3A72BDEF - ACPI.sys\n",
	  "\"p4\":\"0x2\"", 0 },
	{ "kd> .bugcheck       [Lists bug check data.]\nBugcheck code 0000000a\n"
	  "Arguments 00000000 0000001c 00000000 00000000\n\nkd> kb [Lists the stack trace.]\n"
	  "ChildEBP RetAddr  Args to Child\n"
	  "8013ed5c 801263ba 00000000 00000000 e12ab000 NT!_DbgBreakPoint \n"
	  "8013eecc 801389ee 0000000a 00000000 0000001c NT!_KeBugCheckEx+0x194\n"
	  "8013eecc 00000000 0000000a 00000000 0000001c NT!_KiTrap0E+0x256\n",
	  "\"bugcheck\":[{\"region\":0,\"index\":0,\"code\":10,\"name\":null,\"p1\":\"0x0\","
	  "\"p2\":\"0x1c\",\"p3\":\"0x0\",\"p4\":\"0x0\"", 0 },
	/* kb of 32 bits, from Microsoft's page on miscellaneous checks */
	{ "92f6374c 82c2c95a 00000003 92f68cdc 00000000 nt!RtlpBreakWithStatusInstruction\n"
	  "92f63b48 82c2c804 000000c4 000000d2 9655d4a8 nt!KeBugCheck2+0x5a9\n"
	  "92f63b6c 82e73bae 000000c4 000000d2 9655d4a8 nt!KeBugCheckEx+0x1e\n",
	  "\"p1\":\"0xd2\",\"p2\":\"0x9655d4a8\",\"p3\":null,\"p4\":null", 0 },
	/* k shows no arguments: there is no bugcheck in it */
	{ " # Child-SP          RetAddr           Call Site\n"
	  "00 ffffd001`7d53d918 fffff801`61ba2b4c nt!KeBugCheckEx [d:\\th\\procstat.asm @ 122]\n",
	  "no bugcheck in this text", 3 },
	/* the debugger's page on dumpchk puts two on a line */
	{ "BUGCHECK_CODE:  1e  \nBUGCHECK_P1: ffffffffc0000420\nBUGCHECK_P2: fffff8004dbab02a\n"
	  "BUGCHECK_P3: 0  BUGCHECK_P4: fffff8003a6d5f20\n",
	  "\"p3\":\"0x0\",\"p4\":\"0xfffff8003a6d5f20\"", 0 },
	/* Microsoft's page on event 41; the browser's minus signs */
	{ "- <EventData>\n  <Data Name=\"BugcheckCode\">159</Data> \n"
	  "  <Data Name=\"BugcheckParameter1\">0x3</Data> \n"
	  "  <Data Name=\"BugcheckParameter2\">0xfffffa80029c5060</Data> \n"
	  "  <Data Name=\"BugcheckParameter3\">0xfffff8000403d518</Data> \n"
	  "  <Data Name=\"BugcheckParameter4\">0xfffffa800208c010</Data> \n",
	  "\"code\":159,", 0 },
	{ "<Data Name=\"BugcheckCode\">0</Data>\n<Data Name=\"BugcheckParameter1\">0x0</Data>\n"
	  "<Data Name=\"BugcheckParameter2\">0x0</Data>\n"
	  "<Data Name=\"BugcheckParameter3\">0x0</Data>\n"
	  "<Data Name=\"BugcheckParameter4\">0x0</Data>\n", "\"name\":\"no bugcheck\"", 0 },
	/* the same event in the friendly view */
	{ "BugcheckCode 230 \nBugcheckParameter1 0x26 \nBugcheckParameter2 0xffffd08bb1435060 \n"
	  "BugcheckParameter3 0x40 \nBugcheckParameter4 0x6 \n",
	  "\"rule\":\"IOMMU_FAULT\"", 0 },
	/* other languages: German, Japanese, Chinese, Russian in a code page */
	{ "Der Computer wurde nach einem schwerwiegenden Fehler neu gestartet. Der Fehlercode war: "
	  "0x000000e6 (0x0000000000000026, 0xffffd08bb1435060, 0x0000000000000040, "
	  "0x0000000000000006). Ein volles Abbild wurde gespeichert in: C:\\Windows\\MEMORY.DMP.",
	  "\"form\":\"event-1001\"", 0 },
	{ "\xE3\x83\x90\xE3\x82\xB0\xE3\x83\x81\xE3\x82\xA7\xE3\x83\x83\xE3\x82\xAF\xEF\xBC\x9A"
	  "0x000000e6 (0x0000000000000026, 0xffffd08bb1435060, 0x0000000000000040, "
	  "0x0000000000000006)\xE3\x80\x82", "\"form\":\"event-1001\"", 0 },
	{ "\xCE\xF8\xE8\xE1\xEA\xE0: 0x000000e6 (0x0000000000000026, 0xffffd08bb1435060, "
	  "0x0000000000000040, 0x0000000000000006).", "\"form\":\"event-1001\"", 0 },
	{ "<Data Name=\"param1\">0x000000e6 (0x0000000000000026, 0xffffd08bb1435060, "
	  "0x0000000000000040, 0x0000000000000006)</Data>", "\"form\":\"event-1001\"", 0 },
	/* a crash viewer, and the dialog of Windows 7 */
	{ "- Bug Check Code: 0x00000124\n- Parameter 1: 00000000`00000000\n"
	  "- Parameter 2: fffffa80`079b2028\n- Parameter 3: 00000000`f6000000\n"
	  "- Parameter 4: 00000000`00100153\n- Caused By Driver: hal.dll\n",
	  "\"code\":292,\"name\":null,\"p1\":\"0x0\",\"p2\":\"0xfffffa80079b2028\"", 0 },
	{ "  Problem Event Name:\tBlueScreen\n  OS Version:\t6.1.7601.2.1.0.256.1\n\n"
	  "Additional information about the problem:\n  BCCode:\te6\n  BCP1:\t0000000000000026\n"
	  "  BCP2:\t0000000000000000\n  BCP3:\t00000000000C1F80\n  BCP4:\t0000000000000006\n"
	  "  OS Version:\t6_1_7601\n", "\"form\":\"signature\"", 0 },
	/* the reliability history of Windows 10; a live dump's code there */
	{ "Problem signature\nProblem Event Name:\tBlueScreen\nCode:\te6\nParameter 1:\t26\n"
	  "Parameter 2:\tffffd08bb1435060\nParameter 3:\t40\nParameter 4:\t6\n"
	  "OS version:\t10_0_19045\nService Pack:\t0_0\n",
	  "\"p1\":\"0x26\",\"p2\":\"0xffffd08bb1435060\",\"p3\":\"0x40\",\"p4\":\"0x6\"", 0 },
	{ "Problem Event Name: LiveKernelEvent\r\nCode: 15e\r\nParameter 1: 1\r\nParameter 2: 2"
	  "\r\nParameter 3: 0\r\nParameter 4: 0\r\nOS version: 10_0_22631\r\n",
	  "\"form\":\"reliability\"", 0 },
};

/* What is missing is said, and which word it is. */
static const struct sample refusals[] = {
	{ "Stop code: DRIVER_VERIFIER_DMA_VIOLATION", "parameter 1 of the bugcheck is missing", 2 },
	{ "BUGCHECK_STR:  0xc4_62", "parameter 1", 2 },
	{ "Stop code: 0xE6", "this screen does not carry it; event 1001", 2 },
	{ "Stop code: we do not know", "no bugcheck", 3 },
	{ "Problem Event Name:\tBlueScreen\nCode:\te6\nParameter 1:\t26\nParameter 3:\t40\n"
	  "Parameter 4:\t6\n", "parameter 2 of the bugcheck is missing", 2 },
	{ "Problem Event Name:\tBlueScreen\nCode:\te6\nParameter 1:\t26\nParameter 2:\t0\n"
	  "Parameter 3:\t40\n\nProblem Event Name:\tBlueScreen\nCode:\tc4\nParameter 4:\t6\n",
	  "parameter 4 of the bugcheck is missing", 2 },
	{ "Problem Event Name:\tAPPCRASH\nCode:\te6\nParameter 1:\t26\nParameter 2:\t0\n"
	  "Parameter 3:\t40\nParameter 4:\t6\n", "no bugcheck", 3 },
	{ "FAILURE_BUCKET_ID:  0xE6_nt!IvtHandleInterrupt", "no bugcheck", 3 },
	{ "<Data Name=\"BugcheckCode\">e6</Data>", "\"e6\" is no decimal number", 2 },
	{ "BugcheckCode 230 BugcheckParameter1 38 BugcheckParameter2 0x0 BugcheckParameter3 0x0 "
	  "BugcheckParameter4 0x6", "BugcheckParameter1 is 38 without 0x", 2 },
	{ "<Data Name=\"BugcheckParameter1\">0x26</Data><Data Name=\"BugcheckParameter2\">0x0"
	  "</Data><Data Name=\"BugcheckParameter3\">0x0</Data>"
	  "<Data Name=\"BugcheckParameter4\">0x6</Data>", "the code of the bugcheck is missing", 2 },
	{ "BUGCHECK_P1: 26\nBUGCHECK_P2: 0\nBUGCHECK_P3: 0\nBUGCHECK_P4: 6\n",
	  "the code of the bugcheck is missing", 2 },
	{ "BUGCHECK_CODE: e6\nBUGCHECK_P1: 26\nBUGCHECK_P2: 0\nBUGCHECK_P4: 6\n",
	  "parameter 3", 2 },
	{ "dd nt!KiBugCheckData L5\nfffff802`7f249dd0  000000e6 00000000 00000026 00000000\n"
	  "fffff802`7f249de0  00000000\n", "use dq instead of dd", 2 },
	{ "dq nt!KiBugCheckData L5\nfffff802`7f249dd0  ????????`???????? ????????`????????\n",
	  "could not be read by the debugger", 2 },
	{ "dq nt!KiBugCheckData L5\nfffff802`7f249dd0  00000000`000000e6 00000000`00000026\n"
	  "fffff802`7f249e00  00000000`00000000 00000000`00000040\n", "parameter 2", 2 },
	{ "*** STOP: 0x000000E6 (0x26,0x0,0x40,0x6", "no bracket closes the list", 2 },
	{ "*** STOP: 0x000000E6 (0x26,0x0,0x40)", "parameter 4", 2 },
	{ "*** STOP: 0x000000E6\nThe bugcheck was: nothing", "parameter 1", 2 },
	{ "Bugcheck code 000000E6\nArguments 00000000`00000026 00000000`00000000",
	  "parameter 3", 2 },
	{ "Arg1: 26\nArg2: 0\nArg3: 0\nArg4: 6\n", "the code of the bugcheck is missing", 2 },
	{ "The bugcheck was: 0x1000000e6 (0x26, 0x0, 0x40, 0x6).", "32 bits", 2 },
	{ "The bugcheck was: 0x000000e6 (0x26, 0x0, 0x40, 0x6, 0x7).", "four parameters", 2 },
	{ "stop: add five of them (1, 2, 3, 4)", "no bugcheck", 3 },
	{ "flags 0x00000010 (0x20) are set", "no bugcheck", 3 },
	{ "", "no bugcheck in this text: it is empty", 3 },
	{ "\r\n \t\n", "it is empty", 3 },
	{ "\xFF\xFE", "it is empty", 3 },
};

static void others_wrote(void)
{
	char why[240], name[64], *said;
	int code;

	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];

		said = answer(DMV_JSON, s->text, strlen(s->text), &code, why);
		snprintf(name, sizeof(name), "sample %zu: %.20s", i, s->text);
		name[strcspn(name, "\n")] = 0;
		T_CHECKF(code == s->code && (strstr(said, s->want) || strstr(why, s->want)), name,
			 "exit %d, %s: %s", code, why, said);
		free(said);
	}
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct sample *s = &refusals[i];

		said = answer(DMV_TEXT, s->text, strlen(s->text), &code, why);
		snprintf(name, sizeof(name), "refused %zu: %.24s", i, s->text);
		name[strcspn(name, "\n")] = 0;
		T_CHECKF(code == s->code && strstr(why, s->want) && !*said, name,
			 "exit %d, \"%s\", said \"%s\"", code, why, said);
		free(said);
	}
}

/* ---- several in one paste ---- */

static void several(void)
{
	static const char text[] =
		"The bugcheck was: 0x000000e6 (0x26, 0x0, 0xc1f80, 0x6). First.\n"
		"The bugcheck was: 0x000000e6 (0x9, 0x8000, 0x2, 0x1). Second.\n"
		"*** STOP: 0x000000E6 (0x0000000000000026,0x0000000000000000,0x00000000000C1F80,"
		"0x0000000000000006)\n"
		"DRIVER_VERIFIER_DMA_VIOLATION (e6)\n";
	static const char torn[] = "STOP: 0xE6 (26,0,40,6)\n\nBugCheck C4, {b0, 1, 2}\n";
	char why[240], *said, *long_text;
	struct dmv_paste p = { 0 };
	struct dmv_err e = { 0 };
	size_t n = 0;
	int code;

	said = answer(DMV_TEXT, text, strlen(text), &code, why);
	T_CHECKF(!code && strstr(said, "Bugcheck 1 of 2\n") && strstr(said, "Bugcheck 2 of 2\n") &&
		 strstr(said, "Seen as: event log 1001 (line 1), blue screen (line 3)\n") &&
		 strstr(said, "Seen as: event log 1001 (line 2)\n"), "several, each once", "%s",
		 said);
	free(said);
	said = answer(DMV_JSON, text, strlen(text), &code, why);
	T_CHECKF(strstr(said, "\"places\":[{\"bugcheck\":0,\"form\":\"event-1001\",\"line\":1},"
			"{\"bugcheck\":0,\"form\":\"stop-screen\",\"line\":3},"
			"{\"bugcheck\":0,\"form\":\"name\",\"line\":4},"
			"{\"bugcheck\":1,\"form\":\"event-1001\",\"line\":2}]"),
		 "several, as JSON", "%s", said);
	free(said);
	said = answer(DMV_TEXT, torn, strlen(torn), &code, why);
	T_CHECKF(code == 4 && strstr(said, "IOMMU_FAULT") &&
		 strstr(said, "note: not decoded: WinDbg's banner, line 3: parameter 4 of the") &&
		 strstr(why, "line 3"), "one whole, one torn", "exit %d: %s", code, said);
	free(said);
	long_text = malloc(60 * 2000);
	for (unsigned i = 0; i < 2000; i++)
		n += (size_t)sprintf(long_text + n, "BugCheck E6, {26, 0, %x, 6}\n", i);
	T_CHECK(!dmv_paste_parse(long_text, n, &p, &e) && p.nseen == DMV_PASTE_SEEN &&
		p.left_off == 2000 - DMV_PASTE_SEEN, "more than there may be are counted");
	dmv_paste_free(&p);
	free(long_text);
}

/* ---- Linux: lines of kernels from 3.x to 6.x, some wrapped by mail programs ---- */

static const struct sample linux_samples[] = {
	{ "DMAR: DRHD: handling fault status reg 3\n"
	  "DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0xb97ff000\n"
	  "[fault reason 0x05] PTE Write access is not set\n",
	  "\"source\":\"vt-d\",\"line\":2,\"count\":1,\"device\":\"00:02.0\",\"driver\":null,"
	  "\"access\":\"write\",\"address\":\"0xb97ff000\",\"last_address\":\"0xb97ff000\","
	  "\"code\":5,\"name\":null,\"title\":\"write permission missing in the page entry\"", 0 },
	/* decimal, on a line of its own */
	{ "[ 9731.055098] dmar: DMAR:[DMA Read] Request device [01:00.1] fault addr 2231b8000 \n"
	  "DMAR:[fault reason 12] non-zero reserved fields in PTE\n",
	  "\"access\":\"read\",\"address\":\"0x2231b8000\",\"last_address\":\"0x2231b8000\","
	  "\"code\":12,\"name\":null,\"title\":\"reserved bits set in the page entry\"", 0 },
	{ "DMAR: [DMA Read] Request device [00:05.0] PASID ffffffff\n"
	  "      fault addr 76406000 [fault reason 06] PTE Read access is not set\n",
	  "\"address\":\"0x76406000\",\"last_address\":\"0x76406000\",\"code\":6", 0 },
	{ "DMAR: [DMA Read NO_PASID] Request device [00:0d.2] fault\n> addr 0x1026a4000 "
	  "[fault reason 0x51] SM: Present bit in Directory Entry is clear",
	  "\"code\":81,\"name\":null,\"title\":\"scalable mode: PASID directory entry not", 0 },
	{ "DMAR: [INTR-REMAP] Request device [09:00.0] fault index 0x8080\n"
	  "      [fault reason 0x25]\n      Blocked a compatibility format interrupt request\n",
	  "\"access\":\"interrupt\",\"address\":null,\"last_address\":null,\"code\":37", 0 },
	{ "DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x1000 "
	  "[fault reason 0xfe] Unknown", "\"code\":254,\"name\":null,\"title\":null", 0 },
	{ "xhci_hcd 0000:02:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000f "
	  "address=0xff00ffffffefe000 flags=0x0000]\n",
	  "\"source\":\"amd-vi\",\"line\":1,\"count\":1,\"device\":\"0000:02:00.0\","
	  "\"driver\":\"xhci_hcd\",\"access\":null,\"address\":\"0xff00ffffffefe000\"", 0 },
	{ "AMD-Vi: Event logged [IO_PAGE_FAULT device=0a:00.0 domain=0x001d\n"
	  "address=0x000000000637c000 flags=0x0030]\n",
	  "\"device\":\"0a:00.0\",\"driver\":null,\"access\":\"write\",\"address\":\"0x637c000\","
	  "\"last_address\":\"0x637c000\",\"code\":2,\"name\":\"IO_PAGE_FAULT\","
	  "\"title\":\"page is mapped, but not for this access\"", 0 },
	{ "AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:0a:00.0 pasid=0x00000 "
	  "address=0xfffffffdf8000000 flags=0x0a00]", "\"code\":1,\"name\":\"ILLEGAL_DEV", 0 },
	{ "[  215.351612] DMA-API: atlantic 0000:4b:00.0: device driver frees DMA memory with "
	  "different size [device address=0x00000000fbdd0000] [map size=34816 bytes] "
	  "[unmap size=50 bytes]\n",
	  "\"device\":\"0000:4b:00.0\",\"driver\":\"atlantic\",\"access\":null,"
	  "\"address\":\"0xfbdd0000\"", 0 },
	{ ">DMA-API: cpsw 48484000.ethernet: device driver frees DMA memory with different size\n"
	  "> [device address=0x00000000abc6aa02] [map size=64 bytes] [",
	  "\"device\":\"48484000.ethernet\",\"driver\":\"cpsw\"", 0 },
	/* kernels before 4.19 name the device in front */
	{ "e1000e 0000:00:19.0: DMA-API: device driver failed to check map error"
	  "[device address=0x00000000c7b60000] [size=54 bytes] [mapped as single]",
	  "\"device\":\"0000:00:19.0\",\"driver\":\"e1000e\",\"access\":null,"
	  "\"address\":\"0xc7b60000\"", 0 },
	{ "DMA-API: pci 0000:00:01.0: device driver has pending DMA allocations while released "
	  "from device [count=1]\nOne of leaked entries details: [size=2048 bytes] [mapped with "
	  "DMA_BIDIRECTIONAL] [mapped as coherent]\n", "\"title\":\"driver gone, its mappings", 0 },
	{ " DMA-API: nvme 0006:01:00.0: cacheline tracking EEXIST, overlapping mappings aren't "
	  "supported\n", "\"driver\":\"nvme\"", 0 },
	/* a map that failed: the words of 6.1's swiotlb.c, and a line of a real guest */
	{ "[   12.000000] nvme 0000:00:02.0: swiotlb buffer is full (sz: 4096 bytes), total 32768 "
	  "(slots), used 32766 (slots)\n",
	  "\"source\":\"swiotlb\",\"line\":1,\"count\":1,\"device\":\"0000:00:02.0\","
	  "\"driver\":\"nvme\",\"access\":null,\"address\":null", 0 },
	{ "dmaleak 0000:00:06.0: DMA addr 0x00000000fea00000+4096 overflow (mask fffffff, bus "
	  "limit 0).\nWARNING: CPU: 1 PID: 122 at kernel/dma/direct.c:526\n",
	  "\"source\":\"dma-direct\",\"line\":1,\"count\":1,\"device\":\"0000:00:06.0\","
	  "\"driver\":\"dmaleak\",\"access\":null,\"address\":\"0xfea00000\"", 0 },
	/* not about a fault */
	{ "DMA-API: preallocated 65536 debug entries\nDMA-API: debugging enabled by kernel config\n"
	  "AMD-Vi: Found IOMMU cap 0x40\nDMAR: DRHD: handling fault status reg 3\n",
	  "no bugcheck in this text", 3 },
};

static void linux_lines(void)
{
	static const char storm[] =
		"xhci_hcd 0000:47:00.1: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0032 "
		"address=0x%x flags=0x0000]\n";
	char why[240], name[64], *said, *text = malloc(300 * (sizeof(storm) + 8));
	size_t n = 0;
	int code;

	for (size_t i = 0; i < COUNT(linux_samples); i++) {
		const struct sample *s = &linux_samples[i];

		said = answer(DMV_JSON, s->text, strlen(s->text), &code, why);
		snprintf(name, sizeof(name), "linux %zu: %.30s", i, s->text);
		name[strcspn(name, "\n")] = 0;
		T_CHECKF(code == s->code && (strstr(said, s->want) || strstr(why, s->want)), name,
			 "exit %d, %s: %s", code, why, said);
		free(said);
	}
	for (unsigned i = 0; i < 300; i++)
		n += (size_t)sprintf(text + n, storm, 0x5000 + 0x80 * (i * 7 % 300));
	said = answer(DMV_TEXT, text, n, &code, why);
	T_CHECKF(!code && strstr(said, "Seen as: line 1, and 299 more like it\n") &&
		 strstr(said, "Address: 5000 to e580\n") && !strstr(said + 20, "AMD's IOMMU"),
		 "a storm of faults is one", "%s", said);
	free(said);
	free(text);
}

/* ---- long and hostile ---- */

static void hostile(void)
{
	static const char *const units[] = {
		"Arg1:", "Arg1: 26 ", "BUGCHECK_P1:", "BUGCHECK_CODE:", "BugcheckCode", "STOP: 0x1 ",
		"STOP:1 (", "BugcheckParameter1", "!KeBugCheckEx", "!KiBugCheckData ", "0x1 (", "(",
		"BugCheck E6, {", "Bugcheck code e6 ", "DRIVER_VERIFIER_DMA_VIOLATION ", "&#x28;", "a",
		"Request device [", "AMD-Vi: Event logged [", "DMA-API: ", "DMA-API: a 0:0.0: device ",
		"!KiBugCheckData\n00000001 ", "Fatal System Error: 1 ", "0x1\n>", " ", "\xE2\x80\x8E",
	};
	char *text = malloc(DMV_PASTE_BYTES + 64), name[64];
	struct dmv_err e = { 0 };

	for (size_t i = 0; i < COUNT(units); i++) {
		struct dmv_paste p = { 0 };
		clock_t begin = clock();
		size_t n = 0;
		double took;

		while (n + strlen(units[i]) <= DMV_PASTE_BYTES / 4)
			n += (size_t)sprintf(text + n, "%s", units[i]);
		if (!dmv_paste_parse(text, n, &p, &e))
			dmv_paste_free(&p);
		took = (double)(clock() - begin) / CLOCKS_PER_SEC;
		snprintf(name, sizeof(name), "256 KiB of \"%.*s\"",
			 (int)strcspn(units[i], "\n\xE2"), units[i]);
		T_CHECKF(took < 2, name, "took %.1f s", took);
	}
	memset(text, ' ', DMV_PASTE_BYTES + 1);
	T_CHECK(dmv_paste_parse(text, DMV_PASTE_BYTES + 1, &(struct dmv_paste){ 0 }, &e) ==
		DMV_E_USAGE && strstr(e.msg, "longer than 1048576 bytes"), "a MiB and a byte");
	free(text);
}

/* ---- tables ---- */

static void tables(void)
{
	for (size_t i = 0; i < dmv_nrules; i++)
		T_CHECK(dmv_rule_calls(dmv_rules[i].id), dmv_rules[i].name);
	for (size_t i = 0; i < COUNT(others); i++) {
		struct dmv_meaning m = { 0 };
		uint32_t code = others[i].code;
		bool known = dmv_meaning_of(code, others[i].p, DMV_ALL_PARAMETERS, &m);
		bool want = code != 0xE6 && code < 0x10000000;
		bool dma = want && code != 0x161 && others[i].p[0] != 0xB7;

		T_CHECKF(known == want && m.dma == dma, others[i].name, "known %d, dma %d", known,
			 m.dma);
	}
}

/* Values in words, and what the makers of IOMMUs mean by a fault type. */
static void values(void)
{
	static const struct sample s[] = {
		{ "BugCheck E6, {13, 1, 2, 0}", "\"is\":\"DISPATCH_LEVEL\"", 0 },
		{ "BugCheck E6, {13, 2, 5, f}", "\"means\":\"current IRQL\",\"is\":null", 0 },
		{ "BugCheck C4, {b0, 1000, 6, 4}",
		  "\"is\":\"PAGES_LOCKED SOURCE_IS_NONPAGED_POOL\"", 0 },
		{ "BugCheck 161, {5461736b6d6772, 0, 0, 0}", "\"is\":\"Taskmgr\"", 0 },
		{ "BugCheck 161, {1b5d30, 0, 0, 0}", "\"is\":null", 0 },
		{ "BugCheck E6, {26, 0, 1000, 2}",
		  "\"maker\":\"AMD\",\"name\":\"IO_PAGE_FAULT\"", 0 },
		{ "BugCheck E6, {26, 0, 1000, fe}",
		  "\"maker\":\"Intel\",\"name\":null,\"reason\":null,\"basis\":null", 0 },
		{ "BugCheck E6, {26, ffff800000001000, 1000, 5}",
		  "\"command\":\"!devobj ffff800000001000\"", 0 },
		{ "BugCheck E6, {26, 0, 1000, 5}", "\"command\":\"!pcitree\"", 0 },
		{ "fffff80285a6cea8 fffff8027eadab47 : 00000000000000e6 0000000000000026 "
		  "0000000000000000 00000000000c1f80 : nt!KeBugCheckEx\n",
		  "\"command\":\"dq fffff80285a6ced0 L1\"", 0 },
		{ "fffff80285a6cea8 fffff8027eadab47 : 00000000000000e6 0000000000000026 "
		  "0000000000000000 00000000000c1f80 : nt!KeBugCheckEx+0x107\n",
		  "\"next\":[{\"command\":\"!pcitree\"", 0 },
	};
	static const char frame[] = "BugCheck E6, {26, 0, 1000, 5}\nnt!IvtHandleInterrupt+0x1a7\n";
	static const char two[] = "BugCheck E6, {26, 0, 1000, 5}\nBugCheck E6, {26, 0, 1000, 6}\n"
				  "nt!IvtHandleInterrupt+0x1a7\n";
	static const uint8_t unknown[] = { 0x00, 0x0E, 0x1F, 0x27, 0x33, 0x49, 0x7D, 0x88, 0x91 };
	char why[240], *said;
	size_t many = 0;
	int code;

	for (size_t i = 0; i < COUNT(s); i++) {
		said = answer(DMV_JSON, s[i].text, strlen(s[i].text), &code, why);
		T_CHECKF(code == s[i].code && strstr(said, s[i].want), s[i].want, "%s", said);
		free(said);
	}
	said = answer(DMV_JSON, frame, strlen(frame), &code, why);
	T_CHECK(!strstr(said, "\"maker\":\"other\""), "Intel's handler on the stack");
	free(said);
	said = answer(DMV_JSON, two, strlen(two), &code, why);
	T_CHECK(strstr(said, "\"maker\":\"other\""), "Intel's handler on one of two stacks");
	free(said);
	for (size_t i = 0; i < sizeof(unknown); i++)
		T_CHECKF(!dmv_vtd_reason(unknown[i]), "fault reason nobody documents", "%#x",
			 unknown[i]);
	for (uint64_t i = 0; i < 0x1000; i++)
		many += dmv_vtd_reason(i) != NULL;
	/* Linux names 13 of the first kind, 7 of interrupts, 46 of scalable mode */
	T_EQ(many, 13 + 7 + 46, "fault reasons");
	T_CHECK(!dmv_amdvi_event(0) && !dmv_amdvi_event(0xA) && !dmv_amdvi_event(0xF),
		"events nobody documents");
}

int main(void)
{
	round_trips();
	cuts();
	others_wrote();
	several();
	linux_lines();
	hostile();
	tables();
	values();
	return T_DONE();
}
