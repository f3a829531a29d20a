/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "io.h"
#include "pci.h"

#define ADDRESS 0xCF8
#define DATA 0xCFC
#define ENABLE 0x80000000u

#define REG_ID 0x00
#define REG_COMMAND 0x04
#define REG_WINDOW 0x10
#define COMMAND_MEMORY 0x2u
#define COMMAND_MASTER 0x4u
#define WINDOW_IO 0x1u
#define WINDOW_64 0x4u

static uint32_t get(uint32_t where, uint32_t reg)
{
	guest_outl(ADDRESS, where | reg);
	return guest_inl(DATA);
}

bool guest_pci_find(uint16_t vendor, uint16_t device, uint32_t *ret)
{
	for (uint32_t slot = 0; slot < 32; slot++) {
		uint32_t where = ENABLE | slot << 11;

		if (get(where, REG_ID) != ((uint32_t)device << 16 | vendor))
			continue;
		*ret = where;
		return true;
	}
	return false;
}

uint64_t guest_pci_window(uint32_t where, unsigned n)
{
	uint32_t low = get(where, REG_WINDOW + 4 * n);
	uint64_t high = 0;

	if (low & WINDOW_IO)
		return 0;
	if (low & WINDOW_64)
		high = get(where, REG_WINDOW + 4 * n + 4);
	return high << 32 | (low & ~0xFu);
}

void guest_pci_enable(uint32_t where)
{
	uint32_t command = get(where, REG_COMMAND) & 0xFFFF;

	guest_outl(ADDRESS, where | REG_COMMAND);
	guest_outl(DATA, command | COMMAND_MEMORY | COMMAND_MASTER);
}
