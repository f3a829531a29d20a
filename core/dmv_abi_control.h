/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The control block: a segment of its own, the one place that the verifier reads back from somebody
 * else. Who commands it stores what shall hold; the verifier checks each field of a copy, obeys all
 * of it or nothing, and answers. Part of dmv_abi.h; SPEC.md section 13 says it in prose.
 */
#ifndef DMV_ABI_CONTROL_H
#define DMV_ABI_CONTROL_H

#include <stdint.h>
#include <stddef.h>

#define DMV_ABI_CONTROL_MAGIC "DMVctrl\x1a"

/* Which of the asked fields count. */
#define DMV_ABI_CONTROL_MODE 0x1u
#define DMV_ABI_CONTROL_FLAGS 0x2u
#define DMV_ABI_CONTROL_RULES_OFF 0x4u
#define DMV_ABI_CONTROL_RULE_MODES 0x8u
#define DMV_ABI_CONTROL_DRIVERS 0x10u         /* others, others_options and the rows */

/* What holds for drivers that no row names. */
enum dmv_abi_others {
	DMV_ABI_OTHERS_OWN = 0,               /* what their host registered them with */
	DMV_ABI_OTHERS_NONE = 1,              /* not verified */
	DMV_ABI_OTHERS_ALL = 2,               /* others_options */
};

enum dmv_abi_verdict {
	DMV_ABI_VERDICT_NONE = 0,             /* nothing was asked yet */
	DMV_ABI_VERDICT_OBEYED = 1,
	DMV_ABI_VERDICT_FORM = 2,             /* what the verifier laid was changed */
	DMV_ABI_VERDICT_CHECKSUM = 3,
	DMV_ABI_VERDICT_VALUE = 4,            /* `where` cannot be that */
};

struct dmv_abi_control {
	uint8_t magic[8];
	uint32_t bom;
	uint16_t major, minor;
	uint32_t bytes;                       /* of the whole block */
	uint32_t asked_rows;                  /* room for rows, behind this struct */
	uint32_t state_offset;                /* of the state rows, in the block */
	uint32_t state_rows;
	uint64_t region_id;
	uint64_t pid;

	/* 0x30: stored by who commands, the sequence last */
	uint32_t sequence;                    /* odd: being written */
	uint32_t checksum;                    /* CRC-32 of bytes [0xC0, state_offset) */
	uint32_t reserved0[2];

	/* 0x40: stored by the verifier, `answered` last */
	uint32_t answered;                    /* the sequence that it has read */
	uint32_t verdict;                     /* enum dmv_abi_verdict */
	uint32_t where;                       /* offset in the block of what was refused */
	uint32_t drivers;                     /* loaded; state rows hold as many as fit */
	uint32_t violations, injected;        /* what holds now, as in the region's header */
	uint32_t mode, flags;
	uint32_t rules_off[4];
	uint32_t rule_modes[8];
	uint32_t scan_rounds;
	uint32_t reserved1[11];

	/* 0xC0: asked */
	uint32_t fields;                      /* DMV_ABI_CONTROL_*; 0: only to be answered */
	uint32_t ask_mode;
	uint32_t ask_flags;                   /* DMV_ABI_F_OFF, _STRICT */
	uint32_t others;                      /* enum dmv_abi_others */
	uint32_t ask_rules_off[4];
	uint32_t ask_rule_modes[8];
	uint32_t others_options;              /* DMV_ABI_D_* */
	uint32_t count;                       /* rows that follow */
	uint32_t reserved2[14];               /* 0 */
};

/* A driver to be verified so, whether it is loaded by now or later. */
struct dmv_abi_control_driver {
	char name[64];                        /* NUL-terminated; A and a are the same */
	uint32_t options;                     /* DMV_ABI_D_* */
	uint32_t hook_quota;                  /* 0: the configured one */
	uint32_t fault_kinds, fault_every, fault_after, fault_times;
	uint32_t reserved[2];                 /* 0 */
};

/* A driver that is loaded. */
struct dmv_abi_control_state {
	char name[64];                        /* cut to fit; "": it has none */
	uint32_t row;                         /* in the driver table */
	uint32_t options, hook_quota, hooked;
	uint32_t adapters;                    /* live */
	uint32_t unverified;                  /* of them */
	uint32_t injected_registers, injected_buffers, injected_lists;
	uint32_t fault_kinds;
	uint32_t reserved[2];
};

#endif
