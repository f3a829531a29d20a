/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "meaning.h"

#include <stdio.h>
#include <string.h>

#include "rules.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	uint32_t code;
	const char *name;
} names[] = {
	{ 0xE6, "DRIVER_VERIFIER_DMA_VIOLATION" },
	{ 0x1DC, "DMA_COMMON_BUFFER_VECTOR_ERROR" },
	{ 0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION" },
	{ 0xCA, "PNP_DETECTED_FATAL_ERROR" },
	{ 0x158, "ILLEGAL_IOMMU_PAGE_FAULT" },
	{ 0x159, "HAL_ILLEGAL_IOMMU_PAGE_FAULT" },
	{ 0x161, "LIVE_SYSTEM_DUMP" },
	{ 0x1D9, "HAL_IOMMU_INTERNAL_ERROR" },
};

const char *dmv_bugcheck_name(uint32_t code)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

bool dmv_bugcheck_named(const char *name, size_t n, uint32_t *code)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		if (strlen(names[i].name) != n || memcmp(names[i].name, name, n))
			continue;
		*code = names[i].code;
		return true;
	}
	return false;
}

bool dmv_bugcheck_undocumented(uint32_t code, uint64_t p1)
{
	return code == 0xE6 && (p1 == 0x12 || p1 == 0x17 || p1 == 0x1A || p1 == 0x1C);
}

/* ---- neighbours ---- */

#define YES true
#define NO false
#define DMV_NEIGHBOUR(code, p1, mask, dma, title, m1, m2, m3, m4, calls, cause, fix) \
	{ code, p1, mask, dma, title, { m1, m2, m3, m4 }, calls, cause, fix },

static const struct {
	uint32_t code;
	uint64_t p1, mask;
	bool dma;
	const char *title, *means[4], *calls, *cause, *fix;
} neighbours[] = {
#include "neighbour.def"
};

#undef DMV_NEIGHBOUR
#undef NO
#undef YES

static const char *filled(const char *s)
{
	return s && *s ? s : NULL;
}

static bool neighbour(uint32_t code, const uint64_t p[4], unsigned known, struct dmv_meaning *ret)
{
	for (size_t i = 0; i < COUNT(neighbours); i++) {
		if (neighbours[i].code != code || (neighbours[i].mask && !(known & 1)) ||
		    (p[0] & neighbours[i].mask) != neighbours[i].p1)
			continue;
		*ret = (struct dmv_meaning){ .title = neighbours[i].title,
			.cause = neighbours[i].cause, .fix = neighbours[i].fix,
			.calls = neighbours[i].calls, .dma = neighbours[i].dma };
		for (unsigned k = 0; k < 4; k++)
			ret->means[k] = filled(neighbours[i].means[k]);
		return true;
	}
	return false;
}

/* ---- rules ---- */

#define DMV_CALLS(id, text) { id, text },

static const struct {
	uint32_t id;
	const char *text;
} calls[] = {
#include "calls.def"
};

#undef DMV_CALLS

const char *dmv_rule_calls(uint32_t id)
{
	for (size_t i = 0; i < COUNT(calls); i++)
		if (calls[i].id == id)
			return calls[i].text;
	return NULL;
}

/* Each rule is selected by P1, some by P2, too. */
static const struct dmv_rule_text *rule(uint32_t code, const uint64_t p[4], unsigned known)
{
	const struct dmv_rule_text *r = known & 1 ? dmv_rule_of(code, p) : NULL;

	return r && (r->p2 < 0 || known & 2) ? r : NULL;
}

unsigned dmv_meaning_lacks(uint32_t code, const uint64_t p[4], unsigned known)
{
	for (size_t i = 0; i < dmv_nrules; i++) {
		const struct dmv_rule_text *r = &dmv_rules[i];

		if (r->code != code)
			continue;
		if (!(known & 1))
			return 1;
		if ((uint64_t)r->p1 == p[0] && r->p2 >= 0 && !(known & 2))
			return 2;
	}
	return 0;
}

bool dmv_meaning_of(uint32_t code, const uint64_t p[4], unsigned known, struct dmv_meaning *ret)
{
	const struct dmv_rule_text *r = rule(code, p, known);

	if (!r)
		return neighbour(code, p, known, ret);
	*ret = (struct dmv_meaning){ .rule = r->name, .title = r->title, .cause = r->cause,
		.fix = r->fix, .calls = dmv_rule_calls(r->id), .warning = r->warning, .dma = true };
	ret->means[0] = r->name;
	for (unsigned i = 1; i < 4; i++)
		ret->means[i] = filled(r->means[i - 1]);
	if (r->p2 >= 0)
		ret->means[1] = "kind of the violation";
	return true;
}

bool dmv_bugcheck_is_dma(uint32_t code, const uint64_t p[4], unsigned known)
{
	struct dmv_meaning m;

	return code == 0xE6 || code == 0x1DC || (dmv_meaning_of(code, p, known, &m) && m.dma);
}

/* ---- values in words ---- */

/* IRQLs above these differ between processors. */
static const char *irql(uint64_t v, char *buf, size_t size)
{
	static const char *const levels[] = { "PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL" };

	(void)buf;
	(void)size;
	return v < COUNT(levels) ? levels[v] : NULL;
}

/* MdlFlags of wdm.h, from bit 0 on. */
static const char *mdl_flags(uint64_t v, char *buf, size_t size)
{
	static const char *const bits[] = {
		"MAPPED_TO_SYSTEM_VA", "PAGES_LOCKED", "SOURCE_IS_NONPAGED_POOL",
		"ALLOCATED_FIXED_SIZE", "PARTIAL", "PARTIAL_HAS_BEEN_MAPPED", "IO_PAGE_READ",
		"WRITE_OPERATION", "PARENT_MAPPED_SYSTEM_VA", "FREE_EXTRA_PTES", "DESCRIBES_AWE",
		"IO_SPACE", "NETWORK_HEADER", "MAPPING_CAN_FAIL", NULL, "INTERNAL",
	};
	size_t at = 0;

	for (unsigned i = 0; i < COUNT(bits); i++) {
		if (!(v & 1ull << i) || !bits[i] || at >= size)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? " " : "", bits[i]);
	}
	return at ? buf : NULL;
}

/* The characters of the word, first one highest: 0x161 has "Taskmgr". */
static const char *characters(uint64_t v, char *buf, size_t size)
{
	size_t n = 0;

	for (int shift = 56; shift >= 0 && n + 1 < size; shift -= 8) {
		char c = (char)(v >> shift);

		if (!c && !n)
			continue;
		if (c < 0x20 || c == 0x7F)
			return NULL;
		buf[n++] = c;
	}
	if (size)
		buf[n] = 0;
	return n ? buf : NULL;
}

static const struct {
	const char *means;
	const char *(*words)(uint64_t v, char *buf, size_t size);
} readings[] = {
	{ "IRQL required", irql },
	{ "IRQL allowed at most", irql },
	{ "current IRQL", irql },
	{ "MDL flags", mdl_flags },
	{ "flags that are wrong", mdl_flags },
	{ "flags that are wrong or missing", mdl_flags },
	{ "flags of which one was expected", mdl_flags },
	{ "partial flag that was not expected", mdl_flags },
	{ "flag that is missing", mdl_flags },
	{ "who asked for it, in characters", characters },
};

const char *dmv_value_words(const char *means, uint64_t v, char *buf, size_t size)
{
	for (size_t i = 0; i < COUNT(readings); i++)
		if (!strcmp(readings[i].means, means))
			return readings[i].words(v, buf, size);
	return NULL;
}
