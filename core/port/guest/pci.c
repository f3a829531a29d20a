/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "pci.h"

#define REG_ID 0x00
#define REG_COMMAND 0x04
#define REG_WINDOW 0x10
#define COMMAND_MEMORY 0x2u
#define COMMAND_MASTER 0x4u
#define WINDOW_IO 0x1u
#define WINDOW_64 0x4u

bool guest_pci_find(uint16_t vendor, uint16_t device, uint32_t *ret)
{
	for (uint32_t slot = 0; slot < 32; slot++) {
		const uint32_t where = slot << 11;

		if (guest_pci_get(where, REG_ID) != ((uint32_t)device << 16 | vendor))
			continue;
		*ret = where;
		return true;
	}
	return false;
}

uint64_t guest_pci_window(uint32_t where, unsigned n)
{
	uint32_t low = guest_pci_get(where, REG_WINDOW + 4 * n);
	uint64_t high = 0;

	if (low & WINDOW_IO)
		return 0;
	if (low & WINDOW_64)
		high = guest_pci_get(where, REG_WINDOW + 4 * n + 4);
	return high << 32 | (low & ~0xFu);
}

void guest_pci_place(uint32_t where, unsigned n, uint32_t address)
{
	guest_pci_set(where, REG_WINDOW + 4 * n, address);
}

void guest_pci_enable(uint32_t where)
{
	uint32_t command = guest_pci_get(where, REG_COMMAND) & 0xFFFF;

	guest_pci_set(where, REG_COMMAND, command | COMMAND_MEMORY | COMMAND_MASTER);
}
