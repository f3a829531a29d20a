/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * core/wdm/wdm.h against mingw-w64's (package mingw-w64-common): sizes, offsets, order of the
 * operations, constants, for 64 and 32 bits. clang compiles wdm_layout.c for Windows with theirs
 * and for Linux with ours, since gcc has no target whose long has 32 bits beside 64-bit pointers.
 * What they do not have, version 3, is checked against the reference pages.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t.h"
#include "wdm/wdm.h"

#define MINGW "/usr/share/mingw-w64/include"
#define FACTS_MAX 1024

struct fact {
	long value;
	char name[96];
};

struct facts {
	struct fact fact[FACTS_MAX];
	size_t n;
};

static const char *clang(void)
{
	const char *c = getenv("CLANG");

	return c && *c ? c : "clang-14";
}

/* One line of assembly: .ascii "->VALUE NAME" */
static void take(struct facts *f, const char *line)
{
	const char *at = strstr(line, "\"->");
	struct fact *to = &f->fact[f->n];
	char *name, *quote;

	if (!at || f->n == FACTS_MAX)
		return;
	to->value = strtol(at + 3, &name, 10);
	quote = strrchr(name, '"');
	if (*name != ' ' || !quote || (size_t)(quote - name) > sizeof(to->name))
		return;
	snprintf(to->name, sizeof(to->name), "%.*s", (int)(quote - name - 1), name + 1);
	f->n++;
}

static bool compile(struct facts *f, const char *target, const char *include)
{
	char command[512], line[512];
	FILE *p;

	f->n = 0;
	snprintf(command, sizeof(command), "%s --target=%s -std=gnu11 -ffreestanding -w "
		 "-fms-extensions %s -S -o - tests/wdm_layout.c", clang(), target, include);
	p = popen(command, "r");
	if (!p)
		return false;
	while (fgets(line, sizeof(line), p))
		take(f, line);
	return !pclose(p) && f->n;
}

static const struct fact *find(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->fact[i].name, name))
			return &f->fact[i];
	return NULL;
}

static size_t differences(const struct facts *a, const struct facts *b)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct fact *other = find(b, a->fact[i].name);

		n += !other || other->value != a->fact[i].value;
	}
	return n;
}

static void compare(const struct facts *ours, const struct facts *theirs, int bits)
{
	char name[160];

	T_CHECKF(ours->n == theirs->n, "as many facts", "%zu and %zu", ours->n, theirs->n);
	for (size_t i = 0; i < theirs->n; i++) {
		const struct fact *want = &theirs->fact[i], *got = find(ours, want->name);

		snprintf(name, sizeof(name), "%d bits: %s", bits, want->name);
		T_CHECKF(got && got->value == want->value, name, "%ld, they say %ld",
			 got ? got->value : -1, want->value);
	}
}

static void version3(void)
{
	T_EQ(offsetof(DEVICE_DESCRIPTION, DmaAddressWidth), 40, "version 3: DmaAddressWidth");
	T_EQ(offsetof(DEVICE_DESCRIPTION, DmaControllerInstance), 44,
	     "version 3: DmaControllerInstance");
	T_EQ(offsetof(DEVICE_DESCRIPTION, DmaRequestLine), 48, "version 3: DmaRequestLine");
	T_EQ(offsetof(DEVICE_DESCRIPTION, DeviceAddress), 56, "version 3: DeviceAddress");
	T_EQ(sizeof(DEVICE_DESCRIPTION), 64, "version 3: size");
	T_EQ(DEVICE_DESCRIPTION_VERSION3, 3, "version 3: number");
	T_EQ(sizeof(DMA_ADAPTER_INFO), 24, "version 3: DMA_ADAPTER_INFO");
	T_EQ(offsetof(DMA_ADAPTER_INFO, V1.MinimumTransferUnit), 20, "version 3: its last member");
	T_EQ(sizeof(DMA_TRANSFER_INFO), 20, "version 3: DMA_TRANSFER_INFO");
	T_EQ(offsetof(DMA_TRANSFER_INFO, V2.LogicalPageCount), 16, "version 3: its last member");
	T_EQ(DmaCancelled, 3, "version 3: DMA_COMPLETION_STATUS");
	T_EQ(sizeof(DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION), 40, "version 3: configurations");
	T_EQ(offsetof(DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION, SubSection.Length), 16,
	     "version 3: configurations, a member of the union");
	T_EQ(DMA_TRANSFER_CONTEXT_SIZE_V1, sizeof(void *) == 8 ? 128 : 64,
	     "version 3: bytes of a transfer context");
}

/* The order of the slots: DDI wdm/ns-wdm-_dma_operations.md. Slot 0 is Size. */
static void slots(void)
{
#define SLOT(name) { #name, offsetof(DMA_OPERATIONS, name) }
	static const struct { const char *name; size_t at; } slot[] = {
		SLOT(BuildMdlFromScatterGatherList), SLOT(GetDmaAdapterInfo),
		SLOT(GetDmaTransferInfo), SLOT(InitializeDmaTransferContext),
		SLOT(AllocateCommonBufferEx), SLOT(AllocateAdapterChannelEx),
		SLOT(ConfigureAdapterChannel), SLOT(CancelAdapterChannel), SLOT(MapTransferEx),
		SLOT(GetScatterGatherListEx), SLOT(BuildScatterGatherListEx),
		SLOT(FlushAdapterBuffersEx), SLOT(FreeAdapterObject), SLOT(CancelMappedTransfer),
		SLOT(AllocateDomainCommonBuffer), SLOT(FlushDmaBuffer), SLOT(JoinDmaDomain),
		SLOT(LeaveDmaDomain), SLOT(GetDmaDomain), SLOT(AllocateCommonBufferWithBounds),
		SLOT(AllocateCommonBufferVector), SLOT(GetCommonBufferFromVectorByIndex),
		SLOT(FreeCommonBufferFromVector), SLOT(FreeCommonBufferVector),
		SLOT(CreateCommonBufferFromMdl),
	};
#undef SLOT
	const size_t n = sizeof(slot) / sizeof(slot[0]);

	for (size_t i = 0; i < n; i++)
		T_EQ(slot[i].at / sizeof(void *), 15 + i, slot[i].name);
	T_EQ(sizeof(DMA_OPERATIONS) / sizeof(void *), 15 + n, "operations: slots");
}

int main(void)
{
	static struct facts ours64, theirs64, ours32, theirs32;
	char version[128];
	static const char ours[] = "-nostdlibinc -Icore/wdm";
	static const char mingw[] = "-nostdlibinc -isystem " MINGW " -isystem " MINGW "/ddk";

	version3();
	slots();
	if (access(MINGW "/ddk/wdm.h", R_OK)) {
		T_SKIP("comparison", "no " MINGW "/ddk/wdm.h (mingw-w64-common)");
		return T_DONE();
	}
	snprintf(version, sizeof(version), "%s --version >/dev/null 2>&1", clang());
	if (system(version)) {
		T_SKIP("comparison", "no clang");
		return T_DONE();
	}
	T_CHECK(compile(&ours64, "x86_64-linux-gnu", ours), "ours compiles for 64 bits");
	T_CHECK(compile(&ours32, "i386-linux-gnu", ours), "ours compiles for 32 bits");
	T_CHECK(compile(&theirs64, "x86_64-w64-mingw32", mingw), "theirs compiles for 64 bits");
	T_CHECK(compile(&theirs32, "i686-w64-mingw32", mingw), "theirs compiles for 32 bits");
	compare(&ours64, &theirs64, 64);
	compare(&ours32, &theirs32, 32);
	/* A comparison that cannot fail would be none. */
	T_CHECK(differences(&ours64, &theirs32) > 0, "a difference would be seen");
	return T_DONE();
}
