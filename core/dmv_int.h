/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Private to core: the books outside the region, and the few helpers that write into it.
 * A book is the private twin of a row: it holds the pointers and the look-up links.
 */
#ifndef DMV_INT_H
#define DMV_INT_H

#include "dmv.h"

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* On the paths that map and flush: a call would cost as much as what it does. */
#define DMV_HOT static inline __attribute__((always_inline))

/* ---- stores into the region: plain stores only, so that each can be the last one ---- */

static inline void st32(uint32_t *to, uint32_t v)
{
	__atomic_store_n(to, v, __ATOMIC_RELAXED);
}

/* 64 bits are two stores for a 32-bit writer: only in rows that are WRITING, or for counters. */
static inline void st64(uint64_t *to, uint64_t v)
{
	*(volatile uint64_t *)to = v;
}

/* What a reader may believe once it sees this word. */
static inline void publish(uint32_t *to, uint32_t v)
{
	__atomic_store_n(to, v, __ATOMIC_RELEASE);
}

/* A reader that sees any later store sees this word as well. */
static inline void withdraw(uint32_t *to, uint32_t v)
{
	__atomic_store_n(to, v, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void dmv_ref_set(struct dmv_abi_ref *to, uint32_t row, uint32_t gen)
{
	st32(&to->row, row);
	st32(&to->gen, gen);
}

/* Byte by byte, never a library call. */
void dmv_store_bytes(void *to, const void *from, size_t n);

struct row_head {
	uint32_t state, gen;
};

/* ---- tables ---- */

struct dmv_place {
	char *base;
	uint32_t row0, rows;
};

struct dmv_tab {
	uint32_t rows, stride;
	uint32_t places;
	struct dmv_place *place;
};

void *dmv_row_search(const struct dmv_tab *t, uint32_t row);
/* How many rows lie together, from this one on. */
uint32_t dmv_row_run(const struct dmv_tab *t, uint32_t row);

/* Most tables are one piece, or are used from their first piece on. */
static inline void *dmv_row(const struct dmv_tab *t, uint32_t row)
{
	if (__builtin_expect(row < t->place[0].rows, 1))
		return t->place[0].base + (size_t)row * t->stride;
	return dmv_row_search(t, row);
}

/* Free rows, oldest first: a freed row goes to the tail, readable until it comes to the head. */
struct dmv_fifo {
	uint32_t head, tail;
	uint32_t *next;
};

uint32_t dmv_fifo_take(struct dmv_fifo *f);             /* DMV_ABI_NONE: empty */
void dmv_fifo_give(struct dmv_fifo *f, uint32_t i);

/* Runs of consecutive units: map registers of a file, shadow pages of a file. */
struct dmv_runs {
	uint32_t *word;         /* bit set: taken */
	uint32_t units, free, hint;
};

/* First of n free units, or DMV_ABI_NONE; *largest (opt): how long the longest run is then. */
uint32_t dmv_runs_find(const struct dmv_runs *r, uint32_t n, uint32_t *largest);
/* The same, and marks them taken. */
uint32_t dmv_runs_take(struct dmv_runs *r, uint32_t n);
void dmv_runs_give(struct dmv_runs *r, uint32_t first, uint32_t n);

/* ---- books ---- */

#define DMV_FAULTS 3u           /* kinds of DMV_ABI_FAULT_*, by the number of their bit */

struct dmv_adapter {
	_Alignas(16) unsigned char face[DMV_FACE_BYTES];
	struct dmv_abi_adapter *row;
	uint32_t index, gen;
	uint32_t driver;
	bool known, released, judged, shadowed;
	bool cancelled;                                 /* what waits for it is never granted */
	uint32_t refs, max_registers, alignment, flags;
	uint32_t registers, lists, buffers, channels;   /* outstanding */
	uint32_t objects;                               /* of the channels: those of lists */
	uint32_t entries, vectors;                      /* of the buffers: those of vectors */
	uint32_t mapped;                                /* registers mapped */
	uint64_t bytes_mapped;
	uint32_t holder;                                /* channel that holds it, or NONE */
	uint32_t controller, line;                      /* of system DMA, or NONE */
	uint32_t owner;
	uint64_t owner_address;
	uint32_t channel_extra, buffer_extra;           /* frees too many so far */
	uint64_t registers_allocated, registers_freed, lists_allocated, lists_freed;
	uint64_t buffers_allocated, buffers_freed, channels_allocated, channels_freed;
	uint32_t registers_high, lists_high, buffers_high, channels_high;
	uint64_t max_address;
	uint32_t injected[DMV_FAULTS];
};

struct dmv_file {
	_Alignas(64) struct dmv_abi_file *row;
	struct dmv_adapter *adapter;
	uint32_t index, gen;
	uint32_t first, count, hooked, mapped, cursor;
	uint32_t oldest;                                /* a guess: the register flushed next */
	uint32_t shadow_page;                           /* first page of its block, or NONE */
	uint32_t list;                                  /* index, or NONE */
	uint32_t live;
	uint32_t owner;
	char *shadow;
	uint64_t shadow_phys, data_offset, data_stride, bytes_mapped;
};

/* The low bits of a book's address are free: a handle has the generation there, which tells old. */
#define DMV_FILE_GEN_MASK 63u
_Static_assert(sizeof(struct dmv_file) > DMV_FILE_GEN_MASK, "a handle stays inside its book");

static inline void *dmv_file_handle(const struct dmv_file *f)
{
	return (char *)(uintptr_t)f + (f->gen & DMV_FILE_GEN_MASK);
}

struct dmv_register {
	struct dmv_abi_register *row;
	uint64_t frame;
	uint32_t next;                                  /* in the chain of its page, or NONE */
	uint32_t file;
	uint32_t offset, bytes;                         /* in the page; bytes 0: not mapped */
	uint32_t owner;
	uint32_t flags;                                 /* DMV_ABI_R_* */
	/* To-device: of the shadow when mapped. Else the generation that was found stale. */
	uint32_t digest;
	char *original;
	uint64_t va;
};

struct dmv_list {
	struct dmv_abi_list *row;
	struct dmv_adapter *adapter;
	void *handle;
	void *attached;                                 /* the face's */
	uint32_t index, file, live, next;               /* next: chain of handles */
	bool to_device, caller_memory;
};

struct dmv_buffer {
	struct dmv_abi_buffer *row;
	struct dmv_adapter *adapter;
	char *block, *va;
	uint64_t bytes, block_bytes, bus;
	uint32_t index, live, next, owner;
	uint32_t vector, entry, sibling;                /* its vector or NONE; its place there */
	bool cached;
	bool own;                                       /* its pages are freed with it */
};

struct dmv_vector {
	struct dmv_abi_vector *row;
	struct dmv_adapter *adapter;
	uint32_t index, live, count;
	uint32_t left;                                  /* buffers not freed */
	uint32_t first;                                 /* of them, in a chain */
};

struct dmv_channel {
	struct dmv_abi_channel *row;
	struct dmv_adapter *adapter;
	struct dmv_request request;
	uint32_t index, status, file, next;             /* next: queue of waiting requests */
	uint32_t site;
	uint64_t runner;                                /* who runs its routine */
	uint32_t transfer, serial;                      /* enum dmv_abi_transfer; which */
	bool cancelled;                                 /* it is told to make no more of them */
};

struct dmv_driver_book {
	struct dmv_abi_driver *row;
	uint32_t options, quota, hooked, adapters;
	struct dmv_fault fault;
	struct dmv_driver_options own;                  /* what its host wants */
	uint32_t left;                                  /* faults, where fault.times bounds them */
	uint32_t asked[DMV_FAULTS], injected[DMV_FAULTS];
	bool known;
};

struct dmv_cpu {
	struct dmv_abi_cpu *row;
	struct dmv_abi_event *event;            /* where its next event goes; NULL: nowhere */
	uint32_t sequence;                      /* that event's */
	uint32_t together;                      /* rows from there on that lie together */
};

/* Which site a caller is, for hosts that do not walk stacks: found again without a search. */
#define DMV_CALLERS 16u

struct dmv_caller {
	uint64_t address;
	uint32_t site;
};

/* The control block, and two copies of it that nobody else writes to. */
struct dmv_control {
	struct dmv_abi_control *block;  /* NULL: there is none */
	uint32_t bytes, rows, state_offset;
	unsigned char *fresh;           /* the copy that is looked at */
	unsigned char *obeyed;          /* the one that holds; its fields are 0 before any does */
	uint32_t seen;                  /* sequence read last */
};

/* Where the periodic scan goes on. */
struct dmv_scan {
	enum dmv_abi_kind kind;         /* BUFFER or FILE */
	uint32_t row, gen;              /* gen: of the file whose pages before `page` are done */
	uint32_t page;
};

struct dmv_hash {               /* chains by key; links lie in the books */
	uint32_t *bucket;
	uint32_t shift;         /* 64 - log2(buckets) */
};

static inline uint32_t dmv_hash_slot(const struct dmv_hash *h, uint64_t key)
{
	return (uint32_t)((key * 0x9E3779B97F4A7C15u) >> h->shift);
}

/* Faults of the IOMMU that nobody was told of yet; the state word is taken without the lock. */
#define DMV_IOMMU_FAULTS 16u

struct dmv_iommu_slot {
	uint32_t state, ticket;
	struct dmv_iommu_fault fault;
};

struct dmv {
	struct dmv_port port;
	struct dmv_config cfg;
	struct dmv_abi_header *header;
	struct dmv_tab tab[DMV_ABI_K_COUNT];    /* EVENT: all rings, cpu after cpu */
	struct dmv_fifo fifo[DMV_ABI_K_COUNT];
	struct dmv_adapter *adapter;
	struct dmv_file *file;
	struct dmv_register *reg;
	struct dmv_list *list;
	struct dmv_buffer *buffer;
	struct dmv_vector *vector;
	struct dmv_channel *channel;
	struct dmv_driver_book *driver;
	struct dmv_hash pages, lists, buffers, sites;
	struct dmv_cpu *cpu;
	struct dmv_runs registers, shadow;
	const char **shadow_va;                 /* per page of the pool */
	uint64_t *shadow_phys;
	uint32_t wait_head, wait_tail;          /* waiting requests, oldest first */
	uint32_t violations, strings_used;
	struct dmv_caller caller[DMV_CALLERS];
	uint32_t page, page_shift;
	uint32_t mode, flags;
	uint64_t stale;                         /* ticks; 0: nothing is */
	uint64_t counter, counter_time;         /* the last reading, and a moment before it */
	uint32_t counter_site;
	uint32_t transfers;                             /* of system DMA controllers, so far */
	bool counter_read;
	uint32_t rules_off[4], rule_modes[8];
	struct dmv_scan scan;
	struct dmv_control control;
	uint32_t live[DMV_ABI_K_COUNT];
	struct dmv_iommu_slot iommu[DMV_IOMMU_FAULTS];
	uint32_t iommu_ticket, iommu_lost;
};

static inline struct dmv_caller *dmv_caller(struct dmv *v, uint64_t caller)
{
	_Static_assert(DMV_CALLERS == 1 << (64 - 60), "four bits choose one");
	return &v->caller[caller * 0x9E3779B97F4A7C15u >> 60];
}

/* NULL: not the handle of a live file of this adapter; any value is safe. */
DMV_HOT struct dmv_file *dmv_file_find(const struct dmv *v, const void *handle,
				       const struct dmv_adapter *a)
{
	const size_t i = ((uintptr_t)handle - (uintptr_t)v->file) / sizeof(struct dmv_file);
	struct dmv_file *f = &v->file[i];

	if (i >= v->cfg.rows[DMV_ABI_K_FILE])
		return NULL;
	return f->live && f->adapter == a && dmv_file_handle(f) == handle ? f : NULL;
}

/* ---- one call from outside ---- */

#define DMV_REPORTS 8

struct dmv_call {
	struct dmv *v;
	struct dmv_cpu *cpu;
	uint32_t site;
	uint64_t now;
	bool stopping;          /* the host is about to die of a report: leave all as found */
	uint32_t reports;
	struct dmv_report report[DMV_REPORTS];
};

static inline uint32_t dmv_cpu_number(const struct dmv_call *c)
{
	return (uint32_t)(c->cpu - c->v->cpu);
}

/*
 * Takes the lock, interns the caller's stack, publishes what is in progress on which adapter.
 * dmv_leave must follow; functions that take a dmv_call run between the two, under the lock.
 */
void dmv_enter(struct dmv_call *c, struct dmv *v, uint64_t caller, enum dmv_abi_op op,
	       struct dmv_adapter *a);
/* Clears that word, releases the lock, then tells the host of each violation that was queued. */
void dmv_leave(struct dmv_call *c);

/* What the hot forms of the two leave to a call. */
void dmv_enter_stack(struct dmv_call *c, struct dmv *v, uint64_t caller);
void dmv_enter_new(struct dmv *v, struct dmv_caller *known, uint64_t caller);
void dmv_tell_host(const struct dmv_call *c) __attribute__((cold));

DMV_HOT void dmv_enter_hot(struct dmv_call *c, struct dmv *v, uint64_t caller, enum dmv_abi_op op,
			   struct dmv_adapter *a)
{
	struct dmv_abi_cpu *cpu;
	uint32_t number;

	c->v = v;
	c->reports = 0;
	c->stopping = false;
	if (caller && v->port.stack && v->cfg.stack_depth > 1) {
		dmv_enter_stack(c, v, caller);
	} else {
		struct dmv_caller *known = dmv_caller(v, caller);

		v->port.lock(v->port.host);
		if (caller != known->address)
			dmv_enter_new(v, known, caller);
		c->site = known->site;
	}
	c->now = v->port.now ? v->port.now(v->port.host) : 0;
	number = v->port.cpu ? v->port.cpu(v->port.host) : 0;
	c->cpu = &v->cpu[number < v->cfg.cpus ? number : 0];
	cpu = c->cpu->row;
	st32(&cpu->object_kind, DMV_ABI_K_NONE);
	dmv_ref_set(&cpu->adapter, a ? a->index : DMV_ABI_NONE, a ? a->gen : 0);
	st64(&cpu->time, c->now);
	withdraw(&cpu->op, op);
	st64(&v->header->last_ticks, c->now);
}

DMV_HOT void dmv_leave_hot(struct dmv_call *c)
{
	publish(&c->cpu->row->op, DMV_ABI_OP_NONE);
	c->v->port.unlock(c->v->port.host);
	if (c->reports)
		dmv_tell_host(c);
}

/* Names the object as well: before the first store to it. */
static inline void dmv_working_on(struct dmv_call *c, enum dmv_abi_kind kind, uint32_t row,
				  uint32_t gen)
{
	struct dmv_abi_cpu *cpu = c->cpu->row;

	dmv_ref_set(&cpu->object, row, gen);
	withdraw(&cpu->object_kind, kind);
}

/* Something found wrong at `at`; n bytes of `found` are kept as evidence. */
struct dmv_found {
	const char *at;
	int64_t offset;
	uint32_t bad, expected;
	const char *shadow, *original;          /* for the digests; may be NULL */
	uint64_t bytes;
};

struct dmv_object {
	enum dmv_abi_kind kind;
	uint32_t row, gen;
	uint32_t prior_site;
	uint64_t prior_time;
};

static inline struct dmv_object dmv_buffer_object(const struct dmv_buffer *b)
{
	return (struct dmv_object){ DMV_ABI_K_BUFFER, b->index, b->row->gen, b->owner,
				    b->row->time };
}

/*
 * Books a violation and queues its report. obj NULL: about no object; found NULL: no evidence.
 * False if the rule, or judging this adapter, is switched off: the caller goes on as if all was
 * right.
 */
bool dmv_raise(struct dmv_call *c, enum dmv_rule rule, struct dmv_adapter *a,
	       const struct dmv_object *obj, const struct dmv_found *found,
	       uint64_t p2, uint64_t p3, uint64_t p4) __attribute__((cold));

/* Finds the row of cpu->sequence: where a ring begins, and where a piece of it ends. */
void dmv_event_turn(const struct dmv *v, struct dmv_cpu *cpu);
/* Once the region is laid. */
void dmv_cpus_start(struct dmv *v);

struct dmv_event_args {
	enum dmv_abi_kind kind;
	uint32_t row, gen, direction, rule;
	uint64_t address, bus, size;
};

DMV_HOT void
dmv_event_write(struct dmv_call *c, enum dmv_abi_op op, struct dmv_adapter *a,
		const struct dmv_event_args *e)
{
	struct dmv_cpu *cpu = c->cpu;
	struct dmv_abi_event *row = cpu->event;
	const uint32_t sequence = cpu->sequence;

	if (!row)
		return;
	cpu->sequence++;
	cpu->event++;
	if (--cpu->together == 0)
		dmv_event_turn(c->v, cpu);
	withdraw(&row->sequence, 0);
	st32(&row->op, op);
	dmv_ref_set(&row->adapter, a ? a->index : DMV_ABI_NONE, a ? a->gen : 0);
	st32(&row->object_kind, e->kind);
	st32(&row->site, c->site);
	dmv_ref_set(&row->object, e->kind ? e->row : DMV_ABI_NONE, e->gen);
	st64(&row->address, e->address);
	st64(&row->bus, e->bus);
	st64(&row->size, e->size);
	st64(&row->time, c->now);
	st32(&row->direction, e->direction);
	st32(&row->rule, e->rule);
	st32(&row->state, DMV_ABI_LIVE);
	publish(&row->sequence, sequence);
}

void dmv_event(struct dmv_call *c, enum dmv_abi_op op, struct dmv_adapter *a,
	       const struct dmv_event_args *e);

/* Takes a row: WRITING, next generation. NULL: none left, counted. The caller publishes LIVE. */
void *dmv_take(struct dmv *v, enum dmv_abi_kind kind, uint32_t *index);
/* To history; the index becomes the newest of the free ones. */
void dmv_retire(struct dmv *v, enum dmv_abi_kind kind, uint32_t index, void *row);

static inline void dmv_count_live(struct dmv *v, enum dmv_abi_kind kind, uint32_t by)
{
	v->live[kind] += by;
	st32(&v->header->live[kind], v->live[kind]);
}

static inline void dmv_live(struct dmv *v, enum dmv_abi_kind kind, void *row)
{
	publish(&((struct row_head *)row)->state, DMV_ABI_LIVE);
	dmv_count_live(v, kind, 1);
}

/* For rows whose index is not kept by a fifo: to WRITING, and to history. */
static inline void dmv_row_begin(void *row)
{
	struct row_head *h = row;

	withdraw(&h->state, DMV_ABI_WRITING);
	st32(&h->gen, h->gen + 1);
}

static inline void dmv_row_history(struct dmv *v, enum dmv_abi_kind kind, void *row)
{
	publish(&((struct row_head *)row)->state, DMV_ABI_HISTORY);
	dmv_count_live(v, kind, (uint32_t)-1);
}

uint32_t dmv_string(struct dmv *v, const char *s);      /* interned; DMV_ABI_NONE: no room */

/* dmv_books.c: lays out the books, all objects free. Needs v->cfg only. */
void dmv_books_start(struct dmv *v);
/* Exponent of the least power of two that is not below n; 1 at least. */
uint32_t dmv_log2_above(uint32_t n);

/* dmv_lay.c, in this order, while nobody else has the verifier. */
int dmv_region_lay(struct dmv *v);              /* the tables; DMV_BAD_CONFIG: too little room */
void dmv_header_write(struct dmv *v);
void dmv_header_open(struct dmv_abi_header *h); /* stores the magic, last of all */

/* dmv_driver.c: raises the leak rule for each live adapter of a driver; DMV_ABI_NONE: of all. */
void dmv_report_left(struct dmv *v, uint32_t driver, uint64_t caller);

/* dmv_options.c */
/* Are all of them known? */
bool dmv_options_known(const struct dmv_driver_options *o);
/* Makes them hold; nothing if they do. */
void dmv_options_set(struct dmv_call *c, uint32_t driver, const struct dmv_driver_options *o);
/* What a driver's row says of its faults; all zero. */
void dmv_faults_start(struct dmv_driver_book *d, const struct dmv_fault *f);

/* dmv_control.c */
/* Lays the block, if there is one. */
void dmv_control_start(struct dmv *v);
/* What holds for a loaded driver: what was asked for, else what its host wants. */
struct dmv_driver_options dmv_control_of(struct dmv *v, uint32_t driver);

/* Is 0x15 an error for it? */
bool dmv_strict(const struct dmv *v, const struct dmv_adapter *a);
/* Do its common buffers get guards? May be asked without the lock. */
bool dmv_guarded(const struct dmv *v, const struct dmv_adapter *a);

/* dmv_fault.c */
/* Is an allocation of this kind (DMV_ABI_FAULT_*) to fail? Counts it. */
bool dmv_fault(struct dmv_call *c, struct dmv_adapter *a, uint32_t kind);
/* The same of a common buffer, whose memory is asked for without the lock. */
bool dmv_fault_buffer(struct dmv *v, struct dmv_adapter *a, uint64_t caller);

/* dmv_shadow.c: `i` counts a file's registers from 0 */
/* Shadow pages for all registers of the file, and f->hooked, or for none of them. */
void dmv_shadow_take(struct dmv *v, struct dmv_file *f);
void dmv_shadow_give(struct dmv *v, struct dmv_file *f);
char *dmv_shadow_data(const struct dmv_file *f, uint32_t i);    /* data page; i < f->hooked */
/* n bytes become fill again; original not NULL: what stood there is the driver's. */
void dmv_shadow_empty(struct dmv *v, char *shadow, char *original, size_t n);
uint32_t dmv_digest32(const char *p, size_t n);
uint64_t dmv_digest64(const char *p, size_t n);         /* FNV-1a */
/* Guard rules: of a free register, a mapped one, all of a file, a common buffer. */
void dmv_check_free(struct dmv_call *c, struct dmv_file *f, uint32_t i, bool guards);
void dmv_check_mapped(struct dmv_call *c, struct dmv_file *f, uint32_t i);
void dmv_check_file(struct dmv_call *c, struct dmv_file *f);
void dmv_check_buffer(struct dmv_call *c, struct dmv_buffer *b);
/* One page of the file's shadow block, guard or data; what is bad is found by the checks above. */
void dmv_check_page(struct dmv_call *c, struct dmv_file *f, uint32_t page);

/* dmv_file.c */
/* n registers, not mapped; list: index of the list they are for, or NONE. NULL: no row or run. */
struct dmv_file *dmv_file_new(struct dmv_call *c, struct dmv_adapter *a, uint32_t n, uint32_t list);
/* false: a check failed, the host stops, and all is as it was. */
bool dmv_file_end(struct dmv_call *c, struct dmv_file *f);
struct dmv_object dmv_file_object(const struct dmv_file *f);
/* To be called when its registers are freed: raises the rule if some are still mapped. */
void dmv_file_freed(struct dmv_call *c, const struct dmv_file *f);

/* dmv_map.c */
/* Registers that it needs; 0: it cannot be mapped. */
uint32_t dmv_span_pages(const struct dmv *v, const struct dmv_span *s);
/* Overlap with anything mapped: raises rule 0x1D; true if that counts. */
bool dmv_map_clash(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_span *s);
/* Maps the span from register `first` of f on. False: a check failed, and the host stops. */
bool dmv_map_range(struct dmv_call *c, struct dmv_file *f, uint32_t first, const struct dmv_span *s,
		   bool to_device);
/* What the device did to a mapped register: guards, bytes it was only to read. Before any unmap. */
void dmv_check_transfer(struct dmv_call *c, struct dmv_file *f, uint32_t i);
/* What page `page` of a span would be for the device in register i of the file. */
struct dmv_element dmv_span_page(const struct dmv *v, const struct dmv_file *f, uint32_t i,
				 const struct dmv_span *s, uint32_t page);
/* Register of the file that maps that page, mostly `guess`; NONE: none does. */
uint32_t dmv_span_register(const struct dmv *v, const struct dmv_file *f, const struct dmv_span *s,
			   uint32_t page, uint32_t guess);
/* Rules of maps and flushes: more bytes than can be mapped; no free register for so many pages;
 * nothing to flush; a page that the file does not map, `left` and `asked` bytes before the end. */
bool dmv_too_many_bytes(struct dmv_call *c, struct dmv_adapter *a, uint64_t bytes);
void dmv_no_registers(struct dmv_call *c, struct dmv_adapter *a, struct dmv_file *f,
		      const struct dmv_span *s, uint32_t pages);
bool dmv_nothing_mapped(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_file *f,
			void *base);
void dmv_not_mapped(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
		    bool behind, uint64_t left, uint64_t asked);
/* X2: the MDL's flags are others than when register i was mapped by it. True if that counts. */
bool dmv_mdl_changed(struct dmv_call *c, const struct dmv_file *f, const struct dmv_span *s,
		     uint32_t i);
/* flush: copies what came from the device to the driver's buffer. */
void dmv_unmap(struct dmv_call *c, struct dmv_file *f, uint32_t i, bool flush);

/* dmv_sg.c: made in two steps, around the mapping of its registers; start returns the elements */
struct dmv_list *dmv_list_new(struct dmv_call *c, struct dmv_adapter *a,
			      const struct dmv_request *r);
void dmv_list_drop(struct dmv_call *c, struct dmv_list *l);
uint32_t dmv_list_start(struct dmv_call *c, struct dmv_list *l, const struct dmv_file *f,
			const struct dmv_request *r);
/* What the device sees of a file that is mapped from its first register on; at most max. */
void dmv_elements(const struct dmv *v, const struct dmv_file *f, struct dmv_element *out,
		  uint32_t max);

/* dmv_transfer.c: the spans of a transfer one after the other */
uint64_t dmv_transfer_bytes(const struct dmv_transfer *t);
/* Can it be mapped into so many registers? */
bool dmv_transfer_fits(const struct dmv *v, const struct dmv_transfer *t, uint32_t registers);
/* dmv_map_clash of all, dmv_map_range of the first `bytes` from register 0 of f on. */
bool dmv_transfer_clash(struct dmv_call *c, struct dmv_adapter *a, const struct dmv_transfer *t);
bool dmv_transfer_map(struct dmv_call *c, struct dmv_file *f, const struct dmv_transfer *t,
		      uint64_t bytes);

/* dmv_common.c */
/* Memory for one buffer, with room for its guards; what a buffer that ends gives back. */
struct dmv_block {
	char *base, *va;
	size_t pages;
	uint64_t bytes, phys;
};

bool dmv_block_alloc(struct dmv *v, const struct dmv_adapter *a, const struct dmv_buffer_request *r,
		     struct dmv_block *b);
void dmv_block_free(struct dmv *v, const struct dmv_block *b);  /* without the lock */
/* A live buffer in that memory; vector: whose entry it is, or NULL. NULL: no row. */
struct dmv_buffer *dmv_buffer_new(struct dmv_call *c, struct dmv_adapter *a,
				  const struct dmv_block *block, const struct dmv_buffer_request *r,
				  const struct dmv_vector *vector, uint32_t entry);
/* Checks its guards and ends it. false: the host stops, and all is as it was. */
bool dmv_buffer_end(struct dmv_call *c, struct dmv_buffer *b, struct dmv_block *ret);

/* dmv_chan.c */
/* How many requests of the adapter wait; *first (opt), if any: the oldest. */
uint32_t dmv_waiting(struct dmv *v, const struct dmv_adapter *a, struct dmv_channel **first);

/* dmv_system.c */
/* What keeps a channel of it from being granted: its holder, or that of an adapter whose device is
 * at the same line of the same controller. NONE: nothing. */
uint32_t dmv_line_holder(const struct dmv *v, const struct dmv_adapter *a);

/* dmv_adapter.c */
/* Gives the book of a released adapter back once nothing of it is left. */
void dmv_adapter_settle(struct dmv *v, struct dmv_adapter *a);
void dmv_adapter_count(struct dmv_adapter *a);          /* copies the counters into the row */

#endif
