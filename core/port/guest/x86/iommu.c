/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "cpu.h"
#include "iommu.h"

#define REGISTERS 0xFED90000u           /* where the table DMAR of QEMU's firmware says */
#define VERSION 0x00u
#define CAPABILITY 0x08u
#define EXTENDED 0x10u
#define COMMAND 0x18u
#define STATUS 0x1Cu
#define ROOT 0x20u
#define CONTEXT_COMMAND 0x28u
#define FAULT_STATUS 0x34u

#define VERSION_1_0 0x10u
#define THREE_LEVELS (1u << 9)          /* of CAPABILITY: 39 bits of address */
#define SET_ROOT (1u << 30)             /* of COMMAND and STATUS */
#define TRANSLATE (1u << 31)
#define BUSY (UINT64_C(1) << 63)        /* of the two invalidations, until they are done */
#define CONTEXT_ALL (UINT64_C(1) << 61)
#define CACHE_ALL (UINT64_C(1) << 60)
#define FAULT_OVERFLOW 1u
#define FAULT_THERE (UINT64_C(1) << 63) /* of the upper half of a record */

#define PRESENT 1u
#define READ_WRITE 3u
#define WIDTH_39 1u                     /* of a context entry */
#define DOMAIN (UINT64_C(1) << 8)
#define DEVICES 256u                    /* functions of a bus */
#define TABLE (GUEST_PAGE / 8)          /* entries */
#define POLL_MAX 1000000u

struct iommu {
	uint32_t cache, records, record_count;  /* offsets of registers */
	uint32_t next;                          /* record in which the next fault comes */
	uint64_t *leaf[GUEST_PAGES_MAX / TABLE]; /* tables of the last level, 2 MiB each */
};

static uint32_t get32(uint32_t at)
{
	return *(volatile uint32_t *)(uintptr_t)(REGISTERS + at);
}

static void set32(uint32_t at, uint32_t v)
{
	*(volatile uint32_t *)(uintptr_t)(REGISTERS + at) = v;
}

static uint64_t get64(uint32_t at)
{
	return *(volatile uint64_t *)(uintptr_t)(REGISTERS + at);
}

static void set64(uint32_t at, uint64_t v)
{
	*(volatile uint64_t *)(uintptr_t)(REGISTERS + at) = v;
}

/* ---- tables ---- */

static uint64_t *table(struct guest *g)
{
	return guest_pages_take(&g->pages, 1, GUEST_PAGES_LIMIT);
}

static void map(struct iommu *m, uint64_t bus, bool mapped)
{
	const uint64_t page = bus / GUEST_PAGE;
	uint64_t *leaf = page / TABLE < GUEST_PAGES_MAX / TABLE ? m->leaf[page / TABLE] : NULL;

	if (leaf)
		leaf[page % TABLE] = mapped ? page * GUEST_PAGE | READ_WRITE : 0;
}

/* Bus addresses are physical ones. Returns the top table, NULL: no memory. */
static uint64_t *map_all(struct iommu *m, struct guest *g)
{
	const uint64_t end = g->pages.base + g->pages.count * GUEST_PAGE;
	uint64_t *top = table(g), *middle = table(g);

	if (!top || !middle)
		return NULL;
	top[0] = guest_phys(middle) | READ_WRITE;
	for (uint32_t i = 0; (uint64_t)i * TABLE * GUEST_PAGE < end; i++) {
		m->leaf[i] = table(g);
		if (!m->leaf[i])
			return NULL;
		middle[i] = guest_phys(m->leaf[i]) | READ_WRITE;
	}
	for (uint64_t at = g->pages.base; at < end; at += GUEST_PAGE)
		map(m, at, true);
	return top;
}

/* One domain for all functions of bus 0. */
static uint64_t *root_of(struct guest *g, const uint64_t *top)
{
	uint64_t *root = table(g), *context = table(g);

	if (!root || !context)
		return NULL;
	root[0] = guest_phys(context) | PRESENT;
	for (uint32_t i = 0; i < DEVICES; i++) {
		context[2 * i] = guest_phys(top) | PRESENT;
		context[2 * i + 1] = DOMAIN | WIDTH_39;
	}
	return root;
}

/* ---- registers ---- */

static void command(uint32_t bit)
{
	set32(COMMAND, (get32(STATUS) & TRANSLATE) | bit);
	for (uint32_t i = 0; i < POLL_MAX && !(get32(STATUS) & bit); i++)
		guest_relax();
}

static void forget(uint32_t at, uint64_t what)
{
	set64(at, BUSY | what);
	for (uint32_t i = 0; i < POLL_MAX && get64(at) & BUSY; i++)
		guest_relax();
}

static void reach(struct guest *g, uint64_t bus, bool mapped)
{
	struct iommu *m = g->iommu;

	map(m, bus, mapped);
	guest_dma_barrier();
	forget(m->cache, CACHE_ALL);
}

/* Records are filled one after the other, in a ring; what is read is given back. */
static bool fault(struct guest *g, uint64_t *address, uint32_t *reason)
{
	struct iommu *m = g->iommu;
	const uint32_t at = m->records + 16 * m->next;
	const uint64_t high = get64(at + 8);

	if (!(high & FAULT_THERE))
		return false;
	*address = get64(at) & ~(uint64_t)(GUEST_PAGE - 1);
	*reason = (uint32_t)(high >> 32) & 0xFF;
	set64(at + 8, FAULT_THERE);
	set32(FAULT_STATUS, FAULT_OVERFLOW);
	m->next = (m->next + 1) % m->record_count;
	return true;
}

bool guest_iommu_start(struct guest *g)
{
	static struct iommu iommu;
	const uint64_t capability = get64(CAPABILITY), extended = get64(EXTENDED);
	const uint64_t *top, *root;

	if (get32(VERSION) != VERSION_1_0 || !(capability & THREE_LEVELS))
		return false;
	top = map_all(&iommu, g);
	root = top ? root_of(g, top) : NULL;
	if (!root)
		return false;
	iommu.cache = ((uint32_t)(extended >> 8) & 0x3FF) * 16 + 8;
	iommu.records = ((uint32_t)(capability >> 24) & 0x3FF) * 16;
	iommu.record_count = ((uint32_t)(capability >> 40) & 0xFF) + 1;
	guest_dma_barrier();
	set64(ROOT, guest_phys(root));
	command(SET_ROOT);
	forget(CONTEXT_COMMAND, CONTEXT_ALL);
	forget(iommu.cache, CACHE_ALL);
	command(TRANSLATE);
	g->iommu = &iommu;
	g->iommu_reach = reach;
	g->iommu_fault = fault;
	return true;
}
