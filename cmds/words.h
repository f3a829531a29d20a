/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * Facts in words, for all commands: kinds, operations, owners, ages, addresses of objects.
 * Every index is checked here, so that commands need not.
 */
#ifndef DMV_WORDS_H
#define DMV_WORDS_H

#include "facts.h"

/* Values of the region's enum dmv_abi_op, repeated as those of the kinds are. */
enum dmv_op {
	DMV_OP_NONE = 0, DMV_OP_GET_ADAPTER, DMV_OP_PUT_ADAPTER, DMV_OP_ALLOC_BUFFER,
	DMV_OP_FREE_BUFFER,
	DMV_OP_ALLOC_CHANNEL, DMV_OP_FREE_CHANNEL, DMV_OP_FREE_REGISTERS, DMV_OP_MAP, DMV_OP_FLUSH,
	DMV_OP_GET_LIST, DMV_OP_PUT_LIST, DMV_OP_BUILD_LIST, DMV_OP_REFERENCE, DMV_OP_DEREFERENCE,
	DMV_OP_CHECK, DMV_OP_VIOLATION, DMV_OP_DRIVER_LOAD, DMV_OP_DRIVER_UNLOAD,
	DMV_OP_FAULT, DMV_OP_CONTROL, DMV_OP_COUNT
};

const char *dmv_kind_word(uint32_t kind);       /* "common buffer" */
/* The same, but a kernel's mapping by its type: "coherent buffer". */
const char *dmv_object_word(const struct dmv_facts *f, uint32_t kind, uint32_t index);
const char *dmv_map_type_word(enum dmv_map_type type);          /* "sg"; NULL: unknown */
const char *dmv_map_direction_word(const struct dmv_known *k);  /* the same */
const char *dmv_map_error_word(const struct dmv_known *k);
bool dmv_map_is_buffer(enum dmv_map_type type); /* allocated, not mapped */
const char *dmv_op_word(uint32_t op);           /* "FlushAdapterBuffers" */
const char *dmv_life_word(enum dmv_life life);
const char *dmv_transfer_word(uint32_t transfer);       /* of a system DMA controller */
const char *dmv_mode_word(uint32_t mode);
const char *dmv_guard_word(enum dmv_guard_what what);
const char *dmv_interface_word(uint32_t type);  /* INTERFACE_TYPE of a device description */
const char *dmv_machine_word(uint32_t machine); /* ELF e_machine */

/* As columns have it: UINT64_MAX is absent. */
uint64_t dmv_or_none(const struct dmv_known *k);

/* NULL where nothing is known. */
const struct dmv_stack *dmv_site(const struct dmv_facts *f, uint32_t stack);
const char *dmv_site_text(const struct dmv_facts *f, uint32_t stack);
const char *dmv_site_owner(const struct dmv_facts *f, uint32_t stack);
uint64_t dmv_site_addr(const struct dmv_facts *f, uint32_t stack);

/* Handle (or address) of an object, DMV_NO_ADDR if it is gone. */
uint64_t dmv_object_addr(const struct dmv_facts *f, uint32_t kind, uint32_t index);
const struct dmv_adapter_fact *dmv_adapter_at(const struct dmv_facts *f, uint32_t index);
uint64_t dmv_adapter_handle(const struct dmv_facts *f, uint32_t index);
/* What a Linux kernel keeps about it; NULL: it is a region's. */
const struct dmv_device_fact *dmv_device_of(const struct dmv_facts *f, uint32_t adapter);
/* Function that asked for it; of a Linux device the driver, "no driver"; NULL: unknown. */
const char *dmv_adapter_owner(const struct dmv_facts *f, uint32_t index);
/* Device, else driver, of an adapter; NULL if neither is known. */
const char *dmv_adapter_name(const struct dmv_facts *f, uint32_t index);
uint32_t dmv_file_adapter(const struct dmv_facts *f, uint32_t file);

/* ", ended in order" and the like; "": the writer was there at the time of the dump. */
const char *dmv_end_word(const struct dmv_region_fact *r);

/* Nanoseconds from `time` to the writer's last sign of life; UINT64_MAX: unknown. */
uint64_t dmv_age(const struct dmv_facts *f, uint32_t region, uint64_t time);
uint64_t dmv_ticks_ns(const struct dmv_facts *f, uint32_t region, uint64_t ticks);
/* Seconds since 1970 as a date; NULL: 0, or none that a calendar has. Returns buf. */
const char *dmv_date_text(uint64_t seconds, char *buf, size_t size);
/* "33.9 MiB", cut, not rounded; returns buf. */
const char *dmv_size_text(uint64_t bytes, char *buf, size_t size);

#endif
