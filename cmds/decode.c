/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#include "dump_info.h"
#include "iommu_faults.h"
#include "meaning.h"
#include "next.h"
#include "words.h"

enum { MINIDUMP = 0x10000000 };         /* set in the code of a minidump variant */

struct bug {
	uint32_t region, index, code, line;
	const char *p1, *p2, *p3, *p4;
	const char *name, *rule, *severity, *title, *cause, *fix, *calls, *form, *seen;
	bool dma, minidump, undocumented;
};

static const struct dmv_col bug_cols[] = {
	DMV_COL(struct bug, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct bug, index, "", DMV_S_U32, "of the bugcheck in this answer"),
	DMV_COL(struct bug, code, "", DMV_S_CODE, "bugcheck code"),
	DMV_COL(struct bug, name, "", DMV_S_STR, "its name"),
	DMV_COL(struct bug, p1, "", DMV_S_STR, "first parameter; absent: not in the paste"),
	DMV_COL(struct bug, p2, "", DMV_S_STR, "second parameter"),
	DMV_COL(struct bug, p3, "", DMV_S_STR, "third parameter"),
	DMV_COL(struct bug, p4, "", DMV_S_STR, "fourth parameter"),
	DMV_COL(struct bug, dma, "", DMV_S_BOOL, "it is about DMA"),
	DMV_COL(struct bug, rule, "", DMV_S_STR, "name of the rule"),
	DMV_COL(struct bug, severity, "", DMV_S_STR, "error or warning"),
	DMV_COL(struct bug, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct bug, calls, "", DMV_S_STR, "routines that find it"),
	DMV_COL(struct bug, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct bug, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct bug, minidump, "", DMV_S_BOOL, "code had the mark of a minidump"),
	DMV_COL(struct bug, undocumented, "", DMV_S_BOOL, "exists, and was never documented"),
	DMV_COL(struct bug, form, "", DMV_S_STR, "form it was pasted in"),
	DMV_COL(struct bug, line, "", DMV_S_U32, "line of the paste"),
	DMV_COL(struct bug, seen, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table head_table = {
	"bugcheck", bug_cols,
	"{name|unknown bugcheck} ({code})\n"
	"?title|{title}\n"
	"?seen|Seen as: {seen}\n"
	"\n"
};

struct arg {
	uint32_t bugcheck, index;
	uint64_t value;
	const char *means, *is;
	const char *sep1, *sep2;
};

#define ARG_COLS(show) { \
	DMV_COL(struct arg, bugcheck, "", DMV_S_U32, "index of the bugcheck"), \
	DMV_COL(struct arg, index, "", DMV_S_U32, "1 to 4"), \
	DMV_COL(struct arg, value, "", show, "the parameter"), \
	DMV_COL(struct arg, means, "", DMV_S_STR, "what it is by its rule"), \
	DMV_COL(struct arg, is, "", DMV_S_STR, "value in words, or what it is in this target"), \
	DMV_COL(struct arg, sep1, NULL, DMV_S_LABEL, ""), \
	DMV_COL(struct arg, sep2, NULL, DMV_S_LABEL, ""), \
	{ 0 } \
}

static const struct dmv_col arg_cols[] = ARG_COLS(DMV_S_WORD);
static const struct dmv_col lost_cols[] = ARG_COLS(DMV_S_ADDR);

static const struct dmv_table arg_table = {
	"arguments", arg_cols, "Arg{index}: {value}{sep1}{means}{sep2}{is}\n"
};

/* Rows of the same table whose value is absent. */
static const struct dmv_table lost_table = {
	"arguments", lost_cols, "Arg{index}: not given{sep1}{means}\n"
};

struct advice {
	const char *cause, *fix, *calls;
};

static const struct dmv_col advice_cols[] = {
	DMV_COL(struct advice, cause, "", DMV_S_LABEL, ""),
	DMV_COL(struct advice, fix, "", DMV_S_LABEL, ""),
	DMV_COL(struct advice, calls, "", DMV_S_LABEL, ""),
	{ 0 }
};

/* In JSON these stand in "bugcheck": here they come after the arguments. */
static const struct dmv_table advice_table = {
	"advice", advice_cols,
	"\n"
	"?calls|Found by: {calls}\n"
	"Cause: {cause}\nFix:   {fix}\n"
};

/* What a word is in this target: *noun its kind, and the rest in buf. false: nothing we know. */
static bool known(const struct dmv_facts *f, uint64_t v, const char **noun, char *buf, size_t size)
{
	buf[0] = 0;
	if (!v || v == DMV_NO_ADDR)
		return false;
	for (uint32_t i = 0; i < f->nadapter; i++) {
		const struct dmv_adapter_fact *a = &f->adapter[i];
		const char *name = dmv_adapter_name(f, i), *owner = dmv_site_owner(f, a->owner);

		if (a->handle != v && a->record != v && a->device != v)
			continue;
		*noun = a->handle == v	 ? "adapter"
			: a->record == v ? "adapter record"
					 : "device object";
		snprintf(buf, size, "%s%s%s", name ? name : "", name && owner ? ", owner " : "",
			 owner ? owner : "");
		return true;
	}
	for (uint32_t i = 0; i < f->nbuffer; i++) {
		if (f->buffer[i].va != v)
			continue;
		*noun = "common buffer";
		snprintf(buf, size, "0x%llx bytes", (unsigned long long)f->buffer[i].bytes);
		return true;
	}
	for (uint32_t i = 0; i < f->nvector; i++) {
		if (f->vector[i].handle != v)
			continue;
		*noun = "common buffer vector";
		snprintf(buf, size, "%u entries", f->vector[i].count);
		return true;
	}
	for (uint32_t i = 0; i < f->nlist; i++) {
		if (f->list[i].handle != v)
			continue;
		*noun = "scatter/gather list";
		snprintf(buf, size, "0x%llx bytes", (unsigned long long)f->list[i].bytes);
		return true;
	}
	for (uint32_t i = 0; i < f->nfile; i++) {
		if (f->file[i].handle != v)
			continue;
		*noun = "map register file";
		snprintf(buf, size, "%u registers", f->file[i].count);
		return true;
	}
	return false;
}

/* The value in words by its meaning, else the object that it is in this target. */
static void describe(struct dmv_ses *s, struct arg *a, bool object, char *is, size_t size)
{
	const char *noun = NULL, *words = a->means ? dmv_value_words(a->means, a->value, is, size)
						   : NULL;
	bool facts = s->loaded && !s->load_err.code, same;
	char more[352];

	if (words) {
		a->is = words;
		a->sep2 = ": ";
		return;
	}
	if (!object)
		return;
	if (!facts || !known(&s->facts, a->value, &noun, more, sizeof(more))) {
		a->is = dmv_dump_place(s, a->value, is, size);
		a->sep2 = !a->is ? "" : a->means ? ": " : ", ";
		return;
	}
	same = a->means && !strcmp(a->means, noun);
	snprintf(is, size, "%s%s%s", same ? "" : noun, same || !*more ? "" : ", ", more);
	a->is = is;
	a->sep2 = !a->means ? ", " : *is ? ": " : "";
}

static bool arguments(struct dmv_ses *s, const struct dmv_quad *q, const struct dmv_meaning *m)
{
	char is[400];

	for (unsigned i = 0; i < 4; i++) {
		const char *means = m ? m->means[i] : NULL;
		bool there = q->known & 1u << i;
		struct arg a = { .bugcheck = q->index, .index = i + 1,
				 .value = there ? q->p[i] : DMV_NO_ADDR, .means = means,
				 .sep1 = means ? ", " : "", .sep2 = "" };

		if (there)
			describe(s, &a, i || !m || !m->rule, is, sizeof(is));
		if (!dmv_out_row(s->out, there ? &arg_table : &lost_table, &a))
			return false;
	}
	return true;
}

static const char *title_of(const struct dmv_meaning *m, const struct dmv_quad *q, uint32_t code,
			    bool undocumented)
{
	unsigned lacks = dmv_meaning_lacks(code, q->p, q->known);

	if (m)
		return m->title;
	if (lacks)
		return lacks == 1 ? "parameter 1 would say which rule"
				  : "parameter 2 would say which rule";
	if (undocumented)
		return "this rule exists, but Microsoft never documented it";
	if (q->no_bugcheck)
		return "the machine went down without one: power, reset, or a hang";
	if (code == 0xE6 || code == 0x1DC || code == 0x1D9)
		return "unknown rule";
	if (code == 0xC4)
		return "not a DMA code: only its MDL codes, P1 0xB0 to 0xB9, are near";
	if (code == 0xCA)
		return "not a DMA code: only P1 = 2, a wrong device object, is near";
	return "not a DMA code";
}

/* ---- 0xE6/0x26: the fault type, and what to do next ---- */

struct type {
	uint32_t bugcheck;
	const char *maker, *name, *reason, *basis, *cause, *fix;
	const char *sep, *open, *close;
};

static const struct dmv_col type_cols[] = {
	DMV_COL(struct type, bugcheck, "", DMV_S_U32, "index of the bugcheck"),
	DMV_COL(struct type, maker, "", DMV_S_STR, "of the IOMMU"),
	DMV_COL(struct type, name, "", DMV_S_STR, "as the maker calls it"),
	DMV_COL(struct type, reason, "", DMV_S_STR, "what the fault type means there"),
	DMV_COL(struct type, basis, "", DMV_S_STR, "why this may be the meaning"),
	DMV_COL(struct type, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct type, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct type, sep, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct type, open, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct type, close, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table type_table = {
	"fault_types", type_cols, "  {maker:7}{name}{sep}{reason|unknown}{open}{basis}{close}\n"
};

static bool say_type(struct dmv_ses *s, const struct dmv_quad *q, const char *maker,
		     const struct dmv_iommu_fault *f, const char *basis)
{
	struct type t = { .bugcheck = q->index, .maker = maker, .sep = "", .open = "",
			  .close = "" };

	if (f) {
		t.name = f->name;
		t.sep = f->name ? ": " : "";
		t.reason = f->text;
		t.basis = basis;
		t.open = " (";
		t.close = ")";
		t.cause = dmv_fault_cause(f->class);
		t.fix = dmv_fault_fix(f->class);
	}
	return dmv_out_row(s->out, &type_table, &t);
}

/* Windows does not say whose IOMMU it is: each maker's reading, and how far it can be trusted. */
static bool fault_types(struct dmv_ses *s, const struct dmv_quad *q)
{
	const struct dmv_iommu_fault *amd = dmv_amdvi_event(q->p[3]);

	dmv_out_line(s->out, "\nFault type %llx by maker of the IOMMU:",
		     (unsigned long long)q->p[3]);
	if (!say_type(s, q, "Intel", dmv_vtd_reason(q->p[3]),
		      q->intel ? "its fault reason: nt!IvtHandleInterrupt is on the stack"
			       : "its fault reason, as in all known reports"))
		return false;
	if (q->intel)
		return true;
	if (amd && !say_type(s, q, "AMD", amd, "if it is an event's code: nobody documents it"))
		return false;
	return say_type(s, q, "other", NULL, NULL);
}

/* In the debugger, on the machine, and where the same machine runs Linux. */
static bool next_of_fault(struct dmv_ses *s, const struct dmv_quad *q)
{
	if (!(q->known & 2))
		return dmv_next(s, "!analyze -v", "the parameters that were not given");
	if (q->p[1] && (!dmv_next_at(s, "!devobj", q->p[1], "",
				     "the device object: often the bus driver's") ||
			!dmv_next_at(s, "!devstack", q->p[1], "",
				     "the drivers above it: one of them is meant")))
		return false;
	if (!q->p[1] && !dmv_next(s, "!pcitree",
				  "the devices: P2 is 0, Windows did not know which it was"))
		return false;
	return dmv_next(s, "!dma", "adapters, and what is mapped through them") &&
	       dmv_next(s, "verifier /flags 0x80 /driver X.sys",
			"checks the driver's own DMA calls from the next boot on") &&
	       dmv_next(s, "msinfo32",
			"is Kernel DMA Protection on? Old PCI in external boxes may fail then") &&
	       dmv_next(s, "dmesg | grep -e DMAR -e AMD-Vi",
			"the same machine under Linux: its lines name the device; paste them");
}

/* WinDbg has a text on every bugcheck. Its parameters count from the first, so a gap ends them. */
static bool next_of_other(struct dmv_ses *s, const struct dmv_quad *q, uint32_t code)
{
	char line[120];
	size_t n = (size_t)snprintf(line, sizeof(line), "!analyze -show %x", code);

	for (unsigned i = 0; i < 4 && q->known & 1u << i; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %llx",
				      (unsigned long long)q->p[i]);
	return dmv_next(s, line, "what WinDbg says of it");
}

static bool next_steps(struct dmv_ses *s, const struct dmv_quad *q, uint32_t code, bool meaning)
{
	bool fault = code == 0xE6 && q->known & 1 && q->p[0] == 0x26;
	bool stack = !(q->known & 8) && q->stack != DMV_NO_ADDR;
	bool other = !meaning && code && !dmv_meaning_lacks(code, q->p, q->known);

	if (!fault && !stack && !other)
		return true;
	dmv_next_head(s);
	if (other && !next_of_other(s, q, code))
		return false;
	if (stack && !dmv_next_at(s, "dq", q->stack, " L1",
				  "the fourth parameter: a stack line does not show it"))
		return false;
	return !fault || next_of_fault(s, q);
}

/* ---- the whole ---- */

static bool decode(struct dmv_ses *s, const struct dmv_quad *q, bool advise)
{
	uint32_t code = q->code & ~(uint32_t)MINIDUMP;
	bool fault = code == 0xE6 && q->p[0] == 0x26 && q->known & 8;
	const struct dmv_iommu_fault *f = fault && q->intel ? dmv_vtd_reason(q->p[3]) : NULL;
	struct bug b = { .region = q->region, .index = q->index, .code = code, .line = q->line,
			 .name = q->no_bugcheck ? "no bugcheck" : dmv_bugcheck_name(code),
			 .dma = dmv_bugcheck_is_dma(code, q->p, q->known),
			 .form = q->form, .seen = q->seen, .minidump = code != q->code,
			 .undocumented = q->known & 1 &&
					 dmv_bugcheck_undocumented(code, q->p[0]) };
	const char **word[] = { &b.p1, &b.p2, &b.p3, &b.p4 };
	struct dmv_meaning x, *m = dmv_meaning_of(code, q->p, q->known, &x) ? &x : NULL;
	struct advice a = { NULL, NULL, NULL };
	char text[4][20];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(text[i], sizeof(text[i]), "0x%llx", (unsigned long long)q->p[i]);
		*word[i] = q->known & 1u << i ? text[i] : NULL;
	}
	if (m) {
		b.rule = m->rule;
		b.severity = !m->rule ? NULL : m->warning ? "warning" : "error";
		a.cause = b.cause = f ? dmv_fault_cause(f->class) : m->cause;
		a.fix = b.fix = f ? dmv_fault_fix(f->class) : m->fix;
		b.calls = m->calls;
		a.calls = advise ? m->calls : NULL;
	}
	b.title = title_of(m, q, code, b.undocumented);
	dmv_out_table(s->out, &head_table);
	dmv_out_table(s->out, &arg_table);
	if (!dmv_out_row(s->out, &head_table, &b) || !arguments(s, q, m))
		return false;
	if (fault && !fault_types(s, q))
		return false;
	if (m && dmv_out_format(s->out) == DMV_TEXT && !dmv_out_row(s->out, &advice_table, &a))
		return false;
	if (b.minidump)
		dmv_out_note(s->out, "code %x is %x with the mark of a minidump", q->code, code);
	return !advise || next_steps(s, q, code, m);
}

bool dmv_decode_quad(struct dmv_ses *s, const struct dmv_quad *q)
{
	return decode(s, q, true);
}

bool dmv_decode(struct dmv_ses *s, uint32_t region, uint32_t code, const uint64_t p[4])
{
	struct dmv_quad q = { .region = region, .index = region, .code = code,
			      .known = DMV_ALL_PARAMETERS, .line = UINT32_MAX,
			      .stack = DMV_NO_ADDR };

	memcpy(q.p, p, sizeof(q.p));
	return decode(s, &q, false);
}
