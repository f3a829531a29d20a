/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Rows as JSON: one document a command. The first table goes out as it comes, the rows of others
 * wait for their turn.
 */
#include "out_int.h"
#include "version.h"

static void put_json(struct dmv_out *o, struct dmv_buf *b, const struct dmv_col *c, const void *row)
{
	if (dmv_cell_absent(c, row)) {
		dmv_puts(o, b, "null");
		return;
	}
	switch (c->show) {
	case DMV_S_STR:
	case DMV_S_LABEL:
		dmv_put(o, b, "\"", 1);
		dmv_put_string(o, b, dmv_cell_str(c, row), true);
		dmv_put(o, b, "\"", 1);
		break;
	case DMV_S_BOOL:
		dmv_puts(o, b, dmv_cell_bool(c, row) ? "true" : "false");
		break;
	case DMV_S_ADDR:
	case DMV_S_WORD:
	case DMV_S_BARE:
		dmv_put(o, b, "\"0x", 3);
		dmv_put_hex(o, b, dmv_cell_u64(c, row), 1);
		dmv_put(o, b, "\"", 1);
		break;
	case DMV_S_CODE:
	case DMV_S_X4:
	case DMV_S_U32:
	case DMV_S_REGION:
		dmv_put_dec(o, b, dmv_cell_u32(c, row));
		break;
	case DMV_S_OFFSET: {
		int64_t v = (int64_t)dmv_cell_u64(c, row);

		if (v < 0)
			dmv_put(o, b, "-", 1);
		dmv_put_dec(o, b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
		break;
	}
	case DMV_S_BYTES:
	case DMV_S_ASCII:
		dmv_put(o, b, "\"", 1);
		dmv_put_bytes(o, b, dmv_cell_bytes(c, row), "");
		dmv_put(o, b, "\"", 1);
		break;
	default:
		dmv_put_dec(o, b, dmv_cell_u64(c, row));
	}
}

static void json_pair(struct dmv_out *o, const char *key, const char *value)
{
	dmv_puts(o, &o->out, key);
	if (!value) {
		dmv_puts(o, &o->out, "null");
		return;
	}
	dmv_put(o, &o->out, "\"", 1);
	dmv_put_string(o, &o->out, value, true);
	dmv_put(o, &o->out, "\"", 1);
}

static void json_open(struct dmv_out *o)
{
	if (o->begun)
		return;
	o->begun = true;
	dmv_puts(o, &o->out, "{\"schema\":");
	dmv_put_dec(o, &o->out, DMV_SCHEMA);
	json_pair(o, ",\"tool\":", "dma-inspect");
	json_pair(o, ",\"version\":", DMV_INSPECT_VERSION);
	json_pair(o, ",\"target\":", o->target);
	json_pair(o, ",\"provider\":", o->provider);
	json_pair(o, ",\"command\":", o->command);
	dmv_puts(o, &o->out, ",\"tables\":{");
}

static struct dmv_slot *slot_of(struct dmv_out *o, const char *key)
{
	for (unsigned i = 0; i < o->nslot; i++)
		if (!strcmp(o->slot[i].key, key))
			return &o->slot[i];
	if (o->nslot == DMV_OUT_TABLES)
		return NULL;
	o->slot[o->nslot].key = key;
	if (!o->nslot) {
		json_open(o);
		json_pair(o, "", key);
		dmv_puts(o, &o->out, ":[");
	}
	return &o->slot[o->nslot++];
}

void dmv_json_table(struct dmv_out *o, const struct dmv_table *t)
{
	slot_of(o, t->key);
}

void dmv_json_row(struct dmv_out *o, const struct dmv_table *t, const void *row)
{
	struct dmv_slot *s = slot_of(o, t->key);
	struct dmv_buf *b;
	bool first = true;

	if (!s)
		return;
	b = s == &o->slot[0] ? &o->out : &s->rows;
	dmv_put(o, b, s->any ? ",{" : "{", s->any ? 2 : 1);
	s->any = true;
	for (const struct dmv_col *c = t->col; c->key; c++) {
		if (c->show == DMV_S_LABEL || c->show == DMV_S_ASCII || c->show == DMV_S_MARK)
			continue;
		dmv_put(o, b, first ? "\"" : ",\"", first ? 1 : 2);
		first = false;
		dmv_puts(o, b, c->key);
		dmv_put(o, b, "\":", 2);
		put_json(o, b, c, row);
	}
	dmv_put(o, b, "}", 1);
}

void dmv_json_close(struct dmv_out *o)
{
	json_open(o);
	if (o->nslot)
		dmv_put(o, &o->out, "]", 1);
	for (unsigned i = 1; i < o->nslot; i++) {
		json_pair(o, ",", o->slot[i].key);
		dmv_puts(o, &o->out, ":[");
		dmv_put(o, &o->out, o->slot[i].rows.p ? o->slot[i].rows.p : "", o->slot[i].rows.n);
		dmv_put(o, &o->out, "]", 1);
	}
	dmv_puts(o, &o->out, "},\"notes\":[");
	dmv_put(o, &o->out, o->notes.p ? o->notes.p : "", o->notes.n);
	dmv_put(o, &o->out, "]", 1);
	if (o->error.n) {
		dmv_puts(o, &o->out, ",\"error\":\"");
		dmv_put(o, &o->out, o->error.p, o->error.n);
		dmv_put(o, &o->out, "\"", 1);
	}
	dmv_puts(o, &o->out, "}\n");
}
