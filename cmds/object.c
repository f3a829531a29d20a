/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "object.h"

#include <string.h>

#include "words.h"

const uint32_t dmv_object_kinds[] = {
	DMV_K_ADAPTER, DMV_K_VECTOR, DMV_K_BUFFER, DMV_K_CHANNEL, DMV_K_LIST, DMV_K_FILE,
	DMV_K_REGISTER, DMV_K_MAPPING,
	DMV_K_NONE,
};

/* ---- one kind each ---- */

#define COMMON(x) (o->region = (x)->region, o->life = (x)->life, o->owner = (x)->owner, \
		   o->time = (x)->time)

static void adapter(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_adapter_fact *a = &f->adapter[i];

	COMMON(a);
	o->adapter = (uint32_t)i;
	o->addr = a->handle;
}

static void file(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_file_fact *x = &f->file[i];

	COMMON(x);
	o->adapter = x->adapter;
	o->addr = x->handle;
	o->bytes = x->bytes_mapped;
}

/* The registers that follow in the file and belong to the same transfer count in. */
static void transfer(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_register_fact *r = &f->reg[i];

	COMMON(r);
	o->adapter = dmv_file_adapter(f, r->file);
	o->addr = o->va = r->va;
	o->bytes = r->bytes;
	for (size_t n = i + 1; r->first && n < f->nreg; n++) {
		const struct dmv_register_fact *next = &f->reg[n];

		if (next->first || next->file != r->file || next->region != r->region ||
		    next->life != r->life || next->index != r->index + (n - i))
			break;
		o->rows++;
		o->bytes += next->bytes;
	}
}

static void list(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_list_fact *l = &f->list[i];

	COMMON(l);
	o->adapter = l->adapter;
	o->addr = l->handle;
	o->va = l->va;
	o->bytes = l->bytes;
}

static void vector(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_vector_fact *v = &f->vector[i];

	COMMON(v);
	o->adapter = v->adapter;
	o->addr = v->handle;
}

static void buffer(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_buffer_fact *b = &f->buffer[i];

	COMMON(b);
	o->adapter = b->adapter;
	o->addr = o->va = b->va;
	o->bytes = b->bytes;
}

static void channel(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_channel_fact *c = &f->channel[i];

	COMMON(c);
	o->adapter = c->adapter;
	o->addr = c->record;
}

static void mapping(const struct dmv_facts *f, size_t i, struct dmv_object *o)
{
	const struct dmv_mapping_fact *x = &f->mapping[i];

	o->region = x->region;
	o->life = x->life;
	o->owner = x->owner;
	o->adapter = x->adapter;
	o->addr = x->bus.known ? x->bus.value : DMV_NO_ADDR;
	if (x->bytes.known)
		o->bytes = x->bytes.value;
}

/* ---- all of them ---- */

static const struct {
	size_t n;               /* where the facts count them */
	void (*get)(const struct dmv_facts *f, size_t i, struct dmv_object *o);
} kinds[DMV_K_END] = {
	[DMV_K_ADAPTER] = { offsetof(struct dmv_facts, nadapter), adapter },
	[DMV_K_FILE] = { offsetof(struct dmv_facts, nfile), file },
	[DMV_K_REGISTER] = { offsetof(struct dmv_facts, nreg), transfer },
	[DMV_K_LIST] = { offsetof(struct dmv_facts, nlist), list },
	[DMV_K_VECTOR] = { offsetof(struct dmv_facts, nvector), vector },
	[DMV_K_BUFFER] = { offsetof(struct dmv_facts, nbuffer), buffer },
	[DMV_K_CHANNEL] = { offsetof(struct dmv_facts, nchannel), channel },
	[DMV_K_MAPPING] = { offsetof(struct dmv_facts, nmapping), mapping },
};

size_t dmv_objects(const struct dmv_facts *f, uint32_t kind)
{
	size_t n = 0;

	if (kind < DMV_K_END && kinds[kind].get)
		memcpy(&n, (const char *)f + kinds[kind].n, sizeof(n));
	return n;
}

void dmv_object_get(const struct dmv_facts *f, uint32_t kind, size_t i, struct dmv_object *o)
{
	*o = (struct dmv_object){ .kind = kind, .index = (uint32_t)i, .va = DMV_NO_ADDR,
				  .bytes = UINT64_MAX, .rows = 1, .addr = DMV_NO_ADDR };
	kinds[kind].get(f, i, o);
}

bool dmv_object_is_part(const struct dmv_facts *f, const struct dmv_object *o)
{
	if (o->kind == DMV_K_FILE) {
		uint32_t l = f->file[o->index].list;

		return l < f->nlist && f->list[l].life != DMV_GONE;
	}
	if (o->kind == DMV_K_REGISTER) {
		uint32_t x = f->reg[o->index].file;

		return x < f->nfile && f->file[x].life != DMV_GONE;
	}
	if (o->kind == DMV_K_BUFFER) {
		uint32_t v = f->buffer[o->index].vector;

		return v < f->nvector && f->vector[v].life != DMV_GONE;
	}
	return false;
}
