/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Files that have a dump inside, or come from where dumps come from and are none: named before any
 * reader tries its luck on the outside of them, with the command that leads to a dump.
 */
#include <stdio.h>
#include <string.h>

#include "mem_int.h"

enum {
	HEAD = 512,
	NAME = 256,             /* of a file in a message; a longer one gets a placeholder */
};

static const struct wrapper {
	const char *magic;
	size_t n;
	const char *what;       /* "it is ..." */
	const char *to_output;  /* the command, which ends in options: FILE > OUT follow */
	const char *ending;     /* what its files are called */
} wrappers[] = {
	{ "\x1f\x8b", 2, "compressed with gzip", "gzip -dc", ".gz" },
	{ "\xfd" "7zXZ\0", 6, "compressed with xz", "xz -dc", ".xz" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed with zstd", "zstd -dc", ".zst" },
	{ "BZh", 3, "compressed with bzip2", "bzip2 -dc", ".bz2" },
	{ "\x04\x22\x4d\x18", 4, "compressed with lz4", "lz4 -dc", ".lz4" },
	{ "LZIP", 4, "compressed with lzip", "lzip -dc", ".lz" },
	{ "\x89LZO\0\r\n\x1a\n", 9, "compressed with lzop", "lzop -dc", ".lzo" },
	/* as Windows and its users pack dumps */
	{ "PK\3\4", 4, "a zip archive", "unzip -p", ".zip" },
	{ "MSCF", 4, "a cabinet", "cabextract -p", ".cab" },
	{ "7z\xbc\xaf\x27\x1c", 6, "a 7z archive", "7z e -so", ".7z" },
};

/* No command makes a dump of these by itself. */
static const struct other {
	const char *magic;
	size_t off, n;
	const char *what;
} others[] = {
	{ "ustar", 257, 5, "a tar archive: unpack it with `tar -xf` and open the dump in it" },
	{ "MDMP", 0, 4, "a minidump of one Windows process: drivers and their DMA are not in it" },
	{ "ProblemType:", 0, 12, "a crash report of apport: unpack it with `apport-unpack` into a "
				 "folder and open VmCore or CoreDump there" },
	{ "LibvirtQemudSave", 0, 16, "a guest that libvirt saved to go on with, not a dump: take "
				     "one with `virsh dump --memory-only DOMAIN FILE`" },
	{ "QEVM", 0, 4, "a guest that QEMU saved to go on with, not a dump: take one with "
			"`dump-guest-memory FILE` in its monitor" },
};

/* A word of a shell's line: in quotes if it needs them; NULL: does not fit. */
static const char *quoted(const char *path, char *buf, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+,:@%";
	const char *dash = *path == '-' ? "./" : "";
	bool quote = path[strspn(path, plain)];
	int n;

	if (strchr(path, '\''))
		return NULL;
	n = snprintf(buf, size, "%s%s%s%s", quote ? "'" : "", dash, path, quote ? "'" : "");
	return n > 0 && (size_t)n < size ? buf : NULL;
}

/* What the unpacked file could be called, in the working directory. */
static void unpacked_name(const char *path, const char *ending, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name), k = strlen(ending);

	if (n > k && !strcmp(name + n - k, ending))
		snprintf(buf, size, "%.*s", (int)(n - k), name);
	else
		snprintf(buf, size, "%s.unpacked", name);
}

static enum dmv_code say_wrapper(const char *path, const struct wrapper *w, struct dmv_err *e)
{
	char file[NAME], name[NAME], out[NAME];
	const char *from = quoted(path, file, sizeof(file)), *to;

	unpacked_name(path, w->ending, name, sizeof(name));
	to = quoted(name, out, sizeof(out));
	if (!from || !to || strlen(from) + 2 * strlen(to) > sizeof(e->msg) - 80)
		from = "FILE", to = "OUT";
	return dmv_fail(e, DMV_E_NOTFOUND, "%s: run `%s %s > %s` and open %s", w->what,
			w->to_output, from, to, to);
}

static bool begins(const uint8_t *head, size_t got, const char *magic, size_t off, size_t n)
{
	return got >= off + n && !memcmp(head + off, magic, n);
}

static bool is_text(const uint8_t *p, size_t n)
{
	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return true;            /* UTF-16 */
	for (size_t i = 0; i < n; i++)
		if (p[i] == 0x7f || (p[i] < ' ' && !memchr("\t\n\f\r\033", p[i], 5)))
			return false;
	return n > 0;
}

static enum dmv_code say_text(const char *path, struct dmv_err *e)
{
	char file[NAME];
	const char *from = quoted(path, file, sizeof(file));

	return dmv_fail(e, DMV_E_NOTFOUND, "text, not a dump: `dma-inspect - < %s` decodes the "
			"bugchecks in it; a plain image of memory needs --base ADDR",
			from ? from : "FILE");
}

static enum dmv_code check(const char *path, const uint8_t *head, size_t got, struct dmv_err *e)
{
	for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++)
		if (begins(head, got, wrappers[i].magic, 0, wrappers[i].n))
			return say_wrapper(path, &wrappers[i], e);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (begins(head, got, others[i].magic, others[i].off, others[i].n))
			return dmv_fail(e, DMV_E_NOTFOUND, "%s", others[i].what);
	return DMV_E_OK;
}

static enum dmv_code read_head(const char *path, uint8_t head[HEAD], size_t *got, struct dmv_err *e)
{
	struct dmv_file *f;
	enum dmv_code code = dmv_file_open(path, &f, e);
	int errnum;

	if (code)
		return code;
	*got = dmv_file_read(f, 0, head, HEAD, &errnum);
	dmv_file_close(f);
	if (!*got && errnum)
		return dmv_fail(e, DMV_E_SYSTEM, "cannot read %s: %s", path, strerror(errnum));
	return DMV_E_OK;
}

enum dmv_code dmv_wrapper_check(const char *path, struct dmv_err *e)
{
	uint8_t head[HEAD];
	size_t got = 0;
	enum dmv_code code = read_head(path, head, &got, e);

	return code ? code : check(path, head, got, e);
}

enum dmv_code dmv_text_check(const char *path, struct dmv_err *e)
{
	uint8_t head[HEAD];
	size_t got = 0;

	if (read_head(path, head, &got, NULL) || !is_text(head, got))
		return DMV_E_OK;
	return say_text(path, e);
}
