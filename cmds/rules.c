/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "rules.h"

#define DMV_P_ANY (-1)
#define ERROR false
#define WARNING true
#define YES true
#define LATER false
#define DMV_RULE(name, id, code, p1, p2, severity, raised, title, m2, m3, m4, cause, fix) \
	{ #name, id, code, p1, p2, severity, raised, title, { m2, m3, m4 }, cause, fix },

const struct dmv_rule_text dmv_rules[] = {
#include "dmv_violation.def"
};

#undef DMV_RULE
#undef LATER
#undef YES
#undef WARNING
#undef ERROR

const size_t dmv_nrules = sizeof(dmv_rules) / sizeof(dmv_rules[0]);

/* Bugchecks about DMA, and their neighbours, by Microsoft's bugcheck reference. */
static const struct {
	uint32_t code;
	const char *name, *remark;
} codes[] = {
	{ 0xE6, "DRIVER_VERIFIER_DMA_VIOLATION", NULL },
	{ 0x1DC, "DMA_COMMON_BUFFER_VECTOR_ERROR", NULL },
	{ 0xC4, "DRIVER_VERIFIER_DETECTED_VIOLATION",
	  "P1 from 0xB0 to 0xB9 is misuse of an MDL: its flags, its pages, or its mapping" },
	{ 0xCA, "PNP_DETECTED_FATAL_ERROR",
	  "P1 = 2: a driver passed something other than a physical device object (P2), as "
	  "IoGetDmaAdapter does with a wrong PDO" },
	{ 0x158, "ILLEGAL_IOMMU_PAGE_FAULT",
	  "a device read or wrote an address its IOMMU does not map" },
	{ 0x159, "HAL_ILLEGAL_IOMMU_PAGE_FAULT",
	  "the IOMMU reported a page fault it should not have: P1 vendor, P2 packet, P3 and "
	  "P4 vendor's" },
	{ 0x161, "LIVE_SYSTEM_DUMP", "a dump of a running system: nothing crashed" },
	{ 0x1D9, "HAL_IOMMU_INTERNAL_ERROR",
	  "P1 = 0: a domain could not be deleted, 1: an address not unmapped (P4), "
	  "2: a domain not left" },
};

/* Fault reasons of VT-d: what P4 of 0xE6/0x26 is on machines with an Intel IOMMU. */
static const char *const reasons[] = {
	"none", "root entry not present", "context entry not present", "invalid context entry",
	"address beyond the guest's width", "write permission missing in the page entry",
	"read permission missing in the page entry", "next level table pointer invalid",
	"root table address invalid", "context table pointer invalid",
	"reserved bits set in root entry",
	"reserved bits set in context entry", "reserved bits set in page entry",
	"context entry blocks translation requests",
};

static bool matches(int64_t word, uint64_t p)
{
	return word == DMV_P_ANY || (uint64_t)word == p;
}

const struct dmv_rule_text *dmv_rule_of(uint32_t code, const uint64_t p[4])
{
	for (size_t i = 0; i < dmv_nrules; i++)
		if (dmv_rules[i].code == code && matches(dmv_rules[i].p1, p[0]) &&
		    matches(dmv_rules[i].p2, p[1]))
			return &dmv_rules[i];
	return NULL;
}

const struct dmv_rule_text *dmv_rule_by_id(uint32_t id)
{
	for (size_t i = 0; i < dmv_nrules; i++)
		if (dmv_rules[i].id == id)
			return &dmv_rules[i];
	return NULL;
}

const struct dmv_rule_text *dmv_guard_rule(unsigned what)
{
	const uint64_t p[4] = { 0x0F, what, 0, 0 };

	return dmv_rule_of(0xE6, p);
}

bool dmv_rule_of_flush(uint32_t code, const uint64_t p[4])
{
	if (code != 0xE6)
		return false;
	switch (p[0]) {
	case 0x00:
		return p[1] == 1;
	case 0x0F:
		return p[1] >= 3;
	case 0x20:
	case 0x23:
	case 0x80000004:
		return true;
	default:
		return false;
	}
}

const char *dmv_bugcheck_name(uint32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].name;
	return NULL;
}

const char *dmv_bugcheck_remark(uint32_t code, const uint64_t p[4])
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code != code)
			continue;
		if (code == 0xC4 && (p[0] < 0xB0 || p[0] > 0xB9))
			return NULL;
		if (code == 0xCA && p[0] != 2)
			return NULL;
		return codes[i].remark;
	}
	return NULL;
}

bool dmv_bugcheck_undocumented(uint32_t code, uint64_t p1)
{
	return code == 0xE6 && (p1 == 0x12 || p1 == 0x17 || p1 == 0x1A || p1 == 0x1C);
}

const char *dmv_iommu_reason(uint64_t type)
{
	if (type >= 0x20 && type <= 0x26)
		return "interrupt remapping";
	return type < sizeof(reasons) / sizeof(reasons[0]) ? reasons[type] : NULL;
}
