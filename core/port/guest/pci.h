/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* PCI configuration space, as much as one device needs. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* First function with this vendor and device on bus 0; ret: where it is. */
bool guest_pci_find(uint16_t vendor, uint16_t device, uint32_t *ret);

/* Start of memory window `n`, or 0. */
uint64_t guest_pci_window(uint32_t where, unsigned n);

/* Puts 32-bit memory window `n` there: a machine without firmware has placed nothing. */
void guest_pci_place(uint32_t where, unsigned n, uint32_t address);

/* Lets the device answer on its memory windows and become bus master. */
void guest_pci_enable(uint32_t where);

/* The machine's: register `reg` of the function that is `where`, slot << 11 on bus 0. */
uint32_t guest_pci_get(uint32_t where, uint32_t reg);
void guest_pci_set(uint32_t where, uint32_t reg, uint32_t v);

#endif
