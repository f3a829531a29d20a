/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "io.h"
#include "pci.h"

#define ADDRESS 0xCF8
#define DATA 0xCFC
#define ENABLE 0x80000000u

uint32_t guest_pci_get(uint32_t where, uint32_t reg)
{
	guest_outl(ADDRESS, ENABLE | where | reg);
	return guest_inl(DATA);
}

void guest_pci_set(uint32_t where, uint32_t reg, uint32_t v)
{
	guest_outl(ADDRESS, ENABLE | where | reg);
	guest_outl(DATA, v);
}
