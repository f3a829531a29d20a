/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Names of machines: what uname says, what libkdumpfile says, what ELF says. */
#include <elf.h>
#include <string.h>

#include "mem_int.h"

static const struct dmv_machine machines[] = {
	{ "x86_64", "x86_64", EM_X86_64, 64 },
	{ "aarch64", "aarch64", EM_AARCH64, 64 },
	{ "i386", "ia32", EM_386, 32 },
	{ "i586", "ia32", EM_386, 32 },
	{ "i686", "ia32", EM_386, 32 },
	{ "arm", "arm", EM_ARM, 32 },
	{ "armv7l", "arm", EM_ARM, 32 },
	{ "ppc64", "ppc64", EM_PPC64, 64 },
	{ "ppc64le", "ppc64", EM_PPC64, 64 },
	{ "ppc", "ppc", EM_PPC, 32 },
	{ "s390x", "s390x", EM_S390, 64 },
	{ "s390", "s390", EM_S390, 32 },
	{ "mips", "mips", EM_MIPS, 32 },
	{ "riscv64", "riscv64", EM_RISCV, 64 },
};

const struct dmv_machine *dmv_machine_of(const char *name)
{
	for (size_t i = 0; name[0] && i < sizeof(machines) / sizeof(machines[0]); i++)
		if (!strcmp(machines[i].uts, name) || !strcmp(machines[i].arch, name))
			return &machines[i];
	return NULL;
}
