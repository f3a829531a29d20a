/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Bugchecks that are typed or pasted, in all their forms, and the rule each one names. */
#include "rules.h"
#include "world.h"

/* One bugcheck in all the forms it comes in, and each form with something missing. */
static void lacks(const char *line, const char *unwanted, const char *name)
{
	struct answer a = ask(DMV_TEXT, NULL, line);

	T_CHECKF(!strstr(a.text, unwanted), name, "%s", a.text);
	free(a.text);
}

static void pastes(void)
{
	static const char *const whole[] = {
		"e6 f 5 1000 1800",
		"0xE6 0xF 0x5 0x1000 0x1800",
		"e6, f, 5, 1000, 1800",
		"100000e6 f 5 1000 1800",
		"E6 (F,5,1000,1800)",
		"BugCheck E6, {f, 5, 1000, 1800}",
		"Bugcheck code 000000E6 Arguments 0000000f 00000005 00001000 00001800",
		"*** STOP: 0x000000E6 (0x0000000F,0x00000005,0x00001000,0x00001800)",
		"*** STOP: 0x000000E6 (0x0000000F,0x00000005,0x00000000`00001000,0x00001800)",
		"*** Fatal System Error: 0x000000e6 (0x0000000F,0x00000005,0x00001000,0x00001800)",
		"The computer has rebooted from a bugcheck.  The bugcheck was: 0x000000e6 "
		"(0x000000000000000f, 0x0000000000000005, 0x1000, 0x1800). A dump was saved in: "
		"C:\\Windows\\MEMORY.DMP. Report Id: add-bad-1.",
		"DRIVER_VERIFIER_DMA_VIOLATION (e6) An illegal DMA operation was attempted by a "
		"driver being verified. Arguments: Arg1: 000f, A DMA buffer was bad Arg2: 5, a kind "
		"Arg3: 1000, be Arg4: 1800, dead",
		"BUGCHECK_CODE:  e6 BUGCHECK_P1: f BUGCHECK_P2: 5 BUGCHECK_P3: 1000 "
		"BUGCHECK_P4: 1800",
	};
	static const char *const torn[][2] = {
		{ "E6 (F,5,1000)", "parameter 4 of the bugcheck is missing" },
		{ "BugCheck E6, {f, 5, 1000}", "parameter 4" },
		{ "BugCheck E6, {}", "parameter 1" },
		{ "BugCheck E6, {f, 5", "parameter 3" },
		{ "BugCheck E6, {f, 5, 1000, 1800, 9}", "four parameters" },
		{ "BugCheck E6, {f, x, 1000, 1800}", "\"x\" is not a hexadecimal number" },
		{ "BugCheck, {f, 5, 1000, 1800}", "the code of the bugcheck is missing" },
		{ "*** STOP: (0x9,0x8000,0x2,0x1)", "the code of the bugcheck is missing" },
		{ "STOP e6 f 5 1000", "parameter 4" },
		{ "e6 f 5 1000 1800 9", "four parameters" },
		{ "X_Y (e6) Arg1: f Arg2: 5 Arg4: 1800", "parameter 3" },
		{ "X_Y (e6) Arg1: f Arg2: 5 Arg3: 1000 Arg4:", "parameter 4" },
		{ "Arg1: f Arg2: 5 Arg3: 1000 Arg4: 1800", "the code of the bugcheck is missing" },
		{ "BUGCHECK_CODE: e6 BUGCHECK_P1: f BUGCHECK_P3: 1000", "parameter 2" },
		{ "BUGCHECK_CODE: BUGCHECK_P1: f", "is not a hexadecimal number" },
		{ "1000000e6 f 5 1000 1800", "32 bits" },
		{ "STOP: 1000000e6 (f,5,1000,1800)", "32 bits" },
	};
	char line[512];
	int at;

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		snprintf(line, sizeof(line), "bugcheck %s", whole[i]);
		has(DMV_JSON, NULL, line, 0,
		    "\"code\":230,\"name\":\"DRIVER_VERIFIER_DMA_VIOLATION\",\"p1\":\"0xf\","
		    "\"p2\":\"0x5\",\"p3\":\"0x1000\",\"p4\":\"0x1800\"", whole[i]);
	}
	for (size_t i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		snprintf(line, sizeof(line), "bugcheck %s", torn[i][0]);
		refused(NULL, line, torn[i][1], torn[i][0]);
	}
	refused(NULL, "bugcheck DRIVER_VERIFIER_DMA_VIOLATION (e6)", "parameter 1 of the bugcheck",
		"the name with its code alone");
	at = snprintf(line, sizeof(line), "bugcheck");
	while (at < 400)
		at += snprintf(line + at, sizeof(line) - (size_t)at, " a b");
	snprintf(line + at, sizeof(line) - (size_t)at, " STOP: e6 (f,5,1,2)");
	has(DMV_TEXT, NULL, line, 0, "past the end of the mapped buffer", "paste of many words");
	has(DMV_TEXT, NULL, "bugcheck e6 9", 0, "Arg4: not given, adapter record",
	    "typed, cut short");
	has(DMV_TEXT, NULL, "bugcheck e6", 0, "parameter 1 would say which rule", "only a code");
	has(DMV_TEXT, NULL, "bugcheck e6 f", 0, "parameter 2 would say which rule", "no kind");
	has(DMV_TEXT, NULL, "bugcheck 1d9", 0, "(1d9)\nunknown rule", "a neighbour's code");
	has(DMV_JSON, NULL, "bugcheck e6 26 0", 0, "\"p2\":\"0x0\",\"p3\":null,\"p4\":null",
	    "missing is not zero");
}

static void bugchecks(void)
{
	has(DMV_TEXT, NULL, ".bugcheck e6 f 5 1000 1800", 0, "the device wrote past the end",
	    "GUARD_AFTER");
	has(DMV_TEXT, NULL, "bugcheck 100000e6 f 5 0 0", 0, "(e6)\nthe device wrote past",
	    "minidump mark");
	has(DMV_TEXT, NULL, "bugcheck BugCheck E6, {26, ffffd08b`b1435060, 40, 6}", 0,
	    "Intel  read permission missing in the page entry (its", "paste of WinDbg's");
	has(DMV_TEXT, NULL, "bugcheck *** STOP: 0x000000E6 (0x9,0x8000,0x2,0x1)", 0,
	    "adapter released with live map registers", "paste of a blue screen");
	has(DMV_TEXT, NULL, "bugcheck 1dc 3 8 9", 0, "DMA_COMMON_BUFFER_VECTOR_ERROR (1dc)",
	    "vectors");
	has(DMV_TEXT, NULL, "bugcheck 158", 0, "ILLEGAL_IOMMU_PAGE_FAULT", "neighbour");
	has(DMV_TEXT, NULL, "bugcheck 50 1 2 3 4", 0, "unknown bugcheck (50)", "unknown code");
	has(DMV_TEXT, NULL, "bugcheck 1000009f 3 ffff`1 2 3", 0,
	    "\nNext:\n  !analyze -show 9f 3 ffff1 2 3 ", "what to do about another code");
	has(DMV_TEXT, NULL, "bugcheck e6 12 1", 0, "!analyze -show e6 12 1 ", "or another rule");
	lacks("bugcheck e6 f 5 1 2", "-show", "not where the meaning is known");
	lacks("bugcheck e6", "-show", "nor where a parameter would tell it");
	has(DMV_JSON, NULL, "bugcheck e6 1d 1 2 3", 0, "\"rule\":\"ALREADY_MAPPED\"", "as JSON");
	refused(NULL, "bugcheck e6 zz", "not a hexadecimal number", "typed word that is no number");
	refused(NULL, "bugcheck nothing here", "no bugcheck in this text", "paste without one");
	refused(NULL, "bugcheck 1000000e6", "32 bits", "code that is too long");
	refused(NULL, "bugcheck", "needs a target", "own bugcheck without a target");
	pastes();
	for (uint64_t p1 = 0x12; p1 <= 0x1C; p1++) {
		char line[32], name[48];
		bool undocumented = p1 == 0x12 || p1 == 0x17 || p1 == 0x1A || p1 == 0x1C;

		snprintf(line, sizeof(line), "bugcheck e6 %llx", (unsigned long long)p1);
		snprintf(name, sizeof(name), "%s is %sdocumented", line, undocumented ? "un" : "");
		has(DMV_JSON, NULL, line, 0,
		    undocumented ? "\"undocumented\":true" : "\"undocumented\":false", name);
	}
}

/* Each rule of the list is found by its own quadruple, and by no other's. */
static void every_rule(void)
{
	for (size_t i = 0; i < dmv_nrules; i++) {
		const struct dmv_rule_text *r = &dmv_rules[i];
		uint64_t p[4] = { (uint64_t)r->p1, r->p2 < 0 ? 77 : (uint64_t)r->p2, 0, 0 };

		T_CHECK(dmv_rule_of(r->code, p) == r && dmv_rule_by_id(r->id) == r, r->name);
	}
}

int main(void)
{
	bugchecks();
	every_rule();
	return T_DONE();
}
