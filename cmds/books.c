/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
#include "books.h"

#include <stdlib.h>

#include "words.h"

struct line {
	uint64_t adapter, mappings, bytes, buffers, buffer_bytes;
	const char *device, *owner;
};

static const struct dmv_col line_cols[] = {
	DMV_COL(struct line, adapter, "ADAPTER", DMV_S_ADDR,
		"its struct device; absent: none that the kernel still lists"),
	DMV_COL(struct line, device, "DEVICE", DMV_S_STR, "its name"),
	DMV_COL(struct line, mappings, "MAPPINGS", DMV_S_U64, "that dma-debug has on record"),
	DMV_COL(struct line, bytes, "BYTES", DMV_S_SIZE, "mapped"),
	DMV_COL(struct line, buffers, "BUFFERS", DMV_S_U64, "coherent and noncoherent ones"),
	DMV_COL(struct line, buffer_bytes, "BYTES", DMV_S_SIZE, "in them"),
	DMV_COL(struct line, owner, "OWNER", DMV_S_STR, "its driver"),
	{ 0 }
};

static const struct dmv_table line_table = { "devices", line_cols, NULL };

struct state {
	uint64_t mappings, bytes, buffers, buffer_bytes, entries, free, lowest, errors;
	const char *state;
};

static const struct dmv_col state_cols[] = {
	DMV_COL(struct state, state, "", DMV_S_STR, "on, off"),
	DMV_COL(struct state, mappings, "", DMV_S_U64, "mappings on record"),
	DMV_COL(struct state, bytes, "", DMV_S_SIZE, "mapped"),
	DMV_COL(struct state, buffers, "", DMV_S_U64, "coherent and noncoherent buffers"),
	DMV_COL(struct state, buffer_bytes, "", DMV_S_SIZE, "in them"),
	DMV_COL(struct state, entries, "", DMV_S_U64, "of its pool"),
	DMV_COL(struct state, free, "", DMV_S_U64, "of them, now"),
	DMV_COL(struct state, lowest, "", DMV_S_U64, "the fewest that were ever free"),
	DMV_COL(struct state, errors, "", DMV_S_U64, "misuse that it has seen"),
	{ 0 }
};

static const struct dmv_table state_table = {
	"dma_debug", state_cols,
	"\n"
	"Mapped:     mappings {mappings} ({bytes} bytes)\n"
	"Allocated:  coherent buffers {buffers} ({buffer_bytes} bytes)\n"
	"dma-debug:  {state|?}, entries free {free|?} of {entries|?}, fewest {lowest|?}; errors "
	"seen {errors|?}\n"
};

bool dmv_has_books(const struct dmv_facts *f)
{
	const struct dmv_debug_fact *d = &f->debug;

	return f->nregion || f->nmapping || (d->there && !(d->disabled.known && d->disabled.value));
}

static void add(struct line *l, const struct dmv_mapping_fact *x)
{
	const uint64_t bytes = x->bytes.known ? x->bytes.value : 0;

	if (x->failed)
		return;
	if (dmv_map_is_buffer(x->type)) {
		l->buffers++;
		l->buffer_bytes += bytes;
	} else {
		l->mappings++;
		l->bytes += bytes;
	}
}

/* by: a line for each adapter, and behind them for what has none. */
static bool say(struct dmv_ses *s, struct line *by)
{
	const struct dmv_facts *f = &s->facts;
	const struct dmv_debug_fact *d = &f->debug;
	struct state t = { .entries = dmv_or_none(&d->entries), .free = dmv_or_none(&d->free),
			   .lowest = dmv_or_none(&d->lowest), .errors = dmv_or_none(&d->errors),
			   .state = !d->disabled.known ? NULL : d->disabled.value ? "off" : "on" };

	dmv_out_table(s->out, &line_table);
	for (uint32_t i = 0; i <= f->nadapter; i++) {
		struct line *l = &by[i];

		if (!l->mappings && !l->buffers)
			continue;
		t.mappings += l->mappings;
		t.bytes += l->bytes;
		t.buffers += l->buffers;
		t.buffer_bytes += l->buffer_bytes;
		l->adapter = dmv_adapter_handle(f, i);
		l->device = dmv_adapter_name(f, i);
		l->owner = dmv_adapter_owner(f, i);
		if (!dmv_out_row(s->out, &line_table, l))
			return false;
	}
	return dmv_out_row(s->out, &state_table, &t);
}

enum dmv_code dmv_books_brief(struct dmv_ses *s)
{
	const struct dmv_facts *f = &s->facts;
	struct line *by;
	bool go;

	if (!f->debug.there)
		return DMV_E_OK;
	by = calloc(f->nadapter + 1, sizeof(*by));
	if (!by)
		return dmv_no_memory(s);
	for (size_t i = 0; i < f->nmapping; i++)
		add(&by[f->mapping[i].adapter < f->nadapter ? f->mapping[i].adapter : f->nadapter],
		    &f->mapping[i]);
	go = say(s, by);
	free(by);
	return go ? DMV_E_OK : DMV_E_STOPPED;
}
