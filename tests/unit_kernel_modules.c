/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Files of a kernel's modules: each section where the target has it, lines, types; another build is
 * refused, and a list of sections that is damaged does no harm.
 */
#include <unistd.h>

#include "t.h"
#include "fake_kernel.h"
#include "names.h"

/* Offsets in the image; modules are behind the kernel. */
enum {
	HEAD = 0xb000, END = 0x10000, MODULE = 0x20000, ATTRS = 0x21000, POINTERS = 0x22000,
	STRINGS = 0x23000, TABLES = 0x24000, SYMTAB = 0x25000, STRTAB = 0x26000,
	TEXT = 0x30000, DATA = 0x31000, NOTE = 0x31800,
};

#define AT(off) (FK_VIRT + (off))

static const char *where;               /* the folder of this program */

static const struct fake_symbol symbols[] = {
	{ "T_stext", 0, false }, { "Tlast_function", 0x800, false },
	{ "Dlinux_banner", FK_BANNER, false }, { "Dinit_uts_ns", FK_UTS, false },
	{ "R__start_BTF", FK_BTF, false }, { "R__stop_BTF", FK_BTF_END, false },
	{ "Dmodules", HEAD, false }, { "B_end", END, false },
};

static const struct {
	const char *name;
	uint64_t at;
} sections[] = {
	{ ".text", TEXT }, { ".init.text", 0x40000 }, { ".data", DATA },
	{ ".note.gnu.build-id", NOTE },
};

enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

static const char *path_of(const char *name)
{
	static char path[2][300];
	static int turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%.200s/%s", where, name);
	return path[turn];
}

/* A member of a struct at `at` in the image gets a value. */
static void set(struct fake_kernel *k, struct dmv_names *types, uint64_t at, const char *type,
		const char *path, uint64_t v)
{
	struct dmv_member m = { 0 };
	struct dmv_err e = { 0 };

	if (dmv_names_member(types, type, path, &m, &e) || m.size > 8)
		T_CHECKF(false, "the test knows its types", "%s", e.msg);
	fk_put(k, FK_IMAGE + at + m.offset, v, (unsigned)m.size);
}

static void put_note(struct fake_kernel *k)
{
	static const uint8_t note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };

	memcpy(k->ram + FK_IMAGE + NOTE, note, sizeof(note));
	for (unsigned i = 0; i < 20; i++)
		k->ram[FK_IMAGE + NOTE + sizeof(note) + i] = (uint8_t)(i % 16 * 0x11);
	/* ...ff 00 11 22 33 */
}

/* One function, for kernels that know modules' symbols. */
static void put_symbols(struct fake_kernel *k, struct dmv_names *types, uint64_t function)
{
	set(k, types, TABLES, "mod_kallsyms", "symtab", AT(SYMTAB));
	set(k, types, TABLES, "mod_kallsyms", "num_symtab", 2);
	set(k, types, TABLES, "mod_kallsyms", "strtab", AT(STRTAB));
	set(k, types, MODULE, "module", "kallsyms", AT(TABLES));
	fk_string(k, FK_IMAGE + STRTAB + 1, "open_function");
	fk_put(k, FK_IMAGE + SYMTAB + 24, 1, 4);
	fk_put(k, FK_IMAGE + SYMTAB + 24 + 4, 0x12, 1);         /* global function */
	fk_put(k, FK_IMAGE + SYMTAB + 24 + 6, 1, 2);
	fk_put(k, FK_IMAGE + SYMTAB + 24 + 8, AT(function), 8);
	fk_put(k, FK_IMAGE + SYMTAB + 24 + 16, 0x30, 8);
}

static void put_module(struct fake_kernel *k, struct dmv_names *types, bool new)
{
	struct dmv_member list, name;
	char path[60];

	dmv_names_member(types, "module", "list", &list, NULL);
	dmv_names_member(types, "module", "name", &name, NULL);
	fk_put(k, FK_IMAGE + HEAD, AT(MODULE + list.offset), 8);
	fk_put(k, FK_IMAGE + MODULE + list.offset, AT(HEAD), 8);
	fk_string(k, FK_IMAGE + MODULE + name.offset, "fake_mod");
	set(k, types, MODULE, "module", new ? "mem[0].base" : "core_layout.base", AT(TEXT));
	set(k, types, MODULE, "module", new ? "mem[0].size" : "core_layout.size",
	    new ? 0x1000 : 0x2000);
	if (new) {
		set(k, types, MODULE, "module", "mem[1].base", AT(DATA));
		set(k, types, MODULE, "module", "mem[1].size", 0x1000);
	}
	set(k, types, MODULE, "module", "sect_attrs", AT(ATTRS));
	if (new)
		set(k, types, ATTRS, "module_sect_attrs", "grp.bin_attrs", AT(POINTERS));
	else
		set(k, types, ATTRS, "module_sect_attrs", "nsections", SECTIONS);
	for (unsigned i = 0; i < SECTIONS; i++) {
		fk_string(k, FK_IMAGE + STRINGS + 64 * i, sections[i].name);
		fk_put(k, FK_IMAGE + POINTERS + 8 * i, AT(ATTRS), 8);
		snprintf(path, sizeof(path), new ? "attrs[%u].attr.name" :
						   "attrs[%u].battr.attr.name", i);
		set(k, types, ATTRS, "module_sect_attrs", path, AT(STRINGS + 64 * i));
		snprintf(path, sizeof(path), new ? "attrs[%u].private" : "attrs[%u].address", i);
		set(k, types, ATTRS, "module_sect_attrs", path, AT(sections[i].at));
	}
}

/* BTF as a compiler writes it, put where the kernel has it. */
static void put_types(struct fake_kernel *k, const char *file)
{
	FILE *f = fopen(path_of(file), "rb");
	size_t n = f ? fread(k->ram + FK_IMAGE + FK_BTF, 1, FK_BTF_END - FK_BTF, f) : 0;

	if (!T_CHECKF(n > 100 && n < FK_BTF_END - FK_BTF, "types of a kernel", "%zu bytes", n))
		exit(1);
	fclose(f);
}

static struct dmv_names *names_of(struct fake_kernel *k)
{
	struct dmv_names *n = NULL;

	dmv_names_new(&n, NULL);
	dmv_names_set_target(n, &k->b.base, NULL);
	return n;
}

/* function: where the kernel's own table has open_function; 0: it has no such table. */
static struct fake_kernel *machine(bool new, uint64_t function)
{
	struct fake_kernel *k = fk_new();
	struct dmv_names *types;

	memset(k->ram + FK_IMAGE + FK_NAMES, 0, FK_TOKENS - FK_NAMES);
	fk_kallsyms(k, symbols, sizeof(symbols) / sizeof(symbols[0]));
	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	put_types(k, new ? "fake_ko_new.btf" : "fake_ko_old.btf");
	types = names_of(k);
	put_module(k, types, new);
	put_note(k);
	if (function)
		put_symbols(k, types, function);
	dmv_names_free(types);
	return k;
}

static void drop(struct fake_kernel *k)
{
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

static void places(struct dmv_names *n, const char *name)
{
	uint64_t addr = 0;
	char text[100];

	T_STREQ(dmv_names_text(n, AT(TEXT + 0x21), text, sizeof(text)),
		"fake_mod!open_function+0x1", name);
	T_STREQ(dmv_names_text(n, AT(TEXT + 8), text, sizeof(text)),
		"fake_mod!hidden_function+0x8", "a function that is static");
	T_STREQ(dmv_names_text(n, AT(DATA + 8), text, sizeof(text)), "fake_mod!a_variable+0x0",
		"a variable");
	T_CHECK(dmv_names_symbol(n, "a_variable", &addr) && addr == AT(DATA + 8),
		"a variable by its name");
	T_CHECK(!dmv_names_symbol(n, "gone_function", &addr),
		"a section that is not loaded any more has no place");
	T_STREQ(dmv_names_text(n, AT(TEXT + 0x900), text, sizeof(text)), "fake_mod+0x900",
		"code without a symbol");
}

static void found(bool new, const char *file, bool dwarf, const char *name)
{
	struct fake_kernel *k = machine(new, 0);
	struct dmv_names *n = names_of(k);
	struct dmv_err e = { 0 };
	struct dmv_member m = { 0 };
	char line[100] = "";

	T_CHECKF(!dmv_names_add_file(n, path_of(file), UINT64_MAX, false, &e), name, "%s", e.msg);
	places(n, name);
	T_CHECKF(dmv_names_line(n, AT(TEXT + 0x20), line, sizeof(line)) == dwarf &&
		 (!dwarf || strstr(line, "fake_ko.S:11")), "file and line", "%s", line);
	T_CHECK(!dmv_names_line(n, AT(DATA + 8), line, sizeof(line)), "no line of a variable");
	T_CHECKF((!dmv_names_member(n, "fake_private", "unnamed_inside", &m, &e) &&
		  m.offset == 24) == dwarf, "a type that the module alone knows", "%s", e.msg);
	T_CHECK(!dmv_names_member(n, "module", "list", &m, &e), "the kernel's own types");
	dmv_names_free(n);
	drop(k);
}

static void refused(struct fake_kernel *k, const char *file, const char *why, const char *more)
{
	struct dmv_names *n = names_of(k);
	struct dmv_err e = { 0 };

	T_CHECKF(dmv_names_add_file(n, path_of(file), UINT64_MAX, false, &e) == DMV_E_USAGE &&
		 strstr(e.msg, why) && strstr(e.msg, more) && strstr(e.msg, "--force"), why, "%s",
		 e.msg);
	T_CHECKF(!dmv_names_add_file(n, path_of(file), UINT64_MAX, true, &e), "by force", "%s",
		 e.msg);
	places(n, "and used then");
	dmv_names_free(n);
	drop(k);
}

static void other_builds(void)
{
	struct fake_kernel *k;
	struct dmv_names *n;
	struct dmv_err e = { 0 };

	refused(machine(false, 0), "fake-mod.other.ko", "00112233445566778899aabbccddeeff00112233",
		"ffeeddccbbaa99887766554433221100ffeeddcc");
	/* Nothing but its functions can tell. */
	k = machine(false, TEXT + 0x28);
	k->ram[FK_IMAGE + NOTE + 8] = 1;
	refused(k, "fake-mod.ko", "another build", "fake_mod");
	k = machine(false, TEXT + 0x20);
	k->ram[FK_IMAGE + NOTE + 8] = 1;
	n = names_of(k);
	T_CHECKF(!dmv_names_add_file(n, path_of("fake-mod.ko"), UINT64_MAX, false, &e),
		 "without a build-id the functions tell that it is the one", "%s", e.msg);
	dmv_names_free(n);
	drop(k);
}

/* The file is taken, and waits; the notes say for what. */
static void waits(struct fake_kernel *k, const char *why)
{
	struct dmv_names *n = names_of(k);
	struct dmv_err e = { 0 };
	const char *const *note;
	uint64_t addr;

	T_CHECKF(!dmv_names_add_file(n, path_of("fake-mod.ko"), UINT64_MAX, false, &e) &&
		 !dmv_names_symbol(n, "a_variable", &addr) && dmv_names_notes(n, &note) == 1 &&
		 strstr(note[0], why), why, "%s", e.msg);
	dmv_names_free(n);
	drop(k);
}

static void damaged(void)
{
	struct fake_kernel *k = machine(false, 0);
	struct dmv_names *types = names_of(k);

	set(k, types, ATTRS, "module_sect_attrs", "nsections", 0xffffffff);
	waits(k, "damaged");
	dmv_names_free(types);

	k = machine(false, 0);
	types = names_of(k);
	set(k, types, MODULE, "module", "sect_attrs", 0x1000);
	waits(k, "damaged");
	dmv_names_free(types);

	k = machine(false, 0);
	types = names_of(k);
	set(k, types, MODULE, "module", "sect_attrs", 0);
	waits(k, "does not keep");
	dmv_names_free(types);

	k = machine(true, 0);
	memset(k->ram + FK_IMAGE + STRINGS, 'x', 64 * SECTIONS + 64);
	waits(k, "no section");

	k = machine(true, 0);
	fk_put(k, FK_IMAGE + POINTERS, 0, 8);
	waits(k, "damaged");

	k = machine(false, 0);
	fk_put(k, FK_IMAGE + HEAD, AT(HEAD), 8);
	waits(k, "no module fake_mod");
}

/* Out of a directory, by the module's name, when an address in it is asked about. */
static void directory(void)
{
	struct fake_kernel *k = machine(true, 0);
	struct dmv_names *n = names_of(k);
	struct dmv_err e = { 0 };
	const char *const *note;
	char line[100] = "";

	T_CHECKF(!dmv_names_add_file(n, path_of("fake_ko_dir"), UINT64_MAX, false, &e),
		 "a directory", "%s", e.msg);
	T_CHECKF(dmv_names_notes(n, &note) == 1 && strstr(note[0], "nothing in it was used"),
		 "of which nothing was used yet", "other notes");
	T_CHECKF(dmv_names_line(n, AT(TEXT + 0x20), line, sizeof(line)) &&
		 strstr(line, "fake_ko.S:11"), "a line out of it", "%s", line);
	T_EQ(dmv_names_notes(n, &note), 0, "then it was");
	dmv_names_free(n);
	drop(k);
}

/* Nothing in the dump says where BTF or the modules are: System.map does, though it is given after
 * the module's file. */
static void by_system_map(void)
{
	struct fake_kernel *k = machine(true, 0);
	struct dmv_names *n = names_of(k);
	struct dmv_err e = { 0 };
	char path[300];
	FILE *f;

	fk_put(k, FK_IMAGE + FK_NUM, 0, 4);
	snprintf(path, sizeof(path), "%.200s/modules.%d.map", where, (int)getpid());
	f = fopen(path, "w");
	if (!f)
		exit(1);
	fprintf(f, "%llx T _stext\n%llx D linux_banner\n%llx R __start_BTF\n%llx R __stop_BTF\n"
		"%llx D modules\n%llx B _end\n", AT(0) - FK_OFFSET, AT(FK_BANNER) - FK_OFFSET,
		AT(FK_BTF) - FK_OFFSET, AT(FK_BTF_END) - FK_OFFSET, AT(HEAD) - FK_OFFSET,
		AT(END) - FK_OFFSET);
	fclose(f);
	T_CHECKF(!dmv_names_add_file(n, path_of("fake-mod.ko"), UINT64_MAX, false, &e),
		 "a module that waits", "%s", e.msg);
	T_CHECKF(!dmv_names_add_file(n, path, UINT64_MAX, false, &e), "a System.map", "%s", e.msg);
	places(n, "by System.map");
	unlink(path);
	dmv_names_free(n);
	drop(k);
}

/* Its types would be taken for those of this kernel. */
static void other_kernels(void)
{
	struct fake_kernel *k = machine(true, 0);
	struct dmv_names *n = names_of(k);
	struct dmv_err e = { 0 };

	T_CHECKF(dmv_names_add_file(n, path_of("fake-later.ko"), UINT64_MAX, false, &e) ==
		 DMV_E_USAGE && strstr(e.msg, "6.9.9-fake") && strstr(e.msg, FK_RELEASE),
		 "a module for another kernel, which is not loaded", "%s", e.msg);
	T_CHECKF(dmv_names_add_file(n, path_of("fake_vmlinux.stripped"), UINT64_MAX, false, &e) ==
		 DMV_E_USAGE && strstr(e.msg, "ffeeddccbbaa99887766554433221100ffeeddcc"),
		 "a vmlinux without symbols of another kernel", "%s", e.msg);
	T_CHECKF(!dmv_names_add_file(n, path_of("fake_vmlinux.stripped"), UINT64_MAX, true, &e) &&
		 !dmv_names_place(n, 0xffffffff81000100, &(struct dmv_place){ .offset = 0 }),
		 "by force it has types at most, and no place", "%s", e.msg);
	dmv_names_free(n);
	drop(k);
}

/* The module's file, cut and spoiled at places that are the same in each run: all may be refused,
 * nothing may crash. */
static void survive(const uint8_t *file, size_t n)
{
	static struct fake_kernel *k;
	struct dmv_names *names;
	struct dmv_member m;
	uint64_t addr;
	char path[300], text[100];
	FILE *f;

	if (!k)
		k = machine(true, 0);
	snprintf(path, sizeof(path), "%.200s/spoilt.%d.ko", where, (int)getpid());
	f = fopen(path, "wb");
	if (!f || fwrite(file, 1, n, f) != n || fclose(f))
		T_CHECK(false, "a file can be written");
	names = names_of(k);
	if (!dmv_names_add_file(names, path, UINT64_MAX, true, NULL)) {
		dmv_names_text(names, AT(TEXT + 0x21), text, sizeof(text));
		dmv_names_symbol(names, "a_variable", &addr);
		dmv_names_line(names, AT(TEXT + 0x20), text, sizeof(text));
		dmv_names_member(names, "fake_private", "unnamed_inside", &m, NULL);
	}
	dmv_names_free(names);
	unlink(path);
	if (n)
		return;
	drop(k);
	k = NULL;
}

static void spoilt(void)
{
	static uint8_t good[1 << 16], bad[sizeof(good)];
	FILE *f = fopen(path_of("fake-mod.ko"), "rb");
	size_t n = f ? fread(good, 1, sizeof(good), f) : 0;
	uint32_t seed = 1;

	if (f)
		fclose(f);
	T_CHECK(n > 1000 && n < sizeof(good), "a module to spoil");
	for (int i = 0; i < 400; i++) {
		memcpy(bad, good, n);
		for (int k = 0; k < 1 + i % 6; k++) {
			seed = seed * 1664525u + 1013904223u;
			bad[(seed >> 8) % n] = (uint8_t)(seed >> 3 & 1 ? 0xff : seed >> 24);
		}
		survive(bad, n);
	}
	for (size_t cut = n - 1; cut > n / 40; cut -= n / 40)
		survive(good, cut);
	survive(good, 0);
	T_CHECK(true, "spoilt modules");
}

/* Bytes that this process has read so far; 0: the kernel does not count. */
static unsigned long long bytes_read(void)
{
	unsigned long long n = 0;
	FILE *f = fopen("/proc/self/io", "r");

	if (f && fscanf(f, "rchar: %llu", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* A vmlinux with 16 MiB of DWARF, which nothing needs as long as the kernel's BTF answers. */
static void unread(void)
{
	struct fake_kernel *k = machine(true, 0);
	unsigned long long before = bytes_read(), after;
	struct dmv_names *n = names_of(k);
	struct dmv_names_kernel info;
	struct dmv_err e = { 0 };
	struct dmv_member m;
	char text[100] = "";

	T_CHECKF(!dmv_names_add_file(n, path_of("fake_vmlinux.heavy"), UINT64_MAX, false, &e),
		 "a vmlinux with much DWARF", "%s", e.msg);
	T_STREQ(dmv_names_text(n, AT(0x108), text, sizeof(text)), "vmlinux!file_only+0x8",
		"its symbols");
	T_CHECK(dmv_names_kernel(n, &info) && info.types &&
		!dmv_names_member(n, "module", "name", &m, &e), "types of the kernel itself");
	dmv_names_text(n, AT(TEXT), text, sizeof(text));
	after = bytes_read();
	if (!before) {
		T_SKIP("bytes read", "/proc/self/io is not there");
	} else {
		T_CHECKF(after - before < 1 << 20, "and no DWARF was read", "%llu bytes",
			 after - before);
		dmv_names_member(n, "nobody_knows", "it", &m, &e);
		T_CHECKF(bytes_read() - after > 16 << 20,
			 "until a type was asked for that BTF lacks", "%llu bytes",
			 bytes_read() - after);
	}
	dmv_names_free(n);
	drop(k);
}

int main(int argc, char **argv)
{
	char *slash = strrchr(argv[0], '/');

	(void)argc;
	if (slash)
		*slash = 0;
	where = slash ? argv[0] : ".";
	found(false, "fake-mod.ko", true, "a module as Linux 6.1 keeps it");
	found(true, "fake-mod.ko", true, "a module as Linux 6.14 keeps it");
	found(true, "fake-mod.ko.debug", true, "debug symbols apart from it");
	found(true, "fake-mod.plain.ko", false, "a module without debug symbols");
	other_builds();
	damaged();
	directory();
	by_system_map();
	other_kernels();
	unread();
	spoilt();
	return T_DONE();
}
