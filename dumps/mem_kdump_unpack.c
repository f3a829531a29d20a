/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Decompression of pages: which method a page has, and one context of each for one thread. A method
 * whose library was not there when this was built is known by name only.
 */
#include <string.h>

#include "mem_kdump_int.h"

static const struct method {
	uint32_t flag;
	const char *name;
	const struct dmv_unpacker *u;   /* NULL: not built */
} methods[DMV_UNPACKERS] = {
#ifdef HAVE_ZLIB
	{ DMV_KDUMP_ZLIB, "zlib", &dmv_unpack_zlib },
#else
	{ DMV_KDUMP_ZLIB, "zlib", NULL },
#endif
#ifdef HAVE_LZO
	{ DMV_KDUMP_LZO, "lzo", &dmv_unpack_lzo },
#else
	{ DMV_KDUMP_LZO, "lzo", NULL },
#endif
#ifdef HAVE_SNAPPY
	{ DMV_KDUMP_SNAPPY, "snappy", &dmv_unpack_snappy },
#else
	{ DMV_KDUMP_SNAPPY, "snappy", NULL },
#endif
#ifdef HAVE_ZSTD
	{ DMV_KDUMP_ZSTD, "zstd", &dmv_unpack_zstd },
#else
	{ DMV_KDUMP_ZSTD, "zstd", NULL },
#endif
};

static const struct method *method_of(uint32_t flag)
{
	for (size_t i = 0; i < DMV_UNPACKERS; i++)
		if (methods[i].flag == flag)
			return &methods[i];
	return NULL;
}

const char *dmv_unpack_name(uint32_t flag)
{
	const struct method *m = method_of(flag);

	return m ? m->name : "an unknown method";
}

bool dmv_unpack_built(uint32_t flag)
{
	const struct method *m = method_of(flag);

	return m && m->u;
}

/* The method with its context made; OK if both are there. */
static enum dmv_unpacked ready(struct dmv_unpack *u, uint32_t flag, const struct dmv_unpacker **how,
			       void **ctx)
{
	const struct method *m = method_of(flag);

	if (!m)
		return DMV_UNPACK_DAMAGED;
	if (!m->u)
		return DMV_UNPACK_NOT_BUILT;
	ctx[0] = u->ctx[m - methods];
	if (!ctx[0])
		ctx[0] = u->ctx[m - methods] = m->u->new();
	*how = m->u;
	return ctx[0] ? DMV_UNPACK_OK : DMV_UNPACK_MEMORY;
}

enum dmv_unpacked dmv_unpack_page(struct dmv_unpack *u, uint32_t flag, const uint8_t *from,
				  size_t nfrom, uint8_t *to, size_t n)
{
	const struct dmv_unpacker *how;
	void *ctx;
	enum dmv_unpacked r = ready(u, flag, &how, &ctx);

	if (r)
		return r;
	return how->page(ctx, from, nfrom, to, n) ? DMV_UNPACK_OK : DMV_UNPACK_DAMAGED;
}

enum dmv_unpacked dmv_unpack_head(struct dmv_unpack *u, uint32_t flag, const uint8_t *from,
				  size_t nfrom, uint8_t *to, size_t page, size_t n)
{
	const struct dmv_unpacker *how;
	void *ctx;
	enum dmv_unpacked r = ready(u, flag, &how, &ctx);

	if (r)
		return r;
	return how->head(ctx, from, nfrom, to, page, n) ? DMV_UNPACK_OK : DMV_UNPACK_DAMAGED;
}

bool dmv_first_byte(struct dmv_first *f, size_t *ret)
{
	if (f->at >= f->nfrom)
		return false;
	*ret = f->from[f->at++];
	return true;
}

bool dmv_first_run(struct dmv_first *f, size_t bytes)
{
	size_t room = f->n - f->done;

	if (bytes > room)
		bytes = room;
	if (bytes > f->nfrom - f->at)
		return false;
	memcpy(f->to + f->done, f->from + f->at, bytes);
	f->at += bytes;
	f->done += bytes;
	return true;
}

/* It may copy what it writes: a byte at a time. */
bool dmv_first_copy(struct dmv_first *f, size_t distance, size_t bytes)
{
	if (!distance || distance > f->done)
		return false;
	for (; bytes && f->done < f->n; bytes--, f->done++)
		f->to[f->done] = f->to[f->done - distance];
	return true;
}

void dmv_unpack_deinit(struct dmv_unpack *u)
{
	for (size_t i = 0; i < DMV_UNPACKERS; i++)
		if (u->ctx[i])
			methods[i].u->free(u->ctx[i]);
	memset(u, 0, sizeof(*u));
}
