/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* The options of dma-inspect, for its command line and for what is generated from them. */
#ifndef DMV_OPTIONS_H
#define DMV_OPTIONS_H

#include <argp.h>

enum { OPT_BASE = 256, OPT_REGION, OPT_SCAN, OPT_FORCE, OPT_BUGCHECK, OPT_COLOR, OPT_NO_PAGER,
       OPT_ZERO_EXCLUDED, OPT_HOLD, OPT_NO_SANDBOX, OPT_NO_HINTS };

/* Ends with zeros. What an argument is its name says: completion.c knows each. */
extern const struct argp_option dmv_cli_options[];

/* WHEN of --color, in the order of enum dmv_color; ends with NULL. */
extern const char *const dmv_cli_colors[];

#endif
