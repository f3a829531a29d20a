/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Building and ending a region: sizes, segments, directory, tables, drivers, images. */
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

static const uint32_t book_bytes[DMV_ABI_K_COUNT] = {
	[DMV_ABI_K_ADAPTER] = sizeof(struct dmv_adapter),
	[DMV_ABI_K_FILE] = sizeof(struct dmv_file),
	[DMV_ABI_K_REGISTER] = sizeof(struct dmv_register),
	[DMV_ABI_K_LIST] = sizeof(struct dmv_list),
	[DMV_ABI_K_BUFFER] = sizeof(struct dmv_buffer),
	[DMV_ABI_K_CHANNEL] = sizeof(struct dmv_channel),
	[DMV_ABI_K_DRIVER] = sizeof(struct dmv_driver_book),
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

uint32_t dmv_book_bytes(enum dmv_abi_kind kind)
{
	return book_bytes[kind] + 4;            /* and a link of its free queue */
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

/* ---- books: laid out twice, once to measure, once for real ---- */

struct carver {
	char *base;                             /* NULL: only measures */
	size_t used;
};

static void *carve(struct carver *c, size_t n, size_t size)
{
	void *p;

	c->used += (size_t)(0 - ((uintptr_t)c->base + c->used)) & 63;
	p = c->base ? c->base + c->used : NULL;
	c->used += n * size;
	return p;
}

static uint32_t log2_above(uint32_t n)
{
	uint32_t bits = 1;

	while (bits < 31 && (UINT32_C(1) << bits) < n)
		bits++;
	return bits;
}

static void hash_lay(struct carver *c, struct dmv_hash *h, uint32_t n)
{
	const uint32_t bits = log2_above(n) + 1;

	h->shift = 64 - bits;
	h->bucket = carve(c, (size_t)1 << bits, sizeof(uint32_t));
}

static void hash_clear(struct dmv_hash *h)
{
	memset(h->bucket, 0xFF, ((size_t)1 << (64 - h->shift)) * sizeof(uint32_t));
}

/* Shadow memories are one row of pages, with a page that is always taken between two of them. */
static uint32_t shadow_pages(const struct dmv_config *c)
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->shadows; i++)
		n += c->shadow[i].bytes / c->page_bytes + 1;
	return (uint32_t)n;
}

static void runs_lay(struct carver *c, struct dmv_runs *r, uint32_t units)
{
	r->units = units;
	r->word = carve(c, units / 32 + 1, sizeof(uint32_t));
}

static bool has_fifo(uint32_t kind)
{
	return kind != DMV_ABI_K_REGISTER && kind != DMV_ABI_K_EVENT && kind != DMV_ABI_K_CPU;
}

static void lay_out(struct carver *c, struct dmv *v, const struct dmv_config *cfg)
{
	const uint32_t *rows = cfg->rows;
	const uint32_t shadow = shadow_pages(cfg);

	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++) {
		/* each segment may end a piece of a table, each ring is a piece of its own */
		const uint32_t rings = k == DMV_ABI_K_EVENT ? cfg->cpus : 1;

		v->tab[k].place = carve(c, cfg->segments + rings, sizeof(struct dmv_place));
		if (has_fifo(k))
			v->fifo[k].next = carve(c, rows[k], sizeof(uint32_t));
	}
	v->adapter = carve(c, rows[DMV_ABI_K_ADAPTER], sizeof(*v->adapter));
	v->file = carve(c, rows[DMV_ABI_K_FILE], sizeof(*v->file));
	v->reg = carve(c, rows[DMV_ABI_K_REGISTER], sizeof(*v->reg));
	v->list = carve(c, rows[DMV_ABI_K_LIST], sizeof(*v->list));
	v->buffer = carve(c, rows[DMV_ABI_K_BUFFER], sizeof(*v->buffer));
	v->channel = carve(c, rows[DMV_ABI_K_CHANNEL], sizeof(*v->channel));
	v->driver = carve(c, rows[DMV_ABI_K_DRIVER], sizeof(*v->driver));
	hash_lay(c, &v->pages, rows[DMV_ABI_K_REGISTER]);
	hash_lay(c, &v->lists, rows[DMV_ABI_K_LIST]);
	hash_lay(c, &v->buffers, rows[DMV_ABI_K_BUFFER]);
	hash_lay(c, &v->sites, rows[DMV_ABI_K_SITE]);
	v->event_next = carve(c, cfg->cpus, sizeof(uint32_t));
	runs_lay(c, &v->registers, rows[DMV_ABI_K_REGISTER]);
	runs_lay(c, &v->shadow, shadow);
	v->shadow_va = carve(c, shadow, sizeof(*v->shadow_va));
	v->shadow_phys = carve(c, shadow, sizeof(*v->shadow_phys));
}

size_t dmv_books_bytes(const struct dmv_config *c)
{
	struct carver m = { NULL, sizeof(struct dmv) };
	struct dmv scratch;

	lay_out(&m, &scratch, c);
	/* they may begin at any multiple of 16, each table of them at one of 64 */
	return (m.used + 48 + 63) & ~(size_t)63;
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

/* ---- header ---- */

static uint32_t crc32(const unsigned char *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
	}
	return ~crc;
}

static void copy_text(char *to, size_t room_for, const char *from)
{
	for (size_t i = 0; from && from[i] && i + 1 < room_for; i++)
		to[i] = from[i];
}

static void write_header(struct dmv *v)
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
}

/* Once the directory is laid: from here on the region can be found. */
static void open_header(struct dmv_abi_header *h)
{
	h->checksum = crc32((const unsigned char *)h + 0x18, 0x200 - 0x18);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	dmv_store_bytes(h->magic, DMV_ABI_MAGIC, 8);
}

/* ---- start and end ---- */

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

static bool usable(const struct dmv_port *port, const struct dmv_config *c)
{
	if (!port->lock || !port->unlock || !port->violation || !port->pages_alloc || !port->pages_free)
		return false;
	if (c->cpus == 0 || c->cpus > 65536 || c->stack_depth == 0 || c->stack_depth > 32)
		return false;
	if (!power_of_two(c->page_bytes) || c->page_bytes < 4096 || c->string_bytes % 8)
		return false;
	if (c->rows[DMV_ABI_K_EVENT] && !power_of_two(c->rows[DMV_ABI_K_EVENT]))
		return false;
	if (!c->rows[DMV_ABI_K_ADAPTER] || !c->rows[DMV_ABI_K_DRIVER])
		return false;           /* the master adapter and the nameless driver */
	for (uint32_t i = 0; i < c->segments; i++)
		if (!c->segment[i].va || c->segment[i].bytes % DMV_ABI_PAGE ||
		    (uintptr_t)c->segment[i].va % DMV_ABI_PAGE)
			return false;
	/* the header and the first directory page stand in segment 0 */
	return c->segments && c->segment[0].bytes >= 2 * DMV_ABI_PAGE &&
	       c->books && c->books_bytes >= dmv_books_bytes(c);
}

static void fifos_fill(struct dmv *v)
{
	for (uint32_t k = 1; k < DMV_ABI_K_COUNT; k++) {
		v->fifo[k].head = v->fifo[k].tail = DMV_ABI_NONE;
		for (uint32_t i = 0; has_fifo(k) && i < v->cfg.rows[k]; i++)
			dmv_fifo_give(&v->fifo[k], i);
	}
}

static void shadow_fill(struct dmv *v)
{
	const uint32_t page = v->page;
	uint32_t n = 0;

	v->shadow.free = v->shadow.units;
	for (uint32_t i = 0; i < v->cfg.shadows; i++) {
		const struct dmv_memory *m = &v->cfg.shadow[i];

		memset(m->va, 0x0F, m->bytes / page * page);
		for (size_t at = 0; at + page <= m->bytes; at += page, n++) {
			v->shadow_va[n] = (const char *)m->va + at;
			v->shadow_phys[n] = m->phys == DMV_ABI_UNKNOWN ? m->phys : m->phys + at;
		}
		v->shadow.word[n / 32] |= 1u << (n % 32);
		v->shadow.free--;
		n++;
	}
}

static int books_start(struct dmv *v)
{
	const struct dmv_config *c = &v->cfg;

	fifos_fill(v);
	v->registers.free = v->registers.units;
	shadow_fill(v);
	hash_clear(&v->pages);
	hash_clear(&v->lists);
	hash_clear(&v->buffers);
	hash_clear(&v->sites);
	v->wait_head = v->wait_tail = DMV_ABI_NONE;
	v->last_site = DMV_ABI_NONE;            /* of caller 0: the verifier itself */
	v->last_site = DMV_ABI_NONE;
	for (uint32_t i = 0; i < c->rows[DMV_ABI_K_REGISTER]; i++)
		v->reg[i].row = dmv_row(&v->tab[DMV_ABI_K_REGISTER], i);
	for (uint32_t i = 0; i < c->cpus; i++)
		((struct row_head *)dmv_row(&v->tab[DMV_ABI_K_CPU], i))->state = DMV_ABI_LIVE;
	return dmv_driver_load(v, NULL, 0, 0, DMV_ABI_D_VERIFY | DMV_ABI_D_SHADOW, 0, &(uint32_t){ 0 });
}

int dmv_init(const struct dmv_port *port, const struct dmv_config *cfg, struct dmv **ret)
{
	struct carver carver = { cfg->books, sizeof(struct dmv) };
	struct cursor cursor = { 0 };
	struct dmv *v = cfg->books;
	int err;

	if (!usable(port, cfg))
		return DMV_BAD_CONFIG;
	memset(cfg->books, 0, cfg->books_bytes);
	for (uint32_t i = 0; i < cfg->segments; i++)
		memset(cfg->segment[i].va, 0, cfg->segment[i].bytes);
	v->port = *port;
	v->cfg = *cfg;
	v->page = cfg->page_bytes;
	v->page_shift = log2_above(cfg->page_bytes);
	v->mode = cfg->mode;
	v->flags = cfg->flags;
	lay_out(&carver, v, cfg);
	v->header = cfg->segment[0].va;
	cursor = (struct cursor){ .v = v, .used = DMV_ABI_PAGE };
	if (!dir_new(&cursor, 0))
		return DMV_BAD_CONFIG;
	err = lay_tables(&cursor);
	if (!err) {
		write_header(v);
		err = books_start(v);
	}
	if (!err)
		err = dmv_adapter_new(v, NULL, 0, &(struct dmv_adapter *){ NULL });
	if (err)
		return err;
	open_header(v->header);
	*ret = v;
	return DMV_OK;
}

/* One step of the search for what a driver, or everybody, left behind. */
static struct dmv_adapter *left_behind(struct dmv *v, uint32_t driver, uint32_t from)
{
	for (uint32_t i = from; i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++) {
		struct dmv_adapter *a = &v->adapter[i];

		if (a->known && !a->released && !(a->flags & DMV_ABI_A_MASTER) &&
		    (driver == DMV_ABI_NONE || a->driver == driver))
			return a;
	}
	return NULL;
}

/* One call an adapter, so that no report is lost and the lock is held for short. */
static void report_left(struct dmv *v, uint32_t driver, uint64_t caller)
{
	struct dmv_adapter *a;

	for (uint32_t from = 0; (a = left_behind(v, driver, from)) != NULL; from = a->index + 1) {
		struct dmv_call c;
		const struct dmv_object obj = { DMV_ABI_K_ADAPTER, a->index, a->row->gen, a->owner,
						a->row->time };

		dmv_enter(&c, v, caller, DMV_ABI_OP_DRIVER_UNLOAD, a);
		dmv_raise(&c, DMV_V_ADAPTER_LEAK, a, &obj, NULL, (uintptr_t)a, a->owner_address,
			  (uintptr_t)a->row);
		dmv_leave(&c);
	}
}

void dmv_fini(struct dmv *v)
{
	uint32_t end;

	report_left(v, DMV_ABI_NONE, (uintptr_t)__builtin_return_address(0));
	memcpy(&end, &DMV_ABI_TOMBSTONE[4], sizeof(end));
	v->port.lock(v->port.host);
	publish((uint32_t *)(void *)&v->header->magic[4], end);
	v->port.unlock(v->port.host);
}

struct dmv_abi_header *dmv_header(struct dmv *v)
{
	return v->header;
}

/* ---- switches ---- */

void dmv_set_mode(struct dmv *v, enum dmv_abi_mode mode)
{
	v->port.lock(v->port.host);
	v->mode = mode;
	st32(&v->header->mode, mode);
	v->port.unlock(v->port.host);
}

void dmv_set_flags(struct dmv *v, uint32_t flags)
{
	v->port.lock(v->port.host);
	v->flags = flags;
	st32(&v->header->flags, flags);
	v->port.unlock(v->port.host);
}

void dmv_rule_set(struct dmv *v, enum dmv_rule rule, bool on)
{
	const uint32_t word = (uint32_t)rule / 32, bit = UINT32_C(1) << (rule % 32);

	v->port.lock(v->port.host);
	v->rules_off[word] = on ? v->rules_off[word] & ~bit : v->rules_off[word] | bit;
	st32(&v->header->rules_off[word], v->rules_off[word]);
	v->port.unlock(v->port.host);
}

/* ---- images and drivers ---- */

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static void set_string(struct dmv *v, struct dmv_abi_ref *to, const char *s)
{
	const uint32_t row = s ? dmv_string(v, s, length(s)) : DMV_ABI_NONE;

	dmv_ref_set(to, row, row == DMV_ABI_NONE ? 0 : 1);
}

int dmv_image_add(struct dmv *v, const char *name, uint64_t base, uint64_t bytes,
		  const uint8_t *build_id, uint32_t build_id_n)
{
	struct dmv_abi_image *row;
	uint32_t index;

	if (build_id_n > sizeof(row->build_id))
		build_id_n = sizeof(row->build_id);
	v->port.lock(v->port.host);
	row = dmv_take(v, DMV_ABI_K_IMAGE, &index);
	if (row) {
		st64(&row->base, base);
		st64(&row->bytes, bytes);
		set_string(v, &row->name, name);
		st32(&row->build_id_n, build_id ? build_id_n : 0);
		if (build_id)
			dmv_store_bytes(row->build_id, build_id, build_id_n);
		dmv_live(v, DMV_ABI_K_IMAGE, row);
	}
	v->port.unlock(v->port.host);
	return row ? DMV_OK : DMV_NO_MEMORY;
}

int dmv_driver_load(struct dmv *v, const char *name, uint64_t base, uint64_t bytes,
		    uint32_t options, uint32_t hook_quota, uint32_t *ret)
{
	struct dmv_abi_driver *row;
	uint32_t index;

	if (hook_quota == 0)
		hook_quota = v->cfg.hook_quota;
	v->port.lock(v->port.host);
	row = dmv_take(v, DMV_ABI_K_DRIVER, &index);
	if (row) {
		v->driver[index] = (struct dmv_driver_book){ .row = row, .options = options,
							     .quota = hook_quota, .known = true };
		set_string(v, &row->name, name);
		st32(&row->options, options);
		st32(&row->hook_quota, hook_quota);
		st32(&row->hooked, 0);
		st32(&row->adapters, 0);
		st64(&row->base, base);
		st64(&row->bytes, bytes);
		st64(&row->time, v->port.now ? v->port.now(v->port.host) : 0);
		st64(&row->unload_time, 0);
		dmv_live(v, DMV_ABI_K_DRIVER, row);
		*ret = index;
	}
	v->port.unlock(v->port.host);
	return row ? DMV_OK : DMV_NO_MEMORY;
}

void dmv_driver_unload(struct dmv *v, uint32_t driver, uint64_t caller)
{
	if (driver == 0 || driver >= v->cfg.rows[DMV_ABI_K_DRIVER] || !v->driver[driver].known)
		return;
	report_left(v, driver, caller);
	v->port.lock(v->port.host);
	st64(&v->driver[driver].row->unload_time, v->port.now ? v->port.now(v->port.host) : 0);
	v->driver[driver].known = false;
	/* Adapters it left still refer to this book: the last of them gives it back. */
	if (v->driver[driver].adapters)
		dmv_row_history(v, DMV_ABI_K_DRIVER, v->driver[driver].row);
	else
		dmv_retire(v, DMV_ABI_K_DRIVER, driver, v->driver[driver].row);
	v->port.unlock(v->port.host);
}
