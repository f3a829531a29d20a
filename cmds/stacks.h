/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The stacks that rows of an answer refer to by number: each is shown once, behind them. */
#ifndef DMV_STACKS_H
#define DMV_STACKS_H

#include "cmd.h"

struct dmv_stacks {
	const struct dmv_facts *f;
	uint64_t *uses;                 /* by index in the facts; private */
};

/* False: no memory. */
bool dmv_stacks_init(struct dmv_stacks *k, const struct dmv_facts *f);
void dmv_stacks_deinit(struct dmv_stacks *k);
void dmv_stacks_use(struct dmv_stacks *k, uint32_t stack);      /* NO_INDEX: none */
/* False: stop. */
bool dmv_stacks_say(struct dmv_ses *s, const struct dmv_stacks *k);

#endif
