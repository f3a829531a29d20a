/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Why an IOMMU refused an access: fault reasons of Intel's VT-d, events of AMD's. */
#ifndef DMV_IOMMU_FAULTS_H
#define DMV_IOMMU_FAULTS_H

#include <stddef.h>
#include <stdint.h>

enum dmv_fault_class {
	DMV_FAULT_SETUP = 1, DMV_FAULT_WIDTH, DMV_FAULT_ACCESS, DMV_FAULT_TABLES,
	DMV_FAULT_REQUEST, DMV_FAULT_IRQ, DMV_FAULT_HARDWARE
};

struct dmv_iommu_fault {
	uint32_t code;
	const char *name;               /* as AMD's driver prints it; NULL: has none */
	enum dmv_fault_class class;
	const char *text;
};

/* NULL: unknown. */
const struct dmv_iommu_fault *dmv_vtd_reason(uint64_t reason);
const struct dmv_iommu_fault *dmv_amdvi_event(uint64_t code);
/* By name; n characters. */
const struct dmv_iommu_fault *dmv_amdvi_named(const char *name, size_t n);

/* What is behind a fault of this class, and what to do about it. */
const char *dmv_fault_cause(enum dmv_fault_class class);
const char *dmv_fault_fix(enum dmv_fault_class class);

#endif
