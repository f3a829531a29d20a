/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The control block: settings that others ask for. Whoever may write to it may write anything, at
 * any time, so it is copied first and only the copy is looked at. A copy made while the block
 * changed is thrown away; one with a field that cannot be changes nothing.
 */
#include "dmv_int.h"

#define ASKED offsetof(struct dmv_abi_control, fields)
#define FIELDS (DMV_ABI_CONTROL_MODE | DMV_ABI_CONTROL_FLAGS | DMV_ABI_CONTROL_RULES_OFF | \
		DMV_ABI_CONTROL_RULE_MODES | DMV_ABI_CONTROL_DRIVERS)
#define NAME_BYTES sizeof(((struct dmv_abi_control_driver *)0)->name)

_Static_assert(sizeof(struct dmv_abi_control) == 0x140, "the rows stand behind it");
_Static_assert(ASKED == 0xC0, "as SPEC.md says");

/* ---- laying it ---- */

void dmv_control_start(struct dmv *v)
{
	const struct dmv_memory *m = v->cfg.control;
	const size_t head = sizeof(struct dmv_abi_control);
	struct dmv_control *x = &v->control;
	struct dmv_abi_control *b;

	if (!m)
		return;
	b = m->va;
	x->block = b;
	x->bytes = (uint32_t)m->bytes;
	x->rows = (uint32_t)((m->bytes - head) / (sizeof(struct dmv_abi_control_driver) +
						  sizeof(struct dmv_abi_control_state)));
	x->state_offset = (uint32_t)(head + x->rows * sizeof(struct dmv_abi_control_driver));
	memset(b, 0, m->bytes);
	b->bom = DMV_ABI_BOM;
	b->major = DMV_ABI_MAJOR;
	b->minor = DMV_ABI_MINOR;
	b->bytes = x->bytes;
	b->asked_rows = x->rows;
	b->state_offset = x->state_offset;
	b->state_rows = x->rows;
	b->region_id = v->cfg.region_id;
	b->pid = v->cfg.pid;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(b->magic, DMV_ABI_CONTROL_MAGIC, sizeof(b->magic));
}

/* ---- is it right? ---- */

/* What is wrong, and where in the block. */
struct finding {
	enum dmv_abi_verdict verdict;
	size_t where;
};

static struct finding wrong(enum dmv_abi_verdict verdict, size_t where)
{
	return (struct finding){ verdict, where };
}

#define OK ((struct finding){ DMV_ABI_VERDICT_OBEYED, 0 })
#define VALUE(field) wrong(DMV_ABI_VERDICT_VALUE, offsetof(struct dmv_abi_control, field))
#define FORM(field) wrong(DMV_ABI_VERDICT_FORM, offsetof(struct dmv_abi_control, field))

static struct finding check_form(const struct dmv *v, const struct dmv_abi_control *b)
{
	const struct dmv_control *x = &v->control;

	if (memcmp(b->magic, DMV_ABI_CONTROL_MAGIC, sizeof(b->magic)) != 0)
		return FORM(magic);
	if (b->bom != DMV_ABI_BOM)
		return FORM(bom);
	if (b->major != DMV_ABI_MAJOR || b->minor != DMV_ABI_MINOR)
		return FORM(major);
	if (b->bytes != x->bytes)
		return FORM(bytes);
	if (b->asked_rows != x->rows)
		return FORM(asked_rows);
	if (b->state_offset != x->state_offset)
		return FORM(state_offset);
	if (b->state_rows != x->rows)
		return FORM(state_rows);
	return b->region_id == v->cfg.region_id ? OK : FORM(region_id);
}

static bool rule_known(uint32_t id)
{
	switch (id) {
#define DMV_RULE(name, number, ...) case number:
#include "dmv_violation.def"
#undef DMV_RULE
		return true;
	default:
		return false;
	}
}

static struct finding check_rules(const struct dmv_abi_control *b)
{
	for (uint32_t id = 0; id < 128; id++) {
		if (rule_known(id))
			continue;
		if (b->ask_rules_off[id / 32] >> (id % 32) & 1)
			return VALUE(ask_rules_off[id / 32]);
		if (b->ask_rule_modes[id / 16] >> (id % 16 * 2) & 3)
			return VALUE(ask_rule_modes[id / 16]);
	}
	return OK;
}

static struct finding check_head(const struct dmv *v, const struct dmv_abi_control *b)
{
	const struct dmv_driver_options others = { .options = b->others_options };

	if (b->fields & ~FIELDS)
		return VALUE(fields);
	if (b->ask_mode > DMV_ABI_MODE_STOP)
		return VALUE(ask_mode);
	if (b->ask_flags & ~(DMV_ABI_F_OFF | DMV_ABI_F_STRICT))
		return VALUE(ask_flags);
	if (b->others > DMV_ABI_OTHERS_ALL)
		return VALUE(others);
	if (!dmv_options_known(&others))
		return VALUE(others_options);
	if (b->count > v->control.rows)
		return VALUE(count);
	for (size_t i = 0; i < sizeof(b->reserved2) / sizeof(b->reserved2[0]); i++)
		if (b->reserved2[i])
			return VALUE(reserved2[i]);
	return check_rules(b);
}

/* Length of a name that can be one; 0: it cannot. */
static size_t name_length(const char *s)
{
	size_t n = 0;

	while (n < NAME_BYTES && (unsigned char)s[n] >= ' ' && s[n] != 0x7F)
		n++;
	return n < NAME_BYTES && s[n] == 0 ? n : 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *a, size_t n, const char *b, size_t m)
{
	for (size_t i = 0; n == m && i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return n == m;
}

static const struct dmv_abi_control_driver *rows_of(const struct dmv_abi_control *b)
{
	return (const struct dmv_abi_control_driver *)(const void *)(b + 1);
}

static struct dmv_driver_options options_of(const struct dmv_abi_control_driver *r)
{
	return (struct dmv_driver_options){
		.options = r->options, .hook_quota = r->hook_quota,
		.fault = { r->fault_kinds, r->fault_every, r->fault_after, r->fault_times } };
}

/* The row before `end` that has this name, or `end`. */
static uint32_t find(const struct dmv_abi_control *b, uint32_t end, const char *name, size_t n)
{
	const struct dmv_abi_control_driver *r = rows_of(b);
	uint32_t i = 0;

	while (i < end && !same_name(r[i].name, name_length(r[i].name), name, n))
		i++;
	return i;
}

static struct finding check_rows(const struct dmv_abi_control *b)
{
	const struct dmv_abi_control_driver *r = rows_of(b);

	for (uint32_t i = 0; i < b->count; i++) {
		const struct dmv_driver_options o = options_of(&r[i]);
		const size_t n = name_length(r[i].name);
		const size_t at = sizeof(*b) + i * sizeof(*r);

		if (n == 0 || find(b, i, r[i].name, n) != i)
			return wrong(DMV_ABI_VERDICT_VALUE, at);
		if (!dmv_options_known(&o) || r[i].reserved[0] || r[i].reserved[1])
			return wrong(DMV_ABI_VERDICT_VALUE,
				     at + offsetof(struct dmv_abi_control_driver, options));
	}
	return OK;
}

static struct finding check(const struct dmv *v, const struct dmv_abi_control *b)
{
	struct finding f = check_form(v, b);

	if (f.verdict != DMV_ABI_VERDICT_OBEYED)
		return f;
	if (dmv_crc32((const unsigned char *)b + ASKED, v->control.state_offset - ASKED) !=
	    b->checksum)
		return wrong(DMV_ABI_VERDICT_CHECKSUM, offsetof(struct dmv_abi_control, checksum));
	f = check_head(v, b);
	return f.verdict == DMV_ABI_VERDICT_OBEYED ? check_rows(b) : f;
}

/* ---- what holds for a driver ---- */

static const struct dmv_abi_control *obeyed(const struct dmv *v)
{
	return (const void *)v->control.obeyed;
}

/* Its name in the string table; length 0: it has none. */
static const char *name_of(const struct dmv *v, uint32_t driver, size_t *length)
{
	const struct dmv_tab *t = &v->tab[DMV_ABI_K_STRING];
	const uint32_t row = v->driver[driver].row->name.row;
	const struct dmv_abi_string *s;

	*length = 0;
	if (row >= t->rows)
		return "";
	s = dmv_row(t, row);
	if (s->length <= t->stride - offsetof(struct dmv_abi_string, text))
		*length = s->length;
	return s->text;
}

struct dmv_driver_options dmv_control_of(struct dmv *v, uint32_t driver)
{
	const struct dmv_abi_control *b = obeyed(v);
	const struct dmv_driver_options *own = &v->driver[driver].own;
	const char *name;
	uint32_t i;
	size_t n;

	if (!b || !(b->fields & DMV_ABI_CONTROL_DRIVERS))
		return *own;
	name = name_of(v, driver, &n);
	i = n ? find(b, b->count, name, n) : b->count;
	if (i < b->count)
		return options_of(&rows_of(b)[i]);
	if (b->others == DMV_ABI_OTHERS_OWN)
		return *own;
	return (struct dmv_driver_options){
		.options = b->others == DMV_ABI_OTHERS_ALL ? b->others_options : 0,
		.hook_quota = own->hook_quota };
}

/* ---- obeying ---- */

static void obey_rules(struct dmv *v, const struct dmv_abi_control *b)
{
	for (int i = 0; i < 4 && b->fields & DMV_ABI_CONTROL_RULES_OFF; i++) {
		v->rules_off[i] = b->ask_rules_off[i];
		st32(&v->header->rules_off[i], v->rules_off[i]);
	}
	for (int i = 0; i < 8 && b->fields & DMV_ABI_CONTROL_RULE_MODES; i++) {
		v->rule_modes[i] = b->ask_rule_modes[i];
		st32(&v->header->rule_modes[i], v->rule_modes[i]);
	}
}

static void obey(struct dmv_call *c)
{
	struct dmv *v = c->v;
	const struct dmv_abi_control *b = obeyed(v);

	if (b->fields & DMV_ABI_CONTROL_MODE) {
		v->mode = b->ask_mode;
		st32(&v->header->mode, v->mode);
	}
	if (b->fields & DMV_ABI_CONTROL_FLAGS) {
		v->flags = b->ask_flags | (v->flags & DMV_ABI_F_BUS);
		st32(&v->header->flags, v->flags);
	}
	obey_rules(v, b);
	if (!(b->fields & DMV_ABI_CONTROL_DRIVERS))
		return;
	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_DRIVER]; i++) {
		struct dmv_driver_options o;

		if (!v->driver[i].known)
			continue;
		o = dmv_control_of(v, i);
		dmv_options_set(c, i, &o);
	}
}

/*
 * A request that says nothing of the drivers leaves what the one before said of them, which is
 * looked up whenever a driver is loaded.
 */
static void keep(struct dmv *v)
{
	struct dmv_control *x = &v->control;
	struct dmv_abi_control *fresh = (void *)x->fresh;
	const struct dmv_abi_control *old = obeyed(v);
	unsigned char *was = x->obeyed;

	if (!(fresh->fields & DMV_ABI_CONTROL_DRIVERS) && (old->fields & DMV_ABI_CONTROL_DRIVERS)) {
		fresh->fields |= DMV_ABI_CONTROL_DRIVERS;
		fresh->others = old->others;
		fresh->others_options = old->others_options;
		fresh->count = old->count;
		memcpy(fresh + 1, old + 1, x->state_offset - sizeof(*old));
	}
	x->obeyed = x->fresh;
	x->fresh = was;
}

/* ---- answering ---- */

static uint32_t unverified(const struct dmv *v, uint32_t driver)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_ADAPTER]; i++) {
		const struct dmv_adapter *a = &v->adapter[i];

		n += a->known && !a->released && a->driver == driver && !a->judged;
	}
	return n;
}

static void say_driver(const struct dmv *v, uint32_t driver, struct dmv_abi_control_state *to)
{
	const struct dmv_driver_book *d = &v->driver[driver];
	struct dmv_abi_control_state s = {
		.row = driver, .options = d->options, .hook_quota = d->quota, .hooked = d->hooked,
		.adapters = d->adapters, .unverified = unverified(v, driver),
		.injected_registers = d->injected[0], .injected_buffers = d->injected[1],
		.injected_lists = d->injected[2], .fault_kinds = d->fault.kinds };
	const char *name;
	size_t n;

	name = name_of(v, driver, &n);
	for (size_t i = 0; i < n && i + 1 < sizeof(s.name); i++)
		s.name[i] = name[i];
	memcpy(to, &s, sizeof(s));
}

static void say_drivers(const struct dmv *v, struct dmv_abi_control *b)
{
	struct dmv_abi_control_state *row = (void *)((char *)b + v->control.state_offset);
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->cfg.rows[DMV_ABI_K_DRIVER]; i++) {
		if (!v->driver[i].known)
			continue;
		if (n < v->control.rows)
			say_driver(v, i, &row[n]);
		n++;
	}
	st32(&b->drivers, n);
}

static void answer(struct dmv *v, uint32_t sequence, const struct finding *f)
{
	struct dmv_abi_control *b = v->control.block;

	st32(&b->verdict, f->verdict);
	st32(&b->where, f->verdict == DMV_ABI_VERDICT_OBEYED ? 0 : (uint32_t)f->where);
	st32(&b->violations, v->violations);
	st32(&b->injected, v->header->injected);
	st32(&b->mode, v->mode);
	st32(&b->flags, v->flags);
	for (int i = 0; i < 4; i++)
		st32(&b->rules_off[i], v->rules_off[i]);
	for (int i = 0; i < 8; i++)
		st32(&b->rule_modes[i], v->rule_modes[i]);
	st32(&b->scan_rounds, v->header->scan_rounds);
	say_drivers(v, b);
	publish(&b->answered, sequence);
}

/* ---- reading it ---- */

/* Word by word: each is read once. false: it is being written, or was meanwhile. */
static bool copy(struct dmv *v, uint32_t sequence)
{
	const struct dmv_control *x = &v->control;
	const uint32_t *from = (const void *)x->block;
	uint32_t *to = (void *)x->fresh;

	for (uint32_t i = 0; i < x->state_offset / 4; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&x->block->sequence, __ATOMIC_RELAXED) == sequence;
}

static __attribute__((noinline)) bool obey_fresh(struct dmv_call *c, uint32_t sequence)
{
	struct dmv *v = c->v;
	const struct finding f = check(v, (const void *)v->control.fresh);
	const bool good = f.verdict == DMV_ABI_VERDICT_OBEYED;

	if (good) {
		keep(v);
		obey(c);
	}
	answer(v, sequence, &f);
	return good;
}

bool dmv_control_poll(struct dmv *v)
{
	struct dmv_control *x = &v->control;
	struct dmv_call c;
	uint32_t sequence;
	bool done = false;

	if (!x->block)
		return false;
	sequence = __atomic_load_n(&x->block->sequence, __ATOMIC_ACQUIRE);
	if (sequence % 2 || sequence == __atomic_load_n(&x->seen, __ATOMIC_RELAXED))
		return false;
	dmv_enter(&c, v, 0, DMV_ABI_OP_CONTROL, NULL);
	if (sequence != x->seen && copy(v, sequence)) {
		__atomic_store_n(&x->seen, sequence, __ATOMIC_RELAXED);
		done = obey_fresh(&c, sequence);
	}
	dmv_leave(&c);
	return done;
}
