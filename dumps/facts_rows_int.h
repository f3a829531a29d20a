/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Shared by the files that make facts of rows: facts_rows.c (which table, what a row and a
 * reference are), facts_sites.c, facts_objects.c, facts_events.c (one function a table),
 * facts_life.c (what an operation in progress touches).
 */
#ifndef DMV_FACTS_ROWS_INT_H
#define DMV_FACTS_ROWS_INT_H

#include "facts_int.h"

struct dmv_row_ref {
	uint32_t row, gen;
};

struct dmv_cpu_refs {
	struct dmv_row_ref adapter, object;
};

/* What must wait until the tables it points to are read; where this region's facts begin. */
struct dmv_pending {
	const char **string;            /* by index of the string */
	size_t nstring;
	struct dmv_row_ref *file_list;  /* of each file of this region */
	size_t nfile_list;
	struct dmv_cpu_refs *cpu_refs;
	size_t ncpu_refs;
	size_t images;
	size_t adapter, file, reg, list, vector, buffer, channel, violation, event, cpu;
};

/* In a function of a table: `r` is the reading, `p` the row. */
#define U32(type, field) DMV_U32(r, p, dmv_abi_##type, field)
#define U64(type, field) DMV_U64(r, p, dmv_abi_##type, field)
#define PTR(type, field) (p + offsetof(struct dmv_abi_##type, field))

/* ---- facts_rows.c ---- */

/* Life of a row, which is counted; 0: it is free, no fact. */
enum dmv_life dmv_fact_life(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at,
			    uint32_t kind);

/* The fact of a row, zeroed; NULL: no memory, which the reading's error says. */
void *dmv_fact_new(struct dmv_reading *r, const struct dmv_at *at, void *array, size_t *n,
		   size_t size);
#define DMV_FACT(array) dmv_fact_new(r, at, &r->f->array, &r->f->n##array, sizeof(*r->f->array))

/* What the facts of all objects begin with. */
struct dmv_fact_head {
	uint32_t region, row, gen;
	enum dmv_life life;
};

/* The fact of an object's row with its head filled. NULL: *ret is OK and the row is free, or there
 * is no memory. */
void *dmv_fact_object(struct dmv_reading *r, const uint8_t *p, const struct dmv_at *at,
		      uint32_t kind, void *array, size_t *n, size_t size, enum dmv_code *ret);
#define DMV_OBJECT(kind, array, ret) \
	dmv_fact_object(r, p, at, kind, &r->f->array, &r->f->n##array, sizeof(*r->f->array), ret)

/* References as indices, DMV_NO_INDEX where they do not hold. *gone: the row was read and does not
 * hold the object any more. */
struct dmv_row_ref dmv_ref_read(const struct dmv_reading *r, const uint8_t *p);
uint32_t dmv_ref_follow(const struct dmv_reading *r, uint32_t kind, struct dmv_row_ref ref,
			bool *gone);
uint32_t dmv_ref_index(const struct dmv_reading *r, uint32_t kind, const uint8_t *p);
/* Of any kind; kinds without an array of facts have no index. */
uint32_t dmv_ref_object(const struct dmv_reading *r, uint32_t kind, struct dmv_row_ref ref);
/* Sites are never freed, so they are named without a generation. */
uint32_t dmv_ref_site(const struct dmv_reading *r, uint32_t row);
const char *dmv_ref_string(const struct dmv_reading *r, const uint8_t *p);

/* ---- a table each ---- */

dmv_row_fn dmv_fact_string, dmv_fact_image, dmv_fact_site;
dmv_row_fn dmv_fact_driver, dmv_fact_adapter, dmv_fact_file, dmv_fact_register, dmv_fact_list,
	dmv_fact_vector, dmv_fact_buffer, dmv_fact_channel;
dmv_row_fn dmv_fact_violation, dmv_fact_event, dmv_fact_cpu;

/* Violations in the order raised, before other tables refer to them; events by time. */
void dmv_violations_sort(struct dmv_reading *r);
void dmv_events_sort(struct dmv_reading *r);

/* facts_life.c: resolves the CPU rows and marks what they touch. */
enum dmv_code dmv_life_spread(struct dmv_reading *r);

#endif
