/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * The device tree that the loader leaves, as far as it is needed: the value of one property.
 * Devicetree Specification 0.4, chapter 5.
 */
#ifndef GUEST_TREE_H
#define GUEST_TREE_H

#include <stdint.h>

/*
 * Property `name` of a child of the root whose name, before any '@', is `node`; n: its bytes. NULL:
 * there is none, or at `blob` is no tree.
 */
const void *guest_tree_find(const void *blob, const char *node, const char *name, uint32_t *n);

/* Numbers in it are big-endian. */
uint32_t guest_tree_u32(const void *at);

#endif
