/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* First C code: what the boot loader said, then every part of the machine in order. */
#include "clock.h"
#include "cpu.h"
#include "dma.h"
#include "fdc.h"
#include "guest.h"
#include "iommu.h"
#include "serial.h"
#include "trap.h"
#include "words.h"

#define LOADER_MAGIC 0x2BADB002u
#define HAS_MEMORY 0x1u
#define HAS_COMMAND 0x4u
#define MIB 0x100000u

/* Multiboot information, as far as it is used. */
struct loader_info {
	uint32_t flags;
	uint32_t memory_low, memory_high;       /* KiB; high counts from 1 MiB */
	uint32_t boot_device;
	uint32_t command;
};

extern const char guest_end[];
_Noreturn void guest_start_c(uint32_t magic, const struct loader_info *info);

static struct guest machine;            /* too large for the stack */
static const struct guest_disk floppy = { GUEST_FDC_CHANNEL, GUEST_FDC_SECTOR, guest_fdc_transfer };

/* Looked for only where it is wanted: a drive takes its time. */
static void find_floppy(struct guest *g)
{
	char yes[4];

	if (guest_option(g, "floppy", yes, sizeof(yes)) && guest_fdc_init())
		g->disk = &floppy;
}

/* QEMU puts its command line right behind the image, where the free pages will be: copy first. */
static void keep_command(struct guest *g, const struct loader_info *info)
{
	const char *text = (const char *)(uintptr_t)info->command;
	size_t n = 0;

	if (!(info->flags & HAS_COMMAND))
		return;
	while (n < sizeof(g->command) - 1 && text[n]) {
		g->command[n] = text[n];
		n++;
	}
	g->command[n] = 0;
}

_Noreturn void guest_start_c(uint32_t magic, const struct loader_info *info)
{
	struct guest *g = &machine;
	char word[4];

	guest_serial_init();
	guest_trap_init();
	if (magic != LOADER_MAGIC || !(info->flags & HAS_MEMORY)) {
		guest_say("guest: not started by a multiboot loader\n");
		guest_halt();
	}
	keep_command(g, info);
	guest_pages_init(&g->pages, (uintptr_t)guest_end, MIB + (uint64_t)info->memory_high * 1024);
	g->tick_hz = guest_clock_measure();
	g->edu_found = guest_edu_init(&g->edu) == GUEST_EDU_OK;
	g->controller = &guest_dma;
	find_floppy(g);
	guest_windows_words(g);
	if (guest_option(g, "iommu", word, sizeof(word)) && !guest_iommu_start(g)) {
		guest_say("guest: no IOMMU\n");
		guest_halt();
	}
	guest_irq_on();
	guest_main(g);
	guest_say("guest: done\n");
	guest_halt();
}
