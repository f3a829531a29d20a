/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* PCI configuration space through the ports 0xCF8 and 0xCFC; as much as one device needs. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* First function with this vendor and device on bus 0; ret: its configuration address. */
bool guest_pci_find(uint16_t vendor, uint16_t device, uint32_t *ret);

/* Start of memory window `n`, or 0. */
uint64_t guest_pci_window(uint32_t where, unsigned n);

/* Lets the device answer on its memory windows and become bus master. */
void guest_pci_enable(uint32_t where);

#endif
