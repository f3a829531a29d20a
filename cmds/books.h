/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The books that a Linux kernel keeps of its devices' mappings, in short. */
#ifndef DMV_BOOKS_H
#define DMV_BOOKS_H

#include "cmd.h"

/* Does anything in the target keep books: a region, or dma-debug? */
bool dmv_has_books(const struct dmv_facts *f);
/* For `summary`: each device that has something mapped, and dma-debug's state; false: stop. */
enum dmv_code dmv_books_brief(struct dmv_ses *s);

#endif
