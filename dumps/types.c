/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Paths through types, whatever they are written in. */
#include <stdlib.h>
#include <string.h>

#include "types.h"

struct place {
	uint64_t type, bits;            /* bits from the start of the outermost type */
	uint32_t width;                 /* of a bit-field, else 0 */
};

/* "[3]": *path is moved behind it. */
static bool element(const struct dmv_types *t, struct place *p, const char **path)
{
	uint64_t i, bytes;
	char *end;

	if ((*path)[1] < '0' || (*path)[1] > '9')
		return false;
	i = strtoull(*path + 1, &end, 10);
	if (*end != ']' || i > UINT32_MAX || !t->ops->element(t, p->type, i, &bytes, &p->type))
		return false;
	p->bits += bytes * 8;
	*path = end + 1;
	return true;
}

/* One alternative, which ends at `end`. */
static bool walk(const struct dmv_types *t, struct place *p, const char *path, const char *end)
{
	while (path < end) {
		size_t n = strcspn(path, ".[|");

		if (!n || p->width ||
		    !t->ops->member(t, p->type, path, n, &p->bits, &p->type, &p->width))
			return false;
		path += n;
		while (path < end && *path == '[')
			if (!element(t, p, &path))
				return false;
		if (path < end && (*path++ != '.' || path == end))
			return false;
	}
	return true;
}

static bool finish(const struct dmv_types *t, const struct place *p, struct dmv_member *ret)
{
	struct dmv_member m = { .offset = p->bits / 8 };

	if (!t->ops->size(t, p->type, &m.size))
		m.size = 0;
	if (p->width || p->bits % 8) {
		if (!m.size || m.size > 16)
			return false;
		m.offset = p->bits / 8 / m.size * m.size;
		m.bit = (uint8_t)(p->bits - m.offset * 8);
		if (p->width > m.size * 8 - m.bit)
			return false;
		m.bits = (uint8_t)p->width;
	}
	*ret = m;
	return true;
}

enum dmv_code dmv_types_member(const struct dmv_types *t, const char *type, const char *path,
			       struct dmv_member *ret, struct dmv_err *e)
{
	const char *p = path, *end;
	uint64_t id;

	if (!t->ops->find(t, type, &id))
		return dmv_fail(e, DMV_E_NOTFOUND, "there is no type %s", type);
	for (;; p = end + 1) {
		struct place at = { .type = id };

		end = p + strcspn(p, "|");
		if (end > p && walk(t, &at, p, end) && finish(t, &at, ret))
			return DMV_E_OK;
		if (!*end)
			break;
	}
	return dmv_fail(e, DMV_E_NOTFOUND, "%s has no member %s", type, path);
}

enum dmv_code dmv_types_size(const struct dmv_types *t, const char *type, uint64_t *ret,
			     struct dmv_err *e)
{
	uint64_t id;

	if (!t->ops->find(t, type, &id) || !t->ops->size(t, id, ret))
		return dmv_fail(e, DMV_E_NOTFOUND, "there is no type %s", type);
	return DMV_E_OK;
}

enum dmv_code dmv_types_enumerator(const struct dmv_types *t, const char *name, int64_t *ret,
				   struct dmv_err *e)
{
	if (!t->ops->enumerator(t, name, ret))
		return dmv_fail(e, DMV_E_NOTFOUND, "there is no enumerator %s", name);
	return DMV_E_OK;
}
