/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The verifier as an embedder sees it: a kernel, firmware, or a test harness in user space.
 * Drivers do not include this; they call the DMA routines of a face on top (core/wdm/wdm.h).
 *
 * Freestanding: needs memcpy, memset, memmove, memcmp from the host, nothing else. All memory comes
 * from the host at dmv_init; nothing is allocated afterwards but common buffers (pages_alloc).
 *
 * Locking: every function takes port->lock for its books and holds it over no host callback but
 * cpu, self, now, counter, fill_check and copy_fill. Violations are queued under the lock and
 * reported after it.
 *
 * Context: a function may be called wherever the host's lock may be taken, in interrupt context,
 * too, if the lock keeps interrupts off. Only those that call pages_alloc or pages_free ask for
 * more, and say so. None may be called with the lock held, nor from a callback that is under it.
 *
 *	no lock, anywhere       dmv_row_bytes, dmv_book_bytes, dmv_region_bytes, dmv_books_bytes,
 *	                        dmv_header, dmv_adapter_face to _record, dmv_counter_hz;
 *	                        dmv_iommu_fault, under the lock, too
 *	nobody else in it       dmv_init, which calls `now` without the lock; dmv_fini
 *	no lock if nothing is   dmv_next_grant, dmv_next_cancelled, dmv_iommu_report;
 *	  to be done            dmv_adapter_check, if nothing is wrong
 *	the lock, once a row    dmv_check_all, dmv_scan, dmv_driver_unload, dmv_iommu_report
 *	and calls pages_alloc   dmv_buffer_alloc, dmv_buffer_free, dmv_vector_alloc,
 *	  or pages_free         dmv_vector_free_entry
 *	the lock, once          all others
 *
 * Units: sizes and lengths are bytes, `n` and `registers` count map registers, times are ticks of
 * config.tick_hz. Addresses that are uint64_t are recorded and compared, never followed.
 *
 * Ownership: strings and structs that are passed in are copied and may go when the call returns.
 * What a function returns belongs to the verifier and is valid until the object is freed or put.
 */
#ifndef DMV_H
#define DMV_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>

#include "dmv_abi.h"

struct dmv;                     /* one verifier: one region */
struct dmv_adapter;             /* private book of an adapter; its address is the handle */
struct dmv_file;                /* map register file */
struct dmv_list;                /* scatter/gather list */
struct dmv_vector;              /* common buffer vector */

/* Results: 0, or one of these. A violation that was raised is DMV_VIOLATED, whatever the mode. */
enum dmv_result {
	DMV_OK = 0,
	DMV_NO_MEMORY = -1,     /* the host's memory for this is used up; counted in not_booked */
	DMV_BAD_CONFIG = -2,    /* dmv_init: a size or a pointer cannot be used */
	DMV_VIOLATED = -3,      /* a rule was broken; nothing else was done */
	DMV_QUEUED = -4,        /* the request waits; its routine will be called later */
	DMV_NO_REGISTERS = -5,  /* more than the pool holds */
	DMV_BUSY = -6,          /* it would have to wait, and must not */
	DMV_KEY_USED = -7,      /* another request waits under that key */
	DMV_NO_CHANNEL = -8,    /* the adapter holds no channel, or not by that key */
	DMV_CANCELLED = -9,     /* the channel is to make no more transfers */
};

#define DMV_P_ANY (-1)

/* DMV_V_<name>: one constant per row of dmv_violation.def */
enum dmv_rule {
	DMV_V_NONE = 0,
#define DMV_RULE(name, id, ...) DMV_V_##name = id,
#include "dmv_violation.def"
#undef DMV_RULE
};

/* What a host is told of a violation. Everything in it is in the region as well. */
struct dmv_report {
	uint32_t rule;          /* enum dmv_rule */
	uint32_t action;        /* enum dmv_abi_mode: what the mode asks the host to do */
	uint32_t code;          /* bugcheck code */
	uint32_t sequence;
	uint64_t p[4];
};

/* What the host must give. Members marked opt may be NULL. */
struct dmv_port {
	void *host;             /* passed back as first argument of every member */
	void (*lock)(void *host);
	void (*unlock)(void *host);
	/* opt: the running CPU, < config.cpus; 0 without it. Called locked. */
	uint32_t (*cpu)(void *host);
	/*
	 * opt: what is running, for hosts where several things can be on one CPU (threads): tells a
	 * call made inside a driver's routine from one made beside it. Without it: the CPU. Called
	 * locked.
	 */
	uint64_t (*self)(void *host);
	/* opt: clock in ticks of config.tick_hz. Called locked. */
	uint64_t (*now)(void *host);
	/* opt: the performance counter, another clock, of config.counter_hz. Called locked. */
	uint64_t (*counter)(void *host);
	/*
	 * opt: at most max return addresses of the caller's stack, innermost first. frame[0] is
	 * `from`, the return address of the face's public routine: frames of the core and the face
	 * are left out. Returns how many. Called without the lock.
	 */
	uint32_t (*stack)(void *host, uint64_t from, uint64_t *frame, uint32_t max);
	/* Common buffers: n contiguous pages below max_phys, or NULL. Called without the lock. */
	void *(*pages_alloc)(void *host, size_t n, uint64_t max_phys, uint64_t *phys);
	void (*pages_free)(void *host, void *va, size_t n);
	/*
	 * opt: index of the first of n bytes at p that is not `fill`, or n. For a host that may use
	 * its vector unit; without it the core compares by memcmp. Called locked.
	 */
	size_t (*fill_check)(const void *p, size_t n, unsigned char fill);
	/*
	 * opt: copies n bytes at `from` to `to` and leaves `from` filled, in one pass: that costs
	 * little more than either. Without it the core does one after the other. Called locked.
	 */
	void (*copy_fill)(void *to, void *from, size_t n, unsigned char fill);
	/*
	 * Called without the lock, after the books are consistent. For action BREAK or STOP the
	 * host breaks or dies here; if it returns, the core goes on.
	 */
	void (*violation)(void *host, const struct dmv_report *r);
};

struct dmv_memory {             /* page-aligned, contiguous virtually and physically */
	void *va;
	uint64_t phys;          /* DMV_ABI_UNKNOWN if the host cannot tell */
	size_t bytes;
};

struct dmv_config {
	/*
	 * Rows of each table (index enum dmv_abi_kind). A live object takes one row of its kind; a
	 * list takes a file row too, a file takes `registers` rows. EVENT: per CPU, a power of two.
	 * Bytes per live object: dmv_row_bytes() in the region plus dmv_book_bytes() outside.
	 */
	uint32_t rows[DMV_ABI_K_COUNT];
	uint32_t cpus;          /* 1 or more */
	uint32_t stack_depth;   /* frames kept per call site, 1..32 */
	uint32_t string_bytes;  /* longest string kept, multiple of 8; 0: 112 */
	uint32_t page_bytes;    /* 4096 or another power of two */
	uint32_t hook_quota;    /* registers hooked of a driver that loads with quota 0 */
	uint32_t mode;          /* enum dmv_abi_mode */
	uint32_t flags;         /* DMV_ABI_F_* */
	uint32_t machine;       /* ELF e_machine */
	uint64_t tick_hz, start_unix_ns, pid;
	uint64_t counter_hz;    /* of port.counter */
	const char *writer, *version, *release;
	const uint8_t *build_id;
	uint32_t build_id_n;
	uint8_t boot_id[16];
	uint64_t region_id;     /* unique among the writers of one machine */

	/* Memory, owned by the caller, in use until dmv_fini. */
	const struct dmv_memory *segment;       /* the region; [0] begins with the header page */
	uint32_t segments;
	void *books;                            /* dmv_books_bytes(), 16-byte aligned */
	size_t books_bytes;
	const struct dmv_memory *shadow;        /* map register pages; none: nothing is hooked */
	uint32_t shadows;
	/*
	 * opt: the control block, a segment of its own, DMV_ABI_PAGE or more and a multiple of 8,
	 * that others write to: see dmv_control_poll. phys is not used.
	 */
	const struct dmv_memory *control;
};

/*
 * Bytes per live object with 64-bit pointers. Hash tables and bit maps of the books come on top and
 * are in dmv_books_bytes().
 *
 *	object          row    book
 *	adapter         296     292
 *	file            128     132
 *	register         88      68
 *	list             88      60
 *	common buffer   104      92
 *	vector           64      44
 *	channel         136     204
 *
 * The functions below are pure: they look at the configuration only, take no lock, and may be
 * called before dmv_init.
 */
/* One row in the region. SITE depends on c->stack_depth, STRING on c->string_bytes. */
uint32_t dmv_row_bytes(const struct dmv_config *c, enum dmv_abi_kind kind);
/* What a row needs outside the region: its book and its link in the queue of free rows. */
uint32_t dmv_book_bytes(enum dmv_abi_kind kind);
/*
 * The region, whole pages: enough for one contiguous segment; add 64 bytes and one row of slack per
 * table and further segment.
 */
size_t dmv_region_bytes(const struct dmv_config *c);
/* config.books, for the rows and the shadow memories of c. */
size_t dmv_books_bytes(const struct dmv_config *c);

/*
 * Builds the region; the magic is stored last. `port` and `c` are copied, what they point to is
 * not. DMV_OK, or DMV_BAD_CONFIG: a member cannot be used, or the segments do not hold the tables.
 * ret is set on success only. Not reentrant; before any other call.
 */
int dmv_init(const struct dmv_port *port, const struct dmv_config *c, struct dmv **ret);

/*
 * Raises DMV_V_ADAPTER_LEAK for each live adapter, then overwrites the magic with the tombstone.
 * Frees nothing: the memory is the caller's again. After it no other call, nor beside it.
 */
void dmv_fini(struct dmv *v);

/* The header page: what dmv_region_anchor of the host should point to. Takes no lock. */
struct dmv_abi_header *dmv_header(struct dmv *v);

/* What an error asks the host to do from now on. A warning is only recorded in every mode. */
void dmv_set_mode(struct dmv *v, enum dmv_abi_mode mode);
/* DMV_ABI_F_*, all but F_BUS, which does not change. F_OFF holds for adapters made from now on. */
void dmv_set_flags(struct dmv *v, uint32_t flags);
/*
 * What a device wrote is called stale, rule 0x80000006, if nobody flushed it for more than so many
 * ticks: dmv_check_all looks for it, and says it once a transfer. 0, as it is at first: never.
 */
void dmv_set_stale(struct dmv *v, uint64_t ticks);
/* A rule that is off is neither recorded nor reported, and does not stop a call. All are on. */
void dmv_rule_set(struct dmv *v, enum dmv_rule rule, bool on);
/* What that rule leads to, whatever the mode. At first: what the mode says. */
void dmv_rule_mode(struct dmv *v, enum dmv_rule rule, enum dmv_abi_rule_mode mode);

/*
 * An image whose code may appear in stacks: where it is loaded. A build ID is cut to what the row
 * holds; NULL: none. DMV_OK or DMV_NO_MEMORY.
 */
int dmv_image_add(struct dmv *v, const char *name, uint64_t base, uint64_t bytes,
		  const uint8_t *build_id, uint32_t build_id_n);

/* ---- drivers ---- */

/*
 * Registers a driver, base and bytes its image; options DMV_ABI_D_*; hook_quota 0: the configured
 * one. ret: its number, for dmv_adapter_new. DMV_OK or DMV_NO_MEMORY.
 */
int dmv_driver_load(struct dmv *v, const char *name, uint64_t base, uint64_t bytes,
		    uint32_t options, uint32_t hook_quota, uint32_t *ret);
/*
 * Raises DMV_V_ADAPTER_LEAK for each adapter it left; these can still be put. A number that is not
 * of a loaded driver is ignored.
 */
void dmv_driver_unload(struct dmv *v, uint32_t driver, uint64_t caller);

/*
 * Which of a driver's allocations fail, to try its error paths: of each kind in `kinds`
 * (DMV_ABI_FAULT_*) the first `after` succeed, then every `every`-th fails with what the host would
 * say if memory had run out, at most `times` in all; 0: without end. kinds 0: none fails.
 */
struct dmv_fault {
	uint32_t kinds, every, after, times;
};

struct dmv_driver_options {
	uint32_t options;       /* DMV_ABI_D_*; without VERIFY: it is not judged */
	uint32_t hook_quota;    /* 0: the configured one */
	struct dmv_fault fault; /* every: 1 or more where kinds is not 0 */
};
/*
 * Changes them while the driver runs. Where VERIFY goes, its live adapters are let go: from then
 * on nothing about them is a violation or a leak, and what is mapped is copied back when it is
 * flushed. They stay unverified if VERIFY comes back, as do those made without it; new ones are
 * verified. The other options hold for what is allocated from now on. Counts begin again where
 * `fault` changes.
 * DMV_OK, or DMV_BAD_CONFIG: no such driver, or an option that is not known.
 */
int dmv_driver_set(struct dmv *v, uint32_t driver, const struct dmv_driver_options *o,
		   uint64_t caller);

/*
 * Reads the control block, if something new stands there that is whole, and obeys it if each of its
 * fields can be; else nothing changes. Answers in the block either way. What it says of a driver
 * comes before what dmv_driver_load and dmv_driver_set say, also of one that is loaded later. For a
 * host's timer, or whenever it likes: nothing else looks there. Takes no lock if nothing is new. A
 * request is checked under the lock, for as long as a checksum of the block takes. true: it obeyed.
 */
bool dmv_control_poll(struct dmv *v);

/* CRC-32 of bytes in memory, as the header and the control block have it, for who writes the
 * latter. Anywhere, without a verifier. */
uint32_t dmv_crc32(const unsigned char *p, size_t n);

/* ---- what the routines of a face do; `caller` is the return address of the face's routine ---- */

/* The memory of one transfer, virtually contiguous. */
struct dmv_span {
	uint64_t va;            /* address the driver knows it by, with page offset */
	uint64_t bytes;         /* 1 to 4 GiB; else refused: rule 0x21 is the face's to raise */
	const uintptr_t *frame; /* page frame numbers, [0] of the page of va; NULL: see phys */
	uint64_t frames;        /* how many there are: a flush may ask for more */
	uint64_t phys;          /* of va, and on from there; used without frames */
	char *original;         /* where the verifier can read and write it; NULL: nowhere */
	uint64_t mdl;           /* for the books */
	uint32_t flags;         /* DMV_ABI_R_MDL: its flags; a flush finds out which changed */
};

/* The memory of a transfer over chained MDLs, in their order. */
struct dmv_transfer {
	struct dmv_span span;
	const struct dmv_span *chain;   /* what follows; NULL: nothing */
	uint32_t chained;               /* how many */
	bool to_device;
};

/*
 * What AllocateAdapterChannel and GetScatterGatherList ask for. It is copied, but what the spans'
 * `original` and `memory` point to must stay until the list is put, or the request cancelled, the
 * chain and the spans' frames until it is granted or cancelled.
 */
struct dmv_request {
	uint64_t device, routine, context, irp;
	uint32_t registers;
	bool list;              /* for a list: needs no channel, only registers */
	bool caller_memory;
	bool now;               /* DMV_BUSY instead of waiting */
	bool keeps_object;      /* of a list: until dmv_channel_free, beside the list itself */
	uint64_t key;           /* for dmv_request_cancel: of one that waits only; 0: none */
	struct dmv_transfer transfer;   /* of a list */
	void *memory;           /* of a list: where its elements will stand, the driver's handle */
};

/* What a request got. `request` is the copy of what was asked for: whose routine to call. */
struct dmv_grant {
	struct dmv_adapter *adapter;
	void *handle;           /* MapRegisterBase */
	struct dmv_request request;
	uint32_t elements;      /* of a list */
	uint32_t channel;       /* for dmv_channel_done */
};

/* One element of a list. */
struct dmv_element {
	uint64_t bus;
	uint32_t bytes;
};

/*
 * Every routine begins here: rules 0x19 and 0x18. Returns the adapter, or NULL after a violation
 * (raised with `caller`), or NULL for a pointer that is no adapter of this verifier: any value is
 * safe. The functions below that take an adapter want one that came from here.
 */
struct dmv_adapter *dmv_adapter_check(struct dmv *v, void *handle, uint64_t caller);

/*
 * Raises a rule that a face found by itself (IRQL, MDL), and reports it before it returns. a NULL:
 * of no adapter. p2 to p4: the bugcheck's words where the rule says that they carry data.
 * Returns true if the rule counted: false when it, or judging this adapter, is switched off.
 */
bool dmv_violate(struct dmv *v, enum dmv_rule rule, struct dmv_adapter *a, uint64_t caller,
		 uint64_t p2, uint64_t p3, uint64_t p4);

/*
 * What the host's performance counter says; 0: it has none. Rules 0x01, less than before, and 0x02,
 * more than before by more than the clock allows: what passes in that time, a 64th of it, since two
 * clocks never go alike, and a millisecond.
 */
uint64_t dmv_counter(struct dmv *v, uint64_t caller);
uint64_t dmv_counter_hz(const struct dmv *v);   /* 0: there is none */

struct dmv_adapter_request {
	uint32_t driver;        /* dmv_driver_load; DMV_ABI_NONE: unknown */
	uint64_t device;
	const char *name;       /* of the device, or NULL */
	uint32_t max_registers, version, alignment;
	uint32_t flags;         /* DMV_ABI_A_SCATTER_GATHER, _BUS_MASTER, _SYSTEM_DMA */
	uint32_t controller, line;      /* of _SYSTEM_DMA: adapters of a line share its channel */
	uint64_t controller_base;       /* address of the controller's registers, for the books */
	uint64_t max_address;
	struct dmv_abi_description description;
};
/* A new adapter with one reference. DMV_OK or DMV_NO_MEMORY; ret is set on success only. */
int dmv_adapter_new(struct dmv *v, const struct dmv_adapter_request *r, uint64_t caller,
		    struct dmv_adapter **ret);
/*
 * PutDmaAdapter: checks the guards of what is left, then raises a rule for each kind of object that
 * leaks and for references too many. The adapter is released all the same.
 */
void dmv_adapter_put(struct dmv *v, struct dmv_adapter *a, uint64_t caller);
/* Adds delta, 1 or -1; the last reference is dmv_adapter_put's. */
void dmv_adapter_reference(struct dmv *v, struct dmv_adapter *a, int delta, uint64_t caller);
/*
 * Room of the face in the adapter's book: DMV_FACE_BYTES, 16-byte aligned. The book's address,
 * which is this address, is the handle. This and the next six take no lock.
 */
#define DMV_FACE_BYTES 64
void *dmv_adapter_face(struct dmv_adapter *a);
uint32_t dmv_adapter_alignment(const struct dmv_adapter *a);    /* bytes; 8 or more */
uint32_t dmv_adapter_registers(const struct dmv_adapter *a);    /* its max_registers */
uint64_t dmv_adapter_reach(const struct dmv_adapter *a);        /* its max_address */
uint32_t dmv_adapter_flags(const struct dmv_adapter *a);        /* DMV_ABI_A_* */
bool dmv_adapter_shadowed(const struct dmv_adapter *a);   /* transfers of it are copied */
uint64_t dmv_adapter_record(const struct dmv_adapter *a); /* address of its row in the region */

/*
 * A common buffer; zeroed, and between guards, if the adapter's driver is verified. *bus: its
 * address for the device. Calls pages_alloc, without the lock: only where the host may allocate.
 * Returns NULL if it could not, or if no row was left.
 */
struct dmv_buffer_request {
	uint64_t bytes;
	uint64_t min_bus, max_bus;      /* it lies between, and where the adapter reaches it */
	bool cached;
};
void *dmv_buffer_alloc(struct dmv *v, struct dmv_adapter *a, const struct dmv_buffer_request *r,
		       uint64_t caller, uint64_t *bus);
/*
 * A common buffer of memory that is the driver's and stays it: no guards. DMV_OK or DMV_NO_MEMORY.
 * It ends by dmv_buffer_free as the others, with `cached` true.
 */
int dmv_buffer_adopt(struct dmv *v, struct dmv_adapter *a, void *va, uint64_t bytes, uint64_t bus,
		     uint64_t caller);
/*
 * Checks the arguments against what was allocated, and the guards, then frees. Calls pages_free,
 * without the lock: only where the host may free. A va that is no buffer of this adapter
 * raises DMV_V_BUFFER_EXTRA_FREE.
 */
void dmv_buffer_free(struct dmv *v, struct dmv_adapter *a, void *va, uint64_t bytes, uint64_t bus,
		     bool cached, uint64_t caller);

/*
 * A vector of `count` common buffers, 1 or more, each as r says. *ret: the driver's handle. DMV_OK,
 * or DMV_NO_MEMORY: nothing is left. Calls pages_alloc and pages_free, as the two that free do.
 */
int dmv_vector_alloc(struct dmv *v, struct dmv_adapter *a, uint32_t count,
		     const struct dmv_buffer_request *r, uint64_t caller, void **ret);
/* Where buffer `index` is. false: a rule was broken, or the handle is no vector of the adapter. */
bool dmv_vector_get(struct dmv *v, struct dmv_adapter *a, void *handle, uint32_t index,
		    uint64_t caller, void **va, uint64_t *bus);
/* Frees that one buffer: 0x1DC/3 and /4, and its guards. */
void dmv_vector_free_entry(struct dmv *v, struct dmv_adapter *a, void *handle, uint32_t index,
			   uint64_t caller);
/* Ends the vector, once all its buffers are freed: 0x1DC/2. */
void dmv_vector_free(struct dmv *v, struct dmv_adapter *a, void *handle, uint64_t caller);

/*
 * Asks for a channel or a list. DMV_OK: *ret is granted and the face calls the driver's routine
 * now; DMV_QUEUED: it will come out of dmv_next_grant later. DMV_VIOLATED, DMV_NO_REGISTERS,
 * DMV_NO_MEMORY, DMV_BUSY, DMV_KEY_USED: nothing was done and the routine is not called. A list
 * whose spans do not fit its registers is DMV_VIOLATED, too.
 */
int dmv_request(struct dmv *v, struct dmv_adapter *a, const struct dmv_request *r, uint64_t caller,
		struct dmv_grant *ret);
/*
 * A waiting request that can run now, the oldest first; false: none, *ret is not to be used. The
 * face calls it in a loop after anything was freed, and each time calls the driver's routine. Takes
 * no lock if nothing waits.
 */
bool dmv_next_grant(struct dmv *v, struct dmv_grant *ret);
/*
 * A waiting request that never runs, because its adapter was put or its driver unloaded: *ret is
 * what was asked for, so that a list's memory can be freed. false: none. The face calls it in a
 * loop after dmv_adapter_put and dmv_driver_unload. Takes no lock if nothing waits.
 */
bool dmv_next_cancelled(struct dmv *v, struct dmv_request *ret);
/*
 * CancelAdapterChannel: the request that waits under this key and is the adapter's never runs; *ret
 * is what was asked for. false: there is none.
 */
bool dmv_request_cancel(struct dmv *v, struct dmv_adapter *a, uint64_t key, uint64_t caller,
			struct dmv_request *ret);
/* Elements of a granted list; out has room for g->elements. */
void dmv_grant_elements(struct dmv *v, const struct dmv_grant *g, struct dmv_element *out);

/* What the device uses for a part of a list: one map register's bytes, copy or original. */
struct dmv_part {
	uint64_t bus;
	uint64_t va;            /* of the driver's buffer */
	char *at;               /* where the verifier reads it; NULL: nowhere */
	uint32_t bytes;
};
/*
 * The parts of a list in their order, the first `max` of them. Returns how many it has; 0: `handle`
 * is no list of this adapter. *copied: whether one of them is a copy.
 */
uint32_t dmv_list_parts(struct dmv *v, struct dmv_adapter *a, const void *handle,
			struct dmv_part *out, uint32_t max, bool *copied);
/*
 * Something of the face's that lives as long as the list. false: it has something already, or is no
 * list of this adapter.
 */
bool dmv_list_attach(struct dmv *v, struct dmv_adapter *a, const void *handle, void *what);

/* What the driver's AdapterControl routine returned (IO_ALLOCATION_ACTION). */
enum dmv_action { DMV_KEEP = 1, DMV_FREE_ALL = 2, DMV_KEEP_REGISTERS = 3 };
/* After the routine of a grant with a channel returned. */
void dmv_channel_done(struct dmv *v, const struct dmv_grant *g, enum dmv_action action);
/*
 * FreeAdapterChannel, FreeAdapterObject: ends the channel that holds the adapter, and frees its
 * registers unless they are kept; or, if none holds it, one that a list keeps.
 */
void dmv_channel_free(struct dmv *v, struct dmv_adapter *a, bool keep_registers, uint64_t caller);
/* FreeMapRegisters: n registers of `base`, a granted handle; fewer than it has: it shrinks. */
void dmv_registers_free(struct dmv *v, struct dmv_adapter *a, void *base, uint32_t n,
			uint64_t caller);

/*
 * MapTransfer: maps from the start of the span, as far as is contiguous for the device. Sets
 * *bytes, how many it mapped, and *bus, where the device finds them. DMV_OK or DMV_VIOLATED.
 */
int dmv_map(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_span *s,
	    bool to_device, uint64_t caller, uint64_t *bytes, uint64_t *bus);
/*
 * FlushAdapterBuffers: checks the guards of what the span maps, copies what came from the device,
 * unmaps. mdl_left: bytes of the MDL from span->va on, for rule 0x00/1. DMV_OK or DMV_VIOLATED.
 */
int dmv_flush(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_span *s,
	      bool to_device, uint64_t mdl_left, uint64_t caller);

/* What MapTransferEx mapped. */
struct dmv_map_reach {
	uint64_t bytes;
	uint32_t elements;
};
/*
 * MapTransferEx: maps from the start of the transfer on as much as the registers of `base` hold and
 * max elements describe; all registers must be free. out: room for max of them, 1 or more. DMV_OK
 * or DMV_VIOLATED; out and ret are set on success only.
 */
int dmv_map_transfer(struct dmv *v, struct dmv_adapter *a, void *base, const struct dmv_transfer *t,
		     uint64_t caller, struct dmv_element *out, uint32_t max,
		     struct dmv_map_reach *ret);
/* FlushAdapterBuffersEx, as dmv_flush. mdl_left: bytes of the MDLs from the start on. */
int dmv_flush_transfer(struct dmv *v, struct dmv_adapter *a, void *base,
		       const struct dmv_transfer *t, uint64_t mdl_left, uint64_t caller);

/*
 * System DMA: a controller of the host makes the transfer of an adapter that holds its channel. The
 * functions book it; the host's controller is the face's to drive.
 */
struct dmv_system {
	uint64_t bytes;
	uint32_t flags;         /* DMV_ABI_T_TO_DEVICE ... */
	uint64_t routine, context;      /* the driver's, for its end; kept for the face */
};

/* A transfer that ended, for the driver's routine. */
struct dmv_ended {
	struct dmv_adapter *adapter;
	uint64_t device;        /* of the adapter */
	uint64_t routine, context;
};

/*
 * It begins, mapped already. *serial: tells it from others of the same line. DMV_OK,
 * DMV_NO_CHANNEL, DMV_CANCELLED, or DMV_BUSY: the one before runs still.
 */
int dmv_system_begin(struct dmv *v, struct dmv_adapter *a, const struct dmv_system *s,
		     uint64_t caller, uint32_t *serial);
/* How it stands with the channel that the adapter holds; DMV_ABI_T_NONE: it holds none, too. */
enum dmv_abi_transfer dmv_system_state(struct dmv *v, const struct dmv_adapter *a);
/*
 * The running transfer of the adapter ends, `left` bytes of it not moved: how, but RUNNING. Who
 * ends it first is told true, and calls the driver's routine if one is due.
 */
bool dmv_system_end(struct dmv *v, struct dmv_adapter *a, enum dmv_abi_transfer how, uint64_t left,
		    uint64_t caller, struct dmv_ended *ret);
/* The same by its serial, for the controller's interrupt: nothing is left if it is COMPLETE. */
bool dmv_system_done(struct dmv *v, uint32_t serial, enum dmv_abi_transfer how,
		     struct dmv_ended *ret);
/* Does that transfer run still? */
bool dmv_system_runs(struct dmv *v, uint32_t serial);
/* What the controller said when asked. */
void dmv_system_left(struct dmv *v, struct dmv_adapter *a, uint64_t left);
/*
 * CancelMappedTransfer: the channel that was asked for under this key makes no transfer any more.
 * DMV_OK, or DMV_NO_CHANNEL. One that runs is still to be ended.
 */
int dmv_system_cancel(struct dmv *v, struct dmv_adapter *a, uint64_t key, uint64_t caller);
/* Do these bytes lie in a common buffer of the adapter? They need no copy. */
bool dmv_buffer_holds(struct dmv *v, const struct dmv_adapter *a, uint64_t va, uint64_t bytes);

/*
 * PutScatterGatherList: flushes, frees the list's registers. true: `handle` was a list and stood in
 * memory of the face, which may free it now; false: leave it alone. *attached: what dmv_list_attach
 * was given for the list that ended, or NULL.
 */
bool dmv_list_put(struct dmv *v, struct dmv_adapter *a, void *handle, bool to_device,
		  uint64_t caller, void **attached);

/* ---- what a host's IOMMU refused ---- */

struct dmv_iommu_fault {
	uint64_t device;        /* that of dmv_adapter_request; 0: unknown */
	uint64_t address;       /* what the device asked for, on its bus, or its page */
	uint64_t reason;        /* as the hardware has it; Intel's is shown in words */
};
/*
 * Keeps a fault until dmv_iommu_report(). For the IOMMU's handler: takes no lock and calls nothing
 * of the host's, so it may interrupt anything, this verifier too. Keeps 16; false: there was no
 * room, which is counted in not_booked of the violations.
 */
bool dmv_iommu_fault(struct dmv *v, const struct dmv_iommu_fault *f);
/*
 * Raises rule 0x26 for each fault that is kept: with the adapter of its device, and with the common
 * buffer or map register, live or not, that is or was there, or ends up to a page before. For the
 * second half of that handler; dmv_check_all, dmv_adapter_put and dmv_fini do it as well. Walks
 * tables under the lock, for each fault; takes no lock if none is kept.
 */
void dmv_iommu_report(struct dmv *v);

/*
 * Re-verifies every guard, tag and fill pattern, and looks for what is stale. Walks whole tables,
 * but takes the lock once per row, so that others get in between.
 */
void dmv_check_all(struct dmv *v, uint64_t caller);
/*
 * The same bit by bit, for a host's timer: about `pages` pages in this call, from where the last
 * one stopped. One page (of a common buffer its padding, at most four) is looked at under one hold
 * of the lock. A guard that was hit is found after as many calls as it takes to come round once.
 * Returns how often that happened in this call: 0 or 1. With `caller` 0 no stack is walked.
 */
uint32_t dmv_scan(struct dmv *v, uint32_t pages, uint64_t caller);

#endif
