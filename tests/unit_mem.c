/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * dumps/mem*: what small files written here by hand must mean. Both classes and byte orders,
 * overlaps, filtered and missing bytes, the walk, and the errors. Dumps that others wrote are in
 * mem_dumps.py, damage in mem_hurt.py.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "t.h"

/* A file that is built field by field, in one class and byte order. */
struct build {
	bool is64, be;
	size_t n;
	uint8_t b[1 << 16];
	char path[64];
	int fd;
};

static void put(struct build *f, size_t at, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		f->b[at + (f->be ? bytes - 1 - i : i)] = (uint8_t)(v >> 8 * i);
	if (f->n < at + bytes)
		f->n = at + bytes;
}

static size_t phdr_at(const struct build *f, unsigned i)
{
	return 256 + i * (f->is64 ? 56 : 32);
}

static void header(struct build *f, bool is64, bool be, unsigned phnum)
{
	memset(f, 0, sizeof(*f));
	f->is64 = is64;
	f->be = be;
	memcpy(f->b, ELFMAG, SELFMAG);
	f->b[4] = is64 ? ELFCLASS64 : ELFCLASS32;
	f->b[5] = be ? ELFDATA2MSB : ELFDATA2LSB;
	put(f, 16, 2, ET_CORE);
	put(f, 18, 2, is64 ? EM_X86_64 : EM_PPC);
	put(f, is64 ? 32 : 28, is64 ? 8 : 4, 256);      /* not behind the header: e_phoff counts */
	put(f, is64 ? 52 : 40, 2, 8);                   /* QEMU's e_ehsize */
	put(f, is64 ? 54 : 42, 2, is64 ? 56 : 32);
	put(f, is64 ? 56 : 44, 2, phnum);
	f->n = 4096;
}

struct seg {
	uint32_t type;
	uint64_t off, virt, phys, filesz, memsz;
};

static void segment(struct build *f, unsigned i, struct seg s)
{
	size_t at = phdr_at(f, i);
	unsigned w = f->is64 ? 8 : 4;

	put(f, at, 4, s.type);
	at += w;                        /* p_offset: after p_flags or at once */
	put(f, at, w, s.off);
	put(f, at + w, w, s.virt);
	put(f, at + 2 * w, w, s.phys);
	put(f, at + 3 * w, w, s.filesz);
	put(f, at + 4 * w, w, s.memsz);
}

static size_t note(struct build *f, size_t at, const char *name, uint32_t type, const void *desc,
		   size_t n)
{
	size_t len = strlen(name) + 1;

	put(f, at, 4, len);
	put(f, at + 4, 4, n);
	put(f, at + 8, 4, type);
	memcpy(f->b + at + 12, name, len);
	memcpy(f->b + at + 12 + ((len + 3) & ~3UL), desc, n);
	at += 12 + ((len + 3) & ~3UL) + ((n + 3) & ~3UL);
	if (f->n < at)
		f->n = at;
	return at;
}

static enum dmv_code open_file(struct build *f, const struct dmv_mem_opts *o, struct dmv_mem **m,
			       struct dmv_err *e)
{
	enum dmv_code code;

	*m = NULL;
	f->fd = memfd_create("dump", MFD_CLOEXEC);
	if (f->fd < 0 || write(f->fd, f->b, f->n) != (ssize_t)f->n)
		return dmv_fail(e, DMV_E_SYSTEM, "memfd");
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	code = dmv_mem_open(f->path, o, m, e);
	close(f->fd);
	return code;
}

static bool bytes_at(struct dmv_mem *m, enum dmv_space s, uint64_t addr, const void *want, size_t n)
{
	uint8_t got[256];

	return n <= sizeof(got) && !dmv_mem_read(m, s, addr, got, n, NULL) && !memcmp(got, want, n);
}

static enum dmv_code error_at(struct dmv_mem *m, enum dmv_space s, uint64_t addr, size_t n,
			      struct dmv_err *e)
{
	uint8_t got[8192];

	return dmv_mem_read(m, s, addr, got, n, e);
}

static void fill(struct build *f, size_t at, size_t n, uint8_t v)
{
	memset(f->b + at, v, n);
	if (f->n < at + n)
		f->n = at + n;
}

static void test_process(bool is64, bool be, const char *kind)
{
	static struct build f;
	char name[80], psinfo[136] = "";
	struct dmv_mem *m;
	struct dmv_err e;
	size_t at;

	header(&f, is64, be, 3);
	snprintf(psinfo + sizeof(psinfo) - 80, 80, "/opt/prog -x");
	at = note(&f, 4096, "CORE", NT_PRPSINFO, psinfo, sizeof(psinfo));
	segment(&f, 0, (struct seg){ PT_NOTE, 4096, 0, 0, at - 4096, 0 });
	segment(&f, 1, (struct seg){ PT_LOAD, 8192, 0x20000, 0, 4096, 12288 });
	segment(&f, 2, (struct seg){ PT_LOAD, 12288, 0x10000, 0, 4096, 4096 });
	fill(&f, 8192, 4096, 'b');
	fill(&f, 12288, 4096, 'a');
	snprintf(name, sizeof(name), "process core %s", kind);
	if (!T_CHECKF(!open_file(&f, NULL, &m, &e), name, "%s", e.msg))
		return;
	T_CHECK(m->bits == (is64 ? 64 : 32) && m->big_endian == be && !m->live && !m->linux_kernel,
		"its header");
	T_STREQ(m->ops->format, "ELF process core", "its format");
	T_STREQ(m->executable, "/opt/prog", "its program from the arguments");
	T_CHECK(m->nrange[DMV_VIRT] == 2 && m->range[DMV_VIRT][0].start == 0x10000 &&
			m->range[DMV_VIRT][1].end == 0x21000 && !m->nrange[DMV_PHYS],
		"its ranges are sorted");
	T_CHECK(bytes_at(m, DMV_VIRT, 0x10ff0, "aaaaaaaaaaaaaaaa", 16), "its bytes");
	T_CHECK(error_at(m, DMV_VIRT, 0x20ff8, 16, &e) == DMV_E_ABSENT && e.addr == 0x21000 &&
		strstr(e.msg, "left out"), "p_memsz beyond p_filesz is absent, not zero");
	T_CHECK(error_at(m, DMV_VIRT, 0x30000, 1, &e) == DMV_E_ABSENT && e.addr == 0x30000,
		"no segment");
	T_CHECK(error_at(m, DMV_PHYS, 0x10000, 1, &e) == DMV_E_ABSENT, "no physical addresses");
	T_CHECK(error_at(m, DMV_VIRT, UINT64_MAX - 3, 8, &e) == DMV_E_ABSENT, "a read that wraps");
	T_CHECK(!dmv_mem_read(m, DMV_VIRT, 0x99, NULL, 0, &e), "a read of nothing");
	dmv_mem_close(m);
}

static void test_files(void)
{
	static struct build f;
	uint8_t desc[16 + 48 + 32] = "", auxv[48] = "";
	struct build d = { .is64 = true };
	struct dmv_mem *m;
	struct dmv_err e;
	size_t at;

	header(&f, true, false, 2);
	put(&d, 0, 8, 2);
	put(&d, 8, 8, 4096);
	put(&d, 16, 8, 0x7000), put(&d, 24, 8, 0x8000), put(&d, 32, 8, 3);
	put(&d, 40, 8, 0x9000), put(&d, 48, 8, 0xa000), put(&d, 56, 8, 0);
	memcpy(d.b + 64, "/lib/one.so\0/bin/two", 21);
	memcpy(desc, d.b, sizeof(desc));
	put(&d, 0, 8, AT_PHDR), put(&d, 8, 8, 0x9040);
	put(&d, 16, 8, AT_ENTRY), put(&d, 24, 8, 0x9100);
	memcpy(auxv, d.b, 32);
	at = note(&f, 4096, "CORE", 0x46494c45, desc, 64 + 21);
	at = note(&f, at, "CORE", NT_AUXV, auxv, sizeof(auxv));
	segment(&f, 0, (struct seg){ PT_NOTE, 4096, 0, 0, at - 4096, 0 });
	segment(&f, 1, (struct seg){ PT_LOAD, 8192, 0x9000, 0, 4096, 4096 });
	fill(&f, 8192, 4096, 1);
	if (!T_CHECKF(!open_file(&f, NULL, &m, &e), "NT_FILE", "%s", e.msg))
		return;
	T_CHECK(m->nmapped == 2 && m->mapped[0].offset == 3 * 4096 && m->mapped[1].start == 0x9000,
		"mapped files");
	T_STREQ(m->nmapped == 2 ? m->mapped[1].path : "", "/bin/two", "their names");
	T_STREQ(m->executable, "/bin/two", "the program is where AT_PHDR is");
	dmv_mem_close(m);
	put(&f, 4096 + 12 + 8, 8, UINT64_MAX / 24);     /* the count of files */
	if (T_CHECKF(!open_file(&f, NULL, &m, &e), "NT_FILE with a wild count", "%s", e.msg)) {
		T_CHECK(m->nmapped == 0 && m->nnote == 1, "is left out, and noted");
		dmv_mem_close(m);
	}
}

/* What the dump filter left out of an ELF file, asked for as zeros: up to the bytes of the next
 * segment, and never beyond what was memory. */
static void test_zero_excluded(void)
{
	static struct build f;
	const struct dmv_mem_opts o = { .zero_excluded = true };
	const char want[] = "xxxx\0\0\0\0", next[] = "\0\0\0\0xxxx";
	struct dmv_mem *m;
	struct dmv_err e;

	header(&f, true, false, 2);
	segment(&f, 0, (struct seg){ PT_LOAD, 4096, 0, 0x1000, 4096, 0x3000 });
	segment(&f, 1, (struct seg){ PT_LOAD, 4096, 0, 0x3000, 4096, 4096 });
	fill(&f, 4096, 4096, 'x');
	if (!T_CHECKF(!open_file(&f, &o, &m, &e), "zero-excluded", "%s", e.msg))
		return;
	T_CHECK(m->nnote == 1 && strstr(m->note[0], "zeros"), "zero-excluded is noted");
	T_CHECK(bytes_at(m, DMV_PHYS, 0x1ffc, want, 8), "zeros behind a segment's bytes");
	T_CHECK(bytes_at(m, DMV_PHYS, 0x2ffc, next, 8), "the next segment's bytes behind zeros");
	T_CHECK(error_at(m, DMV_PHYS, 0x3ffc, 8, &e) == DMV_E_ABSENT && e.addr == 0x4000,
		"no zeros where there was no memory");
	dmv_mem_close(m);
}

/* QEMU's -p: overlapping in physical space; the first in the file wins, all are found by p_vaddr.
 */
static void test_overlaps(void)
{
	static struct build f;
	struct dmv_mem *m;
	struct dmv_err e;

	header(&f, true, false, 5);
	segment(&f, 0,
		(struct seg){PT_NOTE, 4096, 0, 0, note(&f, 4096, "QEMU", 0, "cpu", 4) - 4096, 0});
	segment(&f, 1, (struct seg){ PT_LOAD, 0x2000, 0xffff0000, 0x1000, 0x1000, 0x1000 });
	segment(&f, 2, (struct seg){ PT_LOAD, 0x3000, 0xeeee0000, 0x0800, 0x2000, 0x2000 });
	segment(&f, 3, (struct seg){ PT_LOAD, 0x6000, 0xffff0000dddd0000, 0x0000, 0x4000, 0x4000 });
	segment(&f, 4, (struct seg){ PT_LOAD, 0x2000, 0xcccc0000, UINT64_MAX, 0x1000, 0x1000 });
	fill(&f, 0x2000, 0x1000, '1');
	fill(&f, 0x3000, 0x2000, '2');
	fill(&f, 0x6000, 0x4000, '3');
	if (!T_CHECKF(!open_file(&f, NULL, &m, &e), "overlapping segments", "%s", e.msg))
		return;
	T_STREQ(m->ops->format, "ELF vmcore", "a machine by its QEMU note");
	T_CHECK(m->nrange[DMV_PHYS] == 1 && m->range[DMV_PHYS][0].end == 0x4000, "one range");
	T_CHECK(bytes_at(m, DMV_PHYS, 0x7fe, "3322", 4), "third, then second");
	T_CHECK(bytes_at(m, DMV_PHYS, 0xffe, "2211", 4), "second, then first");
	T_CHECK(bytes_at(m, DMV_PHYS, 0x1ffe, "1122", 4), "first, then second again");
	T_CHECK(bytes_at(m, DMV_PHYS, 0x27fe, "2233", 4), "second, then third again");
	T_CHECK(bytes_at(m, DMV_VIRT, 0xdddd1000, "3333", 4),
		"by virtual address nothing is hidden");
	T_CHECK(bytes_at(m, DMV_VIRT, 0xcccc0ffc, "1111", 4), "without a physical address");
	dmv_mem_close(m);
	for (unsigned i = 1; i < 5; i++)
		put(&f, phdr_at(&f, i) + 16, 8, i == 3 ? 0 : i << 12);
	put(&f, phdr_at(&f, 1) + 24, 8, 1 << 12);
	put(&f, phdr_at(&f, 2) + 24, 8, 2 << 12);
	put(&f, phdr_at(&f, 4) + 24, 8, 4 << 12);
	if (T_CHECKF(!open_file(&f, NULL, &m, &e), "QEMU without page tables", "%s", e.msg)) {
		T_CHECK(!m->nrange[DMV_VIRT] && m->nrange[DMV_PHYS],
			"physical addresses are not virtual ones");
		dmv_mem_close(m);
	}
}

static void test_vmcoreinfo(void)
{
	static struct build f;
	static const char text[] = "PAGESIZE=4096\nOSRELEASE=6.1.0\n";
	struct dmv_mem *m;
	struct dmv_err e;
	size_t at;

	header(&f, true, false, 3);
	at = note(&f, 4096, "CORE", NT_PRSTATUS, "x", 1);
	at = note(&f, at, "VMCOREINFO", 0, text, sizeof(text) - 1);
	segment(&f, 0, (struct seg){ PT_NOTE, 4096, 0, 0, at - 4096, 0 });
	segment(&f, 1, (struct seg){ PT_LOAD, 8192, 0x1000, 0x1000, 4096, 4096 });
	segment(&f, 2, (struct seg){ PT_LOAD, 12288, 0x9000, 0x9000, 0x10000, 0x10000 });
	fill(&f, 8192, 8192, 'x');
	if (!T_CHECKF(!open_file(&f, NULL, &m, &e), "vmcore of Linux", "%s", e.msg))
		return;
	T_STREQ(m->vmcoreinfo, text, "VMCOREINFO");
	T_CHECK(m->linux_kernel && !m->nrange[DMV_VIRT], "a kernel has no identity map");
	T_CHECK(m->nnote == 1 && strstr(m->note[0], "61440 bytes beyond end of file"),
		"the cut is noted");
	T_CHECK(error_at(m, DMV_PHYS, 0xa000, 4, &e) == DMV_E_ABSENT && e.addr == 0xa000 &&
			strstr(e.msg, "file offset 0x4000"),
		"what is cut off is absent, with its file offset");
	dmv_mem_close(m);
}

static void test_xnum(void)
{
	static struct build f;
	struct dmv_mem *m;
	struct dmv_err e;

	header(&f, true, false, 0xffff);
	put(&f, 40, 8, 0x800);
	put(&f, 0x800 + 44, 4, 1);      /* sh_info of section 0 */
	segment(&f, 0, (struct seg){ PT_LOAD, 4096, 0x5000, 0, 4096, 4096 });
	fill(&f, 4096, 4096, 'n');
	if (T_CHECKF(!open_file(&f, NULL, &m, &e), "PN_XNUM", "%s", e.msg)) {
		T_CHECK(bytes_at(m, DMV_VIRT, 0x5000, "nnnn", 4) && !m->nnote,
			"one segment, as section 0 says");
		dmv_mem_close(m);
	}
	put(&f, 40, 8, 1 << 20);
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_CORRUPT && strstr(e.msg, "section header 0"),
		"PN_XNUM without the section");
}

struct seen {
	uint64_t bytes, next;
	bool order, aligned;
	enum dmv_code stop;
};

static enum dmv_code see(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	struct seen *s = ctx;

	s->order = s->order && addr >= s->next && buf[0];
	s->aligned = s->aligned && !(addr & 4095);
	s->bytes += n;
	s->next = addr + n;
	return s->stop;
}

/* A source that lacks single pages and once a disk's worth of them. */
struct patchy {
	struct dmv_mem m;
	struct dmv_range r;
	uint64_t bad, bad_end;
	enum dmv_code code;
};

static enum dmv_code patchy_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
				 size_t n, struct dmv_err *e)
{
	struct patchy *p = (struct patchy *)m;
	uint64_t first = addr > p->bad ? addr : p->bad;

	(void)s;
	if (first < addr + n && first < p->bad_end)
		return dmv_fail_at(e, p->code, first, "patchy");
	memset(buf, 1, n);
	return DMV_E_OK;
}

static void patchy_close(struct dmv_mem *m)
{
	(void)m;
}

static const struct dmv_mem_ops patchy_ops = {
	.format = "patchy", .read = patchy_read, .close = patchy_close,
};

static void test_walk(void)
{
	struct patchy p = {.m = {.ops = &patchy_ops},
			   .r = {0x10000, 0x310000},
			   .bad = 0x123456,
			   .bad_end = 0x123457,
			   .code = DMV_E_ABSENT};
	struct seen s = { .order = true, .aligned = true };
	struct dmv_err e = { 0 };
	uint64_t missed = 7;

	p.m.range[DMV_PHYS] = &p.r;
	p.m.nrange[DMV_PHYS] = 1;
	T_CHECK(!dmv_mem_walk(&p.m, DMV_PHYS, see, &s, &missed, &e) && s.order && s.aligned,
		"walk");
	T_CHECKF(s.bytes + missed == 0x300000 && missed == 0x124000 - 0x123456,
		 "walk misses the rest of a page", "missed 0x%" PRIx64, missed);
	s = (struct seen){ .order = true, .stop = DMV_E_STOPPED };
	T_CHECK(dmv_mem_walk(&p.m, DMV_PHYS, see, &s, &missed, &e) == DMV_E_STOPPED &&
			s.bytes == 256 << 10,
		"walk ends when told");
	p.bad = 0x20000, p.bad_end = 0x300000, p.code = DMV_E_SYSTEM;
	s = (struct seen){ .order = true };
	T_CHECK(dmv_mem_walk(&p.m, DMV_PHYS, see, &s, &missed, &e) == DMV_E_SYSTEM &&
			s.bytes == 0x10000 && !strcmp(e.msg, "patchy"),
		"walk gives up on a dead source");
	p.code = DMV_E_CORRUPT;
	s = (struct seen){ .order = true };
	T_CHECK(!dmv_mem_walk(&p.m, DMV_PHYS, see, &s, &missed, &e) && missed == 0x2e0000 &&
		s.bytes == 0x20000, "walk goes on past damage");
	T_CHECK(!dmv_mem_walk(&p.m, DMV_VIRT, see, &s, NULL, NULL), "walk of an empty space");
}

/* Opens a file of `size` bytes that holds the n bytes of f at its start, two letters far behind
 * them, and nothing in between. */
static enum dmv_code open_sparse(const struct build *f, off_t size, const struct dmv_mem_opts *o,
				 struct dmv_mem **m, struct dmv_err *e)
{
	int fd = memfd_create("sparse", MFD_CLOEXEC);
	char path[64];
	enum dmv_code code;

	if (fd < 0 || ftruncate(fd, size) || write(fd, f->b, f->n) != (ssize_t)f->n ||
	    pwrite(fd, "ab", 2, size / 2 + 123) != 2)
		return dmv_fail(e, DMV_E_SYSTEM, "memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	code = dmv_mem_open(path, o, m, e);
	close(fd);
	return code;
}

static enum dmv_code count(void *ctx, uint64_t addr, const uint8_t *buf, size_t n)
{
	struct seen *s = ctx;
	const uint8_t *a = memchr(buf, 'a', n);

	s->bytes += n;
	s->aligned = s->aligned && !(addr & 4095);
	if (a)
		s->next = addr + (uint64_t)(a - buf);
	return DMV_E_OK;
}

struct steps {
	unsigned n;
	uint64_t done, total;
	bool wrong;
};

static void step(void *ctx, const struct dmv_step *s)
{
	struct steps *x = ctx;

	x->wrong |= strcmp(s->what, "scan") || !s->bytes || s->done < x->done ||
		    s->done > s->total;
	x->n++;
	x->done = s->done;
	x->total = s->total;
}

static void test_sparse(void)
{
	static struct build f;
	const uint64_t size = UINT64_C(1) << 40, base = 0x40000000;
	struct dmv_mem_opts o = { .have_base = true, .base = base };
	struct seen s = { .aligned = true };
	uint64_t missed = 7;
	struct dmv_mem *m;
	struct dmv_err e;

	struct steps steps = { 0 };
	const struct dmv_progress progress = { step, &steps };

	fill(&f, 0, 100, 'r');
	if (!T_CHECKF(!open_sparse(&f, (off_t)size, &o, &m, &e), "sparse raw", "%s", e.msg))
		return;
	m->progress = &progress;
	T_CHECK(!dmv_mem_walk(m, DMV_PHYS, count, &s, &missed, &e) && s.aligned && !missed &&
			s.next == base + size / 2 + 123,
		"walk of 1 TiB with holes finds what is there");
	T_CHECKF(steps.n && !steps.wrong && steps.total == size && steps.done > size / 2,
		 "and says how far it has come", "%u times, 0x%" PRIx64 " of 0x%" PRIx64, steps.n,
		 steps.done, steps.total);
	T_CHECKF(s.bytes <= 1 << 20, "and reads little else", "0x%" PRIx64 " bytes", s.bytes);
	T_CHECK(bytes_at(m, DMV_PHYS, base + 200, "\0\0\0\0", 4) &&
			bytes_at(m, DMV_PHYS, base + size - 4, "\0\0\0\0", 4),
		"a hole reads as zeros");
	dmv_mem_close(m);
}

/* Two segments side by side, the second one from the middle of a page of the file. */
static void test_sparse_elf(void)
{
	static struct build f;
	const uint64_t size = UINT64_C(1) << 36, half = size / 2;
	struct seen s = { .aligned = true };
	uint64_t missed = 7;
	struct dmv_mem *m;
	struct dmv_err e;

	header(&f, true, false, 2);
	segment(&f, 0, (struct seg){ PT_LOAD, 4096, 0, 0x1000, half - 4096, half - 4096 });
	segment(&f, 1, (struct seg){ PT_LOAD, half + 8, 0, half, half - 8, half - 8 });
	if (!T_CHECKF(!open_sparse(&f, (off_t)size, NULL, &m, &e), "sparse ELF", "%s", e.msg))
		return;
	T_CHECK(m->nrange[DMV_PHYS] == 1 && !dmv_mem_walk(m, DMV_PHYS, count, &s, &missed, &e) &&
			s.aligned && !missed && s.next == half + 123 - 8 && s.bytes <= 1 << 20,
		"walk of a sparse ELF dump");
	dmv_mem_close(m);
}

/* The source lost its end after it was opened: that is missing, not zero. */
static void test_sparse_cut(void)
{
	const uint64_t size = 8 << 20;
	struct dmv_mem_opts o = { .have_base = true };
	int fd = memfd_create("cut", MFD_CLOEXEC);
	struct seen s = { .aligned = true };
	uint64_t missed = 7;
	struct dmv_mem *m;
	struct dmv_err e;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || ftruncate(fd, (off_t)size) || dmv_mem_open(path, &o, &m, &e))
		return (void)T_CHECK(false, "sparse file that is cut");
	T_CHECK(!ftruncate(fd, (off_t)size / 2) &&
			!dmv_mem_walk(m, DMV_PHYS, count, &s, &missed, &e) && missed == size / 2,
		"a cut is not a hole");
	dmv_mem_close(m);
	close(fd);
}

static void test_raw(void)
{
	static struct build f;
	struct dmv_mem_opts o = { .have_base = true, .base = 0x40000000 };
	struct dmv_mem *m;
	struct dmv_err e;

	fill(&f, 0, 100, 'r');
	if (T_CHECKF(!open_file(&f, &o, &m, &e), "raw", "%s", e.msg)) {
		T_CHECK(bytes_at(m, DMV_VIRT, 0x40000060, "rrrr", 4) &&
				bytes_at(m, DMV_PHYS, 0x40000060, "rrrr", 4),
			"raw in both spaces");
		T_CHECK(error_at(m, DMV_PHYS, 0x40000062, 4, &e) == DMV_E_ABSENT &&
				e.addr == 0x40000064,
			"raw ends");
		T_CHECK(error_at(m, DMV_PHYS, 0x3fffffff, 4, &e) == DMV_E_ABSENT &&
				e.addr == 0x3fffffff,
			"raw begins");
		dmv_mem_close(m);
	}
	o.base = UINT64_MAX - 50;
	T_CHECK(open_file(&f, &o, &m, &e) == DMV_E_USAGE, "raw past the end of the address space");
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_NOTFOUND && strstr(e.msg, "--base"),
		"raw needs a base");
}

static void test_refused(void)
{
	static struct build f;
	struct dmv_mem *m;
	struct dmv_err e;

	header(&f, true, false, 1);
	segment(&f, 0, (struct seg){ PT_LOAD, 4096, 0x5000, 0, 4096, 4096 });
	put(&f, 16, 2, ET_EXEC);
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_USAGE && strstr(e.msg, "not a core"),
		"a program");
	put(&f, 16, 2, ET_CORE);
	put(&f, 54, 2, 0);
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_CORRUPT && strstr(e.msg, "e_phentsize"),
		"e_phentsize 0");
	put(&f, 54, 2, 56);
	put(&f, 56, 2, 0);
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_CORRUPT && strstr(e.msg, "e_phnum"),
		"e_phnum 0");
	put(&f, 56, 2, 1);
	put(&f, 32, 8, UINT64_MAX - 8);
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_CORRUPT && strstr(e.msg, "program headers"),
		"e_phoff wild");
	put(&f, 32, 8, 256);
	f.b[4] = 9;
	T_CHECK(open_file(&f, NULL, &m, &e) == DMV_E_CORRUPT && strstr(e.msg, "class"), "class 9");
	T_CHECK(dmv_mem_open("/nowhere/at/all", NULL, &m, &e) == DMV_E_SYSTEM, "no file");
	T_CHECK(dmv_mem_open("pid:", NULL, &m, &e) == DMV_E_USAGE, "no number");
	T_CHECK(dmv_mem_open("/nowhere/at/all", NULL, &m, NULL) == DMV_E_SYSTEM, "no error wanted");
	dmv_mem_close(NULL);
}

static void test_pid(void)
{
	static char secret[8192] = "what only this process knows";
	struct dmv_mem *m;
	struct dmv_err e;
	char target[32];
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	snprintf(target, sizeof(target), "pid:%d", (int)child);
	if (T_CHECKF(!dmv_mem_open(target, NULL, &m, &e), "pid", "%s", e.msg)) {
		T_CHECK(m->live && bytes_at(m, DMV_VIRT, (uintptr_t)secret, secret, 28),
			"pid bytes");
		T_CHECK(error_at(m, DMV_VIRT, 16, 8, &e) == DMV_E_ABSENT && e.addr == 16,
			"pid page 0");
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		T_CHECK(error_at(m, DMV_VIRT, (uintptr_t)secret, 8, &e) == DMV_E_SYSTEM &&
				strstr(e.msg, "gone"),
			"pid that died meanwhile");
		dmv_mem_close(m);
	} else {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

static void test_errors(void)
{
	struct dmv_err e = { 0 };
	char longer[2 * sizeof(e.msg)];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	T_CHECK(dmv_fail_at(&e, DMV_E_ABSENT, 5, "page %d", 3) == DMV_E_ABSENT && e.addr == 5,
		"fail");
	T_CHECK(dmv_prepend(&e, "table %d", 1) == DMV_E_ABSENT && e.addr == 5,
		"prepend keeps code and address");
	T_STREQ(e.msg, "table 1: page 3", "prepend");
	dmv_fail(&e, DMV_E_CORRUPT, "again: %s", e.msg);
	T_STREQ(e.msg, "again: table 1: page 3", "an argument may be the message itself");
	T_CHECK(e.addr == UINT64_MAX, "no address");
	dmv_prepend(&e, "%s", longer);
	T_EQ(strlen(e.msg), sizeof(e.msg) - 1, "bounded");
	T_CHECK(dmv_fail(NULL, DMV_E_MEMORY, "x") == DMV_E_MEMORY, "nobody asks");
}

int main(void)
{
	test_errors();
	test_process(true, false, "64-bit little-endian");
	test_process(true, true, "64-bit big-endian");
	test_process(false, false, "32-bit little-endian");
	test_process(false, true, "32-bit big-endian");
	test_files();
	test_zero_excluded();
	test_overlaps();
	test_vmcoreinfo();
	test_xnum();
	test_walk();
	test_sparse();
	test_sparse_elf();
	test_sparse_cut();
	test_raw();
	test_refused();
	test_pid();
	return T_DONE();
}
