/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The log out of a Linux kernel's memory: where its ring begins and wraps, what is no line, what is
 * damaged. Real kernels: tests/vm/linux_check.py. */
#include <stddef.h>
#include <stdlib.h>

#include "small_kernel.h"
#include "t.h"

enum { LINES = 8, BYTES = 256 };

#define STATE(id, state) ((uint64_t)(state) << 62 | (id))
#define EMPTY 3ull                              /* begin and next of a line without text */

struct desc { uint32_t pad; uint64_t next, begin, state; };
struct info { uint64_t time; uint32_t other; uint8_t bits; uint16_t bytes; };
struct desc_ring { uint64_t head, descs, infos, tail; uint32_t bits; };
struct data_ring { uint64_t data; uint32_t bits; };
struct ring { struct data_ring text; struct desc_ring desc; };

struct ram {
	uint64_t prb;
	struct ring ring;
	struct desc desc[LINES];
	struct info info[LINES];
	char data[BYTES];
};

struct log {
	struct small_kernel k;
	struct ram ram;
	uint64_t at;                    /* logical position of the next text */
};

static const struct small_member members[] = {
	SMALL_MEMBER("printk_ringbuffer", "desc_ring", ring, desc),
	SMALL_MEMBER("printk_ringbuffer", "text_data_ring", ring, text),
	SMALL_MEMBER("prb_desc_ring", "count_bits", desc_ring, bits),
	SMALL_MEMBER("prb_desc_ring", "descs", desc_ring, descs),
	SMALL_MEMBER("prb_desc_ring", "infos", desc_ring, infos),
	SMALL_MEMBER("prb_desc_ring", "head_id.counter", desc_ring, head),
	SMALL_MEMBER("prb_desc_ring", "tail_id.counter", desc_ring, tail),
	SMALL_MEMBER("prb_data_ring", "size_bits", data_ring, bits),
	SMALL_MEMBER("prb_data_ring", "data", data_ring, data),
	SMALL_MEMBER("prb_desc", "state_var.counter", desc, state),
	SMALL_MEMBER("prb_desc", "text_blk_lpos.begin", desc, begin),
	SMALL_MEMBER("prb_desc", "text_blk_lpos.next", desc, next),
	SMALL_SIZE("prb_desc", desc),
	SMALL_MEMBER("printk_info", "ts_nsec", info, time),
	SMALL_MEMBER("printk_info", "text_len", info, bytes),
	{ "printk_info", "level", offsetof(struct info, bits), 1, 5, 3 },
	SMALL_SIZE("printk_info", info),
};

static const struct small_symbol symbols[] = { { "prb", offsetof(struct ram, prb) } };

/* Ids below 0, as the first ones of a real kernel. */
static struct log *make(void)
{
	struct log *g = calloc(1, sizeof(*g));
	struct ram *r = &g->ram;

	small_init(&g->k, r, sizeof(*r));
	g->k.member = members;
	g->k.nmember = sizeof(members) / sizeof(members[0]);
	g->k.symbol = symbols;
	g->k.nsymbol = 1;
	r->prb = small_at(&g->k, &r->ring);
	r->ring.text = (struct data_ring){ small_at(&g->k, r->data), 8 };
	r->ring.desc = (struct desc_ring){ .descs = small_at(&g->k, r->desc),
					   .infos = small_at(&g->k, r->info), .bits = 3 };
	r->ring.desc.head = r->ring.desc.tail = STATE(-8ll, 0) & ~(3ull << 62);
	return g;
}

/* A line as the kernel lays it down: a word, the text, up to the next word. */
static struct desc *put(struct log *g, uint64_t id, unsigned state, const char *text)
{
	struct ram *r = &g->ram;
	struct desc *d = &r->desc[id % LINES];
	const size_t n = strlen(text), room = 8 + ((n + 7) & ~(size_t)7);
	uint64_t begin = g->at, in = begin % BYTES;

	if (in + room > BYTES) {        /* it does not fit behind: to the start */
		g->at += BYTES - in;
		in = 0;
	}
	g->at += room;
	memcpy(r->data + in + 8, text, n);
	id &= ~(3ull << 62);
	*d = (struct desc){ .begin = begin, .next = g->at, .state = STATE(id, state) };
	r->info[id % LINES] = (struct info){ 1000 + id % LINES, 0, 4 << 5, (uint16_t)n };
	r->ring.desc.head = id;
	return d;
}

/* The lines that come out, with '|' between them; and how many notes. */
static void is(struct log *g, const char *want, size_t notes, const char *name)
{
	struct dmv_facts f;
	struct dmv_err e;
	char got[BYTES * 2] = "";

	small_facts(&g->k, &f, &e);
	for (size_t i = 0; i < f.nlog; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? "|" : "",
			 f.log[i].text);
	T_STREQ(got, want, name);
	/* one more: that there are no devices in it */
	T_CHECKF(f.nnote == notes + (f.nlog > 0), name, "%zu notes: %s", f.nnote,
		 f.nnote ? f.note[0].text : e.msg);
	dmv_facts_free(&f);
	free(g);
}

static void lines(void)
{
	struct log *g = make();
	struct dmv_facts f;
	struct dmv_err e;

	put(g, (uint64_t)-8, 2, "one");
	put(g, (uint64_t)-7, 1, "two\nof two lines");
	small_facts(&g->k, &f, &e);
	if (T_EQ(f.nlog, 2, "two lines"))
		T_CHECK(f.log[1].time.known && f.log[1].time.value == 1001 &&
			f.log[1].level.known && f.log[1].level.value == 4, "time and level");
	dmv_facts_free(&f);
	is(g, "one|two\nof two lines", 0, "finalized and committed");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	put(g, (uint64_t)-7, 0, "reserved");
	put(g, (uint64_t)-6, 3, "reusable");
	put(g, (uint64_t)-5, 2, "four");
	g->ram.desc[3].state = STATE(5, 2);     /* of another turn */
	put(g, (uint64_t)-4, 2, "five");
	is(g, "one|five", 0, "what is no line");
	g = make();
	for (uint64_t id = 0; id < 20; id++) {
		char text[40];

		snprintf(text, sizeof(text), "line %d of this log, long", (int)id);
		put(g, id, 2, text);
	}
	g->ram.ring.desc.tail = 15;
	is(g, "line 15 of this log, long|line 16 of this log, long|line 17 of this log, long|"
	   "line 18 of this log, long|line 19 of this log, long", 0, "rings that went round");
	g = make();
	put(g, (uint64_t)-8, 2, "one")->begin = EMPTY;
	put(g, (uint64_t)-7, 2, "two");
	put(g, (uint64_t)-6, 2, "three")->begin = 1;
	is(g, "|two", 0, "a line without text, and one that found no room");
}

static void damage(void)
{
	struct log *g = make();

	put(g, (uint64_t)-8, 2, "one")->next = UINT64_MAX & ~7ull;
	put(g, (uint64_t)-7, 2, "two");
	is(g, "two", 0, "a text larger than all");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	g->ram.info[0].bytes = 0xffff;
	is(g, "one\0\0\0\0", 0, "a length beyond its block");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	put(g, (uint64_t)-7, 2, "two");
	g->k.hole = small_at(&g->k, g->ram.data) + 8;
	is(g, "two", 1, "a text that is not there");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	put(g, (uint64_t)-7, 2, "two");
	g->k.hole = small_at(&g->k, &g->ram.info[1]);
	is(g, "one", 1, "infos that are not there");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	g->ram.ring.desc.bits = 63;
	is(g, "", 1, "more lines than memory");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	g->ram.ring.desc.descs = 0x10;
	is(g, "", 1, "lines nowhere");
	g = make();
	put(g, (uint64_t)-8, 2, "one");
	g->ram.ring.desc.tail = 17;
	is(g, "one", 0, "a tail in front of the head");
}

/* Each member under another name: it is said, and what goes without it is there. */
static void renamed(void)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		struct log *g = make();
		char without[80], name[120];
		struct dmv_facts f;
		struct dmv_err e;

		put(g, (uint64_t)-8, 2, "one");
		snprintf(without, sizeof(without), "%s.%s", members[i].type,
			 members[i].path ? members[i].path : "");
		snprintf(name, sizeof(name), "without %s", without);
		g->k.without = without;
		small_facts(&g->k, &f, &e);
		T_CHECKF(f.nnote > 0 && f.note[0].topic == DMV_TOPIC_LOG &&
			 strstr(f.note[0].text, "not known"), name, "%zu notes", f.nnote);
		dmv_facts_free(&f);
		free(g);
	}
}

int main(void)
{
	lines();
	damage();
	renamed();
	return t_done();
}
