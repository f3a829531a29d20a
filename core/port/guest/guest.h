/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A bare-metal machine under QEMU that embeds the verifier: one processor, polling. x86/ and arm64/
 * start their machine and call guest_main(), which is the application's. Beside that they give
 * cpu.h, what is said to be theirs in serial.h, clock.h, trap.h and pci.h, and a linker script.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edu.h"
#include "pages.h"

#define GUEST_COMMAND_MAX 256

struct wdm_controller;

/* A disk at a line of the machine's system DMA controller. */
struct guest_disk {
	uint32_t line, sector;          /* sector: bytes */
	/* Moves sectors as far as the controller, programmed before, lets it. false: it failed. */
	bool (*transfer)(uint32_t first, uint32_t sectors, bool write);
};

struct guest {
	char command[GUEST_COMMAND_MAX];        /* the words after -append */
	uint64_t tick_hz;
	struct guest_pages pages;
	struct guest_edu edu;
	bool edu_found;
	const struct wdm_controller *controller;        /* of system DMA; NULL: there is none */
	const struct guest_disk *disk;                  /* NULL: there is none */
	/* opt: writes the bugcheck where this machine's own dumps have it */
	void (*dying)(uint32_t code, const uint64_t p[4]);
	/*
	 * opt: of an IOMMU before the devices, by the word iommu=yes. Maps or unmaps the page at a
	 * bus address; takes the next access that was refused, false: there is none.
	 */
	void (*iommu_reach)(struct guest *g, uint64_t bus, bool mapped);
	bool (*iommu_fault)(struct guest *g, uint64_t *address, uint32_t *reason);
	void *iommu;                            /* the two's own */
};

/* Value of the word `key=value` of the command line, cut to the room; false: no such word. */
bool guest_option(const struct guest *g, const char *key, char *ret, size_t room);

void guest_main(struct guest *g);

#endif
