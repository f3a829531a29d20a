/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* A bugcheck as people have it: typed numbers, or text pasted from a screen, a debugger, a log. */
#ifndef DMV_PASTE_H
#define DMV_PASTE_H

#include <stdint.h>

#include "err.h"

/*
 * v: the code and its four parameters. Understood are
 *	E6 F 5 1000 1800                        trailing parameters may be left out: they are 0
 *	E6 (F, 5, 1000, 1800)   BugCheck E6, {F, 5, 1000, 1800}
 *	*** STOP: 0x000000E6 (0x0000000F,...)
 *	The bugcheck was: 0x000000e6 (0x..., ...). A dump ...
 *	Bugcheck code 000000E6 Arguments 0000000f 00000005 00001000 00001800
 *	DRIVER_VERIFIER_DMA_VIOLATION (e6) ... Arg1: f, ... Arg2: 5, ... Arg3: 1000, ... Arg4: 1800
 *	BUGCHECK_CODE: e6  BUGCHECK_P1: f ... BUGCHECK_P4: 1800
 * What is pasted must be whole: USAGE says which word is missing.
 */
enum dmv_code dmv_paste_bugcheck(const char *text, uint64_t v[5], struct dmv_err *e);

#endif
