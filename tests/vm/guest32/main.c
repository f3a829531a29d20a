/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A 32-bit machine under QEMU that embeds the verifier and plays the scene (tests/scene.c) until a
 * rule stops it. It publishes what QEMU needs to write a Windows dump of it.
 *
 * Words of its command line: paging=pae (else two levels), bugcheck=CODE,P1,P2,P3,P4 (hex): that
 * bugcheck instead of the scene's.
 */
#include "cpu.h"
#include "scene.h"
#include "serial.h"
#include "windump.h"

#define PAGE 4096u
#define RAM (64u << 20)                 /* tests/vm/guest.sh gives this much */
#define KERNEL 0x80000000u              /* physical 0 once more, in pages of 4 KiB */
#define MIB 0x100000u
#define TABLE 0x03u                     /* present, writable */
#define LARGE 0x83u                     /* and large */
#define CR0_PG_WP 0x80010000u
#define CR4_PSE 0x10u
#define CR4_PAE 0x20u
#define TIME_NS 1577934245000000000ull  /* 2020-01-02 03:04:05 */
#define UPTIME_NS 93784000000000ull     /* a day, two hours, three minutes, four seconds */
#define MACHINE_386 3

struct loader_info {
	uint32_t flags, low, high, device, command;
};

void guest_main(const struct loader_info *info);

static struct scene scene;
static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t table[RAM / PAGE] __attribute__((aligned(4096)));
static uint64_t top[4] __attribute__((aligned(4096)));
static uint64_t middle[2][512] __attribute__((aligned(4096)));
static uint64_t wide_table[RAM / PAGE] __attribute__((aligned(4096)));
static char command[256];

static uint32_t at(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

/* ---- paging ---- */

static uint32_t two_levels(void)
{
	for (uint32_t i = 0; i < RAM / PAGE; i++)
		table[i] = i * PAGE | TABLE;
	for (uint32_t i = 0; i < RAM >> 22; i++) {
		directory[i] = i << 22 | LARGE;
		directory[(KERNEL >> 22) + i] = at(table + i * 1024) | TABLE;
	}
	return at(directory);
}

static uint32_t three_levels(void)
{
	for (uint32_t i = 0; i < RAM / PAGE; i++)
		wide_table[i] = (uint64_t)i * PAGE | TABLE;
	for (uint32_t i = 0; i < RAM >> 21; i++) {
		middle[0][i] = (uint64_t)i << 21 | LARGE;
		middle[1][i] = at(wide_table + i * 512) | TABLE;
	}
	top[0] = at(middle[0]) | 1;
	top[KERNEL >> 30] = at(middle[1]) | 1;
	return at(top);
}

static void paging_on(uint32_t root, uint32_t cr4)
{
	uint32_t v;

	__asm__ volatile("movl %%cr4, %0; orl %1, %0; movl %0, %%cr4; movl %2, %%cr3"
			 : "=&r"(v) : "r"(cr4), "r"(root) : "memory");
	__asm__ volatile("movl %%cr0, %0; orl %1, %0; movl %0, %%cr0"
			 : "=&r"(v) : "r"(CR0_PG_WP) : "memory");
}

/* ---- the command line ---- */

/* What follows `key` in it, which ends with '='; NULL: it is not there. */
static const char *option(const char *key)
{
	for (const char *p = command; *p; p++) {
		size_t n = 0;

		while (key[n] && p[n] == key[n])
			n++;
		if (!key[n])
			return p + n;
	}
	return NULL;
}

static void keep_command(const struct loader_info *info)
{
	const char *text = (const char *)(uintptr_t)info->command;

	for (size_t i = 0; i < sizeof(command) - 1 && text[i]; i++)
		command[i] = text[i];
}

/* ---- the scene, in the kernel's half ---- */

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static bool play(struct scene *s)
{
	s->phys_bias = KERNEL;
	s->machine = MACHINE_386;
	s->region_id = 0x32B17;
	for (const struct scene_step *step = scene_steps; step->name && !s->failed; step++) {
		step->run(s);
		if (same(step->name, "use after release"))
			return !s->failed;
	}
	guest_say("guest: no scene: %s\n", s->failure ? s->failure : "it has changed");
	return false;
}

static bool bugcheck(struct scene *s, uint32_t *code, uint64_t p[4])
{
	const char *given = option("bugcheck=");

	if (given) {
		guest_windump_parse(given, code, p);
		return true;
	}
	if (!play(s))
		return false;
	*code = s->last_code;
	for (size_t i = 0; i < 4; i++)
		p[i] = s->last_p[i];
	return true;
}

void guest_main(const struct loader_info *info)
{
	struct guest_windump w = { .memory = RAM - 32 * PAGE, .direct = KERNEL, .unix_ns = TIME_NS,
				   .up_ns = UPTIME_NS, .comment = "the small guest" };
	const char *paging;
	uint64_t p[4];
	uint32_t code;

	guest_serial_init();
	keep_command(info);
	paging = option("paging=");
	w.pae = paging && *paging == 'p';
	w.root = w.pae ? three_levels() : two_levels();
	paging_on((uint32_t)w.root, w.pae ? CR4_PAE : CR4_PSE);
	if (!guest_windump_publish(&w)) {
		guest_say("guest: no vmcoreinfo\n");
		guest_halt();
	}
	if (!bugcheck((struct scene *)(at(&scene) + KERNEL), &code, p))
		guest_halt();
	guest_windump_bugcheck(code, p);
	guest_say("*** STOP: %w (%x,%x,%x,%x)\n", code, p[0], p[1], p[2], p[3]);
	guest_halt();
}
