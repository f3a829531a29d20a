/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * A machine that embeds the core, with as many rows, CPUs and pages as a test wants it to have, and
 * one object of each kind. Its region is read by the reader that reads dumps.
 */
#ifndef DMV_TEST_MACHINE_H
#define DMV_TEST_MACHINE_H

#include "dmv.h"
#include "facts.h"
#include "t.h"

enum {
	PAGE = 4096, CALLER = 0x401000, MOST_SEGMENTS = 512, BUFFER_PAGES = 64, SHADOW_PAGES = 16,
	OBJECTS = 8, FULL = 4,
	UNUSED = 0xA5,                  /* what memory holds before the core writes to it */
};

/* How the region lies in memory. */
enum pieces { ONE, TWO, PAGES };

struct machine {
	uint32_t rows[DMV_ABI_K_COUNT];
	enum pieces pieces;
	uint32_t cpus, shadows;
	size_t shadow_pages[2], books_at;
	struct dmv_memory control;      /* va NULL: none */
	bool bare;                      /* without a driver and an adapter of its own */
	void (*interrupt)(struct machine *m);   /* comes each time the lock is held; NULL: none */
	/* from start on */
	struct dmv *v;
	struct dmv_memory segment[MOST_SEGMENTS], pool[2];
	uint32_t segments, cpu, driver, violations, last_rule;
	uint32_t locked, wrong;         /* wrong: calls out with the lock held, or without it */
	char *arena, *shadow, *buffers;
	size_t arena_bytes, pages_used;
	char *books;
	size_t books_bytes;
	struct dmv_adapter *a;
	struct dmv_facts facts;
	/* objects under test */
	struct dmv_adapter *adapter[OBJECTS];
	void *handle[OBJECTS];
	uint64_t bus[OBJECTS];
	uint32_t number[OBJECTS];
	char elements[OBJECTS][64];
	char data[OBJECTS][64];
};

/* Some rows of each table; the arrays of objects are large enough. */
struct machine machine(void);

/* false: the core refuses what it is given. Stop it all the same. */
bool machine_start(struct machine *m);
void machine_stop(struct machine *m);

/*
 * What the reader makes of the region as it stands, valid until the next call; an answer that lacks
 * something is none.
 */
const struct dmv_facts *machine_decode(struct machine *m);

/* NULL: no row is left. */
struct dmv_adapter *machine_adapter(struct machine *m, uint32_t max_registers);
/* What dmv_request says, for n registers; for the list of object i. */
int machine_channel(struct machine *m, struct dmv_adapter *a, uint32_t n, struct dmv_grant *g);
int machine_list(struct machine *m, uint32_t i, struct dmv_grant *g);

/* Object i of each kind. An adapter has one channel at a time: each channel has its own. */
bool make_file(struct machine *m, uint32_t i);
void drop_file(struct machine *m, uint32_t i);
bool make_list(struct machine *m, uint32_t i);
void drop_list(struct machine *m, uint32_t i);
bool make_buffer(struct machine *m, uint32_t i);
void drop_buffer(struct machine *m, uint32_t i);
bool make_channel(struct machine *m, uint32_t i);
void drop_channel(struct machine *m, uint32_t i);
bool make_adapter(struct machine *m, uint32_t i);
void drop_adapter(struct machine *m, uint32_t i);
bool make_driver(struct machine *m, uint32_t i);
void drop_driver(struct machine *m, uint32_t i);

/* How many are live, and the row of the last of them. */
struct seen {
	uint32_t live, gone, last;
};

struct seen look_file(const struct dmv_facts *f);
struct seen look_list(const struct dmv_facts *f);
struct seen look_buffer(const struct dmv_facts *f);
struct seen look_channel(const struct dmv_facts *f);
struct seen look_adapter(const struct dmv_facts *f);
struct seen look_driver(const struct dmv_facts *f);

#define NAME(fmt, ...) (snprintf(name, sizeof(name), fmt, __VA_ARGS__), name)

#endif
