/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The header of a region: every number of it is checked here, and here only; what it says of the
 * writer, the modes and the bugcheck becomes the region's fact.
 */
#include <inttypes.h>

#include "facts_region_int.h"

static uint32_t crc32(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
	}
	return ~crc;
}

static const char *header_text(struct dmv_reading *r, size_t offset, size_t n)
{
	const char *s = (const char *)r->header + offset;

	return dmv_arena_text(r->f, s, strnlen(s, n));
}

#define HTEXT(field) header_text(r, offsetof(struct dmv_abi_header, field), \
				 sizeof(((struct dmv_abi_header *)0)->field))

static enum dmv_code check_version(struct dmv_reading *r)
{
	uint32_t bom, sum = crc32(r->header + 0x18, 0x200 - 0x18);

	memcpy(&bom, r->header + offsetof(struct dmv_abi_header, bom), sizeof(bom));
	r->swap = bom != DMV_ABI_BOM;
	if (H32(bom) != DMV_ABI_BOM)
		return dmv_region_bad(r, "header bom is no byte-order mark");
	if (H16(major) != DMV_ABI_MAJOR)
		return dmv_fail_at(r->e, DMV_E_VERSION, r->addr, "region at 0x%" PRIx64
				   ": header major is %u, this program knows %u: "
				   "read it with the dma-inspect that came with its verifier",
				   r->addr, H16(major), DMV_ABI_MAJOR);
	if (H32(header_bytes) != DMV_ABI_PAGE)
		return dmv_region_bad(r, "header header_bytes is 0x%x, not 0x%x", H32(header_bytes),
				      DMV_ABI_PAGE);
	if (H32(checksum) != sum)
		return dmv_region_bad(r, "header checksum is 0x%08x, its bytes make 0x%08x",
				      H32(checksum), sum);
	return DMV_E_OK;
}

static enum dmv_code check_segment_zero(struct dmv_reading *r)
{
	const uint64_t bytes = H64(segment0_bytes), virt = H64(virt), phys = H64(phys);

	if (bytes < 2 * DMV_ABI_PAGE)
		return dmv_region_bad(r, "header segment0_bytes 0x%" PRIx64
				      " has no room for header and directory", bytes);
	if (virt != DMV_ABI_UNKNOWN && dmv_wraps(r, virt, bytes))
		return dmv_region_bad(r, "header segment0_bytes 0x%" PRIx64 " from virt 0x%" PRIx64
				      " runs past the address space", bytes, virt);
	if (bytes > UINT64_MAX - r->addr ||
	    (phys != DMV_ABI_UNKNOWN && bytes > UINT64_MAX - phys))
		return dmv_region_bad(r, "header segment0_bytes 0x%" PRIx64 " from phys 0x%" PRIx64
				      " runs past the address space", bytes, phys);
	return DMV_E_OK;
}

enum dmv_code dmv_header_check(struct dmv_reading *r)
{
	enum dmv_code c = check_version(r);

	if (c)
		return c;
	r->page_bytes = H32(page_bytes);
	if (r->page_bytes < 512 || r->page_bytes > 1u << 20 ||
	    (r->page_bytes & (r->page_bytes - 1)))
		return dmv_region_bad(r, "header page_bytes 0x%x is no page size", r->page_bytes);
	if (H32(address_bits) != 32 && H32(address_bits) != 64)
		return dmv_region_bad(r, "header address_bits is %u, not 32 or 64",
				      H32(address_bits));
	r->top = H32(address_bits) == 32 ? UINT64_C(1) << 32 : UINT64_MAX;
	c = check_segment_zero(r);
	if (c)
		return c;
	if (H32(guard_fill) > 0xFF)
		return dmv_region_bad(r, "header guard_fill 0x%x is no byte", H32(guard_fill));
	if (H32(build_id_n) > 32)
		return dmv_region_bad(r, "header build_id_n is %u, there is room for 32",
				      H32(build_id_n));
	return DMV_E_OK;
}

static void fill_bugcheck(struct dmv_reading *r, struct dmv_region_fact *g)
{
	const uint8_t *b = r->header + offsetof(struct dmv_abi_header, bugcheck);
	struct dmv_evidence *ev = &g->bug_evidence;
	uint32_t state = DMV_U32(r, b, dmv_abi_bugcheck, state);

	g->bug_violation = DMV_NO_INDEX;
	ev->addr = ev->kept_at = DMV_NO_ADDR;
	ev->expected = UINT32_MAX;
	if (!state)
		return;
	if (state == 1)
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), r->addr + 0x300, "%s",
			 "bugcheck state is 1: the machine died while the block "
			 "was written; its parameters may be partly old");
	else if (state != 2)
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), r->addr + 0x300,
			 "bugcheck state %u is unknown", state);
	g->bug_code = DMV_U32(r, b, dmv_abi_bugcheck, code);
	for (int i = 0; i < 4; i++)
		g->bug_p[i] = dmv_r64(r, b + offsetof(struct dmv_abi_bugcheck, p) + 8 * i);
	g->bug_cpu = DMV_U32(r, b, dmv_abi_bugcheck, cpu);
	g->bug_time = DMV_U64(r, b, dmv_abi_bugcheck, time);
	ev->kept_space = r->space;
	ev->kept_at = r->addr + offsetof(struct dmv_abi_header, bugcheck);
	ev->addr = DMV_U64(r, b, dmv_abi_bugcheck, evidence_addr);
	ev->digest_shadow = DMV_U64(r, b, dmv_abi_bugcheck, digest_shadow);
	ev->digest_original = DMV_U64(r, b, dmv_abi_bugcheck, digest_original);
	ev->n = DMV_U32(r, b, dmv_abi_bugcheck, evidence_n);
	if (ev->n > sizeof(ev->bytes)) {
		DMV_NOTE(r, DMV_TOPIC(DMV_K_VIOLATION), r->addr + 0x33C,
			 "bugcheck evidence_n is %u, there is room for 32", ev->n);
		ev->n = sizeof(ev->bytes);
	}
	memcpy(ev->bytes, b + offsetof(struct dmv_abi_bugcheck, evidence), ev->n);
}

static void fill_changing(struct dmv_reading *r, struct dmv_region_fact *g)
{
	const uint32_t flags = H32(flags);

	g->mode = H32(mode);
	g->off = flags & DMV_ABI_F_OFF;
	g->strict = flags & DMV_ABI_F_STRICT;
	g->bus_only = flags & DMV_ABI_F_BUS;
	g->violations = H32(violations);
	g->shadow_short = H32(shadow_short);
	g->last_ticks = H64(last_ticks);
	g->control_virt = H64(control_virt) ? H64(control_virt) : DMV_NO_ADDR;
	g->injected = H32(injected);
	g->scan_pages = H64(scan_pages);
	g->scan_rounds = H32(scan_rounds);
	for (int i = 0; i < 8; i++)
		g->rule_modes[i] =
			dmv_r32(r, r->header + offsetof(struct dmv_abi_header, rule_modes) + 4 * i);
	for (int i = 0; i < 4; i++)
		g->rules_off[i] =
			dmv_r32(r, r->header + offsetof(struct dmv_abi_header, rules_off) + 4 * i);
	for (int k = 0; k < DMV_K_COUNT; k++)
		g->not_booked[k] = dmv_r32(r, r->header +
					   offsetof(struct dmv_abi_header, not_booked) + 4 * k);
	if (g->mode > DMV_ABI_MODE_STOP)
		DMV_NOTE(r, 0, r->addr + 0x200, "header mode %u is unknown", g->mode);
	if (flags & ~(DMV_ABI_F_OFF | DMV_ABI_F_STRICT | DMV_ABI_F_BUS))
		DMV_NOTE(r, 0, r->addr + 0x204, "header flags 0x%x: some are unknown", flags);
}

enum dmv_code dmv_header_fill(struct dmv_reading *r)
{
	struct dmv_region_fact *g = DMV_PUSH(r->f->region, r->f->nregion);
	uint32_t one = 1;

	if (!g)
		return dmv_fail(r->e, DMV_E_MEMORY, "no memory for the region");
	r->index = (uint32_t)r->f->nregion - 1;
	g->id = H64(region_id);
	g->virt = H64(virt);
	g->phys = H64(phys);
	g->space = r->space;
	g->both = r->both;
	g->how = r->how;
	g->authentic = r->how != DMV_BY_SCAN;
	g->major = H16(major);
	g->minor = H16(minor);
	g->page_bytes = r->page_bytes;
	g->address_bits = H32(address_bits);
	g->machine = H32(machine);
	g->big_endian = r->swap == (*(char *)&one == 1);
	g->writer = HTEXT(writer);
	g->version = HTEXT(version);
	g->release = HTEXT(release);
	dmv_hex(g->build_id, r->header + offsetof(struct dmv_abi_header, build_id),
		H32(build_id_n));
	dmv_hex(g->boot_id, r->header + offsetof(struct dmv_abi_header, boot_id), 16);
	g->pid = H64(pid);
	g->tick_hz = H64(tick_hz);
	g->start_ticks = H64(start_ticks);
	g->start_unix_ns = H64(start_unix_ns);
	g->ncpu = H32(ncpu);
	g->guard_fill = (uint8_t)H32(guard_fill);
	memcpy(g->tag, r->header + offsetof(struct dmv_abi_header, tag), 8);
	g->ended = r->ended;
	g->freed = r->freed;
	fill_changing(r, g);
	fill_bugcheck(r, g);
	if (r->ended)
		dmv_note_add(r->f, false, r->addr,
			     "region at 0x%" PRIx64 ": a verifier ended in order", r->addr);
	return DMV_E_OK;
}
