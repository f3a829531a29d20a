/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* Members, texts and lists of a Linux kernel; and all that is read of it for facts. */
#include "linux.h"

#include <inttypes.h>

#include "mem_int.h"
#include "mem_kernel.h"
#include "vmcoreinfo.h"

enum {
	TEXT_MAX = 256,
	STRUCT_MAX = 1 << 20,           /* no member lies further from the start */
	WITNESS_MAX = 64,
};

static const struct text {
	const char *type, *path, *witness, *what;
	uint32_t topic;
} texts[] = {
#define DMV_FIELD(id, type, path, witness, topic, what) { type, path, witness, what, topic },
#include "linux_fields.def"
};

bool dmv_linux_stopped(const struct dmv_linux *l)
{
	return l->stop && *(const volatile bool *)l->stop;
}

bool dmv_linux_symbol(struct dmv_linux *l, const char *name, uint64_t *ret)
{
	return dmv_names_symbol(l->n, name, ret) ||
	       dmv_vmci_symbol(l->m->vmcoreinfo, name, ret);
}

enum dmv_code dmv_linux_pointer(struct dmv_linux *l, const char *name, uint64_t *ret,
				struct dmv_err *e)
{
	uint64_t at;

	if (!dmv_linux_symbol(l, name, &at))
		return dmv_fail(e, DMV_E_NOTFOUND, "no symbol %s", name);
	return dmv_mem_number(l->m, DMV_VIRT, at, l->m->bits == 32 ? 4 : 8, ret, e);
}

/* ---- members ---- */

/* Must a kernel with these symbols have the member? */
static bool expected(struct dmv_linux *l, const char *witness)
{
	char name[WITNESS_MAX];
	uint64_t at;

	while (*witness) {
		const bool want = *witness != '!';
		const char *word = witness + !want;
		const size_t n = strcspn(word, " ");

		if (n >= sizeof(name))
			return false;
		memcpy(name, word, n);
		name[n] = 0;
		if (dmv_linux_symbol(l, name, &at) != want)
			return false;
		witness = word + n + (word[n] == ' ');
	}
	return true;
}

bool dmv_linux_field(struct dmv_linux *l, enum dmv_linux_field id, struct dmv_member *ret)
{
	const struct text *t = &texts[id];
	struct dmv_member *at = &l->field[id].at;
	struct dmv_err e = { .addr = DMV_NO_ADDR };

	if (!l->field[id].asked) {
		l->field[id].asked = true;
		l->field[id].has = !dmv_names_member(l->n, t->type, t->path, at, &e) &&
				   at->offset < STRUCT_MAX && at->size < STRUCT_MAX;
		if (!l->field[id].has && expected(l, t->witness))
			dmv_note_add(l->f, t->topic, DMV_NO_ADDR, "%s are not known: %s", t->what,
				     e.msg);
	}
	*ret = *at;
	return l->field[id].has;
}

bool dmv_linux_in(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id, uint64_t *ret)
{
	struct dmv_member m;

	if (!dmv_linux_field(l, id, &m))
		return false;
	*ret = at + m.offset;
	return true;
}

bool dmv_linux_around(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id, uint64_t *ret)
{
	struct dmv_member m;

	if (!dmv_linux_field(l, id, &m))
		return false;
	*ret = at - m.offset;
	return true;
}

static void unreadable(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id,
		       const struct dmv_err *e)
{
	const struct text *t = &texts[id];

	dmv_note_add(l->f, t->topic, e->addr, "struct %s at 0x%" PRIx64 ": %s cannot be read: %s",
		     t->type, at, t->path, e->msg);
}

bool dmv_linux_get(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id, uint64_t *ret)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	struct dmv_member m;

	if (!dmv_linux_field(l, id, &m))
		return false;
	if (!m.size || m.size > 8)
		dmv_fail(&e, DMV_E_CORRUPT, "it is said to have %" PRIu64 " bytes", m.size);
	else
		dmv_mem_number(l->m, DMV_VIRT, at + m.offset, (unsigned)m.size, ret, &e);
	if (e.code) {
		unreadable(l, at, id, &e);
		return false;
	}
	if (m.bits)
		*ret = *ret >> m.bit & (UINT64_MAX >> (64 - m.bits));
	return true;
}

bool dmv_linux_pick(struct dmv_linux *l, const uint8_t *block, size_t n, enum dmv_linux_field id,
		    uint64_t *ret)
{
	struct dmv_member m;
	uint64_t v = 0;

	if (!dmv_linux_field(l, id, &m) || !m.size || m.size > 8 || m.offset + m.size > n)
		return false;
	for (uint64_t i = 0; i < m.size; i++)
		v = v << 8 | block[m.offset + (l->m->big_endian ? i : m.size - 1 - i)];
	*ret = m.bits ? v >> m.bit & (UINT64_MAX >> (64 - m.bits)) : v;
	return true;
}

struct dmv_known dmv_linux_know(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id)
{
	struct dmv_known k = { 0 };

	k.known = dmv_linux_get(l, at, id, &k.value);
	return k;
}

/* ---- text ---- */

/* Up to the end of what can be read. */
static const char *text_at(struct dmv_linux *l, uint64_t at, size_t room, struct dmv_err *e)
{
	char buf[TEXT_MAX], *end;
	size_t n = 0;

	room = room < sizeof(buf) ? room : sizeof(buf);
	while (n < room) {
		/* not beyond the page, which may be the last one */
		size_t part = 64 - (size_t)((at + n) & 63);

		part = part < room - n ? part : room - n;
		if (dmv_mem_read(l->m, DMV_VIRT, at + n, buf + n, part, e))
			return NULL;
		end = memchr(buf + n, 0, part);
		if (end)
			return dmv_arena_text(l->f, buf, (size_t)(end - buf));
		n += part;
	}
	return dmv_arena_text(l->f, buf, n ? n - 1 : 0);
}

const char *dmv_linux_text(struct dmv_linux *l, uint64_t at, enum dmv_linux_field id)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	struct dmv_member m;
	const char *text;
	uint64_t p;

	if (!dmv_linux_field(l, id, &m))
		return NULL;
	if (m.size > 8)
		text = text_at(l, at + m.offset, (size_t)m.size, &e);
	else if (!dmv_linux_get(l, at, id, &p) || !p)
		return NULL;
	else
		text = text_at(l, p, TEXT_MAX, &e);
	if (!text)
		unreadable(l, at, id, &e);
	return text;
}

/* ---- lists ---- */

static bool next_of(struct dmv_linux *l, uint64_t *node, uint32_t topic, const char *what)
{
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	struct dmv_member m;

	if (!dmv_linux_field(l, DMV_L_LIST_NEXT, &m) || m.size > 8)
		return false;
	if (!dmv_mem_number(l->m, DMV_VIRT, *node + m.offset, (unsigned)m.size, node, &e))
		return true;
	dmv_note_add(l->f, topic, e.addr, "the list of %s breaks off at 0x%" PRIx64 ": next cannot "
		     "be read: %s", what, *node, e.msg);
	return false;
}

bool dmv_linux_list(struct dmv_linux *l, uint64_t head, uint32_t topic, const char *what,
		    dmv_linux_node_fn *fn, void *ctx)
{
	/* Brent: what is met again 2^k steps later leads round without coming to the head. */
	uint64_t node = head, mark = head, steps = 0, turn = 1;

	while (!dmv_linux_stopped(l) && next_of(l, &node, topic, what)) {
		if (node == head)
			return true;
		if (node == mark) {
			dmv_note_add(l->f, topic, node, "the list of %s at 0x%" PRIx64
				     " leads back into itself at 0x%" PRIx64 ": its end is lost",
				     what, head, node);
			return false;
		}
		if (!fn(ctx, node))
			return false;
		if (++steps == turn) {
			mark = node;
			turn *= 2;
		}
	}
	return false;
}

/* ---- all ---- */

/* In this order: what is mapped finds its adapter among the devices. */
static enum dmv_code (*const providers[])(struct dmv_linux *l, struct dmv_err *e) = {
	dmv_linux_devices, dmv_linux_debug, dmv_linux_swiotlb, dmv_linux_pools, dmv_linux_log,
};

enum dmv_code dmv_facts_linux(struct dmv_mem *m, struct dmv_names *n,
			      const struct dmv_facts_opts *o, struct dmv_facts *f,
			      struct dmv_err *e)
{
	struct dmv_linux l = { .m = m, .n = n, .f = f, .stop = o ? o->stop : NULL };
	const size_t nadapter = f->nadapter, nlog = f->nlog;    /* a region's */
	const struct dmv_kernel *k;

	if (!m->linux_kernel && dmv_mem_kernel_search(m, l.stop, &k, e))
		return e->code;
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++) {
		struct dmv_err why = { .addr = DMV_NO_ADDR };
		const enum dmv_code code = providers[i](&l, &why);

		if (code && !e->code)
			*e = why;
		if (code == DMV_E_MEMORY || code == DMV_E_STOPPED)
			return code;
	}
	if (!e->code || (f->nadapter == nadapter && f->nlog == nlog))
		return e->code;
	dmv_note_add(f, DMV_TOPIC(DMV_K_ADAPTER), e->addr, "devices are not known: %s", e->msg);
	return DMV_E_OK;
}
