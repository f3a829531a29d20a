/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The running kernel's memory, as far as a file written here can stand for /proc/kcore (the real
 * one is read in tests/vm/live.py): which segments have physical addresses, and that nothing is
 * remembered. And files of /proc that do not tell their size, as /proc/vmcore of some kernels.
 */
#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem_int.h"
#include "t.h"

enum { PAGE = 4096, SEGMENTS = 4 };

#define NONE UINT64_MAX

struct file {
	int fd;
	char path[64];
};

/* Each segment is a page filled with its own number. */
static void make(struct file *f, const uint64_t phys[SEGMENTS])
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh), .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = SEGMENTS };
	uint8_t page[PAGE];

	f->fd = memfd_create("kcore", MFD_CLOEXEC);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	if (pwrite(f->fd, &eh, sizeof(eh), 0) != sizeof(eh))
		abort();
	for (unsigned i = 0; i < SEGMENTS; i++) {
		Elf64_Phdr ph = { .p_type = PT_LOAD, .p_offset = PAGE * (i + 1),
				  .p_vaddr = 0xffff888000000000 + i * 0x100000,
				  .p_paddr = phys[i], .p_filesz = PAGE, .p_memsz = PAGE };

		memset(page, (int)i + 1, sizeof(page));
		if (pwrite(f->fd, &ph, sizeof(ph), (off_t)(sizeof(eh) + i * sizeof(ph))) !=
		    sizeof(ph) || pwrite(f->fd, page, PAGE, PAGE * (i + 1)) != PAGE)
			abort();
	}
}

static struct dmv_mem *open_live(const struct file *f)
{
	struct dmv_err e;
	struct dmv_mem *m = NULL;

	T_CHECKF(!dmv_elf_open_live(f->path, &m, &e), "kcore opens", "%s", e.msg);
	return m;
}

static int byte_at(struct dmv_mem *m, enum dmv_space s, uint64_t addr)
{
	uint8_t b;

	return dmv_mem_read(m, s, addr, &b, 1, NULL) ? -1 : b;
}

static void newer(void)
{
	const uint64_t phys[SEGMENTS] = { 0x1000000, NONE, NONE, 0 };
	struct file f;
	struct dmv_mem *m;
	uint8_t b = 77;

	make(&f, phys);
	m = open_live(&f);
	if (!m)
		return;
	T_STREQ(m->ops->format, "running Linux kernel", "kcore format");
	T_CHECK(m->live, "kcore is live");
	T_EQ(m->nrange[DMV_PHYS], 2, "kcore: physical segments");
	T_EQ(byte_at(m, DMV_PHYS, 0x1000000), 1, "kcore: physical bytes");
	T_EQ(byte_at(m, DMV_PHYS, 0), 4, "kcore: RAM at 0");
	T_EQ(byte_at(m, DMV_PHYS, 0x2000000), -1, "kcore: nothing elsewhere");
	T_EQ(byte_at(m, DMV_VIRT, 0xffff888000100000), 2, "kcore: virtual bytes");
	T_EQ(pwrite(f.fd, &b, 1, PAGE), 1, "kcore changes");
	T_EQ(byte_at(m, DMV_PHYS, 0x1000000), 77, "kcore: nothing is remembered");
	dmv_mem_close(m);
	close(f.fd);
}

/* Linux before 4.12 or so: 0 means none. */
static void older(void)
{
	const uint64_t phys[SEGMENTS] = { 0, 0, 0, 0x1000000 };
	struct file f;
	struct dmv_mem *m;

	make(&f, phys);
	m = open_live(&f);
	if (!m)
		return;
	T_EQ(m->nrange[DMV_PHYS], 1, "old kcore: physical segments");
	T_EQ(byte_at(m, DMV_PHYS, 0), -1, "old kcore: 0 is no address");
	T_EQ(byte_at(m, DMV_VIRT, 0xffff888000000000), 1, "old kcore: virtual bytes");
	dmv_mem_close(m);
	close(f.fd);
}

/* Opens, or says which of the doors is shut. */
static void here(void)
{
	static const char *const words[] = { "there is no /proc/kcore", "CAP_SYS_RAWIO",
					     "locked down", "mounted over" };
	struct dmv_err e = { 0 };
	struct dmv_mem *m;
	bool said = false;

	if (!dmv_mem_open("kcore", NULL, &m, &e)) {
		T_CHECK(m->live && m->nrange[DMV_PHYS], "this machine's kcore");
		dmv_mem_close(m);
		return;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		said |= strstr(e.msg, words[i]) != NULL;
	T_CHECKF(said && e.code == DMV_E_SYSTEM, "this machine's kcore is refused", "%s", e.msg);
}

static void without_size(void)
{
	struct dmv_file *f;
	struct dmv_err e;
	struct stat st;
	char b[16] = "";
	int errnum;

	if (stat("/proc/self/stat", &st) || st.st_size) {
		T_SKIP("file without a size", "/proc tells sizes here");
		return;
	}
	if (!T_CHECK(!dmv_file_open("/proc/self/stat", &f, &e), "file without a size"))
		return;
	T_EQ(dmv_file_read(f, 0, b, 2, &errnum), 2, "file without a size: bytes");
	T_EQ(strtol(b, NULL, 10) > 0, 1, "file without a size: the right ones");
	T_EQ(dmv_file_read(f, 1 << 20, b, 2, &errnum), 0, "file without a size: its end");
	dmv_file_close(f);
}

int main(void)
{
	newer();
	older();
	here();
	without_size();
	return T_DONE();
}
