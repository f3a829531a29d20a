/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * kallsyms (scripts/kallsyms.c writes the tables, kernel/kallsyms.c reads them).
 *
 * A name is a length and that many bytes, each of which stands for a token; the first character is
 * the type. A length with bit 7 has seven more bits in the next byte (Linux 6.1 and later; before
 * that no name was that long). Addresses are 32-bit offsets: from the base, or (where per-CPU
 * variables are absolute) negative ones from the base minus one while positive ones are addresses.
 * Which of the two is not written anywhere: most are negative in the second. Linux 7.0 has no base
 * (a081b5789255): an offset is from its own place in the table, or, in kernels of 32 bits that stay
 * where they are linked, the address itself.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem_int.h"
#include "mem_kernel.h"
#include "names_kallsyms.h"
#include "vmcoreinfo.h"

enum {
	TOKENS = 256,
	EVERY = 256,                    /* symbols between two places that are remembered */
	MAX_SYMS = 1 << 21,             /* Debian's kernels: 90,000 to 200,000 */
	MAX_NAMES = 16 << 20,
	MAX_TOKENS = 1 << 16,           /* bytes; the index is 16 bits wide */
};

struct token {
	const uint8_t *text;
	uint16_t n;
};

/* What offsets are from. */
enum origin { FROM_NOTHING, FROM_BASE, FROM_PLACE };

struct dmv_kallsyms {
	bool big_endian, percpu_absolute, sorted;
	enum origin from;
	uint8_t address_bytes;          /* of the table */
	uint64_t base, table;           /* table: address of the offsets */
	size_t n, told;                 /* symbols that are there; that the kernel says */
	uint8_t *names, *tokens, *addresses;
	uint32_t *mark;                 /* offset in names of each EVERYth symbol */
	struct token token[TOKENS];
};

void dmv_kallsyms_free(struct dmv_kallsyms *k)
{
	if (!k)
		return;
	free(k->names);
	free(k->tokens);
	free(k->addresses);
	free(k->mark);
	free(k);
}

size_t dmv_kallsyms_count(const struct dmv_kallsyms *k, size_t *lost)
{
	*lost = k->told - k->n;
	return k->n;
}

/* ---- unpacking ---- */

static uint64_t address(const struct dmv_kallsyms *k, size_t i)
{
	uint64_t v = dmv_get(k->addresses + i * k->address_bytes, k->address_bytes, k->big_endian);

	if (k->from == FROM_NOTHING)
		return v;
	if (k->from == FROM_PLACE)
		return k->table + 4 * i + (uint64_t)(int64_t)(int32_t)v;
	if (!k->percpu_absolute)
		return k->base + v;
	return v >> 31 ? k->base - 1 - (uint64_t)(int64_t)(int32_t)v : v;
}

/* Length of the name at p and where its bytes are; p was checked when it was loaded. */
static size_t length(const uint8_t *p, const uint8_t **bytes)
{
	if (!(*p & 0x80)) {
		*bytes = p + 1;
		return *p;
	}
	*bytes = p + 2;
	return (size_t)(*p & 0x7f) | (size_t)p[1] << 7;
}

static const uint8_t *place_of(const struct dmv_kallsyms *k, size_t i)
{
	const uint8_t *p = k->names + k->mark[i / EVERY], *bytes;

	for (size_t left = i % EVERY; left; left--) {
		size_t n = length(p, &bytes);

		p = bytes + n;
	}
	return p;
}

/* A name that is longer than any is cut. */
static void unpack(const struct dmv_kallsyms *k, const uint8_t *p, struct dmv_ksym *ret)
{
	const uint8_t *bytes;
	size_t n = length(p, &bytes), used = 0;
	char text[1 + sizeof(ret->name)] = "";          /* the type is the first character */

	for (size_t i = 0; i < n && used < sizeof(text) - 1; i++) {
		const struct token *t = &k->token[bytes[i]];
		size_t left = sizeof(text) - 1 - used, len = t->n < left ? t->n : left;

		memcpy(text + used, t->text, len);
		used += len;
	}
	text[used] = 0;
	ret->type = text[0];
	memcpy(ret->name, used ? text + 1 : text, used ? used : 1);
}

/* Is it this name? Most differ in the first token. */
static bool is_named(const struct dmv_kallsyms *k, const uint8_t *bytes, size_t n, const char *name)
{
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		const struct token *t = &k->token[bytes[i]];

		for (uint16_t j = 0; j < t->n; j++, first = false)
			if (!first && (char)t->text[j] != *name++)
				return false;
	}
	return !*name;
}

bool dmv_kallsyms_symbol(const struct dmv_kallsyms *k, const char *name, uint64_t *ret)
{
	const uint8_t *p = k->names, *bytes;

	for (size_t i = 0; i < k->n; i++) {
		size_t n = length(p, &bytes);

		if (is_named(k, bytes, n, name)) {
			*ret = address(k, i);
			return true;
		}
		p = bytes + n;
	}
	return false;
}

/* Index of the first symbol above addr. */
static size_t above(const struct dmv_kallsyms *k, uint64_t addr)
{
	size_t lo = 0, hi = k->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (address(k, mid) <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool dmv_kallsyms_find(const struct dmv_kallsyms *k, uint64_t addr, struct dmv_ksym *ret)
{
	size_t next, i;
	uint64_t start;

	/* What is below the base are per-CPU variables, which have no address of their own; what is
	 * above the last symbol, _end, is not the kernel. */
	if (!k->sorted || addr < k->base)
		return false;
	next = above(k, addr);
	if (!next || next == k->n)
		return false;
	i = next - 1;
	start = address(k, i);
	if (start < k->base)
		return false;
	while (i && address(k, i - 1) == start)
		i--;
	ret->start = start;
	ret->end = address(k, next);
	unpack(k, place_of(k, i), ret);
	return ret->name[0];
}

/* ---- reading ---- */

/* As many of the n bytes at addr as the dump has, from malloc; *got may be less than n. */
static enum dmv_code read_some(struct dmv_mem *m, uint64_t addr, size_t n, uint8_t **ret,
			       size_t *got, struct dmv_err *e)
{
	struct dmv_err why = { .addr = addr };
	uint8_t *p = malloc(n ? n : 1);

	if (!p)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	*got = n;
	if (dmv_mem_read(m, DMV_VIRT, addr, p, n, &why)) {
		*got = why.addr > addr && why.addr - addr < n ? (size_t)(why.addr - addr) : 0;
		if (*got && dmv_mem_read(m, DMV_VIRT, addr, p, *got, NULL))
			*got = 0;
	}
	if (!*got) {
		if (e)
			*e = why;
		free(p);
		return why.code ? why.code : DMV_E_ABSENT;
	}
	*ret = p;
	return DMV_E_OK;
}

/* Bytes from `from` to `to`, which lies behind it in every version. */
static enum dmv_code extent(uint64_t from, uint64_t to, size_t max, const char *what, size_t *ret,
			    struct dmv_err *e)
{
	if (to <= from || to - from > max)
		return dmv_fail_at(e, DMV_E_CORRUPT, from,
				   "kallsyms: the %s at 0x%" PRIx64 " cannot reach to 0x%" PRIx64,
				   what, from, to);
	*ret = (size_t)(to - from);
	return DMV_E_OK;
}

static enum dmv_code load_tokens(struct dmv_kallsyms *k, struct dmv_mem *m,
				 const struct dmv_kallsyms_at *at, struct dmv_err *e)
{
	uint8_t index[TOKENS * 2];
	size_t n = 0, got = 0;
	enum dmv_code code = extent(at->token_table, at->token_index, MAX_TOKENS, "tokens", &n, e);

	if (!code)
		code = read_some(m, at->token_table, n, &k->tokens, &got, e);
	if (!code)
		code = dmv_mem_read(m, DMV_VIRT, at->token_index, index, sizeof(index), e);
	for (size_t i = 0; !code && i < TOKENS; i++) {
		size_t off = (size_t)dmv_get(index + 2 * i, 2, k->big_endian);

		if (off >= got || !memchr(k->tokens + off, 0, got - off))
			return dmv_fail_at(e, DMV_E_CORRUPT, at->token_index + 2 * i,
					   "kallsyms: token %zu at 0x%zx has no end in a table of "
					   "%zu bytes", i, off, got);
		k->token[i].text = k->tokens + off;
		k->token[i].n = (uint16_t)strlen((const char *)k->tokens + off);
	}
	return code;
}

/* Are they in order? The look-up by address needs it, and only the right meaning gives it. */
static bool is_sorted(const struct dmv_kallsyms *k)
{
	bool sorted = true;

	for (size_t i = 1; i < k->n; i++)
		sorted &= address(k, i - 1) <= address(k, i);
	return sorted;
}

static void find_meaning(struct dmv_kallsyms *k, unsigned word)
{
	size_t negative = 0;

	for (size_t i = 0; k->from == FROM_BASE && i < k->n; i++)
		negative += dmv_get(k->addresses + 4 * i, 4, k->big_endian) >> 31;
	k->percpu_absolute = negative > k->n / 2;
	k->sorted = is_sorted(k);
	if (k->from == FROM_PLACE && word == 4 && !k->sorted) {
		k->from = FROM_NOTHING;
		k->sorted = is_sorted(k);
	}
	/* Without a base the first symbol is the lowest. */
	if (k->from == FROM_PLACE && k->n)
		k->base = address(k, 0);
}

static enum dmv_code load_addresses(struct dmv_kallsyms *k, struct dmv_mem *m,
				    const struct dmv_kallsyms_at *at, struct dmv_err *e)
{
	unsigned word = m->bits == 32 ? 4 : 8;
	size_t got = 0;
	enum dmv_code code = DMV_E_OK;

	k->from = !at->offsets ? FROM_NOTHING : at->relative_base ? FROM_BASE : FROM_PLACE;
	k->address_bytes = (uint8_t)(at->offsets ? 4 : word);
	k->table = at->offsets ? at->offsets : at->addresses;
	if (k->from == FROM_BASE)
		code = dmv_mem_number(m, DMV_VIRT, at->relative_base, word, &k->base, e);
	if (!code)
		code = read_some(m, k->table, k->n * k->address_bytes, &k->addresses, &got, e);
	if (code)
		return code;
	k->n = got / k->address_bytes;
	find_meaning(k, word);
	return DMV_E_OK;
}

/* Walks all names once: after that every length is known to stay inside. */
static enum dmv_code load_names(struct dmv_kallsyms *k, struct dmv_mem *m,
				const struct dmv_kallsyms_at *at, struct dmv_err *e)
{
	size_t n = 0, got = 0, pos = 0, i;
	enum dmv_code code = extent(at->names, at->token_table, MAX_NAMES, "names", &n, e);

	if (!code)
		code = read_some(m, at->names, n, &k->names, &got, e);
	if (code)
		return code;
	k->mark = calloc(k->n / EVERY + 1, sizeof(*k->mark));
	if (!k->mark)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	for (i = 0; i < k->n && got - pos > 2; i++) {
		const uint8_t *bytes;
		size_t len = length(k->names + pos, &bytes), at_bytes = (size_t)(bytes - k->names);

		if (!len || len > got - at_bytes)
			break;
		if (i % EVERY == 0)
			k->mark[i / EVERY] = (uint32_t)pos;
		pos = at_bytes + len;
	}
	k->n = i;
	return DMV_E_OK;
}

enum dmv_code dmv_kallsyms_load_at(struct dmv_mem *m, const struct dmv_kallsyms_at *at,
				   struct dmv_kallsyms **ret, struct dmv_err *e)
{
	struct dmv_kallsyms *k = calloc(1, sizeof(*k));
	uint64_t n = 0;
	enum dmv_code code;

	if (!k)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for symbols");
	k->big_endian = m->big_endian;
	code = dmv_mem_number(m, DMV_VIRT, at->num_syms, 4, &n, e);
	if (!code && (!n || n > MAX_SYMS))
		code = dmv_fail_at(e, DMV_E_CORRUPT, at->num_syms,
				   "kallsyms: %" PRIu64 " symbols are not believable", n);
	k->n = k->told = (size_t)n;
	if (!code)
		code = load_tokens(k, m, at, e);
	if (!code)
		code = load_addresses(k, m, at, e);
	if (!code)
		code = load_names(k, m, at, e);
	if (!code && !k->n)
		code = dmv_fail_at(e, DMV_E_CORRUPT, at->names, "kallsyms: no name can be read");
	if (code) {
		dmv_kallsyms_free(k);
		return code;
	}
	*ret = k;
	return DMV_E_OK;
}

static bool places(const char *text, struct dmv_kallsyms_at *at)
{
	bool have = dmv_vmci_symbol(text, "kallsyms_num_syms", &at->num_syms) &&
		    dmv_vmci_symbol(text, "kallsyms_names", &at->names) &&
		    dmv_vmci_symbol(text, "kallsyms_token_table", &at->token_table) &&
		    dmv_vmci_symbol(text, "kallsyms_token_index", &at->token_index);

	/* Offsets without a base are from their own places. */
	if (dmv_vmci_symbol(text, "kallsyms_offsets", &at->offsets))
		dmv_vmci_symbol(text, "kallsyms_relative_base", &at->relative_base);
	return have && (at->offsets ||
			dmv_vmci_symbol(text, "kallsyms_addresses", &at->addresses));
}

/* VMCOREINFO has some symbols of its own: the tables must agree, or one of the two is wrong. */
static enum dmv_code agree(const struct dmv_kallsyms *k, const char *text, struct dmv_err *e)
{
	static const char *const names[] = { "_stext", "init_uts_ns", "swapper_pg_dir" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint64_t theirs, ours;

		if (dmv_vmci_symbol(text, names[i], &theirs) &&
		    dmv_kallsyms_symbol(k, names[i], &ours) && ours != theirs)
			return dmv_fail_at(e, DMV_E_CORRUPT, theirs,
					   "kallsyms has %s at 0x%" PRIx64 ", VMCOREINFO at 0x%"
					   PRIx64, names[i], ours, theirs);
	}
	return DMV_E_OK;
}

/* Where the image starts, if anybody says so. */
static bool image_start(struct dmv_mem *m, uint64_t *ret)
{
	const struct dmv_kernel *k = dmv_mem_kernel(m, NULL);

	if (dmv_vmci_symbol(m->vmcoreinfo, "_stext", ret))
		return true;
	*ret = k ? k->image : 0;
	return *ret;
}

/* linux_banner must be where they say. Where they name no data (no CONFIG_KALLSYMS_ALL), _stext
 * must be at the start of the image, behind a head of 64 KiB at most. */
static enum dmv_code check_banner(const struct dmv_kallsyms *k, struct dmv_mem *m, uint64_t start,
				  struct dmv_err *e)
{
	char text[15] = "";
	uint64_t at;

	if (!dmv_kallsyms_symbol(k, "linux_banner", &at)) {
		if (dmv_kallsyms_symbol(k, "_stext", &at) && at >= start && at - start <= 65536)
			return DMV_E_OK;
		return dmv_fail(e, DMV_E_CORRUPT,
				"kallsyms: no linux_banner, and no _stext where the image starts");
	}
	if (!dmv_mem_read(m, DMV_VIRT, at, text, sizeof(text) - 1, NULL) &&
	    !strcmp(text, "Linux version "))
		return DMV_E_OK;
	return dmv_fail(e, DMV_E_CORRUPT, "kallsyms: no linux_banner where they say");
}

static enum dmv_code load_searched(struct dmv_mem *m, struct dmv_kallsyms **ret,
				   struct dmv_err *e)
{
	struct dmv_kallsyms_at at;
	uint64_t start;
	enum dmv_code code;

	if (!image_start(m, &start))
		return dmv_fail(e, DMV_E_NOTFOUND, "nobody says where the kernel is");
	code = dmv_kallsyms_search(m, start, &at, e);
	if (!code)
		code = dmv_kallsyms_load_at(m, &at, ret, e);
	if (code)
		return code;
	code = agree(*ret, m->vmcoreinfo, e);
	if (!code)
		code = check_banner(*ret, m, start, e);
	if (code)
		dmv_kallsyms_free(*ret);
	return code;
}

static enum dmv_code load_named(struct dmv_mem *m, struct dmv_kallsyms **ret, struct dmv_err *e)
{
	struct dmv_kallsyms_at at = { 0 };
	enum dmv_code code;

	if (!m->vmcoreinfo || !places(m->vmcoreinfo, &at))
		return dmv_fail(e, DMV_E_NOTFOUND, "VMCOREINFO does not say where they are");
	code = dmv_kallsyms_load_at(m, &at, ret, e);
	if (code)
		return code;
	code = agree(*ret, m->vmcoreinfo, e);
	if (code)
		dmv_kallsyms_free(*ret);
	return code;
}

enum dmv_code dmv_kallsyms_load(struct dmv_mem *m, struct dmv_kallsyms **ret, struct dmv_err *e)
{
	struct dmv_err first = { 0 }, second = { 0 };
	struct dmv_kallsyms *k;
	enum dmv_code code = load_named(m, &k, &first);

	if (code && code != DMV_E_MEMORY)
		code = load_searched(m, &k, &second);
	if (code)
		return dmv_fail(e, first.code, "%.110s; a search of its image: %.110s", first.msg,
				second.msg);
	*ret = k;
	return DMV_E_OK;
}
