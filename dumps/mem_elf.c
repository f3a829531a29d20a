/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * ELF cores of either class and byte order, of one process or of a whole machine.
 *
 * Which of the two: notes VMCOREINFO, QEMU or Xen mean a machine; else NT_PRPSINFO, NT_AUXV or
 * NT_FILE mean a process; else a machine if any PT_LOAD has a physical address or none has a
 * virtual one (the kernel and gcore leave p_paddr 0, and no process has memory at page 0 alone).
 *
 * A machine's PT_LOADs are read by p_paddr, and by p_vaddr as well if the dumper set it (all ones
 * in either: has none); a process's by p_vaddr alone. Bytes of p_memsz beyond p_filesz were left
 * out by whoever wrote the dump: they are absent, not zero. e_ehsize is ignored (QEMU writes 8);
 * the program headers are where e_phoff says.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"

enum {
	MAX_LOADS = 1 << 22,
	MAX_NOTE_SEGMENTS = 64,
	/* Page tables may show the same bytes at several addresses, physical memory may not; a file
	 * that claims more would keep us reading for ever. */
	MAX_ALIASES_VIRT = 64,
	MAX_ALIASES_PHYS = 4,
};

struct load {
	uint64_t virt, phys, off, filesz, memsz;
};

struct elf {
	struct dmv_mem m;
	struct dmv_file *f;
	struct dmv_elf_notes notes;
	bool is64, be, vmcore, zero_excluded;
	struct load *load;
	size_t nload;
	struct dmv_piece *piece[2];
	size_t npiece[2];
	struct dmv_dump_info info;      /* of a process */
	uint64_t cut_bytes;             /* that segments promise beyond the end of the file */
	size_t cut_segments;
};

/* Offsets in the structures of elf.h, by class. */
struct field {
	uint8_t off[2], size[2];        /* index: is64 */
};

#define FIELD(type, name)                                                                          \
	{                                                                                          \
		{ offsetof(Elf32_##type, name), offsetof(Elf64_##type, name) },                    \
		{ sizeof(((Elf32_##type *)0)->name), sizeof(((Elf64_##type *)0)->name) },          \
	}

static const struct field eh_type = FIELD(Ehdr, e_type), eh_machine = FIELD(Ehdr, e_machine),
			  eh_phoff = FIELD(Ehdr, e_phoff), eh_shoff = FIELD(Ehdr, e_shoff),
			  eh_phentsize = FIELD(Ehdr, e_phentsize), eh_phnum = FIELD(Ehdr, e_phnum),
			  sh_info = FIELD(Shdr, sh_info), ph_type = FIELD(Phdr, p_type),
			  ph_offset = FIELD(Phdr, p_offset), ph_vaddr = FIELD(Phdr, p_vaddr),
			  ph_paddr = FIELD(Phdr, p_paddr), ph_filesz = FIELD(Phdr, p_filesz),
			  ph_memsz = FIELD(Phdr, p_memsz);

static uint64_t get(const struct elf *x, const uint8_t *p, const struct field *fl)
{
	return dmv_get(p + fl->off[x->is64], fl->size[x->is64], x->be);
}

static uint64_t segment_start(const struct load *l, enum dmv_space s)
{
	return s == DMV_PHYS ? l->phys : l->virt;
}

static bool in_space(const struct load *l, enum dmv_space s)
{
	return segment_start(l, s) != UINT64_MAX;
}

/* Says why addr cannot be read: beyond the end of the file, left out by the dumper, or nowhere. */
static enum dmv_code absent(struct elf *x, enum dmv_space s, uint64_t addr, struct dmv_err *e)
{
	uint64_t size = dmv_file_size(x->f);
	const struct load *left_out = NULL;

	for (size_t i = 0; i < x->nload && x->m.nrange[s]; i++) {
		const struct load *l = &x->load[i];
		uint64_t in = addr - segment_start(l, s);

		if (!in_space(l, s) || addr < segment_start(l, s) || in >= l->memsz)
			continue;
		if (in < l->filesz)
			return dmv_fail_at(e, DMV_E_ABSENT, addr,
					   "%s address 0x%" PRIx64 " is at file offset 0x%" PRIx64
					   ", beyond the end of the file at 0x%" PRIx64,
					   dmv_space_name(s), addr, l->off + in, size);
		left_out = l;
	}
	if (left_out)
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "%s address 0x%" PRIx64
				   " was left out of the dump: its segment at 0x%" PRIx64
				   " holds 0x%" PRIx64 " of 0x%" PRIx64 " bytes",
				   dmv_space_name(s), addr, segment_start(left_out, s),
				   left_out->filesz, left_out->memsz);
	if (!x->m.nrange[s])
		return dmv_fail_at(e, DMV_E_ABSENT, addr,
				   "this dump has no %s addresses (asked for 0x%" PRIx64 ")",
				   dmv_space_name(s), addr);
	return dmv_fail_at(e, DMV_E_ABSENT, addr,
			   "%s address 0x%" PRIx64 " is in no segment of the dump",
			   dmv_space_name(s), addr);
}

/* How many bytes from addr on its segment leaves out; 0: none, or there is no such segment. */
static size_t left_out(const struct elf *x, enum dmv_space s, uint64_t addr, size_t n)
{
	for (size_t i = 0; i < x->nload; i++) {
		const struct load *l = &x->load[i];
		uint64_t in = addr - segment_start(l, s);

		if (in_space(l, s) && in >= l->filesz && in < l->memsz)
			return n < l->memsz - in ? n : (size_t)(l->memsz - in);
	}
	return 0;
}

/* From addr on, where no segment has bytes, zeros instead as far as the filter left them out. */
static size_t fill(const struct elf *x, enum dmv_space s, uint64_t addr, void *to, size_t n)
{
	size_t k = x->zero_excluded ? left_out(x, s, addr, n) : 0;

	for (size_t i = 0; k && i < x->npiece[s]; i++)
		if (x->piece[s][i].start > addr && x->piece[s][i].start - addr < k)
			k = (size_t)(x->piece[s][i].start - addr);
	memset(to, 0, k);
	return k;
}

static enum dmv_code elf_read(struct dmv_mem *m, enum dmv_space s, uint64_t addr, void *buf,
			      size_t n, struct dmv_err *e)
{
	struct elf *x = (struct elf *)m;

	for (;;) {
		uint64_t bad;
		enum dmv_code code = dmv_pieces_read(x->f, x->piece[s], x->npiece[s], addr, buf, n,
						     &bad, e);
		size_t k;

		if (code != DMV_E_NOTFOUND)
			return code;
		buf = (uint8_t *)buf + (bad - addr);
		n -= (size_t)(bad - addr);
		addr = bad;
		k = fill(x, s, addr, buf, n);
		if (!k)
			return absent(x, s, addr, e);
		buf = (uint8_t *)buf + k;
		n -= k;
		addr += k;
	}
}

static uint64_t elf_skip_zeros(struct dmv_mem *m, enum dmv_space s, uint64_t addr, uint64_t end)
{
	struct elf *x = (struct elf *)m;

	return dmv_pieces_skip_zeros(x->piece[s], x->npiece[s], x->f, addr, end);
}

static void elf_close(struct dmv_mem *m)
{
	struct elf *x = (struct elf *)m;

	dmv_file_close(x->f);
	dmv_elf_notes_deinit(&x->notes);
	dmv_dump_lines_free(&x->info);
	free(x->load);
	free(x->piece[DMV_VIRT]);
	free(x->piece[DMV_PHYS]);
	dmv_mem_base_deinit(m);
	free(x);
}

static const struct dmv_mem_ops process_ops = {
	.format = "ELF process core",
	.read = elf_read,
	.close = elf_close,
	.skip_zeros = elf_skip_zeros,
};

static const struct dmv_mem_ops vmcore_ops = {
	.format = "ELF vmcore",
	.read = elf_read,
	.close = elf_close,
	.skip_zeros = elf_skip_zeros,
};

static const struct dmv_mem_ops flat_ops = {
	.format = "ELF vmcore, flattened",
	.read = elf_read,
	.close = elf_close,
};

static const struct dmv_mem_ops kcore_ops = {
	.format = "running Linux kernel",
	.read = elf_read,
	.close = elf_close,
};

struct headers {
	uint64_t off, stride, n;
};

/* e_phnum is 16 bits wide; dumps with more segments keep the number in section header 0. */
static enum dmv_code real_phnum(struct elf *x, const uint8_t *eh, uint64_t *ret, struct dmv_err *e)
{
	uint64_t shoff = get(x, eh, &eh_shoff);
	uint8_t sh[sizeof(Elf64_Shdr)];
	size_t size = x->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	int errnum;

	*ret = get(x, eh, &eh_phnum);
	if (*ret != PN_XNUM)
		return DMV_E_OK;
	if (!shoff || dmv_file_read(x->f, shoff, sh, size, &errnum) != size)
		return dmv_fail(e, DMV_E_CORRUPT,
				"ELF header: the number of segments is in section header 0 at file "
				"offset 0x%" PRIx64 ", which cannot be read",
				shoff);
	*ret = get(x, sh, &sh_info);
	return DMV_E_OK;
}

static enum dmv_code check_headers(struct elf *x, const uint8_t *eh, struct headers *h,
				   struct dmv_err *e)
{
	size_t least = x->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	uint64_t size = dmv_file_size(x->f), fit;
	enum dmv_code code = real_phnum(x, eh, &h->n, e);

	if (code)
		return code;
	h->off = get(x, eh, &eh_phoff);
	h->stride = get(x, eh, &eh_phentsize);
	if (!h->n)
		return dmv_fail(e, DMV_E_CORRUPT,
				"ELF header: e_phnum is 0, the dump has no segments");
	if (h->stride < least)
		return dmv_fail(e, DMV_E_CORRUPT,
				"ELF header: e_phentsize is %" PRIu64 ", at least %zu expected",
				h->stride, least);
	fit = h->off < size ? (size - h->off) / h->stride : 0;
	if (!fit)
		return dmv_fail(e, DMV_E_CORRUPT,
				"ELF header: program headers at file offset 0x%" PRIx64
				" are beyond the end of the file at 0x%" PRIx64, h->off, size);
	if (h->n > fit) {
		dmv_mem_note(&x->m,
			     "%" PRIu64 " of %" PRIu64
			     " program headers are beyond the end of the file",
			     h->n - fit, h->n);
		h->n = fit;
	}
	if (h->n > MAX_LOADS)
		return dmv_fail(e, DMV_E_CORRUPT, "ELF header: %" PRIu64 " segments, more than %d",
				h->n, MAX_LOADS);
	return DMV_E_OK;
}

static bool add_load(struct elf *x, const uint8_t *ph)
{
	struct load *l;

	if (!dmv_grow(&x->load, x->nload, sizeof(*x->load)))
		return false;
	l = &x->load[x->nload++];
	l->virt = get(x, ph, &ph_vaddr);
	l->phys = get(x, ph, &ph_paddr);
	if (!x->is64 && l->phys == UINT32_MAX)
		l->phys = UINT64_MAX;
	if (!x->is64 && l->virt == UINT32_MAX)
		l->virt = UINT64_MAX;
	l->off = get(x, ph, &ph_offset);
	l->filesz = get(x, ph, &ph_filesz);
	l->memsz = get(x, ph, &ph_memsz);
	/* Some dumpers leave p_memsz 0 or short; what is in the file is in memory. */
	if (l->memsz < l->filesz)
		l->memsz = l->filesz;
	return true;
}

static enum dmv_code read_headers(struct elf *x, const struct headers *h, struct dmv_err *e)
{
	size_t size = x->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	unsigned nnote = 0;

	for (uint64_t i = 0; i < h->n; i++) {
		uint8_t ph[sizeof(Elf64_Phdr)];
		int errnum;

		if (dmv_file_read(x->f, h->off + i * h->stride, ph, size, &errnum) != size)
			return dmv_fail(e, DMV_E_SYSTEM,
					"program header %" PRIu64 ": cannot read: %s", i,
					errnum ? strerror(errnum) : "the file became shorter");
		switch (get(x, ph, &ph_type)) {
		case PT_LOAD:
			if (!add_load(x, ph))
				return dmv_fail(e, DMV_E_MEMORY,
						"out of memory for %" PRIu64 " segments", h->n);
			break;
		case PT_NOTE:
			if (nnote++ < MAX_NOTE_SEGMENTS)
				dmv_elf_notes_read(&x->notes, x->f, get(x, ph, &ph_offset),
						   get(x, ph, &ph_filesz), x->is64, x->be);
			break;
		}
	}
	if (!x->nload)
		return dmv_fail(e, DMV_E_CORRUPT,
				"none of the %" PRIu64 " program headers is a PT_LOAD: no memory",
				h->n);
	return DMV_E_OK;
}

static bool any_set(const struct elf *x, enum dmv_space s)
{
	for (size_t i = 0; i < x->nload; i++)
		if (in_space(&x->load[i], s) && segment_start(&x->load[i], s))
			return true;
	return false;
}

/* Does p_vaddr of a machine's dump mean anything? Without page tables QEMU and makedumpfile leave
 * it 0 or make p_paddr of it: that is no address of any program that ran there. */
static bool has_virtual(const struct elf *x)
{
	for (size_t i = 0; i < x->nload; i++)
		if (x->load[i].virt && x->load[i].virt != x->load[i].phys &&
		    x->load[i].virt != UINT64_MAX)
			return true;
	return false;
}

/* QEMU (target/i386/arch_memory_mapping.c) puts ones above bit 47 of every address it
 * finds by four-level page tables, those of the lower half too. */
static void mend_lower_half(struct elf *x)
{
	const uint64_t low = (UINT64_C(1) << 47) - 1, ones = UINT64_C(0xffff) << 48;

	if (!x->notes.qemu || x->m.machine != EM_X86_64)
		return;
	for (size_t i = 0; i < x->nload; i++)
		if ((x->load[i].virt & ~low) == ones)
			x->load[i].virt &= low;
}

static bool is_vmcore(const struct elf *x)
{
	if (x->notes.machine)
		return true;
	if (x->notes.process)
		return false;
	return any_set(x, DMV_PHYS) || !any_set(x, DMV_VIRT);
}

/* The part of a segment that the file holds. */
static uint64_t held(const struct elf *x, const struct load *l, enum dmv_space s)
{
	uint64_t size = dmv_file_size(x->f), start = segment_start(l, s), n = 0;

	if (l->off < size)
		n = l->filesz < size - l->off ? l->filesz : size - l->off;
	return n < UINT64_MAX - start ? n : UINT64_MAX - start;
}

static enum dmv_code check_total(struct elf *x, enum dmv_space s, struct dmv_err *e)
{
	uint64_t size = dmv_file_bytes(x->f), total = 0;
	uint64_t factor = s == DMV_PHYS ? MAX_ALIASES_PHYS : MAX_ALIASES_VIRT;
	uint64_t limit = size > UINT64_MAX / factor ? UINT64_MAX : size * factor;

	for (size_t i = 0; i < x->npiece[s]; i++) {
		uint64_t n = x->piece[s][i].end - x->piece[s][i].start;

		if (n > limit - total)
			return dmv_fail(e, DMV_E_CORRUPT,
					"segments claim more than %" PRIu64
					" times the bytes of the whole file as %s memory",
					factor, dmv_space_name(s));
		total += n;
	}
	return DMV_E_OK;
}

static enum dmv_code map_space(struct elf *x, enum dmv_space s, struct dmv_err *e)
{
	struct dmv_piece *v = calloc(x->nload, sizeof(*v));
	enum dmv_code code;
	size_t n = 0;

	if (!v)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory for %zu segments", x->nload);
	for (size_t i = 0; i < x->nload; i++) {
		const struct load *l = &x->load[i];
		uint64_t start = segment_start(l, s);

		if (in_space(l, s))
			v[n++] = (struct dmv_piece){ start, start + held(x, l, s), l->off };
	}
	code = dmv_pieces_resolve(v, n, &x->piece[s], &x->npiece[s], e);
	free(v);
	if (!code)
		code = check_total(x, s, e);
	if (!code)
		code = dmv_mem_set_pieces(&x->m, s, x->piece[s], x->npiece[s], e);
	return code;
}

static enum dmv_code map_spaces(struct elf *x, struct dmv_err *e)
{
	enum dmv_code code = DMV_E_OK;

	if (x->vmcore)
		code = map_space(x, DMV_PHYS, e);
	if (code || (x->vmcore && !has_virtual(x)))
		return code;
	if (x->vmcore)
		mend_lower_half(x);
	return map_space(x, DMV_VIRT, e);
}

/* Those that end in a core file, by Linux's numbers of most processors; NULL: another. */
static const char *signal_name(const struct elf *x, uint32_t n)
{
	static const char *const names[] = {
		[3] = "SIGQUIT", [4] = "SIGILL", [5] = "SIGTRAP", [6] = "SIGABRT", [7] = "SIGBUS",
		[8] = "SIGFPE", [11] = "SIGSEGV", [24] = "SIGXCPU", [25] = "SIGXFSZ",
		[31] = "SIGSYS",
	};

	if (x->m.machine == EM_MIPS || x->m.machine == EM_ALPHA || x->m.machine == EM_PARISC ||
	    x->m.machine == EM_SPARC || x->m.machine == EM_SPARCV9)
		return NULL;
	return n < sizeof(names) / sizeof(names[0]) ? names[n] : NULL;
}

static void say_process(struct elf *x)
{
	const char *name = signal_name(x, x->notes.signal);

	if (x->notes.args[0])
		dmv_dump_line_add(&x->info, "command", "%s", x->notes.args);
	if (x->notes.pid)
		dmv_dump_line_add(&x->info, "process", "%" PRIu32, x->notes.pid);
	if (x->notes.thread && x->notes.thread != x->notes.pid)
		dmv_dump_line_add(&x->info, "thread", "%" PRIu32, x->notes.thread);
	if (x->notes.signal)
		dmv_dump_line_add(&x->info, "signal", "%" PRIu32 "%s%s", x->notes.signal,
				  name ? ", " : "", name ? name : "");
	x->m.info = &x->info;
}

static void note_cuts(struct elf *x)
{
	uint64_t size = dmv_file_size(x->f), bytes = 0;
	const char *from = x->notes.saved.from;
	size_t segments = 0;

	for (size_t i = 0; i < x->nload; i++) {
		const struct load *l = &x->load[i];
		uint64_t in = l->off < size ? size - l->off : 0;

		if (l->filesz <= in)
			continue;
		segments++;
		bytes = l->filesz - in > UINT64_MAX - bytes ? UINT64_MAX : bytes + (l->filesz - in);
	}
	dmv_mem_lose(&x->m, bytes);
	if (segments)
		dmv_mem_note(&x->m, "%" PRIu64 " bytes beyond end of file, in %zu of %zu segments",
			     bytes, segments, x->nload);
	if (x->zero_excluded)
		dmv_mem_note(&x->m, "excluded pages read as zeros, as --zero-excluded asks");
	if (dmv_file_note(x->f))
		dmv_mem_note(&x->m, "%s", dmv_file_note(x->f));
	if (x->notes.is_saved)
		dmv_mem_note(&x->m, "saved from a larger target, %s%s",
			     from ? from : "nobody knows what", x->notes.saved.redacted ?
			     ": buffers and their bytes were left out (--redact)" : "");
	if (x->notes.cut)
		dmv_mem_note(&x->m,
			     "the notes end early or are damaged: what they would tell is missing");
}

/* The file mapped at addr, as NT_FILE has it. */
static const char *mapped_at(const struct elf *x, uint64_t addr)
{
	for (size_t i = 0; addr && i < x->notes.nmapped; i++)
		if (addr >= x->notes.mapped[i].start && addr < x->notes.mapped[i].end)
			return x->notes.mapped[i].path;
	return NULL;
}

/* The string at addr in the core itself, up to a bound. */
static char *string_at(struct elf *x, uint64_t addr)
{
	char path[4096];
	size_t n = 0;

	if (!addr)
		return NULL;
	while (n < sizeof(path) - 1 && !elf_read(&x->m, DMV_VIRT, addr + n, path + n, 1, NULL) &&
	       path[n])
		n++;
	path[n] = 0;
	return n ? strdup(path) : NULL;
}

/* Best first: a path the kernel resolved, the one given to execve, the first word of the
 * arguments. */
static char *find_executable(struct elf *x)
{
	const char *path = mapped_at(x, x->notes.phdr);
	char *name;

	if (!path)
		path = mapped_at(x, x->notes.entry);
	if (!path)
		path = x->notes.saved.program;
	if (path)
		return strdup(path);
	name = string_at(x, x->notes.execfn);
	if (name)
		return name;
	if (x->notes.nmapped)
		return strdup(x->notes.mapped[0].path);
	x->notes.args[strcspn(x->notes.args, " ")] = 0;
	return strchr(x->notes.args, '/') ? strdup(x->notes.args) : NULL;
}

/* Before Linux gave segments without a physical address all ones it gave them 0: if several claim
 * it none is believed. */
static void mend_kcore(struct elf *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->nload; i++)
		n += !x->load[i].phys;
	for (size_t i = 0; i < x->nload && n > 1; i++)
		if (!x->load[i].phys)
			x->load[i].phys = UINT64_MAX;
}

static enum dmv_code set_up(struct elf *x, const uint8_t *eh, struct dmv_err *e)
{
	struct headers h;
	enum dmv_code code = check_headers(x, eh, &h, e);

	if (!code)
		code = read_headers(x, &h, e);
	if (code)
		return code;
	x->vmcore = x->m.live || is_vmcore(x);
	x->m.ops = x->vmcore ? &vmcore_ops : &process_ops;
	if (x->m.live) {
		x->m.ops = &kcore_ops;
		mend_kcore(x);
	}
	if (x->vmcore && dmv_file_is_view(x->f))
		x->m.ops = &flat_ops;
	code = map_spaces(x, e);
	if (code)
		return code;
	note_cuts(x);
	if (x->notes.vmcoreinfo)
		dmv_mem_set_vmcoreinfo(&x->m, x->notes.vmcoreinfo, x->notes.vmcoreinfo_bytes);
	x->m.saved = x->notes.is_saved;
	x->m.notes_cut = x->notes.cut && !x->vmcore;
	x->m.cpu = x->notes.cpu;
	x->m.ncpu = x->notes.ncpu;
	x->m.mapped = x->notes.mapped;
	x->m.nmapped = x->notes.nmapped;
	x->m.info = x->notes.is_saved ? &x->notes.saved.info : NULL;
	if (x->vmcore)
		return DMV_E_OK;
	if (!x->notes.is_saved)
		say_process(x);
	x->m.executable = find_executable(x);
	return DMV_E_OK;
}

/* OK: eh holds the header of an ELF core of a class and byte order we know. */
static enum dmv_code recognise(struct elf *x, uint8_t *eh, struct dmv_err *e)
{
	size_t need, got;
	int errnum;

	memset(eh, 0, sizeof(Elf64_Ehdr));
	got = dmv_file_read(x->f, 0, eh, sizeof(Elf64_Ehdr), &errnum);
	if (got < SELFMAG || memcmp(eh, ELFMAG, SELFMAG))
		return dmv_fail(e, DMV_E_NOTFOUND, "not an ELF file");
	x->is64 = eh[EI_CLASS] == ELFCLASS64;
	x->be = eh[EI_DATA] == ELFDATA2MSB;
	need = x->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (got < need)
		return dmv_fail(e, DMV_E_CORRUPT, "ELF file of %zu bytes: cut off in the header",
				got);
	if (!x->is64 && eh[EI_CLASS] != ELFCLASS32)
		return dmv_fail(e, DMV_E_CORRUPT, "ELF header: class %u is neither 32 nor 64 bit",
				eh[EI_CLASS]);
	if (!x->be && eh[EI_DATA] != ELFDATA2LSB)
		return dmv_fail(e, DMV_E_CORRUPT, "ELF header: unknown byte order %u", eh[EI_DATA]);
	if (get(x, eh, &eh_type) != ET_CORE)
		return dmv_fail(e, DMV_E_USAGE,
				"an ELF file of type %u, not a core dump (a program or a module?)",
				(unsigned)get(x, eh, &eh_type));
	x->m.bits = x->is64 ? 64 : 32;
	x->m.big_endian = x->be;
	x->m.machine = (uint32_t)get(x, eh, &eh_machine);
	return DMV_E_OK;
}

static enum dmv_code open_file(const char *path, bool zero_excluded, bool live,
			       struct dmv_mem **ret, struct dmv_err *e)
{
	struct elf *x = calloc(1, sizeof(*x));
	uint8_t eh[sizeof(Elf64_Ehdr)];
	enum dmv_code code;

	if (!x)
		return dmv_fail(e, DMV_E_MEMORY, "out of memory");
	x->zero_excluded = zero_excluded;
	x->m.live = live;
	code = dmv_dump_open(path, &x->f, e);
	if (!code && live)
		dmv_file_set_live(x->f);
	if (!code)
		code = recognise(x, eh, e);
	if (!code)
		code = set_up(x, eh, e);
	if (code) {
		elf_close(&x->m);
		return code;
	}
	*ret = &x->m;
	return DMV_E_OK;
}

enum dmv_code dmv_mem_open_elf(const char *target, const struct dmv_mem_opts *o,
			       struct dmv_mem **ret, struct dmv_err *e)
{
	return open_file(target, o->zero_excluded, false, ret, e);
}

enum dmv_code dmv_elf_open_live(const char *path, struct dmv_mem **ret, struct dmv_err *e)
{
	return open_file(path, false, true, ret, e);
}
