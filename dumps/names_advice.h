/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* What to give instead, where a file has no symbols or they are another kernel's. */
#ifndef DMV_NAMES_ADVICE_H
#define DMV_NAMES_ADVICE_H

#include <stddef.h>

#include "err.h"

/* The command that fetches a kernel's debug symbols, "apt install linux-image-...-dbg"; "" where
 * the maker of that release is not known. Returns buf. */
const char *dmv_debug_package(const char *release, char *buf, size_t size);

/* Says what the file is, which no reader of symbols took, and what to do. release: the target's,
 * may be "". Always fails. */
enum dmv_code dmv_names_unfit(const char *path, const char *release, struct dmv_err *e);

#endif
