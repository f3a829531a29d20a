/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Where the regions of a target are: an address given, the symbol, a line of VMCOREINFO, a scan.
 * A header counts only if it says that it stands where it was found, which refuses copies of it in
 * page caches, network buffers and images of other dumps.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "facts_int.h"

struct finding {
	struct dmv_mem *m;
	struct dmv_facts *f;
	struct dmv_hit *hit;
	size_t nhit;
	const bool *stop;
	enum dmv_space space;           /* being scanned */
	uint64_t missed;                /* bytes that the scan could not read */
	uint64_t copies;
	uint64_t copy;                  /* where the first of them stands */
};

static bool has_magic(const uint8_t *p)
{
	return !memcmp(p, DMV_ABI_MAGIC, 8) || !memcmp(p, DMV_ABI_TOMBSTONE, 8);
}

/* False: neither byte order makes the byte-order mark. */
static bool order_of(const uint8_t *header, bool *swap)
{
	uint32_t bom;

	memcpy(&bom, header + offsetof(struct dmv_abi_header, bom), sizeof(bom));
	*swap = bom == __builtin_bswap32(DMV_ABI_BOM);
	return *swap || bom == DMV_ABI_BOM;
}

static uint64_t own_address(const uint8_t *header, bool swap, enum dmv_space s)
{
	const struct dmv_reading r = { .swap = swap };

	return s == DMV_PHYS ? DMV_U64(&r, header, dmv_abi_header, phys) :
			       DMV_U64(&r, header, dmv_abi_header, virt);
}

/*
 * Does the header stand where it says? One that does not know its address in the space where it was
 * found may be looked at by its other one: the same page must be there. So must one in a raw file,
 * which stands at the same place in both spaces.
 */
static bool stands_there(struct finding *fi, enum dmv_space *s, uint64_t *addr,
			 const uint8_t *header, bool swap)
{
	enum dmv_space other = *s == DMV_PHYS ? DMV_VIRT : DMV_PHYS;
	uint64_t own = own_address(header, swap, *s), there = own_address(header, swap, other);
	uint8_t again[DMV_ABI_PAGE];

	if (own == *addr && own != DMV_ABI_UNKNOWN)
		return true;
	if (there == DMV_ABI_UNKNOWN || (own != DMV_ABI_UNKNOWN && there != *addr))
		return false;
	if (dmv_mem_read(fi->m, other, there, again, sizeof(again), NULL) ||
	    memcmp(again, header, 0x200))
		return false;
	*s = other;
	*addr = there;
	return true;
}

static bool known(const struct finding *fi, enum dmv_space s, uint64_t addr, const uint8_t *header)
{
	for (size_t i = 0; i < fi->nhit; i++) {
		const struct dmv_hit *h = &fi->hit[i];

		if (h->space == s && h->addr == addr)
			return true;
		/* Found by its other address: the part that never changes is the same,
		 * id included. */
		if (!memcmp(h->header + 0x18, header + 0x18, 0x200 - 0x18))
			return true;
	}
	return false;
}

static enum dmv_code keep(struct finding *fi, enum dmv_space s, uint64_t addr, enum dmv_how how,
			  const uint8_t *header)
{
	struct dmv_hit *h;

	if (known(fi, s, addr, header))
		return DMV_E_OK;
	if (fi->nhit >= DMV_HITS_MAX) {
		dmv_note_add(fi->f, DMV_TOPIC_ALL, addr,
			     "region at 0x%" PRIx64 ": there are more than %d regions, "
			     "it is not read",
			     addr, DMV_HITS_MAX);
		return DMV_E_OK;
	}
	h = DMV_PUSH(fi->hit, fi->nhit);
	if (!h)
		return DMV_E_MEMORY;
	h->space = s;
	h->addr = addr;
	h->how = how;
	h->ended = !memcmp(header, DMV_ABI_TOMBSTONE, 8);
	memcpy(h->header, header, sizeof(h->header));
	return DMV_E_OK;
}

/* A place that somebody names: why it does not count goes to *e. */
static enum dmv_code try_place(struct finding *fi, enum dmv_space s, uint64_t addr,
			       enum dmv_how how, struct dmv_err *e)
{
	uint8_t header[DMV_ABI_PAGE];
	uint64_t found = addr;
	bool swap;

	if (dmv_mem_read(fi->m, s, addr, header, sizeof(header), e))
		return dmv_prepend(e, "region at 0x%" PRIx64, addr);
	if (!has_magic(header))
		return dmv_fail_at(e, DMV_E_NOTFOUND, addr,
				   "region at 0x%" PRIx64 ": no region's magic "
				   "at this %s address",
				   addr, dmv_space_name(s));
	if (!order_of(header, &swap))
		return dmv_fail_at(e, DMV_E_CORRUPT, addr,
				   "region at 0x%" PRIx64 ": header bom is no "
				   "byte-order mark",
				   addr);
	if (stands_there(fi, &s, &found, header, swap))
		return keep(fi, s, found, how, header);
	if (own_address(header, swap, s) != DMV_ABI_UNKNOWN || how != DMV_BY_ADDRESS)
		return dmv_fail_at(e, DMV_E_CORRUPT, addr,
				   "region at 0x%" PRIx64 ": header %s says 0x%" PRIx64
				   ": a copy, or another address space",
				   addr, s == DMV_PHYS ? "phys" : "virt",
				   own_address(header, swap, s));
	dmv_note_add(fi->f, 0, addr, "region at 0x%" PRIx64 ": the header does not know its %s "
		     "address; taken on your word", addr, dmv_space_name(s));
	return keep(fi, s, addr, how, header);
}

/* Where page tables are all that knows virtual addresses, tables are read by physical ones. */
static uint64_t by_tables(struct finding *fi, uint64_t virt)
{
	uint64_t phys, bytes;

	if (virt == DMV_ABI_UNKNOWN || fi->m->nrange[DMV_VIRT] ||
	    dmv_mem_translate(fi->m, virt, &phys, &bytes, NULL))
		return DMV_ABI_UNKNOWN;
	return phys;
}

/* Virtual first: that is what people copy from a debugger. */
static enum dmv_code try_both(struct finding *fi, uint64_t virt, uint64_t phys, enum dmv_how how,
			      struct dmv_err *e)
{
	enum dmv_code c = DMV_E_NOTFOUND;

	dmv_fail(e, c, "region: nobody knows its address");
	if (virt != DMV_ABI_UNKNOWN && fi->m->nrange[DMV_VIRT])
		c = try_place(fi, DMV_VIRT, virt, how, e);
	else if (by_tables(fi, virt) != DMV_ABI_UNKNOWN)
		c = try_place(fi, DMV_PHYS, by_tables(fi, virt), how, e);
	if (c && phys != DMV_ABI_UNKNOWN && fi->m->nrange[DMV_PHYS]) {
		struct dmv_err second = { 0 };
		enum dmv_code c2 = try_place(fi, DMV_PHYS, phys, how, &second);

		/* The one that came further has the better story. */
		if (e && (!c2 || c == DMV_E_NOTFOUND || c2 == DMV_E_CORRUPT))
			*e = second;
		c = c2;
	}
	return c;
}

/* ---- the symbol ---- */

static bool read_anchor(struct finding *fi, uint64_t addr, struct dmv_abi_anchor *ret)
{
	if (dmv_mem_read(fi->m, DMV_VIRT, addr, ret, sizeof(*ret), NULL) &&
	    dmv_mem_read(fi->m, DMV_PHYS, addr, ret, sizeof(*ret), NULL))
		return false;
	return !memcmp(ret->magic, DMV_ABI_ANCHOR_MAGIC, 8);
}

static void try_symbol(struct finding *fi, struct dmv_names *n)
{
	struct dmv_abi_anchor a;
	struct dmv_err e = { 0 };
	uint64_t addr;

	if (!dmv_names_symbol(n, "dmv_region_anchor", &addr))
		return;
	if (!read_anchor(fi, addr, &a)) {
		if (fi->m->saved)       /* a redacted one: its page was left out */
			return;
		dmv_note_add(fi->f, 0, addr,
			     "dmv_region_anchor at 0x%" PRIx64 " is not in the target "
			     "or has no magic: no verifier had started",
			     addr);
		return;
	}
	/* An anchor has no byte-order mark; a header in the wrong order stands nowhere. */
	if (try_both(fi, a.virt, a.phys, DMV_BY_SYMBOL, &e) == DMV_E_OK)
		return;
	if (try_both(fi, __builtin_bswap64(a.virt), __builtin_bswap64(a.phys), DMV_BY_SYMBOL, NULL))
		dmv_note_add(fi->f, DMV_TOPIC_ALL, addr, "dmv_region_anchor at 0x%" PRIx64 ": %s",
			     addr, e.msg);
}

/* ---- VMCOREINFO ---- */

static void try_vmcoreinfo(struct finding *fi)
{
	static const char key[] = "DMV_REGION=";
	const char *p = fi->m->vmcoreinfo;
	struct dmv_err e = { 0 };
	uint64_t phys;
	char *end;

	while (p && strncmp(p, key, sizeof(key) - 1)) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return;
	p += sizeof(key) - 1;
	phys = strtoull(p, &end, 16);
	if (end == p || (*end && *end != '\n'))
		dmv_note_add(fi->f, DMV_TOPIC_ALL, DMV_NO_ADDR,
			     "VMCOREINFO DMV_REGION is not a number");
	else if (try_place(fi, DMV_PHYS, phys, DMV_BY_VMCOREINFO, &e))
		dmv_note_add(fi->f, DMV_TOPIC_ALL, phys, "VMCOREINFO DMV_REGION: %s", e.msg);
}

/* ---- scan ---- */

static enum dmv_code scan_hit(struct finding *fi, uint64_t addr)
{
	uint8_t header[DMV_ABI_PAGE];
	enum dmv_space s = fi->space;
	uint64_t found = addr;
	bool swap;

	if (dmv_mem_read(fi->m, s, addr, header, sizeof(header), NULL) || !has_magic(header) ||
	    !order_of(header, &swap))
		return DMV_E_OK;
	if (stands_there(fi, &s, &found, header, swap))
		return keep(fi, s, found, DMV_BY_SCAN, header);
	if (!fi->copies++)
		fi->copy = addr;
	dmv_note_add(fi->f, 0, addr, "a header at %s 0x%" PRIx64 " says it stands at 0x%" PRIx64
		     ": a copy, or of another address space; ignored", dmv_space_name(fi->space), addr,
		     own_address(header, swap, fi->space));
	return DMV_E_OK;
}

static enum dmv_code scan_page(void *ctx, uint64_t addr, const uint8_t *head)
{
	struct finding *fi = ctx;

	if (fi->stop && *fi->stop)
		return DMV_E_STOPPED;
	if (head[0] != DMV_ABI_MAGIC[0] || !has_magic(head))
		return DMV_E_OK;
	return scan_hit(fi, addr);
}

static enum dmv_code scan(struct finding *fi, struct dmv_err *e)
{
	enum dmv_code c;

	fi->space = fi->m->nrange[DMV_PHYS] ? DMV_PHYS : DMV_VIRT;
	c = dmv_mem_walk_heads(fi->m, fi->space, DMV_ABI_PAGE, 8, scan_page, fi, &fi->missed,
			       e);
	if (c == DMV_E_STOPPED)
		return dmv_fail(e, c, "stopped while looking for the region");
	if (fi->missed)
		dmv_note_add(fi->f, 0, DMV_NO_ADDR, "scan for the region: 0x%" PRIx64
			     " bytes could not be read", fi->missed);
	if (fi->m->lost)
		dmv_note_add(fi->f, 0, DMV_NO_ADDR, "scan for the region: 0x%" PRIx64
			     " bytes of memory are missing from the file, which should hold them: "
			     "a region in them is not found", fi->m->lost);
	return c;
}

/* ---- in order of trust ---- */

static bool is_searched(const struct finding *fi, const struct dmv_facts_opts *o)
{
	return !fi->m->slow && (!fi->m->linux_kernel || fi->m->saved || o->scan);
}

/* Why there is none, and what may be done about it. */
static enum dmv_code none(const struct finding *fi, const struct dmv_facts_opts *o,
			  struct dmv_err *e)
{
	uint64_t missing;

	if (fi->copies)
		return dmv_fail(e, DMV_E_NOTFOUND,
				"no region: %" PRIu64 " header%s found, the first at %s 0x%" PRIx64
				", none where it says it stands: %s of a region elsewhere",
				fi->copies, fi->copies == 1 ? "" : "s", dmv_space_name(fi->space),
				fi->copy, fi->copies == 1 ? "a copy" : "copies");
	if (!is_searched(fi, o))
		return dmv_fail(
			e, DMV_E_NOTFOUND,
			"no region: no symbol dmv_region_anchor, no DMV_REGION "
			"in VMCOREINFO; %s memory is scanned only on request, with --scan",
			fi->m->slow ? "this target is slow to read: its" : "a Linux kernel's");
	/* a source may count a page in both */
	missing = fi->missed > fi->m->lost ? fi->missed : fi->m->lost;
	if (missing)
		return dmv_fail(e, DMV_E_NOTFOUND,
				"no region: neither the symbol dmv_region_anchor nor a scan of the "
				"memory finds one, but 0x%" PRIx64 " bytes of it are damaged or "
				"missing: it may be there (`target` says more)",
				missing);
	return dmv_fail(e, DMV_E_NOTFOUND,
			"no region: neither the symbol dmv_region_anchor nor a scan of the memory "
			"finds one: no verifier ran there, or its pages are not in the target");
}

static enum dmv_code find(struct finding *fi, struct dmv_names *n, const struct dmv_facts_opts *o,
			  struct dmv_err *e)
{
	enum dmv_code c;

	if (o->region != DMV_NO_ADDR)
		return try_both(fi, o->region, o->region, DMV_BY_ADDRESS, e);
	try_symbol(fi, n);
	try_vmcoreinfo(fi);
	if (is_searched(fi, o)) {
		c = scan(fi, e);
		/* A target that cannot be walked to its end may still have what others
		 * vouched for. */
		if (c && (!fi->nhit || c == DMV_E_STOPPED))
			return c;
		if (c)
			dmv_note_add(fi->f, 0, DMV_NO_ADDR,
				     "the scan for further regions broke off");
	}
	if (fi->nhit)
		return DMV_E_OK;
	return none(fi, o, e);
}

enum dmv_code dmv_find(struct dmv_mem *m, struct dmv_names *n, const struct dmv_facts_opts *o,
		       struct dmv_facts *f, struct dmv_hit **ret, size_t *nret, struct dmv_err *e)
{
	struct finding fi = { .m = m, .f = f, .stop = o->stop };
	enum dmv_code c = find(&fi, n, o, e);

	if (c) {
		free(fi.hit);
		return c;
	}
	dmv_hits_freed(m, n, f, fi.hit, fi.nhit);
	*ret = fi.hit;
	*nret = fi.nhit;
	return DMV_E_OK;
}
