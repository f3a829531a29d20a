/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * BTF, version 1. A header, then types of varying length one after the other (type 1 is the first),
 * then strings. One pass checks every length and remembers where each 64th type is; look-ups by
 * name are passes as well, a millisecond each. Types and strings of a module are numbered behind
 * those of the kernel.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "btf.h"
#include "mem_int.h"

enum {
	HEADER = 24,
	TYPE = 12,
	EVERY = 64,
	MAX_BYTES = 256 << 20,
	MAX_DEPTH = 32,                 /* of typedefs, and of unnamed members in each other */
	MAX_STEPS = 1 << 16,            /* members looked at for one path */
};

enum kind {
	K_INT = 1, K_PTR, K_ARRAY, K_STRUCT, K_UNION, K_ENUM, K_FWD, K_TYPEDEF, K_VOLATILE, K_CONST,
	K_RESTRICT, K_FUNC, K_FUNC_PROTO, K_VAR, K_DATASEC, K_FLOAT, K_DECL_TAG, K_TYPE_TAG,
	K_ENUM64, K_LAST = K_ENUM64,
};

/* Bytes behind the common ones: fixed, and for each of vlen. */
static const struct {
	uint8_t fixed, each;
} extra[K_LAST + 1] = {
	[K_INT] = { 4, 0 },     [K_ARRAY] = { 12, 0 },  [K_STRUCT] = { 0, 12 },
	[K_UNION] = { 0, 12 },  [K_ENUM] = { 0, 8 },    [K_FUNC_PROTO] = { 0, 8 },
	[K_VAR] = { 4, 0 },     [K_DATASEC] = { 0, 12 }, [K_DECL_TAG] = { 4, 0 },
	[K_ENUM64] = { 0, 12 },
};

struct dmv_btf {
	struct dmv_types types_of;      /* first */
	uint8_t *data;
	const struct dmv_btf *base;     /* of a module: the kernel's; borrowed */
	bool big_endian, cut;
	const uint8_t *types, *strings;
	size_t ntypes_bytes, nstrings;
	uint32_t n;                     /* types, numbered from first on */
	uint32_t first;
	uint32_t *mark;                 /* offset in types of type 1 + 64 * i */
	unsigned pointer_bytes;
};

/* A type as it stands there, borrowed. */
struct type {
	const uint8_t *p;               /* what follows the common part */
	const char *name;               /* "" if it has none */
	enum kind kind;
	uint32_t vlen, size;            /* size, or the type referred to */
	bool flag;
};

void dmv_btf_free(struct dmv_btf *b)
{
	if (!b)
		return;
	free(b->data);
	free(b->mark);
	free(b);
}

size_t dmv_btf_strings(const struct dmv_btf *b)
{
	return b->nstrings;
}

size_t dmv_btf_count(const struct dmv_btf *b, bool *cut)
{
	*cut = b->cut;
	return b->n;
}

static uint32_t u32(const struct dmv_btf *b, const uint8_t *p)
{
	return (uint32_t)dmv_get(p, 4, b->big_endian);
}

static const char *string(const struct dmv_btf *b, uint32_t off)
{
	if (b->base && off < b->base->nstrings)
		return string(b->base, off);
	if (b->base)
		off -= (uint32_t)b->base->nstrings;
	return off < b->nstrings ? (const char *)b->strings + off : "";
}

static void take(const struct dmv_btf *b, const uint8_t *p, struct type *t)
{
	uint32_t info = u32(b, p + 4);

	t->name = string(b, u32(b, p));
	t->kind = info >> 24 & 0x1f;
	t->vlen = info & 0xffff;
	t->flag = info >> 31;
	t->size = u32(b, p + 8);
	t->p = p + TYPE;
}

/* Length of the whole type; 0: it is of a kind we do not know. */
static size_t length(const struct type *t)
{
	if (t->kind < K_INT || t->kind > K_LAST)
		return 0;
	return TYPE + extra[t->kind].fixed + (size_t)t->vlen * extra[t->kind].each;
}

/* ---- loading ---- */

static enum dmv_code check_header(struct dmv_btf *b, size_t n, struct dmv_err *e)
{
	uint32_t hdr, type_off, type_len, str_off, str_len;

	if (n < HEADER)
		return dmv_fail(e, DMV_E_CORRUPT, "BTF: %zu bytes are no header", n);
	b->big_endian = b->data[0] == 0xeb;
	if (dmv_get(b->data, 2, b->big_endian) != 0xeb9f)
		return dmv_fail(e, DMV_E_CORRUPT, "BTF: no magic at its start");
	if (b->data[2] != 1)
		return dmv_fail(e, DMV_E_VERSION, "BTF: version %u is not known", b->data[2]);
	hdr = u32(b, b->data + 4);
	type_off = u32(b, b->data + 8);
	type_len = u32(b, b->data + 12);
	str_off = u32(b, b->data + 16);
	str_len = u32(b, b->data + 20);
	if (hdr < HEADER || hdr > n || type_off > n - hdr || type_len > n - hdr - type_off)
		return dmv_fail(e, DMV_E_CORRUPT,
				"BTF: types at 0x%" PRIx32 " of 0x%" PRIx32
				" bytes do not fit in 0x%zx", type_off, type_len, n);
	if (str_off > n - hdr || (!str_len && !b->base) || str_len > n - hdr - str_off)
		return dmv_fail(e, DMV_E_CORRUPT,
				"BTF: strings at 0x%" PRIx32 " of 0x%" PRIx32
				" bytes do not fit in 0x%zx", str_off, str_len, n);
	b->types = b->data + hdr + type_off;
	b->ntypes_bytes = type_len;
	b->strings = b->data + hdr + str_off;
	b->nstrings = str_len;
	if (str_len && b->strings[str_len - 1])
		return dmv_fail(e, DMV_E_CORRUPT, "BTF: the last string has no end");
	return DMV_E_OK;
}

/* A module's names that lie nowhere show that the base is another kernel's. */
static bool has_name(const struct dmv_btf *b, size_t off)
{
	return !b->base || u32(b, b->types + off) < b->base->nstrings + b->nstrings;
}

static enum dmv_code index_types(struct dmv_btf *b, struct dmv_err *e)
{
	size_t off = 0, len;
	struct type t;

	b->mark = calloc(b->ntypes_bytes / TYPE / EVERY + 1, sizeof(*b->mark));
	if (!b->mark)
		return dmv_fail(e, DMV_E_MEMORY, "no memory for types");
	for (; b->ntypes_bytes - off >= TYPE; off += len) {
		take(b, b->types + off, &t);
		len = length(&t);
		if (!len || len > b->ntypes_bytes - off || !has_name(b, off))
			break;
		if (b->n % EVERY == 0)
			b->mark[b->n / EVERY] = (uint32_t)off;
		b->n++;
		/* The one type whose size is that of a pointer everywhere. */
		if (t.kind == K_INT && !strcmp(t.name, "long unsigned int"))
			b->pointer_bytes = t.size == 4 ? 4 : 8;
	}
	b->cut = off != b->ntypes_bytes;
	if (b->base && b->cut)
		return dmv_fail(e, DMV_E_CORRUPT, "BTF: damaged, or a module's of another kernel");
	if (!b->n)
		return dmv_fail(e, DMV_E_CORRUPT, "BTF: the first type is damaged");
	return DMV_E_OK;
}

static const struct dmv_types_ops btf_ops;

/* The kernel's strings begin with the empty one; a module's go on behind them. */
static enum dmv_code check_base(const struct dmv_btf *b, struct dmv_err *e)
{
	if (!b->base && b->strings[0])
		return dmv_fail(e, DMV_E_NOTFOUND, "BTF: types of a module, which need the "
				"kernel's");
	if (b->base && (b->base->cut || b->base->base || b->base->big_endian != b->big_endian))
		return dmv_fail(e, DMV_E_CORRUPT, "BTF: the kernel's types, which a module's go on "
				"from, are damaged or another machine's");
	return DMV_E_OK;
}

enum dmv_code dmv_btf_new(uint8_t *data, size_t n, struct dmv_btf **ret, struct dmv_err *e)
{
	return dmv_btf_new_split(data, n, NULL, ret, e);
}

enum dmv_code dmv_btf_new_split(uint8_t *data, size_t n, const struct dmv_btf *base,
				struct dmv_btf **ret, struct dmv_err *e)
{
	struct dmv_btf *b = calloc(1, sizeof(*b));
	enum dmv_code code;

	if (!b) {
		free(data);
		return dmv_fail(e, DMV_E_MEMORY, "no memory for types");
	}
	b->types_of.ops = &btf_ops;
	b->data = data;
	b->base = base;
	b->first = base ? base->n + 1 : 1;
	b->pointer_bytes = base ? base->pointer_bytes : 8;
	code = n > MAX_BYTES ? dmv_fail(e, DMV_E_CORRUPT, "BTF: %zu bytes are too many", n) :
			       check_header(b, n, e);
	if (!code)
		code = check_base(b, e);
	if (!code)
		code = index_types(b, e);
	if (code) {
		dmv_btf_free(b);
		return code;
	}
	*ret = b;
	return DMV_E_OK;
}

/* ---- types ---- */

static bool type_at(const struct dmv_btf *b, uint32_t id, struct type *t)
{
	const uint8_t *p;

	if (b->base && id < b->first)
		return type_at(b->base, id, t);
	id -= b->first - 1;
	if (!id || id > b->n)
		return false;
	p = b->types + b->mark[(id - 1) / EVERY];
	take(b, p, t);
	for (uint32_t left = (id - 1) % EVERY; left; left--) {
		p += length(t);
		take(b, p, t);
	}
	return true;
}

/* Past typedefs and qualifiers. */
static bool strip(const struct dmv_btf *b, uint32_t id, struct type *t)
{
	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		if (!type_at(b, id, t))
			return false;
		switch (t->kind) {
		case K_TYPEDEF:
		case K_VOLATILE:
		case K_CONST:
		case K_RESTRICT:
		case K_TYPE_TAG:
			id = t->size;
			break;
		default:
			return true;
		}
	}
	return false;
}

/* False: has no size, or is nested beyond reason. */
static bool size_of(const struct dmv_btf *b, uint32_t id, uint64_t *ret)
{
	uint64_t n = 1;
	struct type t;

	for (int depth = 0; depth < MAX_DEPTH && strip(b, id, &t); depth++) {
		switch (t.kind) {
		case K_ARRAY:
			if (__builtin_mul_overflow(n, u32(b, t.p + 8), &n))
				return false;
			id = u32(b, t.p);
			break;
		case K_PTR:
			return !__builtin_mul_overflow(n, b->pointer_bytes, ret);
		case K_INT:
		case K_STRUCT:
		case K_UNION:
		case K_ENUM:
		case K_ENUM64:
		case K_FLOAT:
			return !__builtin_mul_overflow(n, t.size, ret);
		default:
			return false;
		}
	}
	return false;
}

/* Structs before typedefs: C has two name spaces, and a typedef of the same name means the same. */
static bool btf_find(const struct dmv_types *types, const char *name, uint64_t *ret)
{
	const struct dmv_btf *b = (const struct dmv_btf *)types;
	const uint8_t *p = b->types;
	uint32_t alias = 0;
	struct type t;

	for (uint32_t id = b->first; id - b->first < b->n; id++, p += length(&t)) {
		take(b, p, &t);
		if (t.kind != K_STRUCT && t.kind != K_UNION && t.kind != K_TYPEDEF)
			continue;
		if (strcmp(t.name, name))
			continue;
		*ret = id;
		if (t.kind != K_TYPEDEF)
			return true;
		alias = alias ? alias : id;
	}
	*ret = alias;
	return alias;
}

/* ---- members ---- */

struct step {
	const struct dmv_btf *b;
	const char *name;
	size_t n;                       /* of the name */
	uint64_t bits;                  /* from the start of the outermost type */
	uint32_t type, width;           /* of the member; width 0: no bit-field */
	unsigned looked;
};

static bool find_member(struct step *s, uint32_t id, uint64_t bits, int depth);

static bool try_member(struct step *s, const struct type *of, uint32_t i, uint64_t bits, int depth)
{
	const uint8_t *p = of->p + 12 * (size_t)i;
	const char *name = string(s->b, u32(s->b, p));
	uint32_t off = u32(s->b, p + 8);

	bits += of->flag ? off & 0xffffff : off;
	if (!*name)
		return find_member(s, u32(s->b, p + 4), bits, depth + 1);
	if (strlen(name) != s->n || memcmp(name, s->name, s->n))
		return false;
	s->bits = bits;
	s->type = u32(s->b, p + 4);
	s->width = of->flag ? off >> 24 : 0;
	return true;
}

static bool find_member(struct step *s, uint32_t id, uint64_t bits, int depth)
{
	struct type t;

	if (depth > MAX_DEPTH || !strip(s->b, id, &t) || (t.kind != K_STRUCT && t.kind != K_UNION))
		return false;
	for (uint32_t i = 0; i < t.vlen && s->looked++ < MAX_STEPS; i++)
		if (try_member(s, &t, i, bits, depth))
			return true;
	return false;
}

static bool btf_member(const struct dmv_types *types, uint64_t type, const char *name, size_t n,
		       uint64_t *bits, uint64_t *member, uint32_t *width)
{
	struct step s = { .b = (const struct dmv_btf *)types, .name = name, .n = n };

	if (!find_member(&s, (uint32_t)type, 0, 0))
		return false;
	*bits += s.bits;
	*member = s.type;
	*width = s.width;
	return true;
}

static bool btf_element(const struct dmv_types *types, uint64_t type, uint64_t i, uint64_t *bytes,
			uint64_t *element)
{
	const struct dmv_btf *b = (const struct dmv_btf *)types;
	struct type t;
	uint64_t size;

	if (!strip(b, (uint32_t)type, &t) || t.kind != K_ARRAY)
		return false;
	/* An array without a length of its own is as long as it likes. */
	if (u32(b, t.p + 8) && i >= u32(b, t.p + 8))
		return false;
	if (!size_of(b, u32(b, t.p), &size) || size > UINT32_MAX)
		return false;
	*bytes = i * size;
	*element = u32(b, t.p);
	return true;
}

static bool btf_size(const struct dmv_types *types, uint64_t type, uint64_t *ret)
{
	return size_of((const struct dmv_btf *)types, (uint32_t)type, ret);
}

/* ---- enumerators ---- */

static bool enumerator_in(const struct dmv_btf *b, const struct type *t, const char *name,
			  int64_t *ret)
{
	unsigned each = extra[t->kind].each;

	for (uint32_t i = 0; i < t->vlen; i++) {
		const uint8_t *q = t->p + (size_t)i * each;
		uint32_t low = u32(b, q + 4);

		if (strcmp(string(b, u32(b, q)), name))
			continue;
		if (t->kind == K_ENUM64)
			*ret = (int64_t)((uint64_t)u32(b, q + 8) << 32 | low);
		else
			*ret = t->flag ? (int32_t)low : (int64_t)low;
		return true;
	}
	return false;
}

static bool btf_enumerator(const struct dmv_types *types, const char *name, int64_t *ret)
{
	const struct dmv_btf *b = (const struct dmv_btf *)types;
	const uint8_t *p = b->types;
	struct type t;

	for (uint32_t i = 0; i < b->n; i++, p += length(&t)) {
		take(b, p, &t);
		if ((t.kind == K_ENUM || t.kind == K_ENUM64) && enumerator_in(b, &t, name, ret))
			return true;
	}
	return false;
}

const struct dmv_types *dmv_btf_types(const struct dmv_btf *b)
{
	return &b->types_of;
}

static const struct dmv_types_ops btf_ops = {
	.find = btf_find,
	.member = btf_member,
	.element = btf_element,
	.size = btf_size,
	.enumerator = btf_enumerator,
};
