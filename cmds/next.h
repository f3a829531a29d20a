/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What to do next, behind an answer about a bugcheck: a command and what it shows. */
#ifndef DMV_NEXT_H
#define DMV_NEXT_H

#include "cmd.h"

/* Begins the list. */
void dmv_next_head(struct dmv_ses *s);
/* false: stop. */
bool dmv_next(struct dmv_ses *s, const char *command, const char *why);
/* The command with an address, bare digits, between two words. */
bool dmv_next_at(struct dmv_ses *s, const char *command, uint64_t addr, const char *behind,
		 const char *why);

#endif
