/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The layout of the region: what the verifier leaves in memory, a debugger finds after the crash.
 * This header is the contract between core/ (writer) and dumps/ (reader); SPEC.md says it in prose.
 *
 * All fields have a fixed width and stand in the writer's byte order, which `bom` tells. No field
 * is a pointer: addresses are 64-bit numbers, DMV_ABI_UNKNOWN where unknown. Every row starts with
 * {state, gen} and its size is a multiple of 8. A later minor version adds fields at the end of a
 * row (the table's stride tells the reader which exist) or uses reserved ones that were zero.
 */
#ifndef DMV_ABI_H
#define DMV_ABI_H

#include <stdint.h>
#include <stddef.h>

#define DMV_ABI_MAJOR 1
#define DMV_ABI_MINOR 1

#define DMV_ABI_PAGE 4096u                    /* header and directory pages; also the scan's step */
#define DMV_ABI_MAGIC "DMVregn\x1a"           /* 8 bytes, the last thing a new writer stores */
/* Over the magic when the writer ends: one store, bytes 4 to 7. */
#define DMV_ABI_TOMBSTONE "DMVrend\x1a"
#define DMV_ABI_DIR_MAGIC "DMVdirp\x1a"
#define DMV_ABI_ANCHOR_MAGIC "DMVanch\x1a"
#define DMV_ABI_BOM 0x0A0B0C0Du
#define DMV_ABI_UNKNOWN UINT64_MAX            /* an address nobody knows */
#define DMV_ABI_NONE UINT32_MAX               /* no row, no CPU, no segment */

/* The symbol dmv_region_anchor: how a debugger with symbols finds the header without a scan. */
struct dmv_abi_anchor {
	uint8_t magic[8];
	uint64_t virt;
	uint64_t phys;
};

/* ---- rows: their state and the references between them ---- */

/* A row goes FREE -> WRITING -> LIVE -> HISTORY -> (WRITING ...). Each change is one store. */
enum dmv_abi_state {
	DMV_ABI_FREE = 0,
	DMV_ABI_WRITING = 1,
	DMV_ABI_LIVE = 2,
	DMV_ABI_HISTORY = 3,                  /* freed; still readable until the row is needed */
};

/* The generation counts how often the row was taken: a reference holds only while both match. */
struct dmv_abi_ref {
	uint32_t row;                         /* DMV_ABI_NONE: refers to nothing */
	uint32_t gen;
};

enum dmv_abi_kind {
	DMV_ABI_K_NONE = 0,
	DMV_ABI_K_ADAPTER = 1,
	DMV_ABI_K_FILE = 2,                   /* map register file */
	DMV_ABI_K_REGISTER = 3,               /* map register */
	DMV_ABI_K_LIST = 4,                   /* scatter/gather list */
	DMV_ABI_K_BUFFER = 5,                 /* common buffer */
	DMV_ABI_K_VECTOR = 6,                 /* common buffer vector */
	DMV_ABI_K_CHANNEL = 7,                /* adapter channel, granted or waiting */
	DMV_ABI_K_VIOLATION = 8,
	DMV_ABI_K_EVENT = 9,                  /* one ring a CPU */
	DMV_ABI_K_SITE = 10,                  /* call site: an interned stack */
	DMV_ABI_K_STRING = 11,
	DMV_ABI_K_IMAGE = 12,
	DMV_ABI_K_DRIVER = 13,
	DMV_ABI_K_CPU = 14,                   /* what each CPU is in the middle of */
	DMV_ABI_K_COUNT = 15,
};

/* ---- header page: at the start of segment 0 ---- */

struct dmv_abi_bugcheck {
	uint32_t state;                       /* 0 none, 1 being written, 2 valid */
	uint32_t code;                        /* 0xE6, 0x1DC */
	uint64_t p[4];
	struct dmv_abi_ref violation;
	uint64_t time;
	uint32_t cpu;
	uint32_t evidence_n;                  /* bytes of `evidence` in use */
	uint64_t evidence_addr;               /* where they stood, writer's virtual address */
	uint64_t digest_shadow;               /* FNV-1a 64 of the range's shadow; 0: none taken */
	uint64_t digest_original;             /* the same of the driver's own buffer */
	uint8_t evidence[32];
};

struct dmv_abi_header {
	uint8_t magic[8];
	uint32_t bom;
	uint16_t major, minor;
	uint32_t header_bytes;                /* DMV_ABI_PAGE */
	uint32_t checksum;                    /* CRC-32 (IEEE) of bytes [0x18, 0x200) */

	/* 0x018: never changes after the magic is stored */
	uint32_t page_bytes;                  /* writer's page: map registers are this large */
	uint32_t address_bits;                /* 32 or 64: width of the writer's pointers */
	uint64_t virt;                        /* of this header */
	uint64_t phys;
	uint64_t segment0_bytes;
	uint64_t region_id;                   /* unique per writer */
	uint8_t boot_id[16];                  /* tells a ghost of an earlier boot; 0: unknown */
	uint64_t dir_offset;                  /* of directory page 0, in segment 0 */
	uint64_t tick_hz;                     /* ticks per second of every `time` */
	uint64_t start_ticks;                 /* clock when the writer started */
	uint64_t start_unix_ns;               /* the same moment as wall clock; 0: unknown */
	uint32_t ncpu;
	uint32_t machine;                     /* ELF e_machine of the writer; 0: unknown */
	uint32_t guard_fill;                  /* byte that fills free registers and padding: 0x0F */
	uint32_t build_id_n;                  /* bytes of build_id in use */
	uint8_t build_id[32];
	char writer[32];                      /* NUL-terminated, as the two below */
	char version[32];
	char release[64];                     /* kernel release or the like of the host */
	uint8_t tag[8];                       /* around common buffers: "DmaVrfy0" */
	uint64_t pid;                         /* of a process that embeds the verifier; 0: none */
	uint8_t reserved0[0x200 - 0x130];

	/* 0x200: changes while the writer runs */
	uint32_t mode;                        /* enum dmv_abi_mode: what a violation leads to */
	uint32_t flags;                       /* DMV_ABI_F_* */
	uint32_t rules_off[4];                /* bit n: rule id n is switched off */
	uint32_t not_booked[16];              /* per kind: objects that found no row */
	uint32_t live[16];                    /* per kind: rows LIVE now (advisory) */
	uint32_t violations;                  /* raised so far, booked or not */
	uint32_t shadow_short;                /* registers unhooked: no shadow page was left */
	uint64_t last_ticks;                  /* clock at the last operation (advisory) */
	/* since 1.1 */
	uint64_t control_virt;                /* of the control block; 0: there is none */
	uint32_t control_bytes;
	uint32_t injected;                    /* allocations that were made to fail, all drivers */
	uint32_t rule_modes[8];               /* two bits a rule id: enum dmv_abi_rule_mode */
	uint64_t scan_pages;                  /* looked at by the periodic scan so far */
	uint32_t scan_rounds;                 /* how often it has come round */
	uint32_t reserved3;
	uint8_t reserved1[0x300 - 0x2E8];

	/* 0x300 */
	struct dmv_abi_bugcheck bugcheck;
	uint8_t reserved2[DMV_ABI_PAGE - 0x378];
};

enum dmv_abi_mode { DMV_ABI_MODE_LOG = 0, DMV_ABI_MODE_BREAK = 1, DMV_ABI_MODE_STOP = 2 };

/* What one rule leads to, a warning as well, unless it is AS_MODE. */
enum dmv_abi_rule_mode {
	DMV_ABI_RULE_AS_MODE = 0,
	DMV_ABI_RULE_LOG = 1,
	DMV_ABI_RULE_BREAK = 2,
	DMV_ABI_RULE_STOP = 3,
};

#define DMV_ABI_F_OFF 0x1u                    /* verification is off: adapters pass unverified */
#define DMV_ABI_F_STRICT 0x2u                 /* 0x15 is an error, not a warning */
#define DMV_ABI_F_BUS 0x4u                    /* phys of rows are bus addresses, no physical ones */

/* ---- directory: pages chained from the header; entries say where segments and tables lie ---- */

struct dmv_abi_dir {
	uint8_t magic[8];
	uint32_t index;                       /* 0 for the first, +1 along the chain */
	uint32_t count;                       /* entries in use; grows, never shrinks */
	uint64_t region_id;
	uint32_t entry_bytes;                 /* stride of an entry */
	uint32_t capacity;                    /* entries that fit this page */
	uint32_t next_segment;                /* DMV_ABI_NONE: the last page */
	uint32_t reserved;
	uint64_t next_offset;                 /* of the next directory page in that segment */
	uint8_t reserved1[16];
};

enum dmv_abi_entry_type { DMV_ABI_E_NONE = 0, DMV_ABI_E_SEGMENT = 1, DMV_ABI_E_EXTENT = 2 };

/*
 * A segment is a run of memory contiguous both virtually and physically. Segment 0 stands in the
 * header.
 */
struct dmv_abi_segment {
	uint32_t type;                        /* DMV_ABI_E_SEGMENT */
	uint32_t number;                      /* from 1 */
	uint64_t virt;
	uint64_t phys;
	uint64_t bytes;
	uint8_t reserved[32];
};

/* An extent holds rows [row0, row0 + rows) of one table, inside one segment described before it. */
struct dmv_abi_extent {
	uint32_t type;                        /* DMV_ABI_E_EXTENT */
	uint32_t kind;                        /* enum dmv_abi_kind */
	uint32_t segment;
	uint32_t stride;                      /* bytes a row; the same in all extents of a table */
	uint64_t offset;                      /* of the first row in the segment */
	uint32_t row0;
	uint32_t rows;
	uint32_t cpu;                         /* rings: whose; else DMV_ABI_NONE */
	uint32_t reserved[7];
};

/* ---- tables ---- */

#define DMV_ABI_A_RELEASED 0x1u
#define DMV_ABI_A_UNVERIFIED 0x2u             /* made while its driver was unverified: not judged */
#define DMV_ABI_A_MASTER 0x4u                 /* the hidden adapter that owns the register pool */
#define DMV_ABI_A_SCATTER_GATHER 0x8u
#define DMV_ABI_A_BUS_MASTER 0x10u
#define DMV_ABI_A_NAMED_DEVICE 0x20u
#define DMV_ABI_A_LET_GO 0x40u                /* with UNVERIFIED: it was verified until then */
#define DMV_ABI_A_SYSTEM_DMA 0x80u            /* a controller of the system makes its transfers */

/* DEVICE_DESCRIPTION as the driver gave it (ddi: wdm/ns-wdm-_device_description.md). */
struct dmv_abi_description {
	uint32_t version;
	uint8_t master, scatter_gather, demand_mode, auto_initialize;
	uint8_t dma32, ignore_count, reserved1, dma64;
	uint32_t bus_number, channel, interface_type, width, speed, maximum_length, port;
	uint32_t address_width, controller, request_line, reserved;
	uint64_t device_address;
};

struct dmv_abi_adapter {
	uint32_t state, gen;
	uint32_t flags;                       /* DMV_ABI_A_* */
	uint32_t refs;
	uint64_t handle;                      /* the DMA_ADAPTER the driver holds */
	uint64_t device;                      /* its device object */
	struct dmv_abi_ref driver;
	struct dmv_abi_ref name;              /* of the device, a string */
	uint32_t owner;                       /* site that asked for the adapter */
	uint32_t releaser;                    /* site that put it */
	uint64_t time, released_time;
	uint32_t max_registers;
	uint32_t version;                     /* of the operations table: 1, 2, 3 */
	uint64_t registers_allocated, registers_freed;
	uint64_t lists_allocated, lists_freed;
	uint64_t buffers_allocated, buffers_freed;
	uint64_t channels_allocated, channels_freed;
	uint64_t bytes_mapped;                /* now, over all files */
	uint32_t registers_mapped;            /* now */
	uint32_t alignment;                   /* bytes */
	uint32_t registers_high, lists_high, buffers_high, channels_high;   /* most at one time */
	uint64_t max_address;                 /* highest address the device reaches */
	uint64_t register_base;               /* handle of the file granted last; 0: none */
	uint64_t wait_block;                  /* of the current wait context block; 0: none */
	struct dmv_abi_description description;
	/* since 1.1: allocations of it that were made to fail */
	uint32_t injected_registers, injected_buffers, injected_lists, reserved;
	/* since 1.1: of an adapter with DMV_ABI_A_SYSTEM_DMA, else unknown and NONE. */
	uint64_t controller_base;             /* address of the controller's registers */
	uint32_t controller, line;            /* its number, and the line of it */
};

#define DMV_ABI_FILE_HOLDS_CHANNEL 0x1u
#define DMV_ABI_FILE_OF_LIST 0x2u

struct dmv_abi_file {
	uint32_t state, gen;
	struct dmv_abi_ref adapter;
	uint64_t handle;                      /* the MapRegisterBase the driver holds */
	uint32_t first;                       /* its registers are rows [first, first + count) */
	uint32_t count;
	uint32_t hooked;                      /* registers [0, hooked) have a shadow */
	uint32_t flags;                       /* DMV_ABI_FILE_* */
	uint32_t mapped;                      /* registers mapped now */
	uint32_t owner;
	uint64_t bytes_mapped;                /* now */
	/*
	 * Shadow of register i: data page at shadow + data_offset + i * data_stride. Guard pages
	 * are the pages of the block that are nobody's data page. No shadow: DMV_ABI_UNKNOWN.
	 */
	uint64_t shadow_virt, shadow_phys;
	uint64_t shadow_bytes;
	uint64_t data_offset, data_stride;
	struct dmv_abi_ref list;
	uint64_t time, freed_time;
	uint32_t releaser;
	uint32_t reserved;
};

#define DMV_ABI_R_TO_DEVICE 0x1u
#define DMV_ABI_R_HOOKED 0x2u
#define DMV_ABI_R_FIRST 0x4u                  /* first register of its transfer */
#define DMV_ABI_R_MDL 0xFFFF0000u             /* flags of the MDL when it was mapped */

/* LIVE while mapped; a register of a file that is not LIVE is "not mapped". */
struct dmv_abi_register {
	uint32_t state, gen;
	struct dmv_abi_ref file;
	uint32_t index;                       /* in the file */
	uint32_t flags;                       /* DMV_ABI_R_* */
	uint32_t bytes;                       /* mapped, at most one page */
	uint32_t owner;                       /* site that mapped it */
	uint64_t va;                          /* driver's buffer, with page offset */
	uint64_t phys;                        /* the same byte, physical */
	uint64_t original_virt;               /* where the writer reads it, or DMV_ABI_UNKNOWN */
	uint64_t bus;                         /* what the device was told */
	uint64_t shadow_virt;                 /* of the first mapped byte, or DMV_ABI_UNKNOWN */
	uint64_t mdl;
	uint64_t time;
};

#define DMV_ABI_L_TO_DEVICE 0x1u
#define DMV_ABI_L_CALLER_MEMORY 0x2u          /* BuildScatterGatherList: memory of the driver */

struct dmv_abi_list {
	uint32_t state, gen;
	struct dmv_abi_ref adapter;
	uint64_t handle;                      /* the SCATTER_GATHER_LIST the driver holds */
	uint32_t elements;
	uint32_t flags;                       /* DMV_ABI_L_* */
	struct dmv_abi_ref file;
	uint64_t mdl, va, bytes;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
};

#define DMV_ABI_B_CACHED 0x1u
#define DMV_ABI_B_FROM_MDL 0x2u               /* no tags possible */
#define DMV_ABI_B_OF_VECTOR 0x4u

struct dmv_abi_buffer {
	uint32_t state, gen;
	struct dmv_abi_ref adapter;
	uint64_t va, phys;                    /* of the usable part; tags stand right around it */
	uint64_t bus;                         /* logical address given to the driver */
	uint64_t bytes;
	uint64_t block_virt, block_bytes;     /* the whole pages, padding included */
	uint32_t flags;                       /* DMV_ABI_B_* */
	uint32_t index;                       /* in its vector */
	struct dmv_abi_ref vector;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
};

struct dmv_abi_vector {
	uint32_t state, gen;
	struct dmv_abi_ref adapter;
	uint64_t handle;
	uint64_t entry_bytes;
	uint32_t count, live;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
};

enum dmv_abi_channel_status {
	DMV_ABI_CH_WAITING = 1,               /* queued behind another, or for registers */
	DMV_ABI_CH_RUNNING = 2,               /* its AdapterControl routine runs */
	DMV_ABI_CH_HELD = 3,                  /* KeepObject: until FreeAdapterChannel */
};

/* What became of the transfer that a system DMA controller was last told to make. */
enum dmv_abi_transfer {
	DMV_ABI_T_NONE = 0,                   /* there was none */
	DMV_ABI_T_RUNNING = 1,
	DMV_ABI_T_COMPLETE = 2,
	DMV_ABI_T_CANCELLED = 3,              /* CancelMappedTransfer */
	DMV_ABI_T_FAILED = 4,                 /* the controller could not make it */
	DMV_ABI_T_STOPPED = 5,                /* flushed or freed before its end */
};

#define DMV_ABI_T_TO_DEVICE 0x1u
#define DMV_ABI_T_AUTO_INITIALIZE 0x2u        /* begins again at its end */
#define DMV_ABI_T_DEMAND 0x4u                 /* demand mode */

/* The wait context block of one request. */
struct dmv_abi_channel {
	uint32_t state, gen;
	struct dmv_abi_ref adapter;
	struct dmv_abi_ref file;              /* none while waiting */
	uint32_t status;                      /* enum dmv_abi_channel_status */
	uint32_t registers;                   /* asked for */
	uint64_t device, routine, context, irp;
	uint32_t owner, releaser;
	uint64_t time, freed_time;
	/* since 1.1: the transfer of a system DMA controller. */
	uint32_t transfer;                    /* enum dmv_abi_transfer */
	uint32_t transfer_flags;              /* DMV_ABI_T_* */
	uint64_t transfer_bytes;
	uint64_t transfer_left;               /* of them, when somebody last asked the controller */
	uint64_t completion;                  /* the driver's routine for its end; 0: none */
	uint64_t completion_context;
	uint64_t transfer_time;               /* when it began */
};

struct dmv_abi_violation {
	uint32_t state, gen;
	uint32_t code;                        /* 0xE6, 0x1DC */
	uint32_t rule;                        /* id in dmv_violation.def */
	uint64_t p[4];
	struct dmv_abi_ref adapter;
	uint32_t object_kind;                 /* enum dmv_abi_kind of the object */
	uint32_t action;                      /* enum dmv_abi_mode: what was done about it */
	struct dmv_abi_ref object;
	uint32_t site;                        /* who did it */
	uint32_t prior_site;                  /* other side of the clash, e.g. who mapped before */
	uint64_t time;
	uint32_t cpu;
	uint32_t sequence;                    /* 1, 2, 3 in the order raised */
	uint64_t prior_time;
	/* Evidence: what stood at `addr` where `expected` was due. */
	uint64_t addr, offset;                /* offset: from the start of the data; signed */
	uint32_t expected;                    /* fill byte; DMV_ABI_NONE: a tag was due */
	uint32_t bad;                         /* bytes that differ */
	uint32_t evidence_n, reserved;
	uint64_t digest_shadow, digest_original;
	uint8_t evidence[32];
};

enum dmv_abi_op {
	DMV_ABI_OP_NONE = 0,
	DMV_ABI_OP_GET_ADAPTER = 1, DMV_ABI_OP_PUT_ADAPTER = 2,
	DMV_ABI_OP_ALLOC_BUFFER = 3, DMV_ABI_OP_FREE_BUFFER = 4,
	DMV_ABI_OP_ALLOC_CHANNEL = 5, DMV_ABI_OP_FREE_CHANNEL = 6, DMV_ABI_OP_FREE_REGISTERS = 7,
	DMV_ABI_OP_MAP = 8, DMV_ABI_OP_FLUSH = 9,
	DMV_ABI_OP_GET_LIST = 10, DMV_ABI_OP_PUT_LIST = 11, DMV_ABI_OP_BUILD_LIST = 12,
	DMV_ABI_OP_REFERENCE = 13, DMV_ABI_OP_DEREFERENCE = 14,
	DMV_ABI_OP_CHECK = 15, DMV_ABI_OP_VIOLATION = 16,
	DMV_ABI_OP_DRIVER_LOAD = 17, DMV_ABI_OP_DRIVER_UNLOAD = 18,
	DMV_ABI_OP_FAULT = 19, DMV_ABI_OP_CONTROL = 20,
	DMV_ABI_OP_COUNT = 21,
};

/* Row n of a ring is overwritten by event n + rows. `sequence` is stored last; 0: being written. */
struct dmv_abi_event {
	uint32_t state, gen;
	uint32_t sequence;                    /* 1, 2, 3 ... of this ring; wraps past 0 */
	uint32_t op;                          /* enum dmv_abi_op */
	struct dmv_abi_ref adapter;
	uint32_t object_kind, site;
	struct dmv_abi_ref object;
	uint64_t address;                     /* driver's buffer; phys_addr in Linux dma events */
	uint64_t bus;                         /* dma_addr there */
	uint64_t size;
	uint64_t time;
	uint32_t direction;                   /* 0 none, 1 to device, 2 from device */
	uint32_t rule;                        /* of a violation */
};

/* Frames follow to the end of the stride: return addresses, innermost first. */
struct dmv_abi_site {
	uint32_t state, gen;
	uint32_t depth;                       /* frames in use */
	uint32_t hash;
	uint64_t frame[1];
};

/* Text follows to the end of the stride: UTF-8, not terminated. */
struct dmv_abi_string {
	uint32_t state, gen;
	uint32_t length;                      /* bytes in use */
	uint32_t flags;                       /* 1: was cut to fit */
	char text[16];
};

struct dmv_abi_image {
	uint32_t state, gen;
	uint64_t base, bytes;
	struct dmv_abi_ref name;
	uint32_t build_id_n, reserved;
	uint8_t build_id[32];
};

struct dmv_abi_driver {
	uint32_t state, gen;
	struct dmv_abi_ref name;
	uint32_t options;                     /* DMV_ABI_D_* */
	uint32_t hook_quota;                  /* registers that may be hooked at one time */
	uint32_t hooked;                      /* registers hooked now */
	uint32_t adapters;                    /* live adapters of this driver */
	uint64_t base, bytes;                 /* of its image; 0: unknown */
	uint64_t time, unload_time;
	/* since 1.1: which of its allocations are made to fail, and how many were */
	uint32_t fault_kinds;                 /* DMV_ABI_FAULT_* */
	uint32_t fault_every, fault_after, fault_times;
	uint32_t injected_registers, injected_buffers, injected_lists, reserved;
};

#define DMV_ABI_D_VERIFY 0x1u
#define DMV_ABI_D_SHADOW 0x2u
#define DMV_ABI_D_NO_GUARDS 0x4u              /* its common buffers have neither tags nor padding */
#define DMV_ABI_D_STRICT 0x8u                 /* DMV_ABI_F_STRICT for this driver */

/* Of those of a kind the first fault_after succeed; then every fault_every-th fails, but not more
 * than fault_times in all; 0: without end. */
#define DMV_ABI_FAULT_REGISTERS 0x1u          /* adapter channels with their map registers */
#define DMV_ABI_FAULT_BUFFERS 0x2u            /* common buffers, those of vectors too */
#define DMV_ABI_FAULT_LISTS 0x4u              /* scatter/gather lists */

/* `op` is stored last on the way in and cleared first on the way out. */
struct dmv_abi_cpu {
	uint32_t state, gen;
	uint32_t op;                          /* enum dmv_abi_op, 0: between operations */
	uint32_t object_kind;
	struct dmv_abi_ref adapter, object;
	uint64_t time;
};

/* ---- what is read back ---- */

#include "dmv_abi_control.h"

#define DMV_ABI_AT(s, f, o) _Static_assert(offsetof(struct s, f) == (o), #s "." #f)
#define DMV_ABI_SIZE(s, n) _Static_assert(sizeof(struct s) == (n), #s)

DMV_ABI_SIZE(dmv_abi_anchor, 24);
DMV_ABI_SIZE(dmv_abi_ref, 8);
DMV_ABI_SIZE(dmv_abi_header, DMV_ABI_PAGE);
#include "dmv_abi_offsets.h"

#endif
