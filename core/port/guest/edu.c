/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "cpu.h"
#include "edu.h"
#include "pci.h"

#define VENDOR 0x1234
#define DEVICE 0x11E8

#define REG_SOURCE 0x80
#define REG_TARGET 0x88
#define REG_COUNT 0x90
#define REG_COMMAND 0x98
#define BUFFER 0x40000u                 /* the device's own 4 KiB, as its engine addresses them */

#define COMMAND_RUN 0x1u
#define COMMAND_TO_MEMORY 0x2u

#define POLL_MAX 200000000u             /* some ten times of what the slowest host needed */

static void set(struct guest_edu *e, uint32_t reg, uint64_t v)
{
	*(volatile uint64_t *)(e->window + reg) = v;
}

static uint64_t get(struct guest_edu *e, uint32_t reg)
{
	return *(volatile uint64_t *)(e->window + reg);
}

int guest_edu_init(struct guest_edu *e)
{
	uint32_t where;
	uint64_t window;

	if (!guest_pci_find(VENDOR, DEVICE, &where))
		return GUEST_EDU_NO_DEVICE;
	if (GUEST_PCI_WINDOW)
		guest_pci_place(where, 0, GUEST_PCI_WINDOW);
	window = guest_pci_window(where, 0);
	if (!window || window >> 32)
		return GUEST_EDU_NO_DEVICE;
	guest_pci_enable(where);
	e->window = (volatile uint8_t *)(uintptr_t)window;
	return GUEST_EDU_OK;
}

/* QEMU ends at once when told a transfer that leaves the device's buffer: refuse it here. */
static int run(struct guest_edu *e, uint64_t from, uint64_t to, uint64_t bus, size_t n,
	       uint32_t how)
{
	if (!n)
		return GUEST_EDU_OK;
	if (n > GUEST_EDU_MAX || bus >= GUEST_EDU_LIMIT || n > GUEST_EDU_LIMIT - bus)
		return GUEST_EDU_OUT_OF_REACH;

	set(e, REG_SOURCE, from);
	set(e, REG_TARGET, to);
	set(e, REG_COUNT, n);
	guest_dma_barrier();
	set(e, REG_COMMAND, how | COMMAND_RUN);
	for (uint32_t i = 0; i < POLL_MAX; i++) {
		if (!(get(e, REG_COMMAND) & COMMAND_RUN)) {
			guest_dma_barrier();
			return GUEST_EDU_OK;
		}
		guest_relax();
	}
	return GUEST_EDU_STUCK;
}

int guest_edu_fetch(struct guest_edu *e, uint64_t bus, size_t n)
{
	return run(e, bus, BUFFER, bus, n, 0);
}

int guest_edu_store(struct guest_edu *e, uint64_t bus, size_t n)
{
	return run(e, BUFFER, bus, bus, n, COMMAND_TO_MEMORY);
}
