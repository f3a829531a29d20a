/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The region as it is laid out at the start: header, segments, directory, tables. */
#include "dmv_int.h"

static const uint32_t row_bytes[DMV_ABI_K_COUNT] = {
	[DMV_ABI_K_ADAPTER] = sizeof(struct dmv_abi_adapter),
	[DMV_ABI_K_FILE] = sizeof(struct dmv_abi_file),
	[DMV_ABI_K_REGISTER] = sizeof(struct dmv_abi_register),
	[DMV_ABI_K_LIST] = sizeof(struct dmv_abi_list),
	[DMV_ABI_K_BUFFER] = sizeof(struct dmv_abi_buffer),
	[DMV_ABI_K_VECTOR] = sizeof(struct dmv_abi_vector),
	[DMV_ABI_K_CHANNEL] = sizeof(struct dmv_abi_channel),
	[DMV_ABI_K_VIOLATION] = sizeof(struct dmv_abi_violation),
	[DMV_ABI_K_EVENT] = sizeof(struct dmv_abi_event),
	[DMV_ABI_K_IMAGE] = sizeof(struct dmv_abi_image),
	[DMV_ABI_K_DRIVER] = sizeof(struct dmv_abi_driver),
	[DMV_ABI_K_CPU] = sizeof(struct dmv_abi_cpu),
};

#define STRING_BYTES 112
#define ENTRY_BYTES 64u

static const char tag[8] = { 'D', 'm', 'a', 'V', 'r', 'f', 'y', '0' };

/* ---- sizes ---- */

uint32_t dmv_row_bytes(const struct dmv_config *c, enum dmv_abi_kind kind)
{
	if (kind == DMV_ABI_K_SITE)
		return (uint32_t)offsetof(struct dmv_abi_site, frame) + 8 * c->stack_depth;
	if (kind == DMV_ABI_K_STRING)
		return (uint32_t)offsetof(struct dmv_abi_string, text) +
		       (c->string_bytes ? c->string_bytes : STRING_BYTES);
	return row_bytes[kind];
}

/* Rows of the whole table: CPU rows and rings follow from the number of CPUs. */
static uint32_t rows_of(const struct dmv_config *c, uint32_t kind)
{
	if (kind == DMV_ABI_K_CPU)
		return c->cpus;
	if (kind == DMV_ABI_K_EVENT)
		return c->rows[kind] * c->cpus;
	return c->rows[kind];
}

size_t dmv_region_bytes(const struct dmv_config *c)
{
	size_t n = 0, entries = DMV_ABI_K_COUNT + c->cpus + 2 * (size_t)c->segments;
	const size_t per_page = (DMV_ABI_PAGE - sizeof(struct dmv_abi_dir)) / ENTRY_BYTES;

	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++)
		n += (size_t)rows_of(c, k) * dmv_row_bytes(c, (enum dmv_abi_kind)k) + 8;
	n += DMV_ABI_PAGE + (entries / per_page + 2) * DMV_ABI_PAGE * 2;
	return (n + c->page_bytes - 1) / c->page_bytes * c->page_bytes;
}

/* ---- region: a cursor over the segments ---- */

struct cursor {
	struct dmv *v;
	uint32_t segment;
	size_t used;                            /* of that segment */
	struct dmv_abi_dir *dir;
};

static bool next_segment(struct cursor *c)
{
	if (c->segment + 1 >= c->v->cfg.segments)
		return false;
	c->segment++;
	c->used = 0;
	return true;
}

static size_t room(const struct cursor *c)
{
	return c->v->cfg.segment[c->segment].bytes - c->used;
}

static struct dmv_abi_dir *dir_new(struct cursor *c, uint32_t index)
{
	struct dmv_abi_dir *d;

	c->used = (c->used + DMV_ABI_PAGE - 1) & ~(size_t)(DMV_ABI_PAGE - 1);
	while (c->used > c->v->cfg.segment[c->segment].bytes || room(c) < DMV_ABI_PAGE)
		if (!next_segment(c))
			return NULL;
	d = (void *)((char *)c->v->cfg.segment[c->segment].va + c->used);
	memcpy(d->magic, DMV_ABI_DIR_MAGIC, 8);
	d->index = index;
	d->region_id = c->v->cfg.region_id;
	d->entry_bytes = ENTRY_BYTES;
	d->capacity = (DMV_ABI_PAGE - sizeof(*d)) / ENTRY_BYTES;
	d->next_segment = DMV_ABI_NONE;
	if (c->dir) {
		c->dir->next_offset = c->used;
		publish(&c->dir->next_segment, c->segment);
	} else {
		c->v->header->dir_offset = c->used;
	}
	c->used += DMV_ABI_PAGE;
	c->dir = d;
	return d;
}

static void *entry_new(struct cursor *c)
{
	if (c->dir->count == c->dir->capacity && !dir_new(c, c->dir->index + 1))
		return NULL;
	return (char *)(c->dir + 1) + (size_t)c->dir->count * ENTRY_BYTES;
}

static int describe_segment(struct cursor *c, uint32_t number)
{
	const struct dmv_memory *m = &c->v->cfg.segment[number];
	struct dmv_abi_segment *s = entry_new(c);

	if (!s)
		return DMV_BAD_CONFIG;
	s->number = number;
	s->virt = (uintptr_t)m->va;
	s->phys = m->phys;
	s->bytes = m->bytes;
	s->type = DMV_ABI_E_SEGMENT;
	publish(&c->dir->count, c->dir->count + 1);
	return DMV_OK;
}

/* Lays rows [row0, row0 + rows) of a table, in as many pieces as the segments need. */
static int lay_rows(struct cursor *c, uint32_t kind, uint32_t row0, uint32_t rows, uint32_t cpu)
{
	struct dmv_tab *t = &c->v->tab[kind];
	struct dmv_abi_extent *e;

	while (rows > 0) {
		uint32_t n;

		e = entry_new(c);
		if (!e)
			return DMV_BAD_CONFIG;
		c->used = (c->used + 7) & ~(size_t)7;
		while (c->used > c->v->cfg.segment[c->segment].bytes || room(c) < t->stride)
			if (!next_segment(c))
				return DMV_BAD_CONFIG;
		n = room(c) / t->stride < rows ? (uint32_t)(room(c) / t->stride) : rows;
		t->place[t->places++] = (struct dmv_place){
			(char *)c->v->cfg.segment[c->segment].va + c->used, row0, n };
		e->kind = kind;
		e->segment = c->segment;
		e->stride = t->stride;
		e->offset = c->used;
		e->row0 = row0;
		e->rows = n;
		e->cpu = cpu;
		e->type = DMV_ABI_E_EXTENT;
		publish(&c->dir->count, c->dir->count + 1);
		c->used += (size_t)n * t->stride;
		row0 += n;
		rows -= n;
	}
	return DMV_OK;
}

static int lay_tables(struct cursor *c)
{
	struct dmv *v = c->v;
	int err;

	for (uint32_t i = 1; i < v->cfg.segments; i++) {
		err = describe_segment(c, i);
		if (err)
			return err;
	}
	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++) {
		v->tab[k].stride = dmv_row_bytes(&v->cfg, (enum dmv_abi_kind)k);
		v->tab[k].rows = rows_of(&v->cfg, k);
		if (k == DMV_ABI_K_EVENT)
			for (uint32_t cpu = 0, n = v->cfg.rows[k]; cpu < v->cfg.cpus; cpu++) {
				err = lay_rows(c, k, cpu * n, n, cpu);
				if (err)
					return err;
			}
		else {
			err = lay_rows(c, k, 0, v->tab[k].rows, DMV_ABI_NONE);
			if (err)
				return err;
		}
	}
	return DMV_OK;
}

/* Directory and tables, in as many pieces as the segments need. */
int dmv_region_lay(struct dmv *v)
{
	struct cursor c = { .v = v, .used = DMV_ABI_PAGE };

	return dir_new(&c, 0) ? lay_tables(&c) : DMV_BAD_CONFIG;
}

/* ---- header ---- */

static void copy_text(char *to, size_t room_for, const char *from)
{
	for (size_t i = 0; from && from[i] && i + 1 < room_for; i++)
		to[i] = from[i];
}

void dmv_header_write(struct dmv *v)
{
	struct dmv_abi_header *h = v->header;
	const struct dmv_config *c = &v->cfg;

	h->bom = DMV_ABI_BOM;
	h->major = DMV_ABI_MAJOR;
	h->minor = DMV_ABI_MINOR;
	h->header_bytes = DMV_ABI_PAGE;
	h->page_bytes = c->page_bytes;
	h->address_bits = 8 * sizeof(void *);
	h->virt = (uintptr_t)h;
	h->phys = c->segment[0].phys;
	h->segment0_bytes = c->segment[0].bytes;
	h->region_id = c->region_id;
	memcpy(h->boot_id, c->boot_id, sizeof(h->boot_id));
	h->tick_hz = c->tick_hz;
	h->start_ticks = v->port.now ? v->port.now(v->port.host) : 0;
	h->start_unix_ns = c->start_unix_ns;
	h->ncpu = c->cpus;
	h->machine = c->machine;
	h->guard_fill = 0x0F;
	h->build_id_n = c->build_id ? (c->build_id_n < 32 ? c->build_id_n : 32) : 0;
	if (h->build_id_n)
		memcpy(h->build_id, c->build_id, h->build_id_n);
	copy_text(h->writer, sizeof(h->writer), c->writer);
	copy_text(h->version, sizeof(h->version), c->version);
	copy_text(h->release, sizeof(h->release), c->release);
	memcpy(h->tag, tag, 8);
	h->pid = c->pid;
	h->mode = c->mode;
	h->flags = c->flags;
	h->last_ticks = h->start_ticks;
	h->control_virt = c->control ? (uintptr_t)c->control->va : 0;
	h->control_bytes = c->control ? (uint32_t)c->control->bytes : 0;
}

/* Once the directory is laid: from here on the region can be found. */
void dmv_header_open(struct dmv_abi_header *h)
{
	h->checksum = dmv_crc32((const unsigned char *)h + 0x18, 0x200 - 0x18);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	dmv_store_bytes(h->magic, DMV_ABI_MAGIC, 8);
}
