/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Recipe to region. One statement a line, # begins a comment:
 *
 *   image VIRT BYTES [PHYS|unknown]   first: where the image lies; PHYS is VIRT if not given
 *   order little|big                  byte order of the writer
 *   bits 32|64                        width of its pointers
 *   region BYTES                      segment 0 is the image's first BYTES bytes
 *   header FIELD=VALUE ...            fields of the header; sensible ones are there already
 *   bugcheck FIELD=VALUE ...          of the bugcheck block
 *   segment NUMBER OFFSET BYTES       a further segment, at OFFSET of the image
 *   page [SEGMENT]                    begins the next directory page
 *   entry WORD ...                    a directory entry of raw 32-bit words
 *   table KIND ROWS [FIELD=VALUE ...] an extent; rows are laid behind what is there already;
 *                                     fields of the extent override (stride, row0, cpu, segment)
 *   row KIND ROW STATE [FIELD=VALUE]  a row of the last table of that kind
 *   description ROW FIELD=VALUE ...   the device description of an adapter
 *   fill ADDR BYTES VALUE             bytes anywhere in the image
 *   poke ADDR VALUE                   "text" or x:hex
 *   tombstone                         over the magic: the writer has ended
 *
 * VALUE: a number, - for all ones, ROW:GEN, "text", x:hex, or numbers with commas between them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dmv_abi.h"
#include "mkregion.h"

#define PAGE DMV_ABI_PAGE
#define SEGMENTS 16

struct maker {
	struct mkregion *m;
	size_t line;
	char *err;
	size_t nerr;
	uint64_t region_bytes;
	struct { uint64_t at, bytes, used; } seg[SEGMENTS];     /* offsets in the image */
	size_t dir;                                             /* page being filled */
	uint32_t dir_index;
	struct { size_t at; uint32_t row0, rows, stride; } table[DMV_ABI_K_COUNT];
	bool laid;
};

static const char *const kinds[DMV_ABI_K_COUNT] = {
	"none", "adapter", "file", "register", "list", "buffer", "vector", "channel", "violation",
	"event", "site", "string", "image", "driver", "cpu",
};

/* ---- fields, from the header's own list of offsets ---- */

static struct mkfield fields[512];
static size_t nfields;

static void field(const char *type, const char *name, size_t offset, size_t bytes, uint32_t width,
		  char kind)
{
	fields[nfields++] = (struct mkfield){ type + strlen("dmv_abi_"), name, (uint32_t)offset,
					      (uint32_t)bytes, width, kind };
}

#define WIDTH(x) _Generic((x), uint8_t *: 1, char *: 1, uint32_t *: 4, uint64_t *: 8, uint16_t: 2, \
	uint8_t: 1, uint32_t: 4, uint64_t: 8, default: 4)
#define KIND(x) _Generic((x), uint8_t *: 'b', char *: 'b', struct dmv_abi_ref: 'r', \
	struct dmv_abi_bugcheck: 'x', struct dmv_abi_description: 'x', default: 'n')

#undef DMV_ABI_AT
#undef DMV_ABI_SIZE
#define DMV_ABI_AT(s, f, o) \
	field(#s, #f, o, sizeof(((struct s *)0)->f), WIDTH(((struct s *)0)->f), \
	      KIND(((struct s *)0)->f))
#define DMV_ABI_SIZE(s, n) field(#s, "", n, 0, 0, 's')

static void list_fields(void)
{
#include "dmv_abi_offsets.h"
}

const struct mkfield *mkregion_fields(size_t *n)
{
	if (!nfields)
		list_fields();
	*n = nfields;
	return fields;
}

static const struct mkfield *find_field(const char *type, const char *name)
{
	size_t n;
	const struct mkfield *f = mkregion_fields(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(f[i].type, type) && !strcmp(f[i].name, name))
			return &f[i];
	return NULL;
}

static uint32_t size_of(const char *type)
{
	const struct mkfield *f = find_field(type, "");

	return f ? f->offset : 0;
}

/* ---- bytes ---- */

uint64_t mkregion_get(const struct mkregion *m, size_t at, uint32_t width)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < width; i++)
		v = v << 8 | m->bytes[at + (m->big ? i : width - 1 - i)];
	return v;
}

void mkregion_put(struct mkregion *m, size_t at, uint32_t width, uint64_t value)
{
	for (uint32_t i = 0; i < width; i++)
		m->bytes[at + (m->big ? width - 1 - i : i)] = (uint8_t)(value >> 8 * i);
}

void mkregion_seal(struct mkregion *m)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0x18; i < 0x200; i++) {
		crc ^= m->bytes[i];
		for (int b = 0; b < 8; b++)
			crc = crc >> 1 ^ (0xEDB88320u & (0 - (crc & 1)));
	}
	mkregion_put(m, offsetof(struct dmv_abi_header, checksum), 4, ~crc);
}

static int fail(struct maker *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct maker *k, const char *fmt, ...)
{
	int n = snprintf(k->err, k->nerr, "line %zu: ", k->line);
	va_list ap;

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < k->nerr)
		vsnprintf(k->err + n, k->nerr - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

static void mark(struct maker *k, size_t at, const char *type)
{
	struct mkregion *m = k->m;

	if (m->nplace == sizeof(m->place) / sizeof(m->place[0]))
		return;
	m->place[m->nplace].at = at;
	snprintf(m->place[m->nplace++].type, sizeof(m->place[0].type), "%s", type);
}

/* ---- values ---- */

static bool number(const char *s, uint64_t *ret)
{
	char *end;

	if (!strcmp(s, "-")) {
		*ret = UINT64_MAX;
		return true;
	}
	errno = 0;
	*ret = strtoull(s, &end, 0);
	return end != s && !*end && !errno;
}

/* "text" or x:hex; -1: neither. */
static long bytes_of(const char *s, uint8_t *out, size_t room)
{
	size_t n = strlen(s);

	if (s[0] == '"' && n >= 2 && s[n - 1] == '"' && n - 2 <= room) {
		memcpy(out, s + 1, n - 2);
		return (long)n - 2;
	}
	if (strncmp(s, "x:", 2) || n % 2 || n / 2 - 1 > room)
		return -1;
	for (size_t i = 2; i < n; i += 2) {
		unsigned int byte;

		if (sscanf(s + i, "%2x", &byte) != 1)
			return -1;
		out[i / 2 - 1] = (uint8_t)byte;
	}
	return (long)n / 2 - 1;
}

/* Numbers with commas; `room` bytes from `at`. How many, or -1. */
static long put_numbers(struct maker *k, size_t at, size_t room, uint32_t width, char *s)
{
	long n = 0;

	for (char *save, *w = strtok_r(s, ",", &save); w; w = strtok_r(NULL, ",", &save), n++) {
		uint64_t v;

		if (!number(w, &v) || (size_t)(n + 1) * width > room)
			return -1;
		mkregion_put(k->m, at + (size_t)n * width, width, v);
	}
	return n;
}

/* FIELD=VALUE into the struct at `at`, of which `room` bytes are there. */
static int assign(struct maker *k, const char *type, size_t at, size_t room, char *word)
{
	char *value = strchr(word, '=');
	const struct mkfield *f;
	size_t rest, last;
	uint64_t row, gen;
	long n;

	if (!value)
		return fail(k, "%s is not FIELD=VALUE", word);
	*value++ = 0;
	f = find_field(type, word);
	if (!f || f->kind == 'x')
		return fail(k, "%s has no field %s", type, word);
	if (f->offset + f->width > room)
		return fail(k, "%s: the row is too short for %s", type, word);
	/* Text of a string and frames of a site run to the end of the row. */
	last = strcmp(word, "text") && strcmp(word, "frame") ? f->offset + f->bytes : room;
	rest = (last < room ? last : room) - f->offset;
	if (f->kind == 'r') {
		char *colon = strchr(value, ':');

		if (colon)
			*colon++ = 0;
		if (!number(value, &row) || (colon && !number(colon, &gen)))
			return fail(k, "%s is not ROW:GEN", value);
		mkregion_put(k->m, at + f->offset, 4, row);
		mkregion_put(k->m, at + f->offset + 4, 4, colon ? gen : 0);
		return 0;
	}
	if (f->kind == 'b')
		memset(k->m->bytes + at + f->offset, 0, rest);
	if (f->kind == 'b')
		n = bytes_of(value, k->m->bytes + at + f->offset, rest);
	else
		n = put_numbers(k, at + f->offset, rest, f->width, value);
	if (n < 0)
		return fail(k, "%s.%s: bad value %s", type, word, value);
	if (!strcmp(word, "text"))
		mkregion_put(k->m, at + offsetof(struct dmv_abi_string, length), 4, (uint64_t)n);
	if (!strcmp(word, "frame"))
		mkregion_put(k->m, at + offsetof(struct dmv_abi_site, depth), 4, (uint64_t)n);
	return 0;
}

static int assign_all(struct maker *k, const char *type, size_t at, size_t room, char **w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (assign(k, type, at, room, w[i]))
			return -1;
	return 0;
}

/* ---- statements ---- */

static int kind_of(const char *s)
{
	for (int i = 1; i < DMV_ABI_K_COUNT; i++)
		if (!strcmp(s, kinds[i]))
			return i;
	return -1;
}

static int open_dir(struct maker *k, uint32_t segment)
{
	struct mkregion *m = k->m;
	size_t at;

	k->seg[segment].used = (k->seg[segment].used + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	if (k->seg[segment].used + PAGE > k->seg[segment].bytes)
		return fail(k, "no room for a directory page");
	at = (size_t)(k->seg[segment].at + k->seg[segment].used);
	memcpy(m->bytes + at, DMV_ABI_DIR_MAGIC, 8);
	mkregion_put(m, at + offsetof(struct dmv_abi_dir, index), 4, k->dir_index++);
	mkregion_put(m, at + offsetof(struct dmv_abi_dir, region_id), 8,
		     mkregion_get(m, offsetof(struct dmv_abi_header, region_id), 8));
	mkregion_put(m, at + offsetof(struct dmv_abi_dir, entry_bytes), 4, 64);
	mkregion_put(m, at + offsetof(struct dmv_abi_dir, capacity), 4, (PAGE - 64) / 64);
	mkregion_put(m, at + offsetof(struct dmv_abi_dir, next_segment), 4, DMV_ABI_NONE);
	if (k->dir) {
		mkregion_put(m, k->dir + offsetof(struct dmv_abi_dir, next_segment), 4, segment);
		mkregion_put(m, k->dir + offsetof(struct dmv_abi_dir, next_offset), 8,
			     k->seg[segment].used);
	} else {
		mkregion_put(m, offsetof(struct dmv_abi_header, dir_offset), 8,
			     k->seg[segment].used);
	}
	k->dir = at;
	k->seg[segment].used += PAGE;
	mark(k, at, "dir");
	return 0;
}

/* Header and first directory page, once order, bits and size are known. */
static int lay(struct maker *k)
{
	struct mkregion *m = k->m;
	char text[] = "writer=\"mkregion\"", version[] = "version=\"1\"",
	     tag[] = "tag=\"DmaVrfy0\"";
	char *words[] = { text, version, tag };
	static const struct { size_t at; uint32_t width; uint64_t v; } init[] = {
		{ offsetof(struct dmv_abi_header, bom), 4, DMV_ABI_BOM },
		{ offsetof(struct dmv_abi_header, major), 2, DMV_ABI_MAJOR },
		{ offsetof(struct dmv_abi_header, minor), 2, DMV_ABI_MINOR },
		{ offsetof(struct dmv_abi_header, header_bytes), 4, DMV_ABI_PAGE },
		{ offsetof(struct dmv_abi_header, page_bytes), 4, 4096 },
		{ offsetof(struct dmv_abi_header, region_id), 8, 0x77 },
		{ offsetof(struct dmv_abi_header, tick_hz), 8, 1000 },
		{ offsetof(struct dmv_abi_header, ncpu), 4, 1 },
		{ offsetof(struct dmv_abi_header, guard_fill), 4, 0x0F },
	};

	if (k->laid)
		return 0;
	if (!m->bytes)
		return fail(k, "`image` comes first");
	k->laid = true;
	if (!k->region_bytes)
		k->region_bytes = m->n;
	k->seg[0].bytes = k->region_bytes;
	k->seg[0].used = PAGE;
	memcpy(m->bytes, DMV_ABI_MAGIC, 8);
	for (size_t i = 0; i < sizeof(init) / sizeof(init[0]); i++)
		mkregion_put(m, init[i].at, init[i].width, init[i].v);
	mkregion_put(m, offsetof(struct dmv_abi_header, address_bits), 4, m->bits);
	mkregion_put(m, offsetof(struct dmv_abi_header, virt), 8, m->virt);
	mkregion_put(m, offsetof(struct dmv_abi_header, phys), 8, m->phys);
	mkregion_put(m, offsetof(struct dmv_abi_header, segment0_bytes), 8, k->region_bytes);
	mark(k, 0, "header");
	mark(k, offsetof(struct dmv_abi_header, bugcheck), "bugcheck");
	return assign_all(k, "header", 0, PAGE, words, 3) || open_dir(k, 0);
}

static int entry(struct maker *k, size_t *at, const char *type)
{
	uint64_t count = mkregion_get(k->m, k->dir + offsetof(struct dmv_abi_dir, count), 4);

	if (count >= (PAGE - 64) / 64)
		return fail(k, "the directory page is full: use `page`");
	*at = k->dir + 64 + (size_t)count * 64;
	mkregion_put(k->m, k->dir + offsetof(struct dmv_abi_dir, count), 4, count + 1);
	mark(k, *at, type);
	return 0;
}

static int st_image(struct maker *k, char **w, size_t n)
{
	uint64_t virt, bytes, phys;

	if (n < 2 || !number(w[0], &virt) || !number(w[1], &bytes) || !bytes || bytes > 1u << 28 ||
	    bytes % PAGE || k->m->bytes)
		return fail(k, "image VIRT BYTES [PHYS|unknown]");
	phys = virt;
	if (n > 2 && strcmp(w[2], "unknown") && !number(w[2], &phys))
		return fail(k, "bad physical address %s", w[2]);
	k->m->virt = virt;
	k->m->phys = n > 2 && !strcmp(w[2], "unknown") ? DMV_ABI_UNKNOWN : phys;
	k->m->n = (size_t)bytes;
	k->m->bytes = calloc(1, k->m->n);
	return k->m->bytes ? 0 : fail(k, "no memory");
}

static int st_segment(struct maker *k, char **w, size_t n)
{
	uint64_t v[3];
	size_t at;

	for (int i = 0; i < 3; i++)
		if (n != 3 || !number(w[i], &v[i]))
			return fail(k, "segment NUMBER OFFSET BYTES");
	if (v[0] >= SEGMENTS || v[1] > k->m->n || v[2] > k->m->n - v[1] || entry(k, &at, "segment"))
		return fail(k, "bad segment");
	k->seg[v[0]].at = v[1];
	k->seg[v[0]].bytes = v[2];
	mkregion_put(k->m, at, 4, DMV_ABI_E_SEGMENT);
	mkregion_put(k->m, at + offsetof(struct dmv_abi_segment, number), 4, v[0]);
	mkregion_put(k->m, at + offsetof(struct dmv_abi_segment, virt), 8, k->m->virt + v[1]);
	mkregion_put(k->m, at + offsetof(struct dmv_abi_segment, phys), 8,
		     k->m->phys == DMV_ABI_UNKNOWN ? DMV_ABI_UNKNOWN : k->m->phys + v[1]);
	mkregion_put(k->m, at + offsetof(struct dmv_abi_segment, bytes), 8, v[2]);
	return 0;
}

static uint32_t default_stride(int kind)
{
	if (kind == DMV_ABI_K_STRING)
		return 64;
	if (kind == DMV_ABI_K_SITE)
		return 48;
	return size_of(kinds[kind]);
}

#define EXTENT(field) offsetof(struct dmv_abi_extent, field)

static int st_table(struct maker *k, char **w, size_t n)
{
	int kind = n < 2 ? -1 : kind_of(w[0]);
	uint64_t rows, segment, stride;
	struct mkregion *m = k->m;
	size_t at;

	if (kind < 0 || !number(w[1], &rows) || entry(k, &at, "extent"))
		return fail(k, "table KIND ROWS [FIELD=VALUE ...]");
	mkregion_put(m, at, 4, DMV_ABI_E_EXTENT);
	mkregion_put(m, at + EXTENT(kind), 4, (uint64_t)kind);
	mkregion_put(m, at + EXTENT(stride), 4, default_stride(kind));
	mkregion_put(m, at + EXTENT(rows), 4, rows);
	mkregion_put(m, at + EXTENT(row0), 4, k->table[kind].row0 + k->table[kind].rows);
	mkregion_put(m, at + EXTENT(cpu), 4, DMV_ABI_NONE);
	if (assign_all(k, "extent", at, 64, w + 2, n - 2))
		return -1;
	segment = mkregion_get(m, at + EXTENT(segment), 4);
	stride = mkregion_get(m, at + EXTENT(stride), 4);
	if (segment >= SEGMENTS || k->seg[segment].used > k->seg[segment].bytes ||
	    rows * stride > k->seg[segment].bytes - k->seg[segment].used)
		return fail(k, "no room for the table in segment %llu",
			    (unsigned long long)segment);
	mkregion_put(m, at + EXTENT(offset), 8, k->seg[segment].used);
	k->table[kind].at = (size_t)(k->seg[segment].at + k->seg[segment].used);
	k->table[kind].row0 = (uint32_t)mkregion_get(m, at + EXTENT(row0), 4);
	k->table[kind].rows = (uint32_t)rows;
	k->table[kind].stride = (uint32_t)stride;
	k->seg[segment].used += rows * stride;
	return 0;
}

static int row_at(struct maker *k, int kind, const char *word, size_t *ret)
{
	uint64_t row;

	if (kind < 0 || !number(word, &row) || row < k->table[kind].row0 ||
	    row - k->table[kind].row0 >= k->table[kind].rows)
		return fail(k, "no such row");
	*ret = k->table[kind].at + (size_t)(row - k->table[kind].row0) * k->table[kind].stride;
	return 0;
}

static int st_row(struct maker *k, char **w, size_t n)
{
	static const char *const states[] = { "FREE", "WRITING", "LIVE", "HISTORY" };
	int kind = n < 3 ? -1 : kind_of(w[0]);
	uint64_t state = 0;
	size_t at;

	if (kind < 0 || row_at(k, kind, w[1], &at))
		return fail(k, "row KIND ROW STATE [FIELD=VALUE ...]");
	while (state < 4 && strcmp(w[2], states[state]))
		state++;
	if (state == 4 && !number(w[2], &state))
		return fail(k, "no state %s", w[2]);
	mkregion_put(k->m, at, 4, state);
	mkregion_put(k->m, at + 4, 4, 1);
	mark(k, at, kinds[kind]);
	return assign_all(k, kinds[kind], at, k->table[kind].stride, w + 3, n - 3);
}

static int st_description(struct maker *k, char **w, size_t n)
{
	size_t at;

	if (!n || row_at(k, DMV_ABI_K_ADAPTER, w[0], &at))
		return fail(k, "description ROW FIELD=VALUE ...");
	at += offsetof(struct dmv_abi_adapter, description);
	mark(k, at, "description");
	return assign_all(k, "description", at, sizeof(struct dmv_abi_description), w + 1, n - 1);
}

static int st_bytes(struct maker *k, char **w, size_t n, bool fill)
{
	uint64_t addr, bytes, value;
	size_t at, room;

	if (n != (fill ? 3 : 2) || !number(w[0], &addr) || addr < k->m->virt ||
	    addr - k->m->virt > k->m->n)
		return fail(k, "an address inside the image is missing");
	at = (size_t)(addr - k->m->virt);
	room = k->m->n - at;
	if (!fill)
		return bytes_of(w[1], k->m->bytes + at, room) < 0 ? fail(k, "bad bytes %s", w[1])
								  : 0;
	if (!number(w[1], &bytes) || !number(w[2], &value) || bytes > room)
		return fail(k, "fill ADDR BYTES VALUE");
	memset(k->m->bytes + at, (int)value, (size_t)bytes);
	return 0;
}

static int st_entry(struct maker *k, char **w, size_t n)
{
	size_t at;
	uint64_t v;

	if (entry(k, &at, "entry"))
		return -1;
	for (size_t i = 0; i < n && i < 16; i++) {
		if (!number(w[i], &v))
			return fail(k, "entry WORD ...");
		mkregion_put(k->m, at + 4 * i, 4, v);
	}
	return 0;
}

static int settings(struct maker *k, const char *what, char **w, size_t n, bool *mine)
{
	uint64_t v = 0;

	*mine = true;
	if (!strcmp(what, "image"))
		return st_image(k, w, n);
	if (!strcmp(what, "order")) {
		k->m->big = n && !strcmp(w[0], "big");
		return n && (k->m->big || !strcmp(w[0], "little")) ? 0
								   : fail(k, "order little|big");
	}
	*mine = !strcmp(what, "bits") || !strcmp(what, "region");
	if (!*mine)
		return 0;
	if (n != 1 || !number(w[0], &v))
		return fail(k, "%s NUMBER", what);
	if (!strcmp(what, "bits")) {
		k->m->bits = (uint32_t)v;
		return 0;
	}
	k->region_bytes = v;
	return v > k->m->n ? fail(k, "the region is larger than the image") : 0;
}

static int statement(struct maker *k, char **w, size_t n)
{
	const char *what = w[0];
	uint64_t segment = 0;
	bool mine;
	int c = settings(k, what, w + 1, n - 1, &mine);

	if (mine || c)
		return c;
	if (lay(k))
		return -1;
	w++;
	n--;
	if (!strcmp(what, "header"))
		return assign_all(k, "header", 0, PAGE, w, n);
	if (!strcmp(what, "bugcheck"))
		return assign_all(k, "bugcheck", offsetof(struct dmv_abi_header, bugcheck),
				  sizeof(struct dmv_abi_bugcheck), w, n);
	if (!strcmp(what, "segment"))
		return st_segment(k, w, n);
	if (!strcmp(what, "page"))
		return n && (!number(w[0], &segment) || segment >= SEGMENTS)
			       ? fail(k, "page [SEGMENT]")
			       : open_dir(k, (uint32_t)segment);
	if (!strcmp(what, "entry"))
		return st_entry(k, w, n);
	if (!strcmp(what, "table"))
		return st_table(k, w, n);
	if (!strcmp(what, "row"))
		return st_row(k, w, n);
	if (!strcmp(what, "description"))
		return st_description(k, w, n);
	if (!strcmp(what, "fill") || !strcmp(what, "poke"))
		return st_bytes(k, w, n, what[0] == 'f');
	if (!strcmp(what, "tombstone") && !n) {
		memcpy(k->m->bytes, DMV_ABI_TOMBSTONE, 8);
		return 0;
	}
	return fail(k, "unknown statement %s", what);
}

/* Words are separated by blanks outside quotes. */
static size_t split(char *line, char **w, size_t max)
{
	size_t n = 0;
	bool quoted = false, in = false;

	for (char *p = line; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == '#' && !quoted) {
			*p = 0;
			break;
		}
		if (!quoted && (*p == ' ' || *p == '\t')) {
			*p = 0;
			in = false;
		} else if (!in && n < max) {
			w[n++] = p;
			in = true;
		}
	}
	return n;
}

static int make(struct maker *k, char *text)
{
	char *words[64], *next;

	for (char *line = text; line; line = next) {
		size_t n;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		k->line++;
		n = split(line, words, 64);
		if (n && statement(k, words, n))
			return -1;
	}
	if (lay(k))
		return -1;
	/* The recipe may have named the region after its directory was begun. */
	for (size_t i = 0; i < k->m->nplace; i++)
		if (!strcmp(k->m->place[i].type, "dir"))
			mkregion_put(
				k->m, k->m->place[i].at + offsetof(struct dmv_abi_dir, region_id),
				8,
				mkregion_get(k->m, offsetof(struct dmv_abi_header, region_id), 8));
	mkregion_seal(k->m);
	return 0;
}

int mkregion_make(const char *recipe, struct mkregion *ret, char *err, size_t nerr)
{
	struct mkregion m = { .bits = 64 };
	struct maker k = { .m = &m, .err = err, .nerr = nerr };
	char *text = strdup(recipe);
	int c = text ? make(&k, text) : fail(&k, "no memory");

	free(text);
	if (c)
		mkregion_free(&m);
	else
		*ret = m;
	return c;
}

int mkregion_load(const char *path, struct mkregion *ret, char *err, size_t nerr)
{
	static char text[1 << 18];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f) {
		snprintf(err, nerr, "%s: %s", path, strerror(errno));
		return -1;
	}
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	return mkregion_make(text, ret, err, nerr);
}

void mkregion_free(struct mkregion *m)
{
	free(m->bytes);
	m->bytes = NULL;
}
