/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The kernel of the running machine, "kcore": /proc/kcore, an ELF core that mem_elf.c reads. This
 * file knows who is let in, and says what is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem_int.h"

#define KCORE "/proc/kcore"

/* "none integrity [confidentiality]": the word in brackets is what holds. */
static bool locked_down(void)
{
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	char line[128];
	bool yes = f && fgets(line, sizeof(line), f) && strchr(line, '[') &&
		   strncmp(strchr(line, '['), "[none]", 6);

	if (f)
		fclose(f);
	return yes;
}

static enum dmv_code refused(int errnum, struct dmv_err *e)
{
	if (errnum == ENOENT)
		return dmv_fail(e, DMV_E_SYSTEM,
				"there is no " KCORE ": the kernel was built without "
				"CONFIG_PROC_KCORE, or this is a container that hides it");
	if (errnum != EPERM && errnum != EACCES)
		return dmv_fail(e, DMV_E_SYSTEM, "cannot open " KCORE ": %s", strerror(errnum));
	if (errnum == EPERM && locked_down())
		return dmv_fail(e, DMV_E_SYSTEM,
				"the kernel is locked down and shows its memory to nobody "
				"(/sys/kernel/security/lockdown); take a dump instead");
	if (errnum == EACCES && geteuid())
		return dmv_fail(e, DMV_E_SYSTEM,
				KCORE " belongs to root: needs root with CAP_SYS_RAWIO (sudo)");
	return dmv_fail(e, DMV_E_SYSTEM,
			KCORE " needs CAP_SYS_RAWIO, which this process lacks (a container? "
			"--cap-add=SYS_RAWIO, or run it on the machine itself)");
}

/* Containers lay /dev/null over it. */
static enum dmv_code check_open(struct dmv_err *e)
{
	int fd = open(KCORE, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool plain;

	if (fd < 0)
		return refused(errno, e);
	plain = !fstat(fd, &st) && S_ISREG(st.st_mode);
	close(fd);
	if (!plain)
		return dmv_fail(e, DMV_E_SYSTEM, "something else is mounted over " KCORE
				": a container hides it");
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_kcore(const char *target, const struct dmv_mem_opts *o,
				 struct dmv_mem **ret, struct dmv_err *e)
{
	enum dmv_code code;

	(void)o;
	if (strcmp(target, "kcore") && strcmp(target, KCORE))
		return dmv_fail(e, DMV_E_NOTFOUND, "not the running kernel");
	code = check_open(e);
	if (!code)
		code = dmv_elf_open_live(KCORE, ret, e);
	/* "Not mine" would have a file of this name looked for. */
	if (code == DMV_E_NOTFOUND)
		code = e->code = DMV_E_CORRUPT;
	if (code)
		return code;
	dmv_mem_note(*ret, "the running kernel shows holes of its vmalloc area and pages that are "
			   "offline as zeros");
	return DMV_E_OK;
}
