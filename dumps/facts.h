/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Facts: what is known about DMA in a target, as plain arrays. Providers fill them (facts.c
 * from the verifier's region, linux.c from a Linux kernel), commands read them and nothing else.
 * Facts own all they point to. What a kernel keeps is of no region: DMV_NO_INDEX.
 *
 * Objects name each other by index into these arrays, DMV_NO_INDEX for none: the provider resolves
 * rows and generations, so a reference that no longer holds is DMV_NO_INDEX here.
 * Addresses nobody knows are DMV_NO_ADDR. Absent is never zero.
 */
#ifndef DMV_FACTS_H
#define DMV_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "mem.h"
#include "names.h"

#define DMV_NO_INDEX UINT32_MAX
#define DMV_NO_ADDR UINT64_MAX

/* Life of an object as the dump shows it. */
enum dmv_life {
	DMV_LIVE = 1,
	DMV_GONE,                       /* freed; kept as history */
	DMV_TRANSITION,                 /* its operation was in progress: caught between stores */
};

enum dmv_how { DMV_BY_ADDRESS = 1, DMV_BY_SYMBOL, DMV_BY_VMCOREINFO, DMV_BY_SCAN };

/* Object kinds, as the region's: values of enum dmv_abi_kind, repeated for readers above dumps/. */
enum dmv_kind_of {
	DMV_K_NONE = 0, DMV_K_ADAPTER, DMV_K_FILE, DMV_K_REGISTER, DMV_K_LIST, DMV_K_BUFFER,
	DMV_K_VECTOR, DMV_K_CHANNEL, DMV_K_VIOLATION, DMV_K_EVENT, DMV_K_SITE, DMV_K_STRING,
	DMV_K_IMAGE, DMV_K_DRIVER, DMV_K_CPU, DMV_K_COUNT
};

/* Kinds that no region has: of the books of a kernel. */
enum { DMV_K_MAPPING = 20, DMV_K_END };

#define DMV_TOPIC(kind) (1u << (kind))
#define DMV_TOPIC_VERIFY (1u << 31)
#define DMV_TOPIC_BOUNCE (1u << 30)
#define DMV_TOPIC_LOG (1u << 29)
#define DMV_TOPIC_ALL UINT32_MAX

struct dmv_known {              /* a number that may not be known, whose every value counts */
	bool known;
	uint64_t value;
};

struct dmv_stack {                      /* a call site */
	const uint64_t *frame;          /* innermost first */
	uint32_t depth;
	const char *text;               /* the named frame as module!function+0x12 */
	const char *owner;              /* as module!function, as !dma prints owners */
	uint32_t first;                 /* the frame that is named: those before it are helpers */
	bool page_pool;                 /* for a pool of pages, which may outlive its driver */
};

struct dmv_evidence {
	uint64_t addr;                  /* where the bytes stood; DMV_NO_ADDR: none */
	int64_t offset;                 /* from the start of the object's data */
	uint32_t bad;                   /* bytes that differ */
	uint32_t expected;              /* fill byte, UINT32_MAX: a tag or the original */
	uint32_t n;                     /* bytes kept */
	uint8_t bytes[32];
	uint64_t digest_shadow, digest_original;        /* 0: none taken */
	enum dmv_space kept_space;      /* where the region has all this */
	uint64_t kept_at;               /* of its row or block there; DMV_NO_ADDR: nowhere */
};

struct dmv_region_fact {
	uint64_t id;
	uint64_t virt, phys;            /* of the header; DMV_NO_ADDR unknown */
	enum dmv_space space;           /* how it was read */
	enum dmv_how how;
	bool authentic;                 /* false: scan hits, nobody vouches for them */
	uint16_t major, minor;
	uint32_t page_bytes, address_bits, machine;
	bool big_endian;
	const char *writer, *version, *release;
	char build_id[65];              /* hex, "" if none */
	char boot_id[33];
	uint64_t pid, tick_hz, start_ticks, start_unix_ns, last_ticks;
	uint32_t ncpu, mode;
	bool off, strict;               /* verification is off; 0x15 is an error, not a warning */
	bool bus_only;                  /* phys of its objects is no place in physical memory */
	bool both;                      /* the target's other space is this writer's as well */
	uint32_t rules_off[4];
	uint32_t not_booked[DMV_K_COUNT], rows[DMV_K_COUNT], live[DMV_K_COUNT];
	uint32_t violations, shadow_short;
	uint64_t control_virt;          /* of the control block; DMV_NO_ADDR: none */
	uint32_t injected;              /* allocations that were made to fail */
	uint32_t rule_modes[8];         /* two bits a rule: 0 as mode, 1 log, 2 break, 3 stop */
	uint64_t scan_pages;
	uint32_t scan_rounds;
	uint64_t bytes;                 /* of all segments */
	uint32_t segments, extents;
	uint8_t guard_fill;
	char tag[9];
	bool ended;                     /* tombstone: the writer went away in order */
	bool freed;                     /* the kernel has freed its memory: it was killed */
	/* bugcheck block; code 0: none */
	uint32_t bug_code, bug_cpu, bug_violation /* index or NO */;
	uint64_t bug_p[4], bug_time;
	struct dmv_evidence bug_evidence;
};

struct dmv_driver {
	uint32_t region, row;
	enum dmv_life life;
	const char *name;
	uint32_t options, hook_quota, hooked, adapters;
	uint64_t base, bytes, time, unload_time;
	uint32_t fault_kinds, fault_every, fault_after, fault_times;
	uint32_t injected_registers, injected_buffers, injected_lists;
};

struct dmv_description {
	bool present;
	uint32_t version;
	uint8_t master, scatter_gather, demand_mode, auto_initialize, dma32, ignore_count,
		reserved1, dma64;
	uint32_t bus_number, channel, interface_type, width, speed, maximum_length, port;
	uint32_t address_width, controller, request_line;
	uint64_t device_address;
};

struct dmv_adapter_fact {
	uint32_t region, row, gen;
	enum dmv_life life;
	bool released, unverified, master;
	bool let_go;                    /* unverified since its driver's verification ended */
	bool scatter_gather, bus_master;
	uint64_t handle;                /* the DMA_ADAPTER address: what the user types */
	uint64_t record;                /* address of the row: "VD" of the parameters */
	uint64_t device;
	uint32_t driver;                /* index */
	const char *driver_name, *name; /* "" if unknown */
	uint32_t owner, releaser;       /* index into stack */
	uint64_t time, released_time;
	uint32_t refs, max_registers, version, alignment;
	uint64_t registers_allocated, registers_freed, lists_allocated, lists_freed;
	uint64_t buffers_allocated, buffers_freed, channels_allocated, channels_freed;
	uint64_t bytes_mapped;
	uint32_t registers_mapped, registers_high, lists_high, buffers_high, channels_high;
	uint64_t max_address, register_base, wait_block;
	uint32_t injected_registers, injected_buffers, injected_lists;
	bool system_dma;                /* a controller makes its transfers, these: */
	uint64_t controller_base;
	uint32_t controller, line;
	struct dmv_description description;
	uint32_t linux_device;          /* index into device; NO_INDEX: a region's adapter */
};

/*
 * What a Linux kernel keeps about a device that can do DMA, beside its adapter, which is of no
 * region. Text: NULL is unknown.
 */
struct dmv_device_fact {
	uint32_t adapter;               /* index */
	const char *bus;                /* "pci" */
	const char *path;               /* as below /sys/devices: "pci0000:00/0000:00:02.0" */
	struct dmv_known driver;        /* struct device_driver; 0: none is bound */
	const char *module;             /* of the driver; "": it is built in */
	struct dmv_known mask, coherent_mask, bus_limit;        /* highest address; limit 0: none */
	struct dmv_known max_segment, boundary, min_align;      /* bytes; masks of addresses */
	const char *ops;                /* "direct", "iommu", or a symbol */
	struct dmv_known group;         /* number of its IOMMU group; not known: it has none */
	const char *domain;             /* the domain's type: "DMA", "identity", ... */
	struct dmv_known aperture, aperture_end;        /* bus addresses of the domain */
	uint64_t pool;                  /* struct io_tlb_mem it bounces in; NO_ADDR: none */
	const char *pool_name;          /* "default", "restricted", "its own" */
	uint32_t bounce_pool;           /* the same as index; NO_INDEX: of it nothing is known */
	struct dmv_known vendor, device, class;         /* PCI */
	struct dmv_known bus_master;    /* 1: pci_set_master() was called last */
	struct dmv_known saved_master;  /* 1: so does the PCI state say that was saved */
};

/* ---- a Linux kernel's dma-debug (kernel/dma/debug.c) ---- */

enum dmv_map_type {
	DMV_MAP_OTHER = 0,              /* of a kernel newer than this */
	DMV_MAP_SINGLE, DMV_MAP_PAGE, DMV_MAP_SG, DMV_MAP_COHERENT, DMV_MAP_RESOURCE,
	DMV_MAP_NONCOHERENT, DMV_MAP_PHYS, DMV_MAP_TYPES
};

enum dmv_map_dir { DMV_DIR_BOTH, DMV_DIR_TO_DEVICE, DMV_DIR_FROM_DEVICE, DMV_DIR_NONE };

enum dmv_map_err { DMV_ERR_NOT_APPLICABLE, DMV_ERR_NOT_CHECKED, DMV_ERR_CHECKED };

/* What dma-debug has on record as mapped or allocated: one segment of a list is one mapping. */
struct dmv_mapping_fact {
	uint32_t region;                /* DMV_NO_INDEX */
	enum dmv_life life;             /* in transition: it was being put on record or taken off */
	uint32_t adapter, owner;        /* index; adapter NO_INDEX: no such device is known */
	uint64_t entry;                 /* struct dma_debug_entry */
	uint64_t device;                /* struct device; 0 or NO_ADDR: not known */
	bool orphan;                    /* the kernel has no device there any more */
	struct dmv_known bus, bytes;    /* what the driver holds; all ones: the mapping failed */
	bool failed;
	uint64_t phys;                  /* of the driver's memory; NO_ADDR: not known */
	uint64_t phys_bytes;            /* that lie there in one piece for sure */
	enum dmv_map_type type;
	struct dmv_known type_number, direction, error; /* enum dmv_map_dir, dmv_map_err */
	struct dmv_known sg_calls, sg_mapped;           /* entries of the list */
	uint32_t bucket;
};

/* Its state. */
struct dmv_debug_fact {
	bool there;                     /* the kernel has dma-debug and it was read */
	struct dmv_known disabled;      /* 1: off since boot, or since it ran out of entries */
	struct dmv_known entries, free, lowest;         /* of its pool */
	struct dmv_known errors;        /* misuse it has seen so far */
	uint64_t buckets;
};

struct dmv_file_fact {
	uint32_t region, row, gen;
	enum dmv_life life;
	uint32_t adapter, list;         /* index */
	uint64_t handle, record;
	uint32_t first, count, hooked, mapped, flags;
	uint64_t bytes_mapped;
	uint64_t shadow_virt, shadow_phys, shadow_bytes, data_offset, data_stride;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
};

struct dmv_register_fact {              /* a mapping of at most one page */
	uint32_t region, row, gen;
	enum dmv_life life;
	uint32_t file, index;
	uint32_t bytes, owner;
	bool to_device, hooked, first;
	uint64_t va, phys, original_virt, bus, shadow_virt, mdl, time;
};

struct dmv_list_fact {
	uint32_t region, row, gen;
	enum dmv_life life;
	uint32_t adapter, file;
	uint64_t handle, mdl, va, bytes;
	uint32_t elements, owner, releaser;
	bool to_device, caller_memory;
	uint64_t time, freed_time;
};

struct dmv_vector_fact {                /* common buffers made by one call */
	uint32_t region, row, gen;
	enum dmv_life life;
	uint32_t adapter;
	uint64_t handle, entry_bytes;
	uint32_t count, live;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
};

struct dmv_buffer_fact {
	uint32_t region, row, gen;
	enum dmv_life life;
	uint32_t adapter, vector, index;
	uint64_t va, phys, bus, bytes, block_virt, block_bytes;
	bool cached, from_mdl;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
};

struct dmv_channel_fact {
	uint32_t region, row, gen;
	enum dmv_life life;
	uint32_t adapter, file, status, registers;
	uint64_t record;
	uint64_t device, routine, context, irp;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
	/* What a system DMA controller was last told to move; transfer: DMV_T_NONE: nothing. */
	uint32_t transfer, transfer_flags;
	uint64_t transfer_bytes, transfer_left, completion, completion_context, transfer_time;
};

/* The words of dmv_abi.h, which commands do not see. */
enum { DMV_T_NONE = 0 };
#define DMV_T_TO_DEVICE 0x1u
#define DMV_T_AUTO_INITIALIZE 0x2u
#define DMV_T_DEMAND 0x4u

struct dmv_violation_fact {
	uint32_t region, row;
	uint32_t code, rule, sequence, cpu, action;
	uint64_t p[4];
	uint32_t adapter;
	uint32_t object_kind, object; /* enum dmv_kind_of and index in its array; NO_INDEX: gone */
	uint32_t site, prior_site;      /* index into stack */
	uint64_t time, prior_time;
	struct dmv_evidence evidence;
};

struct dmv_event_fact {
	uint32_t region, cpu, sequence, op;
	uint32_t adapter, object_kind, object, site, direction, rule;
	uint64_t address, bus, size, time;
};

struct dmv_image_fact {
	uint32_t region;
	const char *name;
	uint64_t base, bytes;
	char build_id[65];
};

struct dmv_cpu_fact {
	uint32_t region, cpu, op;       /* op 0: between operations */
	uint32_t adapter, object_kind, object;
	uint64_t time;
};

/* Results of comparing bytes of the dump; filled by dmv_facts_verify. */
enum dmv_guard_what {
	DMV_G_TAG_BEFORE = 1, DMV_G_TAG_AFTER, DMV_G_FREE, DMV_G_BEFORE, DMV_G_AFTER
};

struct dmv_guard_fact {                 /* bytes of a guard, tag or fill that are not as laid */
	uint32_t region;
	enum dmv_guard_what what;
	uint32_t object_kind, object;   /* buffer, or register file */
	uint32_t adapter;
	uint64_t start, length;         /* of the driver's data the guard belongs to */
	uint64_t addr;                  /* first bad byte, virtual (else physical) */
	int64_t offset;                 /* from `start` */
	uint32_t bad, expected;
	uint32_t n;
	uint8_t bytes[32];              /* found, from addr on */
	uint32_t owner;
};

struct dmv_stale_fact {                 /* shadow and driver's buffer differ */
	uint32_t region;
	uint32_t reg, adapter, file, list;      /* index; reg: first register of the transfer */
	bool to_device;                 /* true: the driver wrote after the map */
	uint64_t va, bytes;             /* the register's part of the buffer */
	uint64_t offset;                /* of the first difference in it */
	uint64_t shadow_addr;           /* where that byte stands in the double buffer */
	uint64_t differ;                /* bytes that differ */
	uint64_t age;                   /* ticks */
	uint32_t owner;
	uint32_t n;
	uint8_t shadow[32], original[32];       /* from the first difference on */
};

/* ---- bounce buffers of a Linux kernel (swiotlb) ---- */

#define DMV_BOUNCE_SLOT 2048u           /* bytes: IO_TLB_SIZE, include/linux/swiotlb.h */

/* Who says so, that a mapping is a device's. */
enum dmv_said {
	DMV_SAID_NOBODY = 0,
	DMV_SAID_POOL,                  /* no other device bounces in that pool */
	DMV_SAID_DMA_DEBUG,             /* an entry of dma-debug with this bus address */
	DMV_SAID_REGION,                /* a mapping in a region with this bus address */
};

struct dmv_pool_fact {                  /* what devices bounce in: struct io_tlb_mem */
	uint64_t handle;
	const char *name;               /* "default", "restricted", "its own" */
	uint32_t users;                 /* devices that bounce in it */
	uint32_t adapter;               /* index, if there is just one */
	uint64_t slots;                 /* in all its memory */
	uint64_t in_use;                /* of those that could be read */
	uint64_t unread;                /* slots */
	uint32_t mappings;
	struct dmv_known used;          /* by the kernel's own counters */
	struct dmv_known high;          /* most that were in use at a time */
	struct dmv_known force;         /* all DMA is bounced */
	struct dmv_known grows;         /* more memory is taken as it is needed */
	struct dmv_known restricted;    /* coherent buffers come out of it, too */
};

struct dmv_bounce_fact {                /* memory of a pool, in one piece: struct io_tlb_pool */
	uint32_t pool;                  /* index */
	uint32_t adapter;               /* index: made for a mapping of that device, and goes with
					 * it; NO_INDEX: anybody's */
	uint64_t record;                /* its own structure */
	uint64_t start, bytes;          /* physical; NO_ADDR: unknown */
	uint64_t slots, in_use;
	struct dmv_known used;
};

struct dmv_slot_fact {                  /* side by side: what one mapping holds */
	uint32_t pool, bounce;          /* index */
	uint32_t adapter;               /* index; NO_INDEX: nobody knows whose it is */
	enum dmv_said said;
	uint32_t object;                /* SAID_DMA_DEBUG: index of its mapping, SAID_REGION: of
					 * the register with its start */
	bool unbooked;                  /* dma-debug is on, and has it not (yet, or any more) */
	uint32_t first, count;          /* in its piece of memory */
	uint32_t padding;               /* of them, in front */
	uint64_t addr;                  /* physical, where the data is in the pool; NO_ADDR */
	bool exact;                     /* else in the first slot, further up by as much as the
					 * device's min_align says, which is not known */
	uint64_t original;              /* physical; NO_ADDR: none: it is memory out of the pool, or
					 * was being made or ended */
	uint64_t bytes;                 /* UINT64_MAX: unknown */
};

/* A pool of small blocks of coherent memory (dma_pool_create) of a Linux device. */
struct dmv_dma_pool_fact {
	uint32_t adapter;               /* index */
	uint64_t addr;                  /* of struct dma_pool */
	const char *name;               /* NULL: not known */
	struct dmv_known size, allocation, boundary;    /* bytes: of a block, of a page of blocks */
	struct dmv_known pages, blocks, used;           /* used: blocks that the driver has */
};

struct dmv_log_fact {                   /* a line of the kernel's log; may have line ends in it */
	struct dmv_known time;          /* nanoseconds since it booted */
	struct dmv_known level;         /* 0 to 7, as of syslog(2) */
	const char *text;
};

struct dmv_copy_fact {                  /* a bounce buffer that differs from what is bounced */
	uint32_t slot;                  /* index */
	struct dmv_known direction;     /* enum dmv_map_dir, if dma-debug has it */
	uint64_t offset;                /* of the first difference */
	uint64_t bytes, differ;         /* that were compared; of them that differ */
	uint32_t n;
	uint8_t bounce[32], original[32];       /* from the first difference on */
};

/* Something that could not be read or believed. */
struct dmv_note {
	/* Which answers lack it: DMV_TOPIC(kind) of the tables that lost something,
	 * DMV_TOPIC_VERIFY for guards and shadows, DMV_TOPIC_ALL for what no table is known to be
	 * spared by; 0: none, it is a remark. */
	uint32_t topic;
	uint64_t addr;
	const char *text;
};

struct dmv_facts {
	const char *provider;           /* "region", "kernel", "region, kernel" */
#define DMV_ARRAY(type, name) struct type *name; size_t n##name
	DMV_ARRAY(dmv_region_fact, region);
	DMV_ARRAY(dmv_driver, driver);
	DMV_ARRAY(dmv_adapter_fact, adapter);
	DMV_ARRAY(dmv_device_fact, device);
	DMV_ARRAY(dmv_mapping_fact, mapping);
	struct dmv_debug_fact debug;
	DMV_ARRAY(dmv_file_fact, file);
	DMV_ARRAY(dmv_register_fact, reg);
	DMV_ARRAY(dmv_list_fact, list);
	DMV_ARRAY(dmv_vector_fact, vector);
	DMV_ARRAY(dmv_buffer_fact, buffer);
	DMV_ARRAY(dmv_channel_fact, channel);
	/* Within a region in the order raised, and by time. */
	DMV_ARRAY(dmv_violation_fact, violation);
	DMV_ARRAY(dmv_event_fact, event);
	DMV_ARRAY(dmv_stack, stack);
	DMV_ARRAY(dmv_image_fact, image);
	DMV_ARRAY(dmv_cpu_fact, cpu);
	DMV_ARRAY(dmv_guard_fact, guard);
	DMV_ARRAY(dmv_stale_fact, stale);
	DMV_ARRAY(dmv_pool_fact, pool);
	DMV_ARRAY(dmv_bounce_fact, bounce);
	DMV_ARRAY(dmv_slot_fact, slot);
	DMV_ARRAY(dmv_dma_pool_fact, dma_pool);
	DMV_ARRAY(dmv_log_fact, log);   /* as they were logged */
	DMV_ARRAY(dmv_copy_fact, copy);
	DMV_ARRAY(dmv_note, note);
#undef DMV_ARRAY
	/* What dmv_facts_verify did. */
	bool verified;
	uint64_t guards_checked, guards_unreadable, shadows_compared, shadows_unreadable;
	/* What dmv_facts_bounced did. */
	bool bounced;
	uint64_t copies_compared, copies_unreadable, copies_unplaced;
	void *arena;                    /* owner of strings and frames */
};

struct dmv_facts_opts {
	uint64_t region;                /* address given by the user; DMV_NO_ADDR: search */
	bool scan;                      /* scan even where it does not run by itself */
	const bool *stop;               /* set by a signal handler; may be NULL */
};

/* Finds the region or regions and decodes them. NOTFOUND: nothing about DMA in this target.
 * Damage that leaves something to say is OK with notes. Symbols and images are added to `names`. */
enum dmv_code dmv_facts_region(struct dmv_mem *m, struct dmv_names *n,
			       const struct dmv_facts_opts *o, struct dmv_facts *ret,
			       struct dmv_err *e);

/*
 * Adds to f what a Linux kernel in the target keeps about DMA itself. OK, though little may be
 * there; NOTFOUND: it has no kernel, or of the kernel too little is known: *e says what.
 */
enum dmv_code dmv_facts_linux(struct dmv_mem *m, struct dmv_names *n,
			      const struct dmv_facts_opts *o, struct dmv_facts *f,
			      struct dmv_err *e);

/*
 * All providers. *region_why: why there is no region among the facts, code OK if there is. NOTFOUND
 * and other errors: there are no facts at all, and nobody has any.
 */
enum dmv_code dmv_facts_load(struct dmv_mem *m, struct dmv_names *n,
			     const struct dmv_facts_opts *o, struct dmv_facts *ret,
			     struct dmv_err *region_why, struct dmv_err *e);

/* Compares every guard, tag, fill pattern and shadow in the dump itself; fills guard and stale.
 * Bytes that are not there are counted and noted. Runs once; later calls return at once. */
enum dmv_code dmv_facts_verify(struct dmv_facts *f, struct dmv_mem *m, const bool *stop,
			       struct dmv_err *e);

/* The same for bounce buffers of a Linux kernel, against what is bounced; fills copy. Where in its
 * slots the data begins must be known; if not, that is counted in copies_unplaced. */
enum dmv_code dmv_facts_bounced(struct dmv_facts *f, struct dmv_mem *m, const bool *stop,
				struct dmv_err *e);

void dmv_facts_free(struct dmv_facts *f);       /* leaves it empty */

#endif
