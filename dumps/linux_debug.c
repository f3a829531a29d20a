/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The books of dma-debug (CONFIG_DMA_API_DEBUG, kernel/dma/debug.c): a hash of lists with an entry
 * for each mapping. They may have been caught while a processor linked or unlinked an entry, and
 * anything may be wrong with them: an entry counts only if its prev leads to where it was come
 * from, so that none is met twice, whatever the lists say, and the work is linear. No bucket is
 * taken for an entry, which would make of one list another's.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "linux.h"
#include "linux_stack.h"
#include "mem_int.h"
#include "vmcoreinfo.h"

enum {
	HASH_SIZE = 16384,              /* since Linux 5.5 */
	HASH_MAX = 1 << 17,
	BUCKET_MAX = 256,               /* bytes: a list and a lock */
	HEADS_BYTES = 4096,             /* of buckets read at a time */
	ENTRY_MAX = 1024,               /* bytes; 128 in 6.1 */
	TYPE_MAX = 16,
	NEAR = 256,                     /* bytes: symbols of the same file */
};

#define TOPIC DMV_TOPIC(DMV_K_MAPPING)

struct by_device {
	uint64_t device;
	uint32_t adapter;
};

struct books {
	struct dmv_linux *l;
	uint64_t hash, buckets, bucket_bytes, bucket_list;
	uint64_t bucket;                /* the one that is walked */
	uint64_t entry_bytes, entry_list, prev;
	uint64_t page;                  /* bytes; 0: not known */
	bool paddr;                     /* the entry has the address, not page and offset */
	uint64_t limit;                 /* entries that there can be */
	uint8_t type[TYPE_MAX];         /* enum dmv_map_type by number */
	struct by_device *device;       /* by address */
	size_t ndevice;
	struct dmv_linux_stacks stacks;
	bool cut, no_memory;
};

struct node {
	uint64_t at, next, prev;
	uint8_t bytes[ENTRY_MAX];
};

/* ---- what this kernel's books look like ---- */

static void widen(struct books *b, enum dmv_linux_field id)
{
	struct dmv_member m;

	if (dmv_linux_field(b->l, id, &m) && m.offset + m.size > b->entry_bytes)
		b->entry_bytes = m.offset + m.size;
}

/* Bytes of an entry as far as they are read, and where its list is. */
static bool entry_layout(struct books *b, struct dmv_err *e)
{
	static const enum dmv_linux_field always[] = {
		DMV_L_ENTRY_DEV, DMV_L_ENTRY_BUS, DMV_L_ENTRY_BYTES, DMV_L_ENTRY_TYPE,
		DMV_L_ENTRY_DIRECTION, DMV_L_ENTRY_SG_CALLS, DMV_L_ENTRY_SG_MAPPED,
		DMV_L_ENTRY_ERROR, DMV_L_ENTRY_DEPTH, DMV_L_ENTRY_STACK,
	};
	struct dmv_member list, next, prev, paddr;

	if (!dmv_linux_field(b->l, DMV_L_ENTRY_LIST, &list) ||
	    !dmv_linux_field(b->l, DMV_L_LIST_NEXT, &next) ||
	    !dmv_linux_field(b->l, DMV_L_LIST_PREV, &prev))
		return false;
	b->entry_list = list.offset;
	b->entry_bytes = list.offset + list.size;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		widen(b, always[i]);
	b->paddr = dmv_linux_field(b->l, DMV_L_ENTRY_PADDR, &paddr);
	widen(b, b->paddr ? DMV_L_ENTRY_PADDR : DMV_L_ENTRY_PFN);
	if (!b->paddr)
		widen(b, DMV_L_ENTRY_OFFSET);
	if (b->entry_bytes <= ENTRY_MAX && next.size <= 8 && next.offset + next.size <= list.size &&
	    prev.size <= 8 && prev.offset + prev.size <= list.size)
		return true;
	dmv_fail(e, DMV_E_CORRUPT, "struct dma_debug_entry is said to have %" PRIu64 " bytes",
		 b->entry_bytes);
	dmv_note_add(b->l->f, TOPIC, DMV_NO_ADDR, "dma-debug is not read: %s", e->msg);
	return false;
}

/* The table is as long as its symbol; where nobody knows, as long as since Linux 5.5. */
static uint64_t count_buckets(const struct books *b)
{
	static const char name[] = "dma_entry_hash";
	struct dmv_place p;

	if (!dmv_names_place(b->l->n, b->hash, &p) || strcmp(p.function, name) || p.offset)
		return HASH_SIZE;
	for (uint64_t n = HASH_MAX; n > 1; n /= 2)
		if (dmv_names_place(b->l->n, b->hash + n * b->bucket_bytes - 1, &p) &&
		    !strcmp(p.function, name))
			return n;
	return HASH_SIZE;
}

static bool bucket_layout(struct books *b)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	struct dmv_member list;

	if (!dmv_linux_field(b->l, DMV_L_BUCKET_LIST, &list))
		return false;
	if (dmv_names_size(b->l->n, "hash_bucket", &b->bucket_bytes, &e) || !b->bucket_bytes ||
	    b->bucket_bytes > BUCKET_MAX || list.offset + list.size > b->bucket_bytes) {
		dmv_note_add(b->l->f, TOPIC, DMV_NO_ADDR,
			     "dma-debug's lists are not known: %s", e.code ? e.msg :
			     "struct hash_bucket is no bucket");
		return false;
	}
	b->bucket_list = list.offset;
	b->buckets = count_buckets(b);
	return true;
}

/*
 * By name, since their numbers moved. Where no enumerators are known: which of them there are a
 * kernel's functions tell (noncoherent came with 6.17, phy replaced single and resource in 6.18).
 */
static void types(struct books *b)
{
	static const struct {
		const char *name, *witness;
		enum dmv_map_type type;
	} known[] = {
		{ "dma_debug_single", "dma_entry_hash", DMV_MAP_SINGLE },
		{ "dma_debug_page", "", DMV_MAP_PAGE },
		{ "dma_debug_sg", "dma_entry_hash", DMV_MAP_SG },
		{ "dma_debug_coherent", "dma_entry_hash", DMV_MAP_COHERENT },
		{ "dma_debug_resource", "debug_dma_map_resource", DMV_MAP_RESOURCE },
		{ "dma_debug_noncoherent", "debug_dma_alloc_pages", DMV_MAP_NONCOHERENT },
		{ "dma_debug_phy", "debug_dma_map_phys", DMV_MAP_PHYS },
	};
	unsigned next = 0;
	bool named = false;
	uint64_t at;
	int64_t v;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (dmv_names_enumerator(b->l->n, known[i].name, &v, NULL) || v < 0 ||
		    v >= TYPE_MAX)
			continue;
		b->type[v] = (uint8_t)known[i].type;
		named = true;
	}
	for (size_t i = 0; !named && i < sizeof(known) / sizeof(known[0]); i++)
		if (dmv_linux_symbol(b->l, known[i].witness, &at))
			b->type[next++] = (uint8_t)known[i].type;
}

/* ---- the state of its pool ---- */

static struct dmv_known number(struct dmv_linux *l, const char *name, uint64_t near, unsigned bytes)
{
	struct dmv_known k = { 0 };
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	uint64_t at;

	/* a name that anything in a kernel may have counts beside the others */
	if (!dmv_linux_symbol(l, name, &at) || (near && at - near + NEAR > 2 * NEAR))
		return k;
	k.known = !dmv_mem_number(l->m, DMV_VIRT, at, bytes, &k.value, &e);
	if (!k.known)
		dmv_note_add(l->f, TOPIC, at, "dma-debug's %s cannot be read: %s", name, e.msg);
	return k;
}

static void state(struct books *b)
{
	struct dmv_debug_fact *d = &b->l->f->debug;
	uint64_t near = 0;

	dmv_linux_symbol(b->l, "nr_total_entries", &near);
	d->there = true;
	d->buckets = b->buckets;
	d->disabled = number(b->l, "global_disable", 0, 1);
	d->entries = number(b->l, "nr_total_entries", 0, 4);
	d->free = number(b->l, "num_free_entries", 0, 4);
	d->lowest = number(b->l, "min_free_entries", 0, 4);
	if (near)
		d->errors = number(b->l, "error_count", near, 4);
}

/* No more than the kernel says, nor than fit into its memory. */
static uint64_t limit(const struct books *b)
{
	const struct dmv_debug_fact *d = &b->l->f->debug;
	const struct dmv_mem *m = b->l->m;
	uint64_t bytes = 0, most = UINT32_MAX / 4;

	for (size_t i = 0; i < m->nrange[DMV_PHYS]; i++)
		bytes += m->range[DMV_PHYS][i].end - m->range[DMV_PHYS][i].start;
	if (bytes && !m->unlisted[DMV_PHYS] && bytes / b->entry_bytes < most)
		most = bytes / b->entry_bytes;
	return d->entries.known && d->entries.value < most ? d->entries.value : most;
}

/* ---- devices ---- */

static int by_address(const void *a, const void *b)
{
	const struct by_device *x = a, *y = b;

	return x->device < y->device ? -1 : x->device > y->device;
}

static bool sort_devices(struct books *b)
{
	const struct dmv_facts *f = b->l->f;

	b->device = calloc(f->nadapter + 1, sizeof(*b->device));
	if (!b->device)
		return false;
	for (size_t i = 0; i < f->nadapter; i++)
		if (f->adapter[i].region == DMV_NO_INDEX)
			b->device[b->ndevice++] = (struct by_device){ f->adapter[i].device,
								      (uint32_t)i };
	qsort(b->device, b->ndevice, sizeof(*b->device), by_address);
	return true;
}

static uint32_t adapter_of(const struct books *b, uint64_t device)
{
	const struct by_device key = { device, 0 }, *x;

	x = bsearch(&key, b->device, b->ndevice, sizeof(key), by_address);
	return x ? x->adapter : DMV_NO_INDEX;
}

/* Mappings whose device is no adapter, by its address. */
struct strangers {
	struct dmv_linux *l;
	struct by_device *v;            /* adapter: index of the mapping */
	size_t n;
};

static bool stranger(void *ctx, uint64_t node)
{
	struct strangers *s = ctx;
	uint64_t kobj, dev;
	size_t low = 0, high = s->n;

	if (!dmv_linux_around(s->l, node, DMV_L_KOBJ_ENTRY, &kobj) ||
	    !dmv_linux_around(s->l, kobj, DMV_L_DEV_KOBJ, &dev))
		return false;
	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (s->v[mid].device < dev)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < s->n && s->v[low].device == dev; low++)
		s->l->f->mapping[s->v[low].adapter].orphan = false;
	return true;
}

/* A device may be no adapter and there all the same: on no bus. Else its mappings have lost it. */
static bool orphans(struct dmv_linux *l)
{
	struct dmv_facts *f = l->f;
	struct strangers s = { .l = l };
	uint64_t at, head;

	if (!l->all_devices || dmv_linux_pointer(l, "devices_kset", &at, NULL) ||
	    !dmv_linux_in(l, at, DMV_L_KSET_LIST, &head))
		return true;
	for (size_t i = 0; i < f->nmapping; i++) {
		struct dmv_mapping_fact *x = &f->mapping[i];
		struct by_device *v;

		if (x->adapter != DMV_NO_INDEX || x->device == DMV_NO_ADDR)
			continue;
		v = DMV_PUSH(s.v, s.n);
		if (!v) {
			free(s.v);
			return false;
		}
		*v = (struct by_device){ x->device, (uint32_t)i };
		x->orphan = true;
	}
	if (s.n) {
		qsort(s.v, s.n, sizeof(*s.v), by_address);
		dmv_linux_list(l, head, 0, "devices", stranger, &s);
	}
	free(s.v);
	return true;
}

/* ---- an entry ---- */

static struct dmv_known pick(const struct books *b, const struct node *n, enum dmv_linux_field id)
{
	struct dmv_known k = { 0 };

	k.known = dmv_linux_pick(b->l, n->bytes, (size_t)b->entry_bytes, id, &k.value);
	return k;
}

static uint64_t physical(const struct books *b, const struct node *n)
{
	const struct dmv_known at = pick(b, n, b->paddr ? DMV_L_ENTRY_PADDR : DMV_L_ENTRY_PFN);
	struct dmv_known offset;

	if (!at.known || b->paddr)
		return at.known ? at.value : DMV_NO_ADDR;
	offset = pick(b, n, DMV_L_ENTRY_OFFSET);
	if (!offset.known || !b->page || at.value > UINT64_MAX / b->page ||
	    offset.value > UINT64_MAX - at.value * b->page)
		return DMV_NO_ADDR;
	return at.value * b->page + offset.value;
}

/*
 * How much of the memory is known to follow in one piece. A list's segment has its own address only
 * if none were merged: the entry then has page i and the length of segment i. A coherent buffer may
 * be of scattered pages (vmalloc) unless the device sees it where it is.
 */
static uint64_t piece(const struct books *b, const struct dmv_mapping_fact *x)
{
	const uint64_t bytes = x->bytes.known ? x->bytes.value : 0;
	uint64_t left;

	switch (x->type) {
	case DMV_MAP_SG:
		return x->sg_calls.known && x->sg_mapped.known &&
		       x->sg_calls.value == x->sg_mapped.value ? bytes : 0;
	case DMV_MAP_COHERENT:
	case DMV_MAP_NONCOHERENT:
		if (x->bus.known && x->bus.value == x->phys)
			return bytes;
		left = b->page ? b->page - x->phys % b->page : 0;
		return bytes < left ? bytes : left;
	case DMV_MAP_OTHER:
		return 0;
	default:
		return bytes;
	}
}

/* DMA_MAPPING_ERROR: all ones, in as many bits as a bus address has. */
static bool is_error(const struct books *b, const struct dmv_known *bus)
{
	return bus->known && (bus->value == UINT64_MAX ||
			      (b->l->m->bits == 32 && bus->value == UINT32_MAX));
}

static void fill(const struct books *b, const struct node *n, struct dmv_mapping_fact *x)
{
	const struct dmv_known device = pick(b, n, DMV_L_ENTRY_DEV);

	x->region = DMV_NO_INDEX;
	x->life = DMV_LIVE;
	x->owner = DMV_NO_INDEX;
	x->entry = n->at - b->entry_list;
	x->device = device.known ? device.value : DMV_NO_ADDR;
	x->adapter = device.known ? adapter_of(b, device.value) : DMV_NO_INDEX;
	x->bus = pick(b, n, DMV_L_ENTRY_BUS);
	x->bytes = pick(b, n, DMV_L_ENTRY_BYTES);
	x->failed = is_error(b, &x->bus);
	x->type_number = pick(b, n, DMV_L_ENTRY_TYPE);
	if (x->type_number.known && x->type_number.value < TYPE_MAX)
		x->type = b->type[x->type_number.value];
	x->direction = pick(b, n, DMV_L_ENTRY_DIRECTION);
	x->error = pick(b, n, DMV_L_ENTRY_ERROR);
	x->sg_calls = pick(b, n, DMV_L_ENTRY_SG_CALLS);
	x->sg_mapped = pick(b, n, DMV_L_ENTRY_SG_MAPPED);
	x->phys = physical(b, n);
	x->phys_bytes = x->phys == DMV_NO_ADDR ? 0 : piece(b, x);
	x->bucket = (uint32_t)b->bucket;
}

static bool put(struct books *b, const struct node *n)
{
	struct dmv_facts *f = b->l->f;
	struct dmv_mapping_fact *x;

	x = f->nmapping < b->limit ? DMV_PUSH(f->mapping, f->nmapping) : NULL;
	if (!x && f->nmapping >= b->limit)
		dmv_note_add(f, TOPIC, n->at, "dma-debug: bucket %" PRIu64 ": more entries than "
			     "there can be, %" PRIu64 "; the others are left out", b->bucket,
			     b->limit);
	else
		b->no_memory = !x;
	if (!x)
		return false;
	fill(b, n, x);
	b->no_memory = !dmv_linux_stack_add(&b->stacks, n->bytes, (size_t)b->entry_bytes);
	return !b->no_memory;
}

/* ---- lists ---- */

static void broken(struct books *b, uint64_t at, const char *why)
{
	b->cut = true;
	dmv_note_add(b->l->f, TOPIC, at, "dma-debug: the list of bucket %" PRIu64 " breaks off at "
		     "0x%" PRIx64 ": %s", b->bucket, at, why);
}

/* False: the list ends here, and that was noted. */
static bool read_node(struct books *b, uint64_t at, struct node *ret)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	const uint8_t *list = ret->bytes + b->entry_list;
	const size_t room = (size_t)(b->entry_bytes - b->entry_list);

	ret->at = at;
	if (at & 3 || at < b->entry_list)
		broken(b, at, "no entry can be there");
	else if (at - b->hash < b->buckets * b->bucket_bytes)
		broken(b, at, "a bucket is no entry");
	else if (dmv_mem_read(b->l->m, DMV_VIRT, at - b->entry_list, ret->bytes,
			      (size_t)b->entry_bytes, &e))
		broken(b, at, e.msg);
	else
		return dmv_linux_pick(b->l, list, room, DMV_L_LIST_NEXT, &ret->next) &&
		       dmv_linux_pick(b->l, list, room, DMV_L_LIST_PREV, &ret->prev);
	return false;
}

static void in_transition(struct books *b)
{
	b->l->f->mapping[b->l->f->nmapping - 1].life = DMV_TRANSITION;
}

/*
 * The list came round. Its head's prev, `last`, leads to the entry it came from, `at`; or past that
 * one, which is being taken off; or to one behind it, which is being put on (list_del() and
 * list_add_tail() of include/linux/list.h set prev first).
 */
static bool end(struct books *b, uint64_t head, uint64_t before, uint64_t at, uint64_t last)
{
	struct node n;

	if (last == at)
		return true;
	if (before && last == before) {
		in_transition(b);
		return true;
	}
	if (!read_node(b, last, &n))
		return true;
	if (n.next != head || n.prev != at) {
		broken(b, last, "it is not the end of the list");
		return true;
	}
	if (!put(b, &n))
		return false;
	in_transition(b);
	return true;
}

/*
 * False: no more can be taken. An entry whose prev leads past the one before shows that this one is
 * being taken off. Were that believed twice running, a list could lead to an entry again.
 */
static bool walk(struct books *b, uint64_t head, uint64_t first, uint64_t last)
{
	uint64_t before = 0, at = head, node = first;
	bool leaving = false;
	struct node n;

	while (node != head && !dmv_linux_stopped(b->l)) {
		if (!read_node(b, node, &n))
			return true;
		if (n.prev == at) {
			leaving = false;
		} else if (before && n.prev == before && !leaving && node != at) {
			leaving = true;
			in_transition(b);
		} else {
			broken(b, node, "it belongs to another place");
			return true;
		}
		if (!put(b, &n))
			return false;
		before = at;
		at = node;
		node = n.next;
	}
	return node != head || end(b, head, before, at, last);
}

/* Buckets from i on that are in buf. */
static bool walk_some(struct books *b, uint64_t i, uint64_t n, const uint8_t *buf)
{
	const struct dmv_known *off = &b->l->f->debug.disabled;

	for (uint64_t k = 0; k < n; k++) {
		const uint8_t *list = buf + k * b->bucket_bytes + b->bucket_list;
		const size_t room = (size_t)(b->bucket_bytes - b->bucket_list);
		const uint64_t head = b->hash + (i + k) * b->bucket_bytes + b->bucket_list;
		uint64_t first, last;

		b->bucket = i + k;
		if (!dmv_linux_pick(b->l, list, room, DMV_L_LIST_NEXT, &first) ||
		    !dmv_linux_pick(b->l, list, room, DMV_L_LIST_PREV, &last))
			return false;
		if (!first && !last && off->known && off->value)
			continue;               /* off from the start: never made */
		if (!walk(b, head, first, last))
			return false;
	}
	return true;
}

static void walk_all(struct books *b)
{
	const uint64_t at_once = HEADS_BYTES / b->bucket_bytes;
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	uint8_t buf[HEADS_BYTES];

	for (uint64_t i = 0, n; i < b->buckets && !dmv_linux_stopped(b->l); i += n) {
		n = at_once < b->buckets - i ? at_once : b->buckets - i;
		if (dmv_mem_read(b->l->m, DMV_VIRT, b->hash + i * b->bucket_bytes, buf,
				 (size_t)(n * b->bucket_bytes), &e)) {
			b->cut = true;
			dmv_note_add(b->l->f, TOPIC, e.addr, "dma-debug: buckets %" PRIu64
				     " to %" PRIu64 " cannot be read: %s", i, i + n - 1, e.msg);
			continue;
		}
		if (!walk_some(b, i, n, buf))
			return;
	}
}

/* ---- all ---- */

/* Entries that are neither free nor on record are on their way. */
static void balance(const struct books *b)
{
	const struct dmv_debug_fact *d = &b->l->f->debug;
	const uint64_t used = d->entries.value - d->free.value, n = b->l->f->nmapping;

	if (!d->entries.known || !d->free.known || b->cut || used == n ||
	    d->free.value > d->entries.value)
		return;
	dmv_note_add(b->l->f, 0, DMV_NO_ADDR, "dma-debug: %" PRIu64 " entries are in use and "
		     "%" PRIu64 " on record: the others are being put on or taken off", used, n);
}

static void page_size(struct books *b)
{
	const struct dmv_mem *m = b->l->m;
	const bool fixed = !m->machine || m->machine == 3 || m->machine == 62;  /* x86 */

	if (!dmv_vmci_decimal(m->vmcoreinfo, "PAGESIZE", &b->page) || !b->page)
		b->page = fixed ? 4096 : 0;
	if (!b->paddr && !b->page)
		dmv_note_add(b->l->f, TOPIC, DMV_NO_ADDR, "physical addresses of mappings are not "
			     "known: the kernel's page size is not");
}

/* Ended early, they are neither whole nor true: what was mapped since is not in them. */
static void ended(const struct books *b)
{
	const struct dmv_facts *f = b->l->f;

	if (f->debug.disabled.known && f->debug.disabled.value && f->nmapping)
		dmv_note_add(b->l->f, TOPIC, DMV_NO_ADDR, "dma-debug has switched itself off, as "
			     "it does when it runs out of entries: its books ended then, and what "
			     "they say may be over");
}

static bool read_books(struct books *b)
{
	page_size(b);
	types(b);
	state(b);
	b->limit = limit(b);
	if (!sort_devices(b))
		return false;
	dmv_linux_stacks_init(&b->stacks, b->l);
	walk_all(b);
	if (!b->no_memory)
		b->no_memory = !dmv_linux_stacks_name(&b->stacks) || !orphans(b->l);
	dmv_linux_stacks_deinit(&b->stacks);
	free(b->device);
	balance(b);
	ended(b);
	return !b->no_memory;
}

enum dmv_code dmv_linux_debug(struct dmv_linux *l, struct dmv_err *e)
{
	struct books b = { .l = l };
	struct dmv_err why = { .addr = DMV_NO_ADDR };

	if (!dmv_linux_symbol(l, "dma_entry_hash", &b.hash) || !bucket_layout(&b) ||
	    !entry_layout(&b, &why))
		return DMV_E_OK;
	if (!read_books(&b))
		return dmv_fail(e, DMV_E_MEMORY, "no memory for %zu mappings", l->f->nmapping);
	return dmv_linux_stopped(l) ? dmv_fail(e, DMV_E_STOPPED, "stopped") : DMV_E_OK;
}
