/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A memory source of what libkdumpfile reads in its child: what the file says by itself, its map of
 * pages, VMCOREINFO, and reads through a small cache.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mem_kdumpfile_int.h"

enum {
	MAX_RANGES = 1 << 20,
	PAGE_BYTES = 4096,              /* of our cache, whatever the machine's are */
	CACHE_PAGES = 64,
};

struct page {
	uint64_t start;
	bool valid;
	uint8_t data[PAGE_BYTES];
};

struct kdump {
	struct dmv_mem m;
	struct dmv_file *f;
	struct dmv_kd kd;
	char format[96];
	struct dmv_mem_ops ops;         /* its format names the library's */
	struct page cache[CACHE_PAGES];
};

/* ---- reading ---- */

static enum dmv_code read_some(struct kdump *k, uint64_t addr, void *buf, size_t n,
			       struct dmv_err *e)
{
	enum dmv_code code;
	struct dmv_kd_answer a;
	uint64_t bad;

	code = dmv_kd_question(&k->kd, &(struct dmv_kd_ask){ DMV_KD_READ, (uint32_t)n, addr }, addr,
			       &a, e);
	if (code)
		return code;
	if (a.outcome == DMV_KD_DONE) {
		memcpy(buf, k->kd.sh->data, n);
		return DMV_E_OK;
	}
	bad = dmv_kd_first_bad(&k->kd, addr, n);
	if (a.outcome == DMV_KD_ABSENT)
		return dmv_fail_at(e, DMV_E_ABSENT, bad,
				   "physical address 0x%" PRIx64
				   " is not in the dump (libkdumpfile: %s)",
				   bad, a.text);
	return dmv_fail_at(e, DMV_E_CORRUPT, bad,
			   "physical address 0x%" PRIx64 ": libkdumpfile: %s", bad, a.text);
}

/* The page that holds addr, for small reads: a question costs two changes of process. */
static const struct page *cached_page(struct kdump *k, uint64_t addr)
{
	uint64_t start = addr & ~(uint64_t)(PAGE_BYTES - 1);
	struct page *p = &k->cache[start / PAGE_BYTES % CACHE_PAGES];

	if (p->valid && p->start == start)
		return p;
	p->valid = !read_some(k, start, p->data, PAGE_BYTES, NULL);
	p->start = start;
	return p->valid ? p : NULL;
}

static enum dmv_code read_part(struct kdump *k, uint64_t addr, void *buf, size_t n,
			       struct dmv_err *e)
{
	const struct page *p = n <= PAGE_BYTES - addr % PAGE_BYTES ? cached_page(k, addr) : NULL;

	if (!p)
		return read_some(k, addr, buf, n, e);
	memcpy(buf, p->data + addr % PAGE_BYTES, n);
	return DMV_E_OK;
}

static enum dmv_code kd_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			     size_t n, struct dmv_err *e)
{
	struct kdump *k = (struct kdump *)m;
	size_t part;

	if (s != DMV_PHYS)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "this dump has no virtual addresses (asked for 0x%" PRIx64 ")",
				   addr);
	for (size_t done = 0; done < n; done += part) {
		enum dmv_code code;

		part = n - done < DMV_KD_DATA_BYTES ? n - done : DMV_KD_DATA_BYTES;
		code = read_part(k, addr + done, (uint8_t *)buf + done, part, e);
		if (code)
			return code;
	}
	return DMV_E_OK;
}

static void kd_close(struct dmv_mem *m)
{
	struct kdump *k = (struct kdump *)m;

	dmv_kd_stop(&k->kd);
	if (k->kd.sh)
		munmap(k->kd.sh, sizeof(*k->kd.sh));
	dmv_file_close(k->f);
	dmv_mem_base_deinit(m);
	free(k);
}

static const struct dmv_mem_ops kdump_ops = {
	.format = "vmcore (through libkdumpfile)",
	.read = kd_read,
	.close = kd_close,
};

/* First bytes of the formats that have some; the library also knows others, without. The first is
 * read by mem_kdump.c, which asks first; here it is for tests that hold one against the other. */
static const struct signature {
	const char *bytes;
	size_t n;
	const char *what;
} signatures[] = {
	{ "KDUMP   ", 8, "kdump-compressed vmcore (through libkdumpfile)" },
	{ "DISKDUMP", 8, "diskdump vmcore (through libkdumpfile)" },
	{ "\xed\x23\x8f\x61\x73\x01\x19\xa8", 8, "LKCD vmcore (through libkdumpfile)" },
	{ "\xa8\x19\x01\x73\x61\x8f\x23\xed", 8, "LKCD vmcore (through libkdumpfile)" },
	{ "\xa8\x19\x01\x73\x61\x8f\x23\xfd", 8, "s390 dump (through libkdumpfile)" },
};

/* disk_dump_header: signature, version, then utsname with six fields of 65 bytes. QEMU leaves all
 * but the machine empty, and the library then does not believe that one either. */
static void sniff(struct kdump *k)
{
	enum { UTS_MACHINE = 12 + 4 * 65, UTS_FIELD = 65 };
	const struct dmv_machine *mach;
	char head[UTS_MACHINE + UTS_FIELD] = "";
	int errnum;
	size_t got = dmv_file_read(k->f, 0, head, sizeof(head), &errnum);
	size_t i;

	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (got >= signatures[i].n && !memcmp(head, signatures[i].bytes, signatures[i].n))
			break;
	if (i == sizeof(signatures) / sizeof(signatures[0]))
		return;
	k->kd.known = true;
	k->ops.format = signatures[i].what;
	if (i > 1 || got < sizeof(head))
		return;
	head[sizeof(head) - 1] = 0;
	mach = dmv_machine_of(head + UTS_MACHINE);
	if (!mach)
		return;
	snprintf(k->kd.arch, sizeof(k->kd.arch), "%s", mach->arch);
	/* header_version is a small number in the writer's byte order. */
	k->m.big_endian = dmv_get((const uint8_t *)head + 8, 4, true) < 0x10000;
}

static void take_info(struct kdump *k)
{
	struct dmv_kd_info info = k->kd.sh->info;
	const struct dmv_machine *mach;

	dmv_kd_clean(info.arch, sizeof(info.arch));
	dmv_kd_clean(info.format, sizeof(info.format));
	mach = dmv_machine_of(info.arch);
	if (!mach)
		mach = dmv_machine_of(k->kd.arch);
	if (mach) {
		k->m.machine = mach->elf;
		k->m.bits = mach->bits;
	}
	if (info.order_known)
		k->m.big_endian = info.big_endian != 0;
	if (!k->m.bits)
		k->m.big_endian = 0;
	if (!k->kd.known && info.format[0]) {
		snprintf(k->format, sizeof(k->format), "%s (through libkdumpfile)", info.format);
		k->ops.format = k->format;
	}
}

struct ranges {
	struct dmv_range *v;
	size_t n;
};

/* Takes one answer's ranges if they go on upwards; false: stop here. */
static enum dmv_code take_ranges(struct kdump *k, struct ranges *r, size_t n, struct dmv_err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct dmv_range x;

		memcpy(&x, k->kd.sh->data + i * sizeof(x), sizeof(x));
		if (x.start >= x.end || (r->n && x.start < r->v[r->n - 1].end))
			return dmv_fail(e, DMV_E_CORRUPT,
					"libkdumpfile: its map of pages is not in order");
		if (!dmv_grow(&r->v, r->n, sizeof(*r->v)))
			return dmv_fail(e, DMV_E_MEMORY, "out of memory for the map of pages");
		r->v[r->n++] = x;
	}
	return DMV_E_OK;
}

static enum dmv_code collect_ranges(struct kdump *k, struct ranges *r, struct dmv_err *e)
{
	uint64_t first = 0;
	struct dmv_kd_answer a;

	do {
		const struct dmv_kd_ask q = { .op = DMV_KD_RANGES, .at = first };
		enum dmv_code code = dmv_kd_question(&k->kd, &q, 0, &a, e);

		if (code)
			return dmv_prepend(e, "the map of pages");
		if (a.outcome != DMV_KD_DONE)
			return dmv_fail(e, DMV_E_CORRUPT, "libkdumpfile: %s", a.text);
		if (a.n > DMV_KD_DATA_BYTES / sizeof(struct dmv_range))
			return dmv_fail(e, DMV_E_CORRUPT,
					"libkdumpfile: its map of pages is damaged");
		code = take_ranges(k, r, a.n, e);
		if (code)
			return code;
		if (r->n > MAX_RANGES || (a.more && a.next <= first)) {
			dmv_mem_note(&k->m, "more than %zu ranges of pages: the rest is left out",
				     r->n);
			break;
		}
		first = a.next;
	} while (a.more);
	if (!r->n)
		return dmv_fail(e, DMV_E_CORRUPT,
				"libkdumpfile finds no page in it: the file is damaged or cut off");
	return DMV_E_OK;
}

static enum dmv_code find_ranges(struct kdump *k, struct dmv_err *e)
{
	struct ranges r = { 0 };
	enum dmv_code code = collect_ranges(k, &r, e);

	if (code) {
		free(r.v);
		return code;
	}
	dmv_mem_set_ranges(&k->m, DMV_PHYS, r.v, r.n);
	return DMV_E_OK;
}

static void find_vmcoreinfo(struct kdump *k)
{
	const struct dmv_kd_ask q = { .op = DMV_KD_VMCOREINFO };
	struct dmv_kd_answer a;

	if (dmv_kd_question(&k->kd, &q, 0, &a, NULL) || a.outcome != DMV_KD_DONE || !a.n ||
	    a.n > DMV_KD_DATA_BYTES)
		return;
	dmv_mem_set_vmcoreinfo(&k->m, (const char *)k->kd.sh->data, a.n);
}

static enum dmv_code set_up(struct kdump *k, const char *target, struct dmv_err *e)
{
	enum dmv_code code = dmv_file_open(target, &k->f, e);

	if (code)
		return code;
	sniff(k);
	k->kd.sh = mmap(NULL, sizeof(*k->kd.sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (k->kd.sh == MAP_FAILED) {
		k->kd.sh = NULL;
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for the buffer of libkdumpfile");
	}
	k->kd.dump = dmv_file_fd(k->f);
	code = dmv_kd_start(&k->kd, e);
	if (code)
		return code;
	take_info(k);
	code = find_ranges(k, e);
	if (code)
		return k->m.nnote ? dmv_prepend(e, "%s", k->m.note[0]) : code;
	find_vmcoreinfo(k);
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_kdumpfile(const char *target, const struct dmv_mem_opts *o,
				     struct dmv_mem **ret, struct dmv_err *e)
{
	struct kdump *k = calloc(1, sizeof(*k));
	enum dmv_code code;

	(void)o;
	if (!k)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	k->ops = kdump_ops;
	k->m.ops = &k->ops;
	k->kd.sock = -1;
	code = set_up(k, target, e);
	if (code) {
		kd_close(&k->m);
		return code;
	}
	*ret = &k->m;
	return DMV_E_OK;
}
