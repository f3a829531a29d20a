/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Files that people give for symbols and that have none: what they are, and what would help. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem_int.h"
#include "names_advice.h"

enum {
	HEAD = 1024,
	/* Documentation/arch/x86/boot.rst: "HdrS", and where the text of the version is. */
	X86_MAGIC = 0x202, X86_VERSION = 0x20e, X86_BASE = 0x200,
	ARM64_MAGIC = 0x38,             /* Documentation/arch/arm64/booting.rst */
};

/* The last word of a release is the flavour, and flavours are a distribution's own. */
static const struct maker {
	const char *command;
	bool inside;                    /* the word is anywhere in it */
	const char *word[14];
} makers[] = {
	{ "apt install linux-image-%s-dbg", false,
	  { "-amd64", "-arm64", "-686", "-686-pae", "-armmp", "-armmp-lpae", "-ppc64el", "-s390x",
	    "-riscv64", "-loong64", "-marvell", "-rpi" } },
	{ "apt install linux-image-%s-dbgsym", false,
	  { "-generic", "-lowlatency", "-aws", "-azure", "-gcp", "-oracle", "-kvm" } },
	{ "debuginfo-install kernel-%s", true, { ".fc", ".el" } },
};

static bool is_made_by(const struct maker *m, const char *release)
{
	size_t n = strlen(release);

	for (size_t i = 0; i < sizeof(m->word) / sizeof(m->word[0]) && m->word[i]; i++) {
		size_t w = strlen(m->word[i]);

		if (m->inside ? !!strstr(release, m->word[i]) :
				n > w && !strcmp(release + n - w, m->word[i]))
			return true;
	}
	return false;
}

const char *dmv_debug_package(const char *release, char *buf, size_t size)
{
	static const char harmless[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+~_";

	*buf = 0;
	/* It is to be pasted into a shell. */
	if (release[strspn(release, harmless)])
		return buf;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		const char *s = makers[i].command, *at = strstr(s, "%s");

		if (!is_made_by(&makers[i], release))
			continue;
		snprintf(buf, size, "%.*s%s%s", (int)(at - s), s, release, at + 2);
		break;
	}
	return buf;
}

/* ---- what it is ---- */

static const char debian_package[] = "!<arch>\ndebian-binary";
static const char stand_in[] = "ffffffffffffffff B The real System.map";

/* The release of an x86 kernel as it boots; "" if it is none. */
static void boot_release(const uint8_t *head, size_t n, int fd, char ret[66])
{
	char text[66] = "";
	uint64_t at;

	*ret = 0;
	if (n < HEAD || memcmp(head + X86_MAGIC, "HdrS", 4))
		return;
	at = dmv_get(head + X86_VERSION, 2, false) + X86_BASE;
	if (pread(fd, text, sizeof(text) - 1, (off_t)at) > 0)
		snprintf(ret, 66, "%.*s", (int)strcspn(text, " \n"), text);
}

static bool is_boot_image(const uint8_t *head, size_t n)
{
	return (n > X86_MAGIC + 4 && !memcmp(head + X86_MAGIC, "HdrS", 4)) ||
	       (n > ARM64_MAGIC + 4 && !memcmp(head + ARM64_MAGIC, "ARM\x64", 4)) ||
	       (n > 8 && !memcmp(head, "MZ", 2) && !memcmp(head + 4, "zimg", 4));
}

static enum dmv_code no_symbols_in(const char *what, const char *path, const char *release,
				   struct dmv_err *e)
{
	char package[160];

	dmv_debug_package(release, package, sizeof(package));
	return dmv_fail(e, DMV_E_USAGE,
			"%.200s: %s: give vmlinux or System.map with the symbols%s%s%s%s", path,
			what, *release ? " of " : "", release,
			*package ? ", for example by: " : "", package);
}

static enum dmv_code name_it(const char *path, int fd, const char *release, struct dmv_err *e)
{
	uint8_t head[HEAD] = { 0 };
	ssize_t got = pread(fd, head, sizeof(head), 0);
	size_t n = got > 0 ? (size_t)got : 0;
	char own[66];

	if (n > sizeof(debian_package) && !memcmp(head, debian_package, strlen(debian_package)))
		return dmv_fail(e, DMV_E_USAGE, "%.200s: a Debian package: unpack it with `dpkg "
				"-x` and give the directory, or a file in it", path);
	if (n > sizeof(stand_in) && !memcmp(head, stand_in, strlen(stand_in)))
		return no_symbols_in("only stands in for the real one", path, release, e);
	if (!is_boot_image(head, n))
		return dmv_fail(e, DMV_E_NOTFOUND, "%.200s: neither an ELF file nor System.map nor "
				"BTF", path);
	boot_release(head, n, fd, own);
	return no_symbols_in("a kernel to boot, which has no symbols", path,
			     *own ? own : release, e);
}

enum dmv_code dmv_names_unfit(const char *path, const char *release, struct dmv_err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum dmv_code code;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		code = dmv_fail(e, DMV_E_SYSTEM, "%.200s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		code = dmv_fail(e, DMV_E_USAGE, "%.200s: a directory: give a file in it", path);
	else if (!S_ISREG(st.st_mode))
		code = dmv_fail(e, DMV_E_NOTFOUND, "%.200s: not a regular file", path);
	else if (dmv_wrapper_check(path, e))
		code = dmv_prepend(e, "%.200s", path);
	else
		code = name_it(path, fd, release, e);
	if (fd >= 0)
		close(fd);
	return code;
}
