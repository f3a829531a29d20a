/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Opening a file for its DWARF. In an object file (a kernel module) even the names in it are left
 * to the linker: there libdwfl relocates, after it has put the sections one behind the other.
 */
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_dwarf.h"

/*
 * Files are read, because one that shrinks while it is mapped kills the reader. But libdw takes all
 * of a section that it reads, and of a kernel's hundreds of megabytes a question needs few: those
 * are mapped.
 */
#define MAP_FROM (128 << 20)

struct dmv_dwarf_file {
	char *path;
	int fd;
	Elf *elf;
	Dwarf *dw;
	bool asked, object;
	Dwfl *dwfl;                     /* of an object */
	struct dmv_err why;             /* no DWARF */
};

static int find_nothing(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **ret)
{
	(void)mod, (void)user, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)ret;
	return -1;
}

static int find_no_elf(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base, char **ret,
		       Elf **elf)
{
	(void)mod, (void)user, (void)name, (void)base, (void)ret, (void)elf;
	return -1;
}

/* Of sections that are not laid out, of which there are none. */
static int no_address(Dwfl_Module *mod, void **user, const char *name, Dwarf_Addr base,
		      const char *section, GElf_Word index, const GElf_Shdr *sh, Dwarf_Addr *ret)
{
	(void)mod, (void)user, (void)name, (void)base, (void)section, (void)index, (void)sh;
	*ret = 0;
	return 0;
}

static const Dwfl_Callbacks alone = {
	.find_elf = find_no_elf, .find_debuginfo = find_nothing, .section_address = no_address,
};

static enum dmv_code open_elf(struct dmv_dwarf_file *f, struct dmv_err *e)
{
	struct stat st;
	GElf_Ehdr eh;

	/* Not blocking: a name may be a FIFO's. */
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0 || fstat(f->fd, &st))
		return dmv_fail(e, DMV_E_SYSTEM, "%s: %s", f->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return dmv_fail(e, DMV_E_NOTFOUND, "%s: not a regular file", f->path);
	elf_version(EV_CURRENT);
	f->elf = elf_begin(f->fd, st.st_size < MAP_FROM ? ELF_C_READ : ELF_C_READ_MMAP, NULL);
	if (!f->elf || elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &eh))
		return dmv_fail(e, DMV_E_NOTFOUND, "%s: not an ELF file", f->path);
	f->object = eh.e_type == ET_REL;
	return DMV_E_OK;
}

enum dmv_code dmv_dwarf_file_open(const char *path, struct dmv_dwarf_file **ret, struct dmv_err *e)
{
	struct dmv_dwarf_file *f = calloc(1, sizeof(*f));
	enum dmv_code code;

	if (!f)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for DWARF");
	f->fd = -1;
	f->path = strdup(path);
	code = f->path ? open_elf(f, e) : dmv_fail(e, DMV_E_MEMORY, "no memory for DWARF");
	if (code)
		dmv_dwarf_file_close(f);
	else
		*ret = f;
	return code;
}

void dmv_dwarf_file_close(struct dmv_dwarf_file *f)
{
	if (!f)
		return;
	if (f->dwfl)
		dwfl_end(f->dwfl);      /* with dw, which is its own */
	else
		dwarf_end(f->dw);
	elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
	free(f->path);
	free(f);
}

struct Elf *dmv_dwarf_file_elf(struct dmv_dwarf_file *f)
{
	return f->elf;
}

/* libdwfl wants an Elf and a descriptor of its own, and writes addresses into the former. */
static enum dmv_code relocate(struct dmv_dwarf_file *f, struct dmv_err *e)
{
	Dwarf_Addr bias;
	Dwfl_Module *mod;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	f->dwfl = dwfl_begin(&alone);
	if (!f->dwfl || fd < 0) {
		if (fd >= 0)
			close(fd);
		return dmv_fail(e, DMV_E_SYSTEM, "%s: it cannot be opened twice", f->path);
	}
	dwfl_report_begin(f->dwfl);
	mod = dwfl_report_elf(f->dwfl, "", f->path, fd, 0, true);
	if (!mod)
		close(fd);
	dwfl_report_end(f->dwfl, NULL, NULL);
	f->dw = mod ? dwfl_module_getdwarf(mod, &bias) : NULL;
	if (!f->dw)
		return dmv_fail(e, DMV_E_NOTFOUND, "%s: no DWARF: %s", f->path, dwfl_errmsg(-1));
	return DMV_E_OK;
}

enum dmv_code dmv_dwarf_file_dwarf(struct dmv_dwarf_file *f, struct Dwarf **ret, struct dmv_err *e)
{
	if (!f->asked && f->object)
		relocate(f, &f->why);
	else if (!f->asked && !(f->dw = dwarf_begin_elf(f->elf, DWARF_C_READ, NULL)))
		dmv_fail(&f->why, DMV_E_NOTFOUND, "%s: no DWARF", f->path);
	f->asked = true;
	if (f->dw)
		*ret = f->dw;
	else if (e)
		*e = f->why;
	return f->dw ? DMV_E_OK : DMV_E_NOTFOUND;
}

uint64_t dmv_dwarf_file_section(struct dmv_dwarf_file *f, uint32_t index)
{
	GElf_Shdr sh;

	if (!f->dwfl || !f->dw || !gelf_getshdr(elf_getscn(dwarf_getelf(f->dw), index), &sh))
		return 0;
	return sh.sh_addr;
}
