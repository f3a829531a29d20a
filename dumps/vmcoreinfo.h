/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * VMCOREINFO: what a Linux kernel tells dump readers of itself, lines of KEY=VALUE
 * (kernel/crash_core.c, Documentation/admin-guide/kdump/vmcoreinfo.rst). The text is hostile; of a
 * key that comes twice the first counts. Every function is a look through the text: it is a page.
 */
#ifndef DMV_VMCOREINFO_H
#define DMV_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* text is NUL-terminated, or NULL: then nothing is found. False: no such key, or its value is no
 * number that fits; *ret is untouched. */

/* SYMBOL(name): hexadecimal. */
bool dmv_vmci_symbol(const char *text, const char *name, uint64_t *ret);
/* NUMBER(name): decimal, negative too, or hexadecimal with 0x. */
bool dmv_vmci_number(const char *text, const char *name, int64_t *ret);
/* OFFSET(name), SIZE(name), LENGTH(name): `what` is that word. Decimal. */
bool dmv_vmci_size(const char *text, const char *what, const char *name, uint64_t *ret);
/* A plain key with a decimal value, PAGESIZE, or a hexadecimal one, KERNELOFFSET, DMV_REGION. */
bool dmv_vmci_decimal(const char *text, const char *key, uint64_t *ret);
bool dmv_vmci_hex(const char *text, const char *key, uint64_t *ret);
/* A plain key's value as text, cut to what fits: OSRELEASE, BUILD-ID. Size at least 1. */
bool dmv_vmci_text(const char *text, const char *key, char *buf, size_t size);

#endif
