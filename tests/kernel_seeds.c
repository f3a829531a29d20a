/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Writes the seeds of fuzz_vmcoreinfo and fuzz_kallsyms into directories: what the fake kernel has.
 *
 *	kernel_seeds vmcoreinfo|kallsyms DIRECTORY
 */
#include <stdio.h>
#include <sys/stat.h>

#include "fake_kernel.h"

static int write_file(const char *dir, const char *name, const void *p, size_t n)
{
	char path[4096];
	FILE *f;

	mkdir(dir, 0777);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f)
		return 1;
	n = fwrite(p, 1, n, f) - n;
	return fclose(f) || n;
}

int main(int argc, char **argv)
{
	static const char arm[] = "OSRELEASE=" FK_RELEASE "\nPAGESIZE=65536\n"
		"SYMBOL(init_uts_ns)=ffff800009000000\nSYMBOL(swapper_pg_dir)=ffff800008020000\n"
		"NUMBER(VA_BITS)=52\nNUMBER(kimage_voffset)=0xffff7fffc8000000\n"
		"NUMBER(TCR_EL1_T1SZ)=0x10\nKERNELOFFSET=0\n";
	static const char i386[] = "OSRELEASE=" FK_RELEASE "\nPAGESIZE=4096\nCONFIG_X86_PAE=y\n"
		"SYMBOL(init_uts_ns)=c1000000\nSYMBOL(swapper_pg_dir)=c0010000\n";
	struct fake_kernel *k = fk_new();
	bool bad;

	if (argc != 3)
		bad = true;
	else if (!strcmp(argv[1], "kallsyms"))
		bad = write_file(argv[2], "whole", k->ram + FK_IMAGE + FK_NUM, FK_BTF - FK_NUM);
	else
		bad = write_file(argv[2], "x86_64", k->text, strlen(k->text)) |
		      write_file(argv[2], "arm64", arm, sizeof(arm) - 1) |
		      write_file(argv[2], "i386", i386, sizeof(i386) - 1);
	free(k);
	return bad ? 2 : 0;
}
