/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Names: this very program is the symbol file, so that addresses are known without a fixture; files
 * that are no ELF, cut short or spoiled must be refused or read, never crash us.
 */
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t.h"
#include "names.h"

#define SELF "/proc/self/exe"
#define BASE 0x7f0000000000ull

int names_test_function(int x);
int names_test_data = 7;

__attribute__((noinline)) int names_test_function(int x)
{
	return x * names_test_data;
}

/* Where the program is, and its build-id: what a core file would tell. */
struct self {
	uint64_t base, end;
	uint8_t id[64];
	size_t id_n;
};

static int look(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct self *s = ctx;

	(void)size;
	s->base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		const char *p = (const char *)(uintptr_t)(info->dlpi_addr + ph->p_vaddr);

		if (ph->p_type == PT_LOAD)
			s->end = info->dlpi_addr + ph->p_vaddr + ph->p_memsz;
		if (ph->p_type != PT_NOTE)
			continue;
		for (const char *end = p + ph->p_memsz; p < end;) {
			const ElfW(Nhdr) *n = (const void *)p;
			const char *desc = p + sizeof(*n) + ((n->n_namesz + 3) & ~3u);

			if (n->n_type == NT_GNU_BUILD_ID && n->n_descsz <= sizeof(s->id)) {
				memcpy(s->id, desc, n->n_descsz);
				s->id_n = n->n_descsz;
			}
			p = desc + ((n->n_descsz + 3) & ~3u);
		}
	}
	return 1;                       /* the first one is the program */
}

static struct dmv_names *fresh(void)
{
	struct dmv_names *n = NULL;

	dmv_names_new(&n, NULL);
	return n;
}

static void test_self(const struct self *me)
{
	struct dmv_names *n = fresh();
	struct dmv_place p;
	struct dmv_err e = { 0 };
	const char *const *notes;
	char text[200];
	uint64_t fn = (uint64_t)(uintptr_t)names_test_function, addr = 0;

	T_CHECK(!dmv_names_place(n, fn, &p), "nothing known, nothing said");
	T_STREQ(dmv_names_text(n, 0x1234, text, sizeof(text)), "0x0000000000001234",
		"text of a bare address");
	T_CHECKF(!dmv_names_add_file(n, SELF, UINT64_MAX, false, &e), "a file before its image",
		 "%s", e.msg);
	T_CHECK(!dmv_names_symbol(n, "names_test_data", &addr),
		"a movable file without an image has no addresses");
	T_CHECKF(dmv_names_notes(n, &notes) == 1 && strstr(notes[0], "no image"),
		 "a file that waits is noted", "no note");
	dmv_names_add_image(n, "/opt/demo.elf", me->base, me->end - me->base, me->id, me->id_n, &e);
	T_EQ(dmv_names_notes(n, &notes), 0, "no note once it is bound");
	if (T_CHECK(dmv_names_place(n, fn + 2, &p), "an address in a function")) {
		T_STREQ(p.module, "demo", "module by its image's name, no directory, no .elf");
		T_STREQ(p.function, "names_test_function", "function");
		T_EQ(p.offset, 2, "offset in the function");
	}
	T_CHECK(dmv_names_symbol(n, "names_test_data", &addr) &&
		addr == (uint64_t)(uintptr_t)&names_test_data, "address of a datum");
	T_CHECK(!dmv_names_symbol(n, "no_such_symbol", &addr), "no such symbol");
	T_STREQ(dmv_names_text(n, fn + 0x1, text, sizeof(text)), "demo!names_test_function+0x1",
		"text");
	T_STREQ(dmv_names_text(n, me->base + 1, text, sizeof(text)), "demo+0x1",
		"an address without a function");
	dmv_names_free(n);
}

static void test_ids(const struct self *me)
{
	static const uint8_t other[20] = { 1, 2, 3 };
	struct dmv_names *n = fresh();
	struct dmv_err e = { 0 };
	struct dmv_place p;
	const char *const *notes;

	/* Same name, other build: refused, unless told to take it. */
	dmv_names_add_image(n, "exe", BASE, 0x100000, other, sizeof(other), &e);
	T_CHECKF(dmv_names_add_file(n, SELF, UINT64_MAX, false, &e) == DMV_E_USAGE &&
		 strstr(e.msg, "0102030000"), "another build-id is refused with both", "%s", e.msg);
	T_CHECK(!dmv_names_place(n, BASE, &p) || !p.function[0], "a refused file names nothing");
	T_CHECKF(!dmv_names_add_file(n, SELF, UINT64_MAX, true, &e), "another build-id by force",
		 "%s", e.msg);
	T_CHECK(dmv_names_place(n, BASE + ((uint64_t)(uintptr_t)names_test_function - me->base),
				&p) &&
			!strcmp(p.function, "names_test_function"),
		"forced file names the image's addresses");
	dmv_names_free(n);
	/* The image comes later: the mismatch is a note. */
	n = fresh();
	dmv_names_add_file(n, SELF, UINT64_MAX, false, &e);
	dmv_names_add_image(n, "exe", BASE, 0x100000, other, sizeof(other), &e);
	T_CHECKF(dmv_names_notes(n, &notes) == 1 && strstr(notes[0], "is not that of exe"),
		 "a mismatch found later is noted", "no such note");
	dmv_names_free(n);
	/* By build-id under another name; at a given base. */
	n = fresh();
	dmv_names_add_image(n, "renamed", BASE, 0x100000, me->id, me->id_n, &e);
	dmv_names_add_file(n, SELF, UINT64_MAX, false, &e);
	T_CHECK(dmv_names_place(n, BASE + ((uint64_t)(uintptr_t)names_test_function - me->base),
				&p) &&
			!strcmp(p.module, "renamed") && p.function[0],
		"matched by build-id");
	dmv_names_free(n);
	n = fresh();
	dmv_names_add_file(n, SELF, 0x10000, false, &e);
	T_CHECK(dmv_names_place(n, 0x10000 + ((uint64_t)(uintptr_t)names_test_function - me->base),
				&p) &&
			!strcmp(p.function, "names_test_function"),
		"at the base that was given");
	dmv_names_free(n);
}

static void test_images(void)
{
	struct dmv_names *n = fresh();
	struct dmv_err e = { 0 };
	struct dmv_place p;
	char text[100];

	T_CHECKF(dmv_names_add_image(n, "x", UINT64_MAX - 10, 100, NULL, 0, &e) == DMV_E_CORRUPT,
		 "an image past the end of memory", "%s", e.msg);
	T_CHECK(dmv_names_add_image(n, "x", 0x1000, 0, NULL, 0, &e) == DMV_E_CORRUPT,
		"an image of no bytes");
	dmv_names_add_image(n, "/lib/modules/foo.ko", 0x1000, 0x1000, NULL, 0, &e);
	T_STREQ(dmv_names_text(n, 0x1fff, text, sizeof(text)), "foo+0xfff", "a module's last byte");
	T_CHECK(!dmv_names_place(n, 0x2000, &p), "one byte behind it");
	dmv_names_free(n);
}

/* The program's own file, cut or spoiled at places that are the same in each run. */
static bool survives(const char *path, const uint8_t *bytes, size_t n)
{
	struct dmv_names *names = fresh();
	FILE *f = fopen(path, "wb");
	struct dmv_err e = { 0 };
	uint64_t addr;
	char text[200];

	if (!f || (n && fwrite(bytes, 1, n, f) != n) || fclose(f))
		return false;
	dmv_names_add_image(names, "exe", BASE, 0x1000000, NULL, 0, &e);
	dmv_names_add_file(names, path, BASE, true, &e);
	dmv_names_symbol(names, "names_test_data", &addr);
	for (uint64_t a = BASE; a < BASE + 0x40000; a += 0x801)
		dmv_names_text(names, a, text, sizeof(text));
	dmv_names_free(names);
	return true;
}

static void test_hostile(void)
{
	char path[] = "/tmp/dmv-unit-names-XXXXXX";
	static uint8_t good[8 << 20], bad[sizeof(good)];
	FILE *f = fopen(SELF, "rb");
	size_t n = f ? fread(good, 1, sizeof(good), f) : 0, done = 0;
	struct dmv_names *names = fresh();
	struct dmv_err e = { 0 };
	Elf64_Ehdr eh;
	int fd = mkstemp(path);
	uint32_t seed = 1;

	if (f)
		fclose(f);
	if (fd >= 0)
		close(fd);
	T_CHECKF(dmv_names_add_file(names, "/proc/nobody", UINT64_MAX, false, &e) == DMV_E_SYSTEM &&
		 strstr(e.msg, "/proc/nobody"), "no such file", "%s", e.msg);
	T_CHECKF(dmv_names_add_file(names, "/dev/null", UINT64_MAX, false, &e) == DMV_E_NOTFOUND,
		 "a device is no symbol file", "%s", e.msg);
	T_CHECKF(dmv_names_add_file(names, "/etc/passwd", UINT64_MAX, false, &e) == DMV_E_NOTFOUND,
		 "a text is no symbol file", "%s", e.msg);
	dmv_names_free(names);
	if (!T_CHECKF(fd >= 0 && n > sizeof(eh), "a file to spoil", "%zu bytes", n))
		return;
	memcpy(&eh, good, sizeof(eh));
	for (size_t cut = 0; cut < n; cut += n / 40 + 1)
		done += survives(path, good, cut);
	for (int i = 0; i < 200; i++) {
		memcpy(bad, good, n);
		for (int k = 0; k < 4; k++) {
			/* The ELF header, its section headers, the program headers. */
			size_t from[3] = { 0, eh.e_shoff, eh.e_phoff };
			size_t bytes[3] = { sizeof(eh), (size_t)eh.e_shnum * eh.e_shentsize,
					    (size_t)eh.e_phnum * eh.e_phentsize };
			size_t which = (size_t)(i + k) % 3, at;

			seed = seed * 1664525u + 1013904223u;
			at = from[which] + (seed >> 8) % bytes[which];
			bad[at < n ? at : 0] = (uint8_t)(seed >> 3 & 1 ? 0xFF : seed >> 24);
		}
		done += survives(path, bad, n);
	}
	unlink(path);
	T_CHECKF(done >= 240, "cut and spoiled symbol files", "%zu survived", done);
}

int main(void)
{
	struct self me = { 0 };

	dl_iterate_phdr(look, &me);
	if (!T_CHECK(me.id_n && me.end, "the test program knows itself"))
		return T_DONE();
	names_test_function(1);
	test_self(&me);
	test_ids(&me);
	test_images();
	test_hostile();
	return T_DONE();
}
