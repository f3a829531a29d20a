/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include <stddef.h>

#include "io.h"
#include "windump.h"

void *memset(void *to, int byte, size_t n);
void *memcpy(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define WIDE (sizeof(void *) == 8)

/* ---- fw_cfg ---- */

#define SELECTOR 0x510
#define DATA 0x511
#define DMA_HIGH 0x514
#define DMA_LOW 0x518
#define SIGNATURE 0x00
#define FEATURES 0x01
#define DIRECTORY 0x19
#define HAS_DMA 2u
#define DMA_ERROR 1u
#define DMA_SELECT 8u
#define DMA_WRITE 16u
#define FORMAT_ELF 1u

/* Big-endian, as all of fw_cfg. */
struct dma {
	uint32_t control, length;
	uint64_t address;
};

static void select(uint16_t key)
{
	__asm__ volatile("outw %0, %1" : : "a"(key), "Nd"((uint16_t)SELECTOR));
}

static uint32_t take(unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | guest_inb(DATA);
	return v;
}

/* Elsewhere than under QEMU these ports may be anything. */
static bool is_there(void)
{
	select(SIGNATURE);
	if (take(4) != 0x51454D55)              /* "QEMU" */
		return false;
	select(FEATURES);
	return guest_inb(DATA) & HAS_DMA;
}

/* Key of the file, 0: there is none. */
static uint16_t find(const char *name, size_t n)
{
	uint32_t count;

	select(DIRECTORY);
	count = take(4);
	for (uint32_t i = 0; i < count; i++) {
		char entry[56];
		uint16_t key;

		take(4);
		key = (uint16_t)take(2);
		take(2);
		for (size_t k = 0; k < sizeof(entry); k++)
			entry[k] = (char)guest_inb(DATA);
		if (!memcmp(entry, name, n))
			return key;
	}
	return 0;
}

static bool write_file(uint16_t key, uint64_t phys, uint32_t bytes, uintptr_t direct)
{
	static volatile struct dma d;
	uint64_t at = (uintptr_t)&d;

	if (at >= direct && direct)
		at -= direct;
	d.length = __builtin_bswap32(bytes);
	d.address = __builtin_bswap64(phys);
	d.control = __builtin_bswap32((uint32_t)key << 16 | DMA_SELECT | DMA_WRITE);
	guest_outl(DMA_HIGH, __builtin_bswap32((uint32_t)(at >> 32)));
	guest_outl(DMA_LOW, __builtin_bswap32((uint32_t)at));
	while (d.control & ~__builtin_bswap32(DMA_ERROR))
		;
	return !d.control;
}

/* ---- the dump ---- */

#define PAGE 4096u
#define NAME "VMCOREINFO"               /* with its end 11 bytes, 12 with the padding */
#define NOTE 24u                        /* of the header's note: its head and name */
#define HOLE 0xA0000u                   /* no RAM from here to 1 MiB */
#define MIB 0x100000u
#define EPOCH 11644473600ull            /* seconds from 1601, where Windows counts from */
#define TICKS 10000000ull               /* of 100 ns a second */

/* Offsets in the header, 32 and 64 bits. */
#define AT(narrow, wide) (WIDE ? (wide) : (narrow))
#define HEADER AT(0x1000u, 0x2000u)
#define BUILD 19041u
#define MACHINE AT(0x14Cu, 0x8664u)
#define TYPE_FULL 1u

/* Of the debugger's block, whose fields are 64 bits wide everywhere. */
#define BLOCK_TAG 0x10
#define BLOCK_BUGCHECK 0x88
#define BLOCK_PROCESSORS 0x218
#define BLOCK_CONTEXT 0x338             /* where a PRCB points to its context */

static struct {
	uint8_t note[NOTE + 0x2000];
	uint8_t block[0x340];
	uintptr_t bugcheck[5];          /* KiBugcheckData */
	uintptr_t processors[1];        /* KiProcessorBlock */
	uintptr_t prcb[2];              /* the second: its context */
	uint8_t context[0x4D0];
	struct {
		uint16_t host_format, guest_format;
		uint32_t size;
		uint64_t phys;
	} vmcoreinfo;
} dump __attribute__((aligned(4096)));

static void put(size_t off, uint64_t v, size_t bytes)
{
	memcpy(dump.note + NOTE + off, &v, bytes);
}

static void put_word(size_t narrow, size_t wide, uint64_t v)
{
	put(AT(narrow, wide), v, sizeof(uintptr_t));
}

static void put32(size_t narrow, size_t wide, uint32_t v)
{
	put(AT(narrow, wide), v, 4);
}

static uint64_t phys(const void *p, uintptr_t direct)
{
	uintptr_t at = (uintptr_t)p;

	return at >= direct ? at - direct : at;
}

static uintptr_t mapped(const void *p, uintptr_t direct)
{
	return direct + (uintptr_t)phys(p, direct);
}

static void put_runs(uint64_t memory)
{
	const uint64_t run[2][2] = { { 0, HOLE / PAGE }, { MIB / PAGE, (memory - MIB) / PAGE } };
	const size_t at = AT(0x64u, 0x88u), w = sizeof(uintptr_t);

	put(at, 2, 4);
	put(at + w, run[0][1] + run[1][1], w);
	for (size_t i = 0; i < 2; i++) {
		put(at + w * (2 + 2 * i), run[i][0], w);
		put(at + w * (3 + 2 * i), run[i][1], w);
	}
}

static void put_comment(const char *text)
{
	const size_t at = AT(0x820u, 0xFB0u);

	for (size_t i = 0; i < 128; i++)
		put(at + i, *text ? (uint8_t)*text++ : 0, 1);
}

static void make_header(const struct guest_windump *w)
{
	const uint32_t head[3] = { sizeof(NAME), HEADER, 0 };

	memcpy(dump.note, head, sizeof(head));
	memcpy(dump.note + sizeof(head), NAME, sizeof(NAME));
	for (size_t i = 0; i < HEADER; i++)
		put(i, (uint8_t)"PAGE"[i % 4], 1);
	put(4, AT(0x504D5544u, 0x34365544u), 4);        /* DUMP, DU64 */
	put(0x08, 0xF, 4);
	put(0x0C, BUILD, 4);
	put_word(0x10, 0x10, w->root);
	put32(0x20, 0x30, MACHINE);
	put32(0x24, 0x34, 1);
	put_word(0x60, 0x80, mapped(dump.block, w->direct));
	if (!WIDE)
		put(0x5C, w->pae, 1);
	put_runs(w->memory);
	put_comment(w->comment);
	put32(0xF88, 0xF98, TYPE_FULL);
	put(AT(0xFC0u, 0xFA8u), w->unix_ns / 100 + EPOCH * TICKS, 8);
	put(AT(0xFB8u, 0x1030u), w->up_ns / 100, 8);
}

static void make_block(uintptr_t direct)
{
	const uint64_t bugcheck = mapped(dump.bugcheck, direct);
	const uint64_t processors = mapped(dump.processors, direct);
	const uint16_t context = sizeof(uintptr_t);

	memcpy(dump.block + BLOCK_TAG, "KDBG", 4);
	memcpy(dump.block + BLOCK_BUGCHECK, &bugcheck, sizeof(bugcheck));
	memcpy(dump.block + BLOCK_PROCESSORS, &processors, sizeof(processors));
	memcpy(dump.block + BLOCK_CONTEXT, &context, sizeof(context));
	dump.processors[0] = mapped(dump.prcb, direct);
	dump.prcb[1] = mapped(dump.context, direct);
}

bool guest_windump_publish(const struct guest_windump *w)
{
	static const char file[] = "etc/vmcoreinfo";
	uint16_t key = is_there() ? find(file, sizeof(file)) : 0;

	if (!key)
		return false;
	make_header(w);
	make_block(w->direct);
	dump.vmcoreinfo.guest_format = FORMAT_ELF;
	dump.vmcoreinfo.size = NOTE + HEADER;
	dump.vmcoreinfo.phys = phys(dump.note, w->direct);
	return write_file(key, phys(&dump.vmcoreinfo, w->direct), sizeof(dump.vmcoreinfo),
			  w->direct);
}

static const char *hex(const char *p, uint64_t *ret)
{
	*ret = 0;
	for (; *p && *p != ',' && *p != ' '; p++)
		*ret = *ret << 4 | (uint64_t)(*p <= '9' ? *p - '0' : (*p | 0x20) - 'a' + 10);
	return *p == ',' ? p + 1 : p;
}

void guest_windump_parse(const char *text, uint32_t *code, uint64_t p[4])
{
	uint64_t v;

	text = hex(text, &v);
	*code = (uint32_t)v;
	for (size_t i = 0; i < 4; i++)
		text = hex(text, &p[i]);
}

void guest_windump_bugcheck(uint32_t code, const uint64_t p[4])
{
	dump.bugcheck[0] = code;
	for (size_t i = 0; i < 4; i++)
		dump.bugcheck[1 + i] = (uintptr_t)p[i];
}
