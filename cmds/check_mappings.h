/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* check, of what a kernel has on record as mapped. */
#ifndef DMV_CHECK_MAPPINGS_H
#define DMV_CHECK_MAPPINGS_H

#include "cmd.h"

/* A row for each rule, call site and device that is at fault; *any: there were some that are not in
 * transition. */
enum dmv_code dmv_check_mappings(struct dmv_ses *s, bool *any);

#endif
