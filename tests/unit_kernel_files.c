/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Files about the target's kernel: vmlinux by build-id and by its banner, System.map by its banner,
 * both moved to where KASLR put the kernel; what is of another kernel is refused.
 */
#include <unistd.h>

#include "t.h"
#include "fake_kernel.h"
#include "mem_kernel.h"
#include "names.h"

static const char *where;               /* the folder of this program */

/* A kernel whose own symbols are gone, so that only files can answer. */
static struct fake_kernel *without_symbols(void)
{
	struct fake_kernel *k = fk_new();

	dmv_mem_set_vmcoreinfo(&k->b.base, k->text, strlen(k->text));
	fk_put(k, FK_IMAGE + FK_NUM, 0, 4);
	return k;
}

static void drop(struct fake_kernel *k)
{
	bytes_mem_deinit(&k->b);
	free(k->b.base.vmcoreinfo);
	free(k);
}

/* The file is given with a target; NULL: it was refused. */
static struct dmv_names *with(struct fake_kernel *k, const char *path, bool force,
			      struct dmv_err *e)
{
	struct dmv_names *n = NULL;

	memset(e, 0, sizeof(*e));
	dmv_names_new(&n, NULL);
	dmv_names_set_target(n, &k->b.base, NULL);
	if (!dmv_names_add_file(n, path, UINT64_MAX, force, e))
		return n;
	dmv_names_free(n);
	return NULL;
}

static void knows(struct dmv_names *n, const char *what, const struct dmv_err *e)
{
	uint64_t addr = 0;
	char text[100] = "", name[100];

	snprintf(name, sizeof(name), "%s: a symbol, moved", what);
	T_CHECKF(n && dmv_names_symbol(n, "file_only", &addr) && addr == FK_VIRT + 0x100, name,
		 "%s 0x%llx", e->msg, (unsigned long long)addr);
	snprintf(name, sizeof(name), "%s: an address", what);
	if (n)
		dmv_names_text(n, FK_VIRT + 0x108, text, sizeof(text));
	T_STREQ(text, "vmlinux!file_only+0x8", name);
	snprintf(name, sizeof(name), "%s: what is below the kernel is not its own", what);
	T_CHECK(n && !dmv_names_place(n, 0x1000, &(struct dmv_place){ .offset = 0 }), name);
	snprintf(name, sizeof(name), "%s: a per-CPU variable does not move", what);
	T_CHECK(n && (!dmv_names_symbol(n, "cpu_number", &addr) || addr == 0x1a000), name);
	dmv_names_free(n);
}

static void path_of(const char *name, char path[300])
{
	snprintf(path, 300, "%.200s/%s", where, name);
}

static void vmlinux(void)
{
	struct fake_kernel *k = without_symbols();
	struct dmv_err e;
	char path[300];

	path_of("fake_vmlinux", path);
	knows(with(k, path, false, &e), "vmlinux", &e);
	path_of("fake_vmlinux.other", path);
	T_CHECK(!with(k, path, false, &e) && e.code == DMV_E_USAGE &&
		strstr(e.msg, "00112233445566778899aabbccddeeff00112233") &&
		strstr(e.msg, "ffeeddccbbaa99887766554433221100ffeeddcc"),
		"another build-id is refused, both are named");
	knows(with(k, path, true, &e), "another build-id by force", &e);
	drop(k);

	k = without_symbols();
	*strstr(k->b.base.vmcoreinfo, "BUILD-ID") = '-';
	k->ram[FK_IMAGE + FK_BANNER] = 'X';
	path_of("fake_vmlinux", path);
	T_CHECK(!with(k, path, false, &e) && strstr(e.msg, "linux_banner"),
		"without a build-id the banner decides");
	drop(k);
}

/* Given before the target is known, as a library's user may. */
static void before(void)
{
	struct fake_kernel *k = without_symbols();
	struct dmv_names *n = NULL;
	struct dmv_err e = { 0 };
	const char *const *note;
	char path[300];

	path_of("fake_vmlinux.other", path);
	dmv_names_new(&n, NULL);
	T_CHECK(!dmv_names_add_file(n, path, UINT64_MAX, false, &e), "vmlinux without a target");
	dmv_names_set_target(n, &k->b.base, NULL);
	T_CHECK(dmv_names_notes(n, &note) == 1 && strstr(note[0], "ffeeddcc"),
		"is refused by a note, later");
	dmv_names_free(n);
	drop(k);
}

/* Without VMCOREINFO the kernel is found later than the file is given. */
static void found_later(void)
{
	struct fake_kernel *k = fk_new();
	const struct dmv_kernel *found;
	struct dmv_err e;
	struct dmv_names *n;
	char path[300];

	fk_put(k, FK_IMAGE + FK_NUM, 0, 4);
	path_of("fake_vmlinux", path);
	n = with(k, path, false, &e);
	T_CHECK(!dmv_mem_kernel_search(&k->b.base, NULL, &found, &e), "the kernel is found");
	knows(n, "vmlinux given before", &e);
	drop(k);
}

static const char map[] =
	"0000000000000000 D __per_cpu_start\n000000000001a000 D cpu_number\n"
	"ffffffff81000000 T _stext\nffffffff81000100 t file_only\nffffffff81000140 T next\n"
	"ffffffff81001000 D linux_banner\nffffffff81002000 D init_uts_ns\n"
	"ffffffff81003000 B _end\n";

static const char *put_file(const char *text, size_t n)
{
	static char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%.200s/kernel_files.%d", where, (int)getpid());
	f = fopen(path, "wb");
	if (!f || fwrite(text, 1, n, f) != n || fclose(f))
		T_CHECK(false, "a file can be written");
	return path;
}

static void system_map(void)
{
	struct fake_kernel *k = without_symbols();
	struct dmv_err e;
	char other[sizeof(map)], runtime[400];

	knows(with(k, put_file(map, sizeof(map) - 1), false, &e), "System.map", &e);
	memcpy(other, map, sizeof(map));
	*strstr(other, "1000 D linux") = '9';
	T_CHECK(!with(k, put_file(other, sizeof(map) - 1), false, &e) && e.code == DMV_E_USAGE &&
		strstr(e.msg, FK_RELEASE), "System.map of another kernel is refused");
	knows(with(k, put_file(other, sizeof(map) - 1), true, &e), "System.map by force", &e);
	snprintf(runtime, sizeof(runtime), "%llx T _stext\n%llx t file_only\n%llx D linux_banner\n"
		 "%llx B _end\nffffffffc0000000 t in_module\t[e1000]\n", FK_VIRT, FK_VIRT + 0x100,
		 FK_VIRT + FK_BANNER, FK_VIRT + 0x3000);
	knows(with(k, put_file(runtime, strlen(runtime)), false, &e), "a copy of /proc/kallsyms",
	      &e);
	drop(k);
}

static void bad_maps(void)
{
	static const struct {
		const char *text, *why;
	} v[] = {
		{ "", "is empty" }, { "\n\n", "neither" }, { "hello\n", "neither" },
		{ "ffffffffffffffff B The real System.map is in the -dbg package\n", "stands in" },
		{ "0000000000000000 T _stext\n0000000000000000 D linux_banner\n", "kptr_restrict" },
		{ "ffffffff81000000 T _stext\nffffffff81000010 T x\nwhat is this\n",
		  "offset 0x2f" },
		{ "ffffffff81000000 T _stext\nffffffff8100 T \n", "offset 0x1a" },
		{ "1234567 T short\n", "neither" }, { "12345678  T\n", "neither" },
	};
	struct fake_kernel *k = without_symbols();
	struct dmv_err e;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		const char *path = put_file(v[i].text, strlen(v[i].text));

		T_CHECKF(!with(k, path, false, &e) && strstr(e.msg, v[i].why), v[i].why,
			 "%.30s: %s", v[i].text, e.msg);
	}
	unlink(put_file("", 0));
	drop(k);
}

/* What people give instead: it is named, with what would help. */
static void unfit(void)
{
	static const struct {
		const char *bytes;
		size_t at, n;
		const char *why[3];
	} v[] = {
		{ "HdrS", 0x202, 4, { "kernel to boot", "6.9.1-7-amd64",
				      "apt install linux-image-6.9.1-7-amd64-dbg" } },
		{ "ARM\x64", 0x38, 4, { "kernel to boot", "of 6.1.0-fake", "" } },
		{ "\xfd" "7zXZ\0", 0, 6, { "xz -dc", "kernel_files", "" } },
		{ "\x28\xb5\x2f\xfd", 0, 4, { "zstd -dc", "", "" } },
		{ "!<arch>\ndebian-binary   ", 0, 24, { "dpkg -x", "give the directory", "" } },
	};
	struct fake_kernel *k = without_symbols();
	char text[0x800];
	struct dmv_err e;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		memset(text, 0, sizeof(text));
		text[0x20e] = 0x10;             /* the version is at 0x210 then */
		strcpy(text + 0x210, "6.9.1-7-amd64 (builder)");
		memcpy(text + v[i].at, v[i].bytes, v[i].n);
		T_CHECKF(!with(k, put_file(text, sizeof(text)), false, &e) &&
			 strstr(e.msg, v[i].why[0]) && strstr(e.msg, v[i].why[1]) &&
			 strstr(e.msg, v[i].why[2]), v[i].why[0], "%s", e.msg);
	}
	unlink(put_file("", 0));
	drop(k);
}

int main(int argc, char **argv)
{
	char *slash = strrchr(argv[0], '/');

	(void)argc;
	if (slash)
		*slash = 0;
	where = slash ? argv[0] : ".";
	vmlinux();
	before();
	found_later();
	system_map();
	bad_maps();
	unfit();
	return T_DONE();
}
