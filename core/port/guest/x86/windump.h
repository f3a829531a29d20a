/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What QEMU's `dump-guest-memory -w` asks of a guest: a prepared header of a Windows full dump,
 * published by the fw_cfg file etc/vmcoreinfo (`-device vmcoreinfo`), and in the guest's memory the
 * debugger block that leads to the bugcheck and to a processor's context (QEMU's dump/win_dump.c).
 * For 64 and 32 bits; one processor.
 */
#ifndef GUEST_WINDUMP_H
#define GUEST_WINDUMP_H

#include <stdbool.h>
#include <stdint.h>

struct guest_windump {
	uint64_t root;                  /* CR3 */
	bool pae;                       /* 32 bits: of three levels */
	uint64_t memory;                /* bytes of RAM, from physical 0 on, with PC's hole */
	uintptr_t direct;               /* virtual address at which physical 0 is mapped */
	uint64_t unix_ns, up_ns;        /* of the header's two clocks */
	const char *comment;
};

/* False: there is no etc/vmcoreinfo, or it cannot be written. */
bool guest_windump_publish(const struct guest_windump *w);

/* CODE,P1,P2,P3,P4 in hex, up to a blank or the end; what is left out is 0. */
void guest_windump_parse(const char *text, uint32_t *code, uint64_t p[4]);

/* What the dump's header will say; code 0: nothing happened (QEMU makes 0x161 of it). Does nothing
 * that anyone sees before guest_windump_publish. */
void guest_windump_bugcheck(uint32_t code, const uint64_t p[4]);

#endif
