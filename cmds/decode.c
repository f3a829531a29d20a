/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "decode.h"

#include <stdio.h>
#include <string.h>

#include "dump_info.h"
#include "rules.h"
#include "words.h"

enum { MINIDUMP = 0x10000000 };         /* set in the code of a minidump variant */

struct bug {
	uint32_t region, code;
	uint64_t p1, p2, p3, p4;
	const char *name, *rule, *severity, *title, *cause, *fix;
	bool minidump, undocumented;
};

static const struct dmv_col bug_cols[] = {
	DMV_COL(struct bug, region, "", DMV_S_REGION, "index of the region"),
	DMV_COL(struct bug, code, "", DMV_S_CODE, "bugcheck code"),
	DMV_COL(struct bug, name, "", DMV_S_STR, "its name"),
	DMV_COL(struct bug, p1, "", DMV_S_WORD, "first parameter"),
	DMV_COL(struct bug, p2, "", DMV_S_WORD, "second parameter"),
	DMV_COL(struct bug, p3, "", DMV_S_WORD, "third parameter"),
	DMV_COL(struct bug, p4, "", DMV_S_WORD, "fourth parameter"),
	DMV_COL(struct bug, rule, "", DMV_S_STR, "name of the rule"),
	DMV_COL(struct bug, severity, "", DMV_S_STR, "error or warning"),
	DMV_COL(struct bug, title, "", DMV_S_STR, "what is wrong"),
	DMV_COL(struct bug, cause, "", DMV_S_STR, "cause"),
	DMV_COL(struct bug, fix, "", DMV_S_STR, "fix"),
	DMV_COL(struct bug, minidump, "", DMV_S_BOOL, "code had the mark of a minidump"),
	DMV_COL(struct bug, undocumented, "", DMV_S_BOOL, "exists, and was never documented"),
	{ 0 }
};

static const struct dmv_table head_table = {
	"bugcheck", bug_cols,
	"{name|unknown bugcheck} ({code})\n"
	"?title|{title}\n"
	"\n"
};

struct arg {
	uint32_t index;
	uint64_t value;
	const char *means, *is;
	const char *sep1, *sep2;
};

static const struct dmv_col arg_cols[] = {
	DMV_COL(struct arg, index, "", DMV_S_U32, "1 to 4"),
	DMV_COL(struct arg, value, "", DMV_S_WORD, "the parameter"),
	DMV_COL(struct arg, means, "", DMV_S_STR, "what it is by its rule"),
	DMV_COL(struct arg, is, "", DMV_S_STR, "what it is in this target"),
	DMV_COL(struct arg, sep1, NULL, DMV_S_LABEL, ""),
	DMV_COL(struct arg, sep2, NULL, DMV_S_LABEL, ""),
	{ 0 }
};

static const struct dmv_table arg_table = {
	"arguments", arg_cols, "Arg{index}: {value}{sep1}{means}{sep2}{is}\n"
};

struct advice {
	const char *cause, *fix;
};

static const struct dmv_col advice_cols[] = {
	DMV_COL(struct advice, cause, "", DMV_S_LABEL, ""),
	DMV_COL(struct advice, fix, "", DMV_S_LABEL, ""),
	{ 0 }
};

/* In JSON these stand in "bugcheck": here they come after the arguments. */
static const struct dmv_table advice_table = {
	"advice", advice_cols, "\nCause: {cause}\nFix:   {fix}\n"
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

static const char *meaning(const struct dmv_rule_text *r, unsigned i, const uint64_t p[4])
{
	const char *reason;

	if (i == 0)
		return r->name;
	if (i == 1 && r->p2 >= 0)
		return "kind of the violation";
	if (i == 3 && r->code == 0xE6 && p[0] == 0x26) {
		reason = dmv_iommu_reason(p[3]);
		return reason ? reason : "fault type, hardware specific";
	}
	return r->means[i - 1];
}

static bool arguments(struct dmv_ses *s, const struct dmv_rule_text *r, const uint64_t p[4])
{
	bool facts = s->loaded && !s->load_err.code;
	char is[400], more[352];

	for (unsigned i = 0; i < 4; i++) {
		const char *m = r ? meaning(r, i, p) : NULL, *noun = NULL;
		struct arg a = { .index = i + 1, .value = p[i], .means = m && *m ? m : NULL,
				 .sep1 = m && *m ? ", " : "", .sep2 = "" };

		if (facts && (i || !r) && known(&s->facts, p[i], &noun, more, sizeof(more))) {
			bool same = a.means && !strcmp(a.means, noun);

			snprintf(is, sizeof(is), "%s%s%s", same ? "" : noun,
				 same || !*more ? "" : ", ", more);
			a.is = is;
			a.sep2 = !a.means ? ", " : *is ? ": " : "";
		} else if ((i || !r) && dmv_dump_place(s, p[i], is, sizeof(is))) {
			a.is = is;
			a.sep2 = a.means ? ": " : ", ";
		}
		if (!dmv_out_row(s->out, &arg_table, &a))
			return false;
	}
	return true;
}

static const char *title_of(const struct dmv_rule_text *r, const struct bug *b, const char *remark)
{
	if (r)
		return r->title;
	if (b->undocumented)
		return "this rule exists, but Microsoft never documented it";
	if (remark)
		return remark;
	return b->code == 0xE6 || b->code == 0x1DC ? "unknown rule" : NULL;
}

bool dmv_decode(struct dmv_ses *s, uint32_t region, uint32_t code, const uint64_t p[4])
{
	uint32_t plain = code & ~(uint32_t)MINIDUMP;
	const struct dmv_rule_text *r = dmv_rule_of(plain, p);
	struct bug b = { .region = region,
			 .code = plain,
			 .p1 = p[0],
			 .p2 = p[1],
			 .p3 = p[2],
			 .p4 = p[3],
			 .name = dmv_bugcheck_name(plain),
			 .minidump = code != plain,
			 .undocumented = dmv_bugcheck_undocumented(plain, p[0]) };
	struct advice a = { NULL, NULL };

	if (r) {
		b.rule = r->name;
		b.severity = r->warning ? "warning" : "error";
		a.cause = b.cause = r->cause;
		a.fix = b.fix = r->fix;
	}
	b.title = title_of(r, &b, dmv_bugcheck_remark(plain, p));
	dmv_out_table(s->out, &head_table);
	dmv_out_table(s->out, &arg_table);
	if (!dmv_out_row(s->out, &head_table, &b) || !arguments(s, r, p))
		return false;
	if (plain == 0xE6 && p[0] == 0x26)
		dmv_out_note(s->out,
			     "the fault type is that of Intel's IOMMU; other vendors number theirs "
			     "otherwise; this bugcheck comes without the verifier, too");
	if (r && dmv_out_format(s->out) == DMV_TEXT)
		return dmv_out_row(s->out, &advice_table, &a);
	return true;
}
