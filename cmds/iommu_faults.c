/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "iommu_faults.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define DMV_VTD(reason, class, text) { reason, NULL, DMV_FAULT_##class, text },
#define DMV_AMDVI(code, name, class, text)
static const struct dmv_iommu_fault reasons[] = {
#include "iommu_faults.def"
};
#undef DMV_VTD
#undef DMV_AMDVI

#define DMV_VTD(reason, class, text)
#define DMV_AMDVI(code, name, class, text) { code, name, DMV_FAULT_##class, text },
static const struct dmv_iommu_fault events[] = {
#include "iommu_faults.def"
};
#undef DMV_VTD
#undef DMV_AMDVI

static const struct {
	const char *cause, *fix;
} classes[] = {
	[DMV_FAULT_SETUP] = {
		"The IOMMU has no tables for this device: nobody allowed it any DMA.",
		"Find the device: one that the firmware left running, or one behind a bridge that "
		"speaks with another's identity." },
	[DMV_FAULT_WIDTH] = {
		"The device used an address that no table can hold: cut, sign-extended, or made up.",
		"Compare the address with what the driver wrote to the device: width of the "
		"registers, DMA mask." },
	[DMV_FAULT_ACCESS] = {
		"A device read or wrote memory that is not mapped for it, or not in this "
		"direction.",
		"Find the device, update its driver and firmware, then look who unmapped the "
		"address too early, or mapped it for the other direction." },
	[DMV_FAULT_TABLES] = {
		"The tables of the IOMMU are damaged, or lie where they cannot be read.",
		"Look for memory corruption and bad RAM; update the firmware." },
	[DMV_FAULT_REQUEST] = {
		"The device made a request of a kind that was not enabled for it.",
		"Look at what the driver enabled in the device: ATS, PRI, PASID." },
	[DMV_FAULT_IRQ] = {
		"An interrupt message was refused: no data went astray.",
		"Look at the device's MSI or MSI-X table: who changed it after it was set up." },
	[DMV_FAULT_HARDWARE] = {
		"The IOMMU itself failed, or a device did not answer it.",
		"Update the firmware; look for failing hardware and for devices that are gone." },
};

static const struct dmv_iommu_fault *look(const struct dmv_iommu_fault *t, size_t n, uint64_t code)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].code == code)
			return &t[i];
	return NULL;
}

const struct dmv_iommu_fault *dmv_vtd_reason(uint64_t reason)
{
	return look(reasons, COUNT(reasons), reason);
}

const struct dmv_iommu_fault *dmv_amdvi_event(uint64_t code)
{
	return look(events, COUNT(events), code);
}

const struct dmv_iommu_fault *dmv_amdvi_named(const char *name, size_t n)
{
	for (size_t i = 0; i < COUNT(events); i++)
		if (strlen(events[i].name) == n && !memcmp(events[i].name, name, n))
			return &events[i];
	return NULL;
}

const char *dmv_fault_cause(enum dmv_fault_class class)
{
	return classes[class].cause;
}

const char *dmv_fault_fix(enum dmv_fault_class class)
{
	return classes[class].fix;
}
