/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The log of a Linux kernel since 5.10: a ring of descriptors, each with its infos and the place of
 * its text in a ring of bytes (kernel/printk/printk_ringbuffer.c). A line counts if its descriptor
 * is committed or finalized; where the text goes on at the start of the ring, it lies there whole.
 */
#include <inttypes.h>

#include "linux.h"

enum {
	COMMITTED = 1, FINALIZED = 2,   /* state, in the two highest bits of state_var */
	DESC_MAX = 256, INFO_MAX = 1024,
	EMPTY = 3,                      /* where a line has no text; 1: there was no room for it */
	LINES_MAX = 1 << 20,
	BYTES_MAX = 64 << 20,
	TEXT_MAX = 65536,               /* text_len has 16 bits */
	LOST_MAX = 64,                  /* lines in a row that cannot be read: it ends */
};

struct log {
	struct dmv_linux *l;
	uint64_t descs, infos, data;    /* addresses */
	uint64_t desc_bytes, info_bytes;
	uint64_t lines, bytes;          /* powers of two */
	uint64_t head, tail, ids;       /* ids: mask of an id, above which is the state */
	unsigned word;
	uint64_t taken;                 /* bytes of text so far */
	char text[TEXT_MAX];
};

static bool power(struct log *g, uint64_t at, enum dmv_linux_field id, unsigned least,
		  uint64_t *ret)
{
	uint64_t bits;

	if (!dmv_linux_get(g->l, at, id, &bits))
		return false;
	*ret = bits >= least && bits < 40 ? (uint64_t)1 << bits : 0;
	if (!*ret)
		dmv_note_add(g->l->f, DMV_TOPIC_LOG, at, "the log is said to have 2^%" PRIu64
			     " entries: it is not read", bits);
	return *ret;
}

static bool open_log(struct log *g, uint64_t prb)
{
	struct dmv_linux *l = g->l;
	struct dmv_err e = { .addr = DMV_NO_ADDR };
	uint64_t ring, data;

	if (dmv_names_size(l->n, "prb_desc", &g->desc_bytes, &e) ||
	    dmv_names_size(l->n, "printk_info", &g->info_bytes, &e) ||
	    g->desc_bytes > DESC_MAX || g->info_bytes > INFO_MAX) {
		dmv_note_add(l->f, DMV_TOPIC_LOG, DMV_NO_ADDR, "lines of the log are not known: %s",
			     e.code ? e.msg : "its structures have no such size");
		return false;
	}
	g->word = l->m->bits == 32 ? 4 : 8;
	g->ids = UINT64_MAX >> (66 - 8 * g->word);
	return dmv_linux_in(l, prb, DMV_L_LOG_DESCS, &ring) &&
	       dmv_linux_in(l, prb, DMV_L_LOG_TEXT, &data) &&
	       power(g, ring, DMV_L_LOG_DESC_BITS, 1, &g->lines) &&
	       power(g, data, DMV_L_LOG_DATA_BITS, 4, &g->bytes) &&
	       dmv_linux_get(l, ring, DMV_L_LOG_DESC_ARRAY, &g->descs) &&
	       dmv_linux_get(l, ring, DMV_L_LOG_INFO_ARRAY, &g->infos) &&
	       dmv_linux_get(l, ring, DMV_L_LOG_HEAD, &g->head) &&
	       dmv_linux_get(l, ring, DMV_L_LOG_TAIL, &g->tail) &&
	       dmv_linux_get(l, data, DMV_L_LOG_DATA, &g->data);
}

/* Where the block's text stands, and how much room it has there; 0: it has none. */
static uint64_t place(const struct log *g, uint64_t begin, uint64_t next, uint64_t *at)
{
	const uint64_t in = g->bytes - 1;
	const bool wraps = (begin & ~in) != (next & ~in);
	uint64_t room;

	/* lowest bit set: no data, or none could be had */
	if (begin & 1 || next - begin > g->bytes + g->word)
		return 0;
	*at = wraps && (next & in) ? g->data : g->data + (begin & in);
	room = !wraps ? next - begin : next & in ? next & in : g->bytes - (begin & in);
	*at += g->word;
	return room > g->word ? room - g->word : 0;
}

/* False: no memory. */
static bool keep(struct log *g, const uint8_t *desc, const uint8_t *info, uint64_t *lost)
{
	struct dmv_linux *l = g->l;
	struct dmv_log_fact *line;
	uint64_t begin, next, n, at, room;
	struct dmv_known time = { 0 }, level = { 0 };

	if (!dmv_linux_pick(l, desc, g->desc_bytes, DMV_L_LOG_BEGIN, &begin) ||
	    !dmv_linux_pick(l, desc, g->desc_bytes, DMV_L_LOG_NEXT, &next) ||
	    !dmv_linux_pick(l, info, g->info_bytes, DMV_L_LOG_BYTES, &n))
		return true;
	room = place(g, begin, next, &at);
	n = n < room ? n : room;
	n = n < TEXT_MAX ? n : TEXT_MAX;
	if (!n && begin != EMPTY)
		return true;
	if (n && dmv_mem_read(l->m, DMV_VIRT, at, g->text, (size_t)n, NULL)) {
		++*lost;
		return true;
	}
	time.known = dmv_linux_pick(l, info, g->info_bytes, DMV_L_LOG_TIME, &time.value);
	level.known = dmv_linux_pick(l, info, g->info_bytes, DMV_L_LOG_LEVEL, &level.value);
	g->taken += n;
	line = DMV_PUSH(l->f->log, l->f->nlog);
	if (!line)
		return false;
	*line = (struct dmv_log_fact){ time, level, dmv_arena_text(l->f, g->text, (size_t)n) };
	return true;
}

/* The descriptor of an id and its infos; false: they cannot be read. */
static bool entry(const struct log *g, uint64_t id, uint8_t *desc, uint8_t *info)
{
	const uint64_t i = id & (g->lines - 1);

	return !dmv_mem_read(g->l->m, DMV_VIRT, g->descs + i * g->desc_bytes, desc,
			     (size_t)g->desc_bytes, NULL) &&
	       !dmv_mem_read(g->l->m, DMV_VIRT, g->infos + i * g->info_bytes, info,
			     (size_t)g->info_bytes, NULL);
}

static bool is_line(const struct log *g, const uint8_t *desc, uint64_t id)
{
	uint64_t state;

	if (!dmv_linux_pick(g->l, desc, g->desc_bytes, DMV_L_LOG_STATE, &state))
		return false;
	return (state & g->ids) == id && (state >> (8 * g->word - 2) == COMMITTED ||
					  state >> (8 * g->word - 2) == FINALIZED);
}

/* False: no memory. */
static bool walk(struct log *g, uint64_t *lost)
{
	uint64_t n = ((g->head - g->tail) & g->ids) + 1, row = 0;
	uint8_t desc[DESC_MAX], info[INFO_MAX];

	n = n < g->lines ? n : g->lines;
	n = n < LINES_MAX ? n : LINES_MAX;
	for (uint64_t i = 0; i < n && row < LOST_MAX && !dmv_linux_stopped(g->l); i++) {
		const uint64_t id = (g->head - (n - 1 - i)) & g->ids;

		if (!entry(g, id, desc, info)) {
			++*lost;
			row++;
			continue;
		}
		row = 0;
		if (g->taken >= g->bytes || g->taken >= BYTES_MAX)
			return true;            /* more than there can be: it is a lie */
		if (is_line(g, desc, id) && !keep(g, desc, info, lost))
			return false;
	}
	return true;
}

enum dmv_code dmv_linux_log(struct dmv_linux *l, struct dmv_err *e)
{
	uint64_t prb, lost = 0;
	struct log g = { .l = l };

	if (dmv_linux_pointer(l, "prb", &prb, e))
		return DMV_E_OK;        /* an older kernel, or one that logs nothing */
	if (!open_log(&g, prb))
		return DMV_E_OK;
	if (!walk(&g, &lost))
		return dmv_fail(e, DMV_E_MEMORY, "no memory for the log");
	if (lost)
		dmv_note_add(l->f, DMV_TOPIC_LOG, g.data, "%" PRIu64 " lines of the log cannot be "
			     "read", lost);
	return dmv_linux_stopped(l) ? dmv_fail(e, DMV_E_STOPPED, "stopped") : DMV_E_OK;
}
